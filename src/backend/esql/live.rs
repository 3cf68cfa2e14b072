//! Which columns what follows still reads: the plan keeps all, a query keeps what is asked for.

use crate::plan::{Column, Output, Plan, Stage, columns};
use std::collections::BTreeSet;

/// For each place in a plan, the columns that the stages from there on, and then the output, read before they are made anew.
#[derive(Debug)]
pub struct Live {
    used: Places,
    deciding: Places,
}

/// By the number of the stage that is next, then of the output.
#[derive(Debug)]
struct Places(Vec<BTreeSet<Column>>, BTreeSet<Column>);

impl Live {
    /// Of a plan.
    pub fn new(plan: &Plan) -> Live {
        // What an alert is compared by: without what it only shows.
        let compared = Output { values: Vec::new(), title: Vec::new(), ..plan.output.clone() };
        Live { used: Places::new(plan, &plan.output), deciding: Places::new(plan, &compared) }
    }

    /// Those that are read from the stage at this place on.
    pub fn used_from(&self, next: usize) -> &BTreeSet<Column> {
        self.used.from(next)
    }

    /// Those without which the alerts would be others: what is only shown is left out.
    pub fn deciding_from(&self, next: usize) -> &BTreeSet<Column> {
        self.deciding.from(next)
    }
}

impl Places {
    fn new(plan: &Plan, output: &Output) -> Places {
        let time = Column(std::sync::Arc::from("event_time"));
        let mut shown = BTreeSet::from([time.clone()]);
        columns::of_output(output, &mut shown);
        let mut live = shown.clone();
        let mut all = Vec::with_capacity(plan.stages.len());
        for note in plan.stages.iter().rev() {
            let mut made = Vec::new();
            columns::made_by(&note.stage, &mut made);
            made.iter().for_each(|column| {
                live.remove(column);
            });
            columns::of_stage(&note.stage, &mut live);
            if reads_time(&note.stage) {
                live.insert(time.clone());
            }
            all.push(live.clone());
        }
        all.reverse();
        Places(all, shown)
    }

    fn from(&self, next: usize) -> &BTreeSet<Column> {
        self.0.get(next).unwrap_or(&self.1)
    }
}

fn reads_time(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Windows { .. } | Stage::Report | Stage::Sort(_) | Stage::Over { .. } | Stage::LastOfInstant { .. }
    )
}
