//! Compiled KQL is accepted by Microsoft's analyzer, runs on an independent model of KQL, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_EXECUTED` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.
//! `SIEMC_STAGES` sets how many of their stages run on another engine too (120 by default).
//! `SIEMC_SHOW_NOT_EXECUTED=1` prints a query for each reason why the model did not run one.

use super::{Kql, hostile};
use crate::{bundled, from_environment, history, pairs, record, size, stages};

#[test]
fn random_rules_alert_on_the_model_as_in_the_evaluator() {
    let (pairs, seed) = size();
    let tally = pairs::compare(&Kql, pairs, seed);
    tally.print(&Kql, "random rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refused_rules * 100 <= 50 * tally.rules, "too many rules are refused");
    assert!(tally.not_executed() * 100 <= 10 * tally.pairs, "too many pairs are not executed");
    assert!(tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn bundled_rules_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare(&Kql);
    tally.print(&Kql, "bundled rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refusals.is_empty() && tally.not_executed() == 0);
    assert!(tally.queries > 0 && tally.with_alerts > 0);
}

#[test]
fn regressions_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare_regressions(&Kql);
    tally.print(&Kql, "regressions");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    // What a target cannot say it refuses, and that it does is told elsewhere.
    assert!(tally.refused_rules < tally.queries && tally.with_alerts > 0 && tally.not_executed() == 0);
}

#[test]
fn hostile_texts_come_back_from_the_analyzer_as_they_went_in() {
    let read = hostile::read_back();
    println!("KQL, hostile values: {read} literals read back");
    record::write_counts(&Kql, "hostile", &[("literals read back by the analyzer", read)]);
}

#[test]
fn scheduled_runs_look_back_far_enough_for_a_history() {
    let (runs, with_alerts) = history::compare(&Kql, 3);
    println!("KQL, scheduled runs with a history: {runs} executed (independent model), {with_alerts} with alerts");
    record::write_counts(&Kql, "scheduled", &[("runs executed", runs), ("runs with alerts", with_alerts)]);
    assert!(runs > 100 && with_alerts * 20 > runs);
}

#[test]
fn stages_give_on_another_engine_what_they_give_on_the_model() {
    let (_, seed) = size();
    let compared = stages::compare(from_environment("SIEMC_STAGES", 120), seed);
    compared.print();
    let numbers = [("tried", "stages tried"), ("executed", "executed on duckdb-kql"), ("equal", "as on the model")];
    record::write_counts(&Kql, "stages", &numbers.map(|(count, what)| (what, compared.count(count))));
    assert!(compared.differences().is_empty());
    // What the engine is known not to have is not tried.
    assert!(compared.count("executed") * 3 >= compared.count("tried") * 2 && compared.count("equal") > 0);
}
