//! Schema files.
//!
//! In: their YAML nodes. Out: the pack's one [`Schema`], whose order is that of the files and of the fields in them.
//!
//! - `time: start` or `end` of a source documents for whoever writes a mapping which moment an event's time is.
//! - `source`, `time` and `it` begin no field: records and expressions use these words themselves. A name that is a part of
//!   another (`network`, `network.protocol`) is refused, since a nested record cannot have both.

use super::schema::{Field, FieldId, Presence, Schema, Source, SourceFields};
use super::word::word;
use super::{alerts, codes};
use crate::diagnostic::{Code, Diagnostic, Findings, nearest};
use crate::source::Span;
use crate::source::yaml::{Entry, Node};
use crate::syntax::decode;
use crate::syntax::decode::kit::{self, Fields};
use crate::syntax::expr::{ExprKind, Literal};
use crate::syntax::rule::Name;
use crate::value::{Scalar, Type};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry as Place;

const TAKEN: [&str; 3] = ["source", "time", "it"];
const TIME_UNITS: [&str; 4] = ["ms", "s", "us", "ns"];
/// The names of scalar types.
pub const SCALARS: [(&str, Scalar); 7] = [
    ("string", Scalar::String),
    ("integer", Scalar::Integer),
    ("number", Scalar::Number),
    ("boolean", Scalar::Boolean),
    ("timestamp", Scalar::Timestamp),
    ("duration", Scalar::Duration),
    ("ip", Scalar::Ip),
];

/// Reads the schema files of a pack, in order.
pub fn read(files: &[Node], findings: &mut Findings) -> Schema {
    let mut schema = Schema::default();
    let sections: Vec<_> = files.iter().filter_map(|file| sections(file, findings)).collect();
    for entry in sections.iter().flat_map(|s| s.fields) {
        declare_field(entry, &mut schema, findings);
    }
    refuse_nested(&schema, findings);
    refuse_alike(&schema, findings);
    let mut common = SourceFields::default();
    for entries in sections.iter().map(|s| s.common) {
        common.extend(presences(entries, &schema, findings));
    }
    for entry in sections.iter().flat_map(|s| s.sources) {
        declare_source(entry, &common, &mut schema, findings);
    }
    schema
}

struct Sections<'a> {
    fields: &'a [Entry],
    common: &'a [Entry],
    sources: &'a [Entry],
}

fn sections<'a>(file: &'a Node, findings: &mut Findings) -> Option<Sections<'a>> {
    let mut keys = Fields::of(file, "a schema", findings)?;
    let mut section = |key, findings: &mut Findings| {
        let node = keys.take(key, findings)?;
        kit::map(node, key, findings)
    };
    let fields = section("fields", findings).unwrap_or_default();
    let common = section("common", findings).unwrap_or_default();
    let sources = section("sources", findings).unwrap_or_default();
    keys.finish(findings);
    Some(Sections { fields, common, sources })
}

fn declare_field(entry: &Entry, schema: &mut Schema, findings: &mut Findings) {
    let Some(name) = kit::key_name(&entry.key, findings) else { return };
    if name.value.split('.').next().is_some_and(|first| TAKEN.contains(&first)) {
        let message = format!("`{}` cannot be a field", name.value);
        let help = "records and expressions use `source`, `time` and `it` themselves; begin the name with another word";
        findings.push(Diagnostic::error(codes::TAKEN, name.span, message).help(help));
        // It is declared all the same: that its uses name it is no second fault.
    }
    if let Some(first) = schema.fields.get(&name.value) {
        findings.push(twice("field", &name, first.span));
        return;
    }
    if let Some(field) = field(&entry.value, name.span, findings) {
        schema.fields.insert(name.value, field);
    }
}

fn twice(what: &str, name: &Name, first: Span) -> Diagnostic {
    let message = format!("{what} `{}` is declared twice", name.value);
    Diagnostic::error(codes::TWICE, name.span, message).related(first, "first here")
}

fn field(node: &Node, span: Span, findings: &mut Findings) -> Option<Field> {
    let mut keys = Fields::of(node, "a field", findings)?;
    let ty = keys.require("type", span, findings).and_then(|node| kit::text(node, findings));
    let about = keys.require("about", span, findings).and_then(|node| kit::text(node, findings));
    let unit = keys.text("unit", findings);
    let values = keys.take("values", findings);
    let case = keys.word("case", &["lower"], findings);
    let max = keys.take("max", findings);
    keys.finish(findings);
    let about = about.map(|about| about.value).unwrap_or_default();
    let Some(ty) = ty.and_then(|ty| type_named(&ty, findings)) else {
        // It is declared all the same: what names it is not told that it does not exist.
        let ty = Type::STRING;
        return Some(Field { ty, unit: None, values: Vec::new(), lower: false, max: None, about, span });
    };
    // Values of another type are told once, as a list that does not go with the field.
    let texts = values.filter(|_| is_text(ty)).map(|node| kit::texts(node, findings)).unwrap_or_default();
    let mut field = Field { ty, unit: None, values: Vec::new(), lower: false, max: None, about, span };
    set_unit(&mut field, unit, findings);
    set_texts(&mut field, values.map(|node| node.span), texts, case.as_ref(), findings);
    set_max(&mut field, max, findings);
    Some(field)
}

