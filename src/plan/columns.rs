//! Which columns a stage, an expression or an output reads.

use super::{Column, Expr, Measured, Output, Stage, TextPiece};
use crate::ir::{ExprKind, walk};
use std::collections::BTreeSet;

/// The columns that an expression reads.
pub fn of_expr(expr: &Expr, used: &mut BTreeSet<Column>) {
    if let ExprKind::Leaf(column) = &expr.kind {
        used.insert(column.clone());
    }
    for child in walk::children(expr) {
        of_expr(child, used);
    }
}

/// The columns that a stage reads. What a group keeps of its last row counts only where something else reads it.
pub fn of_stage(stage: &Stage, used: &mut BTreeSet<Column>) {
    match stage {
        Stage::Lookup { keys, .. } => keys.iter().for_each(|k| of_expr(k, used)),
        Stage::Compute(columns) => columns.iter().for_each(|(_, e)| of_expr(e, used)),
        Stage::Filter(condition) => of_expr(condition, used),
        Stage::Split { event, context, .. } => {
            of_expr(event, used);
            of_expr(context, used);
        }
        Stage::Sort(by) => used.extend(by.iter().map(|(c, _)| c.clone())),
        Stage::Number(_) | Stage::Windows { .. } | Stage::Report => {}
        Stage::Carry { keys, items, .. } => {
            used.extend(keys.iter().cloned());
            for item in items {
                of_expr(&item.when, used);
                item.values.iter().for_each(|(_, e)| of_expr(e, used));
            }
        }
        Stage::FirstOf { keys, keyless } => {
            used.extend(keys.iter().cloned());
            keyless.iter().for_each(|e| of_expr(e, used));
        }
        Stage::Back { keys, column, .. } => used.extend(keys.iter().chain([column]).cloned()),
        Stage::LastOfInstant { keys, among, number, .. } => {
            used.extend(keys.iter().chain([among, number]).cloned());
        }
        Stage::Over { keys, among, at, measures, lists, .. } => {
            used.extend(keys.iter().chain([among, at]).cloned());
            lists.iter().for_each(|(_, e)| of_expr(e, used));
            measures.iter().for_each(|(_, m)| of_measure(m, used));
        }
        Stage::Running { keys, totals } => {
            used.extend(keys.iter().cloned());
            totals.iter().for_each(|t| of_expr(&t.add, used));
        }
        Stage::Root { of, .. } => of_expr(of, used),
        Stage::Rank { list, all, zeros, below, .. } => {
            used.insert(list.clone());
            std::iter::once(all).chain(zeros).chain(below).for_each(|e| of_expr(e, used));
        }
        Stage::Expand { values, .. } => values.iter().for_each(|(_, e)| of_expr(e, used)),
        Stage::Group { keys, measures, number, .. } => {
            used.extend(keys.iter().chain([number]).cloned());
            measures.iter().for_each(|(_, m)| of_measure(m, used));
        }
    }
}

/// The columns that a stage makes.
pub fn made_by(stage: &Stage, made: &mut Vec<Column>) {
    match stage {
        Stage::Lookup { found, columns, .. } => {
            made.extend(found.iter().chain(columns.iter().map(|(_, c)| c)).cloned());
        }
        Stage::Compute(columns) => made.extend(columns.iter().map(|(c, _)| c.clone())),
        Stage::Split { role, .. } => made.push(role.clone()),
        Stage::Carry { items, .. } => made.extend(items.iter().flat_map(|i| &i.values).map(|(c, _)| c.clone())),
        Stage::Number(out)
        | Stage::Back { out, .. }
        | Stage::LastOfInstant { out, .. }
        | Stage::Expand { out, .. }
        | Stage::Windows { out, .. }
        | Stage::Root { out, .. }
        | Stage::Rank { out, .. } => made.push(out.clone()),
        Stage::Running { totals, .. } => made.extend(totals.iter().map(|t| t.out.clone())),
        Stage::Over { measures, lists, .. } => {
            made.extend(measures.iter().map(|(c, _)| c).chain(lists.iter().map(|(c, _)| c)).cloned());
        }
        Stage::Group { measures, .. } => {
            made.extend(measures.iter().map(|(c, _)| c.clone()));
        }
        Stage::Filter(_) | Stage::Sort(_) | Stage::FirstOf { .. } | Stage::Report => {}
    }
}

fn of_measure(measured: &Measured, used: &mut BTreeSet<Column>) {
    for expr in measured.argument.iter().chain(&measured.filter) {
        of_expr(expr, used);
    }
}

/// The columns that an alert shows.
pub fn of_output(output: &Output, used: &mut BTreeSet<Column>) {
    used.extend(output.group.iter().chain(&output.values).map(|(_, c)| c.clone()));
    used.extend(output.confidence.iter().chain(&output.severity).cloned());
    for (column, text) in &output.because {
        used.insert(column.clone());
        of_text(text, used);
    }
    of_text(&output.title, used);
}

fn of_text(text: &[TextPiece], used: &mut BTreeSet<Column>) {
    for piece in text {
        if let TextPiece::Column { column, .. } = piece {
            used.insert(column.clone());
        }
    }
}
