//! EQL: our model of Elasticsearch reads and runs it, and the parser `eql` reads it too.
//!
//! EQL gives events and sequences, no confidence and no reasons: an alert is its time and its group. The events keep what a query's
//! assumptions say of the index: a tiebreaker orders events of one time as the rule does, and a missing text is not stored.

mod hostile;
mod scheduled;
mod tests;

use super::bench::{Bench, Place, json_of, plain};
use super::executor::{Executor, Kind, ask_once};
use super::outcome::Seen;
use super::random;
use super::random::analytic::Form;
use super::random::rule::{Tapes, yaml};
use super::{Dialect, Ran, Run};
use serde_json::{Map, Value as Json, json};
use siemc::backend::Target;
use siemc::backend::target::MappedField;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::{Alert as Said, Analytic, EventId, Input, Keys, Rule, StreamRef};
use siemc::pack::schema::Schema;
use siemc::value::{Scalar, Value};
use std::collections::{BTreeMap, BTreeSet};

/// See the module. Random rules are over sources with a tiebreaker in one column, or over some without.
pub struct Eql {
    pub tiebreakers: bool,
}

static MODEL: Executor = Executor {
    kind: Kind::Model,
    name: "tests/engines/eql-model",
    program: "eql-model/run",
    side_by_side: 2,
    batch: 50,
};

/// What EQL can say, and how often it is drawn.
const FORMS: [Form; 6] = [Form::Sequence, Form::Match, Form::Sequence, Form::Threshold, Form::Sequence, Form::Any];
/// One of so many rules is drawn from the whole language: most of those are refused.
const WHOLE: usize = 8;

impl Dialect for Eql {
    fn target(&self) -> Target {
        Target::Eql
    }

