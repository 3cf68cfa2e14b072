//! `siemc verify` as a user calls it: every case of every bundled rule becomes a query that carries its own events and its answer, and an
//! executor runs each without any other table. KQL is read by Microsoft's analyzer first; both are executed on the independent models.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "verify/executor.rs"]
mod executor;
#[path = "conformance/executor.rs"]
#[allow(dead_code)]
mod programs;

use executor::{Verdict, run};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Each file's name with its query.
fn queries(target: &str, more: &[&str]) -> BTreeMap<String, String> {
    let out = tempfile::tempdir().unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_siemc"))
        .args(["verify", "rules/", "--target", target, "--out"])
        .arg(out.path())
        .args(more)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let entries = std::fs::read_dir(out.path()).unwrap().map(|e| e.unwrap());
    let all: BTreeMap<String, String> =
        entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read_to_string(e.path()).unwrap())).collect();
    let counted = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(counted.contains(&format!("{} quer", all.len())), "{counted}");
    all
}

/// How many cases the bundled fixtures hold for rules that the target says.
fn cases(target: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let siemc = |args: &[&str]| -> serde_json::Value {
        let done = Command::new(env!("CARGO_BIN_EXE_siemc")).args(args).current_dir(root).output().unwrap();
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let compiled = siemc(&["compile", "rules/", "--target", target, "--format", "json"]);
    let said = |rule: &str| {
        let all = compiled["results"].as_array().unwrap();
        all.iter().any(|r| r["rule"] == rule && r["query"]["fidelity"] == "exact")
    };
    let tested = siemc(&["test", "rules/", "--format", "json"]);
    let files = tested["files"].as_array().unwrap();
    let of_said = files.iter().filter(|file| said(file["rule"].as_str().unwrap()));
    of_said.map(|file| file["cases"].as_array().unwrap().len()).sum()
}

fn every_case_passes(target: &str) {
    let queries = queries(target, &[]);
    let texts: Vec<&str> = queries.values().map(String::as_str).collect();
    let mut rows = 0;
    for ((name, text), verdict) in queries.iter().zip(run(target, &texts)) {
        match verdict {
            Verdict::Rows(all) => {
                let failed: Vec<_> = all.iter().filter(|row| row["result"] != "PASS").collect();
                assert!(failed.is_empty(), "{name}: {failed:#?}\n{text}");
                assert!(!all.is_empty(), "{name} gives no row");
                rows += all.len();
            }
            Verdict::Error(error) => panic!("{name}: {error}\n{text}"),
        }
    }
    let (made, cases) = (queries.len(), cases(target));
    println!("{target}: {made} of {cases} cases carried and executed on the independent model, {rows} rows, all PASS");
    assert!(made > 0 && made <= cases);
}

#[test]
fn every_case_passes_in_kql() {
    every_case_passes("kql");
}

#[test]
fn every_case_passes_in_spl() {
    every_case_passes("spl");
}

/// The answer in the query, its events, its rule: a change of any of them has to be seen as FAIL.
#[test]
fn a_query_that_is_wrong_fails() {
    let case = ["--case", "a timer of a closed app starts its service at night"];
    for (target, changes) in [
        (
            "kql",
            [
                ("confidence=85", "confidence=84"),
                (".example.flashlight\", \"pixel-3310\"", ".example.other\", \"pixel-3310\""),
                ("woken_start_at <= 5s", "woken_start_at <= 1s"),
            ],
        ),
        (
            "spl",
            [
                ("confidence=85", "confidence=84"),
                ("\\\"device.id\\\":\\\"pixel-3310\\\"", "\\\"device.id\\\":\\\"pixel-0\\\""),
                ("woken_start_at <= 5000", "woken_start_at <= 1000"),
            ],
        ),
    ] {
        let queries = queries(target, &case);
        assert_eq!(queries.len(), 1, "{target}");
        let text = queries.values().next().unwrap();
        let changed: Vec<String> = changes
            .iter()
            .map(|(from, to)| {
                assert!(text.contains(from), "{target} has no `{from}`: {text}");
                text.replacen(from, to, 1)
            })
            .collect();
        let texts: Vec<&str> = changed.iter().map(String::as_str).collect();
        for ((from, _), verdict) in changes.iter().zip(run(target, &texts)) {
            let Verdict::Rows(rows) = verdict else { panic!("{target}, `{from}`: no rows") };
            assert!(rows.iter().any(|row| row["result"] == "FAIL"), "{target}, `{from}`: {rows:#?}");
        }
    }
}

/// Each probe is a query of its own; those that a model can run say PASS under the assumptions that the model is told.
#[test]
fn the_probes_are_printed() {
    let done = Command::new(env!("CARGO_BIN_EXE_siemc"))
        .args(["verify", "--assumptions", "--target", "spl,kql", "rules/"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(done.status.success());
    let said = String::from_utf8(done.stdout).unwrap();
    for target in ["spl", "kql"] {
        let path = format!("{}/targets/{target}/assumptions.yaml", env!("CARGO_MANIFEST_DIR"));
        let ledger: BTreeMap<String, serde_json::Value> =
            serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for name in ledger.keys() {
            assert!(said.contains(&format!("{target} {name}\n")), "{name}");
        }
    }
}
