//! What a run compared, as JSON lines in `target/tmp/conformance/`, one file for each target and part, for `tests/conformance_report.rs`.

use super::Dialect;
use super::constructs::Constructs;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// One rule of a run, with all that was done with it.
#[derive(Debug, Default)]
pub struct Record {
    /// Its name, environment and mappings; empty for a random one.
    pub name: String,
    pub constructs: Constructs,
    /// Codes and messages without names, where it was refused.
    pub refused: Vec<String>,
    /// How close the query is, where there is one.
    pub fidelity: Option<String>,
    /// Without a fault, by the parser or, where there is none, by the executor.
    pub read: bool,
    pub cases: usize,
    pub executed: usize,
    pub with_alerts: usize,
    /// As the fidelity promises.
    pub equal: usize,
}

/// Where the files are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance")
}

/// Writes a part of a target's run, in place of an earlier one. `drawn` is how many random pairs were asked for, and from which seed.
pub fn write(dialect: &dyn Dialect, part: &str, drawn: Option<(usize, u64)>, records: &[Record]) {
    let executor = dialect.executor();
    let head = json!({
        "target": dialect.target().name(), "title": dialect.title(), "part": part, "executor": executor.name,
        "kind": executor.kind.name(), "parser": dialect.parser(),
        "pairs": drawn.map(|(pairs, _)| pairs), "seed": drawn.map(|(_, seed)| seed),
    });
    let mut text = format!("{head}\n");
    records.iter().for_each(|record| text.push_str(&format!("{}\n", line(record))));
    std::fs::create_dir_all(folder()).expect("a folder");
    let path = folder().join(format!("{}-{part}.jsonl", dialect.target().name()));
    std::fs::write(path, text).expect("a file of records");
}

fn line(record: &Record) -> Json {
    let Record { name, constructs, refused, fidelity, read, cases, executed, with_alerts, equal } = record;
    json!({ "name": name, "constructs": constructs, "refused": refused, "fidelity": fidelity, "read": read, "cases": cases,
            "executed": executed, "with_alerts": with_alerts, "equal": equal })
}
