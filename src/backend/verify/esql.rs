//! ES|QL: one row holds the events as lines, which are expanded, taken apart and given the types of the mapping; the alerts that have to
//! come out are counted against those that did in the same way, since the language has neither tables of its own nor a union.
//!
//! Each form here was run on the node of `tests/engines/esql-node`.

use super::{END, Trial, TrialEvent, line, stored};
use crate::backend::esql::text::{comment, name, quote};
use crate::backend::names::alert_column;
use crate::backend::target::MappedField;
use crate::backend::{Inputs, Query, header};
use crate::ir::Rule;
use crate::plan::Plan;
use crate::value::{Scalar, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The longest query that the product takes, in UTF-16 units. Source: its own message, seen on the node.
const MOST_TEXT: usize = 1_000_000;
/// The column of an event's number in the case; what stands beside it has the same beginning, which no product's column has.
const NUMBER: &str = "siemc_event";

/// A column's type in the product, and whether it holds several values.
type Kept = (Scalar, bool);

/// The events in place of the indices: the columns that the rule reads, and those that tell its sources apart.
///
/// # Errors
/// Two sources keep different types in one column, or a list holds every character that could part its values.
pub(super) fn rows(plan: &Plan, inputs: &Inputs<'_>, trial: &Trial) -> Result<String, String> {
    let columns = columns(plan, inputs)?;
    let events: Vec<Cells> = trial.events.iter().filter_map(|event| cells(event, inputs)).collect();
    let texts = || events.iter().flat_map(|cells| cells.values().flatten());
    let outer = parting().find(|c| !texts().any(|text| text.contains(*c)));
    let outer = outer.ok_or("no character is left that could part the values of an event")?;
    let is_list = |column: &String| columns.get(column).is_some_and(|(_, list)| *list);
    let items = || events.iter().flatten().filter(|(column, _)| is_list(column)).flat_map(|(_, texts)| texts);
    let inner = parting().find(|c| c.is_ascii() && *c != outer && !items().any(|text| text.contains(*c)));
    let inner = inner.ok_or("no character is left that could part the values of a list")?;
    let line = |(place, cells): (usize, &Cells)| {
        let cell = |column: &String| match cells.get(column) {
            Some(values) => values.join(inner.to_string().as_str()),
            None => String::new(),
        };
        let parts = std::iter::once((place + 1).to_string()).chain(columns.keys().map(cell));
        quote(&parts.collect::<Vec<_>>().join(outer.to_string().as_str()))
    };
    let lines: Vec<String> = events.iter().enumerate().map(line).collect();
    Ok(text_of(&columns, &lines, outer, inner, inputs))
}

fn text_of(
    columns: &BTreeMap<String, Kept>,
    lines: &[String],
    outer: char,
    inner: char,
    inputs: &Inputs<'_>,
) -> String {
    let reserved = &inputs.data.reserved;
    let head: Vec<&str> = std::iter::once("event").chain(columns.keys().map(String::as_str)).collect();
    let mut text = format!("// {}\n", comment(&head.join(outer.to_string().as_str())));
    let _ = match lines {
        [] => writeln!(text, "ROW siemc_case = \"\"\n| WHERE siemc_case != \"\""),
        lines => writeln!(text, "ROW siemc_case = [\n    {}\n  ]\n| MV_EXPAND siemc_case", lines.join(",\n    ")),
    };
    let own = |place: usize| format!("siemc_{}", place + 1);
    let places = (0..columns.len()).map(|place| format!("{outer}%{{{}}}", own(place)));
    let _ = writeln!(text, "| DISSECT siemc_case {}", quote(&format!("%{{{NUMBER}}}{}", places.collect::<String>())));
    let values = columns.iter().enumerate().map(|(place, (column, (ty, list)))| {
        let cell = own(place);
        let whole = if *list { format!("SPLIT({cell}, {})", quote(&inner.to_string())) } else { cell.clone() };
        format!("    {} = CASE({cell} != \"\", {})", name(column, reserved), typed(*ty, &whole))
    });
    let _ = write!(text, "| EVAL\n{}", values.collect::<Vec<_>>().join(",\n"));
    text
}

/// Time, what selects the sources, and the fields that the plan reads.
fn columns(plan: &Plan, inputs: &Inputs<'_>) -> Result<BTreeMap<String, Kept>, String> {
    let mut all: BTreeMap<String, Kept> = BTreeMap::new();
    let mut add = |column: &str, kept: Kept| match all.insert(column.to_owned(), kept) {
        Some(other) if other != kept => Err(format!("`{column}` has another type in another source")),
        _ => Ok(()),
    };
    for read in &plan.reads {
        let Some(mapped) = inputs.mapping.source(read.source) else { continue };
        let time = if mapped.time.unit.is_some() { Scalar::Integer } else { Scalar::Timestamp };
        add(&mapped.time.column, (time, false))?;
        for (column, _) in &mapped.select {
            add(column, (Scalar::String, false))?;
        }
        for field in read.fields.iter().filter_map(|(field, _)| mapped.fields.get(field)) {
            add(&field.column, (kept_as(field), field.list))?;
        }
    }
    Ok(all)
}

/// Elasticsearch keeps durations as numbers, and the mapping says of what.
fn kept_as(field: &MappedField) -> Scalar {
    match field.ty {
        Scalar::Duration => Scalar::Integer,
        other => other,
    }
}

/// The texts of an event's columns; several where one holds a list.
type Cells = BTreeMap<String, Vec<String>>;

fn cells(event: &TrialEvent, inputs: &Inputs<'_>) -> Option<Cells> {
    let (mapped, fields) = stored(inputs.mapping, event)?;
    let mut cells: Cells = BTreeMap::new();
    for (field, value) in fields {
        let texts: Vec<String> = match &value {
            Value::List(items) => items.iter().filter_map(cell).collect(),
            one => cell(one).into_iter().collect(),
        };
        cells.insert(field.column.clone(), texts);
    }
    cells.extend(mapped.select.iter().map(|(column, text)| (column.clone(), vec![text.clone()])));
    let time = match mapped.time.unit {
        None => instant(event.time),
        Some(unit) => Some((event.time * unit.per_millisecond().0 / unit.per_millisecond().1).to_string()),
    };
    cells.insert(mapped.time.column.clone(), time.into_iter().collect());
    Some(cells)
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Missing | Value::List(_) => None,
        Value::Timestamp(ms) => instant(*ms),
        Value::String(text) => Some(text.to_string()),
        Value::Ip(ip) => Some(ip.to_string()),
        Value::Integer(n) | Value::Duration(n) => Some(n.to_string()),
        Value::Number(n) => Some(format!("{n:?}")),
        Value::Boolean(b) => Some(b.to_string()),
    }
}

