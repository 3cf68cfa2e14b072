//! Compiled ES|QL runs on a real Elasticsearch node, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_ESQL` sets how many random (rule, stream) pairs run (300 by default), `SIEMC_SEED` what they are drawn from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs, dead_code)]

#[path = "conformance_esql/bench.rs"]
mod bench;
#[path = "conformance_esql/bundled.rs"]
mod bundled;
#[path = "conformance_esql/engine.rs"]
mod engine;
#[path = "conformance_esql/hostile.rs"]
mod hostile;
#[path = "conformance_esql/pairs.rs"]
mod pairs;
#[path = "naive/random/mod.rs"]
mod random;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_rules_alert_on_the_node_as_in_the_evaluator() {
    let pairs = from_environment("SIEMC_PAIRS_ESQL", 300) as usize;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    let tally = pairs::compare(pairs, seed);
    tally.print();
    assert!(tally.differences.is_empty(), "{} pairs differ", tally.differences.len());
    assert_eq!(tally.not_executed(), 0, "the node takes every query");
    assert!(tally.executed >= pairs && tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn bundled_rules_alert_on_the_node_as_in_the_evaluator() {
    let tally = bundled::compare("rules", &siemc::backend::target::mapping::sets(siemc::backend::Target::Esql, None));
    tally.print("bundled rules");
    assert!(tally.faults.is_empty() && tally.differences.is_empty());
}

#[test]
fn rules_that_need_no_order_alert_on_the_node_as_in_the_evaluator() {
    let tally = bundled::compare("tests/conformance_esql/pack", &["canonical".to_owned()].into());
    tally.print("rules that need no order of events");
    assert!(tally.refused.is_empty() && tally.faults.is_empty() && tally.differences.is_empty());
    assert!(tally.queries >= 6 && tally.cases >= 9 && tally.with_alerts >= 5);
}

#[test]
fn hostile_texts_are_found_and_come_back_as_they_went_in() {
    let tally = hostile::compare();
    for difference in tally.differences.iter().take(3) {
        println!("{difference}");
    }
    println!(
        "ES|QL, hostile values: {} texts, {} queries executed, {} alerts, {} queries differ",
        tally.texts,
        tally.queries,
        tally.alerts,
        tally.differences.len()
    );
    assert!(tally.differences.is_empty());
}
