//! Names and strings as SPL writes them. Sources: Splunk's Search Manual and Search Reference, as the model under tests/engines cites them.

/// A string in `eval` and `where`: `\"` and `\\` are escapes, everything else stands as it is. Whether a macro's backquotes count inside
/// quotes no manual says, so they are written as what `urldecode` makes of them. `$x$` stays: the searches of alerts have no tokens
/// (dashboards and `savedsearch` with arguments do, and there a query would need `$$`).
pub fn quote(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(plain_quote).collect();
    match parts.as_slice() {
        [only] => only.clone(),
        _ => parts.join(".urldecode(\"%60\").").replace("\"\".", "").replace(".\"\"", ""),
    }
}

fn plain_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A field's name in `eval` and `where`: in single quotes where it is no plain word.
pub fn name(text: &str) -> String {
    if plain(text) { text.to_owned() } else { format!("'{text}'") }
}

/// A field's name in `search`: in double quotes where it is no plain word with dots.
pub fn search_name(text: &str) -> String {
    if text.split('.').all(plain) { text.to_owned() } else { quote(text) }
}

fn plain(text: &str) -> bool {
    let words = ["and", "or", "not", "xor", "in", "like", "by", "as", "true", "false", "null"];
    text.chars().enumerate().all(|(i, c)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()))
        && !text.is_empty()
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether `where` would compare this text as a number.
pub fn looks_like_a_number(text: &str) -> bool {
    let text = text.trim();
    text.parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0X")
}

/// Text for a ```comment```: one line without backquotes.
pub fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '`' | '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{looks_like_a_number, name, quote};

    #[test]
    fn strings_escape_quotes_and_backslashes_only() {
        assert_eq!(quote("a\"b\\c|$x$%"), "\"a\\\"b\\\\c|$x$%\"");
    }

    #[test]
    fn names_with_dots_stand_in_single_quotes() {
        assert_eq!(name("device.id"), "'device.id'");
        assert_eq!(name("event_time"), "event_time");
    }

    #[test]
    fn texts_that_where_would_read_as_numbers_are_known() {
        for text in ["443", "1e3", "-5", " 7 ", "inf", "nan", "0x10", ".5"] {
            assert!(looks_like_a_number(text), "{text}");
        }
        for text in ["tls", "1h", "v1", "e3"] {
            assert!(!looks_like_a_number(text), "{text}");
        }
    }
}
