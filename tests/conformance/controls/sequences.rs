//! A dialect as it is, but for the rules that are drawn: all of them are sequences.

use crate::bench::{Bench, Place};
use crate::executor::Executor;
use crate::outcome::Seen;
use crate::random::analytic::Form;
use crate::random::rule::{Tapes, yaml};
use crate::{Dialect, Ran, Run};
use serde_json::Value as Json;
use siemc::backend::Target;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::pack::schema::Schema;

/// See the module.
pub struct Sequences<'d>(pub &'d dyn Dialect);

impl Dialect for Sequences<'_> {
    fn target(&self) -> Target {
        self.0.target()
    }

    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn executor(&self) -> &'static Executor {
        self.0.executor()
    }

    fn job(&self, run: &Run<'_>) -> Json {
        self.0.job(run)
    }

    fn request(&self, jobs: &[Json], variant: usize) -> Json {
        self.0.request(jobs, variant)
    }

    fn variants(&self) -> usize {
        self.0.variants()
    }

    fn rows(&self, result: &Json) -> Result<Vec<Json>, String> {
        self.0.rows(result)
    }

    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen> {
        self.0.alerts(ran, rows)
    }

    fn expected(&self, ran: &Ran<'_>, alert: &Alert) -> Seen {
        self.0.expected(ran, alert)
    }

    fn parse(&self, bench: &Bench, queries: &[(&str, &Place)]) -> Vec<Vec<String>> {
        self.0.parse(bench, queries)
    }

    fn leaves_ties_out(&self) -> bool {
        self.0.leaves_ties_out()
    }

    fn leave_ties_out(&self, schema: &Schema, events: &mut Vec<Event>) {
        self.0.leave_ties_out(schema, events);
    }

    fn form(&self, _: usize) -> Form {
        Form::Sequence
    }

    /// Plain ones: contexts and signals are drawn by the dialect's own rules.
    fn written(&self, tapes: &mut Tapes, number: usize) -> String {
        tapes.contexts.clear();
        tapes.signals.clear();
        tapes.confidence = None;
        let text = yaml(tapes);
        if number.is_multiple_of(2) { with_until(&text) } else { text }
    }
}

/// The rule with an `until` that is no step, where it has neither.
fn with_until(text: &str) -> String {
    let named = |line: &str| Some(line.strip_prefix("  ")?.split_once(": {")?.0.to_owned());
    let events: Vec<String> = text.lines().filter_map(named).filter(|name| name.starts_with('e')).collect();
    let (head, sequence) = text.split_once("detect:\n").unwrap_or((text, ""));
    let is_step = |name: &String| sequence.contains(&format!("- {name}")) || sequence.contains(&format!(" {name}"));
    match events.iter().find(|name| !is_step(name)) {
        Some(name) if !sequence.contains("until:") => {
            let sequence = sequence.replacen("    steps:\n", &format!("    until: {name}\n    steps:\n"), 1);
            format!("{}detect:\n{sequence}", head.replacen("events:\n", "if_unavailable: ignore\nevents:\n", 1))
        }
        _ => text.to_owned(),
    }
}
