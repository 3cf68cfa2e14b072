//! What a row learns of other rows. ES|QL has neither an order of rows nor a function that looks from one at another. What it has are
//! groupings that keep several values: all rows of a key are gathered, each packed into one text, and expanded again beside the rows that
//! they look at (`meet`). A measure over those that lie right, or the largest of those that lie before, is an ordinary grouping then. Rows
//! at the ends of buckets (`grid`) need not meet at all, since it is known which ends look at them.

use super::group::View;
use super::legal::Beside;
use super::measure::{aggregate, word};
use super::meet::{Meeting, Own, Part, in_order, meet, settle};
use super::pack::read;
use super::{Writer, codes, reach};
use crate::ir::{CompareOp, ExprKind, MeasureFunction};
use crate::plan::{Carried, Column, Direction, Expr, Measured, Stage, Total, make};
use crate::value::Type;
use serde_json::json;
use std::sync::Arc;

pub(super) fn beside(w: &mut Writer<'_>, step: &Beside<'_>) {
    w.note(step.comment);
    w.printer.assume("rows-fit-in-memory");
    match step.stage {
        Stage::Over { keys, within, closed, among, at, since, measures, lists } => {
            let over = super::grid::Over { keys, within: *within, among, since: *since, measures, lists };
            match w.grid.filter(|_| !closed) {
                Some(per) => super::grid::over(w, step, &over, per),
                None => measured(w, step, &over, *closed, at),
            }
        }
        Stage::Carry { keys, inclusive, items } => carry(w, step, keys, *inclusive, items),
        Stage::Back { keys, column, k, out } => back(w, step, keys, column, *k, out),
        Stage::LastOfInstant { keys, among, out, .. } => instant(w, step, keys, among, out),
        Stage::Running { keys, totals } => running(w, step, keys, totals),
        Stage::Number(out) => number(w, step, out),
        _ => {}
    }
}

/// Measures over the rows of a window that ends at each row.
fn measured(w: &mut Writer<'_>, step: &Beside<'_>, over: &super::grid::Over<'_>, closed: bool, at: &Column) {
    let deciding = w.deciding_from(step.next);
    let mut parts = Vec::new();
    let mut renamed = Vec::new();
    for (out, measured) in over.measures {
        let mut part = |w: &mut Writer<'_>, wish: &str, value: &Expr| {
            let column = Column(Arc::from(w.fresh(wish).as_str()));
            parts.push(Part { column: column.clone(), value: value.clone() });
            Expr { kind: ExprKind::Leaf(column), ..value.clone() }
        };
        let argument = measured.argument.as_ref().map(|e| part(w, "value", e));
        let filter = measured.filter.as_ref().map(|e| part(w, "counts", e));
        renamed.push((out.clone(), Measured { argument, filter, ..measured.clone() }));
    }
    let meeting = Meeting {
        keys: over.keys.to_vec(),
        asks: Some(make::flag(at)),
        among: make::flag(over.among),
        reach: Some(over.within),
        order: Some(step.order.clone()),
    };
    let met = meet(w, step, &meeting, &parts, true);
    let in_window = Column(Arc::from(w.fresh("in_window").as_str()));
    let now = make::sure(&Column(Arc::from("event_time")), Type::TIMESTAMP);
    let then = make::maybe(&met.read_time, Type::TIMESTAMP);
    let op = if closed { CompareOp::LessEqual } else { CompareOp::Less };
    let inside = make::and([make::within(now.clone(), then.clone(), over.within), make::compare(op, then, now)]);
    let value = format!("COALESCE({}, FALSE)", w.printer.condition(&inside).text);
    let mut view = View::default();
    view.before.push(json!({ "name": in_window.0, "value": value }));
    let mut made = Vec::new();
    for (out, mut one) in renamed {
        one.filter = Some(make::and(std::iter::once(make::flag(&in_window)).chain(one.filter)));
        let Some(found) = aggregate(w, &out, &one, &met.read_order, 1) else {
            refuse(w, &out, one.function, deciding.contains(&out));
            continue;
        };
        made.push((out, one.ty));
        view.take(found);
    }
    settle(w, &met, over.keys, view, &made);
}

