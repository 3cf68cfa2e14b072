//! Lookups, written into the query: the rows that matter, as comparisons of their keys.

use super::codes;
use super::cond::{Cond, and, not, or};
use super::lower::Lower;
use super::test::Test;
use crate::ir::{Expr, LookupId, StringTest};
use crate::pack::lookup::{Lookup, Matching};
use crate::value::Value;
use ipnet::IpNet;
use std::sync::Arc;

/// `keys in lookup`.
pub(super) fn contains(lower: &mut Lower<'_>, expr: &Expr, lookup: LookupId, keys: &[Expr]) -> Cond {
    let Some(table) = inlined(lower, expr, lookup) else { return Cond::Always(true) };
    let rows: Vec<&[Value]> = table.rows.iter().map(Vec::as_slice).collect();
    matching(lower, &table, keys, &rows)
}

/// A question about `lookup[keys].column`: the rows whose cell answers it, less more specific rows whose cell does not.
pub(super) fn column(
    lower: &mut Lower<'_>,
    expr: &Expr,
    lookup: LookupId,
    keys: &[Expr],
    column: usize,
    test: &Test,
) -> Cond {
    let Some(table) = inlined(lower, expr, lookup) else { return Cond::Always(true) };
    let cell = |row: &[Value]| row.get(table.keys.len() + column).cloned().unwrap_or(Value::Missing);
    let (mut met, mut unmet): (Vec<&[Value]>, Vec<&[Value]>) = (Vec::new(), Vec::new());
    for row in &table.rows {
        match test.holds(&cell(row)) {
            Some(true) => met.push(row),
            Some(false) => unmet.push(row),
            None => return lower.refuse(expr, codes::COMPUTED, "a pattern over a lookup's column cannot be said"),
        }
    }
    let Some(wide) = table.keys.iter().position(|k| matches!(k.matching, Matching::Suffix | Matching::Cidr)) else {
        return matching(lower, &table, keys, &met);
    };
    let mut parts = Vec::new();
    let mut simple = Vec::new();
    for row in met {
        let inside: Vec<&[Value]> = unmet.iter().copied().filter(|other| is_inside(&table, wide, row, other)).collect();
        if inside.is_empty() {
            simple.push(row);
            continue;
        }
        let outer = matching(lower, &table, keys, &[row]);
        parts.push(and([outer, not(matching(lower, &table, keys, &inside))]));
    }
    parts.push(matching(lower, &table, keys, &simple));
    or(parts)
}

fn inlined(lower: &mut Lower<'_>, expr: &Expr, id: LookupId) -> Option<Arc<Lookup>> {
    let table = lower.rule.lookups.get(id.index()).cloned()?;
    let most = lower.target.limits.inline_rows.unwrap_or(usize::MAX);
    if table.rows.len() > most {
        let message = format!(
            "the lookup `{}` has {} rows, and at most {most} are written into a query: nothing else can hold a lookup there",
            table.name,
            table.rows.len()
        );
        lower.refuse(expr, codes::LOOKUP, &message);
        return None;
    }
    Some(table)
}

/// Whether any of the rows matches. Rows that differ in the last key alone share one list.
fn matching(lower: &mut Lower<'_>, table: &Lookup, keys: &[Expr], rows: &[&[Value]]) -> Cond {
    let last = table.keys.len().saturating_sub(1);
    let mut groups: Vec<(&[Value], Vec<Value>)> = Vec::new();
    for row in rows {
        let before = row.get(..last).unwrap_or_default();
        let cell = row.get(last).cloned().unwrap_or(Value::Missing);
        match groups.iter_mut().find(|(b, _)| *b == before) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((before, vec![cell])),
        }
    }
    let mut choices = Vec::new();
    for (before, cells) in groups {
        let mut parts = Vec::new();
        for ((cell, key), declared) in before.iter().zip(keys).zip(&table.keys) {
            parts.push(meets(lower, key, declared.matching, std::slice::from_ref(cell)));
        }
        if let (Some(key), Some(declared)) = (keys.get(last), table.keys.get(last)) {
            parts.push(meets(lower, key, declared.matching, &cells));
        }
        choices.push(and(parts));
    }
    or(choices)
}

/// A key meets one of the cells.
fn meets(lower: &mut Lower<'_>, key: &Expr, matching: Matching, cells: &[Value]) -> Cond {
    match matching {
        Matching::Exact => lower.ask(key, &Test::In { fold: false, values: cells.to_vec() }),
        Matching::Nocase => lower.ask(key, &Test::In { fold: true, values: cells.to_vec() }),
        Matching::Suffix => {
            let whole = lower.ask(key, &Test::In { fold: true, values: cells.to_vec() });
            let mut choices = vec![whole];
            for cell in cells {
                if let Value::String(text) = cell {
                    let needle = format!(".{text}");
                    choices.push(lower.ask(key, &Test::Text { op: StringTest::EndsWith, fold: true, needle }));
                }
            }
            or(choices)
        }
        Matching::Cidr => {
            let nets: Vec<IpNet> = cells.iter().filter_map(net).collect();
            lower.ask(key, &Test::Nets(nets))
        }
    }
}

fn net(cell: &Value) -> Option<IpNet> {
    let Value::String(text) = cell else { return None };
    text.parse().ok().or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| IpNet::from(ip)))
}

/// True where every value that meets `other`'s wide key meets `row`'s too, and `other` is the more specific.
fn is_inside(table: &Lookup, wide: usize, row: &[Value], other: &[Value]) -> bool {
    let (Some(outer), Some(inner)) = (row.get(wide), other.get(wide)) else { return false };
    match (table.keys.get(wide).map(|k| k.matching), outer, inner) {
        (Some(Matching::Suffix), Value::String(outer), Value::String(inner)) => {
            let (outer, inner) = (outer.to_ascii_lowercase(), inner.to_ascii_lowercase());
            inner.ends_with(&format!(".{outer}"))
        }
        (Some(Matching::Cidr), ..) => match (net(outer), net(inner)) {
            (Some(outer), Some(inner)) => outer != inner && outer.contains(&inner),
            _ => false,
        },
        _ => false,
    }
}
