//! Compiled SPL runs on an independent model of SPL and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_SPL` sets how many random (rule, stream) pairs run (120 by default), `SIEMC_SEED` what they are drawn from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs, dead_code)]

#[path = "conformance_spl/bench.rs"]
mod bench;
#[path = "conformance_spl/bundled.rs"]
mod bundled;
#[path = "conformance_spl/hostile.rs"]
mod hostile;
#[path = "conformance_spl/model.rs"]
mod model;
#[path = "regressions/packs.rs"]
mod packs;
#[path = "conformance_spl/pairs.rs"]
mod pairs;
#[path = "naive/random/mod.rs"]
mod random;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_rules_alert_on_the_model_as_in_the_evaluator() {
    let pairs = from_environment("SIEMC_PAIRS_SPL", 120) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let tally = pairs::compare(pairs, seed);
    tally.print();
    assert!(tally.differences.is_empty(), "{} pairs differ", tally.differences.len());
}

#[test]
fn bundled_rules_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare();
    tally.print("bundled rules");
    assert!(tally.unread.is_empty() && tally.differences.is_empty());
    assert!(tally.queries > 0 && tally.with_alerts > 0);
}

#[test]
fn regressions_alert_on_the_model_as_in_the_evaluator() {
    let tally = bundled::compare_regressions();
    tally.print("regressions");
    assert!(tally.unread.is_empty() && tally.differences.is_empty());
    // What a target cannot say it refuses, and that it does is told elsewhere.
    assert!(tally.refused.len() < tally.queries && tally.with_alerts > 0);
}
