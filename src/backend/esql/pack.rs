//! A row as one text: what orders it in front, then its values. The largest (or smallest) of such texts is the last (or first) row,
//! and its values come apart again without ever mixing two rows.

use super::dialect::conversion;
use super::{Writer, codes};
use crate::plan::{Column, Direction};
use crate::value::{Scalar, Type};

/// Added to a whole number, so that all have as many digits.
pub const OFFSET: i64 = 5_000_000_000_000_000_000;

/// A packed row.
pub struct Packed {
    /// The text.
    pub value: String,
    /// How `DISSECT` takes it apart.
    pub pattern: String,
    /// What the parts become: column and value.
    pub unpacked: Vec<(Column, String)>,
}

/// Packs the columns behind their order.
pub fn pack(w: &mut Writer<'_>, order: &[(Column, Direction)], columns: &[Column]) -> Packed {
    let mut parts = Vec::new();
    let mut pattern = Vec::new();
    let mut unpacked = Vec::new();
    for (column, direction) in order {
        parts.push(ordered(w, column, *direction));
        if w.ty(column) == Type::TIMESTAMP && columns.contains(column) {
            pattern.push(format!("%{{{}}}", column.0));
            unpacked.push((column.clone(), read(w, column)));
        } else {
            pattern.push("%{}".to_owned());
        }
    }
    for column in columns.iter().filter(|c| unpacked.iter().all(|(done, _)| done != *c)).cloned().collect::<Vec<_>>() {
        parts.push(written(w, &column));
        pattern.push(format!("%{{{}}}", column.0));
        unpacked.push((column.clone(), read(w, &column)));
    }
    let value = match parts.as_slice() {
        [one] => one.clone(),
        all => format!("CONCAT({})", all.join(", \",\", ")),
    };
    Packed { value, pattern: pattern.join(","), unpacked }
}

/// A value as a text of which a larger one is larger: as many digits for each, and nothing for a missing one, which sorts first.
pub fn ordered(w: &mut Writer<'_>, column: &Column, direction: Direction) -> String {
    let name = w.name(column);
    match (w.ty(column), direction) {
        (Type::TIMESTAMP, Direction::Ascending) if &*column.0 == "event_time" => format!("TO_STRING({name})"),
        (Type::TIMESTAMP, Direction::Ascending) => format!("COALESCE(TO_STRING({name}), \"\")"),
        (Type::INTEGER | Type::DURATION, Direction::Ascending) if w.is_small(column) => {
            format!("TO_STRING(1000 + {name})")
        }
        (Type::INTEGER | Type::DURATION, Direction::Ascending) => {
            format!("COALESCE(TO_STRING({OFFSET} + {name}), \"\")")
        }
        // What comes later is smaller.
        (Type::TIMESTAMP, Direction::Descending) => format!("COALESCE(TO_STRING({OFFSET} - TO_LONG({name})), \"\")"),
        (Type::INTEGER | Type::DURATION, Direction::Descending) => {
            format!("COALESCE(TO_STRING({OFFSET} - {name}), \"\")")
        }
        (Type::BOOLEAN, Direction::Descending) => format!("CASE({name}, \"0\", \"1\")"),
        (Type::BOOLEAN, Direction::Ascending) => format!("CASE({name}, \"1\", \"0\")"),
        (ty, _) => {
            let at = w.detect_span();
            let message = format!("a {ty} as what orders events of one time cannot be said");
            w.faults.push(
                codes::refusal(codes::VALUE, at, &message)
                    .help("take an integer as the source's `tiebreaker`, or `kql`"),
            );
            "\"\"".to_owned()
        }
    }
}

/// A value as a text without a comma, empty where it is missing.
pub fn written(w: &Writer<'_>, column: &Column) -> String {
    let name = w.name(column);
    let text = if w.ty(column) == Type::STRING { "TO_BASE64" } else { "TO_STRING" };
    format!("COALESCE({text}({name}), \"\")")
}

/// The value from its text.
pub fn read(w: &Writer<'_>, column: &Column) -> String {
    let name = w.name(column);
    let function = match w.ty(column) {
        Type::Scalar(Scalar::String) => "FROM_BASE64",
        ty => conversion(ty),
    };
    format!("CASE({name} != \"\", {function}({name}))")
}
