//! The files of `tests/regressions/` as packs in directories of their own: those without a `pack.yaml` together in one.

use std::path::Path;
use tempfile::TempDir;

const MARK: &str = "---- file: ";

/// Packs, each in a directory that goes away with it.
pub fn unpacked() -> Vec<TempDir> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let common = empty();
    for path in ["pack.yaml", "schema/auth.yaml"] {
        write(&common, path, &std::fs::read_to_string(here.join("common").join(path)).expect("the common pack"));
    }
    let mut packs = vec![common];
    let mut names: Vec<_> =
        std::fs::read_dir(here).expect("tests/regressions").map(|e| e.expect("a file").path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    names.sort();
    for path in names {
        let text = std::fs::read_to_string(&path).expect("a regression");
        let files = sections(&text);
        assert!(!files.is_empty(), "{}: no `{MARK}`", path.display());
        let own = files.iter().any(|(name, _)| name == "pack.yaml");
        if own {
            packs.push(empty());
        }
        let pack = if own { packs.last() } else { packs.first() };
        for (name, text) in &files {
            write(pack.expect("a pack"), name, text);
        }
    }
    packs
}

fn sections(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix(MARK), files.last_mut()) {
            (Some(name), _) => files.push((name.trim().to_owned(), String::new())),
            (None, Some((_, body))) => body.push_str(line),
            (None, None) => {}
        }
    }
    files
}

fn empty() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn write(pack: &TempDir, path: &str, text: &str) {
    let path = pack.path().join(path);
    assert!(!path.exists(), "{} is there twice", path.display());
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}
