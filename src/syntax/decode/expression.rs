//! Expressions and literals as YAML values.

use super::by;
use super::kit::{Fields, list, name, wrong_kind};
use crate::diagnostic::{Code, Diagnostic, Findings};
use crate::source::yaml::{Core, Kind, Node};
use crate::syntax::expr::{Expr, ExprKind, Literal, UnaryOp};
use crate::syntax::rule::{By, Name};

/// A name or a computation where a literal is expected.
pub const NOT_A_LITERAL: Code = Code("E0310");

/// An expression; a YAML list is a list literal. One that cannot be read is [`ExprKind::Faulty`], so that what stands around it is read
/// and checked as if it were there.
pub fn expression(node: &Node, findings: &mut Findings) -> Option<Expr> {
    Some(read(node, findings).unwrap_or(faulty(node)))
}

fn faulty(node: &Node) -> Expr {
    Expr { kind: ExprKind::Faulty, span: node.span }
}

fn read(node: &Node, findings: &mut Findings) -> Option<Expr> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.core() == Core::Null => {
            findings.push(wrong_kind(node, "an expression"));
            None
        }
        Kind::Scalar(scalar) => match crate::syntax::parse::expression(&scalar.text) {
            Ok(expr) => Some(expr),
            Err(found) => {
                findings.extend(found);
                None
            }
        },
        Kind::Seq(items) => {
            let parts: Vec<Option<Expr>> = items.iter().map(|item| read(item, findings)).collect();
            let parts = parts.into_iter().collect::<Option<Vec<Expr>>>()?;
            Some(Expr { kind: ExprKind::List(parts), span: node.span })
        }
        Kind::Map(_) => {
            findings.push(wrong_kind(node, "an expression"));
            None
        }
        Kind::Refused => None,
    }
}

/// A literal: a quoted YAML text is a string, everything else is read as an expression and must be a literal or a list of them.
pub fn literal(node: &Node, findings: &mut Findings) -> Option<Expr> {
    Some(read_literal(node, findings).unwrap_or(faulty(node)))
}

fn read_literal(node: &Node, findings: &mut Findings) -> Option<Expr> {
    match &node.kind {
        Kind::Scalar(scalar) if !scalar.plain => {
            let kind = ExprKind::Literal(Literal::String(scalar.text.value.clone()));
            Some(Expr { kind, span: node.span })
        }
        Kind::Seq(items) => {
            let parts: Vec<Option<Expr>> = items.iter().map(|item| read_literal(item, findings)).collect();
            let parts = parts.into_iter().collect::<Option<Vec<Expr>>>()?;
            Some(Expr { kind: ExprKind::List(parts), span: node.span })
        }
        _ => {
            let expr = read(node, findings)?;
            if is_literal(&expr) {
                return Some(expr);
            }
            let found =
                Diagnostic::error(NOT_A_LITERAL, expr.span, format!("expected a literal, found {}", node.described()));
            findings.push(match &expr.kind {
                ExprKind::Name(name) => found.help(format!("a text is quoted: `\"{name}\"`")),
                _ => found.help("write a number, a duration, a boolean, a quoted text, or a list of these"),
            });
            None
        }
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::List(items) => items.iter().all(is_literal),
        ExprKind::Unary(UnaryOp::Negate, inner) => matches!(inner.kind, ExprKind::Literal(_)),
        _ => false,
    }
}

impl Fields<'_> {
    /// An expression.
    pub fn expression(&mut self, key: &'static str, findings: &mut Findings) -> Option<Expr> {
        self.take(key, findings).and_then(|node| expression(node, findings))
    }

    /// A literal.
    pub fn literal(&mut self, key: &'static str, findings: &mut Findings) -> Option<Expr> {
        self.take(key, findings).and_then(|node| literal(node, findings))
    }

    /// A name.
    pub fn name(&mut self, key: &'static str, findings: &mut Findings) -> Option<Name> {
        self.take(key, findings).and_then(|node| name(node, findings))
    }

    /// `by`.
    pub fn by(&mut self, findings: &mut Findings) -> Option<By> {
        self.take("by", findings).and_then(|node| by(node, findings))
    }

    /// Names, at least one; a single one needs no list.
    pub fn names(&mut self, key: &'static str, findings: &mut Findings) -> Vec<Name> {
        self.take(key, findings).map(|node| super::kit::names(node, findings)).unwrap_or_default()
    }

    /// Each item of a list, read by `item`; the key may be absent.
    pub fn each<T>(
        &mut self,
        key: &'static str,
        findings: &mut Findings,
        mut item: impl FnMut(&Node, &mut Findings) -> Option<T>,
    ) -> Vec<T> {
        let items = self.take(key, findings).and_then(|node| list(node, findings)).unwrap_or_default();
        items.iter().filter_map(|node| item(node, findings)).collect()
    }
}
