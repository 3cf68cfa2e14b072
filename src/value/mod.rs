//! Types and values, and when two values are the same. Every later room speaks in these; this one knows no other.

mod net;
pub mod types;

pub use net::network;
pub use types::{Scalar, Type};

use smol_str::SmolStr;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

/// A value of any type, or missing. An empty string, an empty list, NaN and an invalid IP are never held: they are `Missing`
/// (build values through the constructors).
#[derive(Debug, Clone)]
pub enum Value {
    /// No value.
    Missing,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A finite or infinite number.
    Number(f64),
    /// A string that is not empty. One of up to 23 bytes (a device, an app) stands in the value itself: no look elsewhere, no count to keep.
    String(SmolStr),
    /// Milliseconds since the epoch, UTC.
    Timestamp(i64),
    /// Milliseconds.
    Duration(i64),
    /// An address; never an IPv4-mapped IPv6 one.
    Ip(IpAddr),
    /// A list that is not empty, of values that are not missing.
    List(Arc<[Value]>),
}

impl Value {
    /// A string; empty is missing.
    pub fn string(text: impl AsRef<str>) -> Value {
        let text = text.as_ref();
        if text.is_empty() { Value::Missing } else { Value::String(SmolStr::new(text)) }
    }

    /// A number; NaN is missing.
    pub fn number(number: f64) -> Value {
        if number.is_nan() { Value::Missing } else { Value::Number(number) }
    }

    /// An address; an IPv4-mapped one is the IPv4 one.
    pub fn ip(ip: IpAddr) -> Value {
        Value::Ip(ip.to_canonical())
    }

    /// A list without its missing values; empty is missing.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
        let values: Vec<Value> = values.into_iter().filter(|v| !v.is_missing()).collect();
        if values.is_empty() { Value::Missing } else { Value::List(values.into()) }
    }

    /// True where there is no value.
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }

    /// True where it is the boolean true; missing is false.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Boolean(true))
    }

    /// As a number, where it is one (integers, numbers, durations and timestamps in milliseconds).
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Integer(i) | Value::Timestamp(i) | Value::Duration(i) => Some(*i as f64),
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The total order used for ties, `min`, `max` and `values`: missing first, then by type, numbers by size (an integer and a
    /// number that are equal are the same), strings by their bytes, false before true, addresses v4 before v6.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::Integer(a), Value::Integer(b))
            | (Value::Timestamp(a), Value::Timestamp(b))
            | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => {
                let by_item = a.iter().zip(b.iter()).map(|(x, y)| x.order(y)).find(|o| o.is_ne());
                by_item.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => match (self.as_number(), other.as_number()) {
                (Some(a), Some(b)) if self.rank() == other.rank() => a.total_cmp(&b),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Missing => 0,
            Value::Boolean(_) => 1,
            Value::Integer(_) | Value::Number(_) => 2,
            Value::String(_) => 3,
            Value::Timestamp(_) => 4,
            Value::Duration(_) => 5,
            Value::Ip(_) => 6,
            Value::List(_) => 7,
        }
    }
}

/// Sameness of values as keys and for `distinct`: missing is the same as missing (a comparison in a rule never asks this of a
/// missing operand). -0.0 and 0.0 are the same.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Integer(a), Value::Number(b)) | (Value::Number(b), Value::Integer(a)) => *a as f64 == *b,
            _ => self.order(other).is_eq(),
        }
    }
}

impl Eq for Value {}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Value::Missing => {}
            Value::Boolean(b) => b.hash(state),
            Value::Integer(i) => (*i as f64).to_bits().hash(state),
            Value::Number(n) => (if *n == 0.0 { 0.0 } else { *n }).to_bits().hash(state),
            Value::Timestamp(i) | Value::Duration(i) => i.hash(state),
            Value::String(s) => s.hash(state),
            Value::Ip(ip) => ip.hash(state),
            Value::List(items) => items.hash(state),
        }
    }
}
