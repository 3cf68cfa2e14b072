//! The rules of a pack: in every environment and with every set of mappings each query is read by the parser and by the executor, and every
//! fixture's alerts are the evaluator's, as far as the query's fidelity promises.
//!
//! Most of a rule's queries differ between environments in their header alone: what was read is not read again.

use super::bench::{Bench, Place};
use super::constructs::constructs;
use super::outcome::{Outcome, Trial, outcomes};
use super::packs;
use super::record::{self, Record};
use super::refusal::untrue;
use super::tally::Tally;
use super::{Dialect, Run, bench};
use serde_json::Value as Json;
use siemc::backend::Query;
use siemc::backend::target::mapping::sets;
use siemc::diagnostic::{Diagnostic, Findings};
use siemc::eval::event::Event;
use siemc::fixture::{self, FixtureFile};
use siemc::ir::Rule;
use siemc::pack::{Environment, RuleFile};
use siemc::source::Files;
use std::collections::BTreeMap;
use std::path::Path;

/// The bundled rules, over every set of mappings.
pub fn compare(dialect: &dyn Dialect) -> Tally {
    compare_folder(dialect, "rules", "fixtures", sets(dialect.target(), None))
}

/// The rules of a folder of the project over sets of mappings, as a part of the report.
pub fn compare_folder(
    dialect: &dyn Dialect,
    folder: &str,
    part: &str,
    sets: impl IntoIterator<Item = String>,
) -> Tally {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let sets: Vec<String> = sets.into_iter().collect();
    let (mut tally, mut records) = (Tally::default(), Vec::new());
    compare_pack(dialect, &root, &sets, (&mut tally, &mut records));
    record::write(dialect, part, None, &records);
    tally
}

/// The rules of `tests/regressions/`, over the canonical mapping.
pub fn compare_regressions(dialect: &dyn Dialect) -> Tally {
    let (mut tally, mut records) = (Tally::default(), Vec::new());
    for pack in packs::unpacked() {
        compare_pack(dialect, pack.path(), &["canonical".to_owned()], (&mut tally, &mut records));
    }
    record::write(dialect, "regressions", None, &records);
    tally
}

/// The fixtures of a folder's rules as jobs of the executor, over the canonical mapping.
pub fn jobs(dialect: &dyn Dialect, folder: &str) -> Vec<Json> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all = Vec::new();
    everywhere(dialect, &root, &["canonical".to_owned()], |here, fixtures| {
        let compiled = here.compiled(&mut Tally::default(), &mut Vec::new());
        let job = |r: &Ready<'_>| {
            dialect.job(&Run {
                bench: here.bench,
                place: here.place,
                rule: &r.rule,
                query: &r.query,
                events: &r.events,
                now: bench::NOW,
            })
        };
        all.extend(here.ready(&compiled, fixtures).iter().map(job));
    });
    all
}

/// The queries of a folder's rules as they would be deployed in the pack's first environment, over each set of mappings.
pub fn queries_of_first(dialect: &dyn Dialect, folder: &str, mut visit: impl FnMut(&Bench, &Place, &[String])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let sets: Vec<String> = sets(dialect.target(), None).into_iter().collect();
    everywhere(dialect, &root, &sets, |here, _| {
        if here.bench.pack.environments.keys().next() == Some(&here.environment.name) {
            let compiled = here.compiled(&mut Tally::default(), &mut Vec::new());
            visit(here.bench, here.place, &compiled.into_iter().map(|c| c.query.text).collect::<Vec<_>>());
        }
    });
}

fn compare_pack(dialect: &dyn Dialect, root: &Path, sets: &[String], (tally, records): (&mut Tally, &mut Vec<Record>)) {
    let mut read = BTreeMap::new();
    everywhere(dialect, root, sets, |here, fixtures| here.compare(fixtures, &mut read, tally, records));
}

/// What parser and executor have against a query, by all that they were asked about it but the header.
type Read = BTreeMap<String, Vec<String>>;

