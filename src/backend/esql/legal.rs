//! From the plan's stages to steps that ES|QL has. The plan orders rows and numbers them; ES|QL has no such order, but three uses of
//! one need no more than a grouping:
//!
//! | the plan says | here |
//! |---|---|
//! | rows of a window, with the columns of the last one | a group that keeps the largest row, packed into one text |
//! | the first hit of a bucket | a group that keeps the smallest |
//! | hits of one time and group are one, at the last of them | a group by that time |
//!
//! Any other stage that looks from row to row is left as it is, and refused by the writer.

use crate::ir::{ExprKind, MeasureFunction};
use crate::plan::{Carried, Column, Direction, Expr, Measured, Note, Plan, Stage};
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
pub fn steps(plan: &Plan) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(note) = plan.stages.get(at) {
        let rest = plan.stages.get(at..).unwrap_or_default();
        let found = grouped(rest, at)
            .or_else(|| thinned(rest, at))
            .or_else(|| merged(&plan.stages, rest, at))
            .or_else(|| asked_once(plan, rest, at))
            .unwrap_or(Step::Plain(note, at + 1));
        at = match &found {
            Step::Group(group) => group.next,
            Step::First(first) => first.next,
            Step::Where(condition) => condition.next,
            Step::Plain(_, next) => *next,
        };
        steps.push(found);
    }
    steps
}

/// A boolean column that only the filters right behind it read.
fn asked_once<'a>(plan: &Plan, rest: &'a [Note], at: usize) -> Option<Step<'a>> {
    let (first, behind) = rest.split_first()?;
    let Stage::Compute(columns) = &first.stage else { return None };
    let [(column, condition)] = columns.as_slice() else { return None };
    let asks = |note: &&Note| matches!(&note.stage, Stage::Filter(Expr { kind: ExprKind::Leaf(c), .. }) if c == column);
    let filters = behind.iter().take_while(asks).count();
    let next = at + 1 + filters;
    let is_merged =
        behind.get(filters + 2).is_some_and(|n| matches!(n.stage, Stage::Carry { .. } | Stage::LastOfInstant { .. }));
    let needed = is_merged || super::live::from(plan, &plan.output, next).contains(column);
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
    let keyless: Vec<&Expr> = match keyless {
        Some(Expr { kind: ExprKind::Or(parts), .. }) => parts.iter().collect(),
        other => other.iter().collect(),
    };
    Some(Step::First(First { keys: keys.clone(), order: beyond(by, keys), keyless, next: at + 2 }))
}

/// Only merged rows are left, and what is carried to the last of an instant is a time, which is compared with that instant.
fn merged<'a>(all: &'a [Note], rest: &'a [Note], at: usize) -> Option<Step<'a>> {
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
    if n != number || !only_merged {
        return None;
    }
    let measures: Vec<(Column, Measured)> = items.iter().map(newest).collect::<Option<_>>()?;
    let mut keys = keys.clone();
    keys.push(Column(std::sync::Arc::from("event_time")));
    let mut order = beyond(by, &keys);
    order.retain(|(column, _)| column != among);
    Some(Step::Group(Group { comment: &sort.comment, keys, measures, order, flag: Some(out), next }))
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

fn beyond(by: &[(Column, Direction)], keys: &[Column]) -> Vec<(Column, Direction)> {
    by.iter().filter(|(column, _)| !keys.contains(column)).cloned().collect()
}