fn instant(ms: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(ms).ok().map(|at| format!("{at:.3}"))
}

fn typed(ty: Scalar, text: &str) -> String {
    match ty {
        Scalar::String => text.to_owned(),
        Scalar::Ip => format!("TO_IP({text})"),
        Scalar::Integer | Scalar::Duration => format!("TO_LONG({text})"),
        Scalar::Number => format!("TO_DOUBLE({text})"),
        Scalar::Boolean => format!("TO_BOOLEAN({text})"),
        Scalar::Timestamp => format!("TO_DATETIME({text})"),
    }
}

/// Characters that may stand between values, the plainest first; texts that hold them all leave those that Unicode keeps for private use.
/// Between the values of a list the product takes a character of one byte alone.
fn parting() -> impl Iterator<Item = char> {
    "|;,~^#!&+/=@_".chars().chain('A'..='Z').chain('\u{e000}'..='\u{f8ff}')
}

/// The whole query.
///
/// # Errors
/// It is longer than the product takes.
pub(super) fn text(
    rule: &Rule,
    inputs: &Inputs<'_>,
    trial: &Trial,
    query: &Query,
    keys: &[String],
) -> Result<String, String> {
    let mut text = String::new();
    for words in header::verification(rule, &trial.name) {
        let _ = writeln!(text, "// {}", comment(&words));
    }
    text.push_str(query.text.trim_end());
    let lines = trial.alerts.iter().map(|alert| format!("wanted 1 {}", line(alert, keys, shown)));
    let ends = ["wanted", "found"].map(|side| format!("{side} 1 {END}"));
    let wanted: Vec<String> = lines.chain(ends).map(|line| format!("    {}", quote(&line))).collect();
    let _ = write!(
        text,
        "\n// against what has to come\n\
         | EVAL alert = CONCAT({})\n\
         | STATS times = COUNT(*) BY alert\n\
         | STATS siemc_found = VALUES(CONCAT(\"found \", TO_STRING(times), \" \", alert))\n\
         | EVAL siemc_wanted = [\n{}\n  ]\n\
         | EVAL siemc_line = COALESCE(MV_APPEND(siemc_found, siemc_wanted), siemc_wanted)\n\
         | MV_EXPAND siemc_line\n\
         | DISSECT siemc_line \"%{{side}} %{{times}} %{{alert}}\"\n\
         | STATS wanted = SUM(CASE(side == \"wanted\", TO_LONG(times), 0)), \
         found = SUM(CASE(side == \"found\", TO_LONG(times), 0)) BY alert\n\
         | EVAL result = CASE(wanted == found, \"PASS\", \"FAIL\")\n\
         | KEEP result, alert, wanted, found\n\
         | SORT alert\n\
         | LIMIT 10000\n",
        said(trial, keys, &inputs.data.reserved).join(", "),
        wanted.join(",\n"),
    );
    let length = text.encode_utf16().count();
    if length > MOST_TEXT {
        return Err(format!("the query takes {length} characters, and ES|QL takes {MOST_TEXT} at most"));
    }
    Ok(text)
}

