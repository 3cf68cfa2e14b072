//! What comes out.

use crate::ir::Level;
use crate::value::Value;

/// A hit of `detect` that survived confidence, exceptions and `once_per`. Alerts come in the order of time, then of the hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The rule's UUID.
    pub id: String,
    /// The hit's time, milliseconds since the epoch: an event's, a window's end or a deadline.
    pub time: i64,
    /// The time of the earliest event of the evidence.
    pub first: i64,
    /// The group's keys with their values; empty for a hit without a group.
    pub group: Vec<(String, Value)>,
    /// `alert.details`.
    pub values: Vec<(String, Value)>,
    /// 0 to 100; none where the rule says none.
    pub confidence: Option<i64>,
    /// By `levels`, else the rule's.
    pub severity: Level,
    /// One line.
    pub title: String,
    /// Reasons in order: evidence streams, evidence contexts, then raises.
    pub because: Vec<String>,
    /// `alert.entities`.
    pub entities: Vec<(String, Value)>,
    /// The events that the hit rests on, in order.
    pub events: Vec<Evidence>,
}

/// One event that an alert rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The source's name.
    pub source: String,
    /// Milliseconds since the epoch.
    pub time: i64,
    /// The event's line in the input.
    pub line: u64,
}
