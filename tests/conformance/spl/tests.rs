//! Compiled SPL runs on an independent model of SPL and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_EXECUTED` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.
//! `SIEMC_SHOW_NOT_EXECUTED=1` prints a query for each reason why the model did not run one.

use super::Spl;
use crate::{bundled, history, pairs, record, size};

#[test]
fn random_rules_alert_on_the_model_as_in_the_evaluator() {
    let (pairs, seed) = size();
    let tally = pairs::compare(&Spl, pairs, seed);
    tally.print(&Spl, "random rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refused_rules * 100 <= 50 * tally.rules, "too many rules are refused");
    assert!(tally.not_executed() * 100 <= 10 * tally.pairs, "too many pairs are not executed");
    assert!(tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn bundled_rules_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare(&Spl);
    tally.print(&Spl, "bundled rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.queries > 0 && tally.with_alerts > 0 && tally.not_executed() == 0);
}

#[test]
fn regressions_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare_regressions(&Spl);
    tally.print(&Spl, "regressions");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    // What a target cannot say it refuses, and that it does is told elsewhere.
    assert!(tally.refused_rules < tally.queries && tally.with_alerts > 0 && tally.not_executed() == 0);
}

#[test]
fn scheduled_runs_look_back_far_enough_for_a_history() {
    let (runs, with_alerts) = history::compare(&Spl, 3);
    println!("SPL, scheduled runs with a history: {runs} executed (independent model), {with_alerts} with alerts");
    record::write_counts(&Spl, "scheduled", &[("runs executed", runs), ("runs with alerts", with_alerts)]);
    assert!(runs > 100 && with_alerts * 20 > runs);
}
