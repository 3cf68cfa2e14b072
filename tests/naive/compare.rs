//! The two evaluators side by side over random rules and streams.
//!
//! A rule goes through the whole front end as YAML text, so that parser and checker are exercised with it; one that the checker
//! refuses is counted and is no pair.

use super::agreed::{compared, wants_silence_of_a_signal};
use super::census::Census;
use super::constructs::{Constructs, constructs};
use super::random::analytic::Form;
use super::random::pack::{self, FIELDLESS, SOURCES};
use super::random::rule::{Tapes, tapes, yaml};
use super::random::stream::{Drawing, drawings, json_lines, offset, stream};
use super::random::told::told;
use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rayon::prelude::*;
use siemc::check::{Options, check, check_unfolded};
use siemc::diagnostic::{Diagnostic, Findings, Severity};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::Pack;
use siemc::source::Files;
use siemc::value::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A rule that cannot fire in the environment.
const CANNOT_FIRE: &str = "E0715";

/// The tiny pack, read once, against which rules are checked.
pub struct Bench {
    pack: Pack,
}

impl Bench {
    pub fn new() -> Bench {
        let root = tempfile::tempdir().expect("a directory for the pack");
        pack::write(root.path()).expect("the pack's files");
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(root.path(), &mut files, &mut findings);
        assert!(!findings.has_errors(), "the tiny pack is wrong: {:#?}", findings.all);
        Bench { pack: pack.expect("the tiny pack") }
    }

    /// The rule as checked for an environment, or what the front end says against it.
    fn check(&self, text: &str, environment: usize, fold: bool) -> Result<Rule, Vec<Diagnostic>> {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let file = files.add("rules/random.yaml", text);
        let node = siemc::source::yaml::parse(file, text, &mut findings);
        let written = node.map(|node| siemc::syntax::decode::rule(&node, &mut findings));
        let (_, environment) = self.pack.environments.get_index(environment).expect("an environment of the pack");
        let checked = written.and_then(|written| {
            if fold {
                return check(&self.pack, &written, environment, &mut findings);
            }
            check_unfolded(&self.pack, &written, environment, Options::default(), &mut findings)
        });
        findings.all.retain(|d| d.severity == Severity::Error);
        checked.filter(|_| findings.all.is_empty()).ok_or(findings.all)
    }
}

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub pairs: usize,
    pub with_alerts: usize,
    pub alerts: usize,
    pub rules: usize,
    pub refused: BTreeMap<String, usize>,
    /// Rules of which the meaning does not say enough where telemetry is unknown.
    pub open: usize,
    pub census: Census,
}

impl Tally {
    fn add(mut self, other: Tally) -> Tally {
        self.pairs += other.pairs;
        self.with_alerts += other.with_alerts;
        self.alerts += other.alerts;
        self.rules += other.rules;
        self.open += other.open;
        self.census.add(&other.census);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self
    }

    fn refuse(&mut self, why: &[Diagnostic], text: &str) -> Option<String> {
        if std::env::var_os("SIEMC_SHOW_REFUSED").is_some() {
            let why: Vec<String> = why.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
            println!("refused:\n{}\n{text}", why.join("\n"));
        }
        let code = why.first().map_or(String::new(), |d| d.code.to_string());
        *self.refused.entry(code).or_default() += 1;
        None
    }
}

/// Pairs that are drawn one after another; parts are drawn side by side, each from a seed of its own.
const PART: usize = 200;

/// Compares so many pairs whose detect has this form; panics with the smallest pair that differs.
pub fn compare(bench: &Bench, form: Form, pairs: usize, seed: u64) -> Tally {
    let parts = 0..pairs.div_ceil(PART);
    parts
        .into_par_iter()
        .map(|part| compare_part(bench, form, PART.min(pairs - part * PART), seed, part as u32))
        .reduce(Tally::default, Tally::add)
}

