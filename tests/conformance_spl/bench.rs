//! From (rule, events) to a job of the model, and from its rows to alerts that compare with the evaluator's.

use super::model::{Job, NOW};
use serde_json::{Map, Value as Json, json};
use siemc::backend::target::{Mapping, MappingRequest, TargetData};
use siemc::backend::template::Templates;
use siemc::backend::{Inputs, Query, Target};
use siemc::check::check;
use siemc::diagnostic::{Diagnostic, Findings, Severity};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::{Environment, Pack};
use siemc::source::Files;
use siemc::value::Value;
use std::path::Path;
use std::rc::Rc;

/// A pack, and SPL's data for one set of mappings.
pub struct Bench {
    pub pack: Rc<Pack>,
    data: TargetData,
    templates: Templates,
    mapping: Mapping,
    /// Lookups that Splunk has itself: the pack's name and Splunk's.
    delivered: Vec<(String, String)>,
}

impl Bench {
    /// Over the canonical mapping.
    pub fn new(root: &Path) -> Bench {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(root, &mut files, &mut findings).expect("a pack");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        Bench::over(Rc::new(pack), None)
    }

    /// Over an environment's mapping, tables and lookups.
    pub fn over(pack: Rc<Pack>, environment: Option<&Environment>) -> Bench {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let data = TargetData::load(Target::Spl, None, &mut files, &mut findings).expect("SPL's data");
        let templates = Templates::load(Target::Spl, None, &mut files).expect("SPL's stages");
        let request = MappingRequest { target: Target::Spl, environment, schema: &pack.schema, pack_root: None };
        let mapping = Mapping::load(request, &mut files, &mut findings).expect("the mapping");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        let lookups = environment.iter().flat_map(|e| &e.lookups);
        let delivered = lookups.filter_map(|(lookup, names)| {
            let (_, name) = names.iter().find(|(t, _)| t.value == Target::Spl.name())?;
            Some((lookup.value.clone(), name.value.clone()))
        });
        let delivered = delivered.collect();
        Bench { pack, data, templates, mapping, delivered }
    }

    /// The rule as checked for the environment at this place of the pack.
    pub fn check(&self, text: &str, environment: usize) -> Result<Rule, Vec<Diagnostic>> {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let file = files.add("rules/random.yaml", text);
        let node = siemc::source::yaml::parse(file, text, &mut findings);
        let written = node.map(|node| siemc::syntax::decode::rule(&node, &mut findings));
        let (_, environment) = self.pack.environments.get_index(environment).expect("an environment of the pack");
        let checked = written.and_then(|written| check(&self.pack, &written, environment, &mut findings));
        findings.all.retain(|d| d.severity == Severity::Error);
        checked.filter(|_| findings.all.is_empty()).ok_or(findings.all)
    }

    /// The query, as a run whose interval ends at `until` and began before every event.
    pub fn compile(&self, rule: &Rule, until: i64) -> Result<Query, Vec<Diagnostic>> {
        let mut rule = rule.clone();
        rule.schedule.every = NOW * 1000;
        rule.schedule.delay = NOW * 1000 - until;
        let inputs = Inputs {
            data: &self.data,
            mapping: &self.mapping,
            templates: &self.templates,
            delivered: self.delivered.clone(),
            standing: None,
        };
        siemc::backend::compile(&rule, &inputs)
    }

    pub fn job(&self, query: &str, events: &[Event]) -> Job {
        Job {
            query: query.to_owned(),
            events: events.iter().map(|e| self.stored(e)).collect(),
            lookups: self.lookups(),
        }
    }

    /// The lookups that Splunk has itself, as its administrator would have loaded the pack's files.
    fn lookups(&self) -> Json {
        let mut all = Map::new();
        for (name, own) in &self.delivered {
            let Some(lookup) = self.pack.lookups.get(name) else { continue };
            let names: Vec<&String> =
                lookup.keys.iter().map(|k| &k.column).chain(lookup.columns.iter().map(|(c, _)| c)).collect();
            let row = |cells: &Vec<Value>| -> Json {
                let cells = names.iter().zip(cells).filter(|(_, v)| !v.is_missing());
                cells
                    .map(|(n, v)| ((*n).clone(), Json::String(siemc::eval::text_of(v).into_owned())))
                    .collect::<Map<_, _>>()
                    .into()
            };
            let rows: Vec<Json> = lookup.rows.iter().map(row).collect();
            all.insert(own.clone(), json!({ "rows": rows, "case_sensitive_match": true }));
        }
        Json::Object(all)
    }

    /// The event as Splunk has it.
    fn stored(&self, event: &Event) -> Json {
        let mapped = self.mapping.source(event.source).expect("a mapped source");
        let mut object = Map::new();
        object.insert("index".to_owned(), mapped.table.clone().into());
        for (column, text) in &mapped.select {
            object.insert(column.clone(), text.clone().into());
        }
        // Splunk gives every event a `_time`; a mapping may have the event's own time elsewhere.
        let time: Json = (event.time as f64 / 1000.0).into();
        object.insert("_time".to_owned(), time.clone());
        object.insert(mapped.time.column.clone(), time);
        let (_, source) = self.pack.schema.source_at(event.source).expect("a source");
        for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
            if let Some(mapped) = mapped.fields.get(field)
                && !value.is_missing()
            {
                object.insert(mapped.column.clone(), json_of(&mapped.store(value)));
            }
        }
        Json::Object(object)
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
            line(a.time, group.collect(), a.confidence, &a.because)
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
            let time = (row["_time"].as_f64().unwrap_or(f64::NAN) * 1000.0).round() as i64;
            let group = keys.iter().filter_map(|k| Some((column(k), plain(row.get(column(k))?)))).collect();
            let because: Vec<String> = match &row["because"] {
                Json::Null => Vec::new(),
                Json::Array(all) => all.iter().map(plain).collect(),
                one => vec![plain(one)],
            };
            line(time, group, row.get("confidence").and_then(Json::as_i64), &because)
        })
        .collect();
    lines.sort();
    lines
}

/// A key's name as the query's output has it.
fn column(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Splunk has numbers and texts only.
fn plain(value: &Json) -> String {
    match value {
        Json::Bool(b) => i64::from(*b).to_string(),
        Json::String(s) => s.clone(),
        Json::Number(n) => n.as_f64().map_or_else(String::new, |n| n.to_string()),
        other => other.to_string(),
    }
}

fn line(time: i64, mut group: Vec<(String, String)>, confidence: Option<i64>, because: &[String]) -> String {
    group.sort();
    format!("{time} {group:?} confidence={confidence:?} because={because:?}")
}
