//! The beginning of a query: its header, the reported interval, and the union of filtered tables.

use super::Writer;
use super::dialect::{null, type_name};
use super::text::{comment, instant, quote, span};
use crate::backend::header;
use crate::backend::print::Printer;
use crate::backend::target::{MappedField, MappedSource, Mapping, Unit};
use crate::ir::{CompareOp, ExprKind, Rule};
use crate::pack::schema::FieldId;
use crate::plan::{Column, Expr, Plan, Read, columns, make, words};
use crate::value::{Scalar, Type};
use serde_json::json;

/// What the query is, for its reader.
pub(super) fn head(rule: &Rule, plan: &Plan, assumptions: &[&str]) -> String {
    let mut lines = header::beginning(rule, super::super::fidelity(plan));
    lines.push(format!("schedule: every {}, delay {}", words(rule.schedule.every), words(rule.schedule.delay)));
    lines.extend(header::ending(plan, assumptions));
    lines.iter().map(|l| format!("// {}\n", comment(l))).collect()
}

/// The run at T reports (T - delay - every, T - delay]; rounding down absorbs a late start.
pub(super) fn interval(w: &mut Writer<'_>) {
    let (every, delay) = (w.rule.schedule.every, w.rule.schedule.delay);
    let divides_a_day = every > 0 && 86_400_000 % every == 0;
    let now = w.inputs.standing.as_ref().map_or_else(|| "now()".to_owned(), |s| instant(s.now));
    let run = if divides_a_day {
        format!("bin({now}, {})", span(every))
    } else {
        format!("bin_at({now}, {}, datetime(1970-01-01))", span(every))
    };
    let to = if delay == 0 { run } else { format!("{run} - {}", span(delay)) };
    w.lets.push(format!("let report_to = {to}"));
    w.lets.push(format!("let report_from = report_to - {}", span(every)));
}

/// The union of the filtered tables, projected to canonical columns.
pub(super) fn reads(w: &mut Writer<'_>) {
    let plan = w.plan;
    let time = Column(std::sync::Arc::from("event_time"));
    w.know(&time, Type::TIMESTAMP);
    if let Some(column) = &plan.row_source {
        w.know(column, Type::STRING);
    }
    let mut views = Vec::new();
    for read in &plan.reads {
        let Some(mapped) = w.inputs.mapping.source(read.source) else {
            let at = place_of(w.rule, read);
            w.faults.push(w.inputs.mapping.unmapped_source(w.rule, read.source, at));
            continue;
        };
        views.push(one(w, read, mapped, &time));
    }
    let many = views.len() > 1;
    let last = views.len().saturating_sub(1);
    for (i, view) in views.iter_mut().enumerate() {
        let (opening, closing) = if many { ("    (", if i == last { ")" } else { ")," }) } else { ("", "") };
        if let Some(view) = view.as_object_mut() {
            view.insert("opening".to_owned(), opening.into());
            view.insert("closing".to_owned(), closing.into());
        }
    }
    w.add("read", &json!({ "reads": views, "many": many }));
}

fn place_of(rule: &Rule, read: &Read) -> crate::source::Span {
    rule.events.iter().find(|e| e.source == read.source).map(|e| e.span).unwrap_or_default()
}

fn one(w: &mut Writer<'_>, read: &Read, mapped: &MappedSource, time: &Column) -> serde_json::Value {
    let raw_time = match mapped.time.unit {
        None => w.printer.dialect.column(&mapped.time.column),
        Some(unit) => epoch(&w.printer.dialect.column(&mapped.time.column), unit),
    };
    let mut listed = vec![format!("{} = bin({raw_time}, 1ms)", w.name(time))];
    if let Some(column) = &w.plan.row_source {
        let name = w.rule.schema.source_at(read.source).map_or("", |(n, _)| n);
        listed.push(format!("{} = {}", w.name(column), quote(name)));
    }
    let (early, late) = split(w, read, mapped);
    let mut needed = w.read_later.clone();
    late.iter().for_each(|k| columns::of_expr(k, &mut needed));
    for (field, column) in &read.fields {
        let ty = w.rule.schema.field_at(*field).map_or(Type::STRING, |(_, f)| f.ty);
        w.know(column, ty);
        // What only decides whether a row is read is asked of the product's own column.
        if !needed.contains(column) {
            continue;
        }
        let value = value(w, read, *field, ty);
        let name = w.name(column);
        listed.push(if value == name { name } else { format!("{name} = {value}") });
    }
    let mut wheres: Vec<String> = mapped
        .select
        .iter()
        .map(|(column, text)| format!("{} == {}", w.printer.dialect.column(column), quote(text)))
        .collect();
    wheres.extend(early);
    json!({
        "table": w.printer.dialect.column(&mapped.table),
        "time": raw_time,
        "lookback": if read.lookback == 0 { String::new() } else { format!(" - {}", span(read.lookback)) },
        "wheres": wheres,
        "columns": listed,
        "keep": late.map(|k| w.printer.condition(&k).text),
    })
}

fn epoch(column: &str, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("unixtime_milliseconds_todatetime(tolong(round({column} * 1000000.0)) / 1000)"),
        Unit::Milliseconds => format!("unixtime_milliseconds_todatetime({column})"),
        Unit::Microseconds => format!("unixtime_microseconds_todatetime({column})"),
        Unit::Nanoseconds => format!("unixtime_nanoseconds_todatetime({column})"),
    }
}

