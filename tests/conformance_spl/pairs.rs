//! Random (rule, stream) pairs: drawn, compiled, run, compared; what differs is made smaller before it is shown.

use super::bench::{Bench, actual, expected};
use super::model::{ASSUME, run};
use super::random::analytic::FORMS;
use super::random::rule::{tapes, yaml};
use super::random::stream::{drawings, json_lines, offset, stream};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::diagnostic::Diagnostic;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use std::collections::BTreeMap;

/// So many differences are made smaller and shown.
const SHOWN: usize = 6;

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub rules: usize,
    pub refused_rules: usize,
    pub pairs: usize,
    pub with_alerts: usize,
    pub equal: usize,
    pub refused: BTreeMap<String, usize>,
    pub not_executed: BTreeMap<String, usize>,
    pub differences: Vec<String>,
}

impl Tally {
    pub fn print(&self) {
        let listed = |title: &str, all: &BTreeMap<String, usize>| {
            let mut by_count: Vec<_> = all.iter().collect();
            by_count.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
            by_count.iter().for_each(|(why, n)| println!("  {title} {n}: {why}"));
        };
        listed("refused", &self.refused);
        listed("not executed", &self.not_executed);
        self.differences.iter().for_each(|d| println!("{d}"));
        let not_executed: usize = self.not_executed.values().sum();
        println!(
            "SPL: {} rules, {} refused; {} pairs executed (independent model), {} with alerts, {} equal, {} not executed",
            self.rules, self.refused_rules, self.pairs, self.with_alerts, self.equal, not_executed
        );
    }
}

/// One (rule, stream).
pub struct Pair {
    pub text: String,
    pub rule: Rule,
    pub events: Vec<Event>,
    pub until: i64,
}

pub fn compare(pairs: usize, seed: u64) -> Tally {
    let root = tempfile::tempdir().expect("a directory for the pack");
    super::random::pack::write(root.path()).expect("the pack's files");
    let bench = Bench::new(root.path());
    let mut tally = Tally::default();
    let drawn = draw(&bench, pairs, seed, &mut tally);
    let found = judge(&bench, &drawn, &mut tally);
    let mut failed: Vec<(usize, String)> = found;
    // The shortest rules say most.
    failed.sort_by_key(|(i, _)| drawn[*i].text.len());
    for (place, (i, why)) in failed.into_iter().enumerate() {
        let text = if place < SHOWN { smallest(&bench, &drawn[i]) } else { format!("--- {why}") };
        tally.differences.push(text);
    }
    tally
}

fn draw(bench: &Bench, pairs: usize, seed: u64, tally: &mut Tally) -> Vec<Pair> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let mut all = Vec::new();
    for form in FORMS.iter().cycle() {
        if all.len() >= pairs {
            break;
        }
        let strategy = (tapes(*form), vec(drawings(), 1..=4));
        let (tapes, streams) = strategy.new_tree(&mut runner).expect("a tree of numbers").current();
        let text = yaml(&tapes);
        // What the checker refuses is no rule.
        let Ok(rule) = bench.check(&text, usize::from(tapes.environment)) else { continue };
        tally.rules += 1;
        if let Err(why) = bench.compile(&rule, 0) {
            tally.refused_rules += 1;
            let reasons: std::collections::BTreeSet<String> = why.iter().map(reason).collect();
            reasons.into_iter().for_each(|r| *tally.refused.entry(r).or_default() += 1);
            continue;
        }
        for drawing in streams {
            let (mut events, until) = stream(&bench.pack.schema, &drawing);
            without_ties(bench, &mut events);
            all.push(Pair { text: text.clone(), rule: rule.clone(), events, until });
        }
    }
    all
}

/// Leaves out all but the first of the events of one source that nothing but their fields puts in an order: that there are none of
/// these is an assumption of the queries (`ties-without-tiebreaker`).
fn without_ties(bench: &Bench, events: &mut Vec<Event>) {
    let mut seen = std::collections::BTreeSet::new();
    events.retain(|event| {
        let declared = bench.pack.schema.source_at(event.source).map(|(_, s)| s);
        let place = declared.and_then(|s| s.fields.keys().position(|f| Some(*f) == s.tiebreaker));
        let tiebreaker = place.and_then(|p| event.values.get(p)).map(|v| format!("{v:?}"));
        seen.insert((event.source, event.time, tiebreaker))
    });
}

/// A message without what is the rule's own.
fn reason(why: &Diagnostic) -> String {
    let mut out = String::new();
    for (i, part) in why.message.split('`').enumerate() {
        out.push_str(if i % 2 == 0 { part } else { "_" });
    }
    format!("{} {out}", why.code)
}

