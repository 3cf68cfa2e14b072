//! Where a product keeps what a schema names: canonical source and field to table and column, with type and unit there.
//!
//! A set of mappings is `targets/<t>/mapping/<set>.yaml` and the files of the folder `mapping/<set>/`; later files and a pack's own
//! say more or something else about a source or field, key by key. A set may give a pattern for what no entry names (`canonical` does);
//! otherwise what is not named is not mapped, and using it is an error at its place in the rule.
//!
//! Elastic's two languages read the same indices: what EQL's mappings say is said for ES|QL too, and its own go over them.

use super::{list, mapping_file};
use crate::backend::Target;
use crate::diagnostic::{Code, Diagnostic, Findings, Severity, nearest};
use crate::ir::{ExprKind, Leaf, Rule, walk};
use crate::pack::Environment;
use crate::pack::schema::{FieldId, Schema, SourceId};
use crate::source::{Files, Span};
use crate::value::Scalar;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::Path;

/// A mapping set that is not there.
pub const NO_SET: Code = Code("E1112");
/// A source that the mapping does not name.
pub const UNMAPPED_SOURCE: Code = Code("E1113");
/// A field that the mapping does not name.
pub const UNMAPPED_FIELD: Code = Code("E1114");

/// One set of mappings of one target, over one schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Whose.
    pub target: Target,
    /// The set's name.
    pub set: String,
    /// What is mapped.
    pub sources: FxHashMap<SourceId, MappedSource>,
}

/// Where a source's events are.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedSource {
    /// KQL: the table. SPL: the index. EQL: the index pattern.
    pub table: String,
    /// Column and text that an event of the source has there, beside its table: SPL's `sourcetype`, EQL's `event.dataset`. Each
    /// is an exact comparison of a column that is never missing on the source's events.
    pub select: Vec<(String, String)>,
    /// The event's time.
    pub time: MappedTime,
    /// What orders events of equal time; the column of the schema's tiebreaker.
    pub tiebreaker: Option<FieldId>,
    /// The source's fields. A field of the schema that is neither here nor in `unavailable` is not mapped.
    pub fields: FxHashMap<FieldId, MappedField>,
    /// Optional fields that the product does not have: always missing.
    pub unavailable: BTreeSet<FieldId>,
}

/// The column of an event's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedTime {
    /// The column.
    pub column: String,
    /// What one stands for where it is a number; none for the product's own type of time.
    pub unit: Option<Unit>,
}

/// Where a field's value is, and how to read it.
#[allow(clippy::struct_excessive_bools)] // four facts about a column that have nothing to do with each other
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedField {
    /// The column, as the product names it (dots included; a printer quotes).
    pub column: String,
    /// The type there: a boolean may be kept as `String` or `Integer`, an address as `String`, a duration as `Integer` or `Number`.
    /// `Duration` and `Timestamp` mean the product's own types.
    pub ty: Scalar,
    /// Of a duration or timestamp that is kept as a number.
    pub unit: Option<Unit>,
    /// A list of values of `ty`.
    pub list: bool,
    /// May be missing there, whatever the schema says.
    pub nullable: bool,
    /// How true and false are written, where a boolean is kept as another type.
    pub truth: Option<(String, String)>,
    /// Capitals may occur there although the schema says `case: lower`: fold (ASCII) as it is read.
    pub lower: bool,
    /// A host name may end in a dot there: take it off as it is read.
    pub trailing_dot: bool,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
}

impl Unit {
    /// Nanoseconds in one.
    pub fn nanoseconds(self) -> i64 {
        match self {
            Unit::Nanoseconds => 1,
            Unit::Microseconds => 1_000,
            Unit::Milliseconds => 1_000_000,
            Unit::Seconds => 1_000_000_000,
        }
    }

    /// The fraction `(numerator, denominator)` that turns milliseconds into this unit.
    pub fn per_millisecond(self) -> (i64, i64) {
        match self {
            Unit::Nanoseconds => (1_000_000, 1),
            Unit::Microseconds => (1_000, 1),
            Unit::Milliseconds => (1, 1),
            Unit::Seconds => (1, 1_000),
        }
    }
}

/// What a mapping is loaded for.
#[derive(Debug, Clone, Copy)]
pub struct MappingRequest<'a> {
    /// The target.
    pub target: Target,
    /// Names the set and the tables; `canonical` without one.
    pub environment: Option<&'a Environment>,
    /// The pack's schema.
    pub schema: &'a Schema,
    /// The pack's folder, whose `targets/` goes over the embedded one.
    pub pack_root: Option<&'a Path>,
}

impl Mapping {
    /// Reads the environment's set for a target.
    ///
    /// A name of a source or field that the schema does not have is an error in a pack's own mapping and passed over in an embedded
    /// one, which was written for all schemas. Nothing (reported) where the set is not there.
    pub fn load(request: MappingRequest<'_>, files: &mut Files, findings: &mut Findings) -> Option<Mapping> {
        let MappingRequest { target, environment, schema, pack_root } = request;
        let named = |home: &Target| environment?.mappings.iter().find(|(t, _)| t.value == home.name());
        let chosen = homes(target).iter().rev().find_map(named);
        let (set, at) = chosen.map_or(("canonical", None), |(_, set)| (set.value.as_str(), Some(set.span)));
        let paths = set_files(target, set, pack_root);
        if paths.is_empty() {
            findings.push(no_set(target, set, at, pack_root));
            return None;
        }
        let mut parts = Vec::new();
        for (home, path, own) in paths {
            if let Some(node) = super::document(home, &path, pack_root, files, findings) {
                parts.extend(mapping_file::read(&node, schema, own, findings));
            }
        }
        let mut mapping = mapping_file::resolve(target, set, schema, &parts, findings);
        if let Some(environment) = environment {
            mapping.rename_tables(environment, schema);
        }
        Some(mapping)
    }