fn compare_part(bench: &Bench, form: Form, pairs: usize, seed: u64, part: u32) -> Tally {
    let tally = RefCell::new(Tally::default());
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = form as u8;
    bytes[9..13].copy_from_slice(&part.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let drawn = (tapes(form), vec(drawings(), 1..=8));
    while tally.borrow().pairs < pairs {
        let tree = drawn.new_tree(&mut runner).expect("a tree of numbers");
        let result = runner.run_one(tree, |(tapes, streams)| {
            let difference = difference(bench, &tapes, &streams, &mut tally.borrow_mut());
            difference.map_or(Ok(()), |text| Err(TestCaseError::fail(text)))
        });
        match result {
            Ok(_) => {}
            Err(TestError::Fail(reason, (tapes, streams))) => {
                let schema = &bench.pack.schema;
                let streams: Vec<String> = streams.iter().map(|s| json_lines(schema, &stream(schema, s).0)).collect();
                panic!("SIEMC_SEED={seed}\n{reason}\n=== drawn\n{}--- streams\n{}", yaml(&tapes), streams.join("\n"))
            }
            Err(other) => panic!("{other}"),
        }
    }
    tally.into_inner()
}

/// The first stream on which the two differ, for a person to read.
fn difference(bench: &Bench, tapes: &Tapes, streams: &[Drawing], tally: &mut Tally) -> Option<String> {
    let text = yaml(tapes);
    tally.rules += 1;
    let environment = usize::from(tapes.environment);
    let whole = match bench.check(&text, environment, false) {
        Ok(rule) => rule,
        Err(why) => return tally.refuse(&why, &text),
    };
    let unknown = environment.checked_sub(1).and_then(|place| whole.schema.source(SOURCES.get(place)?));
    let unknown = unknown.as_slice();
    if !unknown.is_empty() && wants_silence_of_a_signal(&whole) {
        tally.open += 1;
        return None;
    }
    // The real evaluator gets the rule with the unknown source folded away; a rule that cannot fire has no alerts.
    let folded = match bench.check(&text, environment, true) {
        Ok(rule) => Some(rule),
        Err(why) if why.iter().all(|d| d.code.0 == CANNOT_FIRE) => None,
        Err(why) => return tally.refuse(&why, &text),
    };
    // A selection that cannot hold without a field is unknown, too; which those are only folding can say.
    let fieldless = environment == FIELDLESS.0;
    let lost = |rule: &Rule| !rule.tier.lost_signals.is_empty() || !rule.tier.lost_contexts.is_empty();
    if fieldless && folded.as_ref().is_none_or(lost) {
        tally.open += 1;
        return None;
    }
    let found = found(&whole, &text, environment);
    for drawing in streams {
        let (events, until) = stream(&whole.schema, &Drawing { wide: tapes.wide, ..drawing.clone() });
        // Where the environment lacks a field, no event has it.
        let events = if fieldless { without_fields(&whole, &events) } else { events };
        let real = folded
            .as_ref()
            .map_or(Vec::new(), |rule| lines(&compared(&whole, siemc::eval::run(rule, events.clone(), Some(until)))));
        let deployed = folded.as_ref().unwrap_or(&whole);
        let naive = lines(&compared(&whole, super::alerts_without(unknown, &whole, deployed, &events, until)));
        tally.pairs += 1;
        tally.alerts += naive.len();
        tally.with_alerts += usize::from(!naive.is_empty());
        tally.census.count(&found, !naive.is_empty());
        if real != naive {
            let events = json_lines(&whole.schema, &events);
            let (real, naive) = (real.join("\n"), naive.join("\n"));
            return Some(format!(
                "{text}--- environment {environment}; events, clock at {}\n{events}--- the evaluator\n{real}\n--- the naive one\n{naive}\n",
                offset(until)
            ));
        }
    }
    None
}

/// What the rule has, and what only its text and its environment tell.
fn found(rule: &Rule, text: &str, environment: usize) -> Constructs {
    let mut found = constructs(rule);
    found.extend(told(text, environment));
    found
}

/// The events without what the environment lacks.
fn without_fields(rule: &Rule, events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    for (source, field) in FIELDLESS.1 {
        let source = rule.schema.source(source).expect("a source of the pack");
        let field = rule.schema.field(field).expect("a field of the pack");
        let slot = rule.schema.slot(source, field).expect("a field of the source");
        for event in events.iter_mut().filter(|e| e.source == source) {
            event.values[slot] = Value::Missing;
        }
    }
    events
}

/// Alerts as lines; fractions to nine digits, since two ways of adding may differ in the last.
fn lines(alerts: &[Alert]) -> Vec<String> {
    alerts.iter().map(line).collect()
}

fn line(alert: &Alert) -> String {
    let mut out = String::new();
    let named = |all: &[(String, Value)]| {
        let each: Vec<String> = all.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
        each.join(",")
    };
    let events: Vec<String> = alert.events.iter().map(|e| format!("{}#{}", offset(e.time), e.line)).collect();
    let _ = write!(
        out,
        "{} {{{}}} confidence={:?} {} `{}` {:?} values={{{}}} entities={{{}}} first={} events=[{}]",
        offset(alert.time),
        named(&alert.group),
        alert.confidence,
        alert.severity,
        alert.title,
        alert.because,
        named(&alert.values),
        named(&alert.entities),
        offset(alert.first),
        events.join(" ")
    );
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(n) => format!("{n:.9}"),
        other => format!("{other:?}"),
    }
}