/// Runs all pairs; the places of those that differ.
fn judge(bench: &Bench, drawn: &[Pair], tally: &mut Tally) -> Vec<(usize, String)> {
    let mut failed = Vec::new();
    let all: Vec<&Pair> = drawn.iter().collect();
    let other_ties: Vec<&str> = ASSUME.iter().copied().chain(["reversed-ties"]).collect();
    let again = outcomes(bench, &all, &other_ties);
    for (i, (outcome, again)) in outcomes(bench, &all, &ASSUME).into_iter().zip(again).enumerate() {
        if !differs(&outcome) && differs(&again) {
            let text = shown(bench, &drawn[i]);
            tally.differences.push(format!("only where rows of equal keys stand the other way round:\n{text}"));
        }
        match outcome {
            Outcome::NotExecuted(why) => {
                let first = *tally.not_executed.entry(why.clone()).and_modify(|n| *n += 1).or_insert(1) == 1;
                if first && std::env::var_os("SIEMC_SHOW_NOT_EXECUTED").is_some() {
                    let query = bench.compile(&drawn[i].rule, drawn[i].until).map(|q| q.text).unwrap_or_default();
                    println!("=== not executed: {why}\n{}\n{query}", drawn[i].text);
                }
                if !why.starts_with("not implemented") {
                    failed.push((i, why));
                }
            }
            Outcome::Ran { want, got } => {
                tally.pairs += 1;
                tally.with_alerts += usize::from(!want.is_empty());
                if want == got {
                    tally.equal += 1;
                } else {
                    failed.push((i, format!("{} alerts wanted, {} came", want.len(), got.len())));
                }
            }
        }
    }
    failed
}

enum Outcome {
    NotExecuted(String),
    Ran { want: Vec<String>, got: Vec<String> },
}

fn outcomes(bench: &Bench, pairs: &[&Pair], assume: &[&str]) -> Vec<Outcome> {
    let mut jobs = Vec::new();
    for pair in pairs {
        let query = bench.compile(&pair.rule, pair.until).map(|q| q.text).unwrap_or_default();
        jobs.push(bench.job(&query, &pair.events));
    }
    let answers = run(&jobs, assume);
    answers
        .into_iter()
        .zip(pairs)
        .map(|(answer, pair)| match answer {
            Err(why) => Outcome::NotExecuted(why),
            Ok(rows) => {
                let alerts = siemc::eval::run(&pair.rule, pair.events.clone(), Some(pair.until));
                let mut keys: Vec<String> =
                    alerts.iter().flat_map(|a| a.group.iter().map(|(k, _)| k.clone())).collect();
                keys.sort();
                keys.dedup();
                Outcome::Ran { want: expected(&alerts), got: actual(&rows, &keys) }
            }
        })
        .collect()
}

fn differs(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotExecuted(why) => !why.starts_with("not implemented"),
        Outcome::Ran { want, got } => want != got,
    }
}

/// Leaves out events while the two still differ; then shows all there is to see.
fn smallest(bench: &Bench, pair: &Pair) -> String {
    let mut now =
        Pair { text: pair.text.clone(), rule: pair.rule.clone(), events: pair.events.clone(), until: pair.until };
    loop {
        let fewer: Vec<Pair> = (0..now.events.len())
            .map(|i| {
                let mut events = now.events.clone();
                events.remove(i);
                Pair { text: now.text.clone(), rule: now.rule.clone(), events, until: now.until }
            })
            .collect();
        let results = outcomes(bench, &fewer.iter().collect::<Vec<_>>(), &ASSUME);
        match fewer.into_iter().zip(results).find(|(_, o)| differs(o)) {
            Some((smaller, _)) => now = smaller,
            None => return shown(bench, &now),
        }
    }
}

fn shown(bench: &Bench, pair: &Pair) -> String {
    let query = bench.compile(&pair.rule, pair.until).map(|q| q.text).unwrap_or_default();
    let outcome = match outcomes(bench, &[pair], &ASSUME).pop() {
        Some(Outcome::NotExecuted(why)) => why,
        Some(Outcome::Ran { want, got }) => {
            format!("--- the evaluator\n{}\n--- the query\n{}", want.join("\n"), got.join("\n"))
        }
        None => String::new(),
    };
    format!(
        "=== {}--- events, clock at {} = {}\n{}--- query\n{query}{outcome}\n",
        pair.text,
        offset(pair.until),
        pair.until,
        json_lines(&bench.pack.schema, &pair.events)
    )
}
