//! Tumbling and hopping windows: one row per (group, window), at the window's end. The rows that were events are gone after it, but where
//! another analytic goes on with them.

use super::{asked, columns, late, range_conditions, range_value, says};
use crate::ir::{CompareOp, MeasureFunction, Signal, SignalId};
use crate::plan::build::{Builder, Keyed, Range};
use crate::plan::{Column, Expr, Measured, Stage, make};
use crate::value::Type;

/// What is grouped.
pub(super) struct Grouped<'a> {
    pub keys: &'a [Keyed],
    pub among: &'a Column,
    pub size: i64,
    pub every: i64,
    /// A column for the time since the row before in the window, where it is measured.
    pub gap: Option<Column>,
    pub measures: Vec<(Column, Measured)>,
}

/// Groups, sets the time to the window's end, and gives the ranges' values. Nothing but the windows goes on.
pub(super) fn group(b: &mut Builder, signal: &Signal, id: SignalId, grouped: Grouped) -> Vec<Expr> {
    if id != b.rule.detect {
        b.refuse(
            signal.span,
            format!(
                "the buckets of `{}` end between events, and feeding them to another analytic has no lowering yet",
                signal.name
            ),
            "make it `detect`, or use a sliding window",
        );
    }
    alone(b, signal, id, grouped)
}

/// As `group`, but where another analytic goes on, the windows are rows beside the others: gives which rows are windows, too.
pub(super) fn group_or_beside(b: &mut Builder, signal: &Signal, id: SignalId, grouped: Grouped) -> (Vec<Expr>, Expr) {
    match id == b.rule.detect {
        true => (alone(b, signal, id, grouped), make::boolean(true)),
        false => beside(b, signal, id, grouped),
    }
}

fn beside(b: &mut Builder, signal: &Signal, id: SignalId, grouped: Grouped) -> (Vec<Expr>, Expr) {
    let asked = asked_of(b, id);
    let Some(rows) = late::windows(b, signal, &grouped) else { return (Vec::new(), make::boolean(false)) };
    let (values, held) = ranges_of(b, asked);
    let measures = grouped.measures.into_iter().chain(held).collect();
    let (keys, number, last) = (rows.by.clone(), rows.number.clone(), rows.kept.clone());
    b.push("", Stage::Group { keys, measures, number, last });
    (values, late::ended(b, id, &rows))
}

fn alone(b: &mut Builder, signal: &Signal, id: SignalId, grouped: Grouped) -> Vec<Expr> {
    b.push("", Stage::Filter(make::flag(grouped.among)));
    let asked = asked_of(b, id);
    let (values, held) = ranges_of(b, asked);
    let measures = grouped.measures.into_iter().chain(held).collect();
    super::super::alert::prepare(b);
    b.keep_own_time();
    let end = b.column("window_end");
    let words = crate::plan::words(grouped.size);
    b.push(
        says(signal, &format!("windows of {words}")),
        Stage::Windows { out: end.clone(), size: grouped.size, every: grouped.every },
    );
    let mut by = columns(grouped.keys);
    by.push(end.clone());
    let number = b.sort("", &by);
    if let Some(gap) = grouped.gap {
        let before = b.column("previous_at");
        b.push("", Stage::Back { keys: by.clone(), column: b.time.clone(), k: 1, out: before.clone() });
        let since = make::elapsed(b.now(), make::maybe(&before, Type::TIMESTAMP));
        b.push("", Stage::Compute(vec![(gap, since)]));
    }
    let last = b.live_columns();
    b.push("", Stage::Group { keys: by, measures, number, last });
    let time = b.time.clone();
    b.push("", Stage::Compute(vec![(time, make::sure(&end, Type::TIMESTAMP))]));
    values
}

/// The ranges that are asked for, with their conditions on a row.
fn asked_of(b: &mut Builder, id: SignalId) -> Vec<(Range, Expr)> {
    let ranges = asked(b, id);
    let conditions = range_conditions(b, &ranges);
    ranges.into_iter().zip(conditions).collect()
}

/// Each range's value, and how many rows of the window it is counted from.
fn ranges_of(b: &mut Builder, asked: Vec<(Range, Expr)>) -> (Vec<Expr>, Vec<(Column, Measured)>) {
    let mut values = Vec::new();
    let mut measures = Vec::new();
    for (range, condition) in asked {
        let count = b.column("held");
        let measured =
            Measured { function: MeasureFunction::Count, argument: None, filter: Some(condition), ty: Type::INTEGER };
        measures.push((count.clone(), measured));
        let some = make::compare(CompareOp::Greater, make::sure(&count, Type::INTEGER), make::integer(0));
        values.push(range_value(&range, some));
    }
    (values, measures)
}
