//! The evaluator over a fleet's events, the compiler over the bundled pack, and beside each something well known to measure it by:
//! `cargo bench --bench run`.

// A benchmark that cannot run has nothing better to do than to stop.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/pack.rs"]
mod pack;

use divan::counter::{BytesCount, ItemsCount};
use siemc::eval::{Engine, Line, Reader, narrowed};
use siemc::ir::Rule;

/// As in the binary: otherwise this would measure another program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// Pack to queries for every target, without the process around it.
#[divan::bench(sample_count = 20)]
fn check_and_compile() -> usize {
    pack::compile(&pack::Checked::load())
}

/// Pack to typed rules.
#[divan::bench(sample_count = 20)]
fn check() -> usize {
    pack::Checked::load().rules.len()
}

/// The pack's files by a YAML parser that keeps no places: what `check` is measured by.
#[divan::bench(sample_count = 20)]
fn yaml_values_of_the_pack() -> usize {
    pack::yaml_values()
}

/// Lines to alerts, as `siemc run` does it.
#[divan::bench(sample_count = 10)]
fn bundled_rules(bencher: divan::Bencher<'_, '_>) {
    let (bytes, pack) = (input(), pack::Checked::load());
    let (schema, rules) = narrowed(&pack.pack.schema, pack.rules.iter().map(|rule| Rule::clone(rule)).collect());
    let bencher = bencher.counter(ItemsCount::new(EVENTS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let mut reader = Reader::new(bytes.as_slice(), &schema, &rules);
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
    let (bytes, pack) = (input(), pack::Checked::load());
    let bencher = bencher.counter(ItemsCount::new(EVENTS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let mut reader = Reader::new(bytes.as_slice(), &pack.pack.schema, &pack.rules);
        let mut used = 0u64;
        while let Some(line) = reader.next_line().expect("memory reads") {
            used += u64::from(matches!(line, Line::Event(_)));
        }
        used
    });
}

/// The same lines as JSON trees: what `reading` and `bundled_rules` are measured by.
#[divan::bench(sample_count = 10)]
fn json_values(bencher: divan::Bencher<'_, '_>) {
    let bytes = input();
    let bencher = bencher.counter(ItemsCount::new(EVENTS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        lines.filter(|line| serde_json::from_slice::<serde_json::Value>(line).expect("JSON").is_object()).count()
    });
}
