//! Random (rule, stream) pairs: drawn, compiled, parsed, run, compared; what differs is made smaller and becomes a file.

use super::bench::{Bench, Place};
use super::constructs::constructs;
use super::found;
use super::outcome::{Outcome, Trial, outcomes};
use super::random::rule::tapes;
use super::random::stream::{Drawing, drawings, stream};
use super::random::told::told;
use super::record::{self, Record};
use super::refusal::{reason, untrue};
use super::smaller::smallest;
use super::tally::{SHOWN, Tally};
use super::{Dialect, Form};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rayon::prelude::*;
use siemc::backend::Query;
use siemc::diagnostic::Diagnostic;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::schema::{FieldId, Schema};
use siemc::value::Value;
use std::collections::BTreeSet;

/// Rules that are drawn and compiled at a time, side by side.
const ROUND: usize = 60;

/// One (rule, stream) that compiles.
#[derive(Clone)]
pub struct Pair {
    pub text: String,
    /// By its place in the tiny pack.
    pub environment: usize,
    pub rule: Rule,
    pub query: Query,
    pub events: Vec<Event>,
    /// The query reads events up to then, milliseconds since the epoch.
    pub until: i64,
}

/// The tiny pack with its canonical mapping.
pub struct Tiny<'d> {
    pub dialect: &'d dyn Dialect,
    pub bench: Bench,
    pub place: Place,
}

impl<'d> Tiny<'d> {
    pub fn new(dialect: &'d dyn Dialect) -> Tiny<'d> {
        let root = tempfile::tempdir().expect("a directory for the pack");
        for (path, text) in dialect.pack() {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file in the pack")).expect("a directory of the pack");
            std::fs::write(path, text).expect("the pack's files");
        }
        let bench = Bench::new(dialect, root.path());
        let place = bench.place(None);
        Tiny { dialect, bench, place }
    }

    pub fn outcomes(&self, pairs: &[Pair]) -> Vec<Outcome> {
        let trial = |p| {
            let Pair { rule, query, events, until, .. }: &Pair = p;
            Trial::new((&self.bench, &self.place), (rule, query), events, Some(*until))
        };
        let trials: Vec<Trial<'_>> = pairs.par_iter().map(trial).collect();
        outcomes(self.dialect, &trials)
    }
}

/// Draws rules with streams, the same ones from the same seed.
pub struct Draws {
    runner: TestRunner,
    number: usize,
}

/// A rule as it was drawn.
pub struct Drawn {
    pub text: String,
    pub environment: usize,
    pub rule: Rule,
    /// What each stream's query is, or why the rule is refused.
    pub pairs: Result<Vec<Pair>, Vec<Diagnostic>>,
}

impl Draws {
    pub fn new(seed: u64) -> Draws {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { failure_persistence: None, ..Config::default() };
        Draws { runner: TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)), number: 0 }
    }

    /// Some more rules, without those that the checker refuses: they are none.
    pub fn round(&mut self, tiny: &Tiny<'_>) -> Vec<Drawn> {
        let mut all = Vec::new();
        for _ in 0..ROUND {
            let form: Form = tiny.dialect.form(self.number);
            let strategy = (tapes(form), vec(drawings(), 1..=4));
            let (mut tapes, streams) = strategy.new_tree(&mut self.runner).expect("a tree of numbers").current();
            let text = tiny.dialect.written(&mut tapes, self.number);
            let streams = streams.into_iter().map(|s| Drawing { wide: tapes.wide, ..s });
            all.push((text, usize::from(tapes.environment), streams.collect::<Vec<Drawing>>()));
            self.number += 1;
        }
        all.into_par_iter()
            .filter_map(|(text, environment, streams)| drawn(tiny, text, environment, &streams))
            .collect()
    }
}

