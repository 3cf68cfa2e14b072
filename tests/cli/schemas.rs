//! The published formats are what the code writes.

use super::fits::{faults, fits_published};
use super::kit::{EVIDENCE, RULE, Try};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use siemc::cli::compile::Report;
use siemc::cli::run::AlertLine;
use siemc::cli::simulate::Judgement;
use siemc::cli::verify::Report as Verified;
use siemc::diagnostic::JsonReport;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{name}.schema.json"))
}

fn published<T: JsonSchema>(name: &str) {
    // As it is written: what is left out where it is empty is not required then.
    let schema = SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<T>();
    let said = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("SIEMC_WRITE_SCHEMAS").is_some() {
        std::fs::write(path(name), &said).unwrap();
    }
    let written = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert_eq!(written, said, "run `SIEMC_WRITE_SCHEMAS=1 cargo test --test cli` and read the difference");
}

#[test]
fn formats_are_published() {
    published::<JsonReport<'static>>("check");
    published::<Report<'static>>("compile");
    published::<AlertLine>("alert");
    published::<Judgement>("simulate");
    published::<Verified<'static>>("verify");
}

/// The bundled pack: every rule for every target, refusals and lints among them.
#[test]
fn what_is_said_of_the_bundled_pack_is_as_published() {
    let made = Try::empty();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let said = |line: &str| made.run(&format!("{line} {} --format json", rules.display()));
    fits_published(&said("check").exits(0).json(), "check");
    let compiled = said("compile --target all").exits(0).json();
    fits_published(&compiled, "compile");
    let results = compiled["results"].as_array().unwrap();
    let with = |status: &str| results.iter().filter(|one| one["status"] == status).count();
    assert!(with("compiled") > 0 && with("refused") > 0, "{results:?}");
    fits_published(&said("compile --target elastic").exits(0).json(), "compile");
    fits_published(&said("test").exits(0).json(), "test");
}

/// A pack with every kind of fault: findings with and without a place, help and related places, rules that give no query.
#[test]
fn what_is_said_of_faults_is_as_published() {
    let made = Try::pack();
    made.write("p/auth/both.yaml", EVIDENCE);
    made.write("p/auth/broken.yaml", "rule: broken\nevents: 7\n");
    made.write("p/auth/twice.yaml", EVIDENCE);
    made.write("p/auth/aside.yml", "");
    let checked = made.run("check p --format json").exits(1).json();
    fits_published(&checked, "check");
    let found = checked["diagnostics"].as_array().unwrap();
    let some = |key: &str| found.iter().any(|one| one.get(key).is_some());
    assert!(some("related") && some("help") && found.iter().any(|one| one.get("file").is_none()), "{checked}");
    let compiled = made.run("compile p --target all --format json").exits(1).json();
    fits_published(&compiled, "compile");

    let made = Try::pack();
    let without = "name: try\nversion: \"1\"\nenvironments: { lab: { unavailable: [auth.login] } }\n";
    made.write("p/pack.yaml", without);
    made.write("p/auth/many-failures.yaml", RULE.to_owned() + "requires: [auth.login]\n");
    let compiled = made.run("compile p --target kql --format json").json();
    fits_published(&compiled, "compile");
    assert_eq!(compiled["results"][0]["status"], "not_deployed");

    let made = Try::pack();
    let written = made.run("compile p --target eql --out o --format json").exits(0).json();
    fits_published(&written, "compile");
    assert_eq!(written["results"][0]["query"]["file"], "o/many-failures.eql");
    let line = "verify p --target kql --endpoint http://127.0.0.1:1/db --retries 0 --format json";
    fits_published(&made.run(line).exits(2).json(), "verify");
}

#[test]
fn alerts_are_as_published() {
    let made = Try::pack();
    let event = |n: i64| {
        format!(
            "{{\"source\":\"auth.login\",\"time\":{n},\"event.seq\":{n},\"device.id\":\"d\",\"auth.result\":\"failure\"}}\n"
        )
    };
    made.write("e.jsonl", (0..3).map(event).collect::<String>());
    let alert = made.run("run --rules p --events e.jsonl").exits(0).json();
    fits_published(&alert, "alert");
}

/// `test` builds its document by hand: a case that fails, one that is broken, and what else it writes.
#[test]
fn verdicts_are_as_published() {
    let made = Try::pack();
    let wrong = made.read("p/auth/many-failures.test.yaml").replace("at: 2m", "at: 1m");
    made.write("p/auth/many-failures.test.yaml", wrong + "  - { name: broken, nme: x }\n");
    fits_published(&made.run("test p --format json").exits(1).json(), "test");
    made.write("p/auth/many-failures.yaml", "rule: many-failures\nevents: 7\n");
    fits_published(&made.run("test p --format json").exits(1).json(), "test");
}

/// The judge sees what it is there for.
#[test]
fn what_is_not_as_published_is_seen() {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path("check")).unwrap()).unwrap();
    let good = json!({"version": 1, "errors": 0, "warnings": 0, "diagnostics": []});
    assert_eq!(faults(&good, &schema, &schema, "").len(), 0);
    for (key, value) in [
        ("errors", json!(-1)),
        ("errors", json!("0")),
        ("extra", json!(1)),
        ("diagnostics", json!({})),
        ("diagnostics", json!([{"code": "E0101", "severity": "error"}])),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert_ne!(faults(&bad, &schema, &schema, "").len(), 0, "{bad}");
    }
    let unread = json!({"pattern": "x"});
    assert_eq!(faults(&json!("x"), &unread, &unread, "").len(), 1);
}
