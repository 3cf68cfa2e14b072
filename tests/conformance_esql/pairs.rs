//! Random (rule, stream) pairs: drawn, compiled, run, compared; what differs is made smaller before it is shown.

use super::bench::{Bench, Place, actual, expected};
use super::engine::{Job, run};
use super::random::analytic::Form;
use super::random::rule::{tapes, yaml};
use super::random::stream::{drawings, json_lines, offset, stream};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::diagnostic::Diagnostic;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::schema::{FieldId, Schema};
use siemc::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many differences are made smaller and shown.
const SHOWN: usize = 5;

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub rules: usize,
    pub refused_rules: usize,
    pub pairs: usize,
    pub executed: usize,
    pub with_alerts: usize,
    pub equal: usize,
    /// Equal once events of one time, which nothing orders, are left out.
    pub ties: usize,
    pub refused: BTreeMap<String, usize>,
    pub not_executed: BTreeMap<String, usize>,
    pub differences: Vec<String>,
}

impl Tally {
    pub fn not_executed(&self) -> usize {
        self.not_executed.values().sum()
    }

    pub fn print(&self) {
        let listed = |title: &str, all: &BTreeMap<String, usize>| {
            let mut by_count: Vec<_> = all.iter().collect();
            by_count.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
            by_count.iter().for_each(|(why, n)| println!("  {title} {n}: {why}"));
        };
        listed("refused", &self.refused);
        listed("not executed", &self.not_executed);
        self.differences.iter().for_each(|d| println!("{d}"));
        println!(
            "ES|QL: {} rules, {} refused; {} pairs, {} executed on the node, {} with alerts, {} equal ({} of them without unordered ties), \
             {} not executed",
            self.rules,
            self.refused_rules,
            self.pairs,
            self.executed,
            self.with_alerts,
            self.equal,
            self.ties,
            self.not_executed()
        );
    }
}

/// One (rule, stream).
#[derive(Clone)]
pub struct Pair {
    pub text: String,
    pub rule: Rule,
    pub events: Vec<Event>,
    pub until: i64,
}

/// The tiny pack with its canonical mapping.
struct Tiny {
    bench: Bench,
    place: Place,
}

pub fn compare(pairs: usize, seed: u64) -> Tally {
    let root = tempfile::tempdir().expect("a directory for the pack");
    super::random::pack::write(root.path()).expect("the pack's files");
    let bench = Bench::new(root.path());
    let place = bench.place(None);
    let tiny = Tiny { bench, place };
    let mut tally = Tally::default();
    let drawn = draw(&tiny, pairs, seed, &mut tally);
    let mut failed = judge(&tiny, &drawn, &mut tally);
    if !failed.is_empty() {
        // Making a failure smaller takes a while.
        tally.print();
    }
    // The shortest rules say most.
    failed.sort_by_key(|(pair, _)| pair.text.len());
    let mut rules = BTreeSet::new();
    for (pair, why) in failed {
        let show = rules.len() < SHOWN && rules.insert(pair.text.clone());
        let text = if show { smallest(&tiny, &pair) } else { format!("--- {why}") };
        tally.differences.push(text);
    }
    tally
}

/// What needs no order of rows.
const FORMS: [Form; 5] = [Form::Match, Form::Any, Form::Threshold, Form::Together, Form::Evidence];

fn draw(tiny: &Tiny, pairs: usize, seed: u64, tally: &mut Tally) -> Vec<Pair> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let mut all = Vec::new();
    for form in FORMS.iter().cycle() {
        if all.len() >= pairs {
            break;
        }
        let strategy = (tapes(*form), vec(drawings(), 1..=3));
        let (mut tapes, streams) = strategy.new_tree(&mut runner).expect("a tree of numbers").current();
        // Contexts are refused, which tests/bad_input shows; here they would only leave less to run.
        tapes.contexts.clear();
        let text = aligned(&yaml(&tapes));
        // What the checker refuses is no rule.
        let Ok(rule) = tiny.bench.check(&text, usize::from(tapes.environment)) else { continue };
        tally.rules += 1;
        if let Err(why) = tiny.bench.compile(&rule, &tiny.place, 0) {
            tally.refused_rules += 1;
            let reasons: BTreeSet<String> = why.iter().map(reason).collect();
            reasons.into_iter().for_each(|r| *tally.refused.entry(r).or_default() += 1);
            continue;
        }
        for drawing in streams {
            let (events, until) = stream(&tiny.bench.pack.schema, &drawing);
            all.push(Pair { text: text.clone(), rule: rule.clone(), events, until });
        }
    }
    all
}

