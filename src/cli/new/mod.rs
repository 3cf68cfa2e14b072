//! `siemc new`: a rule over one source with its fixture, which pass `check` and `test`, to be changed.

mod rule;

use super::Exit;
use super::args::NewArgs;
use super::codes;
use super::console::Console;
use super::init::write;
use super::workspace::{Selected, Workspace};
use crate::diagnostic::{Diagnostic, Findings, Severity, nearest};
use anyhow::Result;
use rule::Draft;
use std::path::{Component, Path, PathBuf};

/// Directories of a pack that hold other things than rules.
const RESERVED: [&str; 4] = ["schema", "shared", "lookups", "targets"];

/// Runs the command.
pub fn run(args: &NewArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.rules);
    let exit = match workspace.packs.as_slice() {
        [selected] => match draft(args, selected) {
            Ok((path, draft)) => {
                write(&path, &draft.rule())?;
                let fixture = path.with_extension("test.yaml");
                write(&fixture, &draft.fixture())?;
                console.note(&format!("wrote {} and {}", path.display(), fixture.display()));
                console.note("`siemc check` says what is left to write");
                return Ok(Exit::Good);
            }
            Err(error) => {
                let mut found = Findings::default();
                found.push(error);
                console.findings(&found.all, &workspace.files);
                return Ok(Exit::Unusable);
            }
        },
        [] => Exit::Unusable,
        _ => {
            let message = "there are several packs here".to_owned();
            let error = Diagnostic::new(codes::SEVERAL_PACKS, Severity::Error, None, message);
            workspace.findings.push(error.help("name one with `--rules`"));
            Exit::Unusable
        }
    };
    console.findings(&workspace.findings.all, &workspace.files);
    Ok(exit)
}

fn draft(args: &NewArgs, selected: &Selected) -> Result<(PathBuf, Draft), Diagnostic> {
    let (folder, name) = place(&args.rule)?;
    let pack = &selected.pack;
    let taken = pack.rules.iter().find(|rule| Selected::name_of(rule) == name);
    if let Some(taken) = taken {
        return Err(error(codes::EXISTS, format!("the rule `{name}` is there already: `{}`", taken.path.display())));
    }
    let draft = Draft::new(&name, args.source.as_deref(), selected)?;
    // A rule stands in the folder of its source's family unless its path says another.
    let family = draft.source.split('.').next().filter(|family| !RESERVED.contains(family)).unwrap_or("rules");
    let path = pack.root.join(folder.unwrap_or_else(|| PathBuf::from(family))).join(format!("{name}.yaml"));
    for path in [path.clone(), path.with_extension("test.yaml")] {
        if path.exists() {
            return Err(error(codes::EXISTS, format!("`{}` is there already", path.display())));
        }
    }
    Ok((path, draft))
}

/// The folder within the pack, where one is named, and the rule's name.
fn place(written: &str) -> Result<(Option<PathBuf>, String), Diagnostic> {
    let path = Path::new(written.strip_suffix(".yaml").unwrap_or(written));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let first = path.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned);
    if !inside || (folder.is_some() && RESERVED.contains(&first.as_str())) {
        return Err(error(codes::NAME, format!("`{written}` is no place for a rule"))
            .help("write `NAME` or `FOLDER/NAME`, within the pack and outside of its schema, lookups and targets"));
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !letters || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name == "all" || name.ends_with('-') {
        return Err(error(codes::NAME, format!("`{name}` cannot name a rule"))
            .help("a name is lower-case letters, digits and hyphens, and begins with a letter"));
    }
    Ok((folder, name))
}

fn error(code: crate::diagnostic::Code, message: String) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, None, message)
}

/// A source by name, with the nearest one where there is none.
fn no_source(name: &str, known: &[&str]) -> Diagnostic {
    let found = error(codes::NAME, format!("the pack has no source `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    }
}
