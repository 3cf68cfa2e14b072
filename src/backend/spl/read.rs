//! The beginning of a search: its header, the indexed terms before any pipe, and the canonical columns.

use super::Writer;
use super::text::{comment, name, quote, search_name};
use crate::backend::header;
use crate::backend::print::Printer;
use crate::backend::target::{MappedField, MappedSource, Mapping, Unit};
use crate::ir::{CompareOp, ExprKind, Rule};
use crate::plan::{Column, Expr, Plan, Read, make, words};
use crate::value::{Scalar, Type, Value};
use serde_json::json;

/// What the query is, for its reader.
pub(super) fn head(rule: &Rule, plan: &Plan, assumptions: &[&str]) -> String {
    let mut lines = header::beginning(rule, super::super::fidelity(plan));
    let lookback = plan.reads.iter().map(|r| r.lookback).max().unwrap_or(0);
    lines.push(format!(
        "schedule: every {}, delay {}, earliest -{}",
        words(rule.schedule.every),
        words(rule.schedule.delay),
        words(reach(rule, lookback))
    ));
    lines.extend(header::ending(plan, assumptions));
    lines.iter().map(|l| format!("```{}```\n", comment(l))).collect()
}

/// How far before now the search reads: a run may begin up to one interval late.
fn reach(rule: &Rule, lookback: i64) -> i64 {
    rule.schedule.every.saturating_mul(2).saturating_add(rule.schedule.delay).saturating_add(lookback)
}

pub(super) fn reads(w: &mut Writer<'_>) {
    let plan = w.plan;
    let mut searches = Vec::new();
    let mut found: Vec<(&Read, &MappedSource)> = Vec::new();
    for read in &plan.reads {
        match w.inputs.mapping.source(read.source) {
            Some(mapped) => {
                searches.push(terms(read, mapped));
                found.push((read, mapped));
            }
            None => {
                let at = w.rule.events.iter().find(|e| e.source == read.source).map(|e| e.span).unwrap_or_default();
                w.faults.push(w.inputs.mapping.unmapped_source(w.rule, read.source, at));
            }
        }
    }
    let lookback = plan.reads.iter().map(|r| r.lookback).max().unwrap_or(0);
    let many = searches.len() > 1;
    let searches: Vec<String> = searches.into_iter().map(|s| if many { format!("({s})") } else { s }).collect();
    let columns = columns(w, &found);
    let kept: Vec<String> = w.types.keys().map(|c| c.0.to_string()).collect();
    let keep = keep(w, &found);
    let seconds = (reach(w.rule, lookback) + 999) / 1000;
    let rows = w.inputs.standing.as_ref().map(|s| s.rows.as_str());
    let view = json!({ "rows": rows, "searches": searches, "earliest": seconds, "columns": columns, "kept": kept, "keep": keep });
    w.add("read", &view);
}

/// Index, selecting fields and plain equalities: what the product looks up before it reads an event. `search` compares without case,
/// so this keeps at least what `where` will.
fn terms(read: &Read, mapped: &MappedSource) -> String {
    let mut terms = vec![format!("index={}", quote(&mapped.table))];
    terms.extend(mapped.select.iter().map(|(c, text)| format!("{}={}", search_name(c), quote(text))));
    let parts = match read.keep.as_ref().map(|k| &k.kind) {
        Some(ExprKind::And(parts)) => parts.clone(),
        Some(_) => read.keep.iter().cloned().collect(),
        None => Vec::new(),
    };
    terms.extend(parts.iter().filter_map(|p| term(read, mapped, p)));
    terms.join(" ")
}

fn term(read: &Read, mapped: &MappedSource, part: &Expr) -> Option<String> {
    let (item, values): (&Expr, Vec<&Expr>) = match &part.kind {
        ExprKind::Compare { op: CompareOp::Equal, left, right, .. } => (left, vec![right]),
        ExprKind::InList { item, list, .. } => (item, list.iter().collect()),
        _ => return None,
    };
    let ExprKind::Leaf(column) = &item.kind else { return None };
    let (field, _) = read.fields.iter().find(|(_, c)| c == column)?;
    let there = mapped.fields.get(field).filter(|f| f.ty == Scalar::String && !f.trailing_dot && !f.list)?;
    let texts: Option<Vec<String>> = values
        .into_iter()
        .map(|v| match &v.kind {
            // Wildcards and backslashes mean something else here; such a text is left to `where`.
            ExprKind::Const(Value::String(text))
                if !text.is_empty()
                    && text.trim() == &**text
                    && !text.contains(|c: char| c.is_control() || matches!(c, '*' | '\\' | '?' | '"' | '`')) =>
            {
                Some(quote(text))
            }
            _ => None,
        })
        .collect();
    let texts = texts?;
    let field = search_name(&there.column);
    Some(match texts.as_slice() {
        [one] => format!("{field}={one}"),
        many => format!("{field} IN ({})", many.join(", ")),
    })
}

