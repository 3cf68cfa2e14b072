//! Cadence, baseline and novelty as a scheduled run computes them: each run reads no further back than it says, and reports what the
//! evaluator, which saw everything, reports of the run's interval.

use super::Dialect;
use super::outcome::{Trial, outcomes};
use super::pairs::Tiny;
use super::random::stream::{START, drawings, stream};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::backend::Query;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use std::collections::BTreeSet;

/// What a rule over the tiny pack begins with.
pub const HEAD: &str = "rule: random
id: 0d4a2f6e-5c1b-4a7e-9f36-2b8e7d1c9a10
title: Random
status: test
severity: medium
attack: { techniques: [T1509] }
description: drawn
false_positives: [none]
blind_spots: [all]
response: nothing
events:
  a: { source: t.alpha }
  b: { source: t.beta }
";

/// Over hours of several days.
const RULES: [&str; 9] = [
    "baseline: { of: a, by: [user], measure: 'count()', per: 1h, history: 7d, having: 'value >= mean + stddev' }",
    "baseline: { of: a, by: [user], measure: 'count()', per: 1h, history: 2d, having: 'value > percentile(75) or samples < 30' }",
    "baseline: { of: a, by: [user], measure: 'count()', per: 30m, history: 14d, season: hour_of_week, having: 'samples >= 1' }",
    "baseline: { of: a, by: [user, state], against: [user], measure: 'sum(n)', per: 1h, history: 8d, having: 'zscore > 0.5' }",
    "baseline: { of: a, measure: 'max(n)', per: 4h, history: 1d, having: 'value > median' }",
    "novelty: { of: a, by: [user], value: [proc], history: 8d, learn: 1d }",
    "novelty: { of: a, by: [user], value: [n], history: 2d, learn: 1h, known: b }",
    "cadence: { of: a, by: [user], within: 26h, having: 'gap.cv < 1.5 and gap.median >= 1h' }",
    "cadence: { of: a, within: 2h, window: tumbling, having: 'gap.share(0ms, 1h) >= 0.5' }",
];

/// Five seconds become an hour, three, twelve.
const FACTORS: [i64; 3] = [720, 2160, 8640];

const EVERY: i64 = 15 * 60_000;
const DELAY: i64 = 5 * 60_000;

/// A run of a rule at a time.
struct Run {
    rule: Rule,
    query: Query,
    events: Vec<Event>,
    now: i64,
}

/// How many runs were compared, and how many of them had alerts; panics where one differs. A rule that the target refuses has none.
pub fn compare(dialect: &dyn Dialect, streams: usize) -> (usize, usize) {
    let tiny = Tiny::new(dialect);
    let runs = drawn(&tiny, streams);
    let trial = |run: &'_ Run| -> Vec<siemc::eval::alert::Alert> {
        let end = run.now - DELAY;
        let all = siemc::eval::run(&run.rule, run.events.clone(), Some(end));
        all.into_iter().filter(|a| a.time > end - EVERY).collect()
    };
    let trials: Vec<Trial<'_>> = runs
        .iter()
        .map(|run| Trial {
            bench: &tiny.bench,
            place: &tiny.place,
            rule: &run.rule,
            query: &run.query,
            events: &run.events,
            alerts: trial(run),
            now: run.now,
        })
        .collect();
    let mut with_alerts = 0;
    for (outcome, run) in outcomes(dialect, &trials).iter().zip(&runs) {
        let fault = outcome.fault(dialect);
        assert!(fault.is_none(), "at {}: {fault:?}\n{}\n{}", run.now, run.query.text, outcome.shown());
        with_alerts += usize::from(outcome.with_alerts());
    }
    (runs.len(), with_alerts)
}

fn drawn(tiny: &Tiny<'_>, streams: usize) -> Vec<Run> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let mut all = Vec::new();
    for body in RULES {
        let text = format!("{HEAD}detect: {{ {body} }}\nalert: {{ title: seen, once_per: 3h }}\n");
        let rule = tiny.bench.check(&text, 0).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        let query = match tiny.bench.compile_as_scheduled(&rule, &tiny.place) {
            Ok(query) => query,
            Err(refusals) => {
                println!("refused: {body}: {}", refusals.first().map_or("", |r| &r.message));
                continue;
            }
        };
        for (_, factor) in (0..streams).zip(FACTORS.iter().cycle()) {
            let drawn = drawings().new_tree(&mut runner).expect("a tree of numbers").current();
            let (mut events, _) = stream(&tiny.bench.pack.schema, &drawn);
            events.iter_mut().for_each(|e| e.time = START + (e.time - START).rem_euclid(110_000) * factor);
            if tiny.dialect.leaves_ties_out() {
                tiny.dialect.leave_ties_out(&tiny.bench.pack.schema, &mut events);
            }
            let until = events.iter().map(|e| e.time).max().unwrap_or(START) + 8 * 3_600_000;
            let alerts = siemc::eval::run(&rule, events.clone(), Some(until));
            // The run whose interval ends at or after a time.
            let run_of = |time: i64| {
                (time + DELAY).div_euclid(EVERY) * EVERY + if (time + DELAY) % EVERY == 0 { 0 } else { EVERY }
            };
            let times = alerts.iter().map(|a| a.time).chain(events.iter().map(|e| e.time));
            let runs: BTreeSet<i64> = times.map(run_of).collect();
            for now in runs.into_iter().rev().take(8) {
                all.push(Run { rule: rule.clone(), query: query.clone(), events: events.clone(), now });
            }
        }
    }
    all
}