fn refuse(w: &mut Writer<'_>, out: &Column, function: MeasureFunction, decides: bool) {
    if !decides {
        w.dropped.insert(out.clone());
        return;
    }
    let at = w.measure_span(function);
    let message = format!("{} has no exact form as a value", word(function));
    let help = "compare a percentile with a constant, which counts say; or choose `kql` or `spl`";
    w.faults.push(codes::refusal(codes::MEASURE, at, &message).help(help));
}

/// From the newest row that has it.
fn carry(w: &mut Writer<'_>, step: &Beside<'_>, keys: &[Column], inclusive: bool, items: &[Carried]) {
    let used = w.used_from(step.next);
    let mut parts = Vec::new();
    let mut flags = Vec::new();
    for item in items {
        let flag = Column(Arc::from(w.fresh("has").as_str()));
        parts.push(Part { column: flag.clone(), value: make::truth(item.when.clone()) });
        flags.push(flag);
        for (out, value) in item.values.iter().filter(|(out, _)| used.contains(out)) {
            parts.push(Part { column: out.clone(), value: value.clone() });
        }
    }
    let reach = items.iter().map(|item| {
        let is_time = |e: &Expr| matches!(&e.kind, ExprKind::Leaf(c) if &*c.0 == "event_time");
        let (at, _) = item.values.iter().find(|(_, e)| is_time(e))?;
        reach::of(w.plan, step.next, at)
    });
    let reach = reach.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max());
    let meeting = Meeting {
        keys: keys.to_vec(),
        asks: asks_by_role(w, step.next),
        among: make::or(items.iter().map(|i| i.when.clone()).collect::<Vec<_>>()),
        reach,
        order: Some(step.order.clone()),
    };
    let met = meet(w, step, &meeting, &parts, false);
    let op = if inclusive { "<=" } else { "<" };
    let mut view = View::default();
    let mut made = Vec::new();
    for (item, flag) in items.iter().zip(&flags) {
        let name = w.fresh("newest");
        let (read_row, order, own) = (&met.read_row, &met.read_order, &met.own_order);
        view.aggregates.push(format!("{name} = MAX({read_row}) WHERE {order} {op} {own} AND {} == \"true\"", flag.0));
        let taken = |c: &Column| item.values.iter().any(|(out, _)| out == c);
        let slots =
            parts.iter().map(|p| if taken(&p.column) { format!("%{{{}}}", p.column.0) } else { "%{}".to_owned() });
        let pattern: Vec<String> = ["%{}".to_owned(), "%{}".to_owned()].into_iter().chain(slots).collect();
        view.rows.push(json!({ "name": name, "pattern": pattern.join(",") }));
        for part in parts.iter().filter(|p| taken(&p.column)) {
            w.widen(&part.column);
            view.after.push(json!({ "name": w.name(&part.column), "value": read(w, &part.column) }));
            made.push((part.column.clone(), w.ty(&part.column)));
        }
    }
    settle(w, &met, keys, view, &made);
}

/// Rows that only feed contexts do not look themselves; they go later.
fn asks_by_role(w: &Writer<'_>, next: usize) -> Option<Expr> {
    for note in w.plan.stages.get(next..).unwrap_or_default() {
        match &note.stage {
            Stage::Filter(condition) => {
                let mut read = std::collections::BTreeSet::new();
                crate::plan::columns::of_expr(condition, &mut read);
                let role = Column(Arc::from("role"));
                return (read.len() == 1 && read.contains(&role)).then(|| condition.clone());
            }
            Stage::Sort(_) | Stage::Carry { .. } | Stage::Compute(_) | Stage::Over { .. } => {}
            _ => return None,
        }
    }
    None
}

