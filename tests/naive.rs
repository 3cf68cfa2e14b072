//! The naive evaluator against the real one, on random rules and streams.
//!
//! `SIEMC_PAIRS` sets how many (rule, stream) pairs are compared over all tests (2,000 by default), `SIEMC_SEED` what they are drawn
//! from, `SIEMC_SHOW_REFUSED=1` prints the drawn rules that the checker refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs)]

#[path = "naive/mod.rs"]
mod naive;

use naive::compare::compare;
use naive::random::analytic::Form;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Compares this form's share of the pairs. At least `floor` of a hundred pairs have an alert, and few rules are refused: without
/// these the comparison could be empty and still pass.
fn agree(form: Form, floor: usize) {
    let pairs = from_environment("SIEMC_PAIRS", 2000).div_ceil(6) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let tally = compare(form, pairs, seed);
    let refused: usize = tally.refused.values().sum();
    println!(
        "{form:?}: {} pairs of {} rules, {} pairs with {} alerts; refused: {refused} {:?}",
        tally.pairs, tally.rules, tally.with_alerts, tally.alerts, tally.refused
    );
    assert!(tally.with_alerts * 100 >= floor * tally.pairs, "too few pairs with an alert: {}", tally.with_alerts);
    assert!(refused * 100 <= 5 * tally.rules, "too many rules are refused: {:?}", tally.refused);
}

#[test]
fn random_matches_alert_as_the_meaning_says() {
    agree(Form::Match, 15);
}

#[test]
fn random_anys_alert_as_the_meaning_says() {
    agree(Form::Any, 30);
}

#[test]
fn random_thresholds_alert_as_the_meaning_says() {
    agree(Form::Threshold, 10);
}

#[test]
fn random_togethers_alert_as_the_meaning_says() {
    agree(Form::Together, 15);
}

#[test]
fn random_evidence_alerts_as_the_meaning_says() {
    agree(Form::Evidence, 20);
}

#[test]
fn random_sequences_alert_as_the_meaning_says() {
    agree(Form::Sequence, 4);
}

#[test]
fn random_typed_rules_alert_as_the_meaning_says() {
    let pairs = from_environment("SIEMC_PAIRS", 2000) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let alerting = naive::plain::agree(pairs, seed);
    println!("{alerting} of {pairs} pairs have alerts");
    assert!(alerting * 5 > pairs, "too few pairs with an alert: {alerting} of {pairs}");
}

#[test]
fn scheduled_runs_report_together_what_one_run_does() {
    let pairs = from_environment("SIEMC_PAIRS", 2000) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let tally = naive::schedule::agree(pairs, seed);
    println!("{} pairs, {} with alerts, {} read in part", tally.pairs, tally.with_alerts, tally.bounded);
    assert!(tally.with_alerts * 10 > tally.pairs, "too few pairs with an alert: {}", tally.with_alerts);
    assert!(tally.bounded * 4 > tally.pairs, "too few runs that read less than all: {}", tally.bounded);
}