/// A type by its name: `string`, or `list of string`.
pub fn type_named(name: &Name, findings: &mut Findings) -> Option<Type> {
    let (list, scalar) = match name.value.strip_prefix("list of ") {
        Some(scalar) => (true, scalar.trim()),
        None => (false, name.value.as_str()),
    };
    if let Some((_, scalar)) = SCALARS.iter().find(|(known, _)| *known == scalar) {
        return Some(if list { Type::List(*scalar) } else { Type::Scalar(*scalar) });
    }
    let known: Vec<&str> = SCALARS.iter().map(|(known, _)| *known).collect();
    let help = match scalar {
        "int" | "long" | "port" => "did you mean `integer`?".to_owned(),
        "float" | "double" => "did you mean `number`?".to_owned(),
        "bool" => "did you mean `boolean`?".to_owned(),
        "str" | "text" | "keyword" => "did you mean `string`?".to_owned(),
        "date" | "datetime" => "did you mean `timestamp`?".to_owned(),
        _ => match (list, nearest(scalar, known.iter().copied())) {
            (true, Some(near)) => format!("did you mean `list of {near}`?"),
            (false, None) => format!("expected {}, or `list of` one of these", kit::either(&known)),
            _ => kit::suggestion(scalar, &known),
        },
    };
    let message = format!("unknown type `{}`", name.value);
    findings.push(Diagnostic::error(codes::UNKNOWN_TYPE, name.span, message).help(help));
    None
}

fn wrong_property(span: Span, message: String, findings: &mut Findings) {
    findings.push(Diagnostic::error(codes::WRONG_PROPERTY, span, message));
}

fn set_unit(field: &mut Field, unit: Option<Name>, findings: &mut Findings) {
    let Some(unit) = unit else { return };
    let of_time = matches!(
        field.ty,
        Type::Scalar(Scalar::Duration | Scalar::Timestamp) | Type::List(Scalar::Duration | Scalar::Timestamp)
    );
    if of_time && !TIME_UNITS.contains(&unit.value.as_str()) {
        let message =
            format!("`{}` is not a unit of a {}, expected {}", unit.value, field.ty, kit::either(&TIME_UNITS));
        wrong_property(unit.span, message, findings);
        return;
    }
    field.unit = Some(unit.value);
}

fn is_text(ty: Type) -> bool {
    matches!(ty, Type::Scalar(Scalar::String) | Type::List(Scalar::String))
}

fn set_texts(field: &mut Field, at: Option<Span>, values: Vec<Name>, case: Option<&Name>, findings: &mut Findings) {
    for (key, at) in [("values", at), ("case", case.map(|case| case.span))] {
        if let (Some(at), false) = (at, is_text(field.ty)) {
            wrong_property(
                at,
                format!("`{key}` goes with a string, and this field is {}", article(field.ty)),
                findings,
            );
            return;
        }
    }
    field.lower = case.is_some();
    for value in values {
        if field.lower && value.value.bytes().any(|b| b.is_ascii_uppercase()) {
            let message = format!("`{}` never occurs in a field with `case: lower`", value.value);
            wrong_property(value.span, message, findings);
        } else if field.values.contains(&value.value) {
            wrong_property(value.span, format!("`{}` is there twice", value.value), findings);
        } else {
            field.values.push(value.value);
        }
    }
}

/// The type as a message says it: `a string`, `an integer`.
pub(super) fn article(ty: Type) -> String {
    let text = ty.to_string();
    if text.starts_with('i') { format!("an {text}") } else { format!("a {text}") }
}

fn set_max(field: &mut Field, max: Option<&Node>, findings: &mut Findings) {
    let Some(node) = max else { return };
    let Some(value) = decode::literal(node, findings) else { return };
    match (field.ty, value.kind) {
        (_, ExprKind::Faulty) => {}
        (Type::INTEGER, ExprKind::Literal(Literal::Integer(max)))
        | (Type::DURATION, ExprKind::Literal(Literal::Duration(max))) => field.max = Some(max),
        (Type::INTEGER, _) => wrong_property(node.span, "`max` of an integer is an integer".to_owned(), findings),
        (Type::DURATION, _) => {
            wrong_property(node.span, "`max` of a duration is a duration such as `24h`".to_owned(), findings);
        }
        (ty, _) => {
            let message = format!("`max` goes with an integer or a duration, and this field is {}", article(ty));
            wrong_property(node.span, message, findings);
        }
    }
}

