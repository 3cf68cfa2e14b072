//! What events look like: sources and their typed fields.

use crate::source::Span;
use crate::value::Type;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use std::collections::BTreeSet;

/// A field of the schema, by its place in [`Schema::fields`]. Schema order is the order of these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u32);

/// A source, by its place in [`Schema::sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// All fields and sources of a pack. A field name has one type, unit and meaning in every source that has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// By name, in schema order.
    pub fields: IndexMap<String, Field>,
    /// By name, in schema order.
    pub sources: IndexMap<String, Source>,
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its type. Durations are milliseconds and timestamps are milliseconds since the epoch, whatever `unit` the events carry.
    pub ty: Type,
    /// The unit of a number in an event record: `ms s us ns` for durations and timestamps (`ms` by default), or a word
    /// such as `bytes` that only documents.
    pub unit: Option<String>,
    /// The only values that it takes, where declared: a literal that is none of them is an error.
    pub values: Vec<String>,
    /// `case: lower`: the mapping folds it, and an event's value is folded (ASCII) as it is read.
    pub lower: bool,
    /// Largest value that an integer or duration takes, where declared; lets a lowering prove that sums stay exact.
    pub max: Option<i64>,
    /// What it means.
    pub about: String,
    /// Where it was declared.
    pub span: Span,
}

/// Fields of a source, each with whether every event has it. Numbers need no hash that withstands an attacker.
pub type SourceFields = IndexMap<FieldId, Presence, FxBuildHasher>;

/// One source.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its fields: the pack's common fields first, then its own.
    pub fields: SourceFields,
    /// Orders events of equal time; an integer or string field that every event has.
    pub tiebreaker: Option<FieldId>,
    /// ATT&CK data components that it gives, such as `DC0085`.
    pub data_components: Vec<String>,
    /// What it is.
    pub about: String,
    /// Where it was declared.
    pub span: Span,
}

/// Whether every event of a source has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Never missing.
    Required,
    /// May be missing.
    Optional,
}

/// What a name under `unavailable` of an environment stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// A whole source.
    Source(SourceId),
    /// A field, of one source or of every source that has it.
    Field(Option<SourceId>, FieldId),
}

impl Schema {
    /// The schema of events that hold these fields alone. Numbers of fields and sources stay; a field's place in an event does not, and a
    /// source has no other field: it is for evaluating rules, not for checking them.
    #[must_use]
    pub fn keeping(&self, kept: &BTreeSet<FieldId>) -> Schema {
        let mut schema = self.clone();
        for source in schema.sources.values_mut() {
            source.fields.retain(|id, _| kept.contains(id));
        }
        schema
    }

    /// What `source`, `field` or `source.field` names; a source goes before a field.
    pub fn unavailable(&self, name: &str) -> Option<Unavailable> {
        if let Some(source) = self.source(name) {
            return Some(Unavailable::Source(source));
        }
        if let Some(field) = self.field(name) {
            return Some(Unavailable::Field(None, field));
        }
        name.match_indices('.').find_map(|(dot, _)| {
            let source = self.source(name.get(..dot)?)?;
            let field = self.field(name.get(dot + 1..)?)?;
            self.slot(source, field).map(|_| Unavailable::Field(Some(source), field))
        })
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.fields.get_index_of(name).map(|i| FieldId(i as u32))
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.sources.get_index_of(name).map(|i| SourceId(i as u32))
    }

    /// A field's name and declaration.
    pub fn field_at(&self, id: FieldId) -> Option<(&str, &Field)> {
        self.fields.get_index(id.0 as usize).map(|(name, field)| (name.as_str(), field))
    }

    /// A source's name and declaration.
    pub fn source_at(&self, id: SourceId) -> Option<(&str, &Source)> {
        self.sources.get_index(id.0 as usize).map(|(name, source)| (name.as_str(), source))
    }

    /// Where a source's events keep a field: its place in [`Source::fields`], none where the source does not have it.
    pub fn slot(&self, source: SourceId, field: FieldId) -> Option<usize> {
        self.source_at(source).and_then(|(_, s)| s.fields.get_index_of(&field))
    }
}
