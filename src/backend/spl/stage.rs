//! One stage of the plan as stages of the pipe.

use super::measure::aggregate;
use super::text::quote;
use super::{Writer, lookup};
use crate::ir::ExprKind;
use crate::plan::{Carried, Column, Direction, Expr, Measured, Stage, Total, make};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};
use serde_json::json;

/// `streamstats` holds at most so many rows in a `window` (limits.conf, `max_stream_window`).
const LONGEST_WINDOW: u32 = 10_000;

pub(super) fn stage(w: &mut Writer<'_>, stage: &Stage) {
    match stage {
        Stage::Lookup { lookup, keys, found, columns } => lookup::lookup(w, *lookup, keys, found.as_ref(), columns),
        Stage::Compute(columns) => {
            let assigned: Vec<String> =
                columns.iter().map(|(c, e)| format!("{}={}", w.name(c), w.printer.value(e).text)).collect();
            columns.iter().for_each(|(c, e)| w.know(c, e.ty));
            eval(w, &assigned);
            if columns.iter().any(|(c, _)| w.order.iter().any(|(o, _)| o == c)) {
                w.order.clear();
            }
        }
        Stage::Filter(condition) => {
            let condition = w.printer.condition(condition).text;
            w.add("filter", &json!({ "condition": condition }));
        }
        Stage::Split { role, event, context, both } => {
            let view = json!({
                "role": w.name(role), "both": both,
                "event": w.printer.condition(event).text, "context": w.printer.condition(context).text,
            });
            w.know(role, Type::INTEGER);
            if *both {
                w.printer.assume("mvexpand-memory");
            }
            w.add("split", &view);
        }
        Stage::Sort(by) => sort(w, by),
        Stage::Number(out) => {
            w.know(out, Type::INTEGER);
            w.printer.assume("unbounded-streamstats");
            let out = w.name(out);
            w.add("number", &json!({ "out": out }));
        }
        Stage::Carry { keys, inclusive, items } => carry(w, keys, *inclusive, items),
        Stage::Back { keys, column, k, out } => back(w, keys, column, *k, out),
        // A row without a key is not numbered, and stays.
        Stage::FirstOf { keys, .. } => {
            let nth = w.fresh("nth");
            let view = json!({ "nth": nth, "by": by(w, keys, &[]) });
            w.printer.assume("unbounded-streamstats");
            w.add("first", &view);
        }
        Stage::LastOfInstant { keys, among, number, out } => last_of_instant(w, keys, among, number, out),
        Stage::Over { keys, within, closed, among, measures, lists, .. } => {
            for (_, value) in lists {
                w.printer.refuse(
                    value.span,
                    "a percentile of a history has no exact form in SPL, whose lists end at 100 values",
                    "compare with `mean`, `stddev` or `max`",
                );
            }
            over(w, keys, *within, *closed, among, measures);
        }
        Stage::Expand { out, values } => expand(w, out, values),
        Stage::Windows { out, size, every } => {
            w.know(out, Type::TIMESTAMP);
            let view = json!({ "out": w.name(out), "one": size == every, "size": size, "every": every });
            if size != every {
                w.printer.assume("mvexpand-memory");
                w.order.clear();
            }
            w.add("windows", &view);
        }
        Stage::Group { keys, measures, number, .. } => group(w, keys, measures, number),
        // Its list was refused.
        Stage::Rank { .. } => {}
        Stage::Running { keys, totals } => running(w, keys, totals),
        Stage::Root { of, out } => {
            w.know(out, Type::NUMBER);
            let view = json!({ "out": w.name(out), "of": w.printer.value(of).text });
            w.add("root", &view);
        }
        Stage::Report => {
            let (every, delay) = (w.rule.schedule.every, w.rule.schedule.delay);
            let now = w.inputs.standing.as_ref().map_or_else(|| "now()".to_owned(), |s| (s.now / 1000).to_string());
            w.add("report", &json!({ "every": every, "delay": delay, "now": now }));
        }
    }
}

fn eval(w: &mut Writer<'_>, assigned: &[String]) {
    if !assigned.is_empty() {
        w.add("eval", &json!({ "columns": assigned }));
    }
}

