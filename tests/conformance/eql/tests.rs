//! Compiled EQL runs on a model of Elasticsearch, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_EXECUTED` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.

use super::{Eql, hostile, scheduled};
use crate::tally::Tally;
use crate::{bundled, pairs, record, size};
use std::path::Path;

#[test]
fn random_rules_alert_on_the_model_as_in_the_evaluator() {
    let (pairs, seed) = size();
    let tally = pairs::compare(&Eql { tiebreakers: true }, pairs, seed);
    tally.print(&Eql { tiebreakers: true }, "random rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert_eq!(tally.not_executed(), 0, "the model takes every query");
    assert!(tally.executed >= pairs && tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn random_rules_without_a_tiebreaker_alert_as_in_the_evaluator() {
    let (pairs, seed) = size();
    let tally = pairs::compare(&Eql { tiebreakers: false }, pairs / 4, seed);
    tally.print(&Eql { tiebreakers: false }, "random rules over sources without a tiebreaker");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert_eq!(tally.not_executed(), 0, "the model takes every query");
}

#[test]
fn bundled_rules_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare(&Eql { tiebreakers: true });
    tally.print(&Eql { tiebreakers: true }, "bundled rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
}

#[test]
fn regressions_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare_regressions(&Eql { tiebreakers: true });
    tally.print(&Eql { tiebreakers: true }, "regressions");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refused_rules < tally.rules && tally.with_alerts > 0 && tally.not_executed() == 0);
}

#[test]
fn rules_that_eql_can_say_alert_on_the_model_as_in_the_evaluator() {
    let tally = own_pack();
    tally.print(&Eql { tiebreakers: true }, "rules that EQL can say");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert_eq!(tally.not_executed(), 0, "the model takes every query");
    assert!(tally.refusals.is_empty() && tally.queries >= 20 && tally.with_alerts >= 20);
}

/// The rules of `eql/pack` over the bundled schema, in every environment and set of mappings.
fn own_pack() -> Tally {
    let (root, here) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")));
    for folder in ["mobile", "lookups", "."] {
        copy(&here.join("tests/conformance/eql/pack").join(folder), &root.path().join(folder));
    }
    copy(&here.join("rules/schema"), &root.path().join("schema"));
    let sets = siemc::backend::target::mapping::sets(siemc::backend::Target::Eql, None);
    bundled::compare_folder(&Eql { tiebreakers: true }, root.path().to_str().unwrap(), "own-fixtures", sets)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let files = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.for_each(|path| assert!(std::fs::copy(&path, to.join(path.file_name().unwrap())).is_ok()));
}

#[test]
fn hostile_texts_find_what_the_evaluator_finds() {
    let tally = hostile::compare();
    tally.differences.iter().take(3).for_each(|difference| println!("{difference}"));
    println!(
        "EQL, hostile values: {} texts, {} queries executed, {} refused, {} alerts, {} queries differ",
        tally.texts,
        tally.queries,
        tally.refused,
        tally.alerts,
        tally.differences.len()
    );
    assert!(tally.differences.is_empty() && tally.refused * 10 < tally.queries);
    let counts = [("texts", tally.texts), ("queries executed", tally.queries), ("alerts", tally.alerts)];
    record::write_counts(&Eql { tiebreakers: true }, "hostile", &counts);
}

#[test]
fn scheduled_runs_report_together_what_one_continuous_run_does() {
    let (pairs, seed) = size();
    let tally = scheduled::compare(6, (pairs / 8).min(200), seed);
    println!(
        "EQL, scheduled: {} rules, {} runs executed (independent model), {} with alerts; {} hits left to another run, {} found again by a rule, \
         {} rules that over-report as they say, {} differences",
        tally.rules,
        tally.runs,
        tally.with_alerts,
        tally.left,
        tally.again,
        tally.over_reported.len(),
        tally.differences.len()
    );
    assert_eq!(tally.differences.first(), None);
    assert!(tally.runs > 1_000 && tally.with_alerts * 20 > tally.runs && tally.left > 100 && tally.again > 100);
    // The rules that begin or end with an absence: were they none, the queries would say too much against themselves.
    assert!([7, 8, 9].iter().all(|number| tally.over_reported.contains(number)), "{:?}", tally.over_reported);
    let counts = [("runs executed", tally.runs), ("runs with alerts", tally.with_alerts)];
    record::write_counts(&Eql { tiebreakers: true }, "scheduled", &counts);
}
