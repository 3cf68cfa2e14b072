//! From paths to packs and the rules that were asked for.
//!
//! A pack is read once, whole: its rules share a schema. What is wrong in a rule file that was not asked for is not told.

use super::codes;
use crate::backend;
use crate::check::{self, Checked, Expired, Options};
use crate::diagnostic::{Diagnostic, Findings, Severity, nearest};
use crate::pack::{self, Environment, Pack, RuleFile};
use crate::source::{FileId, Files, UNREADABLE};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Packs that were read, and what was found on the way.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Every text that was read.
    pub files: Files,
    /// What was found so far.
    pub findings: Findings,
    /// In the order of the paths.
    pub packs: Vec<Selected>,
}

/// A pack, and which of its rules were asked for.
#[derive(Debug)]
pub struct Selected {
    /// The pack.
    pub pack: Pack,
    /// By place in [`Pack::rules`]: asked for.
    chosen: Vec<bool>,
    /// Something outside of its rule files is wrong: no rule can be judged.
    broken: bool,
    /// Files with faults of form, each with those.
    broken_files: BTreeMap<FileId, Vec<Diagnostic>>,
}

impl Workspace {
    /// Reads the packs of the paths; without a path, the one around the current directory, or `rules/`.
    pub fn load(paths: &[PathBuf]) -> Workspace {
        let mut workspace = Workspace::default();
        let here = [PathBuf::from(".")];
        let mut asked: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
        for path in if paths.is_empty() { &here } else { paths } {
            for root in workspace.roots(path) {
                let same = |(other, _): &&mut (PathBuf, Vec<PathBuf>)| full(other) == full(&root);
                match asked.iter_mut().find(same) {
                    Some((_, parts)) => parts.push(path.clone()),
                    None => asked.push((root, vec![path.clone()])),
                }
            }
        }
        for (root, parts) in asked {
            workspace.read(&root, &parts);
        }
        workspace
    }

    /// The directories of the packs that a path stands for.
    fn roots(&mut self, path: &Path) -> Vec<PathBuf> {
        if let Err(error) = std::fs::metadata(path) {
            let message = format!("`{}` cannot be read: {}", path.display(), reason(&error));
            self.findings.push(Diagnostic::new(UNREADABLE, Severity::Error, None, message));
            return Vec::new();
        }
        if let Some(root) = pack::find_root(path) {
            return vec![root];
        }
        let below = packs_in(path);
        if below.is_empty() {
            let message = format!("`{}` lies in no pack: there is no `pack.yaml` in it or above it", path.display());
            let error = Diagnostic::new(codes::NO_PACK, Severity::Error, None, message);
            self.findings.push(error.help("`siemc init` makes a pack"));
        }
        below
    }

    fn read(&mut self, root: &Path, parts: &[PathBuf]) {
        let mut found = Findings::default();
        let loaded = pack::load(root, &mut self.files, &mut found);
        let Some(pack) = loaded else {
            self.findings.extend(found.all);
            return;
        };
        check::check_pack(&pack, &mut found);
        backend::target::environments::check(&pack, &mut found);
        let undecoded = self.undecoded(&pack, &found);
        let chosen = self.choose(&pack, parts, &undecoded);
        let rule_file = |file: FileId| pack.rules.iter().position(|r| r.rule.span.file == file);
        let is_asked = |file| match rule_file(file) {
            Some(at) => chosen.get(at) == Some(&true),
            None => undecoded.get(&file).is_none_or(|path| is_within(path, parts, &pack)),
        };
        let mut broken = false;
        let mut broken_files: BTreeMap<FileId, Vec<Diagnostic>> = BTreeMap::new();
        for finding in found.all {
            let Some(span) = finding.span else {
                broken |= finding.severity == Severity::Error;
                self.findings.push(finding);
                continue;
            };
            if finding.severity == Severity::Error {
                broken_files.entry(span.file).or_default().push(finding.clone());
                broken |= rule_file(span.file).is_none() && !self.is_a_rule(&pack, span.file);
            }
            if is_asked(span.file) || finding.related.iter().any(|(at, _)| is_asked(at.file)) {
                self.findings.push(finding);
            }
        }
        self.packs.push(Selected { pack, chosen, broken, broken_files });
    }

    /// A file that could not be decoded is in no list of rules, but its fault is its own.
    fn is_a_rule(&self, pack: &Pack, file: FileId) -> bool {
        let path = Path::new(self.files.name(file));
        let Ok(inside) = path.strip_prefix(&pack.root) else { return false };
        let first = inside.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let is_manifest = inside == Path::new("pack.yaml");
        !is_manifest && !first.is_some_and(|f| ["schema", "shared", "lookups", "targets"].contains(&f.as_str()))
    }

    /// The rule files that have an error and could not be decoded, with their full paths.
    fn undecoded(&self, pack: &Pack, found: &Findings) -> BTreeMap<FileId, PathBuf> {
        let errors = found.all.iter().filter(|finding| finding.severity == Severity::Error);
        let files = errors.filter_map(|finding| finding.span).map(|span| span.file);
        let decoded = |file: FileId| pack.rules.iter().any(|rule| rule.rule.span.file == file);
        let own = files.filter(|file| !decoded(*file) && self.is_a_rule(pack, *file));
        own.map(|file| (file, full(Path::new(self.files.name(file))))).collect()
    }

