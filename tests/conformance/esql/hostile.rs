//! Texts that try to leave their quotes, as a literal of a rule, in a pattern, as a cell of a lookup that the query carries, and as a key of a
//! lookup index: the node finds the events that the evaluator finds, and gives the texts back as they were.

use super::Esql;
use crate::bench::{Bench, Place};
use crate::outcome::{Trial, outcomes};
use crate::texts::{self, HEAD, START, literal};
use siemc::backend::Query;
use siemc::ir::Rule;

/// What was compared.
pub struct Tally {
    pub texts: usize,
    pub queries: usize,
    pub alerts: usize,
    pub differences: Vec<String>,
}

/// Runs each text in each place over events that hold all of the texts.
pub fn compare() -> Tally {
    let texts = texts::all(40);
    let root = texts::pack(texts::NUMBERED, &texts);
    let bench = Bench::new(&Esql, root.path());
    let inline = bench.place(None);
    let joined = Place { delivered: vec![("names".to_owned(), "names-by-name".to_owned())], ..bench.place(None) };
    // One event for each text, and one without.
    let events = texts::events(&bench, texts.iter().cloned().chain([String::new()]));
    let mut compiled: Vec<(String, Rule, &Place, Query)> = Vec::new();
    let mut add = |place, filter: &str| {
        let text = format!(
            "{HEAD}events:\n  e:\n    source: s\n    where: |\n      {filter}\ndetect: {{ match: e, by: [user] }}\n\
             confidence: {{ base: 50, raise: [{{ when: exists(user), by: 10, because: 'seen {{{{user}}}}' }}] }}\n\
             alert: {{ once_per: 1m }}\n"
        );
        let rule = bench.check(&text, 0).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
        let query = bench.compile(&rule, place, START + 600_000).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
        compiled.push((text, rule, place, query));
    };
    for text in &texts {
        let text = literal(text);
        add(&inline, &format!("user == {text} or user contains {text} or user in [{text}, \"x\"]"));
        add(&inline, &format!("user startswith {text} or user endswith {text} or (user =~ \"x\")"));
    }
    add(&inline, "names[user].kind == user");
    add(&joined, "names[user].kind == user");
    add(&joined, "user in names");
    let trials: Vec<Trial<'_>> = compiled
        .iter()
        .map(|(_, rule, place, query)| Trial::new((&bench, place), (rule, query), &events, Some(START + 600_000)))
        .collect();
    let mut tally = Tally { texts: texts.len(), queries: trials.len(), alerts: 0, differences: Vec::new() };
    for ((outcome, trial), (rule, ..)) in outcomes(&Esql, &trials).iter().zip(&trials).zip(&compiled) {
        assert!(!trial.alerts.is_empty(), "{rule} finds nothing");
        tally.alerts += trial.alerts.len();
        if let Some(why) = outcome.fault(&Esql) {
            tally.differences.push(format!("{rule}: {why}\n{}\n{}", trial.query.text, outcome.shown()));
        }
    }
    tally
}
