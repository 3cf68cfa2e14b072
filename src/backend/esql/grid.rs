//! Measures of each bucket over the buckets before it. All ends of buckets lie on one grid, so the ends that look at a bucket are known
//! without looking: one row for each, and one grouping by them.

use super::group::View;
use super::legal::Beside;
use super::measure::{aggregate, word};
use super::meet::Own;
use super::pack::{ordered, written};
use super::text::span;
use super::{Writer, codes, read};
use crate::ir::CompareOp;
use crate::plan::{Column, Direction, Expr, Measured, make};
use crate::value::{Scalar, Type};
use serde_json::json;
use std::sync::Arc;

/// A window that ends before the row that looks.
pub(super) struct Over<'a> {
    pub keys: &'a [Column],
    /// Milliseconds.
    pub within: i64,
    pub among: &'a Column,
    pub since: Option<i64>,
    pub measures: &'a [(Column, Measured)],
    pub lists: &'a [(Column, Expr)],
}

pub(super) fn over(w: &mut Writer<'_>, step: &Beside<'_>, over: &Over<'_>, per: i64) {
    let deciding = w.deciding_from(step.next);
    let own = Own::new(w, step, over.keys, false);
    let packed = own.packed(w, None);
    let (hop, judged, looks) = (w.fresh("hop"), w.fresh("judged"), w.fresh("is_read"));
    let Some(ends) = ends(w, step, over, per, (&hop, &judged)) else { return };
    let judged_at = Column(Arc::from(judged.as_str()));
    let now = make::sure(&Column(Arc::from("event_time")), Type::TIMESTAMP);
    let then = make::sure(&judged_at, Type::TIMESTAMP);
    let is_read = make::and([
        make::flag(over.among),
        make::compare(CompareOp::Less, now.clone(), then.clone()),
        make::within(then, now, over.within),
    ]);
    let stays = step.stays.map(|e| format!(" AND {}", w.printer.condition(e).inside(20))).unwrap_or_default();
    let mut view = View::default();
    view.before.push(json!({ "name": looks, "value": w.printer.condition(&is_read).text }));
    view.before.push(json!({ "name": own.row, "value": format!("CASE({judged} == event_time{stays}, {packed})") }));
    view.aggregates.push(format!("{0} = VALUES({0})", own.row));
    let flag = make::flag(&Column(Arc::from(looks.as_str())));
    let mut made = Vec::new();
    for (out, measured) in over.measures {
        let filter = Some(make::and(std::iter::once(flag.clone()).chain(measured.filter.clone())));
        let measured = Measured { filter, ..measured.clone() };
        match aggregate(w, out, &measured, "\"\"", 0) {
            Some(found) => {
                made.push((out.clone(), measured.ty));
                view.take(found);
            }
            None if deciding.contains(out) => {
                let at = w.measure_span(measured.function);
                let message = format!("{} has no exact form as a value", word(measured.function));
                w.faults.push(codes::refusal(codes::MEASURE, at, &message).help("choose `kql` or `spl`"));
            }
            None => {
                w.dropped.insert(out.clone());
            }
        }
    }
    for (out, value) in over.lists {
        list(w, &mut view, &looks, out, value);
        made.push((out.clone(), Type::List(Scalar::String)));
    }
    view.expanded = Some(own.row.clone());
    view.rows.insert(0, json!({ "name": own.row, "pattern": own.pattern() }));
    let unpacked = own.unpacked(w);
    view.after.splice(0..0, unpacked.into_iter().map(|(name, value)| json!({ "name": name, "value": value })));
    w.add("hops", &json!({ "hop": hop, "hops": ends.hops, "out": judged, "end": ends.end, "within": ends.within }));
    let mut by = w.names(over.keys);
    by.push(judged);
    view.add(w, &by);
    own.remains(w, over.keys);
    made.iter().for_each(|(column, ty)| w.know(column, *ty));
}

/// The ends that may look at a bucket.
struct Ends {
    hops: Vec<i64>,
    end: String,
    /// Where only some of them matter.
    within: Option<String>,
}

/// Those of the reported interval where they are few, else all that come within the history.
fn ends(w: &mut Writer<'_>, step: &Beside<'_>, over: &Over<'_>, per: i64, (hop, judged): (&str, &str)) -> Option<Ends> {
    let history = over.within.saturating_add(per - 1) / per + 1;
    let reported = over.since.filter(|_| step.stays.is_some());
    let width = reported.map(|since| w.rule.schedule.every.saturating_add(since));
    let count = width.map(|width| width.saturating_add(per - 1) / per).filter(|count| *count < history);
    let within = reported.map(|since| {
        let (from, to) = (read::interval(w, since).0, read::interval(w, 0).1);
        (from, to)
    });
    let many = count.unwrap_or(history);
    if many > super::group::MOST_HOPS {
        let at = w.detect_span();
        let message = format!(
            "{many} buckets look at each one, and {} is the most that a query should make of it",
            super::group::MOST_HOPS
        );
        w.faults.push(codes::refusal(codes::HOPS, at, &message).help("take longer buckets, or a shorter `history`"));
        return None;
    }
    let end = match (&within, count) {
        (Some((_, to)), Some(_)) => {
            format!("TO_DATETIME(TO_LONG(DATE_TRUNC({}, {to})) - TO_LONG({hop}) * {per})", span(per))
        }
        _ => format!("TO_DATETIME(TO_LONG(event_time) + TO_LONG({hop}) * {per})"),
    };
    Some(Ends {
        hops: (0..many).collect(),
        end,
        within: within.map(|(from, to)| format!("{judged} > {from} AND {judged} <= {to}")),
    })
}

/// The values of the history, each as a text that sorts like it and that no other bucket has.
fn list(w: &mut Writer<'_>, view: &mut View, looks: &str, out: &Column, value: &Expr) {
    if !matches!(value.ty, Type::INTEGER | Type::DURATION) {
        let message = "a percentile of numbers with fractions has no exact form";
        w.faults.push(
            codes::refusal(codes::MEASURE, value.span, message)
                .help("measure a whole number, or choose `kql` or `spl`"),
        );
        return;
    }
    let column = Column(Arc::from(w.fresh("listed").as_str()));
    view.before.push(json!({ "name": column.0, "value": w.wide(value) }));
    w.know(&column, value.ty);
    let mut parts = vec![ordered(w, &column, Direction::Ascending)];
    parts.extend(w.identity.clone().iter().map(|c| written(w, c)));
    let name = w.name(out);
    view.aggregates.push(format!(
        "{name} = VALUES(CONCAT({})) WHERE {looks} AND {} IS NOT NULL",
        parts.join(", \" \", "),
        column.0
    ));
}