/// `streamstats` needs no group to stand together, so only what follows the group's keys matters, and an order that is there already
/// needs no sort.
fn sort(w: &mut Writer<'_>, by: &[(Column, Direction)]) {
    let time = by.iter().position(|(c, _)| &*c.0 == "event_time").unwrap_or(0);
    let order: Vec<(Column, Direction)> = by.iter().skip(time).cloned().collect();
    if w.order == order {
        return;
    }
    let keys: Vec<String> = order
        .iter()
        .map(|(column, direction)| {
            let sign = if *direction == Direction::Descending { "-" } else { "" };
            let kind = match w.ty(column) {
                Type::Scalar(Scalar::String | Scalar::Ip) | Type::List(_) => "str",
                Type::Scalar(_) => "num",
            };
            format!("{sign}{kind}({})", column.0)
        })
        .collect();
    w.add("sort", &json!({ "keys": keys }));
    w.order = order;
}

fn by(w: &Writer<'_>, keys: &[Column], more: &[&str]) -> String {
    let names: Vec<String> = keys.iter().map(|k| w.name(k)).chain(more.iter().map(|m| (*m).to_owned())).collect();
    if names.is_empty() { String::new() } else { format!(" BY {}", names.join(" ")) }
}

/// Nulls are skipped column by column: a value that may be missing travels as a word, or behind a mark, or a tuple would tear.
fn carry(w: &mut Writer<'_>, keys: &[Column], inclusive: bool, items: &[Carried]) {
    let mut before = Vec::new();
    let mut lasts = Vec::new();
    let mut after = Vec::new();
    for item in items {
        let when = w.printer.condition(&item.when).text;
        for (out, value) in &item.values {
            let name = w.name(out);
            let input = format!("{name}_in");
            let text = w.printer.value(value);
            w.know(out, value.ty);
            if value.nullable && is_number(value.ty) {
                // No number is this word.
                before.push(match make::part_of(&item.when, value) {
                    Some((condition, then, rest)) => format!(
                        "{input}=case({}, {}, {}, \"none\")",
                        w.printer.condition(condition).text,
                        w.printer.value(then).text,
                        w.printer.condition(&rest).text
                    ),
                    None => format!("{input}=if({when}, coalesce({}, \"none\"), null())", text.text),
                });
                lasts.push(format!("last({input}) AS {name}"));
                after.push(format!("{name}=nullif({name}, \"none\")"));
            } else if value.nullable {
                let marked = format!("{name}_marked");
                before.push(format!("{input}=if({when}, coalesce(\"=\".{}, \"-\"), null())", text.inside(50)));
                lasts.push(format!("last({input}) AS {marked}"));
                let taken = format!("if(substr({marked}, 1, 1)==\"=\", substr({marked}, 2), null())");
                after.push(format!("{name}={taken}"));
            } else {
                before.push(format!("{input}=if({when}, {}, null())", text.text));
                lasts.push(format!("last({input}) AS {name}"));
            }
        }
    }
    w.printer.assume("unbounded-streamstats");
    eval(w, &before);
    let view = json!({ "current": inclusive, "lasts": lasts, "by": by(w, keys, &[]) });
    w.add("carry", &view);
    eval(w, &after);
}

fn is_number(ty: Type) -> bool {
    !matches!(ty, Type::Scalar(Scalar::String | Scalar::Ip) | Type::List(_))
}

/// Sums of whole numbers are exact as long as a double holds them.
fn running(w: &mut Writer<'_>, keys: &[Column], totals: &[Total]) {
    const LARGEST: i128 = 1 << 53;
    let mut before = Vec::new();
    let mut sums = Vec::new();
    for total in totals {
        if total.most > LARGEST {
            w.printer.refuse(
                total.add.span,
                format!("a running total may reach {}, and Splunk's numbers are whole up to {LARGEST}", total.most),
                "use a shorter window",
            );
        }
        let out = w.name(&total.out);
        let input = format!("{out}_in");
        before.push(format!("{input}={}", w.printer.value(&total.add).text));
        sums.push(format!("sum({input}) AS {out}"));
        w.know(&total.out, total.add.ty);
    }
    w.printer.assume("unbounded-streamstats");
    eval(w, &before);
    // A carry of the current row has the same shape: `streamstats` with other functions.
    w.add("carry", &json!({ "current": true, "lasts": sums, "by": by(w, keys, &[]) }));
}