/// The rule with windows that are aligned to the clock where they slid.
fn aligned(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut in_sequence = false;
    for (place, line) in lines.iter().enumerate() {
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        in_sequence = match words {
            "sequence:" => true,
            "threshold:" | "together:" | "evidence:" => false,
            _ => in_sequence,
        };
        if words == "fires: rise" {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let has_window = lines.get(place + 1).is_some_and(|next| next.trim_start().starts_with("window:"));
        if words.starts_with("within: ") && !in_sequence && !has_window {
            out.push_str(&format!("{indent}window: tumbling\n"));
        }
    }
    out
}

/// A message without what is the rule's own.
fn reason(why: &Diagnostic) -> String {
    let mut out = String::new();
    for (i, part) in why.message.split('`').enumerate() {
        out.push_str(if i % 2 == 0 { part } else { "_" });
    }
    format!("{} {out}", why.code)
}

/// Runs all pairs; those that differ, with how.
fn judge(tiny: &Tiny, drawn: &[Pair], tally: &mut Tally) -> Vec<(Pair, String)> {
    let mut failed = Vec::new();
    let mut again = Vec::new();
    tally.pairs = drawn.len();
    for (pair, outcome) in drawn.iter().zip(outcomes(tiny, drawn)) {
        match &outcome {
            Outcome::NotExecuted(why) => {
                let first = *tally.not_executed.entry(why.clone()).and_modify(|n| *n += 1).or_insert(1) == 1;
                if first && std::env::var_os("SIEMC_SHOW_NOT_EXECUTED").is_some() {
                    println!("=== not executed: {why}\n{}\n{}", pair.text, query(tiny, pair));
                }
                failed.push((pair.clone(), why.clone()));
            }
            Outcome::Ran { want, got } => {
                tally.executed += 1;
                tally.with_alerts += usize::from(!want.is_empty());
                if want == got {
                    tally.equal += 1;
                } else {
                    again.push(untied(&tiny.bench.pack.schema, pair));
                }
            }
        }
    }
    // Without a tiebreaker nothing says which of two events of one time came first.
    for (pair, outcome) in again.iter().zip(outcomes(tiny, &again)) {
        if differs(&outcome) {
            failed.push((pair.clone(), described(&outcome)));
        } else {
            tally.equal += 1;
            tally.ties += 1;
        }
    }
    failed
}

/// Without the events of one source and time that its tiebreaker does not tell apart.
fn untied(schema: &Schema, pair: &Pair) -> Pair {
    let mut seen = BTreeSet::new();
    let mut now = pair.clone();
    now.events.retain(|event| {
        let tiebreaker: Option<FieldId> = schema.source_at(event.source).and_then(|(_, s)| s.tiebreaker);
        let place = tiebreaker.and_then(|field| schema.slot(event.source, field));
        let breaks = match place.and_then(|place| event.values.get(place)) {
            Some(Value::Integer(n)) => Some(*n),
            _ => None,
        };
        seen.insert((event.source, event.time, breaks))
    });
    now
}

enum Outcome {
    NotExecuted(String),
    Ran { want: Vec<String>, got: Vec<String> },
}

fn query(tiny: &Tiny, pair: &Pair) -> String {
    tiny.bench.compile(&pair.rule, &tiny.place, pair.until).map(|q| q.text).unwrap_or_default()
}

fn outcomes(tiny: &Tiny, pairs: &[Pair]) -> Vec<Outcome> {
    let jobs: Vec<Job> =
        pairs.iter().map(|pair| tiny.bench.job(&query(tiny, pair), &tiny.place, &pair.events)).collect();
    run(&jobs)
        .into_iter()
        .zip(pairs)
        .map(|(answer, pair)| match answer {
            Err(why) => Outcome::NotExecuted(why),
            Ok(rows) => {
                let alerts = siemc::eval::run(&pair.rule, pair.events.clone(), Some(pair.until));
                let keys: BTreeSet<String> =
                    alerts.iter().flat_map(|a| a.group.iter().map(|(k, _)| k.clone())).collect();
                let keys: Vec<String> = keys.into_iter().collect();
                Outcome::Ran { want: expected(&alerts), got: actual(&rows, &keys) }
            }
        })
        .collect()
}

fn differs(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotExecuted(_) => true,
        Outcome::Ran { want, got } => want != got,
    }
}

fn described(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotExecuted(why) => why.clone(),
        Outcome::Ran { want, got } => format!("{} alerts wanted, {} came", want.len(), got.len()),
    }
}

/// Leaves out events while the two still differ; then shows all there is to see.
fn smallest(tiny: &Tiny, pair: &Pair) -> String {
    let mut now = pair.clone();
    loop {
        let mut fewer: Vec<Pair> = Vec::new();
        let mut size = now.events.len().div_ceil(2);
        while size > 0 {
            for start in (0..now.events.len()).step_by(size) {
                let mut smaller = now.clone();
                smaller.events.drain(start..now.events.len().min(start + size));
                fewer.push(smaller);
            }
            size /= 2;
        }
        let results = outcomes(tiny, &fewer);
        match fewer.into_iter().zip(results).find(|(_, o)| differs(o)) {
            Some((smaller, _)) => now = smaller,
            None => return shown(tiny, &now),
        }
    }
}

fn shown(tiny: &Tiny, pair: &Pair) -> String {
    let outcome = match outcomes(tiny, std::slice::from_ref(pair)).pop() {
        Some(Outcome::NotExecuted(why)) => why,
        Some(Outcome::Ran { want, got }) => {
            format!("--- the evaluator\n{}\n--- the query\n{}", want.join("\n"), got.join("\n"))
        }
        None => String::new(),
    };
    format!(
        "=== {}--- events, clock at {} = {}\n{}--- query\n{}{outcome}\n",
        pair.text,
        offset(pair.until),
        pair.until,
        json_lines(&tiny.bench.pack.schema, &pair.events),
        query(tiny, pair)
    )
}
