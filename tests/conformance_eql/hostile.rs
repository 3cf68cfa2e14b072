//! Texts that try to leave their quotes, as a literal of a rule, in a pattern, without case, and as a cell of a lookup: the query finds the
//! events that the evaluator finds.

use crate::conformance::bench::Bench;
use crate::conformance::eql::Eql;
use crate::conformance::outcome::{Trial, outcomes};
use crate::conformance::texts::{self, cell, cells, literal};
use siemc::backend::Query;
use siemc::diagnostic::Diagnostic;
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
const TARGET: Eql = Eql { tiebreakers: true };

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub texts: usize,
    pub queries: usize,
    pub refused: usize,
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
    let rows: String = cells(&texts).iter().map(|t| format!("{},{}\n", cell(t), cell(t))).collect();
    write("names.csv", &format!("name,kind\n{rows}"));
    let bench = Bench::new(&TARGET, root.path());
    let events = events(&bench, &texts);
    let mut tally = Tally { texts: texts.len(), ..Tally::default() };
    let mut compiled = Vec::new();
    for filter in filters(&texts) {
        match drawn(&bench, &filter) {
            Some(Ok(good)) => compiled.push(good),
            Some(Err(_)) => tally.refused += 1,
            None => {}
        }
    }
    let place = bench.place(None);
    let trials: Vec<Trial<'_>> = compiled
        .iter()
        .map(|(rule, query)| Trial::new((&bench, &place), (rule, query), &events, Some(START + 600_000)))
        .collect();
    tally.queries = trials.len();
    for (outcome, trial) in outcomes(&TARGET, &trials).iter().zip(&trials) {
        tally.alerts += trial.alerts.len();
        if let Some(why) = outcome.fault(&TARGET) {
            tally.differences.push(format!("{why}\n{}\n{}", trial.query.text, outcome.shown()));
        }
    }
    tally
}

/// Every form that holds a text.
fn filters(texts: &[String]) -> Vec<String> {
    let forms = [
        "==",
        "!=",
        "=~",
        "contains",
        "contains~",
        "startswith",
        "startswith~",
        "endswith",
        "endswith~",
        "like",
        "like~",
    ];
    let each = |text: &String| {
        let text = literal(text);
        let listed = [format!("user in [{text}, \"x\"]"), format!("user not in~ [{text}, \"x\"]")];
        forms.iter().map(|form| format!("user {form} {text}")).chain(listed).collect::<Vec<_>>()
    };
    let lookups = ["user in names", "names[user].kind == \"it's\""].map(str::to_owned);
    texts.iter().flat_map(each).chain(lookups).collect()
}

/// The rule of a condition with its query, or why it is refused; none where it is no rule (no letters beyond ASCII compare without case).
fn drawn(bench: &Bench, filter: &str) -> Option<Result<(Rule, Query), Vec<Diagnostic>>> {
    let text = format!(
        "{HEAD}events:\n  e:\n    source: s\n    where: |\n      {filter}\ndetect: {{ match: e, by: [seq] }}\n"
    );
    let rule = bench.check(&text, 0).ok()?;
    let query = bench.compile(&rule, &bench.place(None), START + 600_000);
    Some(query.map(|query| (rule, query)))
}

/// One event for each text, as it is, within others, and in other cases; and one without.
fn events(bench: &Bench, texts: &[String]) -> Vec<Event> {
    let source = bench.pack.schema.source("s").expect("the source");
    let (_, declared) = bench.pack.schema.source_at(source).expect("the source");
    let forms = |t: &String| [t.clone(), format!("a{t}b"), t.to_ascii_uppercase(), format!("{t}\n")];
    let all = texts.iter().flat_map(forms).chain([String::new()]);
    all.enumerate()
        .map(|(i, text)| {
            let value = |name: &str| if name == "user" { Value::string(&text) } else { Value::Integer(i as i64) };
            let names = declared.fields.keys().map(|f| bench.pack.schema.field_at(*f).expect("a field").0);
            let values: Vec<Value> = names.map(value).collect();
            Event { source, time: START + i as i64 * 1000, line: i as u64 + 1, values: values.into() }
        })
        .collect()
}
