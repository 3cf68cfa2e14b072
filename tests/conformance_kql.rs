//! Compiled KQL is accepted by Microsoft's analyzer, runs on an independent model of KQL, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_KQL` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.
//! `SIEMC_SHOW_NOT_EXECUTED=1` prints a query for each reason why the model did not run one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs, dead_code)]

#[path = "conformance_kql/bench.rs"]
mod bench;
#[path = "conformance_kql/bundled.rs"]
mod bundled;
#[path = "conformance_kql/engine.rs"]
mod engine;
#[path = "conformance_kql/history.rs"]
mod history;
#[path = "conformance_kql/hostile.rs"]
mod hostile;
#[path = "regressions/packs.rs"]
mod packs;
#[path = "conformance_kql/pairs.rs"]
mod pairs;
#[path = "naive/random/mod.rs"]
mod random;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_rules_alert_on_the_model_as_in_the_evaluator() {
    let pairs = from_environment("SIEMC_PAIRS_KQL", 200) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let tally = pairs::compare(pairs, seed);
    tally.print();
    assert!(tally.differences.is_empty(), "{} pairs differ", tally.differences.len());
    assert!(tally.faults.is_empty(), "{} queries have faults", tally.faults.len());
    assert!(tally.refused_rules * 100 <= 50 * tally.rules, "too many rules are refused");
    assert!(tally.not_executed() * 100 <= 10 * tally.pairs, "too many pairs are not executed");
    assert!(tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn bundled_rules_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare();
    tally.print("bundled rules");
    assert!(tally.refused.is_empty() && tally.faults.is_empty() && tally.differences.is_empty());
    assert!(tally.queries > 0 && tally.with_alerts > 0);
}

#[test]
fn regressions_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare_regressions();
    tally.print("regressions");
    assert!(tally.faults.is_empty() && tally.differences.is_empty());
    // What a target cannot say it refuses, and that it does is told elsewhere.
    assert!(tally.refused.len() < tally.queries && tally.with_alerts > 0);
}

#[test]
fn hostile_texts_come_back_from_the_analyzer_as_they_went_in() {
    let read = hostile::read_back();
    println!("KQL, hostile values: {read} literals read back");
}

#[test]
fn scheduled_runs_look_back_far_enough_for_a_history() {
    let (runs, with_alerts) = history::compare(3);
    println!("KQL, scheduled runs with a history: {runs} executed (independent model), {with_alerts} with alerts");
    assert!(runs > 100 && with_alerts * 20 > runs);
}
