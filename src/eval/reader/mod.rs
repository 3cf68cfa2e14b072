//! Events from JSON lines: one object a line with `source`, `time` and the schema's fields, dotted or nested, in any key order.
//!
//! In: bytes and the rules. Out: one [`Line`] after another. Only the fields that the rules use are kept; the others stay missing.
//! A line that is no event is told with its number and what is wrong with it; the next line is read all the same.
//!
//! Where the format leaves a choice:
//! - `null`, an empty string and an empty list are missing; so is text that is no address where an address is expected.
//! - A field that the schema does not have is ignored: devices send more than rules read. So is one of another source.
//! - A single value where a list is expected is a list of one. A whole number with a fraction of zero is an integer.
//! - A number for a duration or a timestamp is in the schema's unit, floored to milliseconds; text is a literal (`30m`) or RFC 3339.
//! - A value outside a field's declared `values` is kept: the device knows more than the schema.
//! - A field that rules read and that the schema requires has a value: queries are written without guards for such fields, so an event
//!   without one would be judged otherwise by a product. A tiebreaker may be missing, as in a fixture. A key stands once, or products
//!   would take different ones. What no rule reads is not looked at. A blank line is nothing.

pub mod codes;
mod convert;
mod fault;
mod found;
mod intern;
mod item;
mod lines;
mod object;

use super::engine::Engine;
use super::event::Event;
use super::fields::read_fields;
use crate::diagnostic::Code;
use crate::ir::Rule;
use crate::pack::schema::{Schema, SourceId};
use lines::{Lines, Raw};
use object::{Object, Outcome};
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

/// Longest line that is read, bytes.
pub const LONGEST_LINE: usize = 16 << 20;

/// Reads events for rules of one pack.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    object: Object,
    number: u64,
}

/// One line of the input.
#[derive(Debug)]
pub enum Line<'a> {
    /// An event that a rule may select.
    Event(&'a Rc<Event>),
    /// An event of a source that no rule uses. It still tells the time.
    Unused {
        /// Milliseconds since the epoch.
        time: i64,
    },
    /// No event.
    Bad(LineError),
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: Problem,
}

/// Why a line is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Longer than [`LONGEST_LINE`].
    #[error("longer than {limit} bytes", limit = LONGEST_LINE)]
    TooLong,
    /// Not text.
    #[error("not valid UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// Not one JSON object.
    #[error("not one JSON object: {0}")]
    NotJson(String),
    /// Without `source`.
    #[error("`source` is missing")]
    NoSource,
    /// Without `time`.
    #[error("`time` is missing")]
    NoTime,
    /// A source that the schema does not have.
    #[error("`{name}` is no source of the schema{}", hint(.nearest.as_deref()))]
    UnknownSource {
        /// As written.
        name: String,
        /// The nearest one of the schema.
        nearest: Option<String>,
    },
    /// A field without a value that every event of the source has.
    #[error("`{field}` has no value, and every event of `{origin}` has one")]
    NoValue {
        /// The field.
        field: String,
        /// The source.
        origin: String,
    },
    /// A key that stands twice.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// A value of the wrong type.
    #[error("`{field}` is {found}, expected {expected}")]
    WrongType {
        /// The field.
        field: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
}

impl Problem {
    /// Its code, for `siemc explain`.
    pub const fn code(&self) -> Code {
        match self {
            Problem::TooLong => codes::TOO_LONG,
            Problem::NotUtf8(_) => codes::NOT_UTF8,
            Problem::NotJson(_) => codes::NOT_JSON,
            Problem::NoSource => codes::NO_SOURCE,
            Problem::NoTime => codes::NO_TIME,
            Problem::UnknownSource { .. } => codes::UNKNOWN_SOURCE,
            Problem::WrongType { .. } => codes::WRONG_TYPE,
            Problem::NoValue { .. } => codes::NO_VALUE,
            Problem::Twice(_) => codes::TWICE,
        }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |n| format!(", did you mean `{n}`?"))
}

impl<R: Read> Reader<R> {
    /// Reads for rules that share one schema, this one.
    pub fn new(input: R, schema: &Arc<Schema>, rules: &[Arc<Rule>]) -> Reader<R> {
        let engine = Engine::new(rules);
        let used: Vec<bool> = (0..schema.sources.len()).map(|n| engine.uses(SourceId(n as u32))).collect();
        let fields = read_fields(schema, rules.iter().map(|rule| &**rule));
        Reader { lines: Lines::new(input, LONGEST_LINE), object: Object::new(schema, &used, &fields), number: 0 }
    }

    /// The next line that is not blank; none at the end. An error is the input's own (a disk, a damaged archive).
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let Some(raw) = self.lines.advance()? else { return Ok(None) };
            self.number += 1;
            if raw == Raw::TooLong {
                return Ok(Some(bad(self.number, Problem::TooLong)));
            }
            if !self.lines.line().iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let bytes = self.lines.line();
        let bytes = if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        Ok(Some(match std::str::from_utf8(bytes) {
            Err(e) => bad(self.number, Problem::NotUtf8(e.valid_up_to())),
            Ok(text) => match self.object.read(text, self.number) {
                Err(problem) => bad(self.number, problem),
                Ok(Outcome::Unused(time)) => Line::Unused { time },
                Ok(Outcome::Event(source)) => match self.object.event(source) {
                    Some(event) => Line::Event(event),
                    None => bad(self.number, Problem::NoSource),
                },
            },
        }))
    }

    /// How many lines were read.
    pub fn lines_read(&self) -> u64 {
        self.number
    }
}

fn bad<'a>(line: u64, problem: Problem) -> Line<'a> {
    Line::Bad(LineError { line, problem })
}

#[cfg(test)]
mod tests;
