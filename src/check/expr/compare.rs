//! Equality, order and `between`.

use super::{Operation, Typer, written};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::ir::{self, CompareOp, ExprKind};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr, ExprKind as Written};
use crate::value::{Scalar, Type};

impl Typer<'_, '_, '_> {
    pub(super) fn compare(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let (left, right) = self.both(left, right)?;
        let op = written(operation.op);
        let what = format!("`{op}`");
        self.scalar(&left, &what)?;
        self.scalar(&right, &what)?;
        let (left, right) = self.meet(left, right)?;
        self.comparable(&left, &right, op, operation.op_span)?;
        self.check_fold(operation.fold, &[&left, &right], operation.op_span)?;
        let (compare, swap) = match operation.op {
            BinaryOp::Less => (CompareOp::Less, false),
            BinaryOp::LessEqual => (CompareOp::LessEqual, false),
            BinaryOp::Greater => (CompareOp::Greater, false),
            BinaryOp::GreaterEqual => (CompareOp::GreaterEqual, false),
            _ => (CompareOp::Equal, Self::is_constant(&left) && !Self::is_constant(&right)),
        };
        if compare == CompareOp::Equal {
            self.can_equal(&left, &right, operation.fold, true)?;
            self.can_equal(&right, &left, operation.fold, true)?;
        } else {
            self.ordered(&left, op, operation.op_span)?;
        }
        let (left, right) = if swap { (right, left) } else { (left, right) };
        let kind =
            ExprKind::Compare { op: compare, fold: operation.fold, left: Box::new(left), right: Box::new(right) };
        let compared = Self::boolean(kind, operation.span);
        if operation.op == BinaryOp::NotEqual {
            return Some(Self::boolean(ExprKind::Not(Box::new(compared)), operation.span));
        }
        Some(compared)
    }

    pub(super) fn between(&mut self, operation: &Operation, item: &Expr, range: &Expr) -> Option<ir::Expr> {
        let item = self.value(item);
        let (Written::Tuple(ends) | Written::List(ends)) = &range.kind else {
            return self.check.error(codes::ARITY, range.span, "`between` needs two ends: `x between (low, high)`");
        };
        let [low, high] = ends.as_slice() else {
            let message = format!("`between` needs two ends, not {}", ends.len());
            return self.check.error(codes::ARITY, range.span, message);
        };
        let (low, high) = self.both(low, high)?;
        let item = item?;
        self.scalar(&item, "`between`")?;
        for end in [&low, &high] {
            self.scalar(end, "`between`")?;
            self.comparable(&item, end, "between", operation.op_span)?;
        }
        self.ordered(&item, "between", operation.op_span)?;
        let kind = ExprKind::Between { item: Box::new(item), low: Box::new(low), high: Box::new(high) };
        Some(Self::boolean(kind, operation.span))
    }

    /// Whether two types can be compared at all.
    pub(super) fn comparable(&mut self, left: &ir::Expr, right: &ir::Expr, op: &str, op_span: Span) -> Option<()> {
        if left.ty == right.ty || (is_number(left.ty) && is_number(right.ty)) {
            return Some(());
        }
        let message = format!("`{op}` cannot compare {} with {}", with_article(left.ty), with_article(right.ty));
        let duration_with_number = |a: Type, b: Type| a == Type::DURATION && is_number(b);
        let help = if duration_with_number(left.ty, right.ty) || duration_with_number(right.ty, left.ty) {
            Some("a duration needs a unit, such as `30m`")
        } else if left.ty == Type::STRING && is_number(right.ty) {
            Some("write the literal in quotes, or convert with `number(x)`")
        } else if right.ty == Type::STRING && is_number(left.ty) {
            Some("write the number without quotes")
        } else if left.ty == Type::TIMESTAMP || right.ty == Type::TIMESTAMP {
            Some("a timestamp is written `2026-03-01T09:00:00Z`; the difference of two is a duration")
        } else {
            None
        };
        match help {
            Some(help) => self.check.error_help(codes::OPERANDS, op_span, message, help),
            None => self.check.error(codes::OPERANDS, op_span, message),
        }
    }

    fn ordered(&mut self, operand: &ir::Expr, op: &str, op_span: Span) -> Option<()> {
        let help = match operand.ty {
            Type::Scalar(Scalar::String) => {
                "the order of strings differs between products: convert with `number(x)`, or compare with `==`, `in`, `like`"
            }
            Type::Scalar(Scalar::Boolean) => "compare a boolean with `==`",
            Type::Scalar(Scalar::Ip) => "ask whether an address lies in a network: `x in \"10.0.0.0/8\"`",
            _ => return Some(()),
        };
        let message = format!("`{op}` is not defined on {}", with_article(operand.ty));
        self.check.error_help(codes::NO_ORDER, op_span, message, help)
    }
}

/// Integers and numbers compare by size.
pub(super) fn is_number(ty: Type) -> bool {
    matches!(ty, Type::Scalar(Scalar::Integer | Scalar::Number))
}
