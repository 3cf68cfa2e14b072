//! What a run compared, as JSON lines in `target/tmp/conformance/`, one file for each target and part, for `tests/conformance_report.rs`.

use super::Dialect;
use super::constructs::Constructs;
use super::refusal::{about, reason};
use serde_json::{Value as Json, json};
use siemc::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One rule of a run, with all that was done with it.
#[derive(Debug, Default)]
pub struct Record {
    /// Its name, environment and mappings; empty for a random one.
    pub name: String,
    pub constructs: Constructs,
    /// Where it was refused: code and message without names, and the constructs that it is about.
    pub refused: BTreeMap<String, Vec<String>>,
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

impl Record {
    /// Notes why the rule is refused.
    pub fn refuse(&mut self, why: &[Diagnostic]) {
        for refusal in why {
            let known = self.refused.entry(reason(refusal)).or_default();
            known.extend(about(refusal, &self.constructs));
            known.sort();
            known.dedup();
        }
    }
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
    keep(&format!("{}-{part}.jsonl", dialect.target().name()), &text);
}

/// Writes a part of which there are only numbers: what was counted, and how many.
pub fn write_counts(dialect: &dyn Dialect, part: &str, counts: &[(&str, usize)]) {
    let counts: BTreeMap<&str, usize> = counts.iter().copied().collect();
    let text = json!({ "target": dialect.target().name(), "part": part, "counts": counts }).to_string();
    keep(&format!("{}-{part}.jsonl", dialect.target().name()), &(text + "\n"));
}

/// `SIEMC_NO_RECORDS` leaves those of an earlier run as they are.
fn keep(name: &str, text: &str) {
    if std::env::var_os("SIEMC_NO_RECORDS").is_none() {
        std::fs::create_dir_all(folder()).expect("a folder");
        std::fs::write(folder().join(name), text).expect("a file of records");
    }
}

fn line(record: &Record) -> Json {
    let Record { name, constructs, refused, fidelity, read, cases, executed, with_alerts, equal } = record;
    json!({ "name": name, "constructs": constructs, "refused": refused, "fidelity": fidelity, "read": read, "cases": cases,
            "executed": executed, "with_alerts": with_alerts, "equal": equal })
}
