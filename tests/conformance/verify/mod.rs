//! `siemc verify` as a user calls it: every case of every rule becomes a query that carries its own events and its answer, and an
//! executor runs each without any other table. KQL is read by Microsoft's analyzer first, and executed on
//! an independent model, as SPL is; ES|QL runs on an Elasticsearch node.

mod executor;

use executor::{Verdict, run};
use std::collections::BTreeMap;
use std::process::Command;

/// The packs whose cases are verified: the bundled one, and one of hard values and of rules that Elastic's languages say.
const PACKS: [&str; 3] = ["rules", "tests/conformance/verify/pack", "tests/conformance/esql/pack"];

fn siemc(args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siemc"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// Each file's name with its text.
fn written(pack: &str, target: &str, more: &[&str]) -> BTreeMap<String, String> {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let done = siemc(&[&["verify", pack, "--target", target, "--out", folder], more].concat());
    let entries = std::fs::read_dir(out.path()).unwrap().map(|e| e.unwrap());
    let all: BTreeMap<String, String> =
        entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read_to_string(e.path()).unwrap())).collect();
    let counted = String::from_utf8_lossy(&done.stderr).into_owned();
    let queries = all.keys().filter(|name| name.ends_with(&format!(".{target}"))).count();
    assert!(counted.contains(&format!("{queries} quer")), "{counted}");
    all
}

/// How many cases the fixtures hold for rules that the target says exactly.
fn cases(pack: &str, target: &str) -> usize {
    let json = |args: &[&str]| -> serde_json::Value { serde_json::from_slice(&siemc(args).stdout).unwrap() };
    let compiled = json(&["compile", pack, "--target", target, "--format", "json"]);
    let said = |rule: &str| {
        let all = compiled["results"].as_array().unwrap();
        all.iter().any(|r| r["rule"] == rule && r["query"]["fidelity"] == "exact")
    };
    let tested = json(&["test", pack, "--format", "json"]);
    let files = tested["files"].as_array().unwrap();
    let of_said = files.iter().filter(|file| said(file["rule"].as_str().unwrap()));
    of_said.map(|file| file["cases"].as_array().unwrap().len()).sum()
}

/// Runs every case that the target carries; all of its rows have to say PASS. `least` are the queries that there have to be.
fn every_case_passes(target: &str, least: usize) {
    let (mut all, mut cases) = (BTreeMap::new(), 0);
    for pack in PACKS {
        cases += self::cases(pack, target);
        all.extend(written(pack, target, &[]).into_iter().map(|(name, text)| (format!("{pack} {name}"), text)));
    }
    let texts: Vec<&str> = all.values().map(String::as_str).collect();
    let mut rows = 0;
    for ((name, text), verdict) in all.iter().zip(run(target, &texts)) {
        match verdict {
            Verdict::Rows(found) => {
                let failed: Vec<_> = found.iter().filter(|row| row["result"] != "PASS").collect();
                assert!(failed.is_empty(), "{name}: {failed:#?}\n{text}");
                assert!(!found.is_empty(), "{name} gives no row");
                rows += found.len();
            }
            Verdict::Error(error) => panic!("{name}: {error}\n{text}"),
        }
    }
    let made = all.len();
    println!("{target}: {made} of {cases} cases carried and executed, {rows} rows, all PASS");
    assert!(made >= least && made <= cases, "{made} of {cases} cases, and {least} were expected");
}

#[test]
fn every_case_passes_in_kql() {
    every_case_passes("kql", 100);
}

#[test]
fn every_case_passes_in_spl() {
    every_case_passes("spl", 100);
}

#[test]
fn every_case_passes_in_esql() {
    every_case_passes("esql", 14);
}

/// Changes of a query, each of which has to be seen as FAIL.
struct Wrong {
    target: &'static str,
    pack: &'static str,
    case: &'static str,
    changes: &'static [(&'static str, &'static str)],
}

/// The answer in the query, its events, its rule, an alert too many.
const WRONG: [Wrong; 4] = [
    Wrong {
        target: "kql",
        pack: "rules",
        case: "a timer of a closed app starts its service at night",
        changes: &[
            ("confidence=85", "confidence=84"),
            (".example.flashlight\", \"pixel-3310\"", ".example.other\", \"pixel-3310\""),
            ("woken_start_at <= 5s", "woken_start_at <= 1s"),
        ],
    },
    Wrong {
        target: "spl",
        pack: "rules",
        case: "a timer of a closed app starts its service at night",
        changes: &[
            ("confidence=85", "confidence=84"),
            ("\\\"device.id\\\":\\\"pixel-3310\\\"", "\\\"device.id\\\":\\\"pixel-0\\\""),
            ("woken_start_at <= 5000", "woken_start_at <= 1000"),
        ],
    },
    Wrong {
        target: "esql",
        pack: "tests/conformance/esql/pack",
        case: "three failures from two addresses",
        changes: &[
            ("confidence=80", "confidence=81"),
            ("because=most of them", "because=some of them"),
            ("|10.2.0.1|", "|10.1.2.3|"),
            ("2026-03-01T09:07:00.000Z|", "2026-03-01T08:07:00.000Z|"),
            ("count_of >= 3", "count_of >= 4"),
            (
                "    \"wanted 1 1772356200000 user.id=ann confidence=80 because=most of them took long; ann is an administrator\",\n",
                "",
            ),
            ("\"wanted 1 end", "\"wanted 1 1 user.id=bob confidence=80 because=\",\n    \"wanted 1 end"),
        ],
    },
    Wrong {
        target: "esql",
        pack: "tests/conformance/verify/pack",
        case: "equal alerts are counted",
        changes: &[
            ("    \"3|2026", "    \"3|2025"),
            ("| WHERE auth.result == \"success\"", "| WHERE auth.result == \"failure\""),
        ],
    },
];

#[test]
fn a_query_that_is_wrong_fails() {
    for Wrong { target, pack, case, changes } in &WRONG {
        let queries = written(pack, target, &["--case", case]);
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

/// A rule that a target cannot say is refused at its place, as by `compile`; that it cannot be carried is another thing.
#[test]
fn refusals_are_those_of_compile() {
    let refused = "rules/mobile/ios-session-longer-than-usual.yaml";
    let verified = siemc(&["verify", refused, "--target", "eql"]);
    let compiled = siemc(&["compile", refused, "--target", "eql"]);
    let said = |output: &std::process::Output| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text[text.find("error[").expect("a refusal")..text.rfind("choose `spl`").expect("its help")].to_owned()
    };
    assert_eq!(said(&verified), said(&compiled));
    assert_eq!((verified.status.code(), compiled.status.code()), (Some(1), Some(1)));
    // One that can is enough with `all`, and the better of two is taken with `elastic`.
    let queries = |rule: &str, target: &str, case: &str| {
        let done = siemc(&["verify", rule, "--target", target, "--case", case]);
        (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap(), done.status.code())
    };
    let (text, notes, code) =
        queries(refused, "all", "five hours, where a day and a half of two other phones knows seconds");
    assert!(text.contains("datatable") && text.contains("makeresults") && text.contains("ROW "), "{text}");
    assert!(notes.contains("ios-session-longer-than-usual eql: refused\n3 queries") && code == Some(0), "{notes}");
    let (text, notes, code) = queries("tests/conformance/verify/pack/auth/takeover.yaml", "elastic", "newest");
    assert!(text.contains("sequence by user.id") && notes.contains("1 query") && code == Some(0), "{text}{notes}");
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
