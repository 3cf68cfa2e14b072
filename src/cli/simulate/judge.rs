//! Rules over a fleet in which it is known what happened.
//!
//! What is counted: an injection is *found* by an alert of its rule on its device that names its app, from its beginning until an hour
//! after its last event. An alert on an injected device and app, at such a time, of another rule is *beside*: it is right, though nobody
//! counted on it. Every other alert is *false*. An alert names a device or an app where its group or its entities hold that value; one
//! that has no app among them is asked for the device alone.
//!
//! False alerts are counted per 1,000 days of the devices that the rule can *concern*: those of a platform on which it can alert at
//! all, as [`super::concern`] reads from its conditions. A rule about iPhones says nothing on the others, and their quiet days are not its
//! merit. Devices whose sensor sees no touches, or counts no bytes, are among them: they are in every fleet.
//!
//! Injections lie in the second half of the days, so that what a rule learns from the past has been there.

use super::concern::Concern;
use super::report::{Judgement, Missed, RuleJudgement, SeedJudgement, time};
use crate::cli::Exit;
use crate::cli::args::{JudgeFormat, SimulateArgs};
use crate::cli::console::Console;
use crate::cli::run;
use crate::cli::workspace::Workspace;
use crate::eval::{Alert, Feed, Line, Reader, text_of};
use crate::ir::Rule;
use crate::pack::schema::Schema;
use crate::simulate::{Behaviour, Fleet, Injected, Injection, inject};
use anyhow::Result;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Alerts count for an injection until so long after its last event, milliseconds.
const SLACK: i64 = 3_600_000;
/// A day, milliseconds.
const DAY: i64 = 86_400_000;
/// As many devices of a hundred get each rule's behaviour.
const PART: u32 = 4;

/// Runs the rules over a fleet for each seed.
pub fn run(args: &SimulateArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.judge);
    let rules = run::rules(&mut workspace, args.env.as_deref());
    console.findings(&run::told(&workspace.findings), &workspace.files);
    let exit = Exit::of(&workspace.findings.all);
    let (Exit::Good, Some((schema, rules))) = (exit, rules) else { return Ok(exit.max(Exit::Findings)) };
    let mut seeds = Vec::new();
    for seed in &args.seed {
        let judged = one(&fleet(args, *seed), &schema, &rules)?;
        if args.format == JudgeFormat::Text {
            console.data(&judged.text())?;
            console.flush()?;
        }
        seeds.push(judged);
    }
    let judgement = Judgement { version: 1, seeds };
    match args.format {
        JudgeFormat::Json => console.data(&judgement.json())?,
        JudgeFormat::Text => console.data(judgement.summary())?,
    }
    Ok(if judgement.is_good() { Exit::Good } else { Exit::Findings })
}

/// The fleet with each rule's behaviour on some of its devices.
fn fleet(args: &SimulateArgs, seed: u64) -> Fleet {
    let mut fleet = Fleet { devices: args.devices, days: args.days, seed, start: args.start, injections: Vec::new() };
    let span = fleet.end() - fleet.start;
    // Numbers that jump: devices and times that have nothing to do with each other.
    let mut number = seed;
    let mut next = move || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        number >> 33
    };
    let each = (args.devices * PART / 100).max(1);
    let mut taken = std::collections::BTreeSet::new();
    for behaviour in inject::all() {
        for _ in 0..each {
            let Some(device) = free(&fleet, behaviour, &mut taken, &mut next) else { break };
            // From the middle until a day before the end, which leaves time to be found.
            let latest = (span - DAY).max(span / 2 + 1);
            let at = fleet.start + span / 2 + (next() as i64) % (latest - span / 2);
            fleet.injections.push(Injection { behaviour, device, at });
        }
    }
    fleet
}

/// A device of the behaviour's platform whose sensor sees all, and that nothing else is injected into while there are others.
fn free(
    fleet: &Fleet,
    behaviour: &Behaviour,
    taken: &mut std::collections::BTreeSet<u32>,
    next: &mut impl FnMut() -> u64,
) -> Option<u32> {
    let fits = |n: &u32| fleet.device(*n).is_some_and(|d| d.platform == behaviour.platform && d.is_seen_in_full());
    let first = (next() % u64::from(fleet.devices.max(1))) as u32;
    let mut all = (first..fleet.devices).chain(0..first).filter(fits);
    let device = all.clone().find(|n| !taken.contains(n)).or_else(|| all.next())?;
    taken.insert(device);
    Some(device)
}

