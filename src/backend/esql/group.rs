//! Stages that make fewer rows: windows and merged hits grouped, the first hit of a bucket kept.

use super::legal::{First, Group};
use super::measure::{self, aggregate};
use super::pack::{ordered, pack};
use super::text::span;
use super::{Writer, codes};
use crate::backend::print::Printed;
use crate::ir::{ExprKind, MeasureFunction};
use crate::plan::{Column, Expr, Stage, make};
use crate::source::Span;
use crate::value::Type;
use serde_json::{Value, json};

/// More windows than this for one event are too many.
pub(super) const MOST_HOPS: i64 = 1000;

/// One row per window that holds the row's time.
pub(super) fn windows(w: &mut Writer<'_>, out: &Column, size: i64, every: i64) {
    let count = if every > 0 { size / every } else { 1 };
    if count > MOST_HOPS {
        let at = w.detect_span();
        let message = format!(
            "an event lies in {count} of these windows, and {MOST_HOPS} is the most that a query should make of it"
        );
        w.faults.push(codes::refusal(codes::HOPS, at, &message).help("let the windows begin less often"));
        return;
    }
    w.know(out, Type::TIMESTAMP);
    w.ends = Some((out.clone(), every));
    let hops: Vec<i64> = (1..=count).collect();
    let view = json!({
        "out": w.name(out), "one": count == 1, "every": span(every), "size": span(size), "milliseconds": every,
        "hop": w.fresh("hop"), "hops": hops,
    });
    w.add("windows", &view);
}

/// One row per key, with the measures and the columns of the last row that are read later.
pub(super) fn group(w: &mut Writer<'_>, group: &Group<'_>) {
    let used = w.used_from(group.next);
    let deciding = w.deciding_from(group.next);
    let made: Vec<&Column> = group.measures.iter().map(|(out, _)| out).chain(group.flag).collect();
    let known = w.known();
    let kept: Vec<Column> =
        known.into_iter().filter(|c| used.contains(c) && !group.keys.contains(c) && !made.contains(&c)).collect();
    let kept = without_lists(w, kept, deciding);
    let parts: Vec<String> = group.order.iter().map(|(c, d)| ordered(w, c, *d)).collect();
    let order = parts.join(", \",\", ");
    let mut view = View::default();
    for (out, measured) in group.measures.iter().filter(|(out, _)| used.contains(out)) {
        let Some(found) = aggregate(w, out, measured, &order, group.order.len()) else {
            unmeasured(w, out, measured.function, deciding.contains(out));
            continue;
        };
        w.know(out, measured.ty);
        view.take(found);
    }
    if !kept.is_empty() {
        let packed = pack(w, &group.order, &kept);
        view.keep(w, "last_row", "MAX", &packed);
    }
    if let Some(flag) = group.flag {
        // Every row that is left has it, so asking for it right away means nothing.
        let asked = w.plan.stages.get(group.next).is_some_and(|n| asks(&n.stage, flag));
        if w.used_from(group.next + usize::from(asked)).contains(flag) {
            view.after.push(json!({ "name": w.name(flag), "value": "TRUE" }));
        }
        w.know(flag, Type::BOOLEAN);
        w.always.insert(flag.clone());
    }
    w.note(group.comment);
    let keys = w.names(&group.keys);
    view.add(w, &keys);
    w.forget_all_but(&group.keys, &made, &kept);
    w.sure.extend(group.keys.iter().cloned());
    w.grouped = true;
    w.identity.clone_from(&group.keys);
    w.grid = w.ends.take().filter(|(end, _)| group.keys.contains(end)).map(|(_, every)| every);
}

/// Whether the stage keeps the rows that have the flag, and does no more.
pub(super) fn asks(stage: &Stage, flag: &Column) -> bool {
    matches!(stage, Stage::Filter(Expr { kind: ExprKind::Leaf(column), .. }) if column == flag)
}

/// The first row of each key; rows without a key stay.
pub(super) fn first(w: &mut Writer<'_>, first: &First<'_>) {
    let used = w.used_from(first.next);
    let deciding = w.deciding_from(first.next);
    let known = w.known();
    let kept: Vec<Column> = known.into_iter().filter(|c| used.contains(c) && !first.keys.contains(c)).collect();
    let mut kept = without_lists(w, kept, deciding);
    let time = Column(std::sync::Arc::from("event_time"));
    if !kept.contains(&time) {
        kept.push(time);
    }
    let mut view = View::default();
    let packed = pack(w, &first.order, &kept);
    let mut keys = w.names(&first.keys);
    // A key that rows were grouped by is never missing: without one a row joined no group.
    let none: Vec<Expr> = first.keyless.iter().filter(|e| !w.asks_for_sure(e)).map(|e| (*e).clone()).collect();
    if !none.is_empty() {
        let none: Printed = w.printer.condition(&make::or(none));
        let own = w.fresh("without_key");
        // Beside its own document, the member of an `any` tells a row from the others.
        let id = if w.grouped || w.identity.is_empty() { packed.value.clone() } else { document(w) };
        view.before.push(json!({ "name": own, "value": format!("CASE({}, {id})", none.text) }));
        keys.push(own);
    }
    view.keep(w, "first_row", "MIN", &packed);
    view.add(w, &keys);
    w.forget_all_but(&first.keys, &[], &kept);
    w.grouped = true;
}