    fn title(&self) -> &'static str {
        "EQL"
    }

    fn executor(&self) -> &'static Executor {
        &MODEL
    }

    fn job(&self, run: &Run<'_>) -> Json {
        let header = |name: &str| {
            let mut lines = run.query.text.lines().take_while(|l| l.starts_with("//"));
            lines.find_map(|l| l.strip_prefix("// ")?.strip_prefix(name)?.strip_prefix(": "))
        };
        let tiebreaker = header("tiebreaker_field");
        let indices: BTreeSet<&str> = header("index").expect("the header's indices").split(',').collect();
        let ranks = ranks(run);
        let stored = |event: &Event| {
            let mapped = run.place.mapping.source(event.source).filter(|m| indices.contains(m.table.as_str()))?;
            let mut source = stored(run.bench, mapped, event);
            if let Some(column) = tiebreaker {
                source.insert(column.to_owned(), ranks[&event.line].into());
            }
            Some(json!({ "_id": event.line.to_string(), "_source": source }))
        };
        let events: Vec<Json> = run.events.iter().filter_map(stored).collect();
        let mut job = json!({ "id": "", "query": run.query.text, "mapping": mapping(run.place), "events": events, "size": 100_000 });
        job["timestamp_field"] = time_column(run.place, &indices).into();
        if let Some(column) = tiebreaker {
            job["tiebreaker_field"] = column.into();
        } else if is_sequence(&run.query.text) && has_ties(run.events) {
            job["ties-without-tiebreaker"] = true.into();
        }
        job
    }

    /// Whether an event of a missing step ends a pending sequence at once or as it completes, no manual says.
    fn variants(&self) -> usize {
        2
    }

    fn request(&self, jobs: &[Json], variant: usize) -> Json {
        let moment = ["missing-events-end-at-completion", "missing-events-end-at-once"][variant];
        json!({ "version": 1, "assume": [moment], "jobs": jobs })
    }

    fn rows(&self, result: &Json) -> Result<Vec<Json>, String> {
        match result["error"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => {
                Ok(result.get("events").or(result.get("sequences")).and_then(Json::as_array).expect("rows").clone())
            }
        }
    }

    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen> {
        let found = found(ran.rule);
        let (keys, after) = match found {
            Analytic::Sequence(s) => (s.steps.last().map(|s| &s.keys), s.absent_last.as_ref().map_or(0, |a| a.within)),
            Analytic::Threshold { keys, .. } => (Some(keys), 0),
            _ => (None, 0),
        };
        let times: BTreeMap<String, i64> = ran.events.iter().map(|e| (e.line.to_string(), e.time)).collect();
        let time = |id: &Json| times[id.as_str().expect("an id")];
        if rows.iter().all(Json::is_string) {
            let groups = groups(ran.rule, found, ran.events);
            let none = BTreeSet::from([vec![("no stream holds the event".to_owned(), String::new())]]);
            let seen = |row: &Json| {
                let groups = groups.get(row.as_str().expect("an id")).unwrap_or(&none);
                groups.iter().map(|group| seen(time(row), group.clone())).collect::<Vec<_>>()
            };
            return rows.iter().flat_map(seen).collect();
        }
        let names: Vec<&str> = keys.iter().flat_map(|k| &k.0).map(|k| k.name.as_str()).collect();
        let seen = |row: &Json| {
            let last = row["events"].as_array().expect("events").iter().rfind(|e| e.is_string()).expect("an event");
            let values = row["join_keys"].as_array().into_iter().flatten().map(plain);
            let mut group: Vec<_> = names.iter().map(|n| (*n).to_owned()).zip(values).collect();
            group.sort();
            seen(time(last) + after, group)
        };
        rows.iter().map(seen).collect()
    }

    fn expected(&self, _: &Ran<'_>, alert: &Alert) -> Seen {
        seen(alert.time, group(alert))
    }

    fn parser(&self) -> Option<&'static str> {
        Some("the PyPI package eql")
    }

    fn parse(&self, _: &Bench, queries: &[(&str, &Place)]) -> Vec<Vec<String>> {
        let all: Vec<Json> =
            queries.iter().map(|(text, p)| json!({ "id": "", "text": text, "fields": mapping(p) })).collect();
        let answer = ask_once("check-eql", &json!({ "version": 1, "queries": all }));
        let faults = |result: &Json| result["faults"].as_array().expect("faults").iter().map(Json::to_string).collect();
        answer["results"].as_array().expect("results").iter().map(faults).collect()
    }

    /// What an assumption of the query excludes.
    fn beyond_executor(&self, why: &str) -> bool {
        why.contains("`ties-without-tiebreaker`")
    }

    fn leaves_ties_out(&self) -> bool {
        true
    }

    fn leave_ties_out(&self, schema: &Schema, events: &mut Vec<Event>) {
        if self.tiebreakers {
            return super::pairs::leave_ties_out(schema, events);
        }
        let mut seen = BTreeSet::new();
        events.retain(|event| seen.insert(event.time));
    }

    fn part(&self) -> &'static str {
        if self.tiebreakers { "random" } else { "random-without-tiebreaker" }
    }

    fn pack(&self) -> Vec<(&'static str, String)> {
        let mut files: Vec<_> = random::pack::files().into();
        if self.tiebreakers {
            for (path, text) in &mut files {
                if *path == "schema/tiny.yaml" {
                    *text = with_tiebreakers(text);
                }
            }
        }
        files
    }

    fn form(&self, number: usize) -> Form {
        let all = super::FORMS;
        if number.is_multiple_of(WHOLE) { all[number / WHOLE % all.len()] } else { FORMS[number % FORMS.len()] }
    }

    fn written(&self, tapes: &mut Tapes, number: usize) -> String {
        if number.is_multiple_of(WHOLE) {
            return yaml(tapes);
        }
        // Contexts and analytics of analytics are refused; a confidence that decides is, too.
        tapes.contexts.clear();
        tapes.signals.clear();
        if number % 4 != 1 {
            tapes.confidence = None;
        }
        let mut text = counted(&yaml(tapes));
        if !number.is_multiple_of(3) {
            // It would leave of the query's promise the groups alone.
            let kept = text.lines().filter(|l| !l.trim_start().starts_with("once_per:"));
            text = kept.map(|l| format!("{l}\n")).collect();
        }
        if number % 5 == 2 { with_absence(&text, number) } else { text }
    }
}

