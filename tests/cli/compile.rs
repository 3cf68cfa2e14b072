use super::kit::{EVIDENCE, Try};

#[test]
fn a_query_goes_to_standard_output_and_its_fidelity_to_standard_error() {
    let made = Try::pack();
    let done = made.run("compile p --target eql").exits(0);
    assert!(done.out.contains("with runs=3"), "{}", done.out);
    assert!(done.err.contains("many-failures eql: same groups"), "{}", done.err);
    let other = made.run("compile p/auth/many-failures.yaml --target eql --env bare").exits(0);
    assert!(other.out.contains("environment bare"), "{}", other.out);
}

#[test]
fn a_refusal_is_an_error_at_its_place_unless_another_target_says_the_rule() {
    let made = Try::pack();
    made.write("p/auth/both.yaml", EVIDENCE);
    let done = made.run("compile p --target eql").exits(1);
    assert!(done.err.contains("p/auth/both.yaml:") && done.err.contains("both eql: refused"), "{}", done.err);
    assert!(done.out.contains("with runs=3"), "the other rule's query is there: {}", done.out);
    let all = made.run("compile p --target all --format json").exits(0).json();
    let results = all["results"].as_array().unwrap();
    let eql = results.iter().find(|r| r["rule"] == "both" && r["target"] == "eql").unwrap();
    assert_eq!(eql["status"], "refused");
    assert!(eql["refusals"][0]["code"].as_str().unwrap().starts_with('R'), "{eql}");
    let kql = results.iter().find(|r| r["rule"] == "both" && r["target"] == "kql").unwrap();
    assert_eq!(kql["status"], "compiled");
}

#[test]
fn an_invalid_rule_takes_only_its_own_query_away() {
    let made = Try::pack();
    made.write("p/auth/broken.yaml", "rule: broken\nevents: 7\n");
    let done = made.run("compile p --target eql --format json").exits(1).json();
    let status = |rule: &str| {
        let results = done["results"].as_array().unwrap();
        results.iter().find(|r| r["rule"] == rule).unwrap()["status"].clone()
    };
    assert_eq!((status("many-failures"), status("broken")), ("compiled".into(), "invalid".into()));
    assert_eq!(done["version"], 1);
}

/// The language has no clock: what other dialects say in their text stands beside it.
#[test]
fn a_run_s_events_and_hits_are_told_with_the_query() {
    let made = Try::pack();
    let all = made.run("compile p --target eql,kql --format json").exits(0).json();
    super::fits::fits_published(&all, "compile");
    let results = all["results"].as_array().unwrap();
    let query = |target: &str| {
        let own = |r: &&serde_json::Value| r["rule"] == "many-failures" && r["target"] == target;
        results.iter().find(own).unwrap()["query"].clone()
    };
    let (eql, kql) = (query("eql"), query("kql"));
    for query in [&eql, &kql] {
        assert_eq!((&query["every_ms"], &query["delay_ms"]), (&900_000.into(), &300_000.into()));
    }
    assert!(kql["search"].is_null() && kql["text"].as_str().unwrap().contains("report_from"));
    let search = &eql["search"];
    assert_eq!(
        search["filter"],
        serde_json::json!({ "range": { "@timestamp": { "gt": "now-30m", "lte": "now-5m" } } })
    );
    assert_eq!(search["last_event"], serde_json::json!({ "gt": "now-20m", "lte": "now-5m" }));
    assert_eq!(search["rule"], serde_json::json!({ "interval": "15m", "from": "now-31m", "to": "now-5m" }));
    assert_eq!(search["timestamp_field"], "@timestamp");
    assert!(eql["text"].as_str().unwrap().contains(&format!("// filter: {}\n", search["filter"])), "{eql}");
    assert!(eql["assumptions"].as_array().unwrap().iter().any(|a| a["name"] == "one-alert-of-one-hit"));
}