/// The canonical value of a field, from the product's column.
fn value(w: &mut Writer<'_>, read: &Read, field: FieldId, ty: Type) -> String {
    if w.inputs.mapping.is_unavailable(read.source, field) {
        return null(ty);
    }
    let Some(mapped) = w.inputs.mapping.field(read.source, field) else {
        let at = Mapping::place_of(w.rule, read.source, field);
        w.faults.push(w.inputs.mapping.unmapped_field(w.rule, read.source, field, at));
        return null(ty);
    };
    converted(w.printer, mapped, ty)
}

/// The product's column in the canonical type and unit.
fn converted(p: &Printer<'_>, mapped: &MappedField, ty: Type) -> String {
    let column = p.dialect.column(&mapped.column);
    match (ty, mapped.ty) {
        (Type::Scalar(Scalar::Boolean), Scalar::Boolean) => column,
        (Type::Scalar(Scalar::Boolean), stored) => match &mapped.truth {
            Some((yes, no)) => {
                let text = |v: &str| if stored == Scalar::Integer { v.to_owned() } else { quote(v) };
                format!("case({column} == {}, true, {column} == {}, false, bool(null))", text(yes), text(no))
            }
            None => format!("tobool({column})"),
        },
        (Type::Scalar(Scalar::Duration), Scalar::Duration) => format!("tolong({column} / 1ms)"),
        (Type::Scalar(Scalar::Duration), stored) => duration(&column, stored, mapped.unit),
        (Type::Scalar(Scalar::Timestamp), Scalar::Integer | Scalar::Number) => {
            format!("bin({}, 1ms)", epoch(&column, mapped.unit.unwrap_or(Unit::Milliseconds)))
        }
        (Type::Scalar(Scalar::Timestamp), _) => format!("bin({column}, 1ms)"),
        (Type::Scalar(Scalar::Integer), _) => format!("tolong({column})"),
        (Type::Scalar(Scalar::Number), _) => format!("todouble({column})"),
        (Type::Scalar(Scalar::String), _) => {
            let text = if mapped.trailing_dot { format!("trim_end(@\"\\.\", {column})") } else { column };
            if mapped.lower { p.folded("tolower", &text) } else { text }
        }
        (Type::Scalar(Scalar::Ip), _) => {
            p.assume("addresses-are-canonical");
            column
        }
        _ => column,
    }
}

/// Milliseconds, floored; a fraction of seconds is rounded to microseconds first, since 1.001 * 1000 is less than 1001.
fn duration(column: &str, stored: Scalar, unit: Option<Unit>) -> String {
    match (unit.unwrap_or(Unit::Milliseconds), stored) {
        (Unit::Milliseconds, Scalar::Integer) => format!("tolong({column})"),
        (Unit::Milliseconds, _) => format!("tolong(bin({column}, 1))"),
        (Unit::Seconds, Scalar::Integer) => format!("tolong({column}) * 1000"),
        (Unit::Seconds, _) => format!("tolong(round({column} * 1000000.0)) / 1000"),
        (Unit::Microseconds, _) => format!("tolong({column}) / 1000"),
        (Unit::Nanoseconds, _) => format!("tolong({column}) / 1000000"),
    }
}

/// Conditions that the product's own columns can answer before anything is computed, and the rest.
fn split(w: &Writer<'_>, read: &Read, mapped: &MappedSource) -> (Vec<String>, Option<Expr>) {
    let Some(keep) = &read.keep else { return (Vec::new(), None) };
    let parts = match &keep.kind {
        ExprKind::And(parts) => parts.clone(),
        _ => vec![keep.clone()],
    };
    let mut early = Vec::new();
    let mut late = Vec::new();
    for part in parts {
        match raw(read, mapped, &part) {
            Some(raw) => early.push(w.printer.condition(&raw).text),
            None => late.push(part),
        }
    }
    let late = make::and(late);
    let none = matches!(late.kind, ExprKind::Const(_));
    (early, (!none).then_some(late))
}

/// The condition over the product's column, where a text or an integer is kept there as it is.
fn raw(read: &Read, mapped: &MappedSource, part: &Expr) -> Option<Expr> {
    let direct = |expr: &Expr| -> Option<Expr> {
        let ExprKind::Leaf(column) = &expr.kind else { return None };
        let (field, _) = read.fields.iter().find(|(_, c)| c == column)?;
        let there = mapped.fields.get(field)?;
        let same = Type::Scalar(there.ty) == expr.ty && !there.lower && !there.trailing_dot && there.unit.is_none();
        let plain = matches!(there.ty, Scalar::String | Scalar::Integer | Scalar::Boolean);
        (same && plain && !there.list)
            .then(|| Expr { kind: ExprKind::Leaf(Column(std::sync::Arc::from(there.column.as_str()))), ..expr.clone() })
    };
    let kind = match &part.kind {
        ExprKind::Compare { op: op @ CompareOp::Equal, fold, left, right }
            if matches!(right.kind, ExprKind::Const(_)) =>
        {
            ExprKind::Compare { op: *op, fold: *fold, left: Box::new(direct(left)?), right: right.clone() }
        }
        ExprKind::InList { fold, item, list } => {
            ExprKind::InList { fold: *fold, item: Box::new(direct(item)?), list: list.clone() }
        }
        ExprKind::Leaf(_) => return direct(part),
        _ => return None,
    };
    Some(Expr { kind, ..part.clone() })
}

/// The type's name, for declarations.
pub(super) fn declared(ty: Type) -> &'static str {
    type_name(ty)
}
