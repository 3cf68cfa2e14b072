//! Short ways to write plan expressions.

use super::{Column, Expr};
use crate::ir::{ArithmeticOp, CompareOp, ExprKind, Function};
use crate::source::Span;
use crate::value::{Type, Value};

/// An expression with a place that no reader sees.
fn make(kind: ExprKind<Column>, ty: Type, nullable: bool) -> Expr {
    Expr { kind, ty, nullable, span: Span::default() }
}

/// A column that is never missing.
pub fn sure(column: &Column, ty: Type) -> Expr {
    make(ExprKind::Leaf(column.clone()), ty, false)
}

/// A column that may be missing.
pub fn maybe(column: &Column, ty: Type) -> Expr {
    make(ExprKind::Leaf(column.clone()), ty, true)
}

/// A boolean column, never missing.
pub fn flag(column: &Column) -> Expr {
    sure(column, Type::BOOLEAN)
}

/// A constant.
pub fn value(value: Value, ty: Type) -> Expr {
    let nullable = value.is_missing();
    make(ExprKind::Const(value), ty, nullable)
}

/// An integer.
pub fn integer(number: i64) -> Expr {
    value(Value::Integer(number), Type::INTEGER)
}

/// A boolean.
pub fn boolean(truth: bool) -> Expr {
    value(Value::Boolean(truth), Type::BOOLEAN)
}

/// A string.
pub fn text(words: &str) -> Expr {
    value(Value::string(words), Type::STRING)
}

/// All of them; true where there is none. Nested conjunctions are flattened, constants folded.
pub fn and(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut all = Vec::new();
    for part in parts {
        match part.kind {
            ExprKind::And(inner) => all.extend(inner),
            ExprKind::Const(Value::Boolean(true)) => {}
            // A missing condition is false.
            ExprKind::Const(Value::Boolean(false) | Value::Missing) => return boolean(false),
            _ => all.push(part),
        }
    }
    junction(all, true, ExprKind::And)
}

/// One of them; false where there is none.
pub fn or(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut all: Vec<Expr> = Vec::new();
    for part in parts {
        match part.kind {
            ExprKind::Or(inner) => all.extend(inner),
            ExprKind::Const(Value::Boolean(false) | Value::Missing) => {}
            ExprKind::Const(Value::Boolean(true)) => return boolean(true),
            _ if all.contains(&part) => {}
            _ => all.push(part),
        }
    }
    junction(all, false, ExprKind::Or)
}

fn junction(mut all: Vec<Expr>, empty: bool, join: fn(Vec<Expr>) -> ExprKind<Column>) -> Expr {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            make(join(all), Type::BOOLEAN, false)
        }
        (_, None) => boolean(empty),
    }
}

/// `not e`.
pub fn not(inner: Expr) -> Expr {
    match inner.kind {
        ExprKind::Const(Value::Boolean(truth)) => boolean(!truth),
        ExprKind::Const(Value::Missing) => boolean(true),
        _ => make(ExprKind::Not(Box::new(inner)), Type::BOOLEAN, false),
    }
}

/// `left op right`, false where one is missing.
pub fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    // A dialect may have no comparison with a literal of nothing.
    if [&left, &right].into_iter().any(is_nothing) {
        return boolean(false);
    }
    let kind = ExprKind::Compare { op, fold: false, left: Box::new(left), right: Box::new(right) };
    make(kind, Type::BOOLEAN, false)
}

fn is_nothing(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(Value::Missing))
}

/// `left == right`.
pub fn equal(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Equal, left, right)
}

/// `exists(e)`; true at once where it is never missing.
pub fn exists(inner: Expr) -> Expr {
    if is_nothing(&inner) {
        return boolean(false);
    }
    if inner.nullable { make(ExprKind::Exists(Box::new(inner)), Type::BOOLEAN, false) } else { boolean(true) }
}

/// The condition as a value that is never missing.
pub fn truth(condition: Expr) -> Expr {
    match condition.nullable {
        true => make(ExprKind::And(vec![condition]), Type::BOOLEAN, false),
        false => condition,
    }
}

/// `later - earlier <= within`, false where one is missing.
pub fn within(later: Expr, earlier: Expr, within: i64) -> Expr {
    compare(CompareOp::LessEqual, elapsed(later, earlier), duration(within))
}

