//! Walks over expressions.

use super::{Expr, ExprKind, Leaf, Rule};

/// Every direct operand, in order.
pub fn children<L>(expr: &Expr<L>) -> Vec<&Expr<L>> {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Param(_) | ExprKind::Leaf(_) => Vec::new(),
        ExprKind::Not(e) | ExprKind::Exists(e) => vec![e],
        ExprKind::Like { item, .. } | ExprKind::Matches { item, .. } | ExprKind::InNets { item, .. } => vec![item],
        ExprKind::And(es) | ExprKind::Or(es) | ExprKind::Coalesce(es) => es.iter().collect(),
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => vec![left, right],
        ExprKind::Between { item, low, high } => vec![item, low, high],
        ExprKind::Test { item, needle, .. } => vec![item, needle],
        ExprKind::InList { item, list, .. } => std::iter::once(&**item).chain(list).collect(),
        ExprKind::InField { item, list, .. } => vec![item, list],
        ExprKind::InLookup { keys, .. } | ExprKind::Lookup { keys, .. } => keys.iter().collect(),
        ExprKind::AnyItem { list, test } => vec![list, test],
        ExprKind::Call { args, .. } => args.iter().collect(),
        ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
    }
}

/// Visits the expression and all below it, through lets and into the conditions of `any(c)` and measures over a range.
pub fn rows(rule: &Rule, expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    if let ExprKind::Leaf(leaf) = &expr.kind {
        match leaf {
            Leaf::Let(id) => {
                if let Some(l) = rule.lets.get(id.index()) {
                    rows(rule, &l.expr, visit);
                }
            }
            Leaf::AnyInRange(inner) | Leaf::AllInRange(inner) => rows(rule, inner, visit),
            Leaf::OverRange(measure) => {
                for inner in measure.argument.iter().chain(&measure.filter) {
                    rows(rule, inner, visit);
                }
            }
            _ => {}
        }
    }
    for child in children(expr) {
        rows(rule, child, visit);
    }
}

/// A copy in which `change` may replace any expression (the result is not walked again).
pub fn map(expr: &Expr, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
    if let Some(changed) = change(expr) {
        return changed;
    }
    convert(expr, &mut |leaf_expr, _| leaf_expr.clone(), &mut |e| change(e))
}

/// A copy over other leaves: `leaf` says what a leaf becomes, `special` may replace any expression before its parts are copied.
pub fn convert<L, M>(
    expr: &Expr<L>,
    leaf: &mut dyn FnMut(&Expr<L>, &L) -> Expr<M>,
    special: &mut dyn FnMut(&Expr<L>) -> Option<Expr<M>>,
) -> Expr<M> {
    if let Some(changed) = special(expr) {
        return changed;
    }
    let mut one = |e: &Expr<L>| Box::new(convert(e, leaf, special));
    let kind = match &expr.kind {
        ExprKind::Leaf(l) => return leaf(expr, l),
        ExprKind::Const(v) => ExprKind::Const(v.clone()),
        ExprKind::Param(p) => ExprKind::Param(*p),
        ExprKind::Not(e) => ExprKind::Not(one(e)),
        ExprKind::Exists(e) => ExprKind::Exists(one(e)),
        ExprKind::And(es) => ExprKind::And(es.iter().map(|e| *one(e)).collect()),
        ExprKind::Or(es) => ExprKind::Or(es.iter().map(|e| *one(e)).collect()),
        ExprKind::Coalesce(es) => ExprKind::Coalesce(es.iter().map(|e| *one(e)).collect()),
        ExprKind::Compare { op, fold, left, right } => {
            ExprKind::Compare { op: *op, fold: *fold, left: one(left), right: one(right) }
        }
        ExprKind::Arithmetic { op, left, right } => {
            ExprKind::Arithmetic { op: *op, left: one(left), right: one(right) }
        }
        ExprKind::Between { item, low, high } => ExprKind::Between { item: one(item), low: one(low), high: one(high) },
        ExprKind::Test { op, fold, item, needle } => {
            ExprKind::Test { op: *op, fold: *fold, item: one(item), needle: one(needle) }
        }
        ExprKind::Like { fold, item, pattern } => {
            ExprKind::Like { fold: *fold, item: one(item), pattern: pattern.clone() }
        }
        ExprKind::Matches { fold, item, regex } => {
            ExprKind::Matches { fold: *fold, item: one(item), regex: regex.clone() }
        }
        ExprKind::InList { fold, item, list } => {
            ExprKind::InList { fold: *fold, item: one(item), list: list.iter().map(|e| *one(e)).collect() }
        }
        ExprKind::InField { fold, item, list } => ExprKind::InField { fold: *fold, item: one(item), list: one(list) },
        ExprKind::InNets { item, nets } => ExprKind::InNets { item: one(item), nets: nets.clone() },
        ExprKind::InLookup { lookup, keys } => {
            ExprKind::InLookup { lookup: *lookup, keys: keys.iter().map(|e| *one(e)).collect() }
        }
        ExprKind::Lookup { lookup, keys, column } => {
            ExprKind::Lookup { lookup: *lookup, keys: keys.iter().map(|e| *one(e)).collect(), column: *column }
        }
        ExprKind::AnyItem { list, test } => ExprKind::AnyItem { list: one(list), test: one(test) },
        ExprKind::Call { function, args } => {
            ExprKind::Call { function: function.clone(), args: args.iter().map(|e| *one(e)).collect() }
        }
        ExprKind::If { condition, then, otherwise } => {
            ExprKind::If { condition: one(condition), then: one(then), otherwise: one(otherwise) }
        }
    };
    Expr { kind, ty: expr.ty, nullable: expr.nullable, span: expr.span }
}
