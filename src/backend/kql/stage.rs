//! One stage of the plan as a stage of the pipe.

use super::dialect::{Kql, null, type_name};
use super::measure::{aggregate, refuse_texts};
use super::text::span;
use super::{Writer, lookup, made_type};
use crate::backend::print::Printer;
use crate::ir::ExprKind;
use crate::plan::{Carried, Column, Direction, Expr, Measured, Stage, Total, make};
use crate::value::Type;
use serde_json::{Value, json};

pub(super) fn stage(w: &mut Writer<'_>, stage: &Stage) {
    if !matches!(
        stage,
        Stage::Compute(_) | Stage::Number(_) | Stage::Carry { .. } | Stage::Back { .. } | Stage::LastOfInstant { .. }
    ) {
        w.same = None;
    }
    match stage {
        Stage::Lookup { lookup, keys, found, columns } => lookup::lookup(w, *lookup, keys, found.as_ref(), columns),
        Stage::Compute(columns) => compute(w, columns),
        Stage::Filter(condition) => {
            let condition = w.printer.condition(condition).text;
            w.add("filter", &json!({ "condition": condition }));
        }
        Stage::Split { role, event, context, both } => {
            let view = json!({
                "role": w.name(role),
                "event": w.printer.condition(event).text,
                "context": w.printer.condition(context).text,
                "both": both,
            });
            w.know(role, Type::INTEGER);
            w.add("split", &view);
        }
        Stage::Sort(by) => sort(w, by),
        Stage::Number(out) => {
            w.know(out, made_type(stage));
            serialized(w);
            let name = w.name(out);
            w.add("number", &json!({ "out": name }));
        }
        Stage::Carry { keys, inclusive, items } => carry(w, keys, *inclusive, items),
        Stage::Back { keys, column, k, out } => back(w, keys, column, *k, out),
        Stage::FirstOf { keys, keyless } => {
            serialized(w);
            let same: Vec<String> = w.names(keys).iter().map(|k| format!("prev({k}) == {k}")).collect();
            let keyless = keyless.as_ref().map(|k| format!("{} or ", w.printer.condition(k).inside(10)));
            let condition = format!("{}not(coalesce({}, false))", keyless.unwrap_or_default(), same.join(" and "));
            w.add("filter", &json!({ "condition": condition }));
        }
        Stage::LastOfInstant { keys, among, out, .. } => last_of_instant(w, keys, among, out),
        Stage::Over { keys, within, closed, among, at, since, measures, lists } => {
            over(w, &Over { keys, within: *within, closed: *closed, among, at, since: *since, measures, lists });
        }
        Stage::Expand { out, values } => expand(w, out, values),
        Stage::Windows { out, size, every } => windows(w, out, *size, *every),
        Stage::Group { keys, measures, number, last } => group(w, keys, measures, number, last),
        Stage::Rank { list, all, zeros, below, percentile, out, ty } => {
            let text = |e: &crate::plan::Expr| w.printer.value(e).inside(50);
            let missing = null(*ty);
            let view = json!({
                "out": w.name(out), "list": w.name(list), "all": text(all), "zeros": zeros.as_ref().map(text),
                "below": below.as_ref().map(text), "percentile": format!("{percentile:?}"),
                "cast": if *ty == Type::NUMBER { "todouble" } else { "tolong" }, "missing": missing,
            });
            w.know(out, *ty);
            w.add("rank", &view);
        }
        Stage::Running { keys, totals } => running(w, keys, totals),
        Stage::Root { of, out } => {
            let view = json!({ "out": w.name(out), "of": w.printer.value(of).inside(40) });
            w.know(out, Type::NUMBER);
            w.add("root", &view);
        }
        Stage::Report => w.add("report", &json!({ "time": "event_time" })),
    }
}

fn compute(w: &mut Writer<'_>, columns: &[(Column, Expr)]) {
    let mut list = Vec::new();
    for (column, expr) in columns {
        list.push(json!({ "name": w.name(column), "value": w.printer.value(expr).text }));
        w.know(column, expr.ty);
    }
    if columns.iter().any(|(c, _)| w.same.as_ref().is_some_and(|keys| keys.contains(c))) {
        w.same = None;
    }
    extend(w, &list);
}

