//! One JSON object as an event, without building a tree: the parser calls back, and what no rule uses is skipped.

use super::Problem;
use super::convert::{Json, Target};
use super::fault::{why, wrong_type};
use super::found::{Found, What};
use super::item::Item;
use crate::eval::event::Event;
use crate::pack::schema::{FieldId, Presence, Schema, SourceId};
use crate::value::Value;
use rustc_hash::FxHashMap;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// Turns lines into events. Each source has one event, which is filled again unless somebody kept it.
#[derive(Debug)]
pub struct Object {
    schema: Arc<Schema>,
    /// By full dotted name: what stands there.
    keys: FxHashMap<SmolStr, Key>,
    sources: FxHashMap<SmolStr, (SourceId, bool)>,
    /// By source: what is kept of it.
    kept: Vec<Kept>,
    targets: Vec<(FieldId, Target)>,
    found: Found,
}

/// What is kept of a source.
#[derive(Debug)]
struct Kept {
    /// For each slot of the event the place in `found`.
    places: Vec<Option<usize>>,
    /// Places where a value has to stand.
    required: Vec<usize>,
    event: Rc<Event>,
}

/// What a key of an object leads to.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    what: Option<What>,
    /// Fields stand below it, if its value is an object.
    above: bool,
}

/// What a line is.
#[derive(Debug)]
pub enum Outcome {
    /// An event, now in [`Object::event`].
    Event(SourceId),
    /// An event that no rule uses, with its time.
    Unused(i64),
}

impl Object {
    /// For the sources that are used (by number), keeping some fields.
    pub fn new(schema: &Arc<Schema>, used: &[bool], fields: &BTreeSet<FieldId>) -> Object {
        let mut keys: FxHashMap<SmolStr, Key> = FxHashMap::default();
        let mut targets = Vec::new();
        for (id, (name, field)) in fields.iter().filter_map(|id| Some((*id, schema.field_at(*id)?))) {
            keys.entry(name.into()).or_default().what = Some(What::Field(targets.len()));
            targets.push((id, Target::new(field)));
            for (dot, _) in name.match_indices('.') {
                keys.entry(name.get(..dot).unwrap_or_default().into()).or_default().above = true;
            }
        }
        keys.entry("source".into()).or_default().what = Some(What::Source);
        keys.entry("time".into()).or_default().what = Some(What::Time);
        let sources = schema.sources.keys().enumerate();
        let sources = sources.map(|(n, name)| (name.as_str().into(), (SourceId(n as u32), used.get(n) == Some(&true))));
        let place = |field: &FieldId| targets.iter().position(|(id, _)| id == field);
        let kept = schema.sources.values().enumerate().map(|(n, source)| {
            let places: Vec<_> = source.fields.keys().map(place).collect();
            let needed = |(id, presence): (&FieldId, &Presence)| {
                *presence == Presence::Required && source.tiebreaker != Some(*id)
            };
            let required = source.fields.iter().filter(|field| needed(*field)).filter_map(|(id, _)| place(id));
            let values = vec![Value::Missing; places.len()].into();
            let event = Rc::new(Event { source: SourceId(n as u32), time: 0, line: 0, values });
            Kept { required: required.collect(), places, event }
        });
        Object {
            keys,
            sources: sources.collect(),
            kept: kept.collect(),
            found: Found::new(targets.len()),
            targets,
            schema: Arc::clone(schema),
        }
    }

    /// The source's event as last read.
    pub fn event(&self, source: SourceId) -> Option<&Rc<Event>> {
        self.kept.get(source.0 as usize).map(|kept| &kept.event)
    }