#[test]
fn out_writes_whole_files_and_nothing_beside_them() {
    let made = Try::pack();
    made.write("o/many-failures.eql", "old");
    let done = made.run("compile p --target eql,kql --out o").exits(0);
    assert!(done.out.is_empty());
    assert!(made.read("o/many-failures.eql").contains("with runs=3"));
    let mut names: Vec<_> = std::fs::read_dir(made.path("o")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["many-failures.eql", "many-failures.kql"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(made.path("o/many-failures.kql")).unwrap().permissions().mode();
        assert_eq!(mode & 0o400, 0o400);
        assert_ne!(mode & 0o044, 0, "others may read what the mask allows: {mode:o}");
    }
}

#[test]
fn a_query_of_an_earlier_run_is_told_when_the_rule_gives_none() {
    let made = Try::pack();
    made.write("p/auth/both.yaml", EVIDENCE);
    made.write("o/both.eql", "old");
    let done = made.run("compile p --target eql --out o").exits(1);
    assert!(done.err.contains("o/both.eql` is of an earlier run"), "{}", done.err);
}

#[test]
fn what_cannot_be_written_exits_2_with_a_reason() {
    let made = Try::pack();
    made.write("file", "");
    let done = made.run("compile p --target eql --out file/below").exits(2);
    assert!(done.err.contains("`file/below` cannot be made"), "{}", done.err);
    std::fs::create_dir_all(made.path("o/many-failures.eql")).unwrap();
    let done = made.run("compile p --target eql --out o").exits(2);
    assert!(done.err.contains("cannot be written"), "{}", done.err);
    let left: Vec<_> = std::fs::read_dir(made.path("o")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn two_packs_never_write_one_file() {
    let made = Try::pack();
    for path in ["pack.yaml", "schema/auth.yaml", "auth/many-failures.yaml"] {
        made.write(&format!("q/{path}"), made.read(&format!("p/{path}")));
    }
    made.run("compile p q --target eql").exits(0);
    assert!(made.run("compile p q --target eql --out o").exits(2).err.contains("would both be written"));
}

#[test]
fn a_rule_name_never_leads_out_of_the_directory() {
    let made = Try::pack();
    let hostile = made.read("p/auth/many-failures.yaml").replace("rule: many-failures", "rule: ../../evil");
    made.write("p/auth/many-failures.yaml", hostile);
    let done = made.run("compile p --target eql --out o/x/y");
    assert_ne!(done.code, 0);
    assert!(!made.path("o/evil.eql").exists() && !made.path("evil.eql").exists());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let made = Try::pack();
    for line in ["compile p --target eql", "explain E0510", "check p --format json", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = made.command(line).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(!err.contains("panicked") && !err.contains("roken pipe"), "{line}: {err}");
        assert_eq!(done.status.code(), Some(0), "{line}");
    }
}

/// A query names what it rests on; the ledger says what that means and how to see whether it holds.
#[test]
fn json_carries_the_ledger_of_assumptions() {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_siemc"))
        .args(["compile", "rules/", "--target", "all", "--format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut seen = 0;
    for result in report["results"].as_array().unwrap().iter().filter(|r| r["status"] == "compiled") {
        let header = result["query"]["text"].as_str().unwrap().lines().find(|line| line.contains("assumes: "));
        let named = header.map_or(0, |line| line.split(", ").count());
        let ledger = result["query"]["assumptions"].as_array().unwrap();
        assert!(ledger.len() >= named, "{}: {header:?} and {ledger:?}", result["rule"]);
        for entry in ledger {
            assert!(entry["fact"].as_str().is_some_and(|fact| !fact.is_empty()), "{entry}");
            seen += 1;
        }
    }
    assert!(seen > 0, "no bundled query rests on anything");
}

/// Of what no manual settles, a query names what it rests on, and nothing else.
#[test]
fn a_query_names_what_it_rests_on() {
    let made = Try::empty();
    made.write("pack.yaml", PRODUCT);
    made.write("schema/auth.yaml", ALERTS);
    made.write("lookups/admins.csv", "user,since\nroot,2020\n");
    let rule = |name: &str, detect: &str| {
        let id = format!("id: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c{:02x}", name.as_bytes()[0]);
        let about = "title: t\nseverity: low\nalert: { throttle: 90m }";
        made.write(&format!("{name}.yaml"), format!("rule: {name}\n{id}\n{about}\n{detect}\n"));
        let mut rests = Vec::new();
        for target in ["kql", "spl", "esql"] {
            let report = made.run(&format!("compile {name}.yaml --target {target} --format json")).exits(0).json();
            let query = &report["results"][0]["query"];
            assert_eq!(query["throttle_ms"], 5_400_000, "{target}");
            let text = query["text"].as_str().unwrap();
            let head = text.lines().find(|line| line.contains("throttle: 1h30m")).unwrap_or_else(|| panic!("{text}"));
            assert!(head.starts_with("//") || head.starts_with("```"), "{head}");
            let ledger = query["assumptions"].as_array().unwrap();
            let names: Vec<&str> = ledger.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
            let asked =
                ["lookup-rows-are-single", "lookup-is-case-sensitive", "alerts-have-the-rules-names", "values-vary"];
            rests.push(names.into_iter().filter(|n| asked.contains(n)).collect::<Vec<_>>().join(","));
        }
        rests
    };
    let login = "events: { login: { source: auth.login, where: WHERE } }\ndetect: { match: login }";
    let one_row = ["lookup-rows-are-single", "lookup-is-case-sensitive", "lookup-rows-are-single"];
    assert_eq!(rule("admin", &login.replace("WHERE", "user.id in admins")), one_row);
    assert_eq!(rule("root", &login.replace("WHERE", "user.id == \"root\"")), [""; 3]);
    let over =
        "events: { alert: { source: alerts, where: WHERE } }\ndetect: { match: alert }\nschedule: { delay: 30m }";
    assert_eq!(rule("named", &over.replace("WHERE", "alert.rule == \"root\"")), ["alerts-have-the-rules-names"; 3]);
    assert_eq!(rule("high", &over.replace("WHERE", "alert.severity == \"high\"")), [""; 3]);
    let usual = "events: { login: { source: auth.login } }\ndetect:\n  baseline: { of: login, by: user.id, measure: max(auth.tries), per: 1h, \
                 history: 1d, having: WHERE and samples >= 5 }";
    assert_eq!(rule("far", &usual.replace("WHERE", "zscore > 3")), ["values-vary"; 3]);
    assert_eq!(rule("more", &usual.replace("WHERE", "value > mean")), [""; 3]);
}

const PRODUCT: &str = "name: p
version: '1'
lookups:
  admins: { file: lookups/admins.csv, keys: { user: exact }, columns: { since: integer } }
environments:
  prod: { lookups: { admins: { kql: admins, spl: admins, esql: admins } } }
";

const ALERTS: &str = "fields:
  event.seq: { type: integer, about: counts events }
  user.id: { type: string, about: the account }
  auth.tries: { type: integer, about: tries so far }
  alert.rule: { type: string, about: which rule alerted }
  alert.severity: { type: string, about: how bad }
sources:
  auth.login:
    about: logins
    tiebreaker: event.seq
    fields: { event.seq: required, user.id: required, auth.tries: required }
  alerts: { about: alerts, fields: { alert.rule: required, alert.severity: required } }
";
