//! Names and literals, escaped. Each form was seen on the parser (`tests/engines/DIALECT_NOTES.md`).

use crate::backend::target::TargetData;
use std::fmt::Write as _;

/// A string in double quotes.
pub(super) fn string(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\u{{{:02x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A field: each part in backticks unless it is a plain word that the language does not reserve.
pub(super) fn name(column: &str, optional: bool, target: &TargetData) -> String {
    let parts: Vec<String> = column.split('.').map(|part| quoted(part, target)).collect();
    format!("{}{}", if optional { "?" } else { "" }, parts.join("."))
}

/// True for a name that no form of the language can hold.
pub(super) fn is_unspeakable(column: &str) -> bool {
    column.is_empty() || column.contains(['`', '\n', '\r']) || column.split('.').any(str::is_empty)
}

/// A whole number of milliseconds as a time value: the largest unit that says it.
pub(super) fn span(milliseconds: i64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let fits = units.iter().find(|(_, scale)| milliseconds % scale == 0 && milliseconds >= *scale);
    fits.map_or_else(|| format!("{milliseconds}ms"), |(unit, scale)| format!("{}{unit}", milliseconds / scale))
}

/// A time as text, UTC with milliseconds.
pub(super) fn time(milliseconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(string(&at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()))
}

/// A finite number.
pub(super) fn number(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    // Rust writes `1e300` where the dialect wants a digit behind a point, and `5.0` where a whole number reads better.
    let text = format!("{value:?}");
    Some(match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned),
    })
}

/// What may stand behind `//`: one line of visible characters.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect()
}

fn quoted(part: &str, target: &TargetData) -> String {
    let is_word = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word && !target.reserved.contains(part) { part.to_owned() } else { format!("`{part}`") }
}

/// Line separators, marks that turn the direction of text, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
