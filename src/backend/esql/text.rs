//! Names, strings and spans of time as ES|QL writes them. Each form was seen on the node of `tests/engines/esql-node`.

use std::collections::BTreeSet;

/// A string literal. The language knows five escapes and no code points, so any other character stands as it is.
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
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A column's name, in backticks where some part of it is no plain word or one of the language's own.
pub fn name(text: &str, reserved: &BTreeSet<String>) -> String {
    let plain = |part: &str| {
        let mut chars = part.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || ((c == '_' || c == '@') && part.len() > 1));
        first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && !reserved.contains(&part.to_ascii_lowercase())
    };
    if text.split('.').all(plain) { text.to_owned() } else { format!("`{}`", text.replace('`', "``")) }
}

/// An index pattern, in quotes where it has more than letters, digits, dots, dashes and stars.
pub fn index(pattern: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '*');
    let bare = pattern.chars().all(plain) && pattern.starts_with(|c: char| c.is_ascii_lowercase());
    if bare { pattern.to_owned() } else { quote(pattern) }
}

/// A span of time. Days and weeks are calendar units here (weeks begin on Monday), so none is larger than an hour.
pub fn span(milliseconds: i64) -> String {
    let units = [(3_600_000, "hour"), (60_000, "minute"), (1000, "second"), (1, "millisecond")];
    let fits = units.iter().find(|(size, _)| milliseconds % size == 0 && milliseconds >= *size);
    let (size, unit) = fits.copied().unwrap_or((1, "millisecond"));
    let count = milliseconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Text for a comment: one line of visible characters.
pub fn comment(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{index, name, quote, span};

    #[test]
    fn strings_escape_what_would_end_them() {
        assert_eq!(quote("a\"b\\c\n\té😀%?"), "\"a\\\"b\\\\c\\n\\té😀%?\"");
    }

    #[test]
    fn names_that_are_no_plain_words_stand_in_backticks() {
        let reserved = std::iter::once("first".to_owned()).collect();
        let cases = [
            ("device.id", "device.id"),
            ("@timestamp", "@timestamp"),
            ("a.FIRST", "`a.FIRST`"),
            ("a`b", "`a``b`"),
            ("1a", "`1a`"),
            ("_", "`_`"),
            ("", "``"),
        ];
        cases.iter().for_each(|(from, to)| assert_eq!(name(from, &reserved), *to));
    }

    #[test]
    fn patterns_with_more_than_words_stand_in_quotes() {
        assert_eq!(index("logs-mobile.api_call-*"), "logs-mobile.api_call-*");
        assert_eq!(index("Logs x|y"), "\"Logs x|y\"");
    }

    #[test]
    fn spans_are_never_calendar_units() {
        let cases =
            [(604_800_000, "168 hours"), (60_000, "1 minute"), (1500, "1500 milliseconds"), (0, "0 milliseconds")];
        cases.iter().for_each(|(from, to)| assert_eq!(span(*from), *to));
    }
}
