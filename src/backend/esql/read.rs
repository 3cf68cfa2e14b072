//! The beginning of a query: the indices, the part of time that is read, and the canonical columns.

use super::field::{epoch, value};
use super::text::{index, quote, span};
use super::{Writer, codes};
use crate::backend::print::Dialect as _;
use crate::backend::target::MappedSource;
use crate::ir::{CompareOp, ExprKind, Rule};
use crate::plan::{Column, Expr, Read, columns, make};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A read with where it is.
struct Place<'a> {
    read: &'a Read,
    mapped: &'a MappedSource,
    /// Early conditions, over the product's columns.
    early: Vec<String>,
    /// The rest of what every row of the source fulfils, over canonical columns.
    late: Option<Expr>,
}

/// The end of the reported interval, and its beginning less a look-back: T is the newest multiple of `every`.
pub(super) fn interval(w: &Writer<'_>, lookback: i64) -> (String, String) {
    let (every, delay) = (w.rule.schedule.every, w.rule.schedule.delay);
    let standing = w.inputs.standing.as_ref().map(|s| Value::Timestamp(s.now));
    let now = standing.and_then(|now| w.dialect.literal(&now, Type::TIMESTAMP)).unwrap_or_else(|| "NOW()".to_owned());
    let run = format!("DATE_TRUNC({}, {now})", span(every));
    let before = |ms: i64| match ms {
        0 => run.clone(),
        ms if ms < 0 => format!("{run} + {}", span(-ms)),
        ms => format!("{run} - {}", span(ms)),
    };
    (before(delay.saturating_add(every).saturating_add(lookback)), before(delay))
}

/// Reads all sources at once, and gives their rows canonical columns.
pub(super) fn reads(w: &mut Writer<'_>) {
    let plan = w.plan;
    let time = Column(Arc::from("event_time"));
    w.know(&time, Type::TIMESTAMP);
    let mut places = Vec::new();
    for read in &plan.reads {
        let Some(mapped) = w.inputs.mapping.source(read.source) else {
            let at = place_of(w.rule, read);
            w.faults.push(w.inputs.mapping.unmapped_source(w.rule, read.source, at));
            continue;
        };
        let (early, late) = split(w, read, mapped);
        places.push(Place { read, mapped, early, late });
    }
    told_apart(w, &places);
    let mut tables = Vec::new();
    for place in &places {
        let table = index(&place.mapped.table);
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    let wheres = conditions(w, &places);
    let columns = canonical(w, &places, &time);
    let keep: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let mut keep = keep;
    let late = late(w, &places);
    let given = w.inputs.standing.as_ref().map(|s| s.rows.as_str());
    let mut evals = assignments(&columns);
    if w.documents {
        let id = Column(Arc::from(w.fresh("row_id").as_str()));
        evals.push(vec![json!({ "name": id.0, "value": "CONCAT(_index, \",\", _id)" })]);
        keep.push(id.0.to_string());
        w.know(&id, Type::STRING);
        w.identity.push(id);
    }
    let view = json!({
        "given": given, "tables": tables, "metadata": w.documents, "wheres": wheres, "evals": evals, "keep": keep,
        "late": late.unwrap_or_default(),
    });
    w.add("read", &view);
}

pub(super) fn place_of(rule: &Rule, read: &Read) -> Span {
    rule.events.iter().find(|e| e.source == read.source).map(|e| e.span).unwrap_or_default()
}

/// Any two sources need a column that is constant in each, with different values.
fn told_apart(w: &mut Writer<'_>, places: &[Place<'_>]) {
    for (i, one) in places.iter().enumerate() {
        for other in places.iter().skip(i + 1) {
            let differ = one.mapped.select.iter().any(|(column, text)| {
                other.mapped.select.iter().any(|(column_, text_)| column == column_ && text != text_)
            });
            if !differ {
                let name = |p: &Place<'_>| w.rule.schema.source_at(p.read.source).map_or("", |(n, _)| n).to_owned();
                let message =
                    format!("nothing in the mapping tells events of `{}` and `{}` apart", name(one), name(other));
                let found = codes::refusal(codes::SOURCES, place_of(w.rule, other.read), &message);
                w.faults
                    .push(found.help("give each source of the mapping a `select` of one column with its own value"));
            }
        }
    }
}

