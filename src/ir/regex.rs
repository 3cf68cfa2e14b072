//! Regular expressions of the language, spelled for readers whose classes are not ASCII.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::borrow::Cow;

/// The characters outside ASCII that Unicode folds onto an ASCII letter: the long s and the Kelvin sign.
pub const FOLDED_TO_ASCII: [char; 2] = ['\u{17f}', '\u{212a}'];

/// The expression with `\d \w \s` and their negations as ASCII sets, and `$` as `end`.
///
/// Nothing where a negated class stands inside a set, which not every reader can say.
pub fn ascii(pattern: &str, end: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_set = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next()?;
                match class(escaped) {
                    Some((members, false)) if in_set => out.push_str(members),
                    Some((_, true)) if in_set => return None,
                    Some((members, negated)) => {
                        out.push_str(if negated { "[^" } else { "[" });
                        out.push_str(members);
                        out.push(']');
                    }
                    None => out.extend(['\\', escaped]),
                }
            }
            '[' if !in_set => {
                in_set = true;
                out.push(c);
                // `]` stands for itself at a set's beginning.
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            ']' if in_set => {
                in_set = false;
                out.push(c);
            }
            '$' if !in_set => out.push_str(end),
            _ => out.push(c),
        }
    }
    Some(out)
}

/// The expression with these classes as sets, also inside sets, as the `regex` library reads them: its own classes are Unicode's.
pub fn classes(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('\\') {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match (escaped, escaped.and_then(class)) {
            (_, Some((members, negated))) => {
                out.push_str(if negated { "[^" } else { "[" });
                out.push_str(members);
                out.push(']');
            }
            (Some(escaped), None) => out.extend(['\\', escaped]),
            (None, None) => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether an expression, read without regard to case, tells one of [`FOLDED_TO_ASCII`] from other characters beyond ASCII: a rule folds
/// ASCII letters alone, a reader that folds as Unicode does takes it for `k` or `s`.
pub fn folds_beyond_ascii(pattern: &str) -> bool {
    let parsed =
        ParserBuilder::new().dot_matches_new_line(true).case_insensitive(true).build().parse(&classes(pattern));
    parsed.is_ok_and(|hir| tells_apart(&hir))
}

fn tells_apart(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(set)) => {
            let holds = |c: char| set.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
            FOLDED_TO_ASCII.into_iter().any(|c| holds(c) != holds(char::REPLACEMENT_CHARACTER))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => false,
        HirKind::Repetition(repetition) => tells_apart(&repetition.sub),
        HirKind::Capture(capture) => tells_apart(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(tells_apart),
    }
}

fn class(letter: char) -> Option<(&'static str, bool)> {
    Some(match letter {
        'd' => ("0-9", false),
        'D' => ("0-9", true),
        'w' => ("0-9A-Za-z_", false),
        'W' => ("0-9A-Za-z_", true),
        's' => (r"\t\n\f\r ", false),
        'S' => (r"\t\n\f\r ", true),
        _ => return None,
    })
}

/// A text as an expression that matches it and nothing else.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // A set needs no backslash, which every string literal would double.
            '.' | '*' | '+' | '?' | '(' | ')' | '{' | '}' | '|' | '$' => out.extend(['[', c, ']']),
            '[' | ']' | '^' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ascii, folds_beyond_ascii, quoted};

    #[test]
    fn classes_are_spelled_as_ascii_sets_inside_and_outside_of_sets() {
        assert_eq!(ascii(r"^\d+[\w.-]$", r"\z").as_deref(), Some(r"^[0-9]+[0-9A-Za-z_.-]\z"));
        assert_eq!(ascii(r"\\d[$]\$", r"\z").as_deref(), Some(r"\\d[$]\$"));
        assert_eq!(ascii(r"[\D]", ""), None);
        assert_eq!(ascii("[]a]$", "E").as_deref(), Some("[\\]a]E"));
    }

    #[test]
    fn the_kelvin_sign_and_the_long_s_count_where_their_letters_or_a_set_around_them_do() {
        for told in ["k", "(?:ab|S)+", "[j-l]", "[^A-M]", r"\w", r"a\W"] {
            assert!(folds_beyond_ascii(told), "{told}");
        }
        for same in ["", "^abc[.]x.*$", r"\d+", "[a-j]", "[^0-9]"] {
            assert!(!folds_beyond_ascii(same), "{same}");
        }
    }

    #[test]
    fn a_quoted_text_matches_itself_only() {
        let text = r"a.b*c[d]^\{|}$(x)+?";
        let regex = regex::Regex::new(&format!(r"\A{}\z", quoted(text))).unwrap();
        assert!(regex.is_match(text));
        assert!(!regex.is_match("aXb*c[d]^\\{|}$(x)+?"));
    }
}
