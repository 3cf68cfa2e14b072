//! Mapping files, key by key, and what they say together.

use super::decode::entries;
use super::mapping::{MappedField, MappedSource, MappedTime, Mapping, Unit};
use super::pattern;
use crate::backend::Target;
use crate::diagnostic::{Code, Diagnostic, Findings, nearest};
use crate::pack::schema::{Field, FieldId, Presence, Schema, Source, SourceId};
use crate::source::Span;
use crate::source::yaml::{Entry, Node};
use crate::syntax::decode::kit::{self, Fields};
use crate::value::{Scalar, Type};
use rustc_hash::FxHashMap;

/// A source or field that the schema does not have.
pub const UNKNOWN_NAME: Code = Code("E1115");
/// A required field that a mapping says the product does not have.
pub const REQUIRED_UNAVAILABLE: Code = Code("E1116");
/// A stored form that cannot hold the field's type.
pub const UNFIT: Code = Code("E1117");

/// One file.
#[derive(Debug, Default)]
pub(super) struct Part {
    default: Defaults,
    fields: FxHashMap<FieldId, FieldPart>,
    sources: FxHashMap<SourceId, SourcePart>,
}

#[derive(Debug, Clone, Default)]
struct Defaults {
    place: SourcePart,
    column: Option<String>,
    types: FxHashMap<Scalar, Stored>,
}

#[derive(Debug, Clone, Default)]
struct SourcePart {
    table: Option<String>,
    select: Option<Vec<(String, String)>>,
    time: Option<MappedTime>,
    fields: FxHashMap<FieldId, FieldPart>,
}

/// What one entry says of a field.
#[derive(Debug, Clone, Default)]
struct FieldPart {
    unavailable: bool,
    column: Option<String>,
    stored: Option<Stored>,
    nullable: Option<bool>,
    lower: Option<bool>,
    trailing_dot: Option<bool>,
    span: Span,
}

/// How values of a type are kept.
#[derive(Debug, Clone)]
struct Stored {
    ty: Scalar,
    unit: Option<Unit>,
    truth: Option<(String, String)>,
}

pub(super) fn read(node: &Node, schema: &Schema, own: bool, findings: &mut Findings) -> Option<Part> {
    let mut fields = Fields::of(node, "a mapping", findings)?;
    let _ = fields.text("about", findings);
    let mut part = Part::default();
    if let Some(node) = fields.take("default", findings) {
        part.default = default(node, schema, own, findings).unwrap_or_default();
    }
    if let Some(node) = fields.take("fields", findings) {
        part.fields = all_fields(node, schema, own, findings);
    }
    for entry in fields.take("sources", findings).map(|n| entries(n, "the sources", findings)).unwrap_or_default() {
        let Some(id) = schema.source(&entry.key.value) else {
            if own {
                let names = schema.sources.keys().map(String::as_str);
                findings.push(unknown(entry, "source", nearest(&entry.key.value, names)));
            }
            continue;
        };
        if let Some(source) = Fields::of(&entry.value, "a mapped source", findings) {
            part.sources.insert(id, source_part(source, schema, own, findings));
        }
    }
    fields.finish(findings);
    Some(part)
}

/// What all parts say together; later ones go over earlier ones.
pub(super) fn resolve(target: Target, set: &str, schema: &Schema, parts: &[Part], findings: &mut Findings) -> Mapping {
    let mut sources = FxHashMap::default();
    for (index, (name, declared)) in schema.sources.iter().enumerate() {
        let id = SourceId(index as u32);
        if let Some(source) = source(schema, id, name, declared, parts, findings) {
            sources.insert(id, source);
        }
    }
    Mapping { target, set: set.to_owned(), sources }
}

fn source(
    schema: &Schema,
    id: SourceId,
    name: &str,
    declared: &Source,
    parts: &[Part],
    findings: &mut Findings,
) -> Option<MappedSource> {
    let named = || parts.iter().rev().filter_map(|p| p.sources.get(&id));
    let defaults = || parts.iter().rev().map(|p| &p.default);
    let places = || named().chain(defaults().map(|d| &d.place));
    let table = pattern::fill(places().find_map(|p| p.table.as_ref())?, name, "");
    let select = places().find_map(|p| p.select.as_ref()).cloned().unwrap_or_default();
    let select = select.into_iter().map(|(column, text)| (column, pattern::fill(&text, name, ""))).collect();
    let time = places().find_map(|p| p.time.clone())?;
    let (mut fields, mut unavailable) = (FxHashMap::default(), std::collections::BTreeSet::new());
    for (field, presence) in &declared.fields {
        let Some((field_name, about)) = schema.field_at(*field) else { continue };
        let said = || {
            named().filter_map(|p| p.fields.get(field)).chain(parts.iter().rev().filter_map(|p| p.fields.get(field)))
        };
        if let Some(first) = said().next().filter(|s| s.unavailable) {
            if *presence == Presence::Required {
                findings.push(required_unavailable(name, field_name, first.span));
            }
            unavailable.insert(*field);
            continue;
        }
        let said: Vec<&FieldPart> = said().filter(|s| !s.unavailable).collect();
        let made = defaults().find_map(|d| d.column.as_ref()).map(|column| pattern::fill(column, name, field_name));
        let Some(column) = said.iter().find_map(|s| s.column.clone()).or(made) else { continue };
        let types = || defaults().find_map(|d| d.types.get(&scalar(about.ty)));
        let stored = said.iter().find_map(|s| s.stored.as_ref()).or_else(types).cloned();
        let stored = stored.unwrap_or(Stored { ty: scalar(about.ty), unit: None, truth: None });
        if let Err(why) = fits(about, &stored) {
            let at = said.first().map_or(declared.span, |s| s.span);
            findings.push(Diagnostic::error(UNFIT, at, format!("`{field_name}` of `{name}`: {why}")));
            continue;
        }
        fields.insert(*field, mapped(about, *presence, column, stored, &said));
    }
    Some(MappedSource { table, select, time, tiebreaker: declared.tiebreaker, fields, unavailable })
}

