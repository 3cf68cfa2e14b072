//! `siemc simulate`: events of a made-up fleet, or rules judged by them.

mod ask;
mod concern;
mod judge;
mod report;

pub use report::{Judgement, Missed, RuleJudgement, SeedJudgement};

use super::Exit;
use super::args::SimulateArgs;
use super::console::Console;
use super::workspace::reason;
use crate::simulate::{Fleet, Injection, inject};
use anyhow::Result;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Runs the command.
pub fn run(args: &SimulateArgs, console: &mut Console) -> Result<Exit> {
    if args.list {
        return list(console);
    }
    if !args.judge.is_empty() {
        return judge::run(args, console);
    }
    let [seed] = args.seed.as_slice() else {
        console.note("error: several seeds give several fleets, which only `--judge` takes");
        return Ok(Exit::Unusable);
    };
    let mut fleet =
        Fleet { devices: args.devices, days: args.days, seed: *seed, start: args.start, injections: Vec::new() };
    let asked: Result<Vec<Injection>, String> = args.inject.iter().map(|text| ask::injection(text, &fleet)).collect();
    match asked {
        Ok(injections) => fleet.injections = injections,
        Err(wrong) => {
            console.note(&format!("error: {wrong}"));
            return Ok(Exit::Unusable);
        }
    }
    let Some(path) = &args.out else { return write(&fleet, args.events, console, Console::data) };
    let mut file = match File::create(path) {
        Ok(file) => BufWriter::with_capacity(1 << 20, file),
        Err(error) => {
            console.note(&format!("error: `{}` cannot be written: {}", path.display(), reason(&error)));
            return Ok(Exit::Unusable);
        }
    };
    let fault = |error: io::Error| {
        io::Error::new(error.kind(), format!("`{}` cannot be written: {}", path.display(), reason(&error)))
    };
    let exit = write(&fleet, args.events, console, |_, line| file.write_all(line.as_bytes()).map_err(fault))?;
    file.flush().map_err(fault)?;
    Ok(exit)
}

fn list(console: &mut Console) -> Result<Exit> {
    for behaviour in inject::all() {
        console.data(&format!("{:<36}{}\n", behaviour.rule, behaviour.platform.name()))?;
    }
    Ok(Exit::Good)
}

/// Events out, and what was injected for a person to see.
fn write(
    fleet: &Fleet,
    most: Option<u64>,
    console: &mut Console,
    mut out: impl FnMut(&mut Console, &str) -> io::Result<()>,
) -> Result<Exit> {
    let mut lines = fleet.lines();
    while most.is_none_or(|most| lines.events() < most) {
        let Some(line) = lines.next_line() else { break };
        out(console, &String::from_utf8_lossy(line))?;
    }
    for injected in lines.injected() {
        let (from, until) = (report::time(injected.from), report::time(injected.until));
        let (rule, device, app, variant) = (injected.rule, &injected.device, injected.app, injected.variant);
        console.note(&format!("injected {rule} on {device} ({app}, {variant}): {from} to {until}"));
    }
    if lines.injected().len() < fleet.injections.len() {
        let left = fleet.injections.len() - lines.injected().len();
        console.note(&format!("{left} not injected: the events end before"));
    }
    Ok(Exit::Good)
}
