//! From (rule, events) to a job of the model, and from its rows to alerts that compare with the evaluator's.

use super::engine::Job;
use serde_json::{Map, Value as Json, json};
use siemc::backend::target::{MappedField, Mapping, MappingRequest, TargetData};
use siemc::backend::template::Templates;
use siemc::backend::{Inputs, Query, Target};
use siemc::check::{Checked, Options, check_for};
use siemc::diagnostic::{Diagnostic, Findings, Severity};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::{Environment, Pack};
use siemc::source::Files;
use siemc::value::{Scalar, Value};
use std::path::Path;

/// Days after the epoch of a run whose interval begins at the epoch: 2093-03-16.
const NOW_DAYS: i64 = 45_000;
const DAY: i64 = 86_400_000;

/// A pack, and KQL's data.
pub struct Bench {
    pub pack: Pack,
    data: TargetData,
    templates: Templates,
}

/// Where an environment keeps its events.
pub struct Place {
    pub mapping: Mapping,
    pub delivered: Vec<(String, String)>,
}

impl Bench {
    pub fn new(root: &Path) -> Bench {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(root, &mut files, &mut findings).expect("a pack");
        // The same files that are embedded, read where they lie.
        let here = Some(Path::new(env!("CARGO_MANIFEST_DIR")));
        let data = TargetData::load(Target::Kql, here, &mut files, &mut findings).expect("KQL's data");
        let templates = Templates::load(Target::Kql, here, &mut files).expect("KQL's stages");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        Bench { pack, data, templates }
    }

    /// The mapping that an environment names, the canonical one without.
    pub fn place(&self, environment: Option<&Environment>) -> Place {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let root = Some(self.pack.root.as_path());
        let request = MappingRequest { target: Target::Kql, environment, schema: &self.pack.schema, pack_root: root };
        let mapping = Mapping::load(request, &mut files, &mut findings).expect("a mapping");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        let delivered = environment.into_iter().flat_map(|e| &e.lookups).filter_map(|(lookup, names)| {
            let (_, name) = names.iter().find(|(t, _)| t.value == "kql")?;
            Some((lookup.value.clone(), name.value.clone()))
        });
        Place { mapping, delivered: delivered.collect() }
    }

    /// The rule as checked for the environment at this place of the pack.
    pub fn check(&self, text: &str, environment: usize) -> Result<Rule, Vec<Diagnostic>> {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let file = files.add("rules/random.yaml", text);
        let node = siemc::source::yaml::parse(file, text, &mut findings);
        let written = node.map(|node| siemc::syntax::decode::rule(&node, &mut findings));
        let (_, environment) = self.pack.environments.get_index(environment).expect("an environment of the pack");
        let checked =
            written.map(|written| check_for(&self.pack, &written, environment, Options::default(), &mut findings));
        findings.all.retain(|d| d.severity == Severity::Error);
        match checked {
            Some(Checked::Rule(rule)) if findings.all.is_empty() => Ok(*rule),
            _ => Err(findings.all),
        }
    }

    /// The query, as a run whose interval ends at `until` and began before every event.
    pub fn compile(&self, rule: &Rule, place: &Place, until: i64) -> Result<Query, Vec<Diagnostic>> {
        let mut rule = rule.clone();
        rule.schedule.every = NOW_DAYS * DAY;
        rule.schedule.delay = NOW_DAYS * DAY - until;
        self.compile_as_scheduled(&rule, place)
    }

    /// The query, as the rule says when it runs.
    pub fn compile_as_scheduled(&self, rule: &Rule, place: &Place) -> Result<Query, Vec<Diagnostic>> {
        let inputs = Inputs {
            data: &self.data,
            mapping: &place.mapping,
            templates: &self.templates,
            delivered: place.delivered.clone(),
            standing: None,
        };
        siemc::backend::compile(rule, &inputs)
    }

    /// A run of the query of [`Bench::compile`].
    pub fn job(&self, query: &str, place: &Place, events: &[Event]) -> Job {
        self.job_at(query, place, events, NOW_DAYS * DAY)
    }

    /// A run at a time.
    pub fn job_at(&self, query: &str, place: &Place, events: &[Event], now: i64) -> Job {
        let mut tables = Bench::tables(place);
        for (table, declared) in &mut tables {
            let rows: Vec<Json> = events.iter().filter_map(|event| self.stored(event, place, table)).collect();
            *declared = json!({ "columns": declared.clone(), "rows": rows });
        }
        Job {
            query: query.to_owned(),
            tables: Json::Object(tables),
            watchlists: self.watchlists(place),
            now: instant(now),
        }
    }

    /// The tables that the mapping declares, with their columns and types.
    pub fn tables(place: &Place) -> Map<String, Json> {
        let mut tables = Map::new();
        let mut sources: Vec<_> = place.mapping.sources.iter().collect();
        sources.sort_by_key(|(id, _)| **id);
        for (_, mapped) in sources {
            let columns = tables.entry(mapped.table.clone()).or_insert_with(|| json!({}));
            let columns = columns.as_object_mut().expect("columns");
            let time = if mapped.time.unit.is_some() { "long" } else { "datetime" };
            columns.insert(mapped.time.column.clone(), time.into());
            for (column, _) in &mapped.select {
                columns.insert(column.clone(), "string".into());
            }
            let mut fields: Vec<&MappedField> = mapped.fields.values().collect();
            fields.sort_by_key(|f| &f.column);
            for field in fields {
                columns.insert(field.column.clone(), column_type(field).into());
            }
        }
        tables
    }

