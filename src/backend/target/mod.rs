//! What a product's dialect is, as data: `targets/<name>/target.yaml` and the files beside it.
//!
//! In: the `targets/` folder that is embedded in the program, and a pack's own `targets/` over it (a file of the same path replaces
//! the embedded one, any other is added). Out: [`TargetData`], [`Mapping`]s, named [`Assumption`]s. This room must never know a rule,
//! nor print a query: it says how an operator is spelled and where a field is kept, and a printer does the rest.

mod assumptions;
mod decode;
pub mod environments;
pub mod mapping;
mod mapping_file;
mod operators;
mod pattern;
mod store;

pub use assumptions::Assumption;
pub use mapping::{MappedField, MappedSource, MappedTime, Mapping, MappingRequest, Unit};
pub use operators::{Form, Missing, Operator};

use super::Target;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::yaml::{self, Node};
use crate::source::{Files, UNREADABLE, YAML_LIMIT};
use include_dir::{Dir, include_dir};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/targets");

/// What a dialect is.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetData {
    /// Which.
    pub target: Target,
    /// The language's name for people.
    pub title: String,
    /// What the product refuses beyond.
    pub limits: Limits,
    /// What the dialect can say, by the words that refusals compare.
    pub capabilities: BTreeSet<String>,
    /// Operators and functions by their key (`equal_fold`, `starts_with`, `lower`, ...): see `targets/README.md`.
    pub operators: IndexMap<String, Operator>,
    /// Words that cannot stand as a bare name.
    pub reserved: BTreeSet<String>,
    /// How literals look, by kind; `{}` stands for the value.
    pub literals: IndexMap<String, String>,
    /// Facts about the product that a lowering may rest on, by name.
    pub assumptions: IndexMap<String, Assumption>,
}

/// What a product refuses beyond; none where it sets no limit that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Most characters of a query.
    pub query_characters: Option<usize>,
    /// Longest look-back, milliseconds.
    pub lookback: Option<i64>,
    /// Shortest interval between runs, milliseconds.
    pub shortest_interval: Option<i64>,
    /// Most rows of a lookup that are written into a query.
    pub inline_rows: Option<usize>,
    /// Most steps of a sequence.
    pub sequence_steps: Option<usize>,
}

impl TargetData {
    /// The dialect's data, with the pack's own `targets/` over the embedded ones.
    ///
    /// Nothing where `target.yaml` cannot be read; every fault is in `findings`.
    pub fn load(
        target: Target,
        pack_root: Option<&Path>,
        files: &mut Files,
        findings: &mut Findings,
    ) -> Option<TargetData> {
        let node = document(target, "target.yaml", pack_root, files, findings)?;
        let mut data = decode::target(target, &node, findings)?;
        if let Some(node) = document(target, "assumptions.yaml", pack_root, files, findings) {
            data.assumptions = assumptions::decode(&node, findings);
        }
        Some(data)
    }

    /// An operator or function by its key; none where the dialect has none.
    pub fn operator(&self, key: &str) -> Option<&Operator> {
        self.operators.get(key)
    }

    /// True where the dialect can say it.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }
}

/// One file of a target (a stage or envelope template, for example) with its name for messages: the pack's, else the embedded.
///
/// # Errors
/// A pack's file that cannot be read.
pub fn file(
    target: Target,
    path: &str,
    pack_root: Option<&Path>,
    files: &mut Files,
) -> Result<Option<crate::source::FileId>, Diagnostic> {
    if let Some(own) = pack_root.map(|root| root.join("targets").join(target.name()).join(path)).filter(|p| p.is_file())
    {
        return files.read(&own, YAML_LIMIT).map(Some);
    }
    let inside = format!("{}/{path}", target.name());
    let embedded = EMBEDDED.get_file(&inside).and_then(include_dir::File::contents_utf8);
    Ok(embedded.map(|text| files.add(format!("targets/{inside}"), text)))
}

/// The paths (relative to the target's folder, sorted) of all files under `folder`, embedded or the pack's, each with whether
/// the pack has it.
pub fn list(target: Target, folder: &str, pack_root: Option<&Path>) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let inside = format!("{}/{folder}", target.name());
    if let Some(dir) = EMBEDDED.get_dir(&inside) {
        embedded_files(dir, &mut |path| {
            if let Ok(path) = path.strip_prefix(target.name()) {
                found.insert(path.to_string_lossy().into_owned(), false);
            }
        });
    }
    if let Some(root) = pack_root.map(|root| root.join("targets").join(target.name())) {
        let walk = walkdir::WalkDir::new(root.join(folder)).sort_by_file_name().into_iter().filter_map(Result::ok);
        for entry in walk.filter(|entry| entry.file_type().is_file()) {
            if let Ok(path) = entry.path().strip_prefix(&root) {
                found.insert(path.to_string_lossy().into_owned(), true);
            }
        }
    }
    found
}

fn embedded_files(dir: &'static Dir<'static>, visit: &mut dyn FnMut(PathBuf)) {
    for file in dir.files() {
        visit(file.path().to_path_buf());
    }
    for inner in dir.dirs() {
        embedded_files(inner, visit);
    }
}

fn document(
    target: Target,
    path: &str,
    pack_root: Option<&Path>,
    files: &mut Files,
    findings: &mut Findings,
) -> Option<Node> {
    match file(target, path, pack_root, files) {
        Ok(Some(id)) => yaml::parse(id, &files.shared_text(id), findings),
        // Every target is embedded whole, so that this is a pack's file that went away since it was listed.
        Ok(None) => {
            let message = format!("`targets/{}/{path}` cannot be read: no such file", target.name());
            findings.push(Diagnostic::new(UNREADABLE, crate::diagnostic::Severity::Error, None, message));
            None
        }
        Err(found) => {
            findings.push(found);
            None
        }
    }
}

#[cfg(test)]
mod tests;
