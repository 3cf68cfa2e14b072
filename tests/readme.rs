//! README.md shows what the program says: its rule is checked, compiled and run, and compared with what stands there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The first block of a language.
fn block(language: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let begin =
        text.find(&format!("\n```{language}\n")).unwrap_or_else(|| panic!("README.md has no `{language}` block"));
    let inside = &text[begin + language.len() + 5..];
    inside[..=inside.find("\n```").unwrap()].to_owned()
}

/// The pack of `rules/` without its rules, and the rule and events of README.md.
fn pack() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for part in ["pack.yaml", "schema", "shared", "lookups"] {
        for entry in walkdir::WalkDir::new(rules.join(part)) {
            let from = entry.unwrap().into_path();
            let to = folder.path().join(from.strip_prefix(&rules).unwrap());
            if from.is_dir() {
                fs::create_dir_all(to).unwrap();
            } else {
                fs::copy(from, to).unwrap();
            }
        }
    }
    // An exception of an environment that ends one day is not to end the test.
    let manifest = fs::read_to_string(folder.path().join("pack.yaml")).unwrap();
    let lasting =
        regex::Regex::new("expires: [0-9]{4}-").unwrap().replace_all(&manifest, "expires: 2999-").into_owned();
    fs::write(folder.path().join("pack.yaml"), lasting).unwrap();
    fs::write(folder.path().join("tls-on-odd-ports.yaml"), block("yaml")).unwrap();
    fs::write(folder.path().join("events.jsonl"), block("jsonl")).unwrap();
    folder
}

fn siemc(pack: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_siemc")).args(arguments).current_dir(pack).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Each line that is shown, but `...`, is one of the output's, in this order.
fn shows(shown: &str, output: &str) {
    let mut rest = output.lines();
    for line in shown.lines().filter(|l| *l != "...") {
        assert!(rest.any(|l| l == line), "README.md shows `{line}`, which is not in (the rest of)\n{output}");
    }
}

#[test]
fn the_rule_is_clean_and_its_queries_are_those_shown() {
    let pack = pack();
    let checked = siemc(pack.path(), &["check", "."]);
    assert!(checked.status.success());
    let findings = String::from_utf8_lossy(&checked.stderr);
    assert!(!findings.contains("warning[") && !findings.contains("error["), "{findings}");
    let kql = said(&siemc(pack.path(), &["compile", "--target", "kql", "."]));
    assert!(kql.contains("// fidelity: exact"), "{kql}");
    shows(&block("kql"), &kql);
    let eql = said(&siemc(pack.path(), &["compile", "--target", "eql", "."]));
    assert!(eql.contains("// fidelity: same groups"), "{eql}");
    shows(&block("eql"), &eql);
}

#[test]
fn the_events_give_the_alert_that_is_shown() {
    let pack = pack();
    let alerts = said(&siemc(pack.path(), &["run", "--rules", ".", "--events", "events.jsonl"]));
    let alert: serde_json::Value = serde_json::from_str(&alerts).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&block("json")).unwrap();
    assert_eq!(alert, shown);
}

/// The table of README.md, between its marks. `README=rewrite cargo test --test readme` writes it anew.
#[test]
fn the_table_of_rules_and_targets_is_what_the_command_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let printed = siemc(root, &["compile", "rules/", "--target", "all", "--format", "table"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (begin, end) = ("<!-- table of rules and targets -->\n", "<!-- end of table -->");
    let from = readme.find(begin).expect("README.md has no mark where the table begins") + begin.len();
    let to = from + readme[from..].find(end).expect("README.md has no mark where the table ends");
    if std::env::var("README").is_ok_and(|v| v == "rewrite") {
        fs::write(root.join("README.md"), [&readme[..from], &printed, &readme[to..]].concat()).unwrap();
    } else {
        assert_eq!(&readme[from..to], printed, "run `README=rewrite cargo test --test readme`, and read what changed");
    }
}
