//! The shape of the code, read from its text: which room may know which, that each says what it is for, and that files stay small.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order of the data's way. A room may know the rooms before it.
const ROOMS: [&str; 14] = [
    "source",
    "value",
    "diagnostic",
    "syntax",
    "pack",
    "ir",
    "check",
    "eval",
    "plan",
    "backend",
    "endpoint",
    "fixture",
    "simulate",
    "cli",
];

/// A room before another that must not be known all the same: room, what it must not know, why.
const UNKNOWN: [(&str, &str, &str); 29] = [
    ("diagnostic", "value", "a finding is text and places"),
    ("eval", "syntax", "only the checker reads rules as written"),
    ("eval", "check", "only a checked rule comes in, whoever checked it"),
    ("plan", "check", "only a checked rule comes in, whoever checked it"),
    ("plan", "eval", "the plan is measured against the evaluator"),
    ("plan", "syntax", "only the checker reads rules as written"),
    ("backend", "syntax", "only the checker reads rules as written"),
    ("backend", "check", "only a checked rule comes in, whoever checked it"),
    ("backend", "eval", "a backend is measured against the evaluator"),
    ("endpoint", "syntax", "what is asked comes in whole"),
    ("endpoint", "pack", "what is asked comes in whole"),
    ("endpoint", "ir", "what is asked comes in whole"),
    ("endpoint", "check", "what is asked comes in whole"),
    ("endpoint", "eval", "the answers wanted come in with what is asked"),
    ("endpoint", "plan", "what is asked comes in whole"),
    ("endpoint", "source", "a URL is no file"),
    ("fixture", "endpoint", "a fixture is run by the evaluator"),
    ("simulate", "endpoint", "a fleet knows nothing of products"),
    ("simulate", "source", "a fleet knows nothing of rules"),
    ("simulate", "value", "a fleet knows nothing of rules"),
    ("simulate", "diagnostic", "a fleet knows nothing of rules"),
    ("simulate", "syntax", "a fleet knows nothing of rules"),
    ("simulate", "pack", "a fleet knows nothing of rules"),
    ("simulate", "ir", "a fleet knows nothing of rules"),
    ("simulate", "check", "a fleet knows nothing of rules"),
    ("simulate", "eval", "a fleet knows nothing of rules"),
    ("simulate", "plan", "a fleet knows nothing of rules"),
    ("simulate", "backend", "a fleet knows nothing of rules"),
    ("simulate", "fixture", "a fleet knows nothing of rules"),
];

/// An edge against the order: room, what it knows, why.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "source",
    "diagnostic",
    "reading reports its findings, and a finding is nothing but text and places of `source`",
)];

/// A part of a room that may know what the rest of it must not: folder or file, what it knows, why.
const PARTS: [(&str, &str, &str); 1] =
    [("backend/target/", "syntax", "files of targets are YAML, read with the decoders' kit")];

/// Files of more than 400 lines, with the reason.
const LONG: [(&str, &str); 1] = [("syntax/parse/tests.rs", "a table, a line a case")];

const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files of `src/`, by their path in it, with `/`.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let files = walkdir::WalkDir::new(&src).sort_by_file_name().into_iter().map(|e| e.unwrap().into_path());
    let files = files.filter(|p| p.extension().is_some_and(|e| e == "rs"));
    let all: Vec<_> = files.map(|p| (inside(&src, &p), fs::read_to_string(&p).unwrap())).collect();
    assert!(all.len() > 100, "the sources were not found");
    all
}

