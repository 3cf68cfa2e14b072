//! Which columns what follows still reads: the plan keeps all, a query keeps what is asked for.

use crate::plan::{Column, Output, Plan, Stage, columns};
use std::collections::BTreeSet;

/// The columns that the stages from `next` on, and then the output, read before they are made anew.
pub fn from(plan: &Plan, output: &Output, next: usize) -> BTreeSet<Column> {
    let mut live = BTreeSet::new();
    columns::of_output(output, &mut live);
    live.insert(Column(std::sync::Arc::from("event_time")));
    for note in plan.stages.get(next..).unwrap_or_default().iter().rev() {
        for made in made(&note.stage) {
            live.remove(made);
        }
        columns::of_stage(&note.stage, &mut live);
        if reads_time(&note.stage) {
            live.insert(Column(std::sync::Arc::from("event_time")));
        }
    }
    live
}

fn made(stage: &Stage) -> Vec<&Column> {
    match stage {
        Stage::Lookup { found, columns, .. } => found.iter().chain(columns.iter().map(|(_, c)| c)).collect(),
        Stage::Compute(columns) => columns.iter().map(|(c, _)| c).collect(),
        Stage::Windows { out, .. }
        | Stage::Expand { out, .. }
        | Stage::Back { out, .. }
        | Stage::LastOfInstant { out, .. }
        | Stage::Number(out) => vec![out],
        Stage::Group { measures, .. } => measures.iter().map(|(c, _)| c).collect(),
        Stage::Carry { items, .. } => items.iter().flat_map(|i| i.values.iter().map(|(c, _)| c)).collect(),
        _ => Vec::new(),
    }
}

fn reads_time(stage: &Stage) -> bool {
    matches!(stage, Stage::Windows { .. } | Stage::Report | Stage::Sort(_))
}

/// What an alert is compared by: without what it only shows.
pub fn deciding(output: &Output) -> Output {
    Output { values: Vec::new(), title: Vec::new(), ..output.clone() }
}
