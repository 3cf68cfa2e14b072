//! `cadence`: a condition over the gaps between a group's events.
//!
//! In a sliding window a gap counts while its earlier event lies inside: it enters with its later event and leaves after
//! `earlier + within`. So each row with a gap comes a second time, leaving, and running totals of what enters and leaves are the
//! window's sums. They are whole numbers, so nothing is lost by adding and taking away. In an aligned window gaps are measured per window.
//!
//! A deviation is computed from sums, and the evaluator's from differences to the first gap: of a comparison only equality to the last
//! digit of a fraction could come out otherwise.

use super::each::range_items;
use super::gaps::{Counted, Wanted};
use super::threshold::{Parts, fires};
use super::{asked, columns, consume, plain, range_value, refuse_several, says, window};
use crate::ir::{GapMeasure, MeasureFunction, Signal, SignalId, Window};
use crate::plan::build::{Builder, Hits, Keyed};
use crate::plan::{Column, Direction, Expr, Measured, Stage, Total, make, words};
use crate::value::Type;

/// A sum of squares of milliseconds over so long a time is below 2^53, milliseconds.
const LONGEST_ALIGNED: i64 = 26 * 3_600_000;

pub(super) fn cadence(b: &mut Builder, signal: &Signal, id: SignalId, parts: &Parts) -> Hits {
    let keyed = b.keys(parts.keys);
    refuse_several(b, signal, parts.of.stream);
    let consumed = b.consumed(parts.of.stream, parts.of.filter.as_ref(), &keyed);
    let among = consume(b, id, &signal.name, consumed);
    let hits = match parts.window {
        Window::Sliding { within, rise } => sliding(b, signal, id, parts, keyed, &among, (within, rise)),
        Window::Tumbling { size } => aligned(b, signal, id, parts, keyed, &among, (size, size)),
        Window::Hopping { size, every } => aligned(b, signal, id, parts, keyed, &among, (size, every)),
    };
    let matched = vec![(parts.of.stream, make::boolean(true))];
    Hits { measured: vec![(id, Some(make::boolean(true)))], matched, ..hits }
}

fn sliding(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    parts: &Parts,
    keyed: Vec<Keyed>,
    among: &Column,
    (within, rise): (i64, bool),
) -> Hits {
    let keys = columns(&keyed);
    let mut wanted = Wanted::new(parts, id, None, false);
    let having = wanted.condition(b, parts.having);
    wanted.named(b);
    let mut apart = keys.clone();
    apart.push(among.clone());
    let number = b.sort(&says(signal, &format!("gaps between events in {}", words(within))), &apart);
    let before = b.column("previous_at");
    b.push("", Stage::Back { keys: apart, column: b.time.clone(), k: 1, out: before.clone() });
    let ranges = asked(b, id);
    let (items, newest) = range_items(b, &make::flag(among), &ranges);
    if !items.is_empty() {
        b.push("", Stage::Carry { keys: keys.clone(), inclusive: true, items });
    }
    let last = b.column(&format!("last_{}", signal.name));
    let stage = Stage::LastOfInstant { keys: keys.clone(), among: among.clone(), number, out: last.clone() };
    b.push("", stage);
    if within > LONGEST_ALIGNED && wanted.counted.iter().any(|(c, _, _)| *c == Counted::Squares) {
        b.assumptions.insert("values-vary");
    }
    sweep(b, signal, &wanted, &keys, among, &before, within);
    wanted.compute(b);
    let hit = fires(b, signal, &keys, &last, make::and([make::flag(&last), having]), within, rise);
    let now = b.now();
    let ranges =
        ranges.iter().zip(newest).map(|(r, at)| range_value(r, make::within(now.clone(), at, within))).collect();
    plain(hit, keyed, ranges)
}