/// The sources that have no tiebreaker have one.
fn with_tiebreakers(schema: &str) -> String {
    let mut out =
        schema.replace("fields: { host: required,", "tiebreaker: seq\n    fields: { seq: required, host: required,");
    out = out.replace("fields: { agent: required,", "tiebreaker: seq\n    fields: { seq: required, agent: required,");
    assert_eq!(out.matches("tiebreaker: seq").count(), 3, "{out}");
    out
}

/// The rule with a count of at least a number where a threshold asks for something else.
fn counted(text: &str) -> String {
    let mut out = String::new();
    let least = 1 + text.len() % 4;
    let is_threshold = text.contains("\n  threshold:");
    for line in text.lines() {
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        match words {
            _ if !is_threshold => out.push_str(line),
            w if w.starts_with("measures:") => out.push_str(&format!("{indent}measures: {{ detect_m0: 'count()' }}")),
            w if w.starts_with("having:") => out.push_str(&format!("{indent}having: 'detect_m0 >= {least}'")),
            w if w.starts_with("window:") => continue,
            w if w.starts_with("details:") => continue,
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// The rule with an absence behind the first step of a sequence that has none.
fn with_absence(text: &str, number: usize) -> String {
    let is_step =
        |line: &str| line.trim_start().starts_with("- ") && !line.contains("name:") && !line.contains("when:");
    let events = text.lines().filter(|l| l.starts_with("  e") && l.contains(": {")).count();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let first = lines.iter().position(|l| l.trim() == "steps:").map(|at| at + 1);
    if let Some(at) = first.filter(|at| events > 0 && !text.contains("absent:") && is_step(&lines[*at])) {
        let indent = lines[at].len() - lines[at].trim_start().len();
        lines.insert(at + 1, format!("{}- {{ absent: e{} }}", " ".repeat(indent), number / 5 % events));
    }
    lines.join("\n") + "\n"
}

fn seen(time: i64, group: Vec<(String, String)>) -> Seen {
    Seen { time, group, confidence: None, severity: None, because: Vec::new() }
}

fn group(alert: &Alert) -> Vec<(String, String)> {
    let there = alert.group.iter().filter(|(_, v)| !v.is_missing());
    let mut group: Vec<_> = there.map(|(k, v)| (k.clone(), plain(&json_of(v)))).collect();
    group.sort();
    group
}

fn is_sequence(query: &str) -> bool {
    query.lines().any(|l| l.starts_with("sequence"))
}

fn has_ties(events: &[Event]) -> bool {
    let times: BTreeSet<i64> = events.iter().map(|e| e.time).collect();
    times.len() < events.len()
}

/// What the alerts are hits of: an `any` of one signal is that signal.
fn found(rule: &Rule) -> &Analytic {
    let mut analytic = &rule.signals[rule.detect.index()].analytic;
    while let Analytic::Any { of, keys: None } = analytic
        && let [StreamRef::Signal(inner)] = of.as_slice()
    {
        analytic = &rule.signals[inner.index()].analytic;
    }
    analytic
}

/// The groups of each event that is a hit by itself: an event query gives the event, whose fields tell them.
fn groups(rule: &Rule, found: &Analytic, events: &[Event]) -> BTreeMap<String, BTreeSet<Vec<(String, String)>>> {
    let none = Keys(Vec::new());
    let streams: Vec<(StreamRef, &Keys)> = match found {
        Analytic::Match { of, keys } | Analytic::Threshold { of, keys, .. } => vec![(of.stream, keys)],
        Analytic::Any { of, keys } => of.iter().map(|s| (*s, keys.as_ref().unwrap_or(&none))).collect(),
        Analytic::Sequence(s) => s.steps.iter().flat_map(|s| s.of.iter().map(|o| (*o, &s.keys))).collect(),
        _ => Vec::new(),
    };
    let mut all: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    for (stream, keys) in streams {
        let analytic = match (stream, found) {
            (StreamRef::Signal(_), Analytic::Any { keys: None, .. }) => Analytic::Any { of: vec![stream], keys: None },
            _ => Analytic::Match { of: Input { stream, filter: None }, keys: keys.clone() },
        };
        for alert in hits(rule, analytic, events) {
            let line = alert.events.last().expect("an event").line.to_string();
            all.entry(line).or_default().insert(group(&alert));
        }
    }
    all
}

/// The hits of an analytic in place of the rule's own, whatever becomes of them.
fn hits(rule: &Rule, analytic: Analytic, events: &[Event]) -> Vec<Alert> {
    let mut plain = rule.clone();
    plain.signals[rule.detect.index()].analytic = analytic;
    plain.confidence = None;
    plain.exceptions.clear();
    plain.alert = Said { once_per: None, details: Vec::new(), ..plain.alert };
    siemc::eval::run(&plain, events.to_vec(), None)
}

/// Each event's place in the rule's order: time, then the first selection that it belongs to, then its tiebreaker.
fn ranks(run: &Run<'_>) -> BTreeMap<u64, usize> {
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for place in 0..run.rule.events.len() {
        let stream = StreamRef::Event(EventId(u32::try_from(place).expect("a few events")));
        let one = Analytic::Match { of: Input { stream, filter: None }, keys: Keys(Vec::new()) };
        for alert in hits(run.rule, one, run.events) {
            places.entry(alert.events.last().expect("an event").line).or_insert(place);
        }
    }
    let schema = &run.bench.pack.schema;
    let breaks = |event: &Event| -> Option<i64> {
        let field = schema.source_at(event.source)?.1.tiebreaker?;
        match event.values.get(schema.slot(event.source, field)?)? {
            Value::Integer(n) => Some(*n),
            _ => None,
        }
    };
    let mut order: Vec<&Event> = run.events.iter().collect();
    order.sort_by_key(|e| (e.time, places.get(&e.line).copied().unwrap_or(usize::MAX), breaks(e), e.line));
    order.into_iter().enumerate().map(|(rank, event)| (event.line, rank)).collect()
}

fn time_column(place: &Place, indices: &BTreeSet<&str>) -> String {
    let read = place.mapping.sources.values().filter(|m| indices.contains(m.table.as_str()));
    let columns: BTreeSet<&String> = read.map(|m| &m.time.column).collect();
    let columns: Vec<&String> = columns.into_iter().collect();
    assert_eq!(columns.len(), 1, "one timestamp field: {columns:?}");
    columns[0].clone()
}

/// The fields that the mapping declares, with their types in an index.
fn mapping(place: &Place) -> Map<String, Json> {
    let mut fields = Map::new();
    let mut sources: Vec<_> = place.mapping.sources.iter().collect();
    sources.sort_by_key(|(id, _)| **id);
    for (_, mapped) in sources {
        fields.insert(mapped.time.column.clone(), "date".into());
        for (column, _) in &mapped.select {
            fields.insert(column.clone(), "keyword".into());
        }
        for field in mapped.fields.values() {
            fields.insert(field.column.clone(), column_type(field).into());
        }
    }
    fields
}

/// The event as the index has it.
fn stored(bench: &Bench, mapped: &siemc::backend::target::MappedSource, event: &Event) -> Map<String, Json> {
    let mut object = Map::new();
    for (column, text) in &mapped.select {
        object.insert(column.clone(), text.clone().into());
    }
    object.insert(mapped.time.column.clone(), event.time.into());
    let (_, source) = bench.pack.schema.source_at(event.source).expect("a source");
    for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
        if let Some(mapped) = mapped.fields.get(field)
            && !value.is_missing()
        {
            object.insert(mapped.column.clone(), written(mapped, json_of(&mapped.store(value)), event.line));
        }
    }
    object
}

/// A text in one of the forms that the product may have it in, where the mapping says that it has several.
fn written(field: &MappedField, value: Json, line: u64) -> Json {
    let Json::String(mut text) = value else { return value };
    if field.lower && line.is_multiple_of(2) {
        text.make_ascii_uppercase();
    }
    if field.trailing_dot && line.is_multiple_of(3) {
        text.push('.');
    }
    Json::String(text)
}

fn column_type(field: &MappedField) -> &'static str {
    match field.ty {
        Scalar::String => "keyword",
        Scalar::Ip => "ip",
        Scalar::Integer | Scalar::Duration => "long",
        Scalar::Number => "double",
        Scalar::Boolean => "boolean",
        Scalar::Timestamp => "date",
    }
}
