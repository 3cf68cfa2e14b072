//! The two shapes of a query, an event query and a sequence, and their text.

use super::cond::{self, Cond};
use super::streams::KeyColumn;
use super::text;
use crate::backend::target::TargetData;

/// A query without its header.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Every event where it holds.
    Event(Cond),
    /// Steps in order.
    Sequence {
        /// Milliseconds, closed.
        maxspan: i64,
        /// In order.
        rows: Vec<Row>,
        /// What ends it.
        until: Option<Row>,
    },
}

/// One line of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// An event has to be there; false: none may.
    pub present: bool,
    /// Which events.
    pub cond: Cond,
    /// What joins.
    pub keys: Vec<KeyColumn>,
}

/// Every condition of a query.
pub(super) fn conditions(shape: &Shape) -> Vec<&Cond> {
    match shape {
        Shape::Event(cond) => vec![cond],
        Shape::Sequence { rows, until, .. } => rows.iter().chain(until).map(|row| &row.cond).collect(),
    }
}

/// The text, with line breaks.
pub(super) fn print(shape: &Shape, target: &TargetData) -> String {
    match shape {
        Shape::Event(cond) => lines("any where ", cond, "", target),
        Shape::Sequence { maxspan, rows, until } => {
            let all = || rows.iter().chain(until);
            let shared = rows.first().map(|r| &r.keys).filter(|keys| all().all(|r| r.keys == **keys));
            let by = shared.map_or(String::new(), |keys| keys_text(keys, target));
            let mut out = format!("sequence{by} with maxspan={}\n", text::span(*maxspan));
            let row_text = |row: &Row| {
                let sign = if row.present { "" } else { "!" };
                let by = if shared.is_some() { String::new() } else { keys_text(&row.keys, target) };
                format!("{sign}[{}]{by}", lines("any where ", &row.cond, "    ", target))
            };
            let mut rest = rows.iter().peekable();
            while let Some(row) = rest.next() {
                let mut runs = 1;
                while row.present && rest.next_if(|next| *next == row).is_some() {
                    runs += 1;
                }
                let repeated = if runs > 1 { format!(" with runs={runs}") } else { String::new() };
                out += &["  ", &row_text(row), &repeated, "\n"].concat();
            }
            if let Some(until) = until {
                out += &["until ", &row_text(until), "\n"].concat();
            }
            out.trim_end().to_owned()
        }
    }
}

fn keys_text(keys: &[KeyColumn], target: &TargetData) -> String {
    // Without `?`: a missing key joins nothing, as a rule means it, while `?key` would join the missing ones.
    let names: Vec<String> = keys.iter().map(|(column, _)| text::name(column, false, target)).collect();
    if names.is_empty() { String::new() } else { format!(" by {}", names.join(", ")) }
}

/// A condition behind its opening words; one that is long takes a line for each part.
fn lines(opening: &str, cond: &Cond, indent: &str, target: &TargetData) -> String {
    let flat = cond::print(cond, target);
    let (parts, word) = match cond {
        Cond::And(parts) => (parts, "and"),
        Cond::Or(parts) => (parts, "or"),
        _ => return format!("{opening}{flat}"),
    };
    if flat.chars().count() <= 100 {
        return format!("{opening}{flat}");
    }
    let inner = |part: &Cond| match part {
        Cond::And(_) | Cond::Or(_) => format!("({})", cond::print(part, target)),
        other => cond::print(other, target),
    };
    let texts: Vec<String> = parts.iter().map(inner).collect();
    format!("{opening}{}", texts.join(&format!("\n{indent}  {word} ")))
}
