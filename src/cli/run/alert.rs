//! An alert as one line of JSON.

use crate::eval::{Alert, text_of};
use crate::value::Value;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Number, Value as Json};

/// One alert of `siemc run`. Times are RFC 3339 in UTC, durations in values are milliseconds, a missing value is null.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlertLine {
    /// The rule's name.
    pub rule: String,
    /// The rule's UUID.
    pub id: String,
    /// When it hit.
    pub time: String,
    /// The earliest event's time.
    pub first: String,
    /// The latest event's time.
    pub last: String,
    /// The group's keys.
    pub group: Map<String, Json>,
    /// `alert.details`.
    pub values: Map<String, Json>,
    /// 0 to 100; null where the rule does not say.
    pub confidence: Option<i64>,
    /// `informational`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// One line.
    pub title: String,
    /// Why, in order.
    pub because: Vec<String>,
    /// `alert.entities`.
    pub entities: Map<String, Json>,
    /// The events that it rests on, in order.
    pub events: Vec<EventLine>,
}

/// An event that an alert rests on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventLine {
    /// Its source.
    pub source: String,
    /// When it happened.
    pub time: String,
    /// Its line in the input, from 1.
    pub line: u64,
}

impl From<&Alert> for AlertLine {
    fn from(alert: &Alert) -> AlertLine {
        let last = alert.events.iter().map(|event| event.time).max().unwrap_or(alert.time);
        let event = |event: &crate::eval::Evidence| EventLine {
            source: event.source.clone(),
            time: time(event.time),
            line: event.line,
        };
        AlertLine {
            rule: alert.rule.clone(),
            id: alert.id.clone(),
            time: time(alert.time),
            first: time(alert.first),
            last: time(last),
            group: named(&alert.group),
            values: named(&alert.values),
            confidence: alert.confidence,
            severity: alert.severity.to_string(),
            title: alert.title.clone(),
            because: alert.because.clone(),
            entities: named(&alert.entities),
            events: alert.events.iter().map(event).collect(),
        }
    }
}

fn named(values: &[(String, Value)]) -> Map<String, Json> {
    values.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

fn time(milliseconds: i64) -> String {
    text_of(&Value::Timestamp(milliseconds)).into_owned()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Boolean(b) => Json::Bool(*b),
        Value::Integer(n) | Value::Duration(n) => Json::from(*n),
        // JSON has no infinity; its text says what it was.
        Value::Number(n) => Number::from_f64(*n).map_or_else(|| Json::String(n.to_string()), Json::Number),
        Value::List(items) => items.iter().map(json).collect(),
        other => Json::String(text_of(other).into_owned()),
    }
}
