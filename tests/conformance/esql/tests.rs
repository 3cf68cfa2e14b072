//! Compiled ES|QL runs on a real Elasticsearch node, and gives the evaluator's alerts.
//!
//! `SIEMC_PAIRS_EXECUTED` sets how many random (rule, stream) pairs run (200 by default), `SIEMC_SEED` what they are drawn from.

use super::{Esql, hostile, validated};
use crate::{bundled, history, pairs, record, size};

#[test]
fn random_rules_alert_on_the_node_as_in_the_evaluator() {
    let (pairs, seed) = size();
    let tally = pairs::compare(&Esql, pairs, seed);
    tally.print(&Esql, "random rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert_eq!(tally.not_executed(), 0, "the node takes every query");
    assert!(tally.executed >= pairs && tally.with_alerts * 100 >= 10 * tally.pairs, "too few pairs have alerts");
}

#[test]
fn bundled_rules_alert_on_the_node_as_in_the_evaluator() {
    let tally = bundled::compare(&Esql);
    tally.print(&Esql, "bundled rules");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refusals.is_empty() && tally.with_alerts > 0, "each has a query");
}

#[test]
fn rules_that_need_no_order_alert_on_the_node_as_in_the_evaluator() {
    let sets = ["canonical".to_owned()];
    let tally = bundled::compare_folder(&Esql, "tests/conformance/esql/pack", "own-fixtures", sets);
    tally.print(&Esql, "rules that need no order of events");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    assert!(tally.refusals.is_empty());
    assert!(tally.queries >= 6 && tally.pairs >= 9 && tally.with_alerts >= 5);
}

/// One random query for so many pairs is read by the newer grammar: it takes longer than the node does to run them.
const PAIRS_TO_A_READING: usize = 10;

#[test]
fn a_newer_release_reads_bundled_and_random_queries() {
    let mut faults = Vec::new();
    let mut bundled = 0;
    bundled::queries_of_first(&Esql, "rules", |bench, place, texts| {
        bundled += texts.len();
        let queries: Vec<_> = texts.iter().map(|text| (text.as_str(), place)).collect();
        faults.extend(validated(bench, &queries).concat());
    });
    let (pairs, seed) = size();
    let tiny = pairs::Tiny::new(&Esql);
    let mut draws = pairs::Draws::new(seed);
    let mut texts: Vec<String> = Vec::new();
    while texts.len() * PAIRS_TO_A_READING < pairs {
        let compiled = draws.round(&tiny).into_iter().filter_map(|drawn| drawn.pairs.ok()?.into_iter().next());
        texts.extend(compiled.map(|pair| pair.query.text));
    }
    texts.truncate(pairs.div_ceil(PAIRS_TO_A_READING));
    let queries: Vec<_> = texts.iter().map(|text| (text.as_str(), &tiny.place)).collect();
    faults.extend(validated(&tiny.bench, &queries).concat());
    println!("ES|QL, release 9.5: {bundled} bundled and {} random queries read, {} faults", texts.len(), faults.len());
    assert_eq!(faults, Vec::<String>::new());
    assert!(bundled >= 20 && texts.len() >= 20);
    let counts = [("bundled queries", bundled), ("random queries", texts.len())];
    record::write_counts(&Esql, "newer", &counts);
}

#[test]
fn scheduled_runs_look_back_far_enough_for_a_history() {
    let (runs, with_alerts) = history::compare(&Esql, 1);
    println!("ES|QL, scheduled runs with a history: {runs} executed on the node, {with_alerts} with alerts");
    record::write_counts(&Esql, "scheduled", &[("runs executed", runs), ("runs with alerts", with_alerts)]);
    assert!(runs >= 20 && with_alerts >= 5, "{runs} runs, {with_alerts} with alerts");
}

#[test]
fn regressions_alert_on_the_node_as_in_the_evaluator() {
    let tally = bundled::compare_regressions(&Esql);
    tally.print(&Esql, "regressions");
    assert_eq!(tally.wrong(), Vec::<String>::new());
    // Those that need an order of rows are refused, for what they really have.
    assert!(tally.rules > 0 && tally.refused_rules + tally.queries == tally.rules && tally.not_executed() == 0);
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
    let counts = [("texts", tally.texts), ("queries executed", tally.queries), ("alerts", tally.alerts)];
    record::write_counts(&Esql, "hostile", &counts);
}
