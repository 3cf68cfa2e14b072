//! Texts that try to leave their quotes, as a literal of a rule, in a pattern, without case, and as a cell of a lookup: the query finds the
//! events that the evaluator finds.

use super::Eql;
use crate::bench::Bench;
use crate::outcome::{Trial, outcomes};
use crate::texts::{self, HEAD, START, literal};
use siemc::backend::Query;
use siemc::diagnostic::Diagnostic;
use siemc::eval::event::Event;
use siemc::ir::Rule;

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
    let root = texts::pack(texts::NUMBERED, &texts);
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
    let forms = |t: &String| [t.clone(), format!("a{t}b"), t.to_ascii_uppercase(), format!("{t}\n")];
    texts::events(bench, texts.iter().flat_map(forms).chain([String::new()]))
}