fn mapped(about: &Field, presence: Presence, column: String, stored: Stored, said: &[&FieldPart]) -> MappedField {
    MappedField {
        column,
        ty: stored.ty,
        unit: stored.unit,
        list: matches!(about.ty, Type::List(_)),
        nullable: presence == Presence::Optional || said.iter().find_map(|s| s.nullable).unwrap_or(false),
        truth: stored.truth,
        lower: said.iter().find_map(|s| s.lower).unwrap_or(false),
        trailing_dot: said.iter().find_map(|s| s.trailing_dot).unwrap_or(false),
    }
}

fn fits(about: &Field, stored: &Stored) -> Result<(), String> {
    use Scalar::{Boolean, Duration, Integer, Ip, Number, String as Text, Timestamp};
    let ty = scalar(about.ty);
    let fits = match ty {
        Boolean => stored.ty == Boolean || (matches!(stored.ty, Text | Integer) && stored.truth.is_some()),
        Duration | Timestamp => stored.ty == ty || (matches!(stored.ty, Integer | Number) && stored.unit.is_some()),
        Ip => matches!(stored.ty, Ip | Text),
        Integer => matches!(stored.ty, Integer | Number | Text),
        Number => matches!(stored.ty, Number | Text),
        Text => stored.ty == Text,
    };
    if fits {
        return Ok(());
    }
    Err(match ty {
        Boolean => format!("a boolean that is kept as {} needs `truth: [yes, no]` with the two texts there", stored.ty),
        Duration | Timestamp => format!("a {ty} is kept as `{ty}`, or as `integer` or `number` with a `unit`"),
        _ => {
            let article = if ty == Integer || ty == Ip { "an" } else { "a" };
            format!("{article} {ty} cannot be kept as {}", stored.ty)
        }
    })
}

fn default(node: &Node, schema: &Schema, own: bool, findings: &mut Findings) -> Option<Defaults> {
    let mut fields = Fields::of(node, "the default", findings)?;
    let column = fields.text("column", findings).map(|n| n.value);
    let mut types = FxHashMap::default();
    for entry in fields.take("types", findings).map(|n| entries(n, "the types", findings)).unwrap_or_default() {
        let known = SCALARS.iter().find(|(word, _)| *word == entry.key.value);
        match (known, Fields::of(&entry.value, "a stored type", findings)) {
            (Some((_, ty)), Some(mut inner)) => {
                let stored = stored(&mut inner, *ty, findings);
                inner.finish(findings);
                types.insert(*ty, stored);
            }
            (None, _) => {
                let words: Vec<&str> = SCALARS.iter().map(|(word, _)| *word).collect();
                let message = format!("`{}` is not a type", entry.key.value);
                let found = Diagnostic::error(kit::UNKNOWN_WORD, entry.key.whole, message);
                findings.push(found.help(kit::suggestion(&entry.key.value, &words)));
            }
            _ => {}
        }
    }
    let place = source_part(fields, schema, own, findings);
    Some(Defaults { place, column, types })
}

fn source_part(mut fields: Fields<'_>, schema: &Schema, own: bool, findings: &mut Findings) -> SourcePart {
    let table = fields.text("table", findings).map(|n| n.value);
    let select = fields.take("select", findings).map(|node| {
        let pairs = entries(node, "`select`", findings);
        pairs.iter().filter_map(|e| Some((e.key.value.clone(), kit::text(&e.value, findings)?.value))).collect()
    });
    let time = fields.take("time", findings).and_then(|node| time(node, findings));
    let own_fields = fields.take("fields", findings).map(|n| all_fields(n, schema, own, findings)).unwrap_or_default();
    fields.finish(findings);
    SourcePart { table, select, time, fields: own_fields }
}