/// Canonical columns, chosen by source where products name them differently.
fn columns(w: &mut Writer<'_>, found: &[(&Read, &MappedSource)]) -> Vec<String> {
    let mut out = Vec::new();
    let time = Column(std::sync::Arc::from("event_time"));
    let of_fields = found.iter().flat_map(|(r, _)| r.fields.iter().map(|(_, c)| c));
    let assigned: Vec<String> =
        of_fields.chain(&w.plan.row_source).chain([&time]).map(|column| column.0.to_string()).collect();
    w.know(&time, Type::TIMESTAMP);
    let times =
        found.iter().map(|(r, m)| (r.source, epoch(&name(&m.time.column), m.time.unit.unwrap_or(Unit::Seconds))));
    let mut values: Vec<(Column, Vec<(crate::pack::schema::SourceId, String)>)> = vec![(time, times.collect())];
    if let Some(column) = w.plan.row_source.clone() {
        w.know(&column, Type::STRING);
        let cases: Vec<String> = found
            .iter()
            .map(|(read, mapped)| {
                let source = w.rule.schema.source_at(read.source).map_or("", |(n, _)| n);
                format!("{}, {}", selected(mapped), quote(source))
            })
            .collect();
        out.push(format!("{}=case({})", w.name(&column), cases.join(", ")));
    }
    for (read, _) in found {
        for (field, column) in &read.fields {
            let ty = w.rule.schema.field_at(*field).map_or(Type::STRING, |(_, f)| f.ty);
            w.know(column, ty);
            let value = match (
                w.inputs.mapping.field(read.source, *field),
                w.inputs.mapping.is_unavailable(read.source, *field),
            ) {
                // Assignments see each other: a column of this name may be another one by now.
                (Some(mapped), false) if assigned.contains(&mapped.column) && *mapped.column != *column.0 => {
                    let mut alias = format!("raw_{}", mapped.column);
                    while w.plan.names.has(&alias) {
                        alias.push('_');
                    }
                    let copy = format!("{alias}={}", name(&mapped.column));
                    if !out.contains(&copy) {
                        out.insert(0, copy);
                    }
                    converted(w.printer, &MappedField { column: alias, ..mapped.clone() }, ty)
                }
                (Some(mapped), false) => converted(w.printer, mapped, ty),
                (_, true) => "null()".to_owned(),
                (None, false) => {
                    let at = Mapping::place_of(w.rule, read.source, *field);
                    w.faults.push(w.inputs.mapping.unmapped_field(w.rule, read.source, *field, at));
                    continue;
                }
            };
            match values.iter_mut().find(|(c, _)| c == column) {
                Some((_, all)) => all.push((read.source, value)),
                None => values.push((column.clone(), vec![(read.source, value)])),
            }
        }
    }
    for (column, all) in values {
        out.push(format!("{}={}", w.name(&column), chosen(w, &all, found.len())));
    }
    out
}

fn chosen(w: &Writer<'_>, all: &[(crate::pack::schema::SourceId, String)], sources: usize) -> String {
    let first = all.first().map_or_else(|| "null()".to_owned(), |(_, v)| v.clone());
    if all.len() == sources && all.iter().all(|(_, v)| *v == first) {
        return first;
    }
    let column = w.plan.row_source.as_ref().map_or(String::new(), |c| w.name(c));
    let cases: Vec<String> = all
        .iter()
        .map(|(source, value)| {
            let source = w.rule.schema.source_at(*source).map_or("", |(n, _)| n);
            format!("{column}=={}, {value}", quote(source))
        })
        .collect();
    format!("case({})", cases.join(", "))
}

/// What tells a source's events from those of others.
fn selected(mapped: &MappedSource) -> String {
    let mut tests = vec![format!("index=={}", quote(&mapped.table))];
    tests.extend(mapped.select.iter().map(|(c, text)| format!("{}=={}", name(c), quote(text))));
    tests.join(" AND ")
}

/// Whole milliseconds, floored; microseconds first, since 0.001 * 1000 of a double may be less than 1.
fn epoch(column: &str, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("floor(exact(round({column}*1000000)/1000))"),
        Unit::Milliseconds => format!("floor({column})"),
        Unit::Microseconds => format!("floor(exact({column}/1000))"),
        Unit::Nanoseconds => format!("floor(exact({column}/1000000))"),
    }
}

fn converted(p: &Printer<'_>, mapped: &MappedField, ty: Type) -> String {
    let column = name(&mapped.column);
    match ty {
        Type::Scalar(Scalar::Boolean) => {
            let (yes, no) = mapped.truth.clone().unwrap_or_else(|| ("true".to_owned(), "false".to_owned()));
            format!("case({column}=={}, 1, {column}=={}, 0)", truth(&yes), truth(&no))
        }
        Type::Scalar(Scalar::Duration | Scalar::Timestamp) => epoch(&column, mapped.unit.unwrap_or(Unit::Milliseconds)),
        Type::Scalar(Scalar::Integer | Scalar::Number) if mapped.ty == Scalar::String => format!("tonumber({column})"),
        Type::Scalar(Scalar::String) => {
            let text = if mapped.trailing_dot { format!("replace({column}, \"[.]$\", \"\")") } else { column };
            let text = if mapped.lower { p.folded("lower", &text) } else { text };
            // An empty text is missing to a rule.
            format!("nullif({text}, \"\")")
        }
        Type::Scalar(Scalar::Ip) => {
            p.assume("addresses-are-canonical");
            format!("nullif({column}, \"\")")
        }
        _ => column,
    }
}

fn truth(text: &str) -> String {
    if text.parse::<i64>().is_ok() { text.to_owned() } else { quote(text) }
}

/// Each source's conditions, exactly.
fn keep(w: &Writer<'_>, found: &[(&Read, &MappedSource)]) -> Option<String> {
    if found.iter().all(|(r, _)| r.keep.is_none()) {
        return None;
    }
    let parts = found.iter().map(|(read, _)| {
        let name = w.rule.schema.source_at(read.source).map_or("", |(n, _)| n);
        let is = match &w.plan.row_source {
            Some(column) => make::equal(make::sure(column, Type::STRING), make::text(name)),
            None => make::boolean(true),
        };
        make::and(std::iter::once(is).chain(read.keep.clone()))
    });
    Some(w.printer.condition(&make::or(parts.collect::<Vec<_>>())).text)
}
