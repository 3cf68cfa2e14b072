//! Names, strings and timespans as KQL writes them. Sources: `tests/engines/DIALECT_NOTES.md`, each fact seen on Microsoft's analyzer.

use std::collections::BTreeSet;
use std::fmt::Write;

/// A string literal. Control and invisible characters are `\uXXXX`; everything else stands as it is.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{feff}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A column or table name, in brackets where it is no plain word.
pub fn name(text: &str, reserved: &BTreeSet<String>) -> String {
    let plain =
        text.chars().enumerate().all(|(i, c)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()));
    if plain && !text.is_empty() && !reserved.contains(text) { text.to_owned() } else { format!("[{}]", quote(text)) }
}

/// A timespan literal: one number and one unit.
pub fn span(milliseconds: i64) -> String {
    for (size, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")] {
        if milliseconds >= size && milliseconds % size == 0 {
            return format!("{}{unit}", milliseconds / size);
        }
    }
    format!("{milliseconds}ms")
}

/// A time literal; a time that no calendar has is missing.
pub fn instant(milliseconds: i64) -> String {
    match jiff::Timestamp::from_millisecond(milliseconds) {
        Ok(at) => format!("datetime({at:.3})"),
        Err(_) => "datetime(null)".to_owned(),
    }
}

/// Text for a comment: one line.
pub fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{name, quote, span};

    #[test]
    fn strings_escape_what_the_analyzer_would_not_read_back() {
        assert_eq!(quote("a\"b\\c\n\u{0}é😀$x$`{{y}}"), "\"a\\\"b\\\\c\\n\\u0000é😀$x$`{{y}}\"");
    }

    #[test]
    fn names_that_are_no_plain_words_stand_in_brackets() {
        let reserved = std::iter::once("time".to_owned()).collect();
        assert_eq!(name("device_id", &reserved), "device_id");
        assert_eq!(name("time", &reserved), "[\"time\"]");
        assert_eq!(name("a.b", &reserved), "[\"a.b\"]");
    }

    #[test]
    fn timespans_have_one_unit() {
        assert_eq!(span(5_400_000), "90m");
        assert_eq!(span(1500), "1500ms");
        assert_eq!(span(0), "0ms");
    }
}