    /// Where a source is.
    pub fn source(&self, source: SourceId) -> Option<&MappedSource> {
        self.sources.get(&source)
    }

    /// Where a source keeps a field; none where it is not mapped or unavailable.
    pub fn field(&self, source: SourceId, field: FieldId) -> Option<&MappedField> {
        self.source(source).and_then(|s| s.fields.get(&field))
    }

    /// True where the mapping says that the product does not have the field: it is always missing.
    pub fn is_unavailable(&self, source: SourceId, field: FieldId) -> bool {
        self.source(source).is_some_and(|s| s.unavailable.contains(&field))
    }

    /// The finding for a source that a rule uses and the mapping does not name, at its place in the rule.
    pub fn unmapped_source(&self, rule: &Rule, source: SourceId, at: Span) -> Diagnostic {
        let name = rule.schema.source_at(source).map_or("", |(name, _)| name);
        let message =
            format!("the mapping `{}` for {} does not name the source `{name}`", self.set, self.target.name());
        Diagnostic::error(UNMAPPED_SOURCE, at, message).help(format!(
            "add it in `targets/{}/mapping/{}/` of the pack, or name it under `unavailable` of the environment",
            self.target.name(),
            self.set
        ))
    }

    /// The finding for a field that a rule uses and the mapping does not name, at its place in the rule.
    pub fn unmapped_field(&self, rule: &Rule, source: SourceId, field: FieldId, at: Span) -> Diagnostic {
        let name = rule.schema.field_at(field).map_or("", |(name, _)| name);
        let source = rule.schema.source_at(source).map_or("", |(name, _)| name);
        let message =
            format!("the mapping `{}` for {} does not name `{name}` of `{source}`", self.set, self.target.name());
        Diagnostic::error(UNMAPPED_FIELD, at, message).help(format!(
            "add it in `targets/{}/mapping/{}/` of the pack, with `unavailable` where the product does not have it",
            self.target.name(),
            self.set
        ))
    }

    /// Where a rule reads a field of a source: where a selection asks about it, else the source's first selection.
    pub fn place_of(rule: &Rule, source: SourceId, field: FieldId) -> Span {
        let selections = || rule.events.iter().filter(|e| e.source == source);
        let mut first = None;
        for filter in selections().filter_map(|e| e.filter.as_ref()) {
            walk::rows(rule, filter, &mut |expr| {
                if matches!(expr.kind, ExprKind::Leaf(Leaf::Field(id)) if id == field) {
                    first.get_or_insert(expr.span);
                }
            });
        }
        first.or_else(|| selections().next().map(|e| e.span)).unwrap_or_default()
    }

    fn rename_tables(&mut self, environment: &Environment, schema: &Schema) {
        let of = |home: &Target| {
            let name = home.name();
            environment.tables.iter().filter(move |(t, _)| t.value == name).flat_map(|(_, tables)| tables)
        };
        let renamed = homes(self.target).iter().flat_map(of);
        for (source, table) in renamed {
            let mapped = schema.source(&source.value).and_then(|id| self.sources.get_mut(&id));
            if let Some(mapped) = mapped {
                mapped.table.clone_from(&table.value);
            }
        }
    }
}

/// The names of all sets of a target, sorted.
pub fn sets(target: Target, pack_root: Option<&Path>) -> BTreeSet<String> {
    let name = |path: &String| {
        let rest = path.strip_prefix("mapping/")?;
        let first = rest.split(['/', '\\']).next()?;
        Some(first.strip_suffix(".yaml").unwrap_or(first).to_owned())
    };
    let paths = homes(target).iter().flat_map(|home| list(*home, "mapping", pack_root).into_keys());
    paths.filter_map(|path| name(&path)).collect()
}

/// Whose mappings a target reads, later ones over earlier ones.
fn homes(target: Target) -> &'static [Target] {
    match target {
        Target::Spl => &[Target::Spl],
        Target::Kql => &[Target::Kql],
        Target::Eql => &[Target::Eql],
        Target::Esql => &[Target::Eql, Target::Esql],
    }
}

/// `mapping/<set>.yaml`, then the files of `mapping/<set>/`; embedded ones first.
fn set_files(target: Target, set: &str, pack_root: Option<&Path>) -> Vec<(Target, String, bool)> {
    let single = format!("mapping/{set}.yaml");
    let folder = format!("mapping/{set}/");
    let belongs = |path: &String| {
        *path == single || (path.starts_with(&folder) && Path::new(path).extension().is_some_and(|e| e == "yaml"))
    };
    let of = |home: &Target| {
        let home = *home;
        list(home, "mapping", pack_root).into_iter().map(move |(path, own)| (home, path, own))
    };
    let mut found: Vec<(Target, String, bool)> =
        homes(target).iter().flat_map(of).filter(|(_, path, _)| belongs(path)).collect();
    found.sort_by_key(|(home, path, own)| (*own, *home, *path != single, path.clone()));
    found
}

fn no_set(target: Target, set: &str, at: Option<Span>, pack_root: Option<&Path>) -> Diagnostic {
    let known = sets(target, pack_root);
    let message = format!("there is no mapping `{set}` for {}", target.name());
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match nearest(set, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected {}", crate::syntax::decode::kit::either(&names)),
    };
    Diagnostic::new(NO_SET, Severity::Error, at, message).help(help)
}
