//! `together` and `evidence`: several streams within one window. For each stream the newest time is carried; the condition is a sum
//! over the streams whose newest time lies in the window.

use super::{asked, columns, consume, plain, range_conditions, range_value, says, threshold, window};
use crate::ir::{self, CompareOp, Input, Keys, MeasureFunction, Signal, SignalId, StreamRef, Weighed, Window};
use crate::plan::build::{Builder, Evidence, Hits, Keyed};
use crate::plan::{Carried, Column, Expr, Measured, Stage, make};
use crate::value::Type;

/// A together's parts.
pub(super) struct Parts<'a> {
    pub of: &'a [Input],
    pub keys: &'a Keys,
    pub window: Window,
    pub at_least: u32,
    pub after: Option<StreamRef>,
}

/// An evidence's parts.
pub(super) struct EvidenceParts<'a> {
    pub of: &'a [Weighed<Input>],
    pub when: &'a [Weighed<ir::ContextId>],
    pub keys: &'a Keys,
    pub window: Window,
    pub alert_at: i64,
}

/// What is known at a window's decision: one entry per stream.
struct Present {
    keyed: Vec<Keyed>,
    /// The stream has an event in the window that counts. With `after: s`, its newest event lies after an s of the window, which is to say
    /// that the newest s before that event lies there too.
    here: Vec<Expr>,
    ranges: Vec<Expr>,
    /// Rows that may hit: the last of each instant, or the windows' rows.
    at: Expr,
    last: Option<Column>,
    sliding: Option<(i64, bool)>,
}

pub(super) fn together(b: &mut Builder, signal: &Signal, id: SignalId, parts: &Parts) -> Hits {
    let inputs: Vec<&Input> = parts.of.iter().collect();
    let present = present(b, signal, id, &inputs, parts.keys, parts.window, parts.after);
    if parts.after.is_some() {
        refuse_beside_after(b, signal, &present);
    }
    let n = i64::from(parts.at_least);
    let holds = make::compare(CompareOp::GreaterEqual, count(&present.here), make::integer(n));
    let matched = parts.of.iter().map(|i| i.stream).zip(present.here.iter().cloned()).collect();
    finish(b, signal, present, holds, matched, None)
}

/// What a `together` with `after` cannot have.
fn refuse_beside_after(b: &mut Builder, signal: &Signal, present: &Present) {
    if present.sliding.is_none() {
        b.refuse(signal.span, "`after` in fixed windows has no lowering yet", "use a sliding window");
        return;
    }
    if !b.ranges.is_empty() && !asked(b, b.rule.detect).is_empty() {
        b.refuse(
            signal.span,
            "`any(...)` and `all(...)` over a `together` with `after` have no lowering yet",
            "read the context bare, at the hit's last event",
        );
    }
}

pub(super) fn evidence(b: &mut Builder, signal: &Signal, id: SignalId, parts: &EvidenceParts) -> Hits {
    let inputs: Vec<&Input> = parts.of.iter().map(|w| &w.what).collect();
    let present = present(b, signal, id, &inputs, parts.keys, parts.window, None);
    let mut reasons = Vec::new();
    let mut weights = Vec::new();
    for (i, (weighed, here)) in parts.of.iter().zip(&present.here).enumerate() {
        let name = b.rule.stream_name(weighed.what.stream).to_owned();
        let comment = if i == 0 { says(signal, "weights") } else { String::new() };
        let here = &make::flag(&b.compute(&comment, &format!("with_{name}"), here.clone()));
        weights.push(make::choose(here.clone(), make::integer(weighed.weight), make::integer(0)));
        reasons.extend(weighed.because.clone().map(|text| (here.clone(), text)));
    }
    for weighed in parts.when {
        let expr = b.rule.contexts.get(weighed.what.index()).map(|c| ir::Expr {
            kind: ir::ExprKind::Leaf(ir::Leaf::Context(weighed.what)),
            ty: c.ty,
            nullable: true,
            span: c.span,
        });
        let Some(holds) = expr.map(|e| b.lower(&e)) else { continue };
        weights.push(make::choose(holds.clone(), make::integer(weighed.weight), make::integer(0)));
        reasons.extend(weighed.because.clone().map(|text| (holds, text)));
    }
    let sum = b.compute("", &format!("{}_sum", signal.name), make::sum(weights));
    let reached =
        make::compare(CompareOp::GreaterEqual, make::sure(&sum, Type::INTEGER), make::integer(parts.alert_at));
    let matched = parts.of.iter().map(|w| w.what.stream).zip(present.here.iter().cloned()).collect();
    finish(b, signal, present, reached, matched, Some(Evidence { sum, reasons, always: true }))
}

fn present(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    inputs: &[&Input],
    keys: &Keys,
    kind: Window,
    after: Option<StreamRef>,
) -> Present {
    let keyed = b.keys(keys);
    super::nearest_hits(b, signal);
    let mut flags = Vec::new();
    for input in inputs {
        let name = b.rule.stream_name(input.stream).to_owned();
        let consumed = b.consumed(input.stream, input.filter.as_ref(), &keyed);
        flags.push((b.compute("", &format!("in_{name}"), consumed), name));
    }
    let any = make::or(flags.iter().map(|(f, _)| make::flag(f)).collect::<Vec<_>>());
    let among = consume(b, id, &signal.name, any);
    match kind {
        Window::Sliding { within, rise } => sliding(b, signal, id, keyed, &flags, &among, (within, rise), after),
        Window::Tumbling { size } => grouped(b, signal, id, keyed, &flags, &among, size, size),
        Window::Hopping { size, every } => grouped(b, signal, id, keyed, &flags, &among, size, every),
    }
}