fn refuse_nested(schema: &Schema, findings: &mut Findings) {
    for (name, field) in &schema.fields {
        let outer =
            name.match_indices('.').filter_map(|(dot, _)| name.get(..dot)).find_map(|o| schema.fields.get_key_value(o));
        if let Some((outer, first)) = outer {
            let message = format!("`{name}` lies inside the field `{outer}`, and a nested record cannot have both");
            findings.push(Diagnostic::error(codes::TAKEN, field.span, message).related(first.span, "the outer field"));
        }
    }
}

/// Two names that a query cannot tell apart.
fn refuse_alike(schema: &Schema, findings: &mut Findings) {
    let mut words: FxHashMap<String, (&String, Span)> = FxHashMap::default();
    for (name, field) in &schema.fields {
        match words.entry(word(name)) {
            Place::Vacant(free) => {
                free.insert((name, field.span));
            }
            Place::Occupied(taken) => {
                let (first, at) = taken.get();
                let message = format!("`{name}` and `{first}` are one name in a query, `{}`", taken.key());
                findings.push(Diagnostic::error(codes::TAKEN, field.span, message).related(*at, "the other field"));
            }
        }
    }
}

/// Fields with `required` or `optional`.
fn presences(entries: &[Entry], schema: &Schema, findings: &mut Findings) -> SourceFields {
    let mut all = SourceFields::default();
    for entry in entries {
        let field = known_field(&kit::key_text(&entry.key), schema, codes::UNKNOWN_FIELD, findings);
        let presence = presence(&entry.value, findings);
        all.extend(field.zip(presence));
    }
    all
}

/// The field of that name, or a finding with the nearest.
pub fn known_field(name: &Name, schema: &Schema, code: Code, findings: &mut Findings) -> Option<FieldId> {
    let found = schema.field(&name.value);
    if found.is_none() {
        let error = Diagnostic::error(code, name.span, format!("unknown field `{}`", name.value));
        findings.push(match nearest(&name.value, schema.fields.keys().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("declare it under `fields` of the schema"),
        });
    }
    found
}

fn presence(node: &Node, findings: &mut Findings) -> Option<Presence> {
    let word = kit::text(node, findings)?;
    match word.value.as_str() {
        "required" => Some(Presence::Required),
        "optional" => Some(Presence::Optional),
        other => {
            let help = kit::suggestion(other, &["required", "optional"]);
            let message = format!("`{other}` does not say whether every event has the field");
            findings.push(Diagnostic::error(codes::WRONG_PROPERTY, word.span, message).help(help));
            None
        }
    }
}

fn declare_source(entry: &Entry, common: &SourceFields, schema: &mut Schema, findings: &mut Findings) {
    let Some(name) = kit::key_name(&entry.key, findings) else { return };
    if let Some(first) = schema.sources.get(&name.value) {
        findings.push(twice("source", &name, first.span));
        return;
    }
    let Some(mut keys) = Fields::of(&entry.value, "a source", findings) else { return };
    let about = keys.require("about", name.span, findings).and_then(|node| kit::text(node, findings));
    let data_components = keys.texts("data_components", findings).into_iter().map(|name| name.value).collect();
    let tiebreaker = keys.text("tiebreaker", findings);
    keys.word("time", &["end", "start"], findings);
    let own = keys.take("fields", findings).and_then(|node| kit::map(node, "a source's fields", findings));
    keys.finish(findings);
    let none = SourceFields::default();
    let mut fields = alerts::common(&name.value, common, &none).clone();
    fields.extend(presences(own.unwrap_or_default(), schema, findings));
    let tiebreaker = tiebreaker.and_then(|field| checked_tiebreaker(&field, &fields, schema, findings));
    let about = about.map(|about| about.value).unwrap_or_default();
    let source = Source { fields, tiebreaker, data_components, about, span: name.span };
    if name.value == alerts::SOURCE {
        alerts::check_declared(&source, schema, findings);
    }
    schema.sources.insert(name.value, source);
}

fn checked_tiebreaker(name: &Name, fields: &SourceFields, schema: &Schema, findings: &mut Findings) -> Option<FieldId> {
    let id = known_field(name, schema, codes::UNKNOWN_FIELD, findings)?;
    let ty = schema.field_at(id).map(|(_, field)| field.ty);
    let wrong = match (fields.get(&id), ty) {
        (Some(Presence::Required), Some(Type::INTEGER | Type::STRING)) => return Some(id),
        (Some(Presence::Required), _) => "is neither an integer nor a string",
        (Some(Presence::Optional), _) => "may be missing in this source",
        (None, _) => "is not a field of this source",
    };
    let message = format!("the tiebreaker `{}` {wrong}", name.value);
    let help = "a tiebreaker is an integer or a string that every event of the source has";
    findings.push(Diagnostic::error(codes::TIEBREAKER, name.span, message).help(help));
    None
}