/// Each environment of a pack with each of these sets of mappings, and the pack's fixtures.
fn everywhere(dialect: &dyn Dialect, root: &Path, sets: &[String], mut visit: impl FnMut(&Here<'_>, &[FixtureFile])) {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let bench = Bench::new(dialect, root);
    let paths = fixture::find(root);
    let fixtures: Vec<_> =
        paths.iter().filter_map(|p| fixture::load(p, &bench.pack, &mut files, &mut findings)).collect();
    assert!(!findings.has_errors(), "{:#?}", findings.all);
    for environment in bench.pack.environments.values() {
        for set in sets {
            let environment = bench.with_set(environment, set);
            let place = bench.place(Some(&environment));
            let here = Here { dialect, bench: &bench, place: &place, environment: &environment, set };
            visit(&here, &fixtures);
        }
    }
}

/// One environment with one set of mappings.
struct Here<'a> {
    dialect: &'a dyn Dialect,
    bench: &'a Bench,
    place: &'a Place,
    environment: &'a Environment,
    set: &'a str,
}

/// A rule that compiles here.
struct Compiled<'a> {
    rule: Rule,
    query: Query,
    file: &'a RuleFile,
    record: Record,
}

/// A case of a fixture, ready to run.
struct Ready<'c> {
    /// Which of the compiled rules it is for.
    of: usize,
    rule: Rule,
    query: Query,
    events: Vec<Event>,
    case: &'c fixture::Case,
}

