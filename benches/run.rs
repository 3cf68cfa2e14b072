//! The evaluator over a fleet's events: `cargo bench --bench run`.

// A benchmark that cannot run has nothing better to do than to stop.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/rules.rs"]
mod rules;

use divan::counter::{BytesCount, ItemsCount};
use siemc::eval::{Engine, Line, Reader};

/// Enough that windows fill and turn over.
const EVENTS: u64 = 100_000;

fn main() {
    divan::main();
}

fn input() -> Vec<u8> {
    let mut bytes = Vec::new();
    let fleet = fleet::Fleet { events: EVENTS, devices: 10_000, gap: 150, seed: 1 };
    fleet.write(&mut bytes).expect("memory takes what is written");
    bytes
}

/// Lines to alerts, as `siemc run` does it.
#[divan::bench(sample_count = 10)]
fn three_rules(bencher: divan::Bencher<'_, '_>) {
    let (bytes, pack) = (input(), rules::pack());
    let rules = rules::rules(&pack);
    let bencher = bencher.counter(ItemsCount::new(EVENTS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let mut reader = Reader::new(bytes.as_slice(), &pack.schema, &rules);
        let mut engine = Engine::new(&rules);
        let mut alerts = 0u64;
        while let Some(line) = reader.next_line().expect("memory reads") {
            let pushed = match line {
                Line::Event(event) => engine.push(event, &mut |_| alerts += 1),
                Line::Unused { time } => engine.advance(time, &mut |_| alerts += 1),
                Line::Bad(error) => panic!("{error}"),
            };
            pushed.expect("the fleet writes in order");
        }
        engine.finish(None, &mut |_| alerts += 1);
        alerts
    });
}

/// Lines to events only.
#[divan::bench(sample_count = 10)]
fn reading(bencher: divan::Bencher<'_, '_>) {
    let (bytes, pack) = (input(), rules::pack());
    let rules = rules::rules(&pack);
    let bencher = bencher.counter(ItemsCount::new(EVENTS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let mut reader = Reader::new(bytes.as_slice(), &pack.schema, &rules);
        let mut used = 0u64;
        while let Some(line) = reader.next_line().expect("memory reads") {
            used += u64::from(matches!(line, Line::Event(_)));
        }
        used
    });
}