fn drawn(tiny: &Tiny<'_>, text: String, environment: usize, streams: &[Drawing]) -> Option<Drawn> {
    let rule = tiny.bench.check(&text, environment).ok()?;
    let pair = |drawing: &Drawing| {
        let (mut events, until) = stream(&tiny.bench.pack.schema, drawing);
        if tiny.dialect.leaves_ties_out() {
            tiny.dialect.leave_ties_out(&tiny.bench.pack.schema, &mut events);
        }
        let query = tiny.bench.compile(&rule, &tiny.place, until)?;
        Ok(Pair { text: text.clone(), environment, rule: rule.clone(), query, events, until })
    };
    let pairs = streams.iter().map(pair).collect();
    Some(Drawn { text, environment, rule, pairs })
}

/// Leaves out all but the first of the events of one source and time that its tiebreaker does not tell apart.
pub fn leave_ties_out(schema: &Schema, events: &mut Vec<Event>) {
    let mut seen = BTreeSet::new();
    events.retain(|event| {
        let tiebreaker: Option<FieldId> = schema.source_at(event.source).and_then(|(_, s)| s.tiebreaker);
        let place = tiebreaker.and_then(|field| schema.slot(event.source, field));
        let breaks = match place.and_then(|place| event.values.get(place)) {
            Some(Value::Integer(n)) => Some(*n),
            _ => None,
        };
        seen.insert((event.source, event.time, breaks))
    });
}

/// Executes so many pairs from a seed, or some more. What differs becomes files, which the differences name.
pub fn compare(dialect: &dyn Dialect, pairs: usize, seed: u64) -> Tally {
    let tiny = Tiny::new(dialect);
    let (mut draws, mut tally, mut records) = (Draws::new(seed), Tally::default(), Vec::new());
    let mut failed = Vec::new();
    // Where the executor knows hardly any query, the test says so.
    while tally.executed < pairs && tally.pairs < 2 * pairs {
        let mut some = draws.round(&tiny);
        // Of the last rules only as many as are asked for.
        let mut left = pairs - tally.executed;
        some.retain(|d| {
            let wanted = left > 0;
            left = left.saturating_sub(d.pairs.as_ref().map_or(0, Vec::len));
            wanted
        });
        failed.extend(judge(&tiny, &some, &mut tally, &mut records));
    }
    record::write(dialect, dialect.part(), Some((pairs, seed)), &records);
    if !failed.is_empty() {
        // Making a failure smaller takes a while.
        tally.print(dialect, "random rules so far");
    }
    // The shortest rules say most.
    failed.sort_by_key(|(pair, _): &(Pair, String)| pair.text.len());
    let mut rules = BTreeSet::new();
    for (pair, why) in failed {
        let show = rules.len() < SHOWN && rules.insert(pair.text.clone());
        let text = if show { found::kept(&tiny, &smallest(&tiny, &pair), seed) } else { format!("--- {why}") };
        tally.differences.push(text);
    }
    tally.faults.sort_by_key(String::len);
    tally
}

/// Reads and runs what was drawn; the pairs that differ, with how.
fn judge(tiny: &Tiny<'_>, some: &[Drawn], tally: &mut Tally, records: &mut Vec<Record>) -> Vec<(Pair, String)> {
    let mut failed = Vec::new();
    let good: Vec<&Vec<Pair>> = some.iter().filter_map(|d| d.pairs.as_ref().ok()).collect();
    let queries: Vec<(&str, &Place)> =
        good.iter().filter_map(|p| p.first()).map(|p| (p.query.text.as_str(), &tiny.place)).collect();
    let pairs: Vec<Pair> = good.into_iter().flatten().cloned().collect();
    // One program reads while another runs.
    let (faults, came) = rayon::join(|| tiny.dialect.parse(&tiny.bench, &queries), || final_outcomes(tiny, &pairs));
    let (mut faults, mut came) = (faults.into_iter(), came.into_iter());
    for one in some {
        tally.rules += 1;
        let mut record = Record { constructs: constructs(&one.rule), ..Record::default() };
        record.constructs.extend(told(&one.text, one.environment));
        match &one.pairs {
            Err(why) => refused(tiny, one, why, tally, &mut record),
            Ok(pairs) => {
                tally.queries += 1;
                tally.texts += 1;
                let faults = faults.next().expect("an answer of the parser");
                record.read = faults.is_empty();
                record.fidelity = pairs.first().map(|p| p.query.fidelity.to_string());
                if let (Some(pair), false) = (pairs.first(), faults.is_empty()) {
                    let faults = faults.join("\n");
                    tally.faults.push(format!("=== {}--- query\n{}--- faults\n{faults}\n", pair.text, pair.query.text));
                }
                for pair in pairs {
                    let last = came.next().expect("an outcome");
                    count(tiny, pair, &last, tally, &mut record);
                    let pair = last.untied.as_ref().unwrap_or(pair);
                    failed.extend(last.outcome.fault(tiny.dialect).map(|why| (pair.clone(), why)));
                }
            }
        }
        records.push(record);
    }
    failed
}