    fn choose(&mut self, pack: &Pack, parts: &[PathBuf], undecoded: &BTreeMap<FileId, PathBuf>) -> Vec<bool> {
        let rules: Vec<PathBuf> = pack.rules.iter().map(|r| full(&r.path)).collect();
        let mut chosen = vec![false; rules.len()];
        for part in parts {
            let path = rule_of_fixture(&full(part));
            if is_whole(&path, pack) {
                chosen.fill(true);
                continue;
            }
            // A rule that cannot be decoded is a rule: what is wrong with it is told, and not that it is none.
            let mut any = undecoded.values().any(|rule| rule.starts_with(&path));
            for (rule, is_chosen) in rules.iter().zip(&mut chosen) {
                if rule.starts_with(&path) {
                    *is_chosen = true;
                    any = true;
                }
            }
            if !any {
                let message = format!("`{}` is no rule and holds none", part.display());
                self.findings.push(Diagnostic::new(codes::NO_RULE, Severity::Error, None, message));
            }
        }
        chosen
    }
}

impl Selected {
    /// The rules that were asked for.
    pub fn rules(&self) -> impl Iterator<Item = &RuleFile> {
        self.pack.rules.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(rule, _)| rule)
    }

    /// True where every rule of the pack was asked for.
    pub fn is_whole(&self) -> bool {
        self.chosen.iter().all(|chosen| *chosen)
    }

    /// An environment by name; the default one, else the first, without a name.
    ///
    /// # Errors
    /// One that the pack does not have, with the nearest name.
    pub fn environment(&self, name: Option<&str>) -> Result<&Environment, Diagnostic> {
        let default = self.pack.defaults.environment.as_ref().map(|n| n.value.as_str());
        let environments = &self.pack.environments;
        let found = match name.or(default) {
            Some(name) => environments.get(name),
            None => environments.values().next(),
        };
        found.ok_or_else(|| {
            let name = name.or(default).unwrap_or("");
            let message = format!("the pack `{}` has no environment `{name}`", self.pack.name);
            let known: Vec<&str> = environments.keys().map(String::as_str).collect();
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", crate::syntax::decode::kit::either(&known)),
            };
            Diagnostic::new(codes::NO_ENVIRONMENT, Severity::Error, None, message).help(help)
        })
    }

    /// Checks a rule. What follows from faults of form in its file is left out; where something else of the pack has faults, no rule
    /// is judged. An exception that has expired is a lint, but for `siemc check`: that is where it has to be renewed.
    pub fn check(
        &self,
        rule: &RuleFile,
        environment: &Environment,
        expired: Expired,
        findings: &mut Findings,
    ) -> Checked {
        if self.broken {
            return Checked::Invalid;
        }
        let options = Options { today: Some(jiff::Timestamp::now().as_millisecond()), expired };
        let Some(faults) = self.broken_files.get(&rule.rule.span.file) else {
            return check::check_for(&self.pack, &rule.rule, environment, options, findings);
        };
        let mut found = Findings { all: faults.clone() };
        check::check_for(&self.pack, &rule.rule, environment, options, &mut found);
        findings.extend(found.all.into_iter().skip(faults.len()).filter(|finding| !follows(finding, faults)));
        Checked::Invalid
    }

    /// True where something outside of its rule files is wrong.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The rule's name, for messages.
    pub fn name_of(rule: &RuleFile) -> String {
        let stem = || rule.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        rule.rule.name.as_ref().map_or_else(stem, |name| name.value.clone())
    }
}

/// Faults of form after which all that was written is there: two keys that do not go together, a UUID or a technique that is none.
const NOTHING_LOST: [&str; 3] = ["E0305", "E0311", "E0312"];
/// Lints that judge nothing but the part where they stand: an exception that lacks something, or ends.
const OF_ONE_PART: [&str; 3] = ["W0804", "W0806", "W0814"];

/// Whether a finding may be there only because the reader could not take a part of the file: a part that seems to be missing, a lint
/// about the whole, or something around a fault. Names whose definitions could not be read the checker passes over by itself.
fn follows(finding: &Diagnostic, faults: &[Diagnostic]) -> bool {
    let of_form = |fault: &&Diagnostic| fault.code.0 < "E04" && !NOTHING_LOST.contains(&fault.code.0);
    let mut lost = faults.iter().filter(of_form).filter_map(|fault| fault.span).peekable();
    if lost.peek().is_none() {
        return false;
    }
    let code = finding.code.0;
    let is_of_one_part = (code > "E05" && code < "E1" && code != "E0702") || OF_ONE_PART.contains(&code);
    let Some(at) = finding.span.filter(|_| is_of_one_part) else { return true };
    lost.any(|fault| fault.file == at.file && fault.start < at.end && at.start < fault.end)
}

/// `rules/`, and directories directly below that hold a pack.
fn packs_in(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let below = entries.filter_map(Result::ok).map(|entry| path.join(entry.file_name()));
    let below = below.map(|dir| dir.strip_prefix(".").map(Path::to_owned).unwrap_or(dir));
    let mut packs: Vec<PathBuf> = below.filter(|dir| dir.join("pack.yaml").is_file()).collect();
    packs.sort();
    packs
}

/// True where a path holds all of the pack.
fn is_whole(path: &Path, pack: &Pack) -> bool {
    full(&pack.root).starts_with(path)
}

fn is_within(rule: &Path, parts: &[PathBuf], pack: &Pack) -> bool {
    parts.iter().map(|part| rule_of_fixture(&full(part))).any(|path| is_whole(&path, pack) || rule.starts_with(path))
}

fn rule_of_fixture(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    text.strip_suffix(".test.yaml").map_or_else(|| path.to_owned(), |stem| PathBuf::from(format!("{stem}.yaml")))
}

fn full(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Why a file cannot be used, in words that do not change with the system.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::StorageFull => "no space left".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}
