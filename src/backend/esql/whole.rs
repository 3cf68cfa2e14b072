//! Whole numbers: ES|QL has `integer` beside `long`, reads a short literal as the former, and gives null where a result does not fit.

use crate::ir::{ArithmeticOp, ExprKind, Function};
use crate::plan::Expr;
use crate::value::{Type, Value};
use std::collections::BTreeSet;

/// True for the types that are kept as `long`.
pub fn is_whole(ty: Type) -> bool {
    matches!(ty, Type::INTEGER | Type::DURATION)
}

/// True where the printed expression is a `long`: one operand that is one makes the result one.
pub fn is_long(expr: &Expr, small: &BTreeSet<String>) -> bool {
    match &expr.kind {
        ExprKind::Leaf(column) => !small.contains(&*column.0),
        ExprKind::Const(value) => of(value).is_some_and(|n| i32::try_from(n).is_err()),
        ExprKind::Arithmetic { left, right, .. } => {
            left.ty == Type::TIMESTAMP || is_long(left, small) || is_long(right, small)
        }
        ExprKind::If { then, otherwise, .. } => is_long(then, small) || is_long(otherwise, small),
        ExprKind::Coalesce(parts) => parts.iter().any(|p| is_long(p, small)),
        ExprKind::Call { function: Function::Min | Function::Max | Function::Abs, args } => {
            args.iter().any(|a| is_long(a, small))
        }
        // Printed with a conversion.
        _ => true,
    }
}

/// The largest size that the value can have, where constants decide it.
pub fn bound(expr: &Expr, small: &BTreeSet<String>) -> Option<i64> {
    let most = |all: Vec<Option<i64>>| all.into_iter().try_fold(0, |most: i64, b| Some(most.max(b?)));
    match &expr.kind {
        ExprKind::Leaf(column) if small.contains(&*column.0) => Some(100),
        ExprKind::Const(value) => of(value)?.checked_abs(),
        ExprKind::Arithmetic { op, left, right } => {
            let (l, r) = (bound(left, small)?, bound(right, small)?);
            match op {
                ArithmeticOp::Add | ArithmeticOp::Subtract => l.checked_add(r),
                ArithmeticOp::Multiply => l.checked_mul(r),
                ArithmeticOp::Modulo => Some(r),
                ArithmeticOp::Divide => None,
            }
        }
        ExprKind::If { then, otherwise, .. } => most(vec![bound(then, small), bound(otherwise, small)]),
        ExprKind::Coalesce(parts) => most(parts.iter().map(|p| bound(p, small)).collect()),
        ExprKind::Call { function: Function::Min, args } => args.iter().filter_map(|a| bound(a, small)).min(),
        ExprKind::Call { function: Function::Max | Function::Abs, args } => {
            most(args.iter().map(|a| bound(a, small)).collect())
        }
        _ => None,
    }
}

fn of(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) | Value::Duration(n) => Some(*n),
        Value::Missing => Some(0),
        _ => None,
    }
}
