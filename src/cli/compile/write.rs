//! Queries into files. Each is written beside its place and renamed, so that a reader never meets half of one.

use super::{Compiled, Outcome};
use crate::cli::codes;
use crate::cli::console::Console;
use crate::cli::workspace::reason;
use crate::diagnostic::{Diagnostic, Findings, Severity};
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Writes `RULE.TARGET` for every compiled query. An error is the disk's.
pub fn all(dir: &Path, compiled: &mut [Compiled], findings: &mut Findings, console: &mut Console) -> Result<()> {
    fs::create_dir_all(dir).map_err(|error| anyhow!("`{}` cannot be made: {}", dir.display(), reason(&error)))?;
    let mut taken: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for one in compiled {
        let Some(path) = place(dir, one) else {
            let message = format!("`{}` cannot name a file", one.rule);
            findings.push(Diagnostic::new(codes::SAME_FILE, Severity::Error, None, message));
            continue;
        };
        let Outcome::Compiled(query) = &one.outcome else {
            if path.exists() {
                console
                    .note(&format!("warning: `{}` is of an earlier run: the rule gives no query now", path.display()));
            }
            continue;
        };
        if let Some(other) = taken.insert(path.clone(), one.path.clone()) {
            let (own, other) = (one.path.display(), other.display());
            let message = format!("`{own}` and `{other}` would both be written to `{}`", path.display());
            let error = Diagnostic::new(codes::SAME_FILE, Severity::Error, None, message);
            findings.push(error.help("compile each pack into a directory of its own"));
            continue;
        }
        whole(&path, query.text.as_bytes())
            .map_err(|error| anyhow!("`{}` cannot be written: {}", path.display(), reason(&error)))?;
        one.written = Some(path);
    }
    Ok(())
}

/// A rule's name is its file's, but a hostile one must not lead out of the directory.
fn place(dir: &Path, one: &Compiled) -> Option<PathBuf> {
    let name = format!("{}.{}", one.rule, one.target.name());
    let mut parts = Path::new(&name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Some(dir.join(name)),
        _ => None,
    }
}

/// Writes a file as a whole or not at all.
pub fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// As [`whole`], where there is none yet.
pub fn fresh(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

fn beside(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".siemc-");
    // What the user's mask allows, as for any other file; a temporary one is private otherwise.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    Ok(file)
}
