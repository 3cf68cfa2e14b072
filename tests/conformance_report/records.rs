//! What the conformance tests recorded: `target/tmp/conformance/`.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The order of columns.
pub const TARGETS: [(&str, &str); 4] = [("kql", "KQL"), ("spl", "SPL"), ("eql", "EQL"), ("esql", "ES|QL")];

/// All of a run.
pub struct Records {
    pub targets: Vec<Target>,
    /// What random pairs were drawn from, the same for all targets.
    pub drawn: String,
    /// Each model's own check of itself: its name, and the lines that count something.
    pub selftests: BTreeMap<String, Vec<String>>,
}

/// One target's records by part.
pub struct Target {
    pub title: &'static str,
    /// Of the head of any part; null where nothing was run.
    pub head: Json,
    /// Part to rules.
    pub parts: BTreeMap<String, Vec<Json>>,
    /// Part to what was counted.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Numbers of some records.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sum {
    pub rules: u64,
    pub refused: u64,
    pub queries: u64,
    pub read: u64,
    pub cases: u64,
    pub executed: u64,
    pub with_alerts: u64,
    pub equal: u64,
    pub reasons: BTreeSet<String>,
}

impl Sum {
    pub fn add(&mut self, record: &Json) {
        let number = |key: &str| record[key].as_u64().expect("a number");
        let is_refused = !refusals(record).is_empty();
        self.rules += 1;
        self.refused += u64::from(is_refused);
        self.queries += u64::from(!is_refused);
        self.read += u64::from(record["read"] == true);
        self.cases += number("cases");
        self.executed += number("executed");
        self.with_alerts += number("with_alerts");
        self.equal += number("equal");
    }
}

/// Reasons of a record with the constructs that each is about.
pub fn refusals(record: &Json) -> Vec<(String, Vec<String>)> {
    let texts = |v: &Json| v.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    let all = record["refused"].as_object().into_iter().flatten();
    all.map(|(why, about)| (without_numbers(why), texts(about))).collect()
}

/// A reason without the rule's numbers; its code stays.
fn without_numbers(why: &str) -> String {
    let (code, message) = why.split_once(' ').unwrap_or(("", why));
    let mut out = format!("{code} ");
    for c in message.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance")
}

impl Records {
    /// # Panics
    /// Where a target was run with other random pairs than another.
    pub fn read() -> Records {
        let targets: Vec<Target> = TARGETS.iter().map(|(name, title)| Target::read(name, title)).collect();
        let drawn: BTreeSet<String> = targets.iter().filter_map(Target::drawn).collect();
        assert!(drawn.len() <= 1, "random pairs of several runs: {drawn:?}; run tests/conformance/report");
        let drawn = drawn.into_iter().next().unwrap_or_else(|| "no run".to_owned());
        let selftests = ["kql-model", "spl-model", "eql-model", "selftest"];
        let selftests = selftests.iter().filter_map(|name| Some(((*name).to_owned(), selftest(name)?))).collect();
        Records { targets, drawn, selftests }
    }
}

/// The records of a file of the run; none where it was not made.
pub fn lines(file: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

fn selftest(name: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

impl Target {
    fn read(name: &str, title: &'static str) -> Target {
        let mut target = Target { title, head: Json::Null, parts: BTreeMap::new(), counts: BTreeMap::new() };
        let found = std::fs::read_dir(folder()).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths: Vec<PathBuf> = found.collect();
        paths.sort();
        for path in paths {
            let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(part) = file.strip_prefix(&format!("{name}-")).and_then(|f| f.strip_suffix(".jsonl")) else {
                continue;
            };
            let text = std::fs::read_to_string(&path).expect("records");
            let mut lines = text.lines().map(|l| serde_json::from_str::<Json>(l).expect("a record"));
            let head = lines.next().expect("a head");
            if head["counts"].is_object() {
                let counts = head["counts"].as_object().into_iter().flatten();
                let counts = counts.map(|(what, n)| (what.clone(), n.as_u64().unwrap_or(0))).collect();
                target.counts.insert(part.to_owned(), counts);
                continue;
            }
            if target.head.is_null() || part == "random" {
                target.head = head;
            }
            target.parts.insert(part.to_owned(), lines.collect());
        }
        target
    }

    fn drawn(&self) -> Option<String> {
        let (pairs, seed) = (self.head["pairs"].as_u64()?, self.head["seed"].as_u64()?);
        Some(format!("{} random pairs a target, seed {seed}", super::page::thousands(pairs)))
    }

    pub fn records(&self) -> impl Iterator<Item = &Json> {
        self.parts.values().flatten()
    }

    pub fn part(&self, part: &str) -> Option<Sum> {
        let records = self.parts.get(part)?;
        let mut sum = Sum::default();
        records.iter().for_each(|r| sum.add(r));
        Some(sum)
    }

    /// What was done with rules that have a construct. What is refused counts where the refusal is about it, or where no rule with it was
    /// executed at all.
    pub fn construct(&self, construct: &str) -> Sum {
        let has = |r: &&Json| r["constructs"].as_array().is_some_and(|all| all.iter().any(|c| c == construct));
        let (mut sum, mut about, mut any) = (Sum::default(), Sum::default(), BTreeSet::new());
        for record in self.records().filter(has) {
            sum.add(record);
            let why = refusals(record);
            any.extend(why.iter().map(|(why, _)| why.clone()));
            let ours: Vec<&String> =
                why.iter().filter(|(_, of)| of.iter().any(|c| c == construct)).map(|(why, _)| why).collect();
            about.refused += u64::from(!ours.is_empty());
            about.reasons.extend(ours.into_iter().cloned());
        }
        if sum.executed == 0 {
            sum.reasons = if about.refused == 0 { any } else { about.reasons };
        } else {
            (sum.refused, sum.reasons) = (about.refused, about.reasons);
        }
        sum
    }
}
