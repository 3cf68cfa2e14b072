//! Functions of their arguments, and values as text.

use super::expression::{compare, typed};
use siemc::ir::{CompareOp, Function};
use siemc::value::{Type, Value};
use std::net::IpAddr;

pub fn call(function: &Function, ty: Type, args: &[Value]) -> Value {
    if let Function::Concat = function {
        return Value::string(
            args.iter().map(|a| if a.is_missing() { String::new() } else { text(a) }).collect::<String>(),
        );
    }
    if args.iter().any(Value::is_missing) {
        return Value::Missing;
    }
    let string = |i: usize| text(&args[i]);
    let number = |i: usize| args[i].as_number();
    match function {
        Function::Lower => Value::string(string(0).to_ascii_lowercase()),
        Function::Upper => Value::string(string(0).to_ascii_uppercase()),
        Function::Length => Value::Integer(string(0).chars().count() as i64),
        Function::Concat => Value::Missing,
        Function::Substring => substring(&string(0), &args[1..]),
        Function::Split => Value::list(string(0).split(string(1).as_str()).map(Value::string)),
        Function::Replace => Value::string(string(0).replace(string(1).as_str(), &string(2))),
        Function::Trim => Value::string(string(0).trim_matches([' ', '\t', '\r', '\n'])),
        Function::Abs => match &args[0] {
            Value::Integer(i) => i.checked_abs().map_or(Value::Missing, Value::Integer),
            Value::Duration(i) => i.checked_abs().map_or(Value::Missing, Value::Duration),
            other => other.as_number().map_or(Value::Missing, |n| Value::number(n.abs())),
        },
        Function::Round => {
            let digits = if args.len() > 1 { number(1).unwrap_or(0.0) } else { 0.0 };
            let scale = 10f64.powf(digits);
            number(0).map_or(Value::Missing, |n| typed(ty, (n * scale).round() / scale))
        }
        Function::Floor => number(0).map_or(Value::Missing, |n| typed(ty, n.floor())),
        Function::Ceil => number(0).map_or(Value::Missing, |n| typed(ty, n.ceil())),
        Function::Min => extreme(CompareOp::Less, args),
        Function::Max => extreme(CompareOp::Greater, args),
        Function::ToString => Value::string(text(&args[0])),
        Function::ToNumber => to_number(&args[0]),
        Function::ToIp => string(0).parse::<IpAddr>().map_or(Value::Missing, Value::ip),
        Function::HourOfDay(zone) => zoned(&args[0], zone).map_or(Value::Missing, |z| Value::Integer(z.hour().into())),
        Function::DayOfWeek(zone) => {
            zoned(&args[0], zone).map_or(Value::Missing, |z| Value::Integer(z.weekday().to_monday_one_offset().into()))
        }
        Function::Domain => domain(&string(0)),
    }
}

fn substring(text: &str, places: &[Value]) -> Value {
    let at = |i: usize| places.get(i).and_then(Value::as_number);
    let (start, length) = (at(0).unwrap_or(0.0), at(1));
    if start < 0.0 || length.is_some_and(|l| l < 0.0) {
        return Value::Missing;
    }
    let rest = text.chars().skip(start as usize);
    Value::string(match length {
        Some(length) => rest.take(length as usize).collect::<String>(),
        None => rest.collect(),
    })
}

fn extreme(wanted: CompareOp, args: &[Value]) -> Value {
    let mut best = args[0].clone();
    for arg in &args[1..] {
        if compare(wanted, false, arg, &best) {
            best = arg.clone();
        }
    }
    best
}

fn to_number(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let plain = regex::Regex::new(r"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z").expect("a regex");
            match text.parse::<f64>() {
                Ok(n) if plain.is_match(text) && n.is_finite() => Value::number(n),
                _ => Value::Missing,
            }
        }
        other => other.as_number().map_or(Value::Missing, Value::number),
    }
}

fn zoned(value: &Value, zone: &str) -> Option<jiff::Zoned> {
    let Value::Timestamp(at) = value else { return None };
    jiff::Timestamp::from_millisecond(*at).ok()?.in_tz(zone).ok()
}

fn domain(host: &str) -> Value {
    let host = host.to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Value::Missing;
    }
    psl::domain_str(host).map_or(Value::Missing, Value::string)
}

/// `string(x)`.
pub fn text(value: &Value) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Boolean(b) => b.to_string(),
        Value::Integer(i) | Value::Duration(i) => i.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.to_string(),
        Value::Timestamp(t) => {
            let time = jiff::Timestamp::from_millisecond(*t).expect("a time of this era");
            time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
        }
        Value::Ip(ip) => ip.to_string(),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
    }
}

/// As a title prints it: missing is `-`, a duration is written like a literal.
pub fn printed(value: &Value) -> String {
    match value {
        Value::Missing => "-".to_owned(),
        Value::Duration(ms) => duration(*ms),
        Value::List(items) => items.iter().map(printed).collect::<Vec<_>>().join(", "),
        other => text(other),
    }
}

fn duration(ms: i64) -> String {
    let mut rest = ms.unsigned_abs();
    let mut out = String::new();
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
        if rest >= unit {
            out.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    match (ms, out.is_empty()) {
        (_, true) => "0ms".to_owned(),
        (..0, false) => format!("-{out}"),
        _ => out,
    }
}
