//! The rules that the project ships: nothing is to be said against any of them, in any environment.

use siemc::check::{Checked, Options, check_for, check_pack};
use siemc::diagnostic::{Findings, Severity};
use siemc::source::Files;
use std::path::Path;

/// Within the exceptions' dates, so that the test does not fail by itself one day.
const TODAY: &str = "2026-11-21T00:00:00Z";

/// A rule that says what it requires, and the environment that lacks it.
const NOT_DEPLOYED: [(&str, &str); 3] = [
    ("ios-scheduler-api-abuse", "no_scheduler"),
    ("android-gplayed-timers", "no_timers"),
    ("android-terracotta-timer-service", "no_timers"),
];

#[test]
fn no_bundled_rule_has_a_finding_in_any_environment() {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let pack = siemc::pack::load(&root, &mut files, &mut findings).expect("a pack");
    check_pack(&pack, &mut findings);
    let today = TODAY.parse::<jiff::Timestamp>().expect("a date").as_millisecond();
    for file in &pack.rules {
        for environment in pack.environments.values() {
            let checked = check_for(
                &pack,
                &file.rule,
                environment,
                Options { today: Some(today), ..Options::default() },
                &mut findings,
            );
            let name = file.path.display();
            let is_deployed = !matches!(checked, Checked::NotDeployed { .. });
            let known = |(rule, lacks): &(&str, &str)| name.to_string().contains(rule) && environment.name == *lacks;
            assert_ne!(is_deployed, NOT_DEPLOYED.iter().any(known), "{name} in {}", environment.name);
            if let Checked::Rule(rule) = checked
                && let Err(refusals) = siemc::plan::plan(&rule)
            {
                findings.all.extend(refusals);
            }
        }
    }
    assert!(!pack.rules.is_empty());
    // What an environment lacks is told in a note: that is no fault of the rule.
    let notes = |d: &siemc::diagnostic::Diagnostic| d.severity == Severity::Note;
    for note in findings.all.iter().filter(|d| notes(d)) {
        println!("{} {}", note.code, note.message);
    }
    findings.all.retain(|d| !notes(d));
    let text: Vec<String> = findings
        .all
        .iter()
        .map(|d| {
            let at = d.span.map_or("", |s| files.slice(s));
            format!("{} {} | {} | {}", d.code, d.message, at, d.help.as_deref().unwrap_or(""))
        })
        .collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
}

/// How many rules there are.
const RULES: usize = 10;

/// A rule without near misses in its fixtures is not known to be right.
const FEWEST_CASES: usize = 8;

#[test]
fn every_bundled_rule_passes_its_cases_and_has_enough_of_them() {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let pack = siemc::pack::load(&root, &mut files, &mut findings).expect("a pack");
    let paths = siemc::fixture::find(&root);
    let fixtures: Vec<_> =
        paths.iter().filter_map(|path| siemc::fixture::load(path, &pack, &mut files, &mut findings)).collect();
    let at = |d: &siemc::diagnostic::Diagnostic| d.span.map_or(String::new(), |s| files.slice(s).to_owned());
    let found: Vec<String> = findings.all.iter().map(|d| format!("{} {} | {}", d.code, d.message, at(d))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let reports = siemc::fixture::run_all(&pack, &fixtures, None);
    for file in &pack.rules {
        let name = file.rule.name.as_ref().expect("a name").value.as_str();
        let ours = || reports.iter().filter(|r| r.rule == name).flat_map(|r| &r.cases);
        assert!(ours().count() >= FEWEST_CASES, "{name} has {} cases", ours().count());
        assert!(ours().any(|c| c.expected.is_empty()), "{name} has no case in which it stays silent");
        assert!(ours().any(|c| !c.expected.is_empty()), "{name} has no case in which it fires");
    }
    let failed: Vec<String> = reports
        .iter()
        .flat_map(|r| r.cases.iter().filter(|c| !c.passed()).map(move |c| (r, c)))
        .map(|(r, c)| {
            let seen: Vec<String> = c
                .alerts
                .iter()
                .map(|a| format!("+{}ms {:?} {:?} {:?}", a.time - c.start, a.group, a.confidence, a.because))
                .collect();
            format!("{}: {}\n    {}", r.rule, c.name, seen.join("\n    "))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_bundled_rule_compiles_exactly_to_kql_and_spl_in_every_environment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for target in ["kql", "spl"] {
        for environment in ["lab", "prod", "no_scheduler", "no_api_calls", "no_person", "no_timers"] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_siemc"))
                .args(["compile", "--target", target, "--env", environment])
                .arg(&root)
                .output()
                .expect("the program runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{target} {environment}: {said}");
            let exact = said.lines().filter(|line| line.ends_with(&format!("{target}: exact"))).count();
            let lacking = NOT_DEPLOYED.iter().filter(|(_, lacks)| *lacks == environment).count();
            assert_eq!(exact, RULES - lacking, "{target} {environment}: {said}");
        }
    }
}