fn document(w: &Writer<'_>) -> String {
    let via = Column(std::sync::Arc::from("via"));
    let mut own = w.identity.clone();
    if w.types.contains_key(&via) && !own.contains(&via) {
        own.push(via);
    }
    let text = |c: &Column| if w.ty(c) == Type::STRING { w.name(c) } else { format!("TO_STRING({})", w.name(c)) };
    let parts: Vec<String> = own.iter().map(text).collect();
    match parts.as_slice() {
        [one] => one.clone(),
        all => format!("CONCAT({})", all.join(", \",\", ")),
    }
}

/// What goes into the template.
#[derive(Default)]
pub(super) struct View {
    pub before: Vec<Value>,
    pub aggregates: Vec<String>,
    /// Several rows that are gathered in one, to be expanded again.
    pub expanded: Option<String>,
    /// What is made of an aggregate before it comes apart.
    pub slices: Vec<Value>,
    pub rows: Vec<Value>,
    pub after: Vec<Value>,
}

impl View {
    fn keep(&mut self, w: &mut Writer<'_>, wish: &str, which: &str, packed: &super::pack::Packed) {
        let name = w.fresh(wish);
        self.before.push(json!({ "name": name, "value": packed.value }));
        self.aggregates.push(format!("{name} = {which}({name})"));
        self.rows.push(json!({ "name": name, "pattern": packed.pattern }));
        for (column, value) in &packed.unpacked {
            self.after.push(json!({ "name": w.name(column), "value": value }));
            w.widen(column);
        }
    }

    pub fn take(&mut self, found: measure::Aggregate) {
        self.aggregates.extend(found.stats);
        self.rows.extend(found.row.map(|(name, pattern)| json!({ "name": name, "pattern": pattern })));
        self.after.extend(found.after.map(|(name, value)| json!({ "name": name, "value": value })));
    }

    pub fn add(self, w: &mut Writer<'_>, keys: &[String]) {
        let before: Vec<Vec<Value>> = if self.before.is_empty() { Vec::new() } else { vec![self.before] };
        let view = json!({
            "before": before, "aggregates": self.aggregates, "keys": keys, "expanded": self.expanded, "slices": self.slices,
            "rows": self.rows, "after": self.after,
        });
        w.add("group", &view);
    }
}

/// A list has no text that comes apart again: a detail goes without it, anything else is refused.
pub(super) fn without_lists(
    w: &mut Writer<'_>,
    columns: Vec<Column>,
    deciding: &std::collections::BTreeSet<Column>,
) -> Vec<Column> {
    let (lists, plain): (Vec<Column>, Vec<Column>) =
        columns.into_iter().partition(|c| matches!(w.ty(c), Type::List(_)));
    for list in lists {
        if deciding.contains(&list) {
            let at = list_span(w);
            let message =
                format!("`{}` is a list, which cannot be kept of a window's last event or of the first hit", list.0);
            w.faults.push(codes::refusal(codes::VALUE, at, &message).help("ask about the list in the event's `where`"));
        } else {
            w.dropped.insert(list);
        }
    }
    plain
}

/// Where something about a hit reads a list.
fn list_span(w: &Writer<'_>) -> Span {
    let mut found = None;
    for expr in w.rule.hit_exprs() {
        expr.visit(&mut |e| found = found.or(matches!(e.ty, Type::List(_)).then_some(e.span)));
    }
    found.unwrap_or_else(|| w.detect_span())
}

fn unmeasured(w: &mut Writer<'_>, out: &Column, function: MeasureFunction, decides: bool) {
    if !decides {
        w.dropped.insert(out.clone());
        return;
    }
    let at = w.measure_span(function);
    let message = format!("{} has no exact form as a value", measure::word(function));
    let help = "compare a percentile with a constant, which counts say; or choose `kql` or `spl`";
    w.faults.push(codes::refusal(codes::MEASURE, at, &message).help(help));
}
