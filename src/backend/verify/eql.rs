//! EQL: the language cannot carry events, so they go into an index of their own. What is made are the bodies of three requests, what has
//! to come back, and how the answer is compared with it.
//!
//! EQL gives neither confidence nor reasons: time and group of each hit are compared where a query is exact, the groups alone where it
//! gives the same groups.

use super::{END, Row, Trial, TrialEvent, stored};
use crate::backend::eql::{Running, plain_field};
use crate::backend::target::{MappedField, MappedSource};
use crate::backend::{Fidelity, Inputs, Query, header};
use crate::ir::Rule;
use crate::value::{Scalar, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The most hits that a request returns: `index.max_result_window` where nothing else is set.
const MOST_HITS: u32 = 10_000;

/// The bodies of the requests, and what they have to give.
#[derive(Debug, Clone)]
pub struct Requests {
    /// What it is, in lines for a person.
    pub about: Vec<String>,
    /// The query with its header, as it is compiled.
    pub query: String,
    /// `PUT /INDEX`.
    pub index: Json,
    /// `POST /INDEX/_bulk?refresh=true`: lines of JSON. Each document has an identifier, so that sending it twice changes nothing.
    pub documents: String,
    /// `POST /INDEX/_eql/search`.
    pub search: Json,
    /// What has to come back.
    pub expected: Expected,
}

/// What has to come back.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The query says which groups hit, not how often.
    pub groups_only: bool,
    lines: BTreeMap<String, i64>,
    reading: Vec<Reading>,
    /// A hit's time is this much later than its event's, milliseconds.
    deadline: i64,
}

/// How an event of one source is read.
#[derive(Debug, Clone)]
struct Reading {
    select: Vec<(String, String)>,
    time: String,
    /// Names of the group's keys, and where they are kept.
    keys: Vec<(String, MappedField)>,
}

/// The requests of a case.
///
/// # Errors
/// The group cannot be read from an event, or the sources do not fit into one index.
pub(super) fn requests(
    rule: &Rule,
    inputs: &Inputs<'_>,
    trial: &Trial,
    query: &Query,
    running: &Running<'_>,
) -> Result<Requests, String> {
    let groups_only = query.fidelity == Fidelity::SameGroups;
    let sources: Vec<&MappedSource> = running.sources.iter().filter_map(|s| inputs.mapping.source(*s)).collect();
    let time = time_column(&sources)?;
    let index = json!({
        "settings": { "number_of_shards": 1, "number_of_replicas": 0 },
        "mappings": { "dynamic": false, "properties": properties(&sources)? },
    });
    let events = trial.events.iter().filter(|event| running.sources.contains(&event.source));
    let documents = events.enumerate().filter_map(|(place, event)| document(place + 1, event, inputs)).collect();
    let mut search = json!({ "query": query.text, "size": MOST_HITS, "timestamp_field": time });
    if let (Some(column), Some(object)) = (&running.tiebreaker, search.as_object_mut()) {
        object.insert("tiebreaker_field".to_owned(), column.clone().into());
    }
    let reading = readings(rule, running, inputs)?;
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    for alert in &trial.alerts {
        let keys = reading.first().map(|r| r.keys.as_slice()).unwrap_or_default();
        let value = |name: &str| alert.group.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let keys = keys.iter().map(|(name, kept)| (name.as_str(), value(name).map(|v| shown(&kept.store(v)))));
        let line = line((!groups_only).then_some(alert.time), keys);
        let times = lines.entry(line).or_default();
        *times = if groups_only { 1 } else { *times + 1 };
    }
    Ok(Requests {
        about: header::verification(rule, &trial.name).into(),
        query: query.text.clone(),
        index,
        documents,
        search,
        expected: Expected { groups_only, lines, reading, deadline: running.deadline },
    })
}

impl Requests {
    /// All of it as requests for Kibana's console, over an index of this name. What has to come back stands in comments.
    pub fn console(&self, index: &str) -> String {
        let mut text = String::new();
        for line in &self.about {
            text.push_str(&format!("# {line}\n"));
        }
        text.push_str(&format!("PUT /{index}\n{:#}\n\n", self.index));
        text.push_str(&format!("POST /{index}/_bulk?refresh=true\n{}\n", self.documents));
        text.push_str(&format!("POST /{index}/_eql/search\n{:#}\n\n", self.search));
        text.push_str(match self.expected.groups_only {
            true => "# what has to come back: events of these groups, each at least once\n",
            false => "# what has to come back: a hit at each of these times, in these groups\n",
        });
        for (line, times) in &self.expected.lines {
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            text.push_str(&format!("#   {line}{times}\n"));
        }
        if self.expected.lines.is_empty() {
            text.push_str("#   no hit\n");
        }
        text.push_str(&format!("\nDELETE /{index}\n"));
        text
    }

