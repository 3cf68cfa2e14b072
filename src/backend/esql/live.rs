//! Which columns what follows still reads: the plan keeps all, a query keeps what is asked for.

use crate::plan::{Column, Output, Plan, Stage, columns};
use std::collections::BTreeSet;

/// The columns that the stages from `next` on, and then the output, read before they are made anew.
pub fn from(plan: &Plan, output: &Output, next: usize) -> BTreeSet<Column> {
    let mut live = BTreeSet::new();
    columns::of_output(output, &mut live);
    live.insert(Column(std::sync::Arc::from("event_time")));
    for note in plan.stages.get(next..).unwrap_or_default().iter().rev() {
        let mut made = Vec::new();
        columns::made_by(&note.stage, &mut made);
        made.iter().for_each(|column| {
            live.remove(column);
        });
        columns::of_stage(&note.stage, &mut live);
        if reads_time(&note.stage) {
            live.insert(Column(std::sync::Arc::from("event_time")));
        }
    }
    live
}

fn reads_time(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Windows { .. } | Stage::Report | Stage::Sort(_) | Stage::Over { .. } | Stage::LastOfInstant { .. }
    )
}

/// What an alert is compared by: without what it only shows.
pub fn deciding(output: &Output) -> Output {
    Output { values: Vec::new(), title: Vec::new(), ..output.clone() }
}
