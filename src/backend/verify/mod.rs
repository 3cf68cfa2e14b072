//! A query that carries its events and its answer: anyone runs it in the product itself and reads PASS or FAIL in each row.
//!
//! In: a rule, a case's events, the alerts that the evaluator gives. Out: text that reads no table of the product; for EQL, which
//! cannot carry events, the bodies of requests over an index of their own, and what has to come back. The rule's own query
//! stands in it as it is compiled, but for the clock (a fixed time instead of now) and for where the rows come from; events are written
//! as the mapping says that the product has them, so units and types are part of what is verified. Lookups are inlined.

mod eql;
mod esql;
mod kql;
mod spl;

pub use eql::{Expected, Requests};

use super::target::{MappedField, MappedSource, Mapping};
use super::{Fidelity, Inputs, Query, Target};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::Rule;
use crate::pack::schema::{FieldId, SourceId};
use crate::plan::Planned;
use crate::value::Value;

/// A case that cannot be carried by a query.
pub const NOT_VERIFIED: Code = Code("E1130");

/// A case.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// What happened.
    pub events: Vec<TrialEvent>,
    /// What has to come out, every one.
    pub alerts: Vec<TrialAlert>,
    /// Every event up to then is there (inclusive), milliseconds since the epoch.
    pub until: i64,
}

/// An event.
#[derive(Debug, Clone)]
pub struct TrialEvent {
    /// Whose.
    pub source: SourceId,
    /// Milliseconds since the epoch.
    pub time: i64,
    /// What is not missing.
    pub values: Vec<(FieldId, Value)>,
}

/// What fidelity compares of an alert.
#[derive(Debug, Clone)]
pub struct TrialAlert {
    /// Milliseconds since the epoch.
    pub time: i64,
    /// The group's keys with their values.
    pub group: Vec<(String, Value)>,
    /// 0 to 100; none where the rule says none.
    pub confidence: Option<i64>,
    /// Reasons in order.
    pub because: Vec<String>,
}

/// A case as its dialect carries it.
#[derive(Debug, Clone)]
pub enum Carried {
    /// A query that needs nothing else, each row of which says PASS or FAIL.
    Query(String),
    /// EQL: an index of its own, a search, and what has to come back.
    Requests(Box<Requests>),
}

/// How often an alert had to come, and did. The queries give the same columns, and `result`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The alert in one line.
    pub alert: String,
    /// How often it had to come.
    pub wanted: i64,
    /// How often it came.
    pub found: i64,
}

impl Row {
    /// It came as often as it had to.
    pub fn passed(&self) -> bool {
        self.wanted == self.found
    }
}

/// When the query of a trial runs, and over what.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Instead of now, milliseconds since the epoch.
    pub now: i64,
    /// SPL and ES|QL: what gives the rows instead of the product's indexes.
    pub rows: String,
}

/// Days after the epoch at which a trial runs, 2093-03-16: its interval begins at the epoch, and every case lies in it.
const NOW_DAYS: i64 = 45_000;
const DAY: i64 = 86_400_000;
/// The row that says that there is nothing else, so that a case without alerts has a row too.
pub const END: &str = "end of the case";