    /// Reads one object.
    pub fn read(&mut self, text: &str, line: u64) -> Result<Outcome, Problem> {
        self.found.clear();
        let mut json = serde_json::Deserializer::from_str(text);
        let level =
            Level { keys: &self.keys, sources: &self.sources, targets: &self.targets, found: &mut self.found, base: 0 };
        let parsed = json.deserialize_map(level).and_then(|()| json.end());
        parsed.map_err(|e| Problem::NotJson(why(&e)))?;
        let Some((source, used)) = self.found.source else { return Err(self.no_source()) };
        if let Some(problem) = self.wrong(source) {
            return Err(problem);
        }
        if let Some(name) = self.found.twice.and_then(|what| self.name_of(what, source)) {
            return Err(Problem::Twice(name.to_owned()));
        }
        let time = self.found.time.ok_or(Problem::NoTime)?;
        if !used {
            return Ok(Outcome::Unused(time));
        }
        if let Some(problem) = self.no_value(source) {
            return Err(problem);
        }
        if let Some(Kept { places, event, .. }) = self.kept.get_mut(source.0 as usize) {
            let found = &mut self.found;
            match Rc::get_mut(event) {
                Some(event) => {
                    (event.time, event.line) = (time, line);
                    for (value, place) in event.values.iter_mut().zip(places) {
                        *value = found.take(*place);
                    }
                }
                None => {
                    let values = places.iter().map(|place| found.take(*place)).collect();
                    *event = Rc::new(Event { source, time, line, values });
                }
            }
        }
        Ok(Outcome::Event(source))
    }

    fn no_source(&mut self) -> Problem {
        if let Some((_, found)) = self.found.wrong.iter().find(|(what, _)| matches!(what, What::Source)) {
            return wrong_type("source", found, "a string");
        }
        match self.found.unknown_source.take() {
            None => Problem::NoSource,
            Some(name) => {
                let scored = self.schema.sources.keys().map(|s| (strsim::jaro_winkler(s, &name), s));
                let nearest = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
                Problem::UnknownSource { nearest: nearest.map(|(_, s)| s.clone()), name }
            }
        }
    }

    /// A wrong type matters only where the source has the field.
    fn wrong(&self, source: SourceId) -> Option<Problem> {
        self.found.wrong.iter().find_map(|(what, found)| match what {
            What::Source => None,
            What::Time => Some(wrong_type("time", found, "milliseconds since the epoch, or RFC 3339")),
            What::Field(place) => {
                let (_, target) = self.targets.get(*place)?;
                Some(wrong_type(self.name_of(*what, source)?, found, &target.expected()))
            }
        })
    }

    /// Its name; none for a field that the source does not have.
    fn name_of(&self, what: What, source: SourceId) -> Option<&str> {
        let place = match what {
            What::Source => return Some("source"),
            What::Time => return Some("time"),
            What::Field(place) => place,
        };
        let (id, _) = self.targets.get(place)?;
        self.schema.slot(source, *id)?;
        self.schema.field_at(*id).map(|(name, _)| name)
    }

    fn no_value(&self, source: SourceId) -> Option<Problem> {
        let place = self.kept.get(source.0 as usize)?.required.iter().find(|place| self.found.lacks(**place))?;
        let field = self.name_of(What::Field(*place), source)?.to_owned();
        let origin = self.schema.source_at(source)?.0.to_owned();
        Some(Problem::NoValue { field, origin })
    }
}

/// One object, at the top or nested; `base` is how much of the path leads here.
struct Level<'a> {
    keys: &'a FxHashMap<SmolStr, Key>,
    sources: &'a FxHashMap<SmolStr, (SourceId, bool)>,
    targets: &'a [(FieldId, Target)],
    found: &'a mut Found,
    base: usize,
}

impl Level<'_> {
    fn deeper(&mut self, base: usize) -> Level<'_> {
        Level { keys: self.keys, sources: self.sources, targets: self.targets, found: self.found, base }
    }

    /// Nothing but source and time is of interest once the source is known to be unused.
    fn skips(&self, key: Key) -> bool {
        matches!(self.found.source, Some((_, false))) && !matches!(key.what, Some(What::Source | What::Time))
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let base = self.base;
        while let Some(key) = map.next_key_seed(self.deeper(base))? {
            if self.skips(key) || (key.what.is_none() && !key.above) {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Slot { key, level: self.deeper(base) })?;
            }
        }
        Ok(())
    }
}

