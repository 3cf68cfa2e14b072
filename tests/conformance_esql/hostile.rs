//! Texts that try to leave their quotes, as a literal of a rule, in a pattern, as a cell of a lookup that the query carries, and as a key of a
//! lookup index: the node finds the events that the evaluator finds, and gives the texts back as they were.

use crate::conformance::bench::{Bench, Place};
use crate::conformance::esql::Esql;
use crate::conformance::outcome::{Trial, outcomes};
use crate::conformance::texts::{self, cell, cells, literal};
use siemc::backend::Query;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::value::Value;

const PACK: &str = "name: p
version: 1.0.0
lookups:
  names: { file: names.csv, keys: { name: exact }, columns: { kind: string } }
environments:
  whole: {}
";
const SCHEMA: &str = "fields:
  user: { type: string, about: who }
  seq: { type: integer, about: the record's number }
sources:
  s: { about: a source, tiebreaker: seq, fields: { user: optional, seq: required } }
";
const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";
/// 2090-01-01T00:00:00Z.
const START: i64 = 3_786_912_000_000;

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
    let root = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("pack.yaml", PACK);
    write("schema/s.yaml", SCHEMA);
    let cells = cells(&texts);
    let rows: String = cells.iter().map(|t| format!("{},{}\n", cell(t), cell(t))).collect();
    write("names.csv", &format!("name,kind\n{rows}"));
    let bench = Bench::new(&Esql, root.path());
    let inline = bench.place(None);
    let joined = Place { delivered: vec![("names".to_owned(), "names-by-name".to_owned())], ..bench.place(None) };
    let events = events(&bench, &texts);
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

/// One event for each text, and one without.
fn events(bench: &Bench, texts: &[String]) -> Vec<Event> {
    let source = bench.pack.schema.source("s").expect("the source");
    let (_, declared) = bench.pack.schema.source_at(source).expect("the source");
    let all = texts.iter().map(String::as_str).chain([""]);
    all.enumerate()
        .map(|(i, text)| {
            let value = |name: &str| if name == "user" { Value::string(text) } else { Value::Integer(i as i64) };
            let names = declared.fields.keys().map(|f| bench.pack.schema.field_at(*f).expect("a field").0);
            let values: Vec<Value> = names.map(value).collect();
            Event { source, time: START + i as i64 * 1000, line: i as u64 + 1, values: values.into() }
        })
        .collect()
}