#[allow(clippy::too_many_arguments)] // the parts of one window, used once
fn sliding(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    keyed: Vec<Keyed>,
    flags: &[(Column, String)],
    among: &Column,
    (within, rise): (i64, bool),
    after: Option<StreamRef>,
) -> Present {
    let keys = columns(&keyed);
    let mut apart = keys.clone();
    apart.push(among.clone());
    let number = b.sort(&says(signal, &format!("newest of each in {}", crate::plan::words(within))), &apart);
    let ranges = asked(b, id);
    let conditions = range_conditions(b, &ranges);
    let mut items = Vec::new();
    let mut here = Vec::new();
    let mut ones: Vec<Vec<Expr>> = vec![Vec::new(); ranges.len()];
    let before = after.and_then(|s| b.neighbour(s, &keyed, &keyed, false));
    for (flag, name) in flags {
        let at = b.column(&format!("{name}_at"));
        let mut values = vec![(at.clone(), b.now())];
        let mut oldest = make::maybe(&at, Type::TIMESTAMP);
        if let Some(before) = &before {
            let column = b.column(&format!("before_{name}"));
            values.push((column.clone(), before.clone()));
            oldest = make::maybe(&column, Type::TIMESTAMP);
        }
        let in_window = make::within(b.now(), oldest, within);
        for ((range, condition), ones) in ranges.iter().zip(&conditions).zip(&mut ones) {
            let column = b.column(&format!("{name}_{}", if range.all { "not_all" } else { "any" }));
            values.push((column.clone(), make::truth(condition.clone())));
            ones.push(make::and([in_window.clone(), make::maybe(&column, Type::BOOLEAN)]));
        }
        items.push(Carried { when: make::flag(flag), values });
        here.push(in_window);
    }
    b.push("", Stage::Carry { keys: keys.clone(), inclusive: true, items });
    let last = b.column(&format!("last_{}", signal.name));
    b.push("", Stage::LastOfInstant { keys, among: among.clone(), number, out: last.clone() });
    let ranges = ranges.iter().zip(ones).map(|(r, o)| range_value(r, make::or(o))).collect();
    Present { keyed, here, ranges, at: make::flag(&last), last: Some(last), sliding: Some((within, rise)) }
}

#[allow(clippy::too_many_arguments)] // the parts of one window, used once
fn grouped(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    keyed: Vec<Keyed>,
    flags: &[(Column, String)],
    among: &Column,
    size: i64,
    every: i64,
) -> Present {
    // The range is the newest row of each stream: its condition, and nothing where the stream has no row.
    let ranges = asked(b, id);
    let mut ones: Vec<Vec<Expr>> = vec![Vec::new(); ranges.len()];
    let conditions = range_conditions(b, &ranges);
    let mut measures = Vec::new();
    let mut here = Vec::new();
    for (flag, name) in flags {
        let count = b.column(&format!("{name}_count"));
        let measured = Measured {
            function: MeasureFunction::Count,
            argument: None,
            filter: Some(make::flag(flag)),
            ty: Type::INTEGER,
        };
        here.push(make::compare(CompareOp::Greater, make::sure(&count, Type::INTEGER), make::integer(0)));
        measures.push((count, measured));
        for (condition, ones) in conditions.iter().zip(&mut ones) {
            let newest = b.column(&format!("{name}_held"));
            let measured = Measured {
                function: MeasureFunction::Last,
                argument: Some(make::choose(condition.clone(), make::integer(1), make::integer(0))),
                filter: Some(make::flag(flag)),
                ty: Type::INTEGER,
            };
            ones.push(make::equal(make::maybe(&newest, Type::INTEGER), make::integer(1)));
            measures.push((newest, measured));
        }
    }
    let grouped = window::Grouped { keys: &keyed, among, size, every, gap: None, measures };
    let (_, at) = window::group_or_beside(b, signal, id, grouped);
    let ranges = ranges.iter().zip(ones).map(|(r, o)| range_value(r, make::or(o))).collect();
    Present { keyed, here, ranges, at, last: None, sliding: None }
}

fn count(here: &[Expr]) -> Expr {
    make::sum(here.iter().map(|h| make::choose(h.clone(), make::integer(1), make::integer(0))))
}

fn finish(
    b: &mut Builder,
    signal: &Signal,
    present: Present,
    holds: Expr,
    matched: Vec<(StreamRef, Expr)>,
    evidence: Option<Evidence>,
) -> Hits {
    let holds = make::and([present.at, holds]);
    let hit = match (&present.last, present.sliding) {
        (Some(last), Some((within, rise))) => {
            threshold::fires(b, signal, &columns(&present.keyed), last, holds, within, rise)
        }
        _ => b.compute(&says(signal, "hit"), &format!("hit_{}", signal.name), holds),
    };
    Hits { matched, evidence, ..plain(hit, present.keyed, present.ranges) }
}
