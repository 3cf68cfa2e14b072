//! From the plan's stages to steps that ES|QL has. The plan orders rows and numbers them; ES|QL has no such order, but three uses of
//! one need no more than a grouping:
//!
//! | the plan says | here |
//! |---|---|
//! | rows of a window, with the columns of the last one | a group that keeps the largest row, packed into one text |
//! | the first hit of a bucket | a group that keeps the smallest |
//! | hits of one time and group are one, at the last of them | a group by that time |
//!
//! Any other stage that looks from row to row becomes a step that knows its order, for `beside`.

use super::live::Live;
use super::reach;
use crate::ir::{ExprKind, MeasureFunction};
use crate::plan::{Carried, Column, Direction, Expr, Measured, Note, Plan, Stage, columns};
use crate::value::Type;

/// A step of the query; `next` is the place in [`Plan::stages`] of what follows it.
pub enum Step<'a> {
    /// A stage as it is, and where the stages go on.
    Plain(&'a Note, usize),
    /// A condition that is asked once and never again.
    Where(Where<'a>),
    /// One row per key, with the columns of the last row.
    Group(Group<'a>),
    /// The first row of each key.
    First(First<'a>),
    /// A stage that looks from a row at others.
    Beside(Beside<'a>),
}

/// A stage that looks from a row at others.
pub struct Beside<'a> {
    /// What a reader gets.
    pub comment: &'a str,
    /// What happens.
    pub stage: &'a Stage,
    /// The order of the rows; keys of the stage are in it too.
    pub order: Vec<(Column, Direction)>,
    /// A condition that is asked right after: rows that do not fulfil it are only looked at.
    pub stays: Option<&'a Expr>,
    /// Where the stages go on.
    pub next: usize,
}

impl Step<'_> {
    /// The place of what follows.
    pub fn next(&self) -> usize {
        match self {
            Step::Group(group) => group.next,
            Step::First(first) => first.next,
            Step::Where(condition) => condition.next,
            Step::Beside(beside) => beside.next,
            Step::Plain(_, next) => *next,
        }
    }
}

/// Keeps the rows where a condition holds, which needs no column of its own.
pub struct Where<'a> {
    /// What a reader gets.
    pub comment: &'a str,
    /// The condition.
    pub condition: &'a Expr,
    /// Where the stages go on.
    pub next: usize,
}

/// One row per key.
pub struct Group<'a> {
    /// What a reader gets.
    pub comment: &'a str,
    /// The key.
    pub keys: Vec<Column>,
    /// Results.
    pub measures: Vec<(Column, Measured)>,
    /// The order that says which row is the last.
    pub order: Vec<(Column, Direction)>,
    /// A boolean column that is true on every row from then on.
    pub flag: Option<&'a Column>,
    /// Where the stages go on.
    pub next: usize,
}

/// The first row of each key.
pub struct First<'a> {
    /// The key.
    pub keys: Vec<Column>,
    /// The order that says which row is the first.
    pub order: Vec<(Column, Direction)>,
    /// A row for which one of them holds stays, whatever else its key has.
    pub keyless: Vec<&'a Expr>,
    /// Where the stages go on.
    pub next: usize,
}

/// The steps of a plan, in order.
pub fn steps<'a>(plan: &'a Plan, live: &Live) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let mut sorted = Sorted::default();
    let mut at = 0;
    while let Some(note) = plan.stages.get(at) {
        let rest = plan.stages.get(at..).unwrap_or_default();
        let known = grouped(rest, at)
            .or_else(|| thinned(rest, at))
            .or_else(|| merged(plan, rest, at))
            .or_else(|| asked_once(live, rest, at));
        let found = match known {
            Some(found) => found,
            None => {
                if sorted.note(plan, note, at) {
                    at += 1;
                    continue;
                }
                sorted.step(rest, at).unwrap_or(Step::Plain(note, at + 1))
            }
        };
        at = found.next();
        steps.push(found);
    }
    steps
}

/// The order that rows would have.
#[derive(Default)]
struct Sorted<'a> {
    by: &'a [(Column, Direction)],
    comment: &'a str,
}