    /// What has to come back, as data.
    pub fn expectation(&self) -> Json {
        let lines = self.expected.lines.iter().map(|(alert, times)| json!({ "alert": alert, "wanted": times }));
        json!({ "compares": if self.expected.groups_only { "groups" } else { "hits" },
            "deadline_ms": self.expected.deadline, "rows": lines.collect::<Vec<_>>() })
    }

    /// The answer of the search against what has to come back, as rows like those of the other dialects.
    ///
    /// # Errors
    /// The answer is none of EQL's, or is not whole.
    pub fn judge(&self, answer: &Json) -> Result<Vec<Row>, String> {
        if answer.get("timed_out").and_then(Json::as_bool) == Some(true) {
            return Err("the search ended before it was done (`timed_out`)".to_owned());
        }
        let hits = answer.get("hits").ok_or("the answer has no `hits`")?;
        let mut found: BTreeMap<String, i64> = BTreeMap::new();
        for event in last_events(hits)? {
            let line = self.expected.read(event)?;
            let times = found.entry(line).or_default();
            *times = if self.expected.groups_only { 1 } else { *times + 1 };
        }
        let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
        let ends = [(END, 1, 1)].into_iter();
        let wanted = self.expected.lines.iter().map(|(line, times)| (line.as_str(), *times, 0));
        let found = found.iter().map(|(line, times)| (line.as_str(), 0, *times));
        for (alert, wanted, found) in wanted.chain(found).chain(ends) {
            let row = rows.entry(alert).or_insert_with(|| Row { alert: alert.to_owned(), wanted: 0, found: 0 });
            row.wanted += wanted;
            row.found += found;
        }
        Ok(rows.into_values().collect())
    }
}

impl Expected {
    /// The line of a hit whose last event this is.
    fn read(&self, event: &Json) -> Result<String, String> {
        let source = event.get("_source").ok_or("an event of the answer has no `_source`")?;
        let is_of = |reading: &&Reading| {
            reading.select.iter().all(|(column, text)| source.get(column).and_then(Json::as_str) == Some(text))
        };
        let reading = self.reading.iter().find(is_of).ok_or("an event of the answer is of no source of the rule")?;
        let text = source.get(&reading.time).and_then(Json::as_str);
        let time = text.and_then(|text| text.parse::<jiff::Timestamp>().ok()).ok_or("an event has no time")?;
        let keys = reading.keys.iter().map(|(name, column)| (name.as_str(), source.get(&column.column).map(plain)));
        Ok(line((!self.groups_only).then_some(time.as_millisecond() + self.deadline), keys))
    }
}

/// The event at which each hit lies: the last of a sequence that is there.
fn last_events(hits: &Json) -> Result<Vec<&Json>, String> {
    if let Some(events) = hits.get("events").and_then(Json::as_array) {
        return Ok(events.iter().collect());
    }
    let sequences = hits.get("sequences").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_there = |event: &&Json| event.get("missing").and_then(Json::as_bool) != Some(true);
    let last = |sequence: &'_ Json| -> Option<usize> {
        let events = sequence.get("events")?.as_array()?;
        events.iter().rposition(|event| is_there(&event))
    };
    let all = sequences.iter().map(|sequence| {
        let event = last(sequence).and_then(|place| sequence.get("events")?.get(place));
        event.ok_or_else(|| "a sequence of the answer has no events".to_owned())
    });
    all.collect()
}

fn line<'a>(time: Option<i64>, keys: impl Iterator<Item = (&'a str, Option<String>)>) -> String {
    let time = time.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).map(|at| format!("{at:.3}"));
    let keys = keys.map(|(name, value)| format!("{name}={}", value.unwrap_or_else(|| "-".to_owned())));
    let parts: Vec<String> = time.into_iter().chain(keys).collect();
    if parts.is_empty() { "the empty group".to_owned() } else { parts.join(" ") }
}

