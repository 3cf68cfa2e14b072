//! An event as the evaluator takes it.

use crate::pack::schema::SourceId;
use crate::value::Value;

/// One event of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Whose.
    pub source: SourceId,
    /// When, milliseconds since the epoch, UTC.
    pub time: i64,
    /// Its line in the input, from 1; in a fixture its place among the case's events.
    pub line: u64,
    /// One value per field of [`crate::pack::schema::Source::fields`], in that order. A reader may leave fields that no rule uses
    /// missing.
    pub values: Box<[Value]>,
}
