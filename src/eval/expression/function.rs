//! Functions. A missing argument makes the result missing, except in `concat`.

use super::arithmetic::{from_number, from_whole, to_whole};
use super::{Code, Frame};
use crate::ir::Function;
use crate::value::{Scalar, Type, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

/// A function with what it needs beside its arguments.
#[derive(Debug)]
pub struct FunctionCode {
    function: Function,
    /// The type of the result.
    ty: Type,
    /// Of `hour_of_day` and `day_of_week`; none where the system does not know the zone.
    zone: Option<TimeZone>,
}

impl FunctionCode {
    /// Ready to run.
    pub fn new(function: &Function, ty: Type) -> FunctionCode {
        let zone = match function {
            Function::HourOfDay(name) | Function::DayOfWeek(name) => TimeZone::get(name).ok(),
            _ => None,
        };
        FunctionCode { function: function.clone(), ty, zone }
    }

    /// The result.
    pub fn call<'a>(&'a self, args: &'a [Code], frame: &Frame<'a>) -> Value {
        if self.function == Function::Concat {
            return concat(args, frame);
        }
        let args: Vec<Cow<'a, Value>> = args.iter().map(|a| a.value(frame)).collect();
        if args.iter().any(|a| a.is_missing()) {
            return Value::Missing;
        }
        self.apply(&args).unwrap_or(Value::Missing)
    }

    fn apply(&self, args: &[Cow<'_, Value>]) -> Option<Value> {
        let first = &**args.first()?;
        let value = match &self.function {
            Function::Lower => Value::string(text(first)?.to_ascii_lowercase()),
            Function::Upper => Value::string(text(first)?.to_ascii_uppercase()),
            Function::Length => Value::Integer(text(first)?.chars().count() as i64),
            Function::Concat => Value::Missing,
            Function::Substring => substring(text(first)?, args)?,
            Function::Split => split(text(first)?, text(args.get(1)?)?),
            Function::Replace => replace(text(first)?, text(args.get(1)?)?, text(args.get(2)?)?),
            Function::Trim => Value::string(text(first)?.trim_matches([' ', '\t', '\r', '\n'])),
            Function::Abs => absolute(first)?,
            Function::Round => self.round(first, args.get(1).map(|d| &**d))?,
            Function::Floor => self.whole(first, f64::floor)?,
            Function::Ceil => self.whole(first, f64::ceil)?,
            Function::Min => args.iter().map(|a| &**a).min_by(|a, b| a.order(b))?.clone(),
            Function::Max => args.iter().map(|a| &**a).max_by(|a, b| a.order(b))?.clone(),
            Function::ToString => Value::string(text_of(first)),
            Function::ToNumber => to_number(first)?,
            Function::ToIp => Value::ip(text(first)?.parse::<IpAddr>().ok()?),
            Function::HourOfDay(_) => Value::Integer(i64::from(self.local(first)?.hour())),
            Function::DayOfWeek(_) => Value::Integer(i64::from(self.local(first)?.weekday().to_monday_one_offset())),
            Function::Domain => domain(text(first)?)?,
        };
        Some(value)
    }

    fn scalar(&self) -> Scalar {
        match self.ty {
            Type::Scalar(s) | Type::List(s) => s,
        }
    }

    /// Half away from zero, to that many digits.
    fn round(&self, value: &Value, digits: Option<&Value>) -> Option<Value> {
        let digits = match digits {
            None => 0,
            Some(d) => to_whole(d.as_number()?)?,
        };
        if digits <= 0 && digits > -1 {
            return self.whole(value, f64::round);
        }
        let scale = 10f64.powi(i32::try_from(digits).ok()?);
        let scaled = value.as_number()? * scale;
        // Beyond the range of digits that a number has, it is its own rounding.
        let rounded = if scaled.is_finite() && scale > 0.0 { scaled.round() / scale } else { value.as_number()? };
        Some(from_number(self.scalar(), rounded))
    }

    fn whole(&self, value: &Value, f: fn(f64) -> f64) -> Option<Value> {
        match value {
            Value::Integer(n) => Some(from_whole(self.scalar(), *n)),
            Value::Duration(_) | Value::Timestamp(_) => Some(value.clone()),
            _ => Some(from_number(self.scalar(), f(value.as_number()?))),
        }
    }

    fn local(&self, value: &Value) -> Option<jiff::Zoned> {
        let Value::Timestamp(millis) = value else { return None };
        Some(Timestamp::from_millisecond(*millis).ok()?.to_zoned(self.zone.clone()?))
    }
}

/// A value as `string(x)` gives it and templates print it (but see durations there); missing is empty.
pub fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Missing => Cow::Borrowed(""),
        Value::Boolean(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        Value::Integer(n) | Value::Duration(n) => Cow::Owned(n.to_string()),
        // `-0` is no number that a reader expects.
        Value::Number(n) => Cow::Owned((if *n == 0.0 { 0.0 } else { *n }).to_string()),
        Value::String(s) => Cow::Borrowed(s),
        Value::Timestamp(millis) => Cow::Owned(timestamp(*millis)),
        Value::Ip(ip) => Cow::Owned(ip.to_string()),
        Value::List(items) => {
            let mut out = String::new();
            for (i, item) in items.iter().enumerate() {
                let _ = write!(out, "{}{}", if i == 0 { "" } else { ", " }, text_of(item));
            }
            Cow::Owned(out)
        }
    }
}

fn timestamp(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(t) => format!("{t:.3}"),
        Err(_) => millis.to_string(),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(s) => Some(s),
        _ => None,
    }
}

fn concat<'a>(args: &'a [Code], frame: &Frame<'a>) -> Value {
    let mut out = String::new();
    for arg in args {
        out.push_str(&text_of(&arg.value(frame)));
    }
    Value::string(out)
}

fn substring(s: &str, args: &[Cow<'_, Value>]) -> Option<Value> {
    let place = |i: usize| match args.get(i).map(|a| &**a) {
        Some(Value::Integer(n)) => Some(usize::try_from(*n).ok()),
        _ => None,
    };
    let start = place(1)??;
    let chars = s.chars().skip(start);
    Some(Value::string(match place(2) {
        Some(length) => chars.take(length?).collect::<String>(),
        None => chars.collect(),
    }))
}

fn split(s: &str, separator: &str) -> Value {
    Value::list(s.split(separator).map(Value::string))
}

fn replace(s: &str, from: &str, to: &str) -> Value {
    Value::string(s.replace(from, to))
}

fn absolute(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Integer(n) => Value::Integer(n.checked_abs()?),
        Value::Duration(n) => Value::Duration(n.checked_abs()?),
        _ => Value::number(value.as_number()?.abs()),
    })
}

/// Digits with a sign, a fraction and an exponent; nothing else that a parser of floats may know (`inf`, `nan`), nor what overflows.
fn to_number(value: &Value) -> Option<Value> {
    let Value::String(s) = value else { return value.as_number().map(Value::number) };
    let plain = s.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    s.parse::<f64>().ok().filter(|n| plain && n.is_finite()).map(Value::number)
}

/// The registrable domain by the public suffix list.
fn domain(host: &str) -> Option<Value> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return None;
    }
    psl::domain_str(&host).map(Value::string)
}
