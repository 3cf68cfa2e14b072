//! One step as stages of the pipe.

use super::legal::Step;
use super::{Writer, codes, group, lookup, read, whole};
use crate::plan::{Column, Expr, Note, Stage};
use crate::value::Type;
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
        Stage::Split { .. }
        | Stage::Sort(_)
        | Stage::Number(_)
        | Stage::Carry { .. }
        | Stage::Back { .. }
        | Stage::FirstOf { .. }
        | Stage::LastOfInstant { .. }
        | Stage::Over { .. }
        | Stage::Running { .. }
        | Stage::Root { .. }
        | Stage::Rank { .. }
        | Stage::Filter(_)
        | Stage::Group { .. } => unsayable(w, note),
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

/// One row for each value whose condition holds; no row where none does.
fn expand(w: &mut Writer<'_>, out: &Column, values: &[(i64, Expr)]) {
    let parts: Vec<String> = values
        .iter()
        .map(|(value, when)| format!("CASE({}, \"{value} \", \"\")", w.printer.condition(when).text))
        .collect();
    w.know(out, Type::INTEGER);
    let view = json!({ "out": w.name(out), "many": parts.len() > 1, "parts": parts });
    w.add("expand", &view);
}

fn unsayable(w: &mut Writer<'_>, note: &Note) {
    // Where the rule itself was found to ask for it, that finding has the better place.
    if w.refused {
        return;
    }
    w.refused = true;
    let at = w.detect_span();
    let what = if note.comment.is_empty() { "this rule".to_owned() } else { format!("`{}`", note.comment) };
    let message = format!("{what} needs rows in an order, which ES|QL does not have");
    w.faults.push(codes::refusal(codes::NO_ROW_ORDER, at, &message).help("`spl` and `kql` can say it"));
}