impl Here<'_> {
    fn compare(&self, fixtures: &[FixtureFile], read: &mut Read, tally: &mut Tally, records: &mut Vec<Record>) {
        let mut compiled = self.compiled(tally, records);
        let ready = self.ready(&compiled, fixtures);
        let asked: Vec<String> = compiled.iter().map(|c| self.asked(c)).collect();
        let new: BTreeMap<&String, &Compiled<'_>> =
            asked.iter().zip(&compiled).filter(|(asked, _)| !read.contains_key(*asked)).collect();
        // The executor makes its tables once for both.
        let unread = new.values().map(|c| self.trial((&c.rule, &c.query), &[], Some(bench::NOW)));
        let cases = ready.iter().map(|r| self.trial((&r.rule, &r.query), &r.events, r.case.until));
        let mut came = outcomes(self.dialect, &unread.chain(cases).collect::<Vec<_>>());
        let of_cases = came.split_off(new.len());
        let faults = self.faults(&new.values().copied().collect::<Vec<_>>(), &came);
        read.extend(new.into_keys().cloned().zip(faults).collect::<Vec<_>>());
        tally.texts += came.len();
        for (compiled, asked) in compiled.iter_mut().zip(&asked) {
            note(compiled, &read[asked], tally);
        }
        for (outcome, ready) in of_cases.iter().zip(&ready) {
            self.count(outcome, ready, &mut compiled[ready.of], tally);
        }
        records.extend(compiled.into_iter().map(|c| c.record));
    }

    fn trial<'t>(&'t self, of: (&'t Rule, &'t Query), events: &'t [Event], until: Option<i64>) -> Trial<'t> {
        Trial::new((self.bench, self.place), of, events, until)
    }

    fn compiled(&self, tally: &mut Tally, records: &mut Vec<Record>) -> Vec<Compiled<'_>> {
        let mut all = Vec::new();
        for file in &self.bench.pack.rules {
            let Some(rule) = self.bench.checked(&file.rule, self.environment) else { continue };
            let name = format!("{} in {} over {}", rule.name, self.environment.name, self.set);
            let mut record = Record { name, constructs: constructs(&rule), ..Record::default() };
            tally.rules += 1;
            match self.bench.compile_as_scheduled(&rule, self.place) {
                Ok(query) => {
                    record.fidelity = Some(query.fidelity.to_string());
                    all.push(Compiled { rule, query, file, record });
                }
                Err(why) => {
                    self.refused(file, &why, tally, &mut record);
                    records.push(record);
                }
            }
        }
        all
    }

    fn refused(&self, file: &RuleFile, why: &[Diagnostic], tally: &mut Tally, record: &mut Record) {
        tally.refused_rules += 1;
        let messages: Vec<&str> = why.iter().map(|d| d.message.as_str()).collect();
        tally.refusals.push(format!("refused: {}: {}", record.name, messages.join("; ")));
        let text = std::fs::read_to_string(&file.path).expect("the rule's file");
        let untrue = untrue(self.dialect.target(), why, &text, &record.constructs);
        tally.untrue.extend(untrue.iter().map(|u| format!("{}: {u}", record.name)));
        record.refuse(why);
    }

    /// The query as it would be deployed, over no events: its text without the header, with all that the executor is told beside it.
    fn asked(&self, compiled: &Compiled<'_>) -> String {
        let Compiled { rule, query, .. } = compiled;
        let run = Run { bench: self.bench, place: self.place, rule, query, events: &[], now: bench::NOW };
        let mut job = self.dialect.job(&run);
        let said = job["query"].as_str().expect("a job has its query's text");
        let is_header = |line: &&str| line.starts_with("//") || (line.starts_with("```") && line.ends_with("```"));
        let text: Vec<&str> = said.lines().skip_while(is_header).collect();
        job["query"] = text.join("\n").into();
        format!("{} {job}", query.fidelity)
    }

    /// What the parser has against queries, and the executor over no events.
    fn faults(&self, compiled: &[&Compiled<'_>], came: &[Outcome]) -> Vec<Vec<String>> {
        let texts: Vec<(&str, &Place)> = compiled.iter().map(|c| (c.query.text.as_str(), self.place)).collect();
        let mut faults = self.dialect.parse(self.bench, &texts);
        faults.iter_mut().zip(came).for_each(|(faults, outcome)| faults.extend(outcome.fault(self.dialect)));
        faults
    }

    fn ready<'c>(&self, compiled: &[Compiled<'_>], fixtures: &'c [FixtureFile]) -> Vec<Ready<'c>> {
        let mut all = Vec::new();
        for file in fixtures {
            let Some(of) = compiled.iter().position(|c| c.rule.name == file.rule.value) else { continue };
            for case in file.cases.iter().filter(|c| c.environment == self.environment.name) {
                let mut own = self.environment.clone();
                own.params = fixture::environment(&self.bench.pack, file, case).params;
                let Some(rule) = self.bench.checked(&compiled[of].file.rule, &own) else { continue };
                let events = self.bench.kept(self.place, fixture::events(case));
                let newest = events.iter().map(|e| e.time).max().unwrap_or(case.start);
                let Ok(query) = self.bench.compile(&rule, self.place, case.until.unwrap_or(newest)) else { continue };
                all.push(Ready { of, rule, query, events, case });
            }
        }
        all
    }

    fn count(&self, outcome: &Outcome, ready: &Ready<'_>, compiled: &mut Compiled<'_>, tally: &mut Tally) {
        let record = &mut compiled.record;
        tally.pairs += 1;
        record.cases += 1;
        let executed = usize::from(matches!(outcome, Outcome::Ran { .. }));
        let with_alerts = usize::from(outcome.with_alerts());
        let mut equal = executed;
        if let Outcome::NotExecuted(why) = outcome {
            *tally.not_executed.entry(why.clone()).or_default() += 1;
        }
        if let Some(why) = outcome.fault(self.dialect) {
            equal = 0;
            tally.differences.push(format!(
                "{} over {}: {}: {why}\n{}\n--- events\n{:?}\n{}",
                ready.rule.name,
                self.set,
                ready.case.name.value,
                ready.query.text,
                ready.events,
                outcome.shown()
            ));
        }
        tally.executed += executed;
        tally.with_alerts += with_alerts;
        tally.equal += equal;
        record.executed += executed;
        record.with_alerts += with_alerts;
        record.equal += equal;
    }
}

/// Notes what was found against a query.
fn note(compiled: &mut Compiled<'_>, faults: &[String], tally: &mut Tally) {
    tally.queries += 1;
    compiled.record.read = faults.is_empty();
    if !faults.is_empty() {
        let (name, text) = (&compiled.record.name, &compiled.query.text);
        tally.faults.push(format!("faults: {name}: {}\n{text}", faults.join("\n")));
    }
}
