//! `+ - * / %`. Integers, durations and timestamps stay whole and checked: an overflow is missing. Division yields a number.

use crate::ir::ArithmeticOp;
use crate::value::{Scalar, Value};

/// The result in the type that the checker gave it; missing where an operand is, at a division by zero and at an overflow.
pub fn compute(op: ArithmeticOp, ty: Scalar, left: &Value, right: &Value) -> Value {
    if let (Some(a), Some(b)) = (whole(left), whole(right))
        && op != ArithmeticOp::Divide
    {
        return on_whole(op, a, b).map_or(Value::Missing, |n| from_whole(ty, n));
    }
    match left.as_number().zip(right.as_number()) {
        Some((a, b)) => from_number(ty, on_numbers(op, a, b)),
        None => Value::Missing,
    }
}

/// A whole number as a value of a type.
pub fn from_whole(ty: Scalar, n: i64) -> Value {
    match ty {
        Scalar::Duration => Value::Duration(n),
        Scalar::Timestamp => Value::Timestamp(n),
        Scalar::Number => Value::Number(n as f64),
        _ => Value::Integer(n),
    }
}

/// A number as a value of a type; times are floored to milliseconds, as everywhere.
pub fn from_number(ty: Scalar, n: f64) -> Value {
    match ty {
        Scalar::Duration => to_whole(n.floor()).map_or(Value::Missing, Value::Duration),
        Scalar::Timestamp => to_whole(n.floor()).map_or(Value::Missing, Value::Timestamp),
        Scalar::Integer => to_whole(n).map_or(Value::Missing, Value::Integer),
        _ => Value::number(n),
    }
}

/// A number without a fraction as an integer, where it fits.
pub fn to_whole(n: f64) -> Option<i64> {
    let fits = n.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&n);
    fits.then_some(n as i64)
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) | Value::Timestamp(n) | Value::Duration(n) => Some(*n),
        _ => None,
    }
}

fn on_whole(op: ArithmeticOp, a: i64, b: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Subtract => a.checked_sub(b),
        ArithmeticOp::Multiply => a.checked_mul(b),
        ArithmeticOp::Modulo => a.checked_rem(b),
        ArithmeticOp::Divide => None,
    }
}

fn on_numbers(op: ArithmeticOp, a: f64, b: f64) -> f64 {
    match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide | ArithmeticOp::Modulo if b == 0.0 => f64::NAN,
        ArithmeticOp::Divide => a / b,
        ArithmeticOp::Modulo => a % b,
    }
}
