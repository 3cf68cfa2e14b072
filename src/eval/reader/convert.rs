//! A JSON value as a value of a field's type.

use super::intern::Interner;
use crate::pack::schema::Field;
use crate::value::{Scalar, Type, Value};
use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use std::net::IpAddr;

/// A field as the reader knows it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    ty: Scalar,
    /// Whether it is a list of them.
    pub list: bool,
    lower: bool,
    /// A number's worth: so many of its units are one millisecond, or the other way round.
    unit: Unit,
}

/// The range is jiff's: a day less at each end, so that a time has a date in every zone.
const OUT_OF_RANGE: &str = "out of the range -9999-01-02 to 9999-12-30";

#[derive(Debug, Clone, Copy)]
enum Unit {
    /// So many milliseconds each.
    Millis(i64),
    /// So many to a millisecond.
    PerMilli(i64),
}

/// A JSON scalar.
#[derive(Debug, Clone, Copy)]
pub enum Json<'a> {
    /// `true`, `false`.
    Boolean(bool),
    /// A number without fraction or exponent that fits.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    Text(&'a str),
}

impl Target {
    /// How values of a field are read.
    pub fn new(field: &Field) -> Target {
        let (ty, list) = match field.ty {
            Type::Scalar(ty) => (ty, false),
            Type::List(ty) => (ty, true),
        };
        let unit = match field.unit.as_deref() {
            Some("s") => Unit::Millis(1000),
            Some("us") => Unit::PerMilli(1000),
            Some("ns") => Unit::PerMilli(1_000_000),
            _ => Unit::Millis(1),
        };
        Target { ty, list, lower: field.lower, unit }
    }

    /// `time` of an event: milliseconds, or RFC 3339.
    pub fn time() -> Target {
        Target { ty: Scalar::Timestamp, list: false, lower: false, unit: Unit::Millis(1) }
    }

    /// What is expected, for a message.
    pub fn expected(&self) -> String {
        let one = match self.ty {
            Scalar::Timestamp => "a timestamp (RFC 3339, or a number in the schema's unit)".to_owned(),
            Scalar::Duration => "a duration (such as `30m`, or a number in the schema's unit)".to_owned(),
            Scalar::Ip => "an address as a string".to_owned(),
            Scalar::Integer => "an integer".to_owned(),
            ty => format!("a {ty}"),
        };
        if self.list { format!("a list, each item {one}") } else { one }
    }

    /// What is wrong with a value of the right kind that [`Target::convert`] does not take.
    pub fn fault(&self, json: Json<'_>) -> Option<&'static str> {
        let without_zone = |text: &str| Pieces::parse(text).map(|pieces| pieces.to_numeric_offset().is_none());
        match (self.ty, json) {
            (Scalar::Timestamp, Json::Text(text)) => {
                Some(if without_zone(text).ok()? { "a time without a zone" } else { OUT_OF_RANGE })
            }
            (Scalar::Timestamp, Json::Integer(_) | Json::Number(_)) => Some(OUT_OF_RANGE),
            _ => None,
        }
    }

    /// The value; none where the type is wrong.
    pub fn convert(&self, json: Json<'_>, strings: &mut Interner) -> Option<Value> {
        Some(match (self.ty, json) {
            (Scalar::String, Json::Text(text)) if self.lower && text.bytes().any(|b| b.is_ascii_uppercase()) => {
                strings.value(&text.to_ascii_lowercase())
            }
            (Scalar::String, Json::Text(text)) => strings.value(text),
            (Scalar::Integer, Json::Integer(n)) => Value::Integer(n),
            (Scalar::Integer, Json::Number(n)) => Value::Integer(whole(n)?),
            (Scalar::Number, Json::Integer(n)) => Value::Number(n as f64),
            (Scalar::Number, Json::Number(n)) => Value::number(n),
            (Scalar::Boolean, Json::Boolean(b)) => Value::Boolean(b),
            (Scalar::Ip, Json::Text(text)) => text.parse::<IpAddr>().map_or(Value::Missing, Value::ip),
            (Scalar::Timestamp | Scalar::Duration, Json::Text("")) => Value::Missing,
            (Scalar::Timestamp, Json::Text(text)) => Value::Timestamp(rfc3339(text)?),
            (Scalar::Timestamp, number) => Value::Timestamp(in_calendar(self.unit.millis(number)?)?),
            (Scalar::Duration, Json::Text(text)) => Value::Duration(duration(text)?),
            (Scalar::Duration, number) => Value::Duration(self.unit.millis(number)?),
            _ => return None,
        })
    }
}

impl Unit {
    fn millis(self, number: Json<'_>) -> Option<i64> {
        match (self, number) {
            (Unit::Millis(each), Json::Integer(n)) => n.checked_mul(each),
            (Unit::PerMilli(each), Json::Integer(n)) => Some(n.div_euclid(each)),
            (Unit::Millis(each), Json::Number(n)) => whole((n * each as f64).floor()),
            (Unit::PerMilli(each), Json::Number(n)) => whole((n / each as f64).floor()),
            _ => None,
        }
    }
}

fn whole(n: f64) -> Option<i64> {
    // Beyond these a float has no fraction left, and the cast would saturate.
    let fits = n.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&n);
    fits.then_some(n as i64)
}

/// A time that a calendar has; sums with windows then stay far from the ends of an integer.
fn in_calendar(millis: i64) -> Option<i64> {
    Timestamp::from_millisecond(millis).ok().map(|_| millis)
}

fn rfc3339(text: &str) -> Option<i64> {
    let nanos = text.parse::<Timestamp>().ok()?.as_nanosecond();
    i64::try_from(nanos.div_euclid(1_000_000)).ok()
}

/// `1h30m`: whole numbers with units, milliseconds.
fn duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0i64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(unit_at)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, left) = after.split_at_checked(unit_end)?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(millis)?)?;
        rest = left;
    }
    (!text.is_empty()).then_some(sum)
}