impl<'a> Sorted<'a> {
    /// True for a stage that only says an order.
    fn note(&mut self, plan: &Plan, note: &'a Note, at: usize) -> bool {
        match &note.stage {
            Stage::Sort(by) => {
                *self = Sorted { by, comment: &note.comment };
                true
            }
            Stage::Number(n) => !asked_as_value(plan, at + 1, n),
            _ => false,
        }
    }

    fn step(&mut self, rest: &'a [Note], at: usize) -> Option<Step<'a>> {
        let (note, behind) = rest.split_first()?;
        let comment = if note.comment.is_empty() { std::mem::take(&mut self.comment) } else { &note.comment };
        match &note.stage {
            Stage::Group { keys, measures, .. } => Some(Step::Group(Group {
                comment,
                keys: keys.clone(),
                measures: measures.clone(),
                order: beyond(self.by, keys),
                flag: None,
                next: at + 1,
            })),
            Stage::FirstOf { keys, keyless } => Some(Step::First(First {
                keys: keys.clone(),
                order: beyond(self.by, keys),
                keyless: ways(keyless.as_ref()),
                next: at + 1,
            })),
            Stage::Carry { .. }
            | Stage::Back { .. }
            | Stage::LastOfInstant { .. }
            | Stage::Over { .. }
            | Stage::Running { .. }
            | Stage::Number(_) => {
                let stays = behind.first().and_then(|next| match &next.stage {
                    Stage::Filter(condition) if !reads_made(condition, &note.stage) => Some(condition),
                    _ => None,
                });
                let next = at + 1 + usize::from(stays.is_some());
                Some(Step::Beside(Beside { comment, stage: &note.stage, order: self.by.to_vec(), stays, next }))
            }
            _ => None,
        }
    }
}

fn reads_made(condition: &Expr, stage: &Stage) -> bool {
    let (mut read, mut made) = (std::collections::BTreeSet::new(), Vec::new());
    columns::of_expr(condition, &mut read);
    columns::made_by(stage, &mut made);
    made.iter().any(|c| read.contains(c))
}

/// Whether a row's number is more than what says which row is the last.
fn asked_as_value(plan: &Plan, from: usize, number: &Column) -> bool {
    plan.stages.get(from..).unwrap_or_default().iter().any(|note| match &note.stage {
        Stage::LastOfInstant { .. } => false,
        Stage::Group { keys, measures, .. } => {
            let mut read: std::collections::BTreeSet<Column> = keys.iter().cloned().collect();
            let parts = measures.iter().flat_map(|(_, m)| m.argument.iter().chain(&m.filter));
            parts.for_each(|e| columns::of_expr(e, &mut read));
            read.contains(number)
        }
        stage => {
            let mut read = std::collections::BTreeSet::new();
            columns::of_stage(stage, &mut read);
            read.contains(number)
        }
    })
}

/// A boolean column that only the filters right behind it read.
fn asked_once<'a>(live: &Live, rest: &'a [Note], at: usize) -> Option<Step<'a>> {
    let (first, behind) = rest.split_first()?;
    let Stage::Compute(columns) = &first.stage else { return None };
    let [(column, condition)] = columns.as_slice() else { return None };
    let asks = |note: &&Note| matches!(&note.stage, Stage::Filter(Expr { kind: ExprKind::Leaf(c), .. }) if c == column);
    let filters = behind.iter().take_while(asks).count();
    let next = at + 1 + filters;
    let is_merged =
        behind.get(filters + 2).is_some_and(|n| matches!(n.stage, Stage::Carry { .. } | Stage::LastOfInstant { .. }));
    let needed = is_merged || live.used_from(next).contains(column);
    (filters > 0 && !needed).then_some(Step::Where(Where { comment: &first.comment, condition, next }))
}

/// Sort, number, group.
fn grouped(rest: &[Note], at: usize) -> Option<Step<'_>> {
    let [
        sort,
        Note { stage: Stage::Number(n), .. },
        Note { stage: Stage::Group { keys, measures, number, .. }, .. },
        ..,
    ] = rest
    else {
        return None;
    };
    let Stage::Sort(by) = &sort.stage else { return None };
    (n == number).then(|| {
        Step::Group(Group {
            comment: &sort.comment,
            keys: keys.clone(),
            measures: measures.clone(),
            order: beyond(by, keys),
            flag: None,
            next: at + 3,
        })
    })
}

