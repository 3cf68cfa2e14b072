//! KQL: tables are `datatable`s under the product's own names, the query is a function, and a full join tells what came and what should.
//! What is declared beside the tables has names that no table has.

use super::{END, Trial, TrialAlert, far_from_one, line, stored};
use crate::backend::kql::text::{comment, instant, name, quote, span};
use crate::backend::names::alert_column;
use crate::backend::target::MappedField;
use crate::backend::{Inputs, Query, header};
use crate::ir::Rule;
use crate::value::{Scalar, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Column to type, and the rows' cells by column.
#[derive(Default)]
struct Table {
    columns: BTreeMap<String, &'static str>,
    rows: Vec<BTreeMap<String, String>>,
}

pub(super) fn text(rule: &Rule, inputs: &Inputs<'_>, trial: &Trial, query: &Query, keys: &[String]) -> String {
    let mut text = String::new();
    for words in header::verification(rule, &trial.name) {
        let _ = writeln!(text, "// {}", comment(&words));
    }
    let reserved = &inputs.data.reserved;
    for (table, declared) in tables(rule, inputs, trial) {
        let _ = writeln!(text, "let {} = {};", name(&table, reserved), datatable(&declared, inputs));
    }
    let _ = writeln!(text, "let verified_query = () {{\n{}\n}};", query.text.trim_end());
    let mut wanted: Vec<String> = trial.alerts.iter().map(|alert| line(alert, keys, shown)).collect();
    wanted.push(END.to_owned());
    let wanted: Vec<String> = wanted.iter().map(|line| format!("    {}", quote(line))).collect();
    let _ = writeln!(text, "let verified_wanted = datatable(alert: string)[\n{}];", wanted.join(",\n"));
    let _ = writeln!(
        text,
        "let verified_found = union (verified_query()\n    | project alert = {}), (print alert = {});",
        said(trial.alerts.first(), keys),
        quote(END)
    );
    text.push_str(
        "verified_wanted\n\
         | summarize wanted = count() by alert\n\
         | join kind=fullouter (verified_found | summarize found = count() by alert) on alert\n\
         | project result = iff(coalesce(wanted, 0) == coalesce(found, 0), \"PASS\", \"FAIL\"), \
         alert = iff(isempty(alert), alert1, alert), wanted = coalesce(wanted, 0), found = coalesce(found, 0)\n\
         | sort by alert asc\n",
    );
    text
}

/// Every table that the rule reads, though the case may have no event of it.
fn tables(rule: &Rule, inputs: &Inputs<'_>, trial: &Trial) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for mapped in rule.events.iter().filter_map(|event| inputs.mapping.source(event.source)) {
        let table = tables.entry(mapped.table.clone()).or_default();
        let time = if mapped.time.unit.is_some() { "long" } else { "datetime" };
        table.columns.insert(mapped.time.column.clone(), time);
        table.columns.extend(mapped.select.iter().map(|(column, _)| (column.clone(), "string")));
        table.columns.extend(mapped.fields.values().map(|field| (field.column.clone(), type_of(field))));
    }
    for event in &trial.events {
        let Some((mapped, fields)) = stored(inputs.mapping, event) else { continue };
        let time = match mapped.time.unit {
            None => instant(event.time),
            Some(unit) => (event.time * unit.per_millisecond().0 / unit.per_millisecond().1).to_string(),
        };
        let mut row = BTreeMap::from([(mapped.time.column.clone(), time)]);
        row.extend(mapped.select.iter().map(|(column, text)| (column.clone(), quote(text))));
        row.extend(fields.iter().map(|(field, value)| (field.column.clone(), literal(field, value))));
        if let Some(table) = tables.get_mut(&mapped.table) {
            table.rows.push(row);
        }
    }
    tables
}

fn datatable(table: &Table, inputs: &Inputs<'_>) -> String {
    let columns: Vec<String> =
        table.columns.iter().map(|(column, ty)| format!("{}: {ty}", name(column, &inputs.data.reserved))).collect();
    let cell = |row: &BTreeMap<String, String>, column: &str, ty: &str| {
        row.get(column).cloned().unwrap_or_else(|| match ty {
            "string" => "\"\"".to_owned(),
            _ => format!("{ty}(null)"),
        })
    };
    let rows: Vec<String> = table
        .rows
        .iter()
        .map(|row| table.columns.iter().map(|(column, ty)| cell(row, column, ty)).collect::<Vec<_>>().join(", "))
        .map(|cells| format!("\n    {cells}"))
        .collect();
    format!("datatable({})[{}]", columns.join(", "), rows.join(","))
}

fn type_of(field: &MappedField) -> &'static str {
    if field.list {
        return "dynamic";
    }
    match field.ty {
        Scalar::String | Scalar::Ip => "string",
        Scalar::Integer => "long",
        Scalar::Number => "real",
        Scalar::Boolean => "bool",
        Scalar::Timestamp => "datetime",
        Scalar::Duration => "timespan",
    }
}

fn literal(field: &MappedField, value: &Value) -> String {
    match value {
        Value::Missing => format!("{}(null)", type_of(field)),
        Value::Timestamp(ms) => instant(*ms),
        Value::Duration(ms) => span(*ms),
        Value::Integer(n) if *n < 0 => format!("long({n})"),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => format!("real({n:?})"),
        Value::Boolean(b) => b.to_string(),
        Value::String(text) => quote(text),
        Value::Ip(ip) => quote(&ip.to_string()),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("dynamic([{}])", items.join(", "))
        }
    }
}

/// Inside `dynamic`: JSON.
fn json(value: &Value) -> String {
    match value {
        Value::String(text) => serde_json::Value::String(text.to_string()).to_string(),
        Value::Ip(ip) => serde_json::Value::String(ip.to_string()).to_string(),
        Value::Integer(n) | Value::Timestamp(n) | Value::Duration(n) => n.to_string(),
        Value::Number(n) => format!("{n:?}"),
        Value::Boolean(b) => b.to_string(),
        _ => "null".to_owned(),
    }
}

/// Numbers whose text the manual leaves open.
pub(super) fn is_open(number: f64) -> bool {
    number.fract() == 0.0 || far_from_one(number)
}

/// A key's value as [`said`] prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Integer(n) | Value::Duration(n) | Value::Timestamp(n) => n.to_string(),
        Value::Number(n) => format!("{n:?}"),
        Value::Boolean(b) => b.to_string(),
        Value::Missing | Value::List(_) => "-".to_owned(),
    }
}

/// The line of an alert, as an expression over the query's columns.
fn said(example: Option<&TrialAlert>, keys: &[String]) -> String {
    let milliseconds = |column: &str| format!("tostring(tolong(({column} - datetime(1970-01-01)) / 1ms))");
    let mut parts = vec![milliseconds("event_time")];
    for key in keys {
        let column = alert_column(key);
        let value = example.and_then(|a| a.group.iter().find(|(name, _)| name == key)).map(|(_, value)| value);
        let text = match value {
            Some(Value::Timestamp(_)) => milliseconds(&column),
            Some(Value::Boolean(_)) => format!("case({column} == true, \"true\", {column} == false, \"false\", \"\")"),
            _ => format!("tostring({column})"),
        };
        parts.push(quote(&format!(" {key}=")));
        parts.push(format!("iff(isempty({text}), \"-\", {text})"));
    }
    if example.is_some_and(|alert| alert.confidence.is_some()) {
        parts.push(quote(" confidence="));
        parts.push("tostring(confidence)".to_owned());
    }
    parts.push(quote(" because="));
    parts.push("strcat_array(because, \"; \")".to_owned());
    format!("strcat({})", parts.join(", "))
}
