//! Rules as their schedule runs them, on the model, with what a query says beside its text: the events of a run and its hits.
//!
//! Each rule runs in both ways that [`siemc::backend::eql::Search`] tells. As a search: every run gives the evaluator's alerts of its interval,
//! as far as the query's fidelity promises, and exactly those where only Elastic's rules fall short. As a rule of Elastic Security: what its runs
//! find, the same events once, is what one continuous run reports.

use super::Eql;
use crate::executor::ask_all;
use crate::history::HEAD;
use crate::outcome::{Seen, broken, lines};
use crate::pairs::{Draws, Tiny};
use crate::random::stream::{START, drawings, stream};
use crate::{Ran, Run};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value as Json;
use siemc::backend::eql::{RuleTimes, Search};
use siemc::backend::{Fidelity, Query};
use siemc::eval::event::Event;
use siemc::eval::schedule::run_at;
use siemc::ir::{Rule, Schedule};
use std::collections::{BTreeMap, BTreeSet};

/// Streams beside those that every such rule has.
const MORE: &str = "  c: { source: t.gamma }
  marked: { source: t.beta, where: exists(n) }
";

/// What every way to begin, to end and to be thinned out has to show.
const RULES: [&str; 12] = [
    "detect: { match: a }",
    "detect: { any: [a, b] }",
    "detect: { sequence: { by: user, within: 30s, steps: [a, b] } }",
    "detect: { sequence: { within: 45s, steps: [a, b, c] } }",
    "detect: { sequence: { by: user, within: 30s, steps: [{ event: a, repeat: 2 }, b] } }",
    "detect: { sequence: { by: user, within: 60s, steps: [a, b], until: c } }",
    "detect: { sequence: { by: user, within: 60s, steps: [a, { absent: b }, c] } }",
    "detect: { sequence: { by: user, within: 1m, steps: [{ absent: b, within: 20s }, a] } }",
    "detect: { sequence: { by: user, within: 1m, steps: [a, { absent: b, within: 20s }] } }",
    "detect: { sequence: { within: 1m, steps: [{ absent: marked, within: 15s }, c] } }",
    "detect: { threshold: { of: a, by: user, within: 30s, having: count() >= 2 } }",
    "detect: { sequence: { by: user, within: 30s, steps: [a, b] } }\nalert: { once_per: 1m }",
];

/// How often and how late, whole seconds in milliseconds: shorter and longer than windows, dividing them or not.
const SCHEDULES: [(i64, i64); 4] = [(10_000, 0), (7_000, 3_000), (25_000, 20_000), (60_000, 5_000)];

/// What Elastic's rules fall short of, and a search that keeps its own hits does not.
const OF_RULES: [&str; 2] = ["R1154", "R1156"];

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub rules: usize,
    /// Runs as a search.
    pub runs: usize,
    pub with_alerts: usize,
    /// Hits of a search that its bound leaves to another run.
    pub left: usize,
    /// Hits that a rule's run found again.
    pub again: usize,
    /// Rules whose runs alert too much in Elastic, as their queries say.
    pub over_reported: BTreeSet<usize>,
    pub differences: Vec<String>,
}

/// One rule over one stream.
struct Case {
    number: usize,
    rule: Rule,
    query: Query,
    events: Vec<Event>,
    runs: Vec<i64>,
}

/// Compares the rules above over so many streams each, and so many random pairs.
pub fn compare(streams: usize, pairs: usize, seed: u64) -> Tally {
    let dialect = Eql { tiebreakers: true };
    let tiny = Tiny::new(&dialect);
    let mut cases = written(&tiny, streams);
    cases.extend(random(&tiny, pairs, seed));
    let mut tally = Tally { rules: cases.iter().map(|c| c.number).collect::<BTreeSet<_>>().len(), ..Tally::default() };
    // For each variant of the dialect, and in it for each case.
    let searched = answers(&tiny, &cases, Search::as_searched);
    let alerted = answers(&tiny, &cases, Search::as_a_rule);
    for (searched, alerted) in searched.iter().zip(&alerted) {
        for ((case, searched), alerted) in cases.iter().zip(searched).zip(alerted) {
            as_searched(&tiny, case, searched, &mut tally);
            as_a_rule(&tiny, case, alerted, &mut tally);
        }
    }
    tally
}