/// New columns: on one line where they are few.
pub(super) fn extend(w: &mut Writer<'_>, columns: &[Value]) {
    const LINE: usize = 140;
    let length: usize = columns.iter().filter_map(|c| c.get("value")?.as_str()).map(str::len).sum();
    let between = if length > LINE { "\n    " } else { " " };
    w.add("extend", &json!({ "columns": columns, "between": between }));
}

fn sort(w: &mut Writer<'_>, by: &[(Column, Direction)]) {
    let keys: Vec<String> = by
        .iter()
        .map(|(column, direction)| {
            let name = w.name(column);
            // Microsoft's page does not list bool among the types that sort.
            let name = if w.ty(column) == Type::BOOLEAN { format!("toint({name})") } else { name };
            let word = if *direction == Direction::Ascending { "asc" } else { "desc" };
            format!("{name} {word}")
        })
        .collect();
    w.add("sort", &json!({ "keys": keys }));
    w.ordered = true;
}

/// After a stage that does not promise to keep the order on paper, the rows are declared to be in it again.
fn serialized(w: &mut Writer<'_>) {
    if !w.ordered {
        w.pipe.push("| serialize".to_owned());
        w.ordered = true;
    }
}

/// One step that is always true is a fold over the rows: `s.x` is x as the row before left it, and `s.column` that row's own column.
fn carry(w: &mut Writer<'_>, keys: &[Column], inclusive: bool, items: &[Carried]) {
    serialized(w);
    let mut before = Vec::new();
    let grouped = !keys.is_empty();
    if grouped && w.same.as_deref() != Some(keys) {
        let tests: Vec<String> = w.names(keys).iter().map(|k| format!("prev({k}) == {k}")).collect();
        before.push(json!({ "name": "same", "value": tests.join(" and ") }));
        w.same = Some(keys.to_vec());
    }
    let row_before = Kql { data: w.inputs.data, prefix: "s." };
    let row_before = Printer::new(&row_before);
    let mut state = Vec::new();
    let mut assign = Vec::new();
    for item in items {
        // A condition that several values share is computed once.
        let several = item.values.iter().filter(|(_, v)| make::part_of(&item.when, v).is_none()).count() > 1;
        let shared = several && !matches!(item.when.kind, ExprKind::Leaf(_));
        let printer = if inclusive { w.printer } else { &row_before };
        let when = if shared || !(inclusive || plain(w, &item.when)) {
            let take = w.fresh("take");
            before.push(json!({ "name": take, "value": w.printer.condition(&item.when).text }));
            format!("{}{take}", if inclusive { "" } else { "s." })
        } else {
            printer.condition(&item.when).text
        };
        for (out, value) in &item.values {
            let (name, missing) = (w.name(out), null(value.ty));
            state.push(json!({ "name": name, "type": type_name(value.ty) }));
            // What is taken only in part of the cases is said case by case.
            if let (false, Some((condition, then, rest))) = (inclusive, make::part_of(&item.when, value))
                && plain(w, &item.when)
                && plain(w, value)
            {
                let (condition, rest) = (row_before.condition(condition).text, row_before.condition(&rest).text);
                let then = row_before.value(then).text;
                let cases = format!("case({condition}, {then}, {rest}, {missing}, s.{name})");
                let text = if grouped { format!("iff(same, {cases}, {missing})") } else { cases };
                assign.push(json!({ "name": name, "value": text }));
                continue;
            }
            let new = if inclusive || plain(w, value) {
                printer.value(value).text
            } else {
                let taken = w.fresh("value");
                before.push(json!({ "name": taken, "value": w.printer.value(value).text }));
                format!("s.{taken}")
            };
            let text = match (inclusive, grouped) {
                (true, true) => format!("case({when}, {new}, same, s.{name}, {missing})"),
                (false, true) => format!("iff(same, iff({when}, {new}, s.{name}), {missing})"),
                (_, false) => format!("iff({when}, {new}, s.{name})"),
            };
            assign.push(json!({ "name": name, "value": text }));
        }
    }
    w.printer.refusals.borrow_mut().extend(row_before.refusals.take());
    w.printer.assumptions.borrow_mut().extend(row_before.assumptions.take());
    for (out, value) in items.iter().flat_map(|i| &i.values) {
        w.know(out, value.ty);
    }
    w.add("carry", &json!({ "state": state, "assign": assign, "before": before }));
    w.ordered = false;
}

