//! Compiled EQL runs on a model of Elasticsearch, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_EXECUTED` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight.
#![allow(clippy::match_same_arms, missing_docs, dead_code)]

mod conformance;

use conformance::eql::Eql;
use conformance::{bundled, pairs, size};

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
    assert!(tally.refused_rules < tally.rules && tally.with_alerts > 0);
}