fn back(w: &mut Writer<'_>, keys: &[Column], column: &Column, k: u32, out: &Column) {
    let rows = k.saturating_add(1);
    if rows > LONGEST_WINDOW {
        w.printer.refuse(
            Span::default(),
            format!("a count of {rows} or more within a window: Splunk's `streamstats` looks back over {LONGEST_WINDOW} rows at most"),
            "use a smaller count or a tumbling window",
        );
    }
    let (first, count) = (w.fresh("first"), w.fresh("rows"));
    w.know(out, w.ty(column));
    let view = json!({
        "rows": rows, "first": first, "count": count, "column": w.name(column), "out": w.name(out), "by": by(w, keys, &[]),
    });
    w.add("back", &view);
}

fn last_of_instant(w: &mut Writer<'_>, keys: &[Column], among: &Column, number: &Column, out: &Column) {
    let newest = w.fresh("newest");
    let among = w.name(among);
    w.know(out, Type::BOOLEAN);
    let view = json!({
        "newest": newest, "number": w.name(number), "among": among, "out": w.name(out),
        "by": by(w, keys, &["event_time", &among]),
    });
    w.add("last", &view);
}

/// `time_window` over a time of two units a millisecond: no row can lie on the window's end, so whether it is open does not matter.
fn over(
    w: &mut Writer<'_>,
    keys: &[Column],
    within: i64,
    closed: bool,
    among: &Column,
    measures: &[(Column, Measured)],
) {
    // A context's rows sort after those that ask at the same time, so an open upper end needs nothing more.
    let _ = closed;
    w.printer.assume("unbounded-streamstats");
    w.printer.assume("time-window-of-scaled-time");
    let only = [make::flag(among)];
    let mut before = Vec::new();
    let mut aggregates = Vec::new();
    let mut after = Vec::new();
    for (out, measured) in measures {
        let one = aggregate(w, out, measured, &only);
        before.extend(one.before);
        aggregates.extend(one.aggregates);
        after.extend(one.after);
        w.know(out, measured.ty);
    }
    before.push("_time=event_time*2".to_owned());
    eval(w, &before);
    let view = json!({
        "seconds": within.saturating_mul(2).saturating_add(1), "aggregates": aggregates, "by": by(w, keys, &[]),
    });
    w.add("over", &view);
    eval(w, &after);
}

fn expand(w: &mut Writer<'_>, out: &Column, values: &[(i64, Expr)]) {
    let always = |when: &Expr| matches!(when.kind, ExprKind::Const(Value::Boolean(true)));
    let parts: Vec<String> = values
        .iter()
        .map(|(value, when)| match always(when) {
            true => quote(&value.to_string()),
            false => format!("if({}, {}, null())", w.printer.condition(when).text, quote(&value.to_string())),
        })
        .collect();
    w.know(out, Type::INTEGER);
    w.printer.assume("mvexpand-memory");
    let view = json!({ "out": w.name(out), "parts": parts });
    w.add("expand", &view);
    w.order.clear();
}

/// Measures of the group on every row, then its last row only, which keeps all of its columns.
fn group(w: &mut Writer<'_>, keys: &[Column], measures: &[(Column, Measured)], number: &Column) {
    let mut before = Vec::new();
    let mut aggregates = Vec::new();
    let mut after = Vec::new();
    for (out, measured) in measures {
        let one = aggregate(w, out, measured, &[]);
        before.extend(one.before);
        aggregates.extend(one.aggregates);
        after.extend(one.after);
        w.know(out, measured.ty);
    }
    eval(w, &before);
    let newest = w.fresh("newest");
    let view = json!({
        "aggregates": aggregates, "newest": newest, "number": w.name(number), "by": by(w, keys, &[]),
    });
    w.add("group", &view);
    eval(w, &after);
}