fn written(tiny: &Tiny<'_>, streams: usize) -> Vec<Case> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]));
    let mut cases = Vec::new();
    for (number, body) in RULES.iter().enumerate() {
        let alert = if body.contains("alert:") { "" } else { "alert: { throttle: 1h }\n" };
        let rule =
            tiny.bench.check(&format!("{HEAD}{MORE}{body}\n{alert}"), 0).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        for place in 0..streams {
            let drawn = drawings().new_tree(&mut runner).unwrap().current();
            let (mut events, _) = stream(&tiny.bench.pack.schema, &drawn);
            tiny.dialect.leave_ties_out(&tiny.bench.pack.schema, &mut events);
            cases.extend(case(tiny, number, &rule, events, place));
        }
    }
    assert_eq!(cases.iter().map(|c| c.number).collect::<BTreeSet<_>>().len(), RULES.len(), "a rule is refused");
    cases
}

fn random(tiny: &Tiny<'_>, most: usize, seed: u64) -> Vec<Case> {
    let mut draws = Draws::new(seed);
    let mut cases = Vec::new();
    while cases.len() < most {
        for (number, pair) in draws.round(tiny).into_iter().filter_map(|drawn| drawn.pairs.ok()?.pop()).enumerate() {
            cases.extend(case(tiny, RULES.len() + cases.len(), &pair.rule, pair.events, number));
        }
    }
    cases.truncate(most);
    cases
}

/// None where there is nothing to run over.
fn case(tiny: &Tiny<'_>, number: usize, rule: &Rule, events: Vec<Event>, place: usize) -> Option<Case> {
    let (first, last) = (events.iter().map(|e| e.time).min()?, events.iter().map(|e| e.time).max()?);
    let (mut every, delay) = SCHEDULES[place % SCHEDULES.len()];
    // A stream of days would have thousands of runs.
    while (last - first) / every > 60 {
        every *= 3;
    }
    let rule = Rule { schedule: Schedule { every, delay }, ..rule.clone() };
    let query = tiny.bench.compile_as_scheduled(&rule, &tiny.place).expect("it compiled");
    let begin = (first + delay - 1).div_euclid(every) * every;
    let count = (last + 60_000 + delay - begin) / every + 1;
    Some(Case { number, rule, query, events, runs: (0..=count).map(|n| begin + n * every).collect() })
}

/// The rows of each run, by variant, case and run.
type Answers = Vec<Vec<Vec<Vec<Json>>>>;

/// Runs every run over the events that it reads, both ends included.
fn answers(tiny: &Tiny<'_>, cases: &[Case], read: fn(&Search, i64) -> (i64, i64)) -> Answers {
    let mut jobs = Vec::new();
    for case in cases {
        let search = case.query.search.as_ref().expect("how to search");
        for now in &case.runs {
            let (from, to) = read(search, *now);
            let events: Vec<Event> = case.events.iter().filter(|e| (from..=to).contains(&e.time)).cloned().collect();
            let (rule, query) = (&case.rule, &case.query);
            let run = Run { bench: &tiny.bench, place: &tiny.place, rule, query, events: &events, now: *now };
            jobs.push(tiny.dialect.job(&run));
        }
    }
    let executor = tiny.dialect.executor();
    let of_variant = |variant: usize| {
        let requests: Vec<Json> = jobs.chunks(executor.batch).map(|jobs| tiny.dialect.request(jobs, variant)).collect();
        let answers = ask_all(executor, &requests);
        let mut results = answers.iter().flat_map(|a| a["results"].as_array().unwrap());
        let rows = |result: &Json| tiny.dialect.rows(result).unwrap_or_else(|why| panic!("{why}"));
        cases.iter().map(|case| case.runs.iter().map(|_| rows(results.next().unwrap())).collect()).collect()
    };
    (0..tiny.dialect.variants()).map(of_variant).collect()
}

/// A run's time in the text of a date.
trait Stated {
    fn as_searched(&self, now: i64) -> (i64, i64);
    fn as_a_rule(&self, now: i64) -> (i64, i64);
}

impl Stated for Search {
    fn as_searched(&self, now: i64) -> (i64, i64) {
        let filter = self.filter();
        let range = &filter["range"]["@timestamp"];
        (at(range["gt"].as_str().unwrap(), now) + 1, at(range["lte"].as_str().unwrap(), now))
    }

    fn as_a_rule(&self, now: i64) -> (i64, i64) {
        let RuleTimes { from, to, .. } = &self.rule;
        (at(from, now), at(to, now))
    }
}

/// Date math: `now` less a number of one unit.
fn at(text: &str, now: i64) -> i64 {
    let Some(back) = text.strip_prefix("now-") else {
        assert_eq!(text, "now");
        return now;
    };
    let (number, unit) = back.split_at(back.len() - 1);
    let unit = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        other => panic!("no unit of a rule: `{other}`"),
    };
    now - number.parse::<i64>().unwrap() * unit
}

