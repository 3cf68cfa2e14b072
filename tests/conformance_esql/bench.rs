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
use siemc::value::{Scalar, Type, Value};
use std::path::Path;

/// Days after the epoch of a run whose interval begins at the epoch: 2093-03-16.
const NOW_DAYS: i64 = 45_000;
const DAY: i64 = 86_400_000;

/// A pack, and ES|QL's data.
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
        let data = TargetData::load(Target::Esql, here, &mut files, &mut findings).expect("ES|QL's data");
        let templates = Templates::load(Target::Esql, here, &mut files).expect("ES|QL's stages");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        Bench { pack, data, templates }
    }

    /// The mapping that an environment names, the canonical one without.
    pub fn place(&self, environment: Option<&Environment>) -> Place {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let root = Some(self.pack.root.as_path());
        let request = MappingRequest { target: Target::Esql, environment, schema: &self.pack.schema, pack_root: root };
        let mapping = Mapping::load(request, &mut files, &mut findings).expect("a mapping");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        let delivered = environment.into_iter().flat_map(|e| &e.lookups).filter_map(|(lookup, names)| {
            let (_, name) = names.iter().find(|(t, _)| t.value == "esql")?;
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
        let mut indices = Bench::indices(place);
        for (name, index) in &mut indices {
            let documents: Vec<Json> = events.iter().filter_map(|event| self.stored(event, place, name)).collect();
            index["documents"] = Json::Array(documents);
        }
        indices.extend(self.lookup_indices(place));
        Job { query: at(query, NOW_DAYS * DAY), indices: Json::Object(indices) }
    }

    /// The indices that the mapping declares, with their fields and types.
    pub fn indices(place: &Place) -> Map<String, Json> {
        let mut indices = Map::new();
        let mut sources: Vec<_> = place.mapping.sources.iter().collect();
        sources.sort_by_key(|(id, _)| **id);
        for (_, mapped) in sources {
            let index = indices.entry(concrete(&mapped.table)).or_insert_with(|| json!({ "fields": {} }));
            let fields = index["fields"].as_object_mut().expect("fields");
            let mut declare = |column: &str, ty: &str| fields.insert(column.to_owned(), json!({ "type": ty }));
            declare(&mapped.time.column, if mapped.time.unit.is_some() { "long" } else { "date" });
            for (column, _) in &mapped.select {
                declare(column, "keyword");
            }
            for field in mapped.fields.values() {
                declare(&field.column, column_type(field));
            }
        }
        indices
    }

    /// The product's own lookups, as lookup indices.
    fn lookup_indices(&self, place: &Place) -> Map<String, Json> {
        let mut all = Map::new();
        for (lookup, name) in &place.delivered {
            let Some(lookup) = self.pack.lookups.get(lookup) else { continue };
            let keys = lookup.keys.iter().map(|k| (k.column.as_str(), k.ty));
            let columns: Vec<(&str, Type)> =
                keys.chain(lookup.columns.iter().map(|(name, ty)| (name.as_str(), *ty))).collect();
            let fields: Map<String, Json> =
                columns.iter().map(|(n, ty)| ((*n).to_owned(), json!({ "type": product_type(*ty) }))).collect();
            let document = |row: &Vec<Value>| -> Json {
                let cells = columns.iter().zip(row).filter(|(_, v)| !v.is_missing());
                cells.map(|((n, _), v)| ((*n).to_owned(), json_of(v))).collect::<Map<String, Json>>().into()
            };
            let documents: Vec<Json> = lookup.rows.iter().map(document).collect();
            all.insert(name.clone(), json!({ "fields": fields, "documents": documents, "lookup": true }));
        }
        all
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

    /// The event as the product has it, where it is in this index.
    fn stored(&self, event: &Event, place: &Place, index: &str) -> Option<Json> {
        let mapped = place.mapping.source(event.source).filter(|m| concrete(&m.table) == index)?;
        let mut object = Map::new();
        for (column, text) in &mapped.select {
            object.insert(column.clone(), text.clone().into());
        }
        let time = mapped
            .time
            .unit
            .map_or(event.time, |unit| event.time * unit.per_millisecond().0 / unit.per_millisecond().1);
        object.insert(mapped.time.column.clone(), time.into());
        let (_, source) = self.pack.schema.source_at(event.source).expect("a source");
        for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
            let Some(mapped) = mapped.fields.get(field) else { continue };
            if !value.is_missing() {
                object.insert(mapped.column.clone(), json_of(&mapped.store(value)));
            } else if mapped.ty == Scalar::String && !mapped.list && event.line.is_multiple_of(2) {
                // A missing text may stand there as an empty one.
                object.insert(mapped.column.clone(), "".into());
            }
        }
        Some(Json::Object(object))
    }
}

/// The query as of a time: the clock is the test's.
fn at(query: &str, now: i64) -> String {
    query.replace("NOW()", &format!("TO_DATETIME(\"{}\")", instant(now)))
}

/// An index that the pattern meets.
fn concrete(pattern: &str) -> String {
    pattern.replace('*', "test")
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

fn product_type(ty: Type) -> &'static str {
    match ty {
        Type::INTEGER | Type::DURATION => "long",
        Type::NUMBER => "double",
        Type::BOOLEAN => "boolean",
        Type::TIMESTAMP => "date",
        Type::IP => "ip",
        _ => "keyword",
    }
}

fn instant(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).expect("a time");
    format!("{time:.3}")
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

/// The node's rows as the same lines. `keys` are those of any hit's group.
pub fn actual(rows: &[Json], keys: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let present = |v: &&Json| !v.is_null() && v.as_str() != Some("");
            let group = keys.iter().filter_map(|k| Some((column(k), plain(row.get(column(k)).filter(present)?))));
            let because: Vec<String> = match row.get("because") {
                Some(Json::Array(all)) => all.iter().map(plain).collect(),
                Some(one) => vec![plain(one)],
                None => Vec::new(),
            };
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