/// The outcome that counts: of a pair that differs only by what nothing orders, the one without ties.
struct Final {
    outcome: Outcome,
    untied: Option<Pair>,
    /// The evaluator's, over the stream as it was drawn: how an engine ordered ties this time does not change what is counted.
    with_alerts: bool,
}

fn final_outcomes(tiny: &Tiny<'_>, pairs: &[Pair]) -> Vec<Final> {
    let first = |outcome: Outcome| Final { with_alerts: outcome.with_alerts(), outcome, untied: None };
    let mut all: Vec<Final> = tiny.outcomes(pairs).into_iter().map(first).collect();
    if tiny.dialect.leaves_ties_out() {
        return all;
    }
    let differs = |f: &Final| matches!(&f.outcome, Outcome::Ran { broken: Some(_), .. });
    let places: Vec<usize> = (0..all.len()).filter(|i| differs(&all[*i])).collect();
    let again: Vec<Pair> = places
        .iter()
        .map(|i| {
            let mut pair = pairs[*i].clone();
            tiny.dialect.leave_ties_out(&tiny.bench.pack.schema, &mut pair.events);
            pair
        })
        .collect();
    for ((place, outcome), pair) in places.into_iter().zip(tiny.outcomes(&again)).zip(again) {
        all[place] = Final { outcome, untied: Some(pair), ..all[place] };
    }
    all
}

fn refused(tiny: &Tiny<'_>, one: &Drawn, why: &[Diagnostic], tally: &mut Tally, record: &mut Record) {
    tally.refused_rules += 1;
    let reasons: BTreeSet<String> = why.iter().map(reason).collect();
    reasons.iter().for_each(|r| *tally.refused.entry(r.clone()).or_default() += 1);
    let untrue = untrue(tiny.dialect.target(), why, &one.text, &record.constructs);
    tally.untrue.extend(untrue.iter().map(|u| format!("=== {}--- {u}\n", one.text)));
    record.refuse(why);
}

fn count(tiny: &Tiny<'_>, pair: &Pair, last: &Final, tally: &mut Tally, record: &mut Record) {
    tally.pairs += 1;
    record.cases += 1;
    match &last.outcome {
        Outcome::NotExecuted(why) => {
            let first = *tally.not_executed.entry(why.clone()).and_modify(|n| *n += 1).or_insert(1) == 1;
            if first && std::env::var_os("SIEMC_SHOW_NOT_EXECUTED").is_some() {
                println!("=== not executed: {why}\n{}\n{}", pair.text, pair.query.text);
            }
        }
        Outcome::Ran { .. } => {
            let equal = usize::from(last.outcome.fault(tiny.dialect).is_none());
            let with_alerts = usize::from(last.with_alerts);
            tally.executed += 1;
            tally.with_alerts += with_alerts;
            tally.equal += equal;
            tally.ties += if last.untied.is_some() { equal } else { 0 };
            record.executed += 1;
            record.with_alerts += with_alerts;
            record.equal += equal;
        }
    }
}
