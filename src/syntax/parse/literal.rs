//! Literals: from their text to their value, or what is wrong with the text.

use super::codes;
use crate::diagnostic::Code;
use crate::syntax::expr::Literal;
use std::net::IpAddr;
use std::ops::Range;

/// What is wrong with a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub code: Code,
    /// What is said.
    pub message: String,
    /// What would work.
    pub help: Option<String>,
    /// The bytes of the literal that are at fault; all of it where none.
    pub part: Option<Range<usize>>,
}

fn fault(message: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { code: codes::LITERAL, message: message.into(), help: Some(help.into()), part: None }
}

fn too_large(message: String) -> Fault {
    Fault { code: codes::RANGE, message, help: None, part: None }
}

/// Milliseconds of each unit, longest first.
const DURATIONS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Bytes of each unit.
const SIZES: [(&str, i64); 8] = [
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// A literal that begins with a digit and is not a timestamp: integer (with a size unit or not), number, duration, IPv4 address.
pub fn number(text: &str) -> Result<Literal, Fault> {
    if text.split('.').count() > 2 {
        return ip(text);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (head, tail) = text.split_at_checked(digits).unwrap_or((text, ""));
    match tail.chars().next() {
        None => integer(text, head, 1).map(Literal::Integer),
        Some('.' | 'e' | 'E') => decimal(text),
        Some('x' | 'X' | 'b' | 'o') if head == "0" => {
            Err(fault(format!("`{text}` is not a number"), "integers are written in decimal: `255`, not `0xff`"))
        }
        Some(_) => match SIZES.iter().find(|(unit, _)| *unit == tail) {
            Some((_, scale)) => integer(text, head, *scale).map(Literal::Integer),
            None => duration(text).map(Literal::Duration),
        },
    }
}

fn integer(text: &str, digits: &str, scale: i64) -> Result<i64, Fault> {
    let plain = plain_digits(text, digits)?;
    let value = plain.parse::<i64>().ok().and_then(|n| n.checked_mul(scale));
    value.ok_or_else(|| too_large(format!("`{text}` does not fit in a 64-bit integer, whose largest is {}", i64::MAX)))
}

/// Digits without their underscores.
fn plain_digits(text: &str, digits: &str) -> Result<String, Fault> {
    if digits.ends_with('_') || digits.contains("__") {
        return Err(fault(
            format!("`{text}` has an underscore that is not between digits"),
            "underscores stand as in `1_000`",
        ));
    }
    let plain = digits.replace('_', "");
    if plain.len() > 1 && plain.starts_with('0') {
        let trimmed = plain.trim_start_matches('0');
        let shown = if trimmed.is_empty() { "0" } else { trimmed };
        return Err(fault(format!("`{text}` begins with a zero"), format!("write `{shown}`")));
    }
    Ok(plain)
}

fn decimal(text: &str) -> Result<Literal, Fault> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.'));
    if text.contains('.') && (SIZES.iter().any(|(u, _)| *u == unit) || DURATIONS.iter().any(|(u, _)| *u == unit)) {
        let help = "use a smaller unit: `1h30m`, `1500kB`";
        return Err(fault(format!("`{text}` has a fraction and a unit"), help));
    }
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if !rest.is_empty() || text.contains('.') {
        plain_digits(text, whole)?;
    }
    let between_digits = text.contains('.') && !rest.starts_with(|c: char| c.is_ascii_digit());
    let value = text.replace('_', "").parse::<f64>().ok().filter(|_| !between_digits);
    match value {
        Some(n) if n.is_finite() => Ok(Literal::Number(n)),
        Some(_) => Err(too_large(format!("`{text}` is too large for a number"))),
        None => Err(fault(format!("`{text}` is not a number"), "numbers are written `0.25`, `2.0` or `1e6`")),
    }
}

/// Milliseconds of `1h30m`: whole numbers, each with a unit, longest unit first, no unit twice.
fn duration(text: &str) -> Result<i64, Fault> {
    let mut rest = text;
    let mut total: i64 = 0;
    let mut last = i64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
        let (count, tail) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at_checked(letters).unwrap_or((tail, ""));
        let Some((_, scale)) = DURATIONS.iter().find(|(name, _)| *name == unit) else {
            return Err(unknown_unit(text, count, unit));
        };
        if *scale >= last {
            return Err(fault(
                format!("`{text}` does not name its units from the longest to the shortest, each once"),
                "durations are written `1h30m`, with the units `d h m s ms`",
            ));
        }
        last = *scale;
        let part = plain_digits(text, count)?.parse::<i64>().ok().and_then(|n| n.checked_mul(*scale));
        let Some(sum) = part.and_then(|p| total.checked_add(p)) else {
            return Err(too_large(format!("`{text}` is longer than a duration can be")));
        };
        total = sum;
        rest = after;
    }
    Ok(total)
}

