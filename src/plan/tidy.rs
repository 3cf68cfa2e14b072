//! After the passes: what no later stage reads goes, and computed columns that do not need each other become one stage.
//!
//! In: the stages and the output that reads them. A stage that decides which rows there are always stays.

use super::{Column, Note, Output, Stage, columns};
use crate::ir::ExprKind;
use crate::value::Value;
use std::collections::BTreeSet;

pub(super) fn tidy(stages: &mut Vec<Note>, output: &Output) {
    drop_unread(stages, output);
    merge(stages);
    filter_at_once(stages, output);
    // What every row that was read is needs no question.
    stages
        .retain(|note| !matches!(&note.stage, Stage::Filter(all) if all.kind == ExprKind::Const(Value::Boolean(true))));
}

/// A condition that is computed only to be asked at once is the filter's own.
fn filter_at_once(stages: &mut Vec<Note>, output: &Output) {
    let mut live = BTreeSet::new();
    columns::of_output(output, &mut live);
    let mut kept: Vec<Note> = Vec::new();
    // What is read after the stage that was kept last.
    while let Some(mut note) = stages.pop() {
        let own = match (&note.stage, kept.last().map(|n| &n.stage)) {
            (Stage::Compute(computed), Some(Stage::Filter(filter))) => match (computed.as_slice(), &filter.kind) {
                ([(column, expr)], ExprKind::Leaf(asked)) if column == asked && !live.contains(column) => {
                    Some(expr.clone())
                }
                _ => None,
            },
            _ => None,
        };
        match own {
            Some(expr) => {
                kept.pop();
                note.stage = Stage::Filter(expr);
            }
            None => kept.iter().rev().take(1).for_each(|later| columns::of_stage(&later.stage, &mut live)),
        }
        kept.push(note);
    }
    kept.reverse();
    *stages = kept;
}

fn drop_unread(stages: &mut Vec<Note>, output: &Output) {
    let mut live = BTreeSet::new();
    columns::of_output(output, &mut live);
    // Every stage that asks for an interval or a window reads the time without naming it.
    live.insert(Column("event_time".into()));
    let mut order_matters = false;
    let mut kept = Vec::new();
    while let Some(mut note) = stages.pop() {
        if !reads_order(&note.stage) && matches!(note.stage, Stage::Sort(_)) && !order_matters {
            hand_on(&mut kept, note.comment);
            continue;
        }
        if !useful(&mut note.stage, &live) {
            hand_on(&mut kept, note.comment);
            continue;
        }
        match &note.stage {
            Stage::Sort(_) => order_matters = false,
            stage => order_matters |= reads_order(stage),
        }
        if let Stage::Group { last, .. } = &mut note.stage {
            last.retain(|c| live.contains(c));
        }
        columns::of_stage(&note.stage, &mut live);
        kept.push(note);
    }
    kept.reverse();
    *stages = kept;
}

/// The words of a stage that goes are those of the one that follows, where that has none.
fn hand_on(kept: &mut [Note], comment: String) {
    if let Some(next) = kept.last_mut().filter(|n| n.comment.is_empty()) {
        next.comment = comment;
    }
}

fn reads_order(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Number(_)
            | Stage::Carry { .. }
            | Stage::Back { .. }
            | Stage::FirstOf { .. }
            | Stage::LastOfInstant { .. }
            | Stage::Over { .. }
            | Stage::Running { .. }
    )
}

/// Leaves what is read of a stage's columns; false where nothing is left.
fn useful(stage: &mut Stage, live: &BTreeSet<Column>) -> bool {
    match stage {
        Stage::Compute(columns) => {
            columns.retain(|(c, _)| live.contains(c));
            !columns.is_empty()
        }
        Stage::Lookup { found, columns, .. } => {
            *found = found.take().filter(|c| live.contains(c));
            columns.retain(|(_, c)| live.contains(c));
            found.is_some() || !columns.is_empty()
        }
        Stage::Carry { items, .. } => {
            items.iter_mut().for_each(|i| i.values.retain(|(c, _)| live.contains(c)));
            items.retain(|i| !i.values.is_empty());
            !items.is_empty()
        }
        Stage::Over { measures, lists, .. } => {
            measures.retain(|(c, _)| live.contains(c));
            lists.retain(|(c, _)| live.contains(c));
            !measures.is_empty() || !lists.is_empty()
        }
        Stage::Running { totals, .. } => {
            totals.retain(|t| live.contains(&t.out));
            !totals.is_empty()
        }
        Stage::Group { measures, .. } => {
            measures.retain(|(c, _)| live.contains(c));
            true
        }
        Stage::Number(out)
        | Stage::Back { out, .. }
        | Stage::LastOfInstant { out, .. }
        | Stage::Root { out, .. }
        | Stage::Rank { out, .. } => live.contains(out),
        _ => true,
    }
}

/// Stages that compute columns become one, where the later says nothing of its own and reads nothing of the earlier.
fn merge(stages: &mut Vec<Note>) {
    let mut kept: Vec<Note> = Vec::new();
    for note in std::mem::take(stages) {
        if let (Stage::Compute(more), true) = (&note.stage, note.comment.is_empty())
            && let Some(Stage::Compute(known)) = kept.last_mut().map(|n| &mut n.stage)
        {
            let mut read = BTreeSet::new();
            columns::of_stage(&note.stage, &mut read);
            let apart = known.iter().all(|(c, _)| !read.contains(c) && more.iter().all(|(m, _)| m != c));
            if apart {
                known.extend(more.iter().cloned());
                continue;
            }
        }
        // What was kept is asked once.
        if matches!(note.stage, Stage::Filter(_)) && kept.last().is_some_and(|k| k.stage == note.stage) {
            continue;
        }
        kept.push(note);
    }
    *stages = kept;
}