fn as_searched(tiny: &Tiny<'_>, case: &Case, answers: &[Vec<Json>], tally: &mut Tally) {
    let search = case.query.search.as_ref().unwrap();
    let times: BTreeMap<String, i64> = case.events.iter().map(|e| (e.line.to_string(), e.time)).collect();
    let of_rules = |code: &str| OF_RULES.contains(&code);
    let is_exact = case.query.losses.iter().all(|loss| of_rules(loss.code.0));
    let fidelity = if is_exact { Fidelity::Exact } else { case.query.fidelity };
    let (mut want, mut got) = (Vec::new(), Vec::new());
    for (now, rows) in case.runs.iter().zip(answers) {
        let is_own = |row: &&Json| {
            let Some(events) = row["events"].as_array() else { return search.hits.is_none() };
            let last = times[events.iter().rev().find_map(Json::as_str).expect("an event")];
            let hits = search.hits.as_ref().expect("which hits");
            at(&hits.gt, *now) < last && last <= at(&hits.lte, *now)
        };
        let own: Vec<Json> = rows.iter().filter(is_own).cloned().collect();
        tally.left += rows.len() - own.len();
        let (wanted, found) = (expected(tiny, case, *now), seen(tiny, case, &own));
        tally.runs += 1;
        tally.with_alerts += usize::from(!wanted.is_empty());
        // Which of a group's hits are thinned out is for all runs together to say.
        if fidelity != Fidelity::SameGroups
            && let Some(how) = broken(fidelity, &wanted, &found)
        {
            tally.differences.push(shown(case, &format!("a search at {}: {how}", now - START), &wanted, &found));
        }
        want.extend(wanted);
        got.extend(found);
    }
    want.sort();
    got.sort();
    let whole = continuous(tiny, case);
    assert_eq!(want, whole, "the evaluator's own runs");
    if let Some(how) = broken(fidelity, &whole, &got) {
        tally.differences.push(shown(case, &format!("all searches: {how}"), &whole, &got));
    }
}

fn as_a_rule(tiny: &Tiny<'_>, case: &Case, answers: &[Vec<Json>], tally: &mut Tally) {
    let mut found = BTreeSet::new();
    let mut rows = Vec::new();
    for row in answers.iter().flatten() {
        let events = row.get("events").unwrap_or(row).to_string();
        if found.insert(events) {
            rows.push(row.clone());
        } else {
            tally.again += 1;
        }
    }
    let (want, got) = (continuous(tiny, case), seen(tiny, case, &rows));
    if case.query.losses.iter().any(|loss| OF_RULES.contains(&loss.code.0)) && want != got {
        tally.over_reported.insert(case.number);
    }
    if let Some(how) = broken(case.query.fidelity, &want, &got) {
        tally.differences.push(shown(case, &format!("as a rule: {how}"), &want, &got));
    }
}

/// What one run reports that ends with the last of the runs.
fn continuous(tiny: &Tiny<'_>, case: &Case) -> Vec<Seen> {
    let (_, end) = case.rule.schedule.reported(*case.runs.last().unwrap());
    alerts(tiny, case, &siemc::eval::run(&case.rule, case.events.clone(), Some(end)))
}

fn expected(tiny: &Tiny<'_>, case: &Case, now: i64) -> Vec<Seen> {
    alerts(tiny, case, &run_at(&case.rule, case.events.clone(), now))
}

fn alerts(tiny: &Tiny<'_>, case: &Case, alerts: &[siemc::eval::alert::Alert]) -> Vec<Seen> {
    let mut all: Vec<Seen> = alerts.iter().map(|alert| tiny.dialect.expected(&ran(tiny, case), alert)).collect();
    all.sort();
    all
}

fn seen(tiny: &Tiny<'_>, case: &Case, rows: &[Json]) -> Vec<Seen> {
    let mut all = tiny.dialect.alerts(&ran(tiny, case), rows);
    all.sort();
    all
}

fn ran<'a>(tiny: &'a Tiny<'_>, case: &'a Case) -> Ran<'a> {
    let Case { rule, query, events, .. } = case;
    Ran { rule, query, events, keys: &[], bench: &tiny.bench, place: &tiny.place }
}

fn shown(case: &Case, how: &str, want: &[Seen], got: &[Seen]) -> String {
    let Case { rule, query, .. } = case;
    format!("=== {how}\n{:?}\n{}--- wanted\n{}\n--- found\n{}\n", rule.schedule, query.text, lines(want), lines(got))
}
