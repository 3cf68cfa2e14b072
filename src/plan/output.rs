//! What an alert's row shows: group, entities, details, title.

use super::TextPiece;
use super::build::{Builder, Hits};
use crate::ir::{self, ExprKind, Leaf, Template, TemplatePiece};

/// Names every column of an alert.
pub(super) fn output(b: &mut Builder, hits: &Hits) {
    b.output.group = hits.keys.iter().map(|k| (k.name.clone(), k.column.clone())).collect();
    let title = b.rule.alert.title.clone();
    b.output.title = text_of(b, &title);
    let rule = b.rule;
    let named = rule.alert.entities.iter().chain(&rule.alert.details);
    for (name, expr) in named {
        if !shown(b, expr) {
            b.output.left_out.push(name.clone());
            continue;
        }
        let value = b.lower(expr);
        let column = b.compute("", &name.clone(), value);
        b.output.values.push((name.clone(), column));
    }
}

/// False where a value would need another pass over the window's events.
fn shown(b: &Builder, expr: &ir::Expr) -> bool {
    let mut all = true;
    ir::walk::rows(b.rule, expr, &mut |e| match &e.kind {
        ExprKind::Leaf(Leaf::OverRange(_)) => all = false,
        ExprKind::Leaf(Leaf::Measure(m)) if !b.measures.contains_key(m) => all = false,
        _ => {}
    });
    all
}

/// A template over columns.
pub(super) fn text_of(b: &mut Builder, template: &Template) -> Vec<TextPiece> {
    let mut pieces = Vec::new();
    for piece in &template.0 {
        match piece {
            TemplatePiece::Text(text) => pieces.push(TextPiece::Text(text.clone())),
            TemplatePiece::Value(expr) => {
                let value = b.lower(expr);
                let (ty, nullable) = (value.ty, value.nullable);
                let column = b.compute("", "shown", value);
                let nullable = nullable && !b.is_hit_key(&column);
                pieces.push(TextPiece::Column { column, ty, nullable });
            }
        }
    }
    pieces
}
