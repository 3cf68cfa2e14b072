//! Walks over expressions as written.

use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind};

/// Every name in an expression with its place, in written order.
pub(super) fn names_in(expr: &Expr) -> Vec<(&str, Span)> {
    let mut names = Vec::new();
    visit(expr, &mut |e| {
        if let ExprKind::Name(name) = &e.kind {
            names.push((name.as_str(), e.span));
        }
    });
    names
}

/// Visits an expression and all its parts, outermost first.
pub(super) fn visit<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    match &expr.kind {
        ExprKind::Faulty | ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Param(_) => {}
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Lookup { keys: items, .. } => {
            items.iter().for_each(|e| visit(e, f));
        }
        ExprKind::Unary(_, inner) => visit(inner, f),
        ExprKind::Binary { left, right, .. } => {
            visit(left, f);
            visit(right, f);
        }
        ExprKind::Call { args, filter, .. } => {
            args.iter().for_each(|e| visit(e, f));
            if let Some(filter) = filter {
                visit(filter, f);
            }
        }
    }
}
