//! What an object said, before it is an event.

use super::intern::Interner;
use crate::pack::schema::SourceId;
use crate::value::Value;

/// What a key stands for.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// The event's source.
    Source,
    /// The event's time.
    Time,
    /// A field, by its place.
    Field(usize),
}

/// What the object said so far.
#[derive(Debug, Default)]
pub struct Found {
    /// Keeps long strings once.
    pub strings: Interner,
    /// The source, and whether a rule uses it.
    pub source: Option<(SourceId, bool)>,
    /// Milliseconds since the epoch.
    pub time: Option<i64>,
    /// A name that is no source's.
    pub unknown_source: Option<String>,
    /// Values of a wrong type: whose, and what stands there.
    pub wrong: Vec<(What, &'static str)>,
    /// The last one that was said a second time.
    pub twice: Option<What>,
    /// The dotted name that is being read.
    pub path: String,
    /// By place: what was put there, be it missing.
    values: Vec<Option<Value>>,
    /// Where something was put.
    places: Vec<usize>,
}

impl Found {
    /// For so many places.
    pub fn new(places: usize) -> Found {
        Found { values: vec![None; places], ..Found::default() }
    }

    /// Puts a value at a place.
    pub fn put(&mut self, place: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(place) {
            self.places.push(place);
            if slot.replace(value).is_some() {
                self.twice = Some(What::Field(place));
            }
        }
    }

    /// True where no value stands at a place.
    pub fn lacks(&self, place: usize) -> bool {
        self.values.get(place).and_then(Option::as_ref).is_none_or(Value::is_missing)
    }

    /// What stands at a place, which is empty then.
    pub fn take(&mut self, place: Option<usize>) -> Value {
        place.and_then(|place| self.values.get_mut(place)?.take()).unwrap_or(Value::Missing)
    }

    /// For the next object.
    pub fn clear(&mut self) {
        for place in self.places.drain(..) {
            if let Some(slot) = self.values.get_mut(place) {
                *slot = None;
            }
        }
        self.twice = None;
        (self.source, self.time, self.unknown_source) = (None, None, None);
        self.wrong.clear();
        self.path.clear();
    }
}