fn one(fleet: &Fleet, schema: &Arc<Schema>, rules: &[Arc<Rule>]) -> io::Result<SeedJudgement> {
    let begin = std::time::Instant::now();
    let (alerts, injected, events) = alerts(fleet, schema, rules)?;
    let device_days = u64::from(fleet.devices) * u64::from(fleet.days);
    let concern = Concern::new(fleet, schema);
    let days = |rule: &Rule| u64::from(concern.devices(rule)) * u64::from(fleet.days);
    let rules = rules.iter().map(|rule| judged(rule, &alerts, &injected, days(rule))).collect();
    let seconds = begin.elapsed().as_secs_f64();
    Ok(SeedJudgement {
        seed: fleet.seed,
        devices: fleet.devices,
        days: fleet.days,
        device_days,
        events,
        seconds,
        rules,
    })
}

fn judged(rule: &Rule, alerts: &[Alert], injected: &[Injected], device_days: u64) -> RuleJudgement {
    let own: Vec<&Alert> = alerts.iter().filter(|alert| alert.rule == rule.name).collect();
    let (aims, others): (Vec<&Injected>, Vec<&Injected>) = injected.iter().partition(|i| i.rule == rule.name);
    let is_found = |aim: &&&Injected| own.iter().any(|alert| tells(alert, aim));
    let found = aims.iter().filter(is_found).count();
    let missed = aims.iter().filter(|aim| !is_found(aim)).map(|aim| Missed::of(aim)).collect();
    let unexpected = own.iter().filter(|alert| !aims.iter().any(|aim| tells(alert, aim)));
    let (beside, wrong): (Vec<&Alert>, Vec<&Alert>) =
        unexpected.partition(|alert| others.iter().any(|other| tells(alert, other)));
    RuleJudgement {
        rule: rule.name.clone(),
        injected: aims.len(),
        found,
        recall: (!aims.is_empty()).then(|| found as f64 / aims.len() as f64),
        beside: beside.len(),
        device_days,
        false_alerts: wrong.len(),
        false_per_1000_device_days: wrong.len() as f64 * 1000.0 / device_days.max(1) as f64,
        missed,
        examples: wrong.iter().take(3).map(|alert| format!("{} {}", time(alert.time), alert.title)).collect(),
    }
}

/// The alert may rest on what was injected.
fn tells(alert: &Alert, injected: &Injected) -> bool {
    let names = |text: &str| alert.group.iter().chain(&alert.entities).any(|(_, value)| text_of(value) == text);
    let says_app = alert.group.iter().chain(&alert.entities).any(|(name, _)| name == "app.bundle_id" || name == "app");
    let in_time = (injected.from..=injected.until.saturating_add(SLACK)).contains(&alert.time);
    in_time && names(&injected.device) && (names(injected.app) || !says_app)
}

/// The evaluator on this thread, the fleet on another one.
fn alerts(fleet: &Fleet, schema: &Arc<Schema>, rules: &[Arc<Rule>]) -> io::Result<(Vec<Alert>, Vec<Injected>, u64)> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(8);
        let made = scope.spawn(move || make(fleet, &sender));
        let mut reader = Reader::new(Pipe { receiver, part: Vec::new(), given: 0 }, schema, rules);
        let mut engine = Feed::new(rules);
        let mut alerts = Vec::new();
        while let Some(line) = reader.next_line()? {
            let pushed = match line {
                Line::Event(event) => engine.push(event, &mut |alert| alerts.push(alert)),
                Line::Unused { time } => engine.advance(time, &mut |alert| alerts.push(alert)),
                Line::Bad(bad) => return Err(io::Error::other(format!("the fleet does not fit the schema: {bad}"))),
            };
            pushed.map_err(io::Error::other)?;
        }
        engine.finish(Some(fleet.end() - 1), &mut |alert| alerts.push(alert));
        let (injected, events) = made.join().map_err(|_| io::Error::other("the fleet stopped"))?;
        Ok((alerts, injected, events))
    })
}

fn make(fleet: &Fleet, sender: &SyncSender<Vec<u8>>) -> (Vec<Injected>, u64) {
    let mut lines = fleet.lines();
    loop {
        let mut part = Vec::with_capacity(1 << 18);
        let read = lines.by_ref().take(1 << 18).read_to_end(&mut part);
        // Nobody listens any more where the other side has failed.
        if !matches!(read, Ok(1..)) || sender.send(part).is_err() {
            return (lines.injected().to_vec(), lines.events());
        }
    }
}

/// What another thread sends, as bytes to read.
struct Pipe {
    receiver: Receiver<Vec<u8>>,
    part: Vec<u8>,
    given: usize,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.part.len() {
            match self.receiver.recv() {
                Ok(part) => (self.part, self.given) = (part, 0),
                Err(_) => return Ok(0),
            }
        }
        let mut rest = self.part.get(self.given..).unwrap_or_default();
        let length = rest.read(buffer)?;
        self.given += length;
        Ok(length)
    }
}