/// The sums over the window's gaps, on every row.
fn sweep(
    b: &mut Builder,
    signal: &Signal,
    wanted: &Wanted,
    keys: &[Column],
    among: &Column,
    before: &Column,
    within: i64,
) {
    let earlier = make::maybe(before, Type::TIMESTAMP);
    let counts = make::and([make::flag(among), make::within(b.now(), earlier.clone(), within)]);
    let counts = b.compute("", "has_gap", counts);
    let since = make::choose(make::flag(&counts), make::elapsed(b.now(), earlier.clone()), make::duration(0));
    // Nothing is missing where the row has a gap, and it is 0 elsewhere.
    let gap = b.compute("", "gap", Expr { nullable: false, ..since });
    let leaves = b.column("leaves");
    b.push(
        says(signal, "a gap leaves the window with its earlier event (leaves = 1)"),
        Stage::Expand { out: leaves.clone(), values: vec![(0, make::boolean(true)), (1, make::flag(&counts))] },
    );
    let is_leaving = make::equal(make::sure(&leaves, Type::INTEGER), make::integer(1));
    let end = make::add(earlier, make::duration(within));
    let time = make::choose(is_leaving.clone(), end, b.now());
    let sign = make::choose(is_leaving.clone(), make::integer(-1), make::integer(1));
    let sign = make::choose(make::flag(&counts), sign, make::integer(0));
    let signed = b.column("sign");
    let time = Expr { nullable: false, ..time };
    b.push("", Stage::Compute(vec![(b.time.clone(), time), (signed.clone(), sign)]));
    let mut by: Vec<(Column, Direction)> = keys.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    let mut order = b.order();
    // What leaves at a time was inside up to it.
    order.insert(1, (leaves, Direction::Ascending));
    by.extend(order);
    b.push("", Stage::Sort(by));
    let gap = make::sure(&gap, Type::DURATION);
    let sign = make::sure(&signed, Type::INTEGER);
    let totals = wanted
        .counted
        .iter()
        .map(|(counted, out, span)| {
            let one = make::times(sign.clone(), counted.adds(&gap));
            let add = match counted.test(&gap) {
                Some(test) => make::choose(test, one, make::integer(0)),
                None => one,
            };
            // All gaps together are no longer than the window, and so the sum of their squares is at most its square.
            let most = i128::from(within).saturating_mul(i128::from(within));
            Total { out: out.clone(), add: Expr { span: *span, ..add }, most }
        })
        .collect();
    b.push("", Stage::Running { keys: keys.to_vec(), totals });
    b.push("", Stage::Filter(make::not(is_leaving)));
}

fn aligned(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    parts: &Parts,
    keyed: Vec<Keyed>,
    among: &Column,
    (size, every): (i64, i64),
) -> Hits {
    let rows = b.column("events");
    let mut wanted = Wanted::new(parts, id, Some(rows.clone()), true);
    let having = wanted.condition(b, parts.having);
    wanted.named(b);
    if let Some((_, _, span)) = wanted.counted.iter().find(|(c, _, _)| *c == Counted::Squares)
        && size > LONGEST_ALIGNED
    {
        b.refuse(
            *span,
            "a deviation over an aligned window of more than 26h has no exact form",
            "use a shorter window",
        );
    }
    let gap = b.column("gap");
    let value = make::maybe(&gap, Type::DURATION);
    let measured = |function, argument, filter, ty| Measured { function, argument, filter, ty };
    let mut measures = vec![(rows, measured(MeasureFunction::Count, None, None, Type::INTEGER))];
    for (counted, out, span) in &wanted.counted {
        let one = counted.adds(&value);
        let test = counted.test(&value).unwrap_or_else(|| make::exists(value.clone()));
        measures.push((
            out.clone(),
            match one.nullable {
                true => measured(MeasureFunction::Sum, Some(Expr { span: *span, ..one }), None, Type::INTEGER),
                false => measured(MeasureFunction::Count, None, Some(test), Type::INTEGER),
            },
        ));
    }
    for (out, rank, span) in &wanted.ranks {
        let function = match rank {
            GapMeasure::Min => MeasureFunction::Min,
            GapMeasure::Max => MeasureFunction::Max,
            _ => MeasureFunction::Percentile(50.0),
        };
        let argument = Expr { span: *span, ..value.clone() };
        measures.push((out.clone(), measured(function, Some(argument), None, Type::DURATION)));
    }
    let grouped = window::Grouped { keys: &keyed, among, size, every, gap: Some(gap), measures };
    let ranges = window::group(b, signal, id, grouped);
    wanted.compute(b);
    let hit = b.compute(&says(signal, "having"), &format!("hit_{}", signal.name), having);
    plain(hit, keyed, ranges)
}
