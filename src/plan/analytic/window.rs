//! Tumbling and hopping windows: one row per (group, window), at the window's end. The rows that were events are gone after it.

use super::{asked, columns, range_conditions, range_value, says};
use crate::ir::{MeasureFunction, Signal, SignalId};
use crate::plan::build::{Builder, Keyed};
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

/// Groups, sets the time to the window's end, and gives the ranges' values.
pub(super) fn group(b: &mut Builder, signal: &Signal, id: SignalId, grouped: Grouped) -> Vec<Expr> {
    if id != b.rule.detect {
        b.refuse(
            signal.span,
            format!(
                "the windows of `{}` end between events, and feeding them to another analytic has no lowering yet",
                signal.name
            ),
            "make it `detect`, or use a sliding window",
        );
    }
    if !grouped.keys.is_empty() || grouped.size > 0 {
        b.push("", Stage::Filter(make::flag(grouped.among)));
    }
    let ranges = asked(b, id);
    let mut measures = grouped.measures;
    let mut values = Vec::new();
    for (range, condition) in ranges.iter().zip(range_conditions(b, &ranges)) {
        let count = b.column("held");
        let measured =
            Measured { function: MeasureFunction::Count, argument: None, filter: Some(condition), ty: Type::INTEGER };
        measures.push((count.clone(), measured));
        let some = make::compare(crate::ir::CompareOp::Greater, make::sure(&count, Type::INTEGER), make::integer(0));
        values.push(range_value(range, some));
    }
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