/// As a seed, a level reads one key.
impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Key, D::Error> {
        json.deserialize_str(KeyName(self))
    }
}

struct KeyName<'a>(Level<'a>);

impl Visitor<'_> for KeyName<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let Level { keys, found, base, .. } = self.0;
        if base == 0 {
            let key = keys.get(name).copied().unwrap_or_default();
            if key.above {
                found.path.clear();
                found.path.push_str(name);
            }
            return Ok(key);
        }
        found.path.truncate(base);
        found.path.push_str(name);
        Ok(match keys.get(found.path.as_str()).copied().unwrap_or_default() {
            // `source` and `time` stand at the top only, whatever dots a key holds.
            Key { what: Some(What::Source | What::Time), above } => Key { what: None, above },
            key => key,
        })
    }
}

/// One value.
struct Slot<'a> {
    key: Key,
    level: Level<'a>,
}

impl Slot<'_> {
    fn take(self, json: Json<'_>, kind: &'static str) {
        let Level { sources, targets, found, .. } = self.level;
        let Some(what) = self.key.what else { return };
        let taken = match what {
            What::Source => match json {
                Json::Text(name) => {
                    if found.source.is_some() {
                        found.twice = Some(What::Source);
                    }
                    found.source = sources.get(name).copied();
                    found.unknown_source = if found.source.is_none() { Some(name.to_owned()) } else { None };
                    true
                }
                _ => false,
            },
            What::Time => match Target::time().convert(json, &mut found.strings) {
                Some(Value::Timestamp(time)) => {
                    if found.time.replace(time).is_some() {
                        found.twice = Some(What::Time);
                    }
                    true
                }
                _ => false,
            },
            What::Field(place) => {
                let value = targets.get(place).and_then(|(_, target)| target.convert(json, &mut found.strings));
                let list = targets.get(place).is_some_and(|(_, target)| target.list);
                let value = value.map(|v| if list { Value::list([v]) } else { v });
                value.map(|value| found.put(place, value)).is_some()
            }
        };
        if !taken {
            let target = match what {
                What::Source => None,
                What::Time => Some(Target::time()),
                What::Field(place) => targets.get(place).map(|(_, target)| *target),
            };
            found.wrong.push((what, target.and_then(|target| target.fault(json)).unwrap_or(kind)));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, b: bool) -> Result<(), E> {
        self.take(Json::Boolean(b), "a boolean");
        Ok(())
    }

    fn visit_i64<E>(self, n: i64) -> Result<(), E> {
        self.take(Json::Integer(n), "a number");
        Ok(())
    }

    fn visit_u64<E>(self, n: u64) -> Result<(), E> {
        let json = i64::try_from(n).map_or(Json::Number(n as f64), Json::Integer);
        self.take(json, "a number");
        Ok(())
    }

    fn visit_f64<E>(self, n: f64) -> Result<(), E> {
        self.take(Json::Number(n), "a number");
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(Json::Text(text), "a string");
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        if let Some(What::Field(place)) = self.key.what {
            self.level.found.put(place, Value::Missing);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        if let (Some(what), false) = (self.key.what, self.key.above) {
            self.level.found.wrong.push((what, "an object"));
        }
        self.level.found.path.push('.');
        let base = self.level.found.path.len();
        self.level.deeper(base).visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Level { targets, found, .. } = self.level;
        let target = match self.key.what {
            Some(What::Field(place)) => targets.get(place).map(|(_, t)| (place, *t)).filter(|(_, t)| t.list),
            _ => None,
        };
        let Some((place, target)) = target else {
            found.wrong.extend(self.key.what.map(|what| (what, "a list")));
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Item { target, strings: &mut found.strings })? {
            match value {
                Some(value) => values.push(value),
                None => found.wrong.push((What::Field(place), "a list with an item of another type")),
            }
        }
        found.put(place, Value::list(values));
        Ok(())
    }
}