/// Time first, then what selects each source.
fn conditions(w: &Writer<'_>, places: &[Place<'_>]) -> Vec<String> {
    let in_time = |place: &Place<'_>| {
        let (from, to) = interval(w, place.read.lookback);
        let time = raw_time(w, place.mapped);
        format!("{time} > {from} AND {time} <= {to}")
    };
    let selected = |place: &Place<'_>| -> Vec<String> {
        let select = place.mapped.select.iter();
        select.map(|(column, text)| format!("{} == {}", w.printer.dialect.column(column), quote(text))).collect()
    };
    if let [only] = places {
        return std::iter::once(in_time(only)).chain(selected(only)).chain(only.early.iter().cloned()).collect();
    }
    let times: BTreeSet<String> = places.iter().map(in_time).collect();
    let shared = times.len() == 1;
    let arms: Vec<String> = places
        .iter()
        .map(|place| {
            let own = (!shared).then(|| in_time(place));
            let parts: Vec<String> = selected(place)
                .into_iter()
                .chain(own)
                .chain(place.early.iter().map(|e| if e.contains(" OR ") { format!("({e})") } else { e.clone() }))
                .collect();
            format!("({})", parts.join(" AND "))
        })
        .collect();
    let mut all: Vec<String> = if shared { times.into_iter().collect() } else { Vec::new() };
    if !arms.is_empty() {
        all.push(arms.join("\n    OR "));
    }
    all
}

fn raw_time(w: &Writer<'_>, mapped: &MappedSource) -> String {
    let column = w.printer.dialect.column(&mapped.time.column);
    match mapped.time.unit {
        None => column,
        Some(unit) => epoch(&column, unit),
    }
}

/// The canonical columns with their values, in order.
fn canonical(w: &mut Writer<'_>, places: &[Place<'_>], time: &Column) -> Vec<(String, String)> {
    let times: Vec<String> = places.iter().map(|p| raw_time(w, p.mapped)).collect();
    let mut all = Vec::new();
    if let Some(column) = w.plan.row_source.clone() {
        w.know(&column, Type::STRING);
        all.push((w.name(&column), source_name(w, places)));
    }
    all.push((w.name(time), by_source(w, places, &times)));
    // What only the first conditions ask for is asked of the product's own columns.
    let mut used = w.used_from(0).clone();
    places.iter().filter_map(|p| p.late.as_ref()).for_each(|late| columns::of_expr(late, &mut used));
    let mut fields: Vec<(crate::pack::schema::FieldId, Column)> = Vec::new();
    for (field, column) in places.iter().flat_map(|p| &p.read.fields).filter(|(_, c)| used.contains(c)) {
        if !fields.iter().any(|(known, _)| known == field) {
            fields.push((*field, column.clone()));
        }
    }
    fields.sort_by_key(|(field, _)| *field);
    for (field, column) in fields {
        let known = w.rule.schema.field_at(field).map(|(_, f)| f.ty);
        let ty = known.unwrap_or(Type::STRING);
        w.know(&column, ty);
        let values: Vec<String> = places.iter().map(|p| value(w, p.read, field, ty)).collect();
        all.push((w.name(&column), by_source(w, places, &values)));
    }
    all
}

/// The source's name, from what selects it.
fn source_name(w: &Writer<'_>, places: &[Place<'_>]) -> String {
    let name = |p: &Place<'_>| w.rule.schema.source_at(p.read.source).map_or("", |(n, _)| n).to_owned();
    let first = places.first().and_then(|p| p.mapped.select.first()).map(|(column, _)| column.clone());
    if let Some(column) = first
        && places.iter().all(|p| p.mapped.select == [(column.clone(), name(p))])
    {
        return w.printer.dialect.column(&column);
    }
    let arms: Vec<String> = places
        .iter()
        .map(|p| {
            let select = p.mapped.select.iter();
            let parts: Vec<String> = select
                .map(|(column, text)| format!("{} == {}", w.printer.dialect.column(column), quote(text)))
                .collect();
            format!("{}, {}", parts.join(" AND "), quote(&name(p)))
        })
        .collect();
    format!("CASE({})", arms.join(", "))
}

