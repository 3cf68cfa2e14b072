//! From a directory to a [`Pack`]: finds the files, has each room read its own, and checks what spans files.

use super::manifest::{self, Manifest};
use super::schema::Schema;
use super::{Environment, Pack, RuleFile, alerts, codes, cross, declare, table};
use crate::diagnostic::{Diagnostic, Findings, Severity, nearest};
use crate::source::yaml::{self, Node};
use crate::source::{FileId, Files, LOOKUP_LIMIT, YAML_LIMIT};
use crate::syntax::decode;
use crate::syntax::rule::{Name, Shared};
use indexmap::IndexMap;
use rayon::prelude::*;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// Directories of a pack that hold other things than rules.
const NOT_RULES: [&str; 4] = ["schema", "shared", "lookups", "targets"];

/// The directory with a `pack.yaml` that a path lies in: the path itself, or the nearest above it.
pub fn find_root(path: &Path) -> Option<PathBuf> {
    let holds = |dir: &Path| dir.join("pack.yaml").is_file();
    let near = path.ancestors().find(|dir| holds(dir));
    if let Some(dir) = near {
        return Some(if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() });
    }
    // Above the current directory only the full path knows the way; `.` and `..` in it would hide it.
    let full = path.canonicalize().ok()?;
    full.ancestors().find(|dir| holds(dir)).map(Path::to_owned)
}

/// Reads the pack in `root`. Everything that is wrong is in `findings`, and what is right is in the pack: a caller goes on with it
/// only where no finding is an error. Nothing where `pack.yaml` cannot be read at all.
pub fn load(root: &Path, files: &mut Files, findings: &mut Findings) -> Option<Pack> {
    let node = read_yaml(&root.join("pack.yaml"), files, findings)?;
    let manifest = manifest::read(&node, findings)?;
    let mut schema = read_schema(root, &manifest, files, findings);
    let lookups = read_lookups(root, &manifest, files, findings);
    let shared = read_shared(root, files, findings);
    let rules = read_rules(root, files, findings);
    alerts::name_rules(&mut schema, &rules);
    let mut environments = manifest.environments;
    if environments.is_empty() {
        let name = "default".to_owned();
        environments.insert(name.clone(), Environment { name, span: node.span, ..Environment::default() });
    }
    let pack = Pack {
        root: root.to_owned(),
        name: manifest.name,
        version: manifest.version,
        schema: Arc::new(schema),
        lookups,
        shared,
        rules,
        environments,
        defaults: manifest.defaults,
        exceptions: manifest.exceptions,
    };
    cross::check(&pack, findings);
    Some(pack)
}

fn read_yaml(path: &Path, files: &mut Files, findings: &mut Findings) -> Option<Node> {
    match files.read(path, YAML_LIMIT) {
        Ok(id) => yaml::parse(id, &files.shared_text(id), findings),
        Err(found) => {
            findings.push(found);
            None
        }
    }
}

fn read_schema(root: &Path, manifest: &Manifest, files: &mut Files, findings: &mut Findings) -> Schema {
    let paths = match &manifest.schema {
        Some(named) => named.iter().filter_map(|name| inside(root, name, findings)).collect(),
        None => yaml_files(&root.join("schema")),
    };
    // Where files are named, what is wrong with their names is told there.
    if paths.is_empty() && manifest.schema.as_ref().is_none_or(Vec::is_empty) {
        let message = "the pack has no schema".to_owned();
        let error = Diagnostic::new(codes::NOTHING_THERE, Severity::Error, None, message);
        findings.push(error.help("write `schema/NAME.yaml` beside `pack.yaml`"));
    }
    let nodes: Vec<Node> = paths.iter().filter_map(|path| read_yaml(path, files, findings)).collect();
    declare::read(&nodes, findings)
}

