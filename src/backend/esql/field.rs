//! A field's canonical value from the product's column: type, unit, and an empty text as null.

use super::Writer;
use super::dialect::null;
use super::function::unless_empty;
use super::read::place_of;
use super::text::quote;
use crate::backend::target::{MappedField, Unit};
use crate::pack::schema::{FieldId, Presence};
use crate::plan::Read;
use crate::value::{Scalar, Type};

/// What a row of the read has; null where its source has no such field, or the product does not keep it.
pub(super) fn value(w: &mut Writer<'_>, read: &Read, field: FieldId, ty: Type) -> String {
    let source = read.source;
    if w.rule.schema.slot(source, field).is_none() {
        return null(ty);
    }
    if w.inputs.mapping.is_unavailable(source, field) {
        return null(ty);
    }
    let Some(mapped) = w.inputs.mapping.field(source, field) else {
        let at = place_of(w.rule, read);
        w.faults.push(w.inputs.mapping.unmapped_field(w.rule, source, field, at));
        return null(ty);
    };
    let presence = w.rule.schema.source_at(source).and_then(|(_, s)| s.fields.get(&field)).copied();
    let required = presence == Some(Presence::Required) && !mapped.nullable;
    converted(w, mapped, ty, required)
}

/// The product's column in the canonical type and unit; an empty text is missing.
fn converted(w: &Writer<'_>, mapped: &MappedField, ty: Type, required: bool) -> String {
    let column = w.printer.dialect.column(&mapped.column);
    match (ty, mapped.ty) {
        (Type::Scalar(Scalar::Boolean), Scalar::Boolean) => column,
        (Type::Scalar(Scalar::Boolean), stored) => match &mapped.truth {
            Some((yes, no)) => {
                let text = |v: &str| if stored == Scalar::Integer { v.to_owned() } else { quote(v) };
                format!("CASE({column} == {}, TRUE, {column} == {}, FALSE)", text(yes), text(no))
            }
            None => format!("TO_BOOLEAN({column})"),
        },
        (Type::Scalar(Scalar::Duration), stored) => duration(&column, stored, mapped.unit),
        (Type::Scalar(Scalar::Timestamp), Scalar::Integer | Scalar::Number) => {
            epoch(&column, mapped.unit.unwrap_or(Unit::Milliseconds))
        }
        (Type::Scalar(Scalar::Integer), _) => format!("TO_LONG({column})"),
        (Type::Scalar(Scalar::Number), _) => format!("TO_DOUBLE({column})"),
        (Type::Scalar(Scalar::Ip), Scalar::String) => format!("TO_IP({column})"),
        (Type::Scalar(Scalar::String), stored) => {
            let text = if stored == Scalar::String { column } else { format!("TO_STRING({column})") };
            let text = if mapped.trailing_dot { format!("REPLACE({text}, \"\\\\.+$\", \"\")") } else { text };
            let text = if mapped.lower { w.printer.folded("TO_LOWER", &text) } else { text };
            if required { text } else { unless_empty(&text) }
        }
        _ => column,
    }
}

/// Milliseconds, floored; a fraction of seconds is rounded to microseconds first, since 1.001 * 1000 is less than 1001.
fn duration(column: &str, stored: Scalar, unit: Option<Unit>) -> String {
    match (unit.unwrap_or(Unit::Milliseconds), stored) {
        (Unit::Milliseconds, Scalar::Integer) => format!("TO_LONG({column})"),
        (Unit::Milliseconds, _) => format!("TO_LONG(FLOOR({column}))"),
        (Unit::Seconds, Scalar::Integer) => format!("TO_LONG({column}) * 1000"),
        (Unit::Seconds, _) => format!("TO_LONG(ROUND({column} * 1000000.0)) / 1000"),
        (Unit::Microseconds, _) => format!("TO_LONG({column}) / 1000"),
        (Unit::Nanoseconds, _) => format!("TO_LONG({column}) / 1000000"),
    }
}

/// A time from a number.
pub(super) fn epoch(column: &str, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("TO_DATETIME(TO_LONG(ROUND({column} * 1000000.0)) / 1000)"),
        Unit::Milliseconds => format!("TO_DATETIME({column})"),
        Unit::Microseconds => format!("TO_DATETIME({column} / 1000)"),
        Unit::Nanoseconds => format!("TO_DATETIME({column} / 1000000)"),
    }
}
