//! Literals, and what the schema says that a literal can be.

use super::Typer;
use crate::check::codes;
use crate::check::names::with_nearest;
use crate::check::rows::constant;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExprKind};
use crate::source::Span;
use crate::syntax::expr::Literal;
use crate::value::{Scalar, Type, Value};

impl Typer<'_, '_, '_> {
    pub(super) fn literal(&mut self, literal: &Literal, span: Span) -> Option<ir::Expr> {
        let (value, ty) = typed(literal);
        if value.is_missing() && ty == Type::STRING {
            return self.check.error_help(
                codes::EMPTY_STRING,
                span,
                "an empty string is the same as missing, so nothing compares with it",
                "ask `exists(x)` or `not exists(x)`",
            );
        }
        Some(constant(value, ty, span))
    }

    /// A text literal read as the address that its partner is.
    pub(super) fn meet(&mut self, left: ir::Expr, right: ir::Expr) -> Option<(ir::Expr, ir::Expr)> {
        let ip = Type::Scalar(Scalar::Ip);
        match (left.ty, right.ty) {
            (l, Type::STRING) if l == ip => {
                let right = self.address(right)?;
                Some((left, right))
            }
            (Type::STRING, r) if r == ip => {
                let left = self.address(left)?;
                Some((left, right))
            }
            _ => Some((left, right)),
        }
    }

    fn address(&mut self, expr: ir::Expr) -> Option<ir::Expr> {
        let Some(Value::String(text)) = self.constant_behind(&expr) else { return Some(expr) };
        if let Ok(ip) = text.parse() {
            return Some(constant(Value::ip(ip), Type::IP, expr.span));
        }
        let help = if text.contains('/') {
            "ask whether an address lies in a network with `in`"
        } else {
            "such as `10.0.0.1` or `2001:db8::1`"
        };
        self.check.error_help(codes::ADDRESS, expr.span, format!("`{text}` is no address"), help)
    }

    /// Whether a literal can ever equal a field: it is one of the declared values, and no capital meets a lower-case field.
    /// `whole`: the literal is the whole value, not a part of it.
    pub(super) fn can_equal(&mut self, other: &ir::Expr, literal: &ir::Expr, fold: bool, whole: bool) -> Option<()> {
        let Some(field) = self.field_behind(other) else { return Some(()) };
        let Some((name, declared)) = self.check.schema.field_at(field) else { return Some(()) };
        let mut good = Some(());
        for text in self.texts(literal) {
            let known = |v: &String| if fold { v.eq_ignore_ascii_case(&text) } else { *v == text };
            if whole && !declared.values.is_empty() && !declared.values.iter().any(known) {
                let message = format!("`{name}` is never `{text}`");
                let found = Diagnostic::error(codes::NOT_A_VALUE, literal.span, message);
                let found = with_nearest(found, &text, declared.values.iter().map(String::as_str));
                let found = if found.help.is_none() {
                    found.help(format!(
                        "its values are {}",
                        crate::check::checker::listed(declared.values.iter().map(String::as_str))
                    ))
                } else {
                    found
                };
                self.check.report(found);
                good = None;
            } else if declared.lower && !fold && text.chars().any(|c| c.is_ascii_uppercase()) {
                let message = format!("`{name}` is lower case, so `{text}` never matches");
                let help = format!("write `{}`", text.to_ascii_lowercase());
                good = self.check.error_help(codes::NEVER_LOWER, literal.span, message, help);
            }
        }
        good
    }

    fn texts(&self, literal: &ir::Expr) -> Vec<String> {
        match self.constant_behind(literal) {
            Some(Value::String(s)) => vec![s.to_string()],
            Some(Value::List(items)) => {
                items.iter().filter_map(|v| if let Value::String(s) = v { Some(s.to_string()) } else { None }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `~` is for strings, and its literals are ASCII.
    pub(super) fn check_fold(&mut self, fold: bool, operands: &[&ir::Expr], op_span: Span) -> Option<()> {
        if !fold {
            return Some(());
        }
        for operand in operands {
            if !matches!(operand.ty, Type::Scalar(Scalar::String) | Type::List(Scalar::String)) {
                let message = format!(
                    "`~` compares strings without case, and this is {}",
                    crate::check::consts::with_article(operand.ty)
                );
                return self.check.error_help(codes::FOLD, op_span, message, "leave out the `~`");
            }
            if let Some(text) = self.texts(operand).into_iter().find(|t| !t.is_ascii()) {
                return self.check.error_help(
                    codes::FOLD_ASCII,
                    operand.span,
                    format!("`{text}` is not ASCII, and `~` folds ASCII letters only"),
                    "list the spellings with `in [...]`, or compare exactly",
                );
            }
        }
        Some(())
    }

    /// Whether it is a literal or a parameter.
    pub(super) fn is_constant(expr: &ir::Expr) -> bool {
        matches!(expr.kind, ExprKind::Const(_) | ExprKind::Param(_))
    }
}

/// A literal's value and type.
pub(in crate::check) fn typed(literal: &Literal) -> (Value, Type) {
    match literal {
        Literal::String(s) => (Value::string(s), Type::STRING),
        Literal::Integer(i) => (Value::Integer(*i), Type::INTEGER),
        Literal::Number(n) => (Value::number(*n), Type::NUMBER),
        Literal::Boolean(b) => (Value::Boolean(*b), Type::BOOLEAN),
        Literal::Duration(d) => (Value::Duration(*d), Type::DURATION),
        Literal::Timestamp(t) => (Value::Timestamp(*t), Type::TIMESTAMP),
        Literal::Ip(ip) => (Value::ip(*ip), Type::IP),
    }
}