    /// The product's own lookups: name to columns and rows, all of them texts.
    fn watchlists(&self, place: &Place) -> Json {
        let mut all = Map::new();
        for (lookup, name) in &place.delivered {
            let Some(lookup) = self.pack.lookups.get(lookup) else { continue };
            let names: Vec<&str> = lookup
                .keys
                .iter()
                .map(|k| k.column.as_str())
                .chain(lookup.columns.iter().map(|(name, _)| name.as_str()))
                .collect();
            let columns: Map<String, Json> = names.iter().map(|n| ((*n).to_owned(), "string".into())).collect();
            let rows: Vec<Json> = lookup
                .rows
                .iter()
                .map(|row| names.iter().zip(row).map(|(n, v)| ((*n).to_owned(), Json::String(text(v)))).collect())
                .collect();
            all.insert(name.clone(), json!({ "columns": columns, "rows": rows }));
        }
        Json::Object(all)
    }

    /// The columns of the watchlists, for the analyzer.
    pub fn watchlist_columns(&self, place: &Place) -> Json {
        let lists = self.watchlists(place);
        let all = lists.as_object().into_iter().flatten().map(|(name, list)| (name.clone(), list["columns"].clone()));
        Json::Object(all.collect())
    }

    /// The events without the fields that the mapping says the product does not have.
    pub fn kept(&self, place: &Place, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            let Some((_, source)) = self.pack.schema.source_at(event.source) else { continue };
            for ((field, _), value) in source.fields.iter().zip(event.values.iter_mut()) {
                if place.mapping.is_unavailable(event.source, *field) {
                    *value = Value::Missing;
                }
            }
        }
        events
    }

    /// The event as the product has it, where it is in this table.
    fn stored(&self, event: &Event, place: &Place, table: &str) -> Option<Json> {
        let mapped = place.mapping.source(event.source).filter(|m| m.table == table)?;
        let mut object = Map::new();
        for (column, text) in &mapped.select {
            object.insert(column.clone(), text.clone().into());
        }
        let time = match mapped.time.unit {
            None => Json::String(instant(event.time)),
            Some(unit) => (event.time * unit.per_millisecond().0 / unit.per_millisecond().1).into(),
        };
        object.insert(mapped.time.column.clone(), time);
        let (_, source) = self.pack.schema.source_at(event.source).expect("a source");
        for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
            if let Some(mapped) = mapped.fields.get(field)
                && !value.is_missing()
            {
                let stored = match (mapped.ty, mapped.store(value)) {
                    (Scalar::Timestamp, Value::Timestamp(ms)) => Json::String(instant(ms)),
                    (_, value) => json_of(&value),
                };
                object.insert(mapped.column.clone(), stored);
            }
        }
        Some(Json::Object(object))
    }
}

fn column_type(field: &MappedField) -> &'static str {
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

fn instant(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).expect("a time");
    format!("{time:.3}")
}

fn text(value: &Value) -> String {
    match json_of(value) {
        Json::Null => String::new(),
        Json::String(s) => s,
        other => other.to_string(),
    }
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Integer(i) | Value::Timestamp(i) | Value::Duration(i) => (*i).into(),
        Value::Number(n) => (*n).into(),
        Value::String(s) => Json::String(s.to_string()),
        Value::Ip(ip) => ip.to_string().into(),
        Value::List(items) => items.iter().map(json_of).collect(),
    }
}

/// The evaluator's alerts as lines, sorted.
pub fn expected(alerts: &[Alert]) -> Vec<String> {
    let mut lines: Vec<String> = alerts
        .iter()
        .map(|a| {
            let group = a.group.iter().filter(|(_, v)| !v.is_missing()).map(|(k, v)| (column(k), plain(&json_of(v))));
            line(&instant(a.time), group.collect(), a.confidence, &a.severity.to_string(), &a.because)
        })
        .collect();
    lines.sort();
    lines
}

/// The model's rows as the same lines. `keys` are those of any hit's group.
pub fn actual(rows: &[Json], keys: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let present = |v: &&Json| !v.is_null() && v.as_str() != Some("");
            let group = keys.iter().filter_map(|k| Some((column(k), plain(row.get(column(k)).filter(present)?))));
            let because: Vec<String> = row["because"].as_array().into_iter().flatten().map(plain).collect();
            let time = row["event_time"].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok());
            let time = time.map_or(String::new(), |t| instant(t.as_millisecond()));
            let confidence = row.get("confidence").and_then(Json::as_i64);
            line(&time, group.collect(), confidence, row["severity"].as_str().unwrap_or("none"), &because)
        })
        .collect();
    lines.sort();
    lines
}

/// A key's name as the query's output has it.
fn column(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Number(n) => n.as_f64().map_or_else(String::new, |n| n.to_string()),
        other => other.to_string(),
    }
}

fn line(
    time: &str,
    mut group: Vec<(String, String)>,
    confidence: Option<i64>,
    severity: &str,
    because: &[String],
) -> String {
    group.sort();
    format!("{time} {group:?} confidence={confidence:?} {severity} because={because:?}")
}
