//! `\d \w \s` are ASCII in a rule; the library that reads expressions has Unicode's.

use std::borrow::Cow;

/// The expression with these classes spelled out as sets.
pub(super) fn classes(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('\\') {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match (c, escaped) {
            ('\\', Some('d')) => out.push_str("[0-9]"),
            ('\\', Some('D')) => out.push_str("[^0-9]"),
            ('\\', Some('w')) => out.push_str("[0-9A-Za-z_]"),
            ('\\', Some('W')) => out.push_str("[^0-9A-Za-z_]"),
            ('\\', Some('s')) => out.push_str("[\\t\\n\\f\\r ]"),
            ('\\', Some('S')) => out.push_str("[^\\t\\n\\f\\r ]"),
            ('\\', Some(other)) => out.extend(['\\', other]),
            (c, _) => out.push(c),
        }
    }
    Cow::Owned(out)
}