/// The value some rows earlier.
fn back(w: &mut Writer<'_>, step: &Beside<'_>, keys: &[Column], column: &Column, k: u32, out: &Column) {
    let ty = w.ty(column);
    let parts = [Part { column: out.clone(), value: make::sure(column, ty) }];
    let is_time = &*column.0 == "event_time";
    let meeting = Meeting {
        keys: keys.to_vec(),
        asks: None,
        among: make::boolean(true),
        reach: is_time.then(|| reach::of(w.plan, step.next, out)).flatten(),
        order: Some(step.order.clone()),
    };
    let met = meet(w, step, &meeting, &parts, false);
    let mut view = View::default();
    let name = w.fresh("earlier");
    let (read_row, order, own) = (&met.read_row, &met.read_order, &met.own_order);
    if k == 1 {
        view.aggregates.push(format!("{name} = MAX({read_row}) WHERE {order} < {own}"));
    } else {
        view.aggregates.push(format!("{name} = VALUES({read_row}) WHERE {order} < {own}"));
        view.slices.push(json!({ "name": name, "value": format!("CASE(MV_COUNT({name}) >= {k}, MV_SLICE(MV_SORT({name}), -{k}, -{k}))") }));
    }
    view.rows.push(json!({ "name": name, "pattern": format!("%{{}},%{{}},%{{{}}}", out.0) }));
    w.know(out, ty);
    view.after.push(json!({ "name": w.name(out), "value": read(w, out) }));
    settle(w, &met, keys, view, &[(out.clone(), ty)]);
}

/// A row's place in the order, as a text that sorts like it.
fn number(w: &mut Writer<'_>, step: &Beside<'_>, out: &Column) {
    // Rows are compared within a group, whose keys stand in front of the time.
    let by: Vec<_> = step.order.iter().skip_while(|(c, _)| &*c.0 != "event_time").cloned().collect();
    let order = in_order(w, &by, &[]);
    w.know(out, Type::STRING);
    w.add("eval", &json!({ "columns": [{ "name": w.name(out), "value": order }] }));
}

/// Totals of all rows up to each.
fn running(w: &mut Writer<'_>, step: &Beside<'_>, keys: &[Column], totals: &[Total]) {
    let mut parts = Vec::new();
    for total in totals {
        let column = Column(Arc::from(w.fresh("adds").as_str()));
        parts.push(Part { column, value: total.add.clone() });
    }
    let meeting = Meeting {
        keys: keys.to_vec(),
        asks: None,
        among: make::boolean(true),
        reach: None,
        order: Some(step.order.clone()),
    };
    let met = meet(w, step, &meeting, &parts, true);
    let mut view = View::default();
    for (total, part) in totals.iter().zip(&parts) {
        let (order, own) = (&met.read_order, &met.own_order);
        view.aggregates.push(format!("{} = SUM({}) WHERE {order} <= {own}", w.name(&total.out), part.column.0));
    }
    let made: Vec<(Column, Type)> = totals.iter().map(|t| (t.out.clone(), Type::INTEGER)).collect();
    settle(w, &met, keys, view, &made);
}

/// Whether a row is the last of its group and time.
fn instant(w: &mut Writer<'_>, step: &Beside<'_>, keys: &[Column], among: &Column, out: &Column) {
    let time = Column(Arc::from("event_time"));
    let by: Vec<(Column, Direction)> = step.order.iter().filter(|(c, _)| c != among && *c != time).cloned().collect();
    let order = in_order(w, &by, keys);
    let mut own = Own::new(w, step, keys, true);
    let own_order = w.fresh("own_order");
    own.order = Some(own_order.clone());
    let packed = own.packed(w, Some(&order));
    let newest = w.fresh("newest");
    let mut view = View::default();
    let packed = match step.stays {
        Some(stays) => format!("CASE({}, {packed})", w.printer.condition(stays).text),
        None => packed,
    };
    view.before.push(json!({ "name": own.row, "value": packed }));
    view.before.push(
        json!({ "name": newest, "value": format!("CASE({}, {order})", w.printer.condition(&make::flag(among)).text) }),
    );
    view.aggregates.push(format!("{0} = VALUES({0})", own.row));
    view.aggregates.push(format!("{newest} = MAX({newest})"));
    view.expanded = Some(own.row.clone());
    view.rows.push(json!({ "name": own.row, "pattern": own.pattern() }));
    let unpacked = own.unpacked(w);
    view.after.extend(unpacked.into_iter().map(|(name, value)| json!({ "name": name, "value": value })));
    view.after.push(json!({ "name": w.name(out), "value": format!("COALESCE({own_order} == {newest}, FALSE)") }));
    let mut by = w.names(keys);
    by.push("event_time".to_owned());
    view.add(w, &by);
    own.remains(w, keys);
    w.know(out, Type::BOOLEAN);
}
