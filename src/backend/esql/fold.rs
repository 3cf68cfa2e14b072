//! Columns that wait inside a row's text. Where rows meet several times, what is not asked for until after the next meeting stays packed:
//! a query has a stage less for each such column and meeting.
//!
//! In: the steps ahead. Out: which columns may wait, and the stages that take them out again before one of them is read.

use super::Writer;
use super::legal::Step;
use super::meet::looks_beside;
use super::pack::read;
use crate::plan::{Column, Stage, columns};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Columns in one text, in order; none for one that was made anew since.
pub struct Folded {
    /// The column that holds the text.
    pub text: String,
    /// What it holds.
    pub columns: Vec<Option<Column>>,
}

/// What is read until the next stage in which rows look at others, and by it; none where there is no such stage.
pub fn until_next(w: &Writer<'_>, next: usize) -> Option<BTreeSet<Column>> {
    let mut read = BTreeSet::new();
    let mut stages = w.plan.stages.get(next..).unwrap_or_default().iter().map(|note| &note.stage);
    let looks = stages.by_ref().find(|stage| {
        columns::of_stage(stage, &mut read);
        ends(stage)
    })?;
    if matches!(looks, Stage::Group { .. } | Stage::FirstOf { .. }) {
        return None;
    }
    // A condition right behind it is asked before rows meet.
    stages.take(1).for_each(|stage| columns::of_stage(stage, &mut read));
    read.insert(Column(Arc::from("role")));
    Some(read)
}

fn ends(stage: &Stage) -> bool {
    looks_beside(stage) || matches!(stage, Stage::Group { .. })
}

/// Takes the columns out before a step that reads one of them.
pub fn unfold_for(w: &mut Writer<'_>, step: &Step<'_>) {
    let Some(folded) = &w.folded else { return };
    let mut read = BTreeSet::new();
    match step {
        Step::Plain(note, _) => columns::of_stage(&note.stage, &mut read),
        Step::Where(asked) => columns::of_expr(asked.condition, &mut read),
        Step::Beside(beside) => {
            columns::of_stage(beside.stage, &mut read);
            beside.stays.iter().for_each(|stays| columns::of_expr(stays, &mut read));
            read.extend(beside.order.iter().map(|(column, _)| column.clone()));
        }
        // Rows are packed anew.
        Step::Group(_) | Step::First(_) => return unfold(w),
    }
    if folded.columns.iter().flatten().any(|column| read.contains(column)) {
        unfold(w);
    }
}

/// Takes all columns out that are still read.
pub fn unfold(w: &mut Writer<'_>) {
    let Some(folded) = w.folded.take() else { return };
    let used = w.used_from(w.place);
    let live: Vec<Column> = folded.columns.iter().flatten().filter(|c| used.contains(c)).cloned().collect();
    folded.columns.iter().flatten().filter(|c| !used.contains(c)).for_each(|c| {
        w.types.remove(c);
    });
    if live.is_empty() {
        return;
    }
    let slot = |column: &Option<Column>| match column {
        Some(column) if live.contains(column) => format!("%{{{}}}", column.0),
        _ => "%{}".to_owned(),
    };
    let pattern: Vec<String> = folded.columns.iter().map(slot).collect();
    let after: Vec<_> = live.iter().map(|c| json!({ "name": w.name(c), "value": read(w, c) })).collect();
    live.iter().for_each(|c| w.widen(c));
    w.add("unfold", &json!({ "name": folded.text, "pattern": pattern.join(","), "after": after }));
}
