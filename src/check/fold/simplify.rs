//! One step of constant folding, after the parts were folded. Each rule keeps the expression's value on every row.

use super::CONDITION;
use crate::check::rows::constant;
use crate::ir::{Expr, ExprKind, Function, Leaf};
use crate::value::Value;

/// Folds one node whose parts are folded already.
pub(super) fn node(expr: &mut Expr) {
    let (ty, span) = (expr.ty, expr.span);
    let boolean = |b: bool| constant(Value::Boolean(b), CONDITION, span);
    let missing = || constant(Value::Missing, ty, span);
    let folded = match &mut expr.kind {
        ExprKind::Not(inner) => value_of(inner).map(|v| boolean(!v.is_true())),
        ExprKind::And(all) => chain(all, true).map(|kept| joined(kept, true, span)),
        ExprKind::Or(all) => chain(all, false).map(|kept| joined(kept, false, span)),
        ExprKind::Compare { .. }
        | ExprKind::Between { .. }
        | ExprKind::Test { .. }
        | ExprKind::Like { .. }
        | ExprKind::Matches { .. }
        | ExprKind::InField { .. }
        | ExprKind::InNets { .. }
        | ExprKind::InLookup { .. } => any_missing(expr).then(|| boolean(false)),
        ExprKind::InList { item, .. } => is_missing(item).then(|| boolean(false)),
        ExprKind::AnyItem { list, test } => {
            (is_missing(list) || value_of(test).is_some_and(|v| !v.is_true())).then(|| boolean(false))
        }
        ExprKind::Exists(inner) => value_of(inner).map(|v| boolean(!v.is_missing())),
        ExprKind::Leaf(Leaf::AnyInRange(inner) | Leaf::AllInRange(inner)) => {
            value_of(inner).filter(|v| !v.is_true()).map(|_| boolean(false))
        }
        ExprKind::Call { function: Function::Concat, args } => {
            args.retain(|a| !is_missing(a));
            args.is_empty().then(missing)
        }
        ExprKind::Arithmetic { .. } | ExprKind::Call { .. } | ExprKind::Lookup { .. } => {
            any_missing(expr).then(missing)
        }
        ExprKind::If { condition, then, otherwise } => {
            value_of(condition).map(|v| if v.is_true() { (**then).clone() } else { (**otherwise).clone() })
        }
        ExprKind::Coalesce(all) => coalesced(all, missing()),
        ExprKind::Const(_) | ExprKind::Param(_) | ExprKind::Leaf(_) => None,
    };
    if let Some(folded) = folded {
        *expr = folded;
    }
}

fn value_of(expr: &Expr) -> Option<&Value> {
    if let ExprKind::Const(value) = &expr.kind { Some(value) } else { None }
}

fn is_missing(expr: &Expr) -> bool {
    value_of(expr).is_some_and(Value::is_missing)
}

fn any_missing(expr: &Expr) -> bool {
    expr.children().into_iter().any(is_missing)
}

/// The parts of `and` (`or`) that are not settled: those with the neutral value are left out, the other value settles all. None
/// where nothing changes.
fn chain(all: &mut Vec<Expr>, neutral: bool) -> Option<Vec<Expr>> {
    let settles = |e: &Expr| value_of(e).is_some_and(|v| v.is_true() != neutral);
    if let Some(settled) = all.iter().find(|e| settles(e)) {
        return Some(vec![constant(Value::Boolean(!neutral), CONDITION, settled.span)]);
    }
    let before = all.len();
    all.retain(|e| value_of(e).is_none());
    (all.len() < before && all.len() < 2).then(|| std::mem::take(all))
}

fn joined(kept: Vec<Expr>, neutral: bool, span: crate::source::Span) -> Expr {
    match kept.into_iter().next() {
        None => constant(Value::Boolean(neutral), CONDITION, span),
        // A missing boolean counts as false in a chain: two `not` keep that where the chain is gone.
        Some(only) if only.nullable => {
            let not = |e: Expr| Expr { kind: ExprKind::Not(Box::new(e)), ty: CONDITION, nullable: false, span };
            not(not(only))
        }
        Some(only) => only,
    }
}

fn coalesced(all: &mut Vec<Expr>, missing: Expr) -> Option<Expr> {
    all.retain(|e| !is_missing(e));
    if let Some(first) = all.iter().position(|e| value_of(e).is_some()) {
        all.truncate(first + 1);
    }
    match all.as_slice() {
        [] => Some(missing),
        [only] => Some(only.clone()),
        _ => None,
    }
}