/// The line of an alert, as expressions over the query's columns.
fn said(trial: &Trial, keys: &[String], reserved: &std::collections::BTreeSet<String>) -> Vec<String> {
    let example = trial.alerts.first();
    let mut parts = vec!["TO_STRING(TO_LONG(event_time))".to_owned()];
    for key in keys {
        let column = name(&alert_column(key), reserved);
        let is_time = trial
            .alerts
            .iter()
            .flat_map(|alert| &alert.group)
            .any(|(own, value)| own == key && matches!(value, Value::Timestamp(_)));
        let value = if is_time { format!("TO_LONG({column})") } else { column };
        parts.push(quote(&format!(" {key}=")));
        parts.push(format!("COALESCE(TO_STRING({value}), \"-\")"));
    }
    if example.is_some_and(|alert| alert.confidence.is_some()) {
        parts.push(quote(" confidence="));
        parts.push("TO_STRING(confidence)".to_owned());
    }
    parts.push(quote(" because="));
    parts.push("COALESCE(MV_CONCAT(because, \"; \"), \"\")".to_owned());
    parts
}

/// A key's value as [`said`] prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Integer(n) | Value::Duration(n) | Value::Timestamp(n) => n.to_string(),
        Value::Number(n) => double(*n),
        Value::Boolean(b) => b.to_string(),
        Value::Missing | Value::List(_) => "-".to_owned(),
    }
}

/// A number as the product's `TO_STRING` writes it: plain from 0.001 to below ten million, else as `1.5E10`.
fn double(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => format!("{digits}E{power}"),
        Some((digits, power)) => format!("{digits}.0E{power}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::double;

    /// Each text was seen on the node.
    #[test]
    fn numbers_are_written_as_the_product_writes_them() {
        for (number, text) in
            [(12_345_678.9, "1.23456789E7"), (1e7, "1.0E7"), (0.001, "0.001"), (0.0001, "1.0E-4"), (100.0, "100.0")]
        {
            assert_eq!(double(number), text);
        }
    }
}