/// A sum that starts anew with each group.
fn running(w: &mut Writer<'_>, keys: &[Column], totals: &[Total]) {
    serialized(w);
    let tests: Vec<String> = w.names(keys).iter().map(|k| format!("prev({k}) == {k}")).collect();
    let anew = if tests.is_empty() { None } else { Some((w.fresh("anew"), format!("not({})", tests.join(" and ")))) };
    let mut sums = Vec::new();
    for total in totals {
        if total.most > i128::from(i64::MAX) {
            w.printer.refuse(
                total.add.span,
                format!("a running total may reach {}, and KQL's `long` ends at {}", total.most, i64::MAX),
                "use a shorter window",
            );
        }
        let text = w.printer.value(&total.add).text;
        w.know(&total.out, total.add.ty);
        sums.push(json!({ "out": w.name(&total.out), "add": text }));
    }
    let (flag, test) = anew.unzip();
    w.add("running", &json!({ "sums": sums, "anew": flag, "test": test }));
}

/// Whether every column's name may stand behind a dot.
fn plain(w: &Writer<'_>, expr: &Expr) -> bool {
    let mut read = Vec::new();
    crate::backend::print::reads(expr, &mut read);
    read.iter().all(|c| !w.name(c).starts_with('['))
}

fn back(w: &mut Writer<'_>, keys: &[Column], column: &Column, k: u32, out: &Column) {
    serialized(w);
    let earlier = |name: &str| if k == 1 { format!("prev({name})") } else { format!("prev({name}, {k})") };
    let same: Vec<String> = w.names(keys).iter().map(|key| format!("{} == {key}", earlier(key))).collect();
    let condition = if same.is_empty() { "true".to_owned() } else { same.join(" and ") };
    let missing = super::dialect::null(Type::TIMESTAMP);
    let view =
        json!({ "out": w.name(out), "condition": condition, "column": earlier(&w.name(column)), "missing": missing });
    w.know(out, Type::TIMESTAMP);
    w.add("back", &view);
}

fn last_of_instant(w: &mut Writer<'_>, keys: &[Column], among: &Column, out: &Column) {
    serialized(w);
    let mut same: Vec<String> = w.names(keys).iter().map(|key| format!("next({key}) == {key}")).collect();
    let flag = w.name(among);
    same.push(format!("next({flag})"));
    same.push("next(event_time) == event_time".to_owned());
    let view = json!({ "out": w.name(out), "among": flag, "same": same.join(" and ") });
    w.know(out, Type::BOOLEAN);
    w.add("last", &view);
}

struct Over<'a> {
    keys: &'a [Column],
    within: i64,
    closed: bool,
    among: &'a Column,
    at: &'a Column,
    since: Option<i64>,
    measures: &'a [(Column, Measured)],
    lists: &'a [(Column, crate::plan::Expr)],
}

