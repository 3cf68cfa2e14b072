//! A rule as its schedule runs it against the same rule in one run: the union of the runs is what the one run reports, nothing twice
//! and nothing missed, though each run reads no more than its look-back.

use super::random::analytic::FORMS;
use super::random::pack;
use super::random::rule::{tapes, yaml};
use super::random::stream::{Drawing, drawings, json_lines, offset, stream};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::check::check;
use siemc::diagnostic::{Findings, Severity};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::eval::schedule::{Run, run_at};
use siemc::ir::{Rule, Schedule};
use siemc::pack::Pack;
use siemc::source::Files;

/// How often and how late, milliseconds: longer and shorter than windows, dividing them or not.
const SCHEDULES: [(i64, i64); 6] =
    [(10_000, 0), (7_000, 3_000), (60_000, 5_000), (1_000, 0), (25_000, 60_000), (3_333, 1)];

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub pairs: usize,
    pub with_alerts: usize,
    /// Pairs of which some run read less than all events up to its time.
    pub bounded: usize,
}

/// Compares so many pairs; panics at the first that differs.
pub fn agree(pairs: usize, seed: u64) -> Tally {
    let pack = load();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = 0x5c;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let mut tally = Tally::default();
    for form in FORMS.into_iter().cycle() {
        if tally.pairs >= pairs {
            break;
        }
        let drawn = (tapes(form), vec(drawings(), 1..=4)).new_tree(&mut runner).expect("a tree of numbers").current();
        let (tapes, streams) = drawn;
        let text = yaml(&tapes);
        let Some(mut rule) = checked(&pack, &text, usize::from(tapes.environment)) else { continue };
        for drawing in &streams {
            let (every, delay) = SCHEDULES[tally.pairs % SCHEDULES.len()];
            rule.schedule = Schedule { every, delay };
            if let Some(difference) = difference(&rule, drawing, &mut tally) {
                panic!("SIEMC_SEED={seed}\n{:?}\n{text}{difference}", rule.schedule);
            }
        }
    }
    tally
}

fn load() -> Pack {
    let root = tempfile::tempdir().expect("a directory for the pack");
    pack::write(root.path()).expect("the pack's files");
    let (mut files, mut findings) = (Files::default(), Findings::default());
    siemc::pack::load(root.path(), &mut files, &mut findings).expect("the tiny pack")
}

/// The rule in an environment; none where the front end refuses it or it cannot fire there.
fn checked(pack: &Pack, text: &str, environment: usize) -> Option<Rule> {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let file = files.add("rules/random.yaml", text);
    let node = siemc::source::yaml::parse(file, text, &mut findings)?;
    let written = siemc::syntax::decode::rule(&node, &mut findings);
    let (_, environment) = pack.environments.get_index(environment)?;
    let rule = check(pack, &written, environment, &mut findings)?;
    findings.all.iter().all(|d| d.severity != Severity::Error).then_some(rule)
}

/// How the runs' alerts differ from those of the one run, for a person to read.
fn difference(rule: &Rule, drawing: &Drawing, tally: &mut Tally) -> Option<String> {
    let (events, until) = stream(&rule.schema, drawing);
    let runs = runs(rule, &events, until);
    let (_, end) = rule.schedule.reported(*runs.last()?);
    let whole = siemc::eval::run(rule, events.clone(), Some(end));
    let parts: Vec<Alert> = runs.iter().flat_map(|at| run_at(rule, events.clone(), *at)).collect();
    tally.pairs += 1;
    tally.with_alerts += usize::from(!whole.is_empty());
    tally.bounded += usize::from(runs.iter().any(|at| {
        let run = Run::at(rule, *at);
        events.iter().any(|e| e.time <= run.until && !run.reads(e.source, e.time))
    }));
    if whole == parts {
        return None;
    }
    let place = whole.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    let at =
        |alerts: &[Alert]| alerts.get(place).map_or("nothing".to_owned(), |a| format!("{} {a:#?}", offset(a.time)));
    let events = json_lines(&rule.schema, &events);
    Some(format!("--- events\n{events}--- one run\n{}\n--- the runs\n{}\n", at(&whole), at(&parts)))
}

/// The times of the runs whose intervals cover the stream up to its clock, and no more than a few hundred of them.
fn runs(rule: &Rule, events: &[Event], until: i64) -> Vec<i64> {
    let Schedule { every, delay } = rule.schedule;
    let first = events.iter().map(|e| e.time).min().unwrap_or(until);
    let from = (first + delay).div_euclid(every);
    let to = (until + delay).div_euclid(every).min(from + 400);
    (from..=to).map(|n| n * every).collect()
}
