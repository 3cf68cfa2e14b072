//! What an unquoted scalar means: the core schema of YAML 1.2.2, chapter 10.3.

use super::Scalar;

/// A scalar by its type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Core<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are texts.
    Boolean(bool),
    /// A whole number of 64 bits, decimal, `0x` or `0o`.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Everything else, and whatever is quoted.
    Text(&'a str),
}

impl Scalar {
    /// The typed value.
    pub fn core(&self) -> Core<'_> {
        let text = self.text.value.as_str();
        if !self.plain {
            return Core::Text(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Core::Null,
            "true" | "True" | "TRUE" => Core::Boolean(true),
            "false" | "False" | "FALSE" => Core::Boolean(false),
            _ => number(text).unwrap_or(Core::Text(text)),
        }
    }
}

fn number(text: &str) -> Option<Core<'_>> {
    if let Some(value) = radix(text) {
        return Some(Core::Integer(value));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Core::Integer).or_else(|_| text.parse().map(Core::Number)).ok();
    }
    match unsigned {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => return Some(Core::Number(f64::NEG_INFINITY)),
        ".inf" | ".Inf" | ".INF" => return Some(Core::Number(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Core::Number(f64::NAN)),
        _ => {}
    }
    // Rust also reads `inf`, `nan` and `infinity`, which YAML takes for texts.
    let shaped = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    shaped.then(|| text.parse().ok().map(Core::Number)).flatten()
}

fn radix(text: &str) -> Option<i64> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    (!digits.starts_with(['-', '+'])).then(|| i64::from_str_radix(digits, radix).ok()).flatten()
}