/// Sort, and the first row of each key.
fn thinned(rest: &[Note], at: usize) -> Option<Step<'_>> {
    let [sort, Note { stage: Stage::FirstOf { keys, keyless }, .. }, ..] = rest else { return None };
    let Stage::Sort(by) = &sort.stage else { return None };
    Some(Step::First(First {
        keys: keys.clone(),
        order: beyond(by, keys),
        keyless: ways(keyless.as_ref()),
        next: at + 2,
    }))
}

/// The ways to be without a key.
fn ways(keyless: Option<&Expr>) -> Vec<&Expr> {
    match keyless {
        Some(Expr { kind: ExprKind::Or(parts), .. }) => parts.iter().collect(),
        other => other.into_iter().collect(),
    }
}

/// Only merged rows are left, and what is carried to the last of an instant is a time, which is compared with that instant.
fn merged<'a>(plan: &'a Plan, rest: &'a [Note], at: usize) -> Option<Step<'a>> {
    let all = &plan.stages;
    // Where nothing of the merged hits is asked for, nothing is carried.
    let (sort, n, items, last, next) = match rest {
        [sort, Note { stage: Stage::Number(n), .. }, carry, last, ..] if matches!(carry.stage, Stage::Carry { .. }) => {
            let Stage::Carry { inclusive: true, items, .. } = &carry.stage else { return None };
            (sort, n, items.as_slice(), last, at + 4)
        }
        [sort, Note { stage: Stage::Number(n), .. }, last, ..] => (sort, n, [].as_slice(), last, at + 3),
        _ => return None,
    };
    let Stage::LastOfInstant { keys, among, number, out } = &last.stage else { return None };
    let Stage::Sort(by) = &sort.stage else { return None };
    let only_merged = at.checked_sub(1).and_then(|i| all.get(i)).is_some_and(|before| match &before.stage {
        Stage::Filter(condition) => matches!(&condition.kind, ExprKind::Leaf(column) if column == among),
        _ => false,
    });
    if n != number || !only_merged || !only_the_last(all.get(next..).unwrap_or_default(), out) {
        return None;
    }
    let carried = items.iter().flat_map(|item| &item.values);
    if !carried.into_iter().all(|(out, _)| reach::is_only_now(plan, next, out)) {
        return None;
    }
    let measures: Vec<(Column, Measured)> = items.iter().map(newest).collect::<Option<_>>()?;
    let mut keys = keys.clone();
    keys.push(Column(std::sync::Arc::from("event_time")));
    let mut order = beyond(by, &keys);
    order.retain(|(column, _)| column != among);
    Some(Step::Group(Group { comment: &sort.comment, keys, measures, order, flag: Some(out), next }))
}

/// Whether the rows that are not the last go before any row looks at another one.
fn only_the_last(behind: &[Note], last: &Column) -> bool {
    for note in behind {
        match &note.stage {
            Stage::Compute(_) | Stage::Lookup { .. } => {}
            Stage::Filter(Expr { kind: ExprKind::Leaf(c), .. }) => return c == last,
            Stage::Filter(Expr { kind: ExprKind::And(parts), .. }) => {
                return parts.iter().any(|p| matches!(&p.kind, ExprKind::Leaf(c) if c == last));
            }
            _ => return false,
        }
    }
    false
}

fn newest(item: &Carried) -> Option<(Column, Measured)> {
    let [(out, value)] = item.values.as_slice() else { return None };
    let is_time = matches!(&value.kind, ExprKind::Leaf(column) if &*column.0 == "event_time");
    is_time.then(|| {
        let measured = Measured {
            function: MeasureFunction::Max,
            argument: Some(value.clone()),
            filter: Some(item.when.clone()),
            ty: Type::TIMESTAMP,
        };
        (out.clone(), measured)
    })
}

pub(super) fn beyond(by: &[(Column, Direction)], keys: &[Column]) -> Vec<(Column, Direction)> {
    by.iter().filter(|(column, _)| !keys.contains(column)).cloned().collect()
}
