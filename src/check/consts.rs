//! Constants where the language needs one: windows, weights, bounds. Literal arithmetic and parameters are computed here.

use super::checker::Checker;
use super::codes;
use super::expr::Site;
use super::rows::Rows;
use crate::ir::{self, ArithmeticOp, ExprKind};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::value::{Scalar, Type, Value};

/// Longest span that a rule may look back, wait or repeat over: ten years, milliseconds. No store of events reaches further, and
/// sums of several such spans stay far from the ends of time.
pub(super) const LONGEST_SPAN: i64 = 3660 * 86_400_000;

impl Checker<'_> {
    /// A constant expression's value and type.
    pub fn constant(&mut self, expr: &Expr, place: &'static str) -> Option<(Value, Type, Span)> {
        let rows = Rows::default();
        let typed = self.value(&Site::constant(place, &rows), expr)?;
        self.const_of(&typed, place)
    }

    fn const_of(&mut self, typed: &ir::Expr, place: &str) -> Option<(Value, Type, Span)> {
        match self.compute(typed) {
            Some(value) => Some((value, typed.ty, typed.span)),
            None => self.error(codes::CONSTANT, typed.span, format!("{place} needs a constant")),
        }
    }

    fn compute(&self, typed: &ir::Expr) -> Option<Value> {
        match &typed.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Param(id) => self.params.get(id.index())?.as_ref().map(|p| p.value.clone()),
            ExprKind::Arithmetic { op, left, right } => arithmetic(*op, &self.compute(left)?, &self.compute(right)?),
            _ => None,
        }
    }

    /// A duration in milliseconds, at least `least` and at most [`LONGEST_SPAN`].
    pub fn duration(&mut self, expr: &Expr, place: &'static str, least: i64) -> Option<i64> {
        let (value, ty, span) = self.constant(expr, place)?;
        match value {
            Value::Duration(ms) if (least..=LONGEST_SPAN).contains(&ms) => Some(ms),
            Value::Duration(ms) if ms > LONGEST_SPAN => {
                let (most, found) = (super::params::duration_text(LONGEST_SPAN), super::params::duration_text(ms));
                self.error_help(
                    codes::OUT_OF_RANGE,
                    span,
                    format!("{place} must be at most `{most}`, not `{found}`"),
                    "no store of events reaches back further",
                )
            }
            Value::Duration(ms) => {
                let bound = if least == 0 { "not be negative" } else { "be longer than zero" };
                self.error(
                    codes::OUT_OF_RANGE,
                    span,
                    format!("{place} must {bound}, not `{}`", super::params::duration_text(ms)),
                )
            }
            _ => self.error_help(
                codes::CONSTANT,
                span,
                format!("{place} needs a duration, not {}", with_article(ty)),
                "write a duration with its unit, such as `30m` or `1h30m`",
            ),
        }
    }

    /// An integer in a closed range.
    pub fn integer(&mut self, expr: &Expr, place: &'static str, least: i64, most: i64) -> Option<i64> {
        let (value, ty, span) = self.constant(expr, place)?;
        match value {
            Value::Integer(n) if (least..=most).contains(&n) => Some(n),
            Value::Integer(n) => {
                let range = if most == i64::MAX { format!("at least {least}") } else { format!("{least} to {most}") };
                self.error(codes::OUT_OF_RANGE, span, format!("{place} must be {range}, not `{n}`"))
            }
            _ => self.error(codes::CONSTANT, span, format!("{place} needs an integer, not {}", with_article(ty))),
        }
    }
}

/// The type with its article, for messages.
pub(super) fn with_article(ty: Type) -> String {
    match ty {
        Type::Scalar(Scalar::Integer | Scalar::Ip) => format!("an {ty}"),
        _ => format!("a {ty}"),
    }
}

/// What an operator gives for two constants; none where it has no result.
pub(super) fn arithmetic(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    use Value::{Duration, Integer, Timestamp};
    if matches!(op, ArithmeticOp::Divide) {
        return quotient(left, right);
    }
    let integers = |a: i64, b: i64| match op {
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Subtract => a.checked_sub(b),
        ArithmeticOp::Multiply => a.checked_mul(b),
        _ => a.checked_rem(b),
    };
    match (left, right) {
        (Integer(a), Integer(b)) => integers(*a, *b).map(Integer),
        (Duration(a), Duration(b) | Integer(b)) | (Integer(a), Duration(b)) | (Timestamp(a), Timestamp(b)) => {
            integers(*a, *b).map(Duration)
        }
        (Timestamp(a), Duration(b)) | (Duration(a), Timestamp(b)) => integers(*a, *b).map(Timestamp),
        _ => numbers(op, left, right),
    }
}

fn quotient(left: &Value, right: &Value) -> Option<Value> {
    let (a, b) = (left.as_number()?, right.as_number()?);
    if b == 0.0 {
        return None;
    }
    match (left, right) {
        (Value::Duration(_), Value::Duration(_)) => present(Value::number(a / b)),
        (Value::Duration(_), _) => Some(Value::Duration((a / b).floor() as i64)),
        _ => present(Value::number(a / b)),
    }
}

fn numbers(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    let (a, b) = (left.as_number()?, right.as_number()?);
    let result = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        _ => a % b,
    };
    let is_duration = matches!(left, Value::Duration(_)) || matches!(right, Value::Duration(_));
    if is_duration { Some(Value::Duration(result.floor() as i64)) } else { present(Value::number(result)) }
}

fn present(value: Value) -> Option<Value> {
    if value.is_missing() { None } else { Some(value) }
}