/// The path of a file that the manifest names; refused (reported) where it leaves the pack.
fn inside(root: &Path, name: &Name, findings: &mut Findings) -> Option<PathBuf> {
    let path = Path::new(&name.value);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !stays {
        let message = format!("`{}` lies outside of the pack", name.value);
        let help = "a pack is one directory: name the file from where `pack.yaml` stands";
        findings.push(Diagnostic::error(codes::OUTSIDE, name.span, message).help(help));
        return None;
    }
    let path = root.join(path);
    if !path.is_file() {
        let message = format!("there is no file `{}` in the pack", name.value);
        let error = Diagnostic::error(codes::NOTHING_THERE, name.span, message);
        findings.push(match nearest_file(root, &name.value) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
        return None;
    }
    Some(path)
}

/// The file of the same folder whose name is nearest.
fn nearest_file(root: &Path, name: &str) -> Option<String> {
    let folder = Path::new(name).parent()?;
    let entries = std::fs::read_dir(root.join(folder)).ok()?.filter_map(Result::ok);
    let mut there: Vec<String> =
        entries.map(|entry| folder.join(entry.file_name()).to_string_lossy().into_owned()).collect();
    there.sort();
    nearest(name, there.iter().map(String::as_str)).map(str::to_owned)
}

fn read_lookups(
    root: &Path,
    manifest: &Manifest,
    files: &mut Files,
    findings: &mut Findings,
) -> IndexMap<String, Arc<super::lookup::Lookup>> {
    let mut lookups = IndexMap::new();
    for (name, declaration) in &manifest.lookups {
        let Some(path) = inside(root, &declaration.file, findings) else { continue };
        match files.read(&path, LOOKUP_LIMIT) {
            Ok(id) => {
                let text = files.shared_text(id);
                let lookup = table::read(&name.value, declaration, id, &text, findings);
                lookups.insert(name.value.clone(), Arc::new(lookup));
            }
            Err(found) => findings.push(found),
        }
    }
    lookups
}

fn read_shared(root: &Path, files: &mut Files, findings: &mut Findings) -> IndexMap<String, Shared> {
    let mut all = IndexMap::new();
    for path in yaml_files(&root.join("shared")) {
        if let (Some(node), Some(stem)) = (read_yaml(&path, files, findings), stem(&path)) {
            all.insert(stem, decode::shared(&node, findings));
        }
    }
    all
}

/// Every `*.yaml` with a `rule:` key, fixtures and hidden directories left out, sorted by path. Beside `pack.yaml` a repository
/// keeps other YAML files: what does not look like a rule is passed over there.
fn read_rules(root: &Path, files: &mut Files, findings: &mut Findings) -> Vec<RuleFile> {
    let hidden = |name: &str| name.starts_with('.') && name.len() > 1;
    let walk = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(hidden(&name) || (entry.depth() == 1 && NOT_RULES.contains(&&*name)))
    });
    let mut paths: Vec<PathBuf> =
        walk.filter_map(Result::ok).map(walkdir::DirEntry::into_path).filter(|p| is_file_or_lost(p)).collect();
    paths.sort();
    paths.retain(|path| path.parent() != Some(root) || looks_like_a_rule(path, files));
    // Texts are numbered one after the other; what they say is read side by side.
    let texts: Vec<_> = paths.into_iter().filter_map(|path| Some((text(&path, files)?, path))).collect();
    let read: Vec<(Option<RuleFile>, Findings)> = texts
        .into_par_iter()
        .map(|(text, path)| {
            let mut findings = Findings::default();
            (read_rule(path, text, &mut findings), findings)
        })
        .collect();
    let mut rules = Vec::new();
    for (rule, found) in read {
        findings.extend(found.all);
        rules.extend(rule);
    }
    rules
}

fn looks_like_a_rule(path: &Path, files: &mut Files) -> bool {
    let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml")
        && path.file_name().is_some_and(|name| name != "pack.yaml");
    if is_yaml && !path.is_file() {
        return true;
    }
    let text = if is_yaml { files.read(path, YAML_LIMIT).ok() } else { None };
    text.is_some_and(|id| files.text(id).lines().any(|line| line.starts_with("rule:")))
}

/// A link that leads nowhere counts: who put it there meant a file, and reading it tells.
fn is_file_or_lost(path: &Path) -> bool {
    path.is_file() || (path.is_symlink() && !path.exists())
}

fn is_fixture(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".test.yaml")
}

/// The text of what may be a rule, or why it is not read; none for a file that is no rule by its name.
fn text(path: &Path, files: &mut Files) -> Option<Result<(FileId, Arc<str>), Diagnostic>> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("yaml") if !is_fixture(path) => Some(files.read(path, YAML_LIMIT).map(|id| (id, files.shared_text(id)))),
        Some("yml") => Some(Err(not_read(path, "rename it to `.yaml`"))),
        _ => None,
    }
}

fn read_rule(path: PathBuf, text: Result<(FileId, Arc<str>), Diagnostic>, findings: &mut Findings) -> Option<RuleFile> {
    let (id, text) = text.map_err(|found| findings.push(found)).ok()?;
    let node = yaml::parse(id, &text, findings)?;
    if node.get("rule").is_none() {
        findings.push(not_read(&path, "a rule begins with `rule: NAME`"));
        return None;
    }
    Some(RuleFile { rule: decode::rule(&node, findings), path })
}

fn not_read(path: &Path, help: &str) -> Diagnostic {
    let message = format!("`{}` is not read", path.display());
    Diagnostic::new(codes::NOT_READ, Severity::Warning, None, message).help(help)
}

fn yaml_files(dir: &Path) -> Vec<PathBuf> {
    let walk = WalkDir::new(dir).max_depth(1).into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let mut paths: Vec<PathBuf> =
        walk.filter(|path| is_file_or_lost(path) && path.extension().is_some_and(|e| e == "yaml")).collect();
    paths.sort();
    paths
}

pub(super) fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}
