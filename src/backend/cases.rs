//! Lookups that a query spells out: rows that give the same become one case.
//!
//! In: a lookup. Out: its rows in the order in which they are tried, those of one cell together where no more specific row of another
//! cell would be passed over.

use crate::ir::regex;
use crate::pack::lookup::{Lookup, Matching};
use crate::value::Value;

/// Rows that give one cell.
pub struct Case<'a> {
    /// In no order that matters.
    pub rows: Vec<&'a Vec<Value>>,
    /// What they give; missing where only membership is asked.
    pub cell: Value,
}

/// The cases of a column (its place among those that are no keys), the most specific first; of membership without one.
pub fn grouped(lookup: &Lookup, place: Option<usize>) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for row in lookup.most_specific_first() {
        let cell = place.map_or(Value::Missing, |place| lookup.cell(row, place));
        let known = cases.iter().rposition(|case| case.cell == cell && same(&case.cell, &cell));
        // Nothing between may be a part of what this row covers.
        let free = known.filter(|at| {
            cases.iter().skip(at + 1).flat_map(|case| &case.rows).all(|other| !may_meet(lookup, other, row))
        });
        match free.and_then(|at| cases.get_mut(at)) {
            Some(case) if place.is_none() && case.rows.iter().any(|other| covers(lookup, row, other)) => {
                case.rows.retain(|other| !covers(lookup, row, other));
                case.rows.push(row);
            }
            Some(case) => case.rows.push(row),
            None => cases.push(Case { rows: vec![row], cell }),
        }
    }
    cases
}

/// Sameness counts 1 and 1.0 as one, and they print as two.
fn same(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// False where no value can fit both rows.
fn may_meet(lookup: &Lookup, a: &[Value], b: &[Value]) -> bool {
    lookup.keys.iter().zip(a.iter().zip(b)).all(|(key, (a, b))| match (key.matching, a, b) {
        (Matching::Suffix, Value::String(a), Value::String(b)) => ends_in(a, b) || ends_in(b, a),
        (Matching::Exact, a, b) => a == b,
        (Matching::Nocase, Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        _ => true,
    })
}

/// Whether all that fits `inner` fits `outer`: suffixes alone.
fn covers(lookup: &Lookup, outer: &[Value], inner: &[Value]) -> bool {
    match (lookup.keys.as_slice(), outer.first(), inner.first()) {
        ([key], Some(Value::String(outer)), Some(Value::String(inner))) if key.matching == Matching::Suffix => {
            ends_in(inner, outer)
        }
        _ => false,
    }
}

fn ends_in(text: &str, end: &str) -> bool {
    let (text, end) = (text.to_ascii_lowercase(), end.to_ascii_lowercase());
    text == end || text.ends_with(&format!(".{end}"))
}

/// One expression for the keys of rows that match by suffix, to be read without case; `end` says the very end of a text.
pub fn suffixes(rows: &[&Vec<Value>], end: &str) -> String {
    let texts = rows.iter().filter_map(|row| match row.first() {
        Some(Value::String(text)) => Some(regex::quoted(text)),
        _ => None,
    });
    let texts: Vec<String> = texts.collect();
    match texts.as_slice() {
        [one] => format!("(^|[.]){one}{end}"),
        many => format!("(^|[.])({}){end}", many.join("|")),
    }
}