fn time(node: &Node, findings: &mut Findings) -> Option<MappedTime> {
    if node.scalar().is_some() {
        return kit::text(node, findings).map(|n| MappedTime { column: n.value, unit: None });
    }
    let mut fields = Fields::of(node, "the time", findings)?;
    let at = fields.span;
    let column = fields.require("column", at, findings).and_then(|n| kit::text(n, findings));
    let unit = unit(&mut fields, findings);
    fields.finish(findings);
    Some(MappedTime { column: column?.value, unit })
}

fn all_fields(node: &Node, schema: &Schema, own: bool, findings: &mut Findings) -> FxHashMap<FieldId, FieldPart> {
    let mut all = FxHashMap::default();
    for entry in entries(node, "the fields", findings) {
        match schema.field(&entry.key.value).and_then(|id| schema.field_at(id).map(|(_, field)| (id, field))) {
            Some((id, field)) => {
                if let Some(part) = field_part(entry, field, findings) {
                    all.insert(id, part);
                }
            }
            None if own => {
                let names = schema.fields.keys().map(String::as_str);
                findings.push(unknown(entry, "field", nearest(&entry.key.value, names)));
            }
            None => {}
        }
    }
    all
}

fn field_part(entry: &Entry, field: &Field, findings: &mut Findings) -> Option<FieldPart> {
    let span = entry.key.whole;
    if entry.value.scalar().is_some() {
        let text = kit::text(&entry.value, findings)?.value;
        let unavailable = text == "unavailable";
        return Some(FieldPart { unavailable, column: (!unavailable).then_some(text), span, ..FieldPart::default() });
    }
    let mut fields = Fields::of(&entry.value, "a mapped field", findings)?;
    let column = fields.text("column", findings).map(|n| n.value);
    let is_stored = ["as", "unit", "truth"].iter().any(|key| fields.has(key));
    let kept = stored(&mut fields, scalar(field.ty), findings);
    let nullable = fields.take("nullable", findings).and_then(|n| kit::boolean(n, findings));
    let normalise = fields.take("normalise", findings).map(|node| words(node, &["lower", "trailing_dot"], findings));
    fields.finish(findings);
    let says = |word: &str| normalise.as_ref().map(|words| words.iter().any(|w| w == word));
    let (lower, trailing_dot) = (says("lower"), says("trailing_dot"));
    Some(FieldPart {
        unavailable: false,
        column,
        stored: is_stored.then_some(kept),
        nullable,
        lower,
        trailing_dot,
        span,
    })
}

fn stored(fields: &mut Fields<'_>, default: Scalar, findings: &mut Findings) -> Stored {
    let names: Vec<&str> = SCALARS.iter().map(|(word, _)| *word).collect();
    let word = fields.word("as", &names, findings);
    let ty = word.and_then(|w| SCALARS.iter().find(|(name, _)| *name == w.value)).map_or(default, |(_, ty)| *ty);
    let unit = unit(fields, findings);
    let truth = fields.take("truth", findings).map(|node| (node, kit::texts(node, findings)));
    let truth = truth.and_then(|(node, texts)| match texts.as_slice() {
        [yes, no] => Some((yes.value.clone(), no.value.clone())),
        _ => {
            findings.push(kit::wrong_kind(node, "two quoted texts, the one for true first"));
            None
        }
    });
    Stored { ty, unit, truth }
}

fn unit(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Unit> {
    let word = fields.word("unit", &["ns", "us", "ms", "s"], findings)?;
    Some(match word.value.as_str() {
        "ns" => Unit::Nanoseconds,
        "us" => Unit::Microseconds,
        "s" => Unit::Seconds,
        _ => Unit::Milliseconds,
    })
}

fn words(node: &Node, known: &[&str], findings: &mut Findings) -> Vec<String> {
    let mut all = Vec::new();
    for word in kit::texts(node, findings) {
        if known.contains(&word.value.as_str()) {
            all.push(word.value);
        } else {
            let message = format!("`{}` is not known here", word.value);
            let found = Diagnostic::error(kit::UNKNOWN_WORD, word.span, message);
            findings.push(found.help(kit::suggestion(&word.value, known)));
        }
    }
    all
}

fn unknown(entry: &Entry, what: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("the schema has no {what} `{}`", entry.key.value);
    let found = Diagnostic::error(UNKNOWN_NAME, entry.key.whole, message);
    match near {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    }
}

fn required_unavailable(source: &str, field: &str, at: Span) -> Diagnostic {
    let message = format!("`{field}` is required in `{source}` and cannot be unavailable");
    Diagnostic::error(REQUIRED_UNAVAILABLE, at, message)
        .help("map it to a column, or make it optional in the schema and say what its absence means")
}

fn scalar(ty: Type) -> Scalar {
    match ty {
        Type::Scalar(scalar) | Type::List(scalar) => scalar,
    }
}

const SCALARS: &[(&str, Scalar)] = &[
    ("string", Scalar::String),
    ("integer", Scalar::Integer),
    ("number", Scalar::Number),
    ("boolean", Scalar::Boolean),
    ("timestamp", Scalar::Timestamp),
    ("duration", Scalar::Duration),
    ("ip", Scalar::Ip),
];