fn readings(rule: &Rule, running: &Running<'_>, inputs: &Inputs<'_>) -> Result<Vec<Reading>, String> {
    let Some(keys) = running.keys else {
        return Err("the group of a hit cannot be read from its event: the members of `any` have groups of their own"
            .to_owned());
    };
    let mut all = Vec::new();
    for source in &running.sources {
        let Some(mapped) = inputs.mapping.source(*source) else { continue };
        let mut columns = Vec::new();
        // A source that lacks the key gives no last event.
        for (key, expr) in keys.0.iter().filter_map(|key| Some((key, key.of(*source)?))) {
            let column = plain_field(rule, expr).and_then(|field| mapped.fields.get(&field));
            let Some(column) = column.filter(|c| !c.list) else {
                return Err(format!("the key `{}` is computed: an event of the answer does not hold it", key.name));
            };
            columns.push((key.name.clone(), column.clone()));
        }
        all.push(Reading { select: mapped.select.clone(), time: mapped.time.column.clone(), keys: columns });
    }
    // The most keys first: an alert has them all.
    all.sort_by_key(|reading: &Reading| std::cmp::Reverse(reading.keys.len()));
    let form = |field: &MappedField| (field.ty, field.unit, field.truth.clone());
    let mut forms = BTreeMap::new();
    for (name, field) in all.iter().flat_map(|reading| &reading.keys) {
        if forms.insert(name, form(field)).is_some_and(|other| other != form(field)) {
            return Err(format!("the key `{name}` is kept in another form in another source"));
        }
    }
    Ok(all)
}

fn time_column(sources: &[&MappedSource]) -> Result<String, String> {
    let mut columns: Vec<&str> = Vec::new();
    for source in sources {
        if source.time.unit.is_some() {
            return Err(format!("the time `{}` is kept as a number, by which EQL cannot order", source.time.column));
        }
        if !columns.contains(&source.time.column.as_str()) {
            columns.push(&source.time.column);
        }
    }
    match columns.as_slice() {
        [one] => Ok((*one).to_owned()),
        _ => Err(format!("the sources keep their times in different columns ({})", columns.join(", "))),
    }
}

/// Every mapped column with its type.
fn properties(sources: &[&MappedSource]) -> Result<Json, String> {
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    for source in sources {
        let own = std::iter::once((source.time.column.as_str(), "date"))
            .chain(source.select.iter().map(|(column, _)| (column.as_str(), "keyword")))
            .chain(source.fields.values().map(|field| (field.column.as_str(), type_of(field))));
        for (column, ty) in own {
            if all.insert(column, ty).is_some_and(|other| other != ty) {
                return Err(format!("`{column}` has another type in another source, and one index cannot hold both"));
            }
        }
    }
    Ok(all.into_iter().map(|(column, ty)| (column.to_owned(), json!({ "type": ty }))).collect::<Map<_, _>>().into())
}

fn type_of(field: &MappedField) -> &'static str {
    match field.ty {
        Scalar::String => "keyword",
        Scalar::Ip => "ip",
        Scalar::Integer | Scalar::Duration => "long",
        Scalar::Number => "double",
        Scalar::Boolean => "boolean",
        Scalar::Timestamp => "date",
    }
}

/// Two lines: what to do with the document, and the document.
fn document(place: usize, event: &TrialEvent, inputs: &Inputs<'_>) -> Option<String> {
    let (mapped, fields) = stored(inputs.mapping, event)?;
    let mut object = Map::new();
    object.insert(mapped.time.column.clone(), instant(event.time));
    object.extend(mapped.select.iter().map(|(column, text)| (column.clone(), text.clone().into())));
    for (field, value) in fields.iter().filter(|(_, value)| !value.is_missing()) {
        object.insert(field.column.clone(), cell(field, value));
    }
    Some(format!("{}\n{}\n", json!({ "index": { "_id": place.to_string() } }), Json::Object(object)))
}

fn cell(field: &MappedField, value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Timestamp(ms) if field.ty == Scalar::Timestamp => instant(*ms),
        Value::Integer(n) | Value::Timestamp(n) | Value::Duration(n) => (*n).into(),
        Value::Number(n) => (*n).into(),
        Value::String(text) => Json::String(text.to_string()),
        Value::Ip(ip) => Json::String(ip.to_string()),
        Value::List(items) => items.iter().map(|item| cell(field, item)).collect(),
    }
}

fn instant(ms: i64) -> Json {
    jiff::Timestamp::from_millisecond(ms).map_or(Json::Null, |at| format!("{at:.3}").into())
}

/// A key's value as [`plain`] prints what is stored of it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Integer(n) | Value::Duration(n) => n.to_string(),
        Value::Timestamp(ms) => plain(&instant(*ms)),
        Value::Number(n) => plain(&(*n).into()),
        Value::Boolean(b) => b.to_string(),
        Value::Missing | Value::List(_) => "-".to_owned(),
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
