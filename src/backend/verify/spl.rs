//! SPL: `makeresults` gives the events, and once more the alerts that have to come out, which are counted against those that did.

use super::{END, Trial, line, stored};
use crate::backend::names::alert_column;
use crate::backend::spl::text::{comment, name, quote};
use crate::backend::{Inputs, Query, header};
use crate::ir::Rule;
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// `makeresults` takes so many characters of inline data. Source: Splunk's Search Reference, makeresults.
const MOST_DATA: usize = 29_999;
/// What carries an event's time: inline data may not set `_time` itself.
const TIME: &str = "trial_time";

/// The events in place of the search.
///
/// # Errors
/// They are too many, or hold a list.
pub(super) fn rows(inputs: &Inputs<'_>, trial: &Trial) -> Result<String, String> {
    let mut rows = Vec::new();
    let mut times = Vec::new();
    for event in &trial.events {
        let Some((mapped, fields)) = stored(inputs.mapping, event) else { continue };
        let mut row = Map::new();
        row.insert("index".to_owned(), mapped.table.clone().into());
        row.extend(mapped.select.iter().map(|(column, text)| (column.clone(), text.clone().into())));
        row.insert(TIME.to_owned(), (event.time as f64 / 1000.0).into());
        if !times.contains(&mapped.time.column) {
            times.push(mapped.time.column.clone());
        }
        for (field, value) in &fields {
            row.insert(field.column.clone(), cell(value).ok_or("inline data of SPL cannot hold a list")?);
        }
        rows.push(Json::Object(row));
    }
    let data = data(&rows)?;
    let times: Vec<String> = times.iter().map(|column| format!("{}={TIME}", name(column))).collect();
    let times = if times.is_empty() { String::new() } else { format!("\n| eval {}", times.join(", ")) };
    Ok(format!("| makeresults format=json data={data}{times}"))
}

pub(super) fn text(rule: &Rule, trial: &Trial, query: &Query, keys: &[String]) -> String {
    let mut text = String::new();
    for words in header::verification(rule, &trial.name) {
        let _ = writeln!(text, "```{}```", comment(&words));
    }
    text.push_str(query.text.trim_end());
    let mut parts = vec!["tostring(round(_time*1000))".to_owned()];
    for key in keys {
        parts.push(quote(&format!(" {key}=")));
        parts.push(format!("coalesce({}, \"-\")", name(&alert_column(key))));
    }
    if trial.alerts.first().is_some_and(|alert| alert.confidence.is_some()) {
        parts.push(quote(" confidence="));
        parts.push("confidence".to_owned());
    }
    parts.push(quote(" because="));
    parts.push("coalesce(mvjoin(because, \"; \"), \"\")".to_owned());
    let mut wanted: Vec<Json> =
        trial.alerts.iter().map(|alert| json!({ "alert": line(alert, keys, shown), "side": "wanted" })).collect();
    wanted.push(json!({ "alert": END, "side": "both" }));
    // A line of alerts is far below the limit of inline data that the events keep.
    let wanted = data(&wanted).unwrap_or_default();
    let _ = write!(
        text,
        "\n| eval alert={}, side=\"found\"\n| append [| makeresults format=json data={wanted}]\n\
         | stats sum(eval(if(side==\"found\", 0, 1))) AS wanted sum(eval(if(side==\"wanted\", 0, 1))) AS found BY alert\n\
         | eval result=if(wanted=found, \"PASS\", \"FAIL\")\n| sort 0 str(alert)\n| table result alert wanted found\n",
        parts.join(".")
    );
    text
}

/// JSON in quotes. A backquote would begin a macro, so JSON's own escape stands for it.
fn data(rows: &[Json]) -> Result<String, String> {
    let text = Json::Array(rows.to_vec()).to_string().replace('`', "\\u0060");
    let length = text.chars().count();
    if length > MOST_DATA {
        return Err(format!("the case's events take {length} characters, and inline data of SPL {MOST_DATA} at most"));
    }
    Ok(quote(&text))
}

fn cell(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Missing => Json::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Integer(n) | Value::Timestamp(n) | Value::Duration(n) => (*n).into(),
        Value::Number(n) => (*n).into(),
        Value::String(text) => Json::String(text.to_string()),
        Value::Ip(ip) => Json::String(ip.to_string()),
        Value::List(_) => return None,
    })
}

/// A key's value as Splunk prints it: it has numbers and texts only.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Integer(n) | Value::Duration(n) | Value::Timestamp(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(b) => i64::from(*b).to_string(),
        Value::Missing | Value::List(_) => "-".to_owned(),
    }
}
