//! `siemc init`: a small pack that passes `check` and `test`, to be changed.

use super::Exit;
use super::args::InitArgs;
use super::codes;
use super::compile::fresh;
use super::console::Console;
use super::workspace::reason;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Files;
use anyhow::{Result, anyhow};
use std::path::Path;

const FILES: [(&str, &str); 4] = [
    ("pack.yaml", include_str!("pack/pack.yaml")),
    ("schema/auth.yaml", include_str!("pack/auth.yaml")),
    ("auth/guessed-password.yaml", include_str!("pack/guessed-password.yaml")),
    ("auth/guessed-password.test.yaml", include_str!("pack/guessed-password.test.yaml")),
];

/// Runs the command.
pub fn run(args: &InitArgs, console: &mut Console) -> Result<Exit> {
    let taken: Vec<_> = FILES.iter().map(|(path, _)| args.dir.join(path)).filter(|path| path.exists()).collect();
    if let Some(path) = taken.first() {
        let message = format!("`{}` is there already", path.display());
        let error = Diagnostic::new(codes::EXISTS, Severity::Error, None, message);
        console.findings(&[error.help("name an empty directory")], &Files::default());
        return Ok(Exit::Unusable);
    }
    for (path, text) in FILES {
        let text = text.replace("NAME", &name(&args.dir)).replace("UUID", &uuid::Uuid::new_v4().to_string());
        write(&args.dir.join(path), &text)?;
        console.note(&format!("wrote {}", args.dir.join(path).display()));
    }
    Ok(Exit::Good)
}

/// Writes a file that is not there yet, with the directories above it.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let made = std::fs::create_dir_all(dir).and_then(|()| fresh(path, text.as_bytes()));
    made.map_err(|error| anyhow!("`{}` cannot be written: {}", path.display(), reason(&error)))
}

/// The directory's name, as far as a pack's may be one.
fn name(dir: &Path) -> String {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let stem = full.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let kept: String = stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if kept.starts_with(|c: char| c.is_ascii_alphabetic()) { kept } else { "detections".to_owned() }
}
