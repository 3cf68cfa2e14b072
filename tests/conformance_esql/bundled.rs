//! The bundled rules: each that compiles, in every environment and with every set of mappings, is taken by the node, and every fixture's
//! alerts are the evaluator's.

use super::bench::{Bench, Place, actual, expected};
use super::engine::run;
use siemc::backend::Target;
use siemc::check::{Checked, Options, check_for};
use siemc::diagnostic::Findings;
use siemc::fixture;
use siemc::ir::Rule;
use siemc::pack::{Environment, Pack};
use siemc::source::{Files, Span};
use siemc::syntax::rule::{At, Rule as Written};
use std::collections::BTreeSet;
use std::path::Path;

/// What was run.
#[derive(Debug, Default)]
pub struct Tally {
    pub queries: usize,
    pub refused: Vec<String>,
    pub faults: Vec<String>,
    pub cases: usize,
    pub equal: usize,
    pub with_alerts: usize,
    pub differences: Vec<String>,
}

impl Tally {
    pub fn print(&self, what: &str) {
        for text in self.faults.iter().chain(&self.differences) {
            println!("{text}");
        }
        println!(
            "ES|QL, {what}: {} queries taken by the node, {} refused, {} with faults; {} cases executed, {} with alerts, {} equal",
            self.queries,
            self.refused.len(),
            self.faults.len(),
            self.cases,
            self.with_alerts,
            self.equal
        );
    }
}

/// The rules of a pack, with each of these sets of mappings.
pub fn compare(folder: &str, all: &BTreeSet<String>) -> Tally {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let bench = Bench::new(&root);
    let pack = &bench.pack;
    let paths = fixture::find(&root);
    let fixtures: Vec<_> = paths.iter().filter_map(|p| fixture::load(p, pack, &mut files, &mut findings)).collect();
    let mut tally = Tally::default();
    for environment in pack.environments.values() {
        for set in all {
            let environment = with_set(environment, set);
            let place = bench.place(Some(&environment));
            read(&bench, &place, &environment, set, &mut tally);
            execute(&bench, &place, &environment, set, &fixtures, &mut tally);
        }
    }
    tally
}

/// The environment with this set of mappings.
fn with_set(environment: &Environment, set: &str) -> Environment {
    let at = |value: &str| At { value: value.to_owned(), span: Span::default() };
    let mut environment = environment.clone();
    environment.mappings.retain(|(target, _)| target.value != Target::Esql.name());
    environment.mappings.push((at(Target::Esql.name()), at(set)));
    environment
}

fn checked(pack: &Pack, rule: &Written, environment: &Environment) -> Option<Rule> {
    match check_for(pack, rule, environment, Options::default(), &mut Findings::default()) {
        Checked::Rule(rule) => Some(*rule),
        _ => None,
    }
}

fn read(bench: &Bench, place: &Place, environment: &Environment, set: &str, tally: &mut Tally) {
    let (mut jobs, mut names) = (Vec::new(), Vec::new());
    for file in &bench.pack.rules {
        let Some(rule) = checked(&bench.pack, &file.rule, environment) else { continue };
        let name = format!("{} in {} over {set}", rule.name, environment.name);
        match bench.compile_as_scheduled(&rule, place) {
            Ok(query) => {
                jobs.push(bench.job(&query.text, place, &[]));
                names.push(name);
            }
            Err(why) => {
                let why: Vec<&str> = why.iter().map(|d| d.message.as_str()).collect();
                tally.refused.push(format!("refused: {name}: {}", why.join("; ")));
            }
        }
    }
    for ((answer, name), job) in run(&jobs).into_iter().zip(names).zip(&jobs) {
        tally.queries += 1;
        if let Err(fault) = answer {
            tally.faults.push(format!("fault: {name}: {fault}\n{}", job.query));
        }
    }
}

fn execute(
    bench: &Bench,
    place: &Place,
    environment: &Environment,
    set: &str,
    all: &[fixture::FixtureFile],
    tally: &mut Tally,
) {
    let (mut jobs, mut wanted) = (Vec::new(), Vec::new());
    for file in all {
        for case in file.cases.iter().filter(|c| c.environment == environment.name) {
            let named = |r: &&siemc::pack::RuleFile| r.rule.name.as_ref().is_some_and(|n| n.value == file.rule.value);
            let written = &bench.pack.rules.iter().find(named).expect("the fixture's rule").rule;
            let mut own = environment.clone();
            let name = At { value: file.rule.value.clone(), span: Span::default() };
            own.params.insert(0, (name, case.params.clone()));
            let Some(rule) = checked(&bench.pack, written, &own) else { continue };
            let events = bench.kept(place, fixture::events(case));
            let newest = events.iter().map(|e| e.time).max().unwrap_or(case.start);
            let Ok(query) = bench.compile(&rule, place, case.until.unwrap_or(newest)) else { continue };
            jobs.push(bench.job(&query.text, place, &events));
            let alerts = siemc::eval::run(&rule, events, case.until);
            let mut keys: Vec<String> = alerts.iter().flat_map(|a| a.group.iter().map(|(k, _)| k.clone())).collect();
            keys.sort();
            keys.dedup();
            let title = format!("{} over {set}: {}", file.rule.value, case.name.value);
            wanted.push((title, keys, expected(&alerts)));
        }
    }
    for ((answer, (title, keys, want)), job) in run(&jobs).into_iter().zip(wanted).zip(&jobs) {
        tally.cases += 1;
        tally.with_alerts += usize::from(!want.is_empty());
        match answer.map(|rows| actual(&rows, &keys)) {
            Ok(got) if got == want => tally.equal += 1,
            Ok(got) => tally.differences.push(format!(
                "{title}\n{}\n--- events\n{:?}\n--- the evaluator\n{}\n--- the query\n{}",
                job.query,
                job.indices,
                want.join("\n"),
                got.join("\n")
            )),
            Err(why) => tally.differences.push(format!("{title}: {why}\n{}", job.query)),
        }
    }
}