/// `later - earlier`.
pub fn elapsed(later: Expr, earlier: Expr) -> Expr {
    let nullable = later.nullable || earlier.nullable;
    let kind = ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left: Box::new(later), right: Box::new(earlier) };
    make(kind, Type::DURATION, nullable)
}

/// A duration, milliseconds.
pub fn duration(milliseconds: i64) -> Expr {
    value(Value::Duration(milliseconds), Type::DURATION)
}

/// `left + right` in the type of `left`.
pub fn add(left: Expr, right: Expr) -> Expr {
    let (ty, nullable) = (left.ty, left.nullable || right.nullable);
    let kind = ExprKind::Arithmetic { op: ArithmeticOp::Add, left: Box::new(left), right: Box::new(right) };
    make(kind, ty, nullable)
}

/// `left * right`, a number.
pub fn multiply(left: Expr, right: Expr) -> Expr {
    arithmetic(ArithmeticOp::Multiply, left, right, Type::NUMBER)
}

/// `left * right` of whole numbers, a whole number.
pub fn times(left: Expr, right: Expr) -> Expr {
    if matches!(right.kind, ExprKind::Const(Value::Integer(1))) {
        return left;
    }
    arithmetic(ArithmeticOp::Multiply, left, right, Type::INTEGER)
}

/// `left / right`, a number; missing where `right` is 0.
pub fn divide(left: Expr, right: Expr) -> Expr {
    let never_zero = matches!(&right.kind, ExprKind::Const(v) if v.as_number().is_some_and(|n| n != 0.0) || matches!(v, Value::Duration(d) if *d != 0));
    let quotient = arithmetic(ArithmeticOp::Divide, left, right, Type::NUMBER);
    Expr { nullable: quotient.nullable || !never_zero, ..quotient }
}

/// `left - right`, a number.
pub fn minus(left: Expr, right: Expr) -> Expr {
    arithmetic(ArithmeticOp::Subtract, left, right, Type::NUMBER)
}

fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr, ty: Type) -> Expr {
    let nullable = left.nullable || right.nullable;
    make(ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, ty, nullable)
}

/// The largest whole number that is not above it, in a type of whole numbers.
pub fn floor(number: Expr, ty: Type) -> Expr {
    call(Function::Floor, vec![number], ty)
}

/// A call, missing where an argument is.
pub fn call(function: Function, args: Vec<Expr>, ty: Type) -> Expr {
    let nullable = args.iter().any(|a| a.nullable);
    make(ExprKind::Call { function, args }, ty, nullable)
}

/// The value, or another one where it is missing.
pub fn either(value: Expr, otherwise: Expr) -> Expr {
    let (ty, nullable) = (value.ty, otherwise.nullable);
    make(ExprKind::Coalesce(vec![value, otherwise]), ty, nullable)
}

/// Sum of integers; 0 where there is none.
pub fn sum(parts: impl IntoIterator<Item = Expr>) -> Expr {
    parts.into_iter().reduce(add).unwrap_or_else(|| integer(0))
}

/// `if(condition, then, otherwise)`.
pub fn choose(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    match condition.kind {
        ExprKind::Const(Value::Boolean(true)) => then,
        ExprKind::Const(Value::Boolean(false)) => otherwise,
        _ => {
            let (ty, nullable) = (then.ty, then.nullable || otherwise.nullable);
            let kind =
                ExprKind::If { condition: Box::new(condition), then: Box::new(then), otherwise: Box::new(otherwise) };
            make(kind, ty, nullable)
        }
    }
}

/// A missing value of a type.
pub fn missing(ty: Type) -> Expr {
    value(Value::Missing, ty)
}

/// `if(c, x, missing)` where the condition is `c or rest`: c, x, rest.
pub fn part_of<'e>(when: &'e Expr, value: &'e Expr) -> Option<(&'e Expr, &'e Expr, Expr)> {
    let (ExprKind::Or(all), ExprKind::If { condition, then, otherwise }) = (&when.kind, &value.kind) else {
        return None;
    };
    let missing = matches!(&otherwise.kind, ExprKind::Const(v) if v.is_missing());
    let rest: Vec<Expr> = all.iter().filter(|part| *part != &**condition).cloned().collect();
    (missing && rest.len() < all.len()).then(|| (&**condition, &**then, or(rest)))
}
