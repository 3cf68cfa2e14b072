//! The naive evaluator against the real one, on random rules and streams.
//!
//! `SIEMC_PAIRS` sets how many (rule, stream) pairs are compared in each of the two tests (2,000 by default), `SIEMC_SEED` what they are
//! drawn from, `SIEMC_SHOW_REFUSED=1` prints the drawn rules that the checker refuses. With `--nocapture` a table says how many pairs
//! had each construct of the language, and how many of those had an alert.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs)]

#[path = "naive/mod.rs"]
mod naive;

use naive::census::Census;
use naive::compare::{Bench, Tally, compare};
use naive::random::analytic::Form;
use rayon::prelude::*;

/// From so many pairs on, each construct has to be drawn often enough: fewer say nothing of a share of one in two hundred.
const ENOUGH: usize = 20_000;

/// Each form that detect may have, and how many of a hundred of its pairs have to have an alert: without alerts the comparison
/// could be empty and still pass.
const FLOORS: [(Form, usize); 9] = [
    (Form::Match, 15),
    (Form::Any, 30),
    (Form::Threshold, 10),
    (Form::Together, 15),
    (Form::Evidence, 20),
    (Form::Sequence, 4),
    (Form::Cadence, 10),
    (Form::Baseline, 10),
    (Form::Novelty, 10),
];

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Pairs and seed of this run.
fn size() -> (usize, u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    (from_environment("SIEMC_PAIRS", 2000) as usize, seed)
}

#[test]
fn random_rules_alert_as_the_meaning_says() {
    let (pairs, seed) = size();
    let (share, bench) = (pairs.div_ceil(FLOORS.len()), Bench::new());
    let tallies: Vec<Tally> = FLOORS.par_iter().map(|(form, _)| compare(&bench, *form, share, seed)).collect();
    let (mut census, mut wrong) = (Census::default(), Vec::<String>::new());
    for ((form, floor), tally) in FLOORS.iter().zip(&tallies) {
        let refused: usize = tally.refused.values().sum();
        println!(
            "{form:?}: {} pairs of {} rules, {} pairs with {} alerts; left open: {}; refused: {refused} {:?}",
            tally.pairs, tally.rules, tally.with_alerts, tally.alerts, tally.open, tally.refused
        );
        // The share of a few pairs varies: a run of few asks for half of it.
        let floor = if pairs < ENOUGH { floor / 2 } else { *floor };
        let alerting = tally.with_alerts * 100 >= floor * tally.pairs;
        wrong.extend((!alerting).then(|| format!("too few {form:?} with an alert: {}", tally.with_alerts)));
        wrong.extend((refused * 100 > 5 * tally.rules).then(|| format!("too many {form:?} are refused: {refused}")));
        census.add(&tally.census);
    }
    println!("{}", census.table());
    assert_eq!(wrong, Vec::<String>::new());
    let listed = listed();
    assert_eq!(census.unlisted(&listed), Vec::<String>::new(), "drawn, and not in constructs.txt");
    if census.pairs >= ENOUGH {
        assert_eq!(census.too_rare(&listed), Vec::<String>::new(), "drawn too rarely, or never with an alert");
    }
}

/// The constructs that rules have to be drawn with.
fn listed() -> Vec<&'static str> {
    include_str!("naive/constructs.txt").lines().collect()
}

#[test]
fn random_typed_rules_alert_as_the_meaning_says() {
    let (pairs, seed) = size();
    let census = naive::plain::agree(pairs, seed);
    println!("{}", census.table());
    assert!(census.alerting * 5 > census.pairs, "too few pairs with an alert: {} of {}", census.alerting, census.pairs);
    if census.pairs >= ENOUGH {
        let forms = |line: &&str| [" as detect", " as a signal", " read by another"].iter().any(|e| line.ends_with(e));
        let forms: Vec<&str> = listed().into_iter().filter(forms).collect();
        assert_eq!(census.too_rare(&forms), Vec::<String>::new(), "drawn too rarely, or never with an alert");
    }
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
