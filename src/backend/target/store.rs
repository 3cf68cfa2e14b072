//! A canonical value as the product keeps it: what fixtures are rendered with, so that a wrong mapping fails a test.

use super::{MappedField, Unit};
use crate::value::{Scalar, Value};

impl MappedField {
    /// The value as it is kept there: units converted, booleans and addresses as the column has them. Capitals and trailing dots, which
    /// reading takes off, are not put on. A value of another type than the column's is given as it is.
    pub fn store(&self, value: &Value) -> Value {
        match value {
            Value::List(items) => Value::list(items.iter().map(|item| self.store_one(item))),
            one => self.store_one(one),
        }
    }

    fn store_one(&self, value: &Value) -> Value {
        match value {
            Value::Boolean(b) => match &self.truth {
                Some((yes, no)) => self.word(if *b { yes } else { no }),
                None => value.clone(),
            },
            Value::Duration(ms) | Value::Timestamp(ms) => {
                self.unit.map_or_else(|| value.clone(), |unit| self.time(*ms, unit))
            }
            Value::Ip(ip) if self.ty == Scalar::String => Value::string(ip.to_string()),
            Value::Integer(n) if self.ty == Scalar::String => Value::string(n.to_string()),
            Value::Integer(n) if self.ty == Scalar::Number => Value::number(*n as f64),
            _ => value.clone(),
        }
    }

    fn word(&self, word: &str) -> Value {
        match self.ty {
            Scalar::Integer => word.parse().map_or(Value::Missing, Value::Integer),
            _ => Value::string(word),
        }
    }

    fn time(&self, ms: i64, unit: Unit) -> Value {
        let (up, down) = unit.per_millisecond();
        let exact = ms.checked_mul(up).filter(|scaled| scaled % down == 0).map(|scaled| scaled / down);
        match (self.ty, exact) {
            (Scalar::Integer, Some(whole)) => Value::Integer(whole),
            (Scalar::String, Some(whole)) => Value::string(whole.to_string()),
            (Scalar::String, None) => Value::string((ms as f64 * up as f64 / down as f64).to_string()),
            (_, Some(whole)) => Value::number(whole as f64),
            (_, None) => Value::number(ms as f64 * up as f64 / down as f64),
        }
    }
}
