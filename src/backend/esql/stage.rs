//! One step as stages of the pipe.

use super::legal::Step;
use super::pack::OFFSET;
use super::{Writer, beside, group, lookup, read, whole};
use crate::ir::ExprKind;
use crate::plan::{Column, Expr, Note, Stage, make};
use crate::value::{Type, Value};
use serde_json::json;

pub(super) fn step(w: &mut Writer<'_>, step: &Step<'_>) {
    match step {
        Step::Plain(note, next) => plain(w, note, *next),
        Step::Where(asked) => {
            let condition = w.printer.condition(asked.condition).text;
            filter(w, asked.comment, &condition);
        }
        Step::Group(found) => group::group(w, found),
        Step::First(found) => group::first(w, found),
        Step::Beside(found) => beside::beside(w, found),
    }
}

fn plain(w: &mut Writer<'_>, note: &Note, next: usize) {
    match &note.stage {
        // Rows are read in the reported interval already, and none has another time since.
        Stage::Report if w.plan.reads.iter().all(|r| r.lookback == 0) => return,
        Stage::Compute(columns) => {
            let used = w.used_from(next);
            if columns.iter().all(|(c, _)| !used.contains(c)) {
                return;
            }
        }
        stage @ Stage::Filter(_) if w.always.iter().any(|flag| group::asks(stage, flag)) => return,
        Stage::Filter(condition) => {
            let condition = w.printer.condition(condition).text;
            filter(w, &note.comment, &condition);
            return;
        }
        _ => {}
    }
    w.note(&note.comment);
    match &note.stage {
        Stage::Lookup { lookup, keys, found, columns } => {
            lookup::lookup(w, *lookup, keys, found.as_ref(), columns);
        }
        Stage::Compute(columns) => compute(w, columns),
        Stage::Expand { out, values } => expand(w, out, values),
        Stage::Windows { out, size, every } => group::windows(w, out, *size, *every),
        Stage::Report => {
            let (from, to) = read::interval(w, 0);
            w.add("report", &json!({ "time": "event_time", "from": from, "to": to }));
        }
        Stage::Split { role, event, context, both } => split(w, role, event, context, *both),
        Stage::Root { of, out } => {
            let value = format!("SQRT(GREATEST({}, 0.0))", w.printer.value(of).text);
            w.know(out, Type::NUMBER);
            w.add("eval", &json!({ "columns": [{ "name": w.name(out), "value": value }] }));
        }
        Stage::Rank { .. } => rank(w, &note.stage),
        // `legal` makes steps of their own of these.
        Stage::Sort(_)
        | Stage::Number(_)
        | Stage::Carry { .. }
        | Stage::Back { .. }
        | Stage::FirstOf { .. }
        | Stage::LastOfInstant { .. }
        | Stage::Over { .. }
        | Stage::Running { .. }
        | Stage::Filter(_)
        | Stage::Group { .. } => {}
    }
}

/// A condition that was asked just before, or holds for every row, is not asked.
fn filter(w: &mut Writer<'_>, comment: &str, condition: &str) {
    let text = format!("| WHERE {condition}");
    if condition == "TRUE" || w.pipe.iter().rev().find(|line| !line.starts_with("//")) == Some(&text) {
        return;
    }
    w.note(comment);
    w.add("filter", &json!({ "condition": condition }));
}

fn compute(w: &mut Writer<'_>, columns: &[(Column, Expr)]) {
    let mut list = Vec::new();
    for (column, expr) in columns {
        if let Some(value) = place(w, expr) {
            w.know(column, Type::STRING);
            list.push(json!({ "name": w.name(column), "value": value }));
            continue;
        }
        let value = w.wide(expr);
        let name = w.name(column);
        if whole::is_whole(expr.ty) && w.is_narrow(expr) {
            w.narrow(column);
        }
        w.know(column, expr.ty);
        list.push(json!({ "name": name, "value": value }));
    }
    w.add("eval", &json!({ "columns": list }));
}

/// A row's place, or a constant for rows that need none: a place is a text here.
fn place(w: &Writer<'_>, expr: &Expr) -> Option<String> {
    let ExprKind::If { condition, then, otherwise } = &expr.kind else { return None };
    let (ExprKind::Const(Value::Integer(n)), ExprKind::Leaf(column)) = (&then.kind, &otherwise.kind) else {
        return None;
    };
    let is_place = expr.ty == Type::INTEGER && w.types.contains_key(column) && w.ty(column) == Type::STRING;
    is_place.then(|| format!("CASE({}, \"{n}\", {})", w.printer.condition(condition).text, w.name(column)))
}

/// One row for each value whose condition holds; no row where none does.
fn expand(w: &mut Writer<'_>, out: &Column, values: &[(i64, Expr)]) {
    let all = values.iter().all(|(_, when)| matches!(when.kind, ExprKind::Const(Value::Boolean(true))));
    let numbers: Vec<i64> = values.iter().map(|(value, _)| *value).filter(|_| all).collect();
    let parts: Vec<String> = values
        .iter()
        .map(|(value, when)| format!("CASE({}, \"{value} \", \"\")", w.printer.condition(when).text))
        .collect();
    w.know(out, Type::INTEGER);
    let view = json!({ "out": w.name(out), "many": parts.len() > 1, "parts": parts, "all": numbers });
    w.add("expand", &view);
    if values.len() > 1 && !w.identity.is_empty() {
        w.identity.push(out.clone());
    }
}

/// Events, and what contexts read: a row that is both becomes two.
fn split(w: &mut Writer<'_>, role: &Column, event: &Expr, context: &Expr, both: bool) {
    if both {
        return expand(w, role, &[(0, event.clone()), (1, context.clone())]);
    }
    let number = make::choose(context.clone(), make::integer(1), make::integer(0));
    compute(w, &[(role.clone(), number)]);
}

/// The value at the nearest rank of a list of texts that sort like the values, beside which there may be zeros.
fn rank(w: &mut Writer<'_>, stage: &Stage) {
    let Stage::Rank { list, all, zeros, below, percentile, out, ty } = stage else { return };
    let (rank, place, found) = (w.fresh("rank"), w.fresh("place"), w.fresh("found"));
    let list = w.name(list);
    let number = |e: &Expr| w.printer.value(e).inside(50);
    let all = number(all);
    let below = below.as_ref().map_or_else(|| "0".to_owned(), number);
    let zeros = zeros.as_ref().map_or_else(|| "0".to_owned(), number);
    let nearest = format!("GREATEST(TO_LONG(CEIL({percentile:?} * {all} / 100.0)), 1)");
    let at = format!("CASE({rank} > {below} + {zeros}, {rank} - {zeros}, {rank}) - 1");
    let slice = format!("MV_SLICE(MV_SORT({list}), TO_INTEGER({place}), TO_INTEGER({place}))");
    let value = format!(
        "CASE({all} == 0, TO_LONG(null), {rank} > {below} AND {rank} <= {below} + {zeros}, TO_LONG(0), TO_LONG(SUBSTRING({found}, 1, 19)) - {OFFSET})"
    );
    let columns = [(rank, nearest), (place, at), (found, slice), (w.name(out), value)];
    let view: Vec<_> = columns.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    w.know(out, *ty);
    w.types.remove(&Column(std::sync::Arc::from(list.as_str())));
    w.add("eval", &json!({ "columns": view }));
}
