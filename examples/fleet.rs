//! Writes events of a phone fleet as JSON lines, to try `siemc run` on many of them:
//! `cargo run --release --example fleet -- 1000000 > events.jsonl` (then devices, milliseconds between events, seed).

#[path = "../benches/support/fleet.rs"]
mod fleet;

use std::io::{BufWriter, Write};

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|a| a.parse::<u64>().ok());
    let mut next = |default: u64| numbers.next().flatten().unwrap_or(default);
    let fleet = fleet::Fleet { events: next(1_000_000), devices: next(10_000), gap: next(15), seed: next(1) };
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    fleet.write(&mut out)?;
    out.flush()
}
