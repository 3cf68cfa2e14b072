//! Cadence, baseline and novelty as a scheduled run computes them: each run reads no further back than it says, and reports what the
//! evaluator, which saw everything, reports of the run's interval.

use super::bench::{Bench, actual, expected};
use super::engine::{Job, run};
use super::random::stream::{START, drawings, stream};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::eval::alert::Alert;
use std::collections::BTreeSet;

const HEAD: &str = "rule: random
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

/// How many runs were compared, and how many of them had alerts.
pub fn compare(streams: usize) -> (usize, usize) {
    let root = tempfile::tempdir().expect("a directory for the pack");
    super::random::pack::write(root.path()).expect("the pack's files");
    let bench = Bench::new(root.path());
    let place = bench.place(None);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let (mut jobs, mut wanted): (Vec<Job>, Vec<Vec<Alert>>) = (Vec::new(), Vec::new());
    for body in RULES {
        let text = format!("{HEAD}detect: {{ {body} }}\nalert: {{ title: seen, once_per: 3h }}\n");
        let rule = bench.check(&text, 0).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        let query = bench.compile_as_scheduled(&rule, &place).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        for (_, factor) in (0..streams).zip(FACTORS.iter().cycle()) {
            let drawn = drawings().new_tree(&mut runner).expect("a tree of numbers").current();
            let (mut events, _) = stream(&bench.pack.schema, &drawn);
            events.iter_mut().for_each(|e| e.time = START + (e.time - START).rem_euclid(110_000) * factor);
            let until = events.iter().map(|e| e.time).max().unwrap_or(START) + 8 * 3_600_000;
            let alerts = siemc::eval::run(&rule, events.clone(), Some(until));
            // The run whose interval ends at or after a time.
            let run_of = |time: i64| {
                (time + DELAY).div_euclid(EVERY) * EVERY + if (time + DELAY) % EVERY == 0 { 0 } else { EVERY }
            };
            let times = alerts.iter().map(|a| a.time).chain(events.iter().map(|e| e.time));
            let runs: BTreeSet<i64> = times.map(run_of).collect();
            for now in runs.into_iter().rev().take(8) {
                let end = now - DELAY;
                let here = siemc::eval::run(&rule, events.clone(), Some(end));
                wanted.push(here.into_iter().filter(|a| a.time > end - EVERY).collect());
                jobs.push(bench.job_at(&query.text, &place, &events, now));
            }
        }
    }
    let mut with_alerts = 0;
    for ((job, answer), want) in jobs.iter().zip(run(&jobs)).zip(&wanted) {
        let rows = answer.unwrap_or_else(|why| panic!("{why}\n{}", job.query));
        let keys: BTreeSet<String> = want.iter().flat_map(|a| a.group.iter().map(|(k, _)| k.clone())).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        assert_eq!(actual(&rows, &keys), expected(want), "at {}\n{}\n{}", job.now, job.query, job.tables);
        with_alerts += usize::from(!want.is_empty());
    }
    (jobs.len(), with_alerts)
}