fn unknown_unit(text: &str, count: &str, unit: &str) -> Fault {
    let message = match unit {
        "" => format!("`{text}` ends without a unit"),
        _ => format!("`{unit}` in `{text}` is not a unit"),
    };
    let help = match unit {
        "" => "durations are written `1h30m`, with the units `d h m s ms`".to_owned(),
        "K" | "k" | "KB" | "kb" | "Kb" => format!("write `{count}kB` (1000 bytes) or `{count}KiB` (1024 bytes)"),
        "M" | "mb" | "Mb" => format!("write `{count}MB` for megabytes or `{count}m` for minutes"),
        "G" | "gb" | "Gb" => format!("write `{count}GB`"),
        "B" | "b" | "bytes" => format!("bytes have no unit: write `{count}`"),
        "w" | "week" | "weeks" => match count.parse::<i64>().ok().and_then(|n| n.checked_mul(7)) {
            Some(days) => format!("write `{days}d`"),
            None => "weeks are written in days".to_owned(),
        },
        "sec" | "secs" | "second" | "seconds" => format!("write `{count}s`"),
        "min" | "mins" | "minute" | "minutes" => format!("write `{count}m`"),
        "hr" | "hrs" | "hour" | "hours" | "H" => format!("write `{count}h`"),
        "day" | "days" | "D" => format!("write `{count}d`"),
        _ => "durations have the units `d h m s ms`, sizes `kB MB GB TB KiB MiB GiB TiB`".to_owned(),
    };
    fault(message, help)
}

/// An IPv4 or IPv6 address.
pub fn ip(text: &str) -> Result<Literal, Fault> {
    let help = "addresses are written `10.0.0.1` or `2001:db8::1`";
    let parsed = text.parse::<IpAddr>().map(Literal::Ip);
    parsed.map_err(|_| fault(format!("`{text}` is neither a number nor an IP address"), help))
}

/// Milliseconds since the epoch of an RFC 3339 timestamp with a zone; a finer part is floored.
pub fn timestamp(text: &str) -> Result<Literal, Fault> {
    let bad = |message: String| fault(message, "timestamps are written with a zone: `2026-03-01T09:00:00Z`");
    if text.len() == "2026-03-01".len() {
        return Err(bad(format!("`{text}` has no time of day")));
    }
    let zoned = text.ends_with(['Z', 'z']) || text.get(11..).is_some_and(|time| time.contains(['+', '-']));
    if !zoned {
        return Err(bad(format!("`{text}` has no time zone")));
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(time) if time.to_string().starts_with('-') => Err(bad(format!("`{text}` is before the year 0"))),
        Ok(time) => {
            let milliseconds = time.as_nanosecond().div_euclid(1_000_000);
            i64::try_from(milliseconds).map(Literal::Timestamp).map_err(|_| bad(format!("`{text}` is out of range")))
        }
        Err(_) => Err(bad(format!("`{text}` is not a timestamp"))),
    }
}

/// The text between the quotes of `r"..."`, `r'...'` or `r#"..."#`.
pub fn raw(text: &str) -> String {
    let inner = text
        .strip_prefix("r#\"")
        .and_then(|t| t.strip_suffix("\"#"))
        .or_else(|| text.strip_prefix("r\"").and_then(|t| t.strip_suffix('"')))
        .or_else(|| text.strip_prefix("r'").and_then(|t| t.strip_suffix('\'')));
    inner.unwrap_or_default().to_owned()
}

/// The decoded text of `"..."` or `'...'`.
pub fn string(text: &str) -> Result<String, Fault> {
    let end = text.len().saturating_sub(1);
    let mut decoded = String::with_capacity(text.len());
    let mut chars = text.get(1..end).unwrap_or_default().char_indices().map(|(at, c)| (at + 1, c));
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            decoded.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => decoded.push('\n'),
            Some((_, 't')) => decoded.push('\t'),
            Some((_, 'r')) => decoded.push('\r'),
            Some((_, quoted @ ('"' | '\'' | '\\'))) => decoded.push(quoted),
            Some((u, 'u')) => {
                let (c, length) = code_point(text, at, u + 1)?;
                decoded.push(c);
                if length > 0 {
                    chars.nth(length - 1);
                }
            }
            Some((next, other)) => return Err(unknown_escape(at..next + other.len_utf8(), other)),
            None => return Err(unknown_escape(at..end, ' ')),
        }
    }
    Ok(decoded)
}

/// The character of `{1F600}` at `from`, and how many bytes it takes; `at` is the backslash.
fn code_point(text: &str, at: usize, from: usize) -> Result<(char, usize), Fault> {
    let body = text.get(from..).unwrap_or_default();
    let digits = body.strip_prefix('{').and_then(|b| b.split_once('}')).map(|(digits, _)| digits);
    let wrong = |message: String, end: usize| Fault {
        code: codes::ESCAPE,
        message,
        help: Some("a character is written by its hexadecimal number: `\\u{1F600}`".to_owned()),
        part: Some(at..end),
    };
    let Some(digits) = digits.filter(|d| (1..=6).contains(&d.len()) && d.chars().all(|c| c.is_ascii_hexdigit())) else {
        return Err(wrong("`\\u` is not followed by `{` one to six hexadecimal digits `}`".to_owned(), from));
    };
    let length = digits.len() + 2;
    match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
        Some(c) => Ok((c, length)),
        None => Err(wrong(format!("`\\u{{{digits}}}` is not a character"), from + length)),
    }
}

fn unknown_escape(part: Range<usize>, c: char) -> Fault {
    Fault {
        code: codes::ESCAPE,
        message: format!("`\\{c}` is not an escape"),
        help: Some(format!(
            "escapes are `\\\\ \\\" \\' \\n \\t \\r \\u{{...}}`; for a backslash write `\\\\{c}`, or a raw string: r\"\\{c}\""
        )),
        part: Some(part),
    }
}