fn inside(folder: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap().components();
    parts.map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn room_of(file: &str) -> Option<usize> {
    let first = file.split('/').next()?;
    ROOMS.iter().position(|r| *r == first.trim_end_matches(".rs"))
}

/// The code that is compiled into the library: no comments, and nothing from `#[cfg(test)]` on where a module follows in the file.
fn code(file: &str, text: &str) -> String {
    if file.ends_with("/tests.rs") || file.contains("/tests/") {
        return String::new();
    }
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names, be it in `use crate::x`, `use crate::{x, y}` or a path `crate::x::y`.
fn known(code: &str) -> BTreeSet<String> {
    let paths = regex::Regex::new(r"\bcrate::(\{[^;]*\}|[a-z_]+)").unwrap();
    let names = regex::Regex::new(r"(?:^\{|,)\s*([a-z_]+)").unwrap();
    let mut known = BTreeSet::new();
    for found in paths.captures_iter(code) {
        if found[1].starts_with('{') {
            known.extend(names.captures_iter(&found[1]).map(|n| n[1].to_owned()));
        } else {
            known.insert(found[1].to_owned());
        }
    }
    known
}

fn may_know(file: &str, room: usize, other: usize) -> bool {
    let pair = |(a, b, _): &&(&str, &str, &str)| *a == ROOMS[room] && *b == ROOMS[other];
    let part = |(f, b, _): &&(&str, &str, &str)| file.starts_with(f) && *b == ROOMS[other];
    if PARTS.iter().any(|p| part(&p)) || EXCEPTIONS.iter().any(|e| pair(&e)) {
        return true;
    }
    other <= room && !UNKNOWN.iter().any(|u| pair(&u))
}

#[test]
fn rooms_know_only_what_comes_before_them() {
    let mut faults = Vec::new();
    let mut edges = BTreeSet::new();
    for (file, text) in sources() {
        let Some(room) = room_of(&file) else { continue };
        for name in known(&code(&file, &text)) {
            let Some(other) = ROOMS.iter().position(|r| *r == name) else { continue };
            edges.insert((room, other));
            if !may_know(&file, room, other) {
                faults.push(format!("src/{file}: `{}` must not know `{name}`", ROOMS[room]));
            }
        }
    }
    assert!(edges.len() > 20, "too few edges were found: {edges:?}");
    assert!(faults.is_empty(), "see ARCHITECTURE.md, rooms:\n{}", faults.join("\n"));
}

/// One room opens connections, so that what leaves the machine is read in one place.
#[test]
fn only_the_endpoint_opens_a_connection() {
    let network = regex::Regex::new(r"\b(ureq|rustls|std::net::(Tcp|Udp|ToSocket)|TcpStream|UdpSocket)\b").unwrap();
    let all: Vec<String> = sources()
        .into_iter()
        .filter(|(file, text)| network.is_match(&code(file, text)))
        .map(|(file, _)| file)
        .collect();
    let elsewhere: Vec<&String> = all.iter().filter(|file| !file.starts_with("endpoint/")).collect();
    assert!(!all.is_empty() && elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn edges_are_read_in_every_spelling() {
    let text = "use crate::ir::{self, Rule};\nuse crate::{eval, plan::Plan};\nlet x = crate::value::Value::Missing;";
    assert_eq!(known(text), ["eval", "ir", "plan", "value"].map(str::to_owned).into());
    let hidden = "//! [`crate::cli`]\nuse crate::pack;\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\n";
    assert_eq!(known(&code("ir/mod.rs", hidden)), ["pack".to_owned()].into());
    assert!(!may_know("ir/mod.rs", 5, 7) && may_know("eval/mod.rs", 7, 5) && may_know("source/files.rs", 0, 2));
}

#[test]
fn every_room_is_listed_and_says_what_it_is_for() {
    let all = sources();
    for (file, _) in &all {
        let alone = !file.contains('/');
        assert!(alone || room_of(file).is_some(), "src/{file} lies in a room that tests/architecture.rs does not list");
    }
    for room in ROOMS {
        let name = format!("{room}/mod.rs");
        let text = all.iter().find(|(f, _)| *f == name).map(|(_, t)| t.as_str());
        let text = text.unwrap_or_else(|| panic!("src/{name} is not there"));
        assert!(text.starts_with("//! "), "src/{name} does not begin with what the room is for");
    }
    let without: Vec<_> = all.iter().filter(|(_, t)| !t.starts_with("//!")).map(|(f, _)| f).collect();
    let modules: Vec<_> = without.iter().filter(|f| f.ends_with("mod.rs") && !f.contains("tests/")).collect();
    assert!(modules.is_empty(), "without a module doc: {modules:?}");
}

#[test]
fn files_stay_small() {
    let long = sources().into_iter().filter(|(_, text)| text.lines().count() > MOST_LINES);
    let long: Vec<String> = long.map(|(f, t)| format!("src/{f}: {} lines", t.lines().count())).collect();
    let unlisted: Vec<_> =
        long.iter().filter(|f| !LONG.iter().any(|(l, _)| f.starts_with(&format!("src/{l}:")))).collect();
    assert!(unlisted.is_empty(), "more than {MOST_LINES} lines, usually two rooms: {unlisted:?}");
}

#[test]
fn every_folder_of_tests_says_how_to_add_one() {
    let folders = fs::read_dir(root().join("tests")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    let without: Vec<_> = folders.filter(|f| !f.join("README.md").is_file() && !f.ends_with("snapshots")).collect();
    assert!(without.is_empty(), "no README.md: {without:?}");
}
