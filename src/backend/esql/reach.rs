//! How far from a row another one can lie and still matter to it.
//!
//! In: a plan, and a column that holds the time of another row. Out: the longest time that it is compared with. What lies further away
//! compares like a row that is not there, so a query need not look for it.

use crate::ir::{ArithmeticOp, CompareOp, ExprKind, walk};
use crate::plan::{Column, Expr, Measured, Plan, Stage, columns};
use crate::value::Value;
use std::collections::BTreeSet;

/// Milliseconds; none where the time is used in another way than `event_time - column <= constant`, or `column - event_time`.
pub fn of(plan: &Plan, from: usize, column: &Column) -> Option<i64> {
    let mut shown = BTreeSet::new();
    columns::of_output(&plan.output, &mut shown);
    if shown.contains(column) {
        return None;
    }
    let mut longest = 0;
    for note in plan.stages.get(from..).unwrap_or_default() {
        if names(&note.stage, column) {
            return None;
        }
        for expr in expressions(&note.stage) {
            longest = longest.max(in_expr(expr, column)?);
        }
    }
    Some(longest)
}

/// Whether a row only asks if that time is its own.
pub fn is_only_now(plan: &Plan, from: usize, column: &Column) -> bool {
    let mut shown = BTreeSet::new();
    columns::of_output(&plan.output, &mut shown);
    !shown.contains(column)
        && plan.stages.get(from..).unwrap_or_default().iter().all(|note| {
            !names(&note.stage, column) && expressions(&note.stage).into_iter().all(|e| only_now(e, column))
        })
}

fn only_now(expr: &Expr, column: &Column) -> bool {
    let is = |e: &Expr, name: &str| matches!(&e.kind, ExprKind::Leaf(c) if &*c.0 == name);
    if let ExprKind::Compare { op: CompareOp::Equal, left, right, .. } = &expr.kind
        && ((is(left, "event_time") && is(right, &column.0)) || (is(right, "event_time") && is(left, &column.0)))
    {
        return true;
    }
    !is(expr, &column.0) && walk::children(expr).into_iter().all(|child| only_now(child, column))
}

/// Whether a stage reads the column other than in an expression.
fn names(stage: &Stage, column: &Column) -> bool {
    let mut read = BTreeSet::new();
    match stage {
        Stage::Sort(by) => return by.iter().any(|(c, _)| c == column),
        Stage::Carry { keys, .. } | Stage::FirstOf { keys, .. } | Stage::Running { keys, .. } => {
            return keys.contains(column);
        }
        Stage::Group { keys, number, .. } => return keys.contains(column) || number == column,
        Stage::Over { keys, among, at, .. } => return keys.contains(column) || among == column || at == column,
        Stage::Rank { list, .. } => return list == column,
        Stage::Back { .. } | Stage::LastOfInstant { .. } => columns::of_stage(stage, &mut read),
        _ => {}
    }
    read.contains(column)
}

fn expressions(stage: &Stage) -> Vec<&Expr> {
    match stage {
        Stage::Lookup { keys, .. } => keys.iter().collect(),
        Stage::Compute(columns) => columns.iter().map(|(_, e)| e).collect(),
        Stage::Filter(condition) => vec![condition],
        Stage::Split { event, context, .. } => vec![event, context],
        Stage::Carry { items, .. } => {
            items.iter().flat_map(|i| std::iter::once(&i.when).chain(i.values.iter().map(|(_, e)| e))).collect()
        }
        Stage::FirstOf { keyless, .. } => keyless.iter().collect(),
        Stage::Over { measures, lists, .. } => measured(measures).chain(lists.iter().map(|(_, e)| e)).collect(),
        Stage::Group { measures, .. } => measured(measures).collect(),
        Stage::Running { totals, .. } => totals.iter().map(|t| &t.add).collect(),
        Stage::Root { of, .. } => vec![of],
        Stage::Rank { all, zeros, below, .. } => std::iter::once(all).chain(zeros).chain(below).collect(),
        Stage::Expand { values, .. } => values.iter().map(|(_, e)| e).collect(),
        Stage::Sort(_)
        | Stage::Number(_)
        | Stage::Windows { .. }
        | Stage::Report
        | Stage::Back { .. }
        | Stage::LastOfInstant { .. } => Vec::new(),
    }
}

fn measured(measures: &[(Column, Measured)]) -> impl Iterator<Item = &Expr> {
    measures.iter().flat_map(|(_, m)| m.argument.iter().chain(&m.filter))
}

/// The longest duration that the column's distance is compared with; 0 where the column is not there.
fn in_expr(expr: &Expr, column: &Column) -> Option<i64> {
    if let ExprKind::Compare { left, right, .. } = &expr.kind
        && let ExprKind::Const(Value::Duration(limit)) = right.kind
        && let ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left: later, right: earlier } = &left.kind
    {
        let is = |e: &Expr, name: &str| matches!(&e.kind, ExprKind::Leaf(c) if &*c.0 == name);
        let with_now = |a: &Expr, b: &Expr| is(a, "event_time") && is(b, &column.0);
        if with_now(later, earlier) || with_now(earlier, later) {
            return Some(limit);
        }
    }
    if matches!(&expr.kind, ExprKind::Leaf(c) if c == column) {
        return None;
    }
    let mut longest = 0;
    for child in walk::children(expr) {
        longest = longest.max(in_expr(child, column)?);
    }
    Some(longest)
}
