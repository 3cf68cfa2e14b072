//! A product's verdicts as text and as JSON.

use super::judge::{Case, Judged, Probed, Shown};
use crate::cli::args::{VerifyArgs, VerifyFormat};
use crate::cli::console::{Console, counted};
use crate::cli::workspace::Workspace;
use crate::diagnostic::{self, Diagnostic};
use crate::endpoint::Record;
use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// The document of `siemc verify --endpoint URL --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    /// Of this format.
    pub version: u32,
    /// Where the product was asked.
    endpoint: &'a str,
    /// `Splunk`, `Azure Data Explorer`, `Log Analytics`, `Elasticsearch`; empty where nobody was asked.
    product: &'a str,
    /// Cases and probes that passed.
    passed: usize,
    /// Cases and probes that did not.
    failed: usize,
    /// Cases and probes that were not asked, since something ended it: see `diagnostics`.
    unasked: usize,
    /// One for each rule, case and target.
    cases: Vec<CaseReport<'a>>,
    /// With `--assumptions`: one for each fact.
    probes: Vec<ProbeReport<'a>>,
    /// As in `siemc check --format json`.
    diagnostics: Vec<diagnostic::JsonDiagnostic<'a>>,
}

/// A case.
#[derive(Debug, Serialize, JsonSchema)]
struct CaseReport<'a> {
    rule: &'a str,
    case: &'a str,
    target: &'a str,
    /// `passed`, `failed` (see `rows`) or `rejected` (see `error`).
    status: &'static str,
    /// Each alert that had to come or came, and one that says that the answer is whole.
    rows: Vec<RowReport<'a>>,
    /// Why the product does not run it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorReport<'a>>,
}

/// How often an alert had to come, and did.
#[derive(Debug, Serialize, JsonSchema)]
struct RowReport<'a> {
    alert: &'a str,
    wanted: i64,
    found: i64,
}

/// What is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct ErrorReport<'a> {
    /// What `siemc explain CODE` explains.
    code: &'a str,
    message: &'a str,
}

/// A fact that queries rest on.
#[derive(Debug, Serialize, JsonSchema)]
struct ProbeReport<'a> {
    target: &'a str,
    name: &'a str,
    fact: &'a str,
    /// `passed`, `failed`, `rejected`, or `by_hand`: a person has to look.
    status: &'static str,
    /// What the probe is, or how to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'a str>,
    /// What it gave, columns with texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<std::collections::BTreeMap<&'a str, &'a str>>,
    /// Why the product does not run it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorReport<'a>>,
}

/// Prints it.
pub fn print(judged: &Judged, args: &VerifyArgs, workspace: &Workspace, console: &mut Console) -> Result<()> {
    match args.format {
        VerifyFormat::Text => console.data(&text(judged))?,
        VerifyFormat::Json => {
            let report = report(judged, diagnostic::json_list(&workspace.findings.all, &workspace.files));
            console.data(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        }
    }
    Ok(())
}

fn report<'a>(judged: &'a Judged, diagnostics: Vec<diagnostic::JsonDiagnostic<'a>>) -> Report<'a> {
    Report {
        version: 1,
        endpoint: &judged.url,
        product: judged.product,
        passed: passed(judged),
        failed: judged.failed(),
        unasked: judged.unasked,
        cases: judged.cases.iter().map(case).collect(),
        probes: judged.probes.iter().map(probe).collect(),
        diagnostics,
    }
}

fn passed(judged: &Judged) -> usize {
    let holds = |probed: &&Probed| matches!(probed.outcome, Shown::Holds);
    judged.cases.iter().filter(|case| case.passed()).count() + judged.probes.iter().filter(holds).count()
}

fn case(case: &Case) -> CaseReport<'_> {
    let rows = case.outcome.as_ref().map(Vec::as_slice).unwrap_or_default();
    CaseReport {
        rule: &case.rule,
        case: &case.name,
        target: case.target,
        status: match &case.outcome {
            Err(_) => "rejected",
            Ok(_) if case.passed() => "passed",
            Ok(_) => "failed",
        },
        rows: rows.iter().map(|r| RowReport { alert: &r.alert, wanted: r.wanted, found: r.found }).collect(),
        error: case.outcome.as_ref().err().map(error),
    }
}

fn error(fault: &Diagnostic) -> ErrorReport<'_> {
    ErrorReport { code: fault.code.0, message: &fault.message }
}

fn probe(probed: &Probed) -> ProbeReport<'_> {
    let (status, rows, fault): (_, &[Record], _) = match &probed.outcome {
        Shown::Holds => ("passed", &[], None),
        Shown::Fails(rows) => ("failed", rows, None),
        Shown::ByHand(rows) => ("by_hand", rows, None),
        Shown::Rejected(fault) => ("rejected", &[], Some(fault)),
    };
    ProbeReport {
        target: probed.probe.target.name(),
        name: &probed.probe.name,
        fact: &probed.probe.known.fact,
        status,
        probe: probed.probe.known.probe.as_deref(),
        rows: rows.iter().map(|row| row.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()).collect(),
        error: fault.map(error),
    }
}

fn text(judged: &Judged) -> String {
    let mut text = String::new();
    let mut head = None;
    for case in &judged.cases {
        let own = (&case.rule, case.target);
        if head != Some(own) {
            let gap = if head.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{} {} on {}", case.rule, case.target, judged.product);
            head = Some(own);
        }
        let _ = writeln!(text, "  {}  {}", if case.passed() { "ok    " } else { "FAILED" }, case.name);
        match &case.outcome {
            Err(fault) => drop(writeln!(text, "            {}: {}", fault.code, fault.message)),
            Ok(rows) => rows.iter().filter(|row| !row.passed()).for_each(|row| {
                let _ = writeln!(text, "            wanted {}, found {}: {}", row.wanted, row.found, row.alert);
            }),
        }
    }
    judged.probes.iter().for_each(|probed| text_of_probe(&mut text, probed));
    let _ = write!(
        text,
        "{}{} passed, {} failed",
        if text.is_empty() { "" } else { "\n" },
        passed(judged),
        judged.failed()
    );
    if judged.unasked > 0 {
        let _ = write!(text, ", {} not asked", counted(judged.unasked, "query"));
    }
    text.push('\n');
    text
}

fn text_of_probe(text: &mut String, probed: &Probed) {
    let (word, rows): (_, &[Record]) = match &probed.outcome {
        Shown::Holds => ("ok     ", &[]),
        Shown::Fails(rows) => ("FAILED ", rows),
        Shown::ByHand(rows) => ("by hand", rows),
        Shown::Rejected(_) => ("FAILED ", &[]),
    };
    let known = &probed.probe.known;
    let _ = writeln!(text, "{word}  {} {}: {}", probed.probe.target.name(), probed.probe.name, known.fact);
    match &probed.outcome {
        Shown::Holds => return,
        Shown::Rejected(fault) => drop(writeln!(text, "           {}: {}", fault.code, fault.message)),
        Shown::ByHand(_) => {
            let how = known.probe.as_deref().unwrap_or("no query can show it");
            let _ = writeln!(text, "           to see: {how}");
        }
        Shown::Fails(_) => drop(writeln!(text, "           otherwise: {}", known.otherwise)),
    }
    for row in rows {
        let cells: Vec<String> = row.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(text, "           gives: {}", cells.join(", "));
    }
}