/// The value that a row of each source has.
fn by_source(w: &Writer<'_>, places: &[Place<'_>], values: &[String]) -> String {
    let (Some(first), Some(row_source)) = (values.first(), &w.plan.row_source) else {
        return values.first().cloned().unwrap_or_default();
    };
    if values.iter().all(|v| v == first) {
        return first.clone();
    }
    let arms: Vec<String> = places
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.ends_with("(null)"))
        .map(|(place, value)| {
            let name = w.rule.schema.source_at(place.read.source).map_or("", |(n, _)| n);
            format!("{} == {}, {value}", w.name(row_source), quote(name))
        })
        .collect();
    if arms.is_empty() { first.clone() } else { format!("CASE({})", arms.join(", ")) }
}

/// Columns are made one after the other: what a later one reads under a name that an earlier one takes is set aside first.
pub(super) fn assignments(columns: &[(String, String)]) -> Vec<Vec<serde_json::Value>> {
    let reads = |value: &str, name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '`');
        value.split(|c: char| !is_part(c)).any(|word| word == name)
    };
    let mut aside: Vec<(String, String)> = Vec::new();
    let mut made: Vec<(String, String)> = Vec::new();
    for (i, (name, value)) in columns.iter().enumerate() {
        let taken: Vec<&String> =
            made_before(columns.get(..i).unwrap_or_default()).filter(|n| reads(value, n)).collect();
        if taken.is_empty() {
            if name != value {
                made.push((name.clone(), value.clone()));
            }
        } else {
            let own = format!("own_{}", aside.len() + 1);
            aside.push((own.clone(), value.clone()));
            made.push((name.clone(), own));
        }
    }
    let view = |all: Vec<(String, String)>| {
        all.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>()
    };
    // What is set aside may ask for the source, which is made first of all.
    let (source, made): (Vec<_>, Vec<_>) = made.into_iter().partition(|(n, _)| n == "row_source" && !aside.is_empty());
    [source, aside, made].into_iter().filter(|all| !all.is_empty()).map(view).collect()
}

/// The names that are taken by another value. The source's own is made to be read.
fn made_before(columns: &[(String, String)]) -> impl Iterator<Item = &String> {
    columns.iter().filter(|(name, value)| name != value && name != "row_source").map(|(name, _)| name)
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

fn late(w: &Writer<'_>, places: &[Place<'_>]) -> Option<String> {
    if places.iter().all(|p| p.late.is_none()) {
        return None;
    }
    let Some(row_source) = &w.plan.row_source else {
        return places.first().and_then(|p| p.late.as_ref()).map(|late| w.printer.condition(late).text);
    };
    let arms = places.iter().filter_map(|p| {
        let name = w.rule.schema.source_at(p.read.source).map_or("", |(n, _)| n);
        let late = p.late.as_ref()?;
        Some(format!("{} == {}, {}", w.name(row_source), quote(name), w.printer.condition(late).text))
    });
    Some(format!("CASE({}, TRUE)", arms.collect::<Vec<_>>().join(", ")))
}

/// The condition over the product's column, where a text or an integer is kept there as it is.
fn raw(read: &Read, mapped: &MappedSource, part: &Expr) -> Option<Expr> {
    let direct = |expr: &Expr| -> Option<Expr> {
        let ExprKind::Leaf(column) = &expr.kind else { return None };
        let (field, _) = read.fields.iter().find(|(_, c)| c == column)?;
        let there = mapped.fields.get(field)?;
        let same = Type::Scalar(there.ty) == expr.ty && !there.lower && !there.trailing_dot && there.unit.is_none();
        let plain = matches!(there.ty, Scalar::String | Scalar::Integer | Scalar::Boolean | Scalar::Ip);
        (same && plain && !there.list)
            .then(|| Expr { kind: ExprKind::Leaf(Column(Arc::from(there.column.as_str()))), ..expr.clone() })
    };
    let kind = match &part.kind {
        ExprKind::Compare { op, fold: false, left, right } if matches!(right.kind, ExprKind::Const(_)) => {
            let is_early = *op == CompareOp::Equal || left.ty == Type::INTEGER;
            ExprKind::Compare {
                op: *op,
                fold: false,
                left: Box::new(is_early.then(|| direct(left)).flatten()?),
                right: right.clone(),
            }
        }
        ExprKind::InList { fold: false, item, list } => {
            ExprKind::InList { fold: false, item: Box::new(direct(item)?), list: list.clone() }
        }
        ExprKind::InNets { item, nets } => ExprKind::InNets { item: Box::new(direct(item)?), nets: nets.clone() },
        ExprKind::Leaf(_) => return direct(part),
        _ => return None,
    };
    Some(Expr { kind, ..part.clone() })
}
