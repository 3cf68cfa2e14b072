//! The text of a new rule and of its fixture, from what the schema says of a source.

use super::super::workspace::Selected;
use super::{codes, error, no_source};
use crate::diagnostic::Diagnostic;
use crate::pack::Pack;
use crate::pack::schema::{Field, Presence, Source};
use crate::value::{Scalar, Type};

/// What is to be written.
#[derive(Debug)]
pub struct Draft {
    name: String,
    id: String,
    /// The source that the rule reads.
    pub source: String,
    /// A field by which events are grouped, with a value.
    key: (String, String),
    /// A condition that an example meets, with the field and value that meet it.
    condition: Option<(String, String)>,
    /// Every field that an event needs, with a value.
    needed: Vec<(String, String)>,
    /// Some environment lacks the source.
    is_required: bool,
    has_once_per: bool,
}

impl Draft {
    /// Over a source by name, or the first that every environment has.
    pub fn new(name: &str, source: Option<&str>, selected: &Selected) -> Result<Draft, Diagnostic> {
        let pack = &selected.pack;
        let known: Vec<&str> = pack.schema.sources.keys().map(String::as_str).collect();
        let first = known.iter().find(|source| !lacking(pack, source)).or(known.first()).copied();
        let source = source.or(first).ok_or_else(|| error(codes::NAME, "the pack has no source".to_owned()))?;
        let declared = pack.schema.sources.get(source).ok_or_else(|| no_source(source, &known))?;
        let fields = usable(pack, source, declared);
        let groups = |field: &&(&str, &Field, Presence)| field.1.ty == Type::STRING && field.1.values.is_empty();
        let key = fields
            .iter()
            .filter(groups)
            .find(|(_, _, presence)| *presence == Presence::Required)
            .or_else(|| fields.iter().find(groups))
            .or_else(|| fields.iter().find(|(_, field, _)| matches!(field.ty, Type::Scalar(_))))
            .ok_or_else(|| error(codes::NAME, format!("no field of `{source}` can group its events")))?;
        let condition = fields
            .iter()
            .find(|(name, field, _)| *name != key.0 && field.ty == Type::STRING && !field.values.is_empty());
        let tiebreaker = declared.tiebreaker.and_then(|id| pack.schema.field_at(id)).map(|(name, _)| name);
        let mut needed: Vec<(String, String)> = fields
            .iter()
            .filter(|(name, _, presence)| *presence == Presence::Required && Some(*name) != tiebreaker)
            .map(|(name, field, _)| ((*name).to_owned(), example(field)))
            .collect();
        for (name, field, _) in std::iter::once(key).chain(condition) {
            if !needed.iter().any(|(other, _)| other == name) {
                needed.push(((*name).to_owned(), example(field)));
            }
        }
        Ok(Draft {
            name: name.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            source: source.to_owned(),
            key: (key.0.to_owned(), example(key.1)),
            condition: condition.map(|(name, field, _)| ((*name).to_owned(), example(field))),
            needed,
            is_required: lacking(pack, source),
            has_once_per: pack.defaults.once_per.is_some(),
        })
    }

    /// The rule file.
    pub fn rule(&self) -> String {
        let Draft { name, id, source, key: (key, _), .. } = self;
        let title = name.replace('-', " ");
        let requires = if self.is_required { format!("requires: [{source}]\n") } else { String::new() };
        let condition = match &self.condition {
            Some((field, value)) => format!("\n    where: {field} == {value}"),
            None => String::new(),
        };
        let once_per = if self.has_once_per { "" } else { "\n  once_per: 6h" };
        format!(
            "rule: {name}
id: {id}
title: {title}
status: experimental
severity: low
{requires}
params:
  min_events: {{ default: 3, min: 1, about: events that are worth an alert }}
  close_together: {{ default: 10m, min: 1m, about: events this close together belong together }}

events:
  seen:
    source: {source}{condition}

detect:
  threshold:
    of: seen
    by: [{key}]
    within: $close_together
    having: count() >= $min_events

alert:
  title: \"{title}: {{{{{key}}}}}\"{once_per}
"
        )
    }

    /// The fixture: enough events, and one too few.
    pub fn fixture(&self) -> String {
        let Draft { name, source, key: (key, value), .. } = self;
        let needed: Vec<String> = self.needed.iter().map(|(field, value)| format!("    {field}: {value}\n")).collect();
        format!(
            "rule: {name}
start: 2026-03-01T09:00:00Z
each:
  {source}:
{}
cases:
  - name: three events within ten minutes
    events:
      - {{ at: 0m, every: 1m, times: 3, source: {source} }}
    expect:
      - {{ at: 2m, group: {{ {key}: {value} }} }}

  - name: two events are not enough
    events:
      - {{ at: 0m, every: 1m, times: 2, source: {source} }}
    expect: none

  - name: three events far apart
    events:
      - {{ at: 0m, every: 10m, times: 3, source: {source} }}
    expect: none
",
            needed.concat()
        )
    }
}

/// The source's fields that every environment has.
fn usable<'a>(pack: &'a Pack, source: &str, declared: &'a Source) -> Vec<(&'a str, &'a Field, Presence)> {
    let found = declared.fields.iter().filter_map(|(id, presence)| {
        let (name, field) = pack.schema.field_at(*id)?;
        Some((name, field, *presence))
    });
    let lacks = |name: &str| lacking(pack, name) || lacking(pack, &format!("{source}.{name}"));
    found.filter(|(name, _, presence)| *presence == Presence::Required || !lacks(name)).collect()
}

fn lacking(pack: &Pack, name: &str) -> bool {
    pack.environments.values().flat_map(|e| &e.unavailable).any(|unavailable| unavailable.value == name)
}

/// A value of the field's type, as YAML and the rule language both write it.
fn example(field: &Field) -> String {
    match field.ty {
        Type::Scalar(scalar) => one(field, scalar),
        Type::List(scalar) => format!("[{}]", one(field, scalar)),
    }
}

fn one(field: &Field, scalar: Scalar) -> String {
    match scalar {
        Scalar::String => {
            let text = field.values.first().map_or("example", String::as_str);
            serde_json::to_string(text).unwrap_or_default()
        }
        Scalar::Integer => field.max.unwrap_or(1).min(1).to_string(),
        Scalar::Number => "1.5".to_owned(),
        Scalar::Boolean => "true".to_owned(),
        Scalar::Timestamp => "2026-03-01T09:00:00Z".to_owned(),
        Scalar::Duration => "1m".to_owned(),
        Scalar::Ip => "192.0.2.1".to_owned(),
    }
}
