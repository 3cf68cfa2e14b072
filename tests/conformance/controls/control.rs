//! The controls as they are written.

use super::search::Layer;
use regex::{Captures, Regex};
use serde::Deserialize;
use std::path::Path;

/// Bugs that every target has a control for, or says why it cannot have one.
pub const BUGS: [&str; 11] = [
    "fixed buckets for sliding windows",
    "open instead of closed end",
    "missing null guard",
    "swapped and/or",
    "case folding lost",
    "tie order",
    "off-by-one run length",
    "unit not converted",
    "start event used twice",
    "until ignored",
    "lookup miss treated as match",
];

/// One control.
#[derive(Debug)]
pub struct Control {
    pub name: String,
    /// One of [`BUGS`], or another in the same manner.
    pub bug: String,
    /// What the patched texts say wrongly.
    pub about: String,
    pub says: Says,
}

#[derive(Debug)]
pub enum Says {
    Patch {
        patch: Vec<Replacement>,
        caught_by: Layer,
    },
    /// Why the target's texts cannot have this bug.
    Cannot(String),
}

/// A change of a text, everywhere in it.
#[derive(Debug)]
pub struct Replacement {
    pub find: Regex,
    pub replace: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    bug: String,
    about: String,
    find: Option<String>,
    replace: Option<String>,
    #[serde(default)]
    also: Vec<Also>,
    caught_by: Option<Layer>,
    cannot: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    find: String,
    replace: String,
}

/// The controls of a target, by name.
pub fn all(target: &str) -> Vec<Control> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/controls").join(target);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder of controls").map(|e| e.expect("a file").path()).collect();
    paths.sort();
    let only = std::env::var("CONTROL").ok();
    let is_wanted = |path: &Path| only.as_ref().is_none_or(|n| path.file_stem().is_some_and(|s| s == n.as_str()));
    let all: Vec<Control> = paths.iter().map(|p| read(p)).collect();
    if only.is_none() { all } else { wanted(all, &|name| is_wanted(Path::new(name))) }
}

/// Those asked for; the others only so far as to be there.
fn wanted(all: Vec<Control>, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Control> {
    let skipped = |c: Control| match is_wanted(&c.name) {
        true => c,
        false => Control { says: Says::Cannot("not asked for".to_owned()), ..c },
    };
    all.into_iter().map(skipped).collect()
}

fn read(path: &Path) -> Control {
    let text = std::fs::read_to_string(path).expect("a control");
    let written: Written = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let Written { bug, about, find, replace, also, caught_by, cannot } = written;
    let one = |find: String, replace: String| Replacement {
        find: Regex::new(&find).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        replace,
    };
    let says = match (find, replace, caught_by, cannot) {
        (Some(find), Some(replace), Some(caught_by), None) => {
            let mut patch = vec![one(find, replace)];
            patch.extend(also.into_iter().map(|a| one(a.find, a.replace)));
            Says::Patch { patch, caught_by }
        }
        (None, None, None, Some(why)) if also.is_empty() => Says::Cannot(why),
        _ => panic!("{}: `find`, `replace` and `caught_by`, or `cannot`", path.display()),
    };
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    Control { name, bug, about, says }
}

/// The text with the bug, where the bug changes it. Lines that are comments stay as they are.
pub fn patched(patch: &[Replacement], text: &str) -> Option<String> {
    let mut out = text.to_owned();
    for Replacement { find, replace } in patch {
        let with = |c: &Captures<'_>| {
            let mut made = String::new();
            c.expand(replace, &mut made);
            made
        };
        out = find.replace_all(&out, with).into_owned();
    }
    (out != text).then_some(out)
}
