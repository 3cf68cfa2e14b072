//! The codes of ES|QL's refusals.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A measure that ES|QL only estimates, or cannot take.
pub const MEASURE: Code = Code("R1161");
/// A lookup that the query cannot carry, or that the product's own cannot answer.
pub const LOOKUP: Code = Code("R1162");
/// Windows that overlap too often.
pub const HOPS: Code = Code("R1163");
/// Sources that cannot be told apart.
pub const SOURCES: Code = Code("R1164");
/// A value that cannot be kept through a grouping, or written into a reason.
pub const VALUE: Code = Code("R1165");

/// A refusal at its place.
pub(super) fn refusal(code: Code, at: Span, message: &str) -> Diagnostic {
    Diagnostic::error(code, at, format!("esql: {message}"))
}
