//! A pack for one target: rules checked and compiled, and what every executor's tables are made of.

use super::Dialect;
use serde_json::Value as Json;
use siemc::backend::target::{Mapping, MappingRequest, TargetData};
use siemc::backend::template::Templates;
use siemc::backend::{Inputs, Query, Target};
use siemc::check::{Checked, Options, check_for};
use siemc::diagnostic::{Diagnostic, Findings, Severity};
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::{Environment, Pack};
use siemc::plan::Planned;
use siemc::source::{Files, Span};
use siemc::syntax::rule::{At, Rule as Written};
use siemc::value::Value;
use std::path::Path;

/// When a query of [`Bench::compile`] runs, days after the epoch: 2093-03-16. Its interval begins at the epoch.
const NOW_DAYS: i64 = 45_000;
const DAY: i64 = 86_400_000;
/// The same in milliseconds.
pub const NOW: i64 = NOW_DAYS * DAY;

/// A pack, and a target's data.
pub struct Bench {
    pub pack: Pack,
    pub target: Target,
    data: TargetData,
    templates: Templates,
}

/// Where an environment keeps its events.
pub struct Place {
    pub mapping: Mapping,
    /// Lookups that the product has itself: the pack's name and the product's.
    pub delivered: Vec<(String, String)>,
}

impl Bench {
    /// # Panics
    /// Where the pack or the target's data have an error.
    pub fn new(dialect: &dyn Dialect, root: &Path) -> Bench {
        let target = dialect.target();
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(root, &mut files, &mut findings).expect("a pack");
        // The same files that are embedded, read where they lie.
        let here = Some(Path::new(env!("CARGO_MANIFEST_DIR")));
        let data = TargetData::load(target, here, &mut files, &mut findings).expect("the target's data");
        let templates = Templates::load(target, here, &mut files).expect("the target's stages");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        Bench { pack, target, data, templates }
    }

    /// The mapping that an environment names, the canonical one without.
    pub fn place(&self, environment: Option<&Environment>) -> Place {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let root = Some(self.pack.root.as_path());
        let request = MappingRequest { target: self.target, environment, schema: &self.pack.schema, pack_root: root };
        let mapping = Mapping::load(request, &mut files, &mut findings).expect("a mapping");
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        let delivered = environment.into_iter().flat_map(|e| &e.lookups).filter_map(|(lookup, names)| {
            let (_, name) = names.iter().find(|(t, _)| t.value == self.target.name())?;
            Some((lookup.value.clone(), name.value.clone()))
        });
        Place { mapping, delivered: delivered.collect() }
    }

    /// The environment with this set of mappings.
    pub fn with_set(&self, environment: &Environment, set: &str) -> Environment {
        let at = |value: &str| At { value: value.to_owned(), span: Span::default() };
        let mut environment = environment.clone();
        environment.mappings.retain(|(target, _)| target.value != self.target.name());
        environment.mappings.push((at(self.target.name()), at(set)));
        environment
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

    /// A rule of the pack as checked for an environment; none where it is not deployed there.
    pub fn checked(&self, rule: &Written, environment: &Environment) -> Option<Rule> {
        match check_for(&self.pack, rule, environment, Options::default(), &mut Findings::default()) {
            Checked::Rule(rule) => Some(*rule),
            _ => None,
        }
    }

    /// The query, as a run at [`NOW`] whose interval ends at `until` and began before every event.
    pub fn compile(&self, rule: &Rule, place: &Place, until: i64) -> Result<Query, Vec<Diagnostic>> {
        let mut rule = rule.clone();
        rule.schedule.every = NOW;
        rule.schedule.delay = NOW - until;
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
        siemc::backend::compile(&Planned::new(rule), &inputs)
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
}

/// A time as RFC 3339 with milliseconds.
pub fn instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.3}"))
}

/// A value as JSON; times and durations in milliseconds.
pub fn json_of(value: &Value) -> Json {
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

/// A key's name as the query's output has it.
pub fn column(name: &str) -> String {
    siemc::backend::names::alert_column(name)
}

/// A cell as text: numbers by their value, however they are written.
pub fn plain(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Number(n) => n.as_f64().map_or_else(String::new, |n| n.to_string()),
        other => other.to_string(),
    }
}

/// Texts of a cell that is a list, one value, or not there.
pub fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(all)) => all.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
    }
}
