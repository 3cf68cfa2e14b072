//! Hits that come later than their last event, at a window's end or at a deadline, where another analytic reads them: rows of their own,
//! copies of the last event's rows that belong to nothing but this signal, with the hit's time.

use super::{members, order};
use crate::ir::{Analytic, CompareOp, Rule, Signal, SignalId, StreamRef, lookback};
use crate::plan::build::{Builder, Hits};
use crate::plan::deadline;
use crate::plan::{Column, Expr, Stage, columns as read, make};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};

/// Whether a signal is read by an analytic that does more than pass its hits on to the alert.
pub(super) fn feeds(rule: &Rule, id: SignalId) -> bool {
    order(rule).into_iter().any(|reader| {
        let Some(signal) = rule.signals.get(reader.index()) else { return false };
        let passes = matches!(signal.analytic, Analytic::Match { .. } | Analytic::Any { keys: None, .. })
            && members(rule).contains(&StreamRef::Signal(reader));
        !passes && lookback::inputs(&signal.analytic).iter().any(|(s, _)| *s == StreamRef::Signal(id))
    })
}

/// The hits of a trailing absence, at their deadlines.
pub(super) fn deadlines(b: &mut Builder, signal: &Signal, id: SignalId, mut hits: Hits) -> Hits {
    keep_time(b);
    deadline::hold(b, &mut hits);
    let late = b.column("late");
    let values = vec![(0, make::boolean(true)), (1, make::flag(&hits.hit))];
    b.push(
        format!("signal {}: its hits are rows at their deadlines", signal.name),
        Stage::Expand { out: late.clone(), values },
    );
    let time = make::choose(is_late(&late), make::add(b.now(), make::duration(hits.delay)), b.now());
    settle(b, id, &late, time);
    let at = make::and([make::flag(&hits.hit), is_late(&late)]);
    b.push("", Stage::Compute(vec![(hits.hit.clone(), at)]));
    Hits { delay: 0, ..hits }
}

/// Rows of windows beside the rows that were there.
pub(super) struct Windows {
    /// The key of a group of rows: group, window's end, and one that tells the other rows apart.
    pub by: Vec<Column>,
    /// The order.
    pub number: Column,
    /// Every column so far.
    pub kept: Vec<Column>,
    end: Column,
    late: Column,
}

/// A copy of each consumed row for every window that holds it.
pub(super) fn windows(b: &mut Builder, signal: &Signal, grouped: &super::window::Grouped) -> Option<Windows> {
    // A hopping window of a day every half hour.
    const MOST: i64 = 48;
    let hops = grouped.size / grouped.every.max(1);
    if hops > MOST {
        b.refuse(
            signal.span,
            format!("more than {MOST} windows that overlap and feed another analytic have no lowering yet"),
            "let the windows come less often",
        );
        return None;
    }
    keep_time(b);
    let number = b.sort("", &[]);
    let late = b.column("late");
    let mut values = vec![(0, make::boolean(true))];
    values.extend((1..=hops).map(|hop| (hop, make::flag(grouped.among))));
    let words = crate::plan::words(grouped.size);
    b.push(
        format!("signal {}: windows of {words}, as rows beside the events", signal.name),
        Stage::Expand { out: late.clone(), values },
    );
    let hop_end = b.column("hop_end");
    b.push("", Stage::Windows { out: hop_end.clone(), size: grouped.every, every: grouped.every });
    let mut end_of = make::sure(&hop_end, Type::TIMESTAMP);
    for hop in 2..=hops {
        let is = make::equal(make::sure(&late, Type::INTEGER), make::integer(hop));
        let later = make::add(make::sure(&hop_end, Type::TIMESTAMP), make::duration((hop - 1) * grouped.every));
        end_of = make::choose(is, later, end_of);
    }
    let end = b.column("window_end");
    let mut computed = vec![(end.clone(), make::choose(is_late(&late), end_of, b.now()))];
    let apart = b.column("own_row");
    computed.push((apart.clone(), make::choose(is_late(&late), make::integer(0), make::sure(&number, Type::INTEGER))));
    let mut by = Vec::new();
    for key in grouped.keys {
        // A row without the key is in no window, and has to stay; rows of another source may not even have the field.
        if !key.nullable && b.row_source.is_none() {
            by.push(key.column.clone());
            continue;
        }
        let column = b.column(&format!("window_{}", key.name));
        computed.push((column.clone(), make::choose(is_late(&late), make::sure(&key.column, key.ty), some(key.ty))));
        by.push(column);
    }
    b.push("", Stage::Compute(computed));
    by.extend([end.clone(), apart]);
    Some(Windows { kept: made(b, &by), by, number, end, late })
}