/// The rows joined with themselves on the group and a bucket of the window's length: each asking row looks into two buckets, and
/// the interval itself decides.
fn over(w: &mut Writer<'_>, over: &Over<'_>) {
    serialized(w);
    let id = w.fresh("row_id");
    w.add("number", &json!({ "out": id }));
    let table = w.materialize("rows");
    let mut summarize = Vec::new();
    let mut extend = Vec::new();
    let mut reads = vec![over.among.clone()];
    for (out, measured) in over.measures {
        refuse_texts(w.printer, measured);
        for expr in measured.argument.iter().chain(&measured.filter) {
            crate::backend::print::reads(expr, &mut reads);
        }
        let aggregate = aggregate(w.printer, out, measured, "measured_id");
        summarize.extend(aggregate.summarize);
        extend.extend(aggregate.extend);
        w.know(out, measured.ty);
    }
    for (out, value) in over.lists {
        crate::backend::print::reads(value, &mut reads);
        let (name, text) = (w.name(out), w.printer.value(value).text);
        summarize.push(format!("{name} = make_list_if({text}, isnotnull({text}))"));
        extend.push(format!("{name} = array_sort_asc({name})"));
        // A list is of whatever its values are of; nothing reads it but a rank.
        w.know(out, value.ty);
    }
    let keys = w.names(over.keys);
    // The time is carried in any case.
    let more = |c: &&Column| !over.keys.contains(c) && &*c.0 != "event_time";
    let carried: Vec<String> = reads.iter().filter(more).map(|c| w.name(c)).collect();
    let outs: Vec<Value> = over
        .measures
        .iter()
        .map(|(out, m)| {
            let zero = matches!(m.function, crate::ir::MeasureFunction::Count | crate::ir::MeasureFunction::Distinct);
            json!({ "name": w.name(out), "zero": zero })
        })
        .chain(over.lists.iter().map(|(out, _)| json!({ "name": w.name(out), "zero": false })))
        .collect();
    let view = json!({
        "table": table, "id": id, "keys": keys, "carried": carried,
        "window": span(over.within.max(1)), "within": span(over.within),
        "before": if over.closed { "<=" } else { "<" },
        "since": over.since.map(|before| if before == 0 { "report_from".to_owned() } else { format!("report_from - {}", span(before)) }),
        "at": w.name(over.at), "among": w.name(over.among),
        "summarize": summarize, "extend": extend, "outs": outs,
    });
    w.add("over", &view);
    w.ordered = false;
}

fn expand(w: &mut Writer<'_>, out: &Column, values: &[(i64, crate::plan::Expr)]) {
    // Values of one condition stand in one list.
    let mut groups: Vec<(&Expr, Vec<String>)> = Vec::new();
    for (value, when) in values {
        match groups.last_mut() {
            Some((known, all)) if *known == when => all.push(value.to_string()),
            _ => groups.push((when, vec![value.to_string()])),
        }
    }
    let always = |when: &Expr| matches!(when.kind, ExprKind::Const(crate::value::Value::Boolean(true)));
    let fixed: Option<Vec<String>> =
        values.iter().map(|(value, when)| always(when).then(|| value.to_string())).collect();
    let parts: Vec<String> = groups
        .iter()
        .map(|(when, all)| match (always(when), all.join(", ")) {
            (true, all) => format!("dynamic([{all}])"),
            (false, all) => format!("iff({}, dynamic([{all}]), dynamic([]))", w.printer.condition(when).text),
        })
        .collect();
    let kept = values.iter().any(|(_, when)| always(when));
    w.know(out, Type::INTEGER);
    let name = w.name(out);
    w.add("expand", &json!({ "out": name, "parts": parts, "fixed": fixed.map(|f| f.join(", ")), "kept": kept }));
}

fn windows(w: &mut Writer<'_>, out: &Column, size: i64, every: i64) {
    // bin() counts from the year 1; for what divides a day that is the epoch too.
    let start = if 86_400_000 % every == 0 {
        format!("bin(event_time, {})", span(every))
    } else {
        format!("bin_at(event_time, {}, datetime(1970-01-01))", span(every))
    };
    w.know(out, Type::TIMESTAMP);
    let view = json!({
        "out": w.name(out), "start": start, "one": size == every, "size": span(size), "every": span(every),
    });
    w.add("windows", &view);
}

fn group(w: &mut Writer<'_>, keys: &[Column], measures: &[(Column, Measured)], number: &Column, last: &[Column]) {
    let number = w.name(number);
    let mut summarize = Vec::new();
    let mut extend = Vec::new();
    for (out, measured) in measures {
        refuse_texts(w.printer, measured);
        let aggregate = aggregate(w.printer, out, measured, &number);
        summarize.extend(aggregate.summarize);
        extend.extend(aggregate.extend);
        w.know(out, measured.ty);
    }
    let last: Vec<String> = last.iter().filter(|c| !keys.contains(c)).map(|c| w.name(c)).collect();
    let view = json!({
        "keys": w.names(keys), "summarize": summarize, "extend": extend, "number": number, "last": last,
    });
    w.add("group", &view);
    w.ordered = false;
}