/// The self-contained query, or EQL's requests.
///
/// # Errors
/// The query's refusals; that it is not exact, so that it may well differ; that the dialect cannot carry the rows.
pub fn verify(rule: &Rule, inputs: &Inputs<'_>, trial: &Trial) -> Result<Carried, Vec<Diagnostic>> {
    if inputs.data.target == Target::Eql {
        return requests(rule, inputs, trial);
    }
    let mut scheduled = rule.clone();
    scheduled.schedule.every = NOW_DAYS * DAY;
    scheduled.schedule.delay = NOW_DAYS * DAY - trial.until;
    let planned = Planned::new(&scheduled);
    let rows = match inputs.data.target {
        Target::Spl => spl::rows(inputs, trial).map_err(refuse)?,
        Target::Esql => match planned.plan() {
            Ok(plan) => esql::rows(plan, inputs, trial).map_err(refuse)?,
            // The compiler says why, with all that it has to say.
            Err(_) => String::new(),
        },
        Target::Kql | Target::Eql => String::new(),
    };
    let own = Inputs {
        data: inputs.data,
        mapping: inputs.mapping,
        templates: inputs.templates,
        delivered: Vec::new(),
        standing: Some(Standing { now: NOW_DAYS * DAY, rows }),
    };
    let query = super::compile(&planned, &own)?;
    if query.fidelity != Fidelity::Exact {
        return Err(too_far(&query));
    }
    let keys = keys(trial);
    Ok(Carried::Query(match query.target {
        Target::Spl => {
            can_show(trial, far_from_one).map_err(refuse)?;
            spl::text(rule, trial, &query, &keys)
        }
        Target::Esql => esql::text(rule, inputs, trial, &query, &keys).map_err(refuse)?,
        Target::Kql | Target::Eql => {
            can_show(trial, kql::is_open).map_err(refuse)?;
            kql::text(rule, inputs, trial, &query, &keys)
        }
    }))
}

fn requests(rule: &Rule, inputs: &Inputs<'_>, trial: &Trial) -> Result<Carried, Vec<Diagnostic>> {
    let (query, running) = super::eql::compile_to_run(rule, inputs.mapping, inputs.data)?;
    if matches!(query.fidelity, Fidelity::Approximate { .. }) {
        return Err(too_far(&query));
    }
    let requests = eql::requests(rule, inputs, trial, &query, &running).map_err(refuse)?;
    Ok(Carried::Requests(Box::new(requests)))
}

fn refuse(message: String) -> Vec<Diagnostic> {
    vec![Diagnostic::new(NOT_VERIFIED, Severity::Error, None, message)]
}

fn too_far(query: &Query) -> Vec<Diagnostic> {
    refuse(format!("the query is {}: it need not give the case's alerts", query.fidelity))
}

/// Whether the numbers in the groups have one text that the dialect's manual settles.
fn can_show(trial: &Trial, is_open: fn(f64) -> bool) -> Result<(), String> {
    let mut values = trial.alerts.iter().flat_map(|alert| &alert.group);
    match values.find(|(_, value)| matches!(value, Value::Number(n) if is_open(*n))) {
        Some((key, _)) => Err(format!("the manual does not say how the number in the group's key `{key}` is printed")),
        None => Ok(()),
    }
}

/// Those that may be written with an exponent.
fn far_from_one(number: f64) -> bool {
    number != 0.0 && !(1e-4..1e15).contains(&number.abs())
}

/// Names of the keys that any alert's group has, each once.
fn keys(trial: &Trial) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in trial.alerts.iter().flat_map(|alert| &alert.group) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// An alert in one line; `shown` prints a key's value as the dialect does, `keys` are those that the query's rows have.
fn line(alert: &TrialAlert, keys: &[String], shown: impl Fn(&Value) -> String) -> String {
    let mut text = alert.time.to_string();
    for key in keys {
        let value = alert.group.iter().find(|(name, value)| name == key && !value.is_missing());
        text.push_str(&format!(" {key}={}", value.map_or_else(|| "-".to_owned(), |(_, value)| shown(value))));
    }
    if let Some(confidence) = alert.confidence {
        text.push_str(&format!(" confidence={confidence}"));
    }
    text.push_str(&format!(" because={}", alert.because.join("; ")));
    text
}

/// Each field of an event as the product has it.
fn stored<'a>(
    mapping: &'a Mapping,
    event: &'a TrialEvent,
) -> Option<(&'a MappedSource, Vec<(&'a MappedField, Value)>)> {
    let mapped = mapping.source(event.source)?;
    let fields = event.values.iter().filter_map(|(field, value)| {
        let mapped = mapped.fields.get(field)?;
        Some((mapped, mapped.store(value)))
    });
    Some((mapped, fields.collect()))
}
