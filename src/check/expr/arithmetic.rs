//! Arithmetic: what each operator takes and gives. Constants are computed at once.

use super::compare::is_number;
use super::{Operation, Typer, written};
use crate::check::codes;
use crate::check::consts::{arithmetic, with_article};
use crate::check::rows::constant;
use crate::ir::{self, ArithmeticOp, ExprKind};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr};
use crate::value::{Type, Value};

impl Typer<'_, '_, '_> {
    pub(super) fn arithmetic(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let (left, right) = self.both(left, right)?;
        if operation.fold {
            return self.check.error(codes::FOLD, operation.op_span, "`~` belongs to comparisons, not to arithmetic");
        }
        let op = match operation.op {
            BinaryOp::Add => ArithmeticOp::Add,
            BinaryOp::Subtract => ArithmeticOp::Subtract,
            BinaryOp::Multiply => ArithmeticOp::Multiply,
            BinaryOp::Divide => ArithmeticOp::Divide,
            _ => ArithmeticOp::Modulo,
        };
        let fixed = Self::is_constant(&left) && Self::is_constant(&right);
        let Some(ty) = result(op, left.ty, right.ty, fixed) else {
            return self.refuse(operation, &left, &right);
        };
        self.not_by_zero(op, &right)?;
        if fixed {
            return self.folded(op, &left, &right, ty, operation.span);
        }
        let kind = ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) };
        Some(Self::node(kind, ty, operation.span))
    }

    pub(super) fn negate(&mut self, inner: &Expr, span: Span) -> Option<ir::Expr> {
        let inner = self.value(inner)?;
        if !is_number(inner.ty) && inner.ty != Type::DURATION {
            let message = format!("`-` needs a number or a duration, not {}", with_article(inner.ty));
            return self.check.error(codes::OPERANDS, span, message);
        }
        let ty = inner.ty;
        let zero = if ty == Type::DURATION { Value::Duration(0) } else { Value::Integer(0) };
        let zero = constant(zero, if ty == Type::DURATION { ty } else { Type::INTEGER }, span);
        if Self::is_constant(&inner) {
            return self.folded(ArithmeticOp::Subtract, &zero, &inner, ty, span);
        }
        let kind = ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left: Box::new(zero), right: Box::new(inner) };
        Some(Self::node(kind, ty, span))
    }

    fn folded(
        &mut self,
        op: ArithmeticOp,
        left: &ir::Expr,
        right: &ir::Expr,
        ty: Type,
        span: Span,
    ) -> Option<ir::Expr> {
        let operands = self.constant_behind(left).zip(self.constant_behind(right));
        match operands.and_then(|(a, b)| arithmetic(op, &a, &b)) {
            Some(value) => Some(constant(value, ty, span)),
            None => self.check.error(codes::OVERFLOW, span, "the result does not fit into 64 bits"),
        }
    }

    fn not_by_zero(&mut self, op: ArithmeticOp, right: &ir::Expr) -> Option<()> {
        let zero = self.constant_behind(right).and_then(|v| v.as_number()) == Some(0.0);
        if zero && matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulo) {
            return self.check.error(codes::OVERFLOW, right.span, "division by zero is always missing");
        }
        Some(())
    }

    fn refuse<T>(&mut self, operation: &Operation, left: &ir::Expr, right: &ir::Expr) -> Option<T> {
        let op = written(operation.op);
        let message = format!("`{op}` cannot take {} and {}", with_article(left.ty), with_article(right.ty));
        let help = match (left.ty, right.ty) {
            (Type::STRING, _) | (_, Type::STRING) if operation.op == BinaryOp::Add => "join texts with `concat(a, b)`",
            (Type::STRING, _) | (_, Type::STRING) => "convert a text with `number(x)`",
            (Type::DURATION, _) if operation.op == BinaryOp::Divide => {
                "divide a duration by a duration, such as `x / 1m`, which gives a number"
            }
            (Type::DURATION, _) | (_, Type::DURATION) => {
                "durations add to durations and timestamps, and multiply with integers"
            }
            _ => "arithmetic works on integers, numbers, durations and timestamps",
        };
        self.check.error_help(codes::OPERANDS, operation.op_span, message, help)
    }
}

/// The type of the result; none where the operator does not take them. Constants may scale a duration by a fraction.
fn result(op: ArithmeticOp, left: Type, right: Type, fixed: bool) -> Option<Type> {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    let (duration, timestamp) = (Type::DURATION, Type::TIMESTAMP);
    if is_number(left) && is_number(right) {
        let integers = left == Type::INTEGER && right == Type::INTEGER;
        return Some(if integers && op != Divide { Type::INTEGER } else { Type::NUMBER });
    }
    match (op, left, right) {
        (Add | Subtract | Modulo, l, r) if l == duration && r == duration => Some(duration),
        (Divide, l, r) if l == duration && r == duration => Some(Type::NUMBER),
        (Multiply, l, Type::INTEGER) if l == duration => Some(duration),
        (Multiply, Type::INTEGER, r) if r == duration => Some(duration),
        (Multiply | Divide, l, r) if fixed && l == duration && is_number(r) => Some(duration),
        (Multiply, l, r) if fixed && r == duration && is_number(l) => Some(duration),
        (Subtract, l, r) if l == timestamp && r == timestamp => Some(duration),
        (Add | Subtract, l, r) if l == timestamp && r == duration => Some(timestamp),
        (Add, l, r) if l == duration && r == timestamp => Some(timestamp),
        _ => None,
    }
}