/// After the rows of each window are one: it comes at the window's end. Gives which rows are windows.
pub(super) fn ended(b: &mut Builder, id: SignalId, windows: &Windows) -> Expr {
    settle(b, id, &windows.late, make::sure(&windows.end, Type::TIMESTAMP));
    is_late(&windows.late)
}

fn is_late(late: &Column) -> Expr {
    make::compare(CompareOp::Greater, make::sure(late, Type::INTEGER), make::integer(0))
}

/// The time of the last event stays known: it orders hits of one time, and `time` is read there.
fn keep_time(b: &mut Builder) {
    if b.own_time.is_none() {
        let column = b.column("last_event_time");
        let time = b.now();
        b.push("", Stage::Compute(vec![(column.clone(), time)]));
        b.own_time = Some(column);
    }
}

/// The late rows get their time, come after all events of it, and are no longer what the rows were that they copy.
fn settle(b: &mut Builder, id: SignalId, late: &Column, time: Expr) {
    let rank = b.column("rank");
    let before = b.rank.as_ref().map_or_else(|| make::integer(0), |r| make::sure(r, Type::INTEGER));
    let own = make::integer(i64::from(id.0) + 1);
    let mut computed = vec![(rank.clone(), make::choose(is_late(late), own, before))];
    let mut flags: Vec<Column> = b.events.values().cloned().collect();
    b.signals.values().for_each(|hits| flags_of(hits, &mut flags));
    flags.sort();
    flags.dedup();
    let stays = |flag: Column| (flag.clone(), make::and([make::flag(&flag), make::not(is_late(late))]));
    computed.extend(flags.into_iter().map(stays));
    b.push("", Stage::Compute(computed));
    let now = b.time.clone();
    b.push("", Stage::Compute(vec![(now, time)]));
    b.rank = Some(rank);
    b.late.insert(id);
}

fn flags_of(hits: &Hits, flags: &mut Vec<Column>) {
    flags.push(hits.hit.clone());
    hits.members.iter().for_each(|(_, member)| flags_of(member, flags));
}

/// Every column that a row has by now.
fn made(b: &Builder, without: &[Column]) -> Vec<Column> {
    let mut all: Vec<Column> = b.fields.values().chain(&b.row_source).cloned().collect();
    b.stages.iter().for_each(|note| read::made_by(&note.stage, &mut all));
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|c| *c != b.time && !without.contains(c) && seen.insert(c.clone()));
    all
}

/// Any value of a type: it stands for a key in rows that are not grouped by it.
fn some(ty: Type) -> Expr {
    let value = match ty {
        Type::Scalar(Scalar::String) => Value::string("-"),
        Type::Scalar(Scalar::Ip) => Value::Ip(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)),
        Type::Scalar(Scalar::Boolean) => Value::Boolean(false),
        Type::Scalar(Scalar::Number) => Value::Number(0.0),
        Type::Scalar(Scalar::Timestamp) => Value::Timestamp(0),
        Type::Scalar(Scalar::Duration) => Value::Duration(0),
        _ => Value::Integer(0),
    };
    make::value(value, ty)
}

/// An event's absence is known at the events' times, not at those of late rows.
pub(super) fn refuse_absences(
    b: &mut Builder,
    signal: &Signal,
    near: &[super::Near],
    asking: &[StreamRef],
    span: Span,
) {
    let late = asking.iter().any(|s| may_be_late(b, *s));
    if late && near.iter().any(|n| matches!(n.stream, StreamRef::Event(_))) {
        let what = if matches!(signal.analytic, Analytic::Together { .. }) { "`after`" } else { "an absence" };
        b.refuse(
            span,
            format!(
                "{what} beside hits that come at a window's end or a deadline has no lowering yet (`{}`)",
                signal.name
            ),
            "use sliding windows for what feeds it",
        );
    }
}

fn may_be_late(b: &Builder, stream: StreamRef) -> bool {
    let StreamRef::Signal(id) = stream else { return false };
    b.late.contains(&id)
        || b.rule.signals.get(id.index()).is_some_and(|signal| {
            lookback::inputs(&signal.analytic).iter().any(|(s, _)| *s != stream && may_be_late(b, *s))
        })
}
