//! Tests of texts: `contains`, `startswith`, `endswith`, `like`, `matches`.

use super::{Operation, Typer, regex, written};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::ir::{self, ExprKind, LikePiece, StringTest};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr};
use crate::value::{Type, Value};

impl Typer<'_, '_, '_> {
    pub(super) fn string_test(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let (item, needle) = self.both(left, right)?;
        self.string(&item, operation)?;
        self.string(&needle, operation)?;
        self.check_fold(operation.fold, &[&item, &needle], operation.op_span)?;
        self.can_equal(&item, &needle, operation.fold, false)?;
        let op = match operation.op {
            BinaryOp::StartsWith => StringTest::StartsWith,
            BinaryOp::EndsWith => StringTest::EndsWith,
            _ => StringTest::Contains,
        };
        let kind = ExprKind::Test { op, fold: operation.fold, item: Box::new(item), needle: Box::new(needle) };
        Some(Self::boolean(kind, operation.span))
    }

    pub(super) fn like(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let (item, pattern) = self.both(left, right)?;
        self.string(&item, operation)?;
        let text = self.pattern(&pattern, operation)?;
        self.check_fold(operation.fold, &[&item, &pattern], operation.op_span)?;
        self.can_equal(&item, &pattern, operation.fold, !text.contains(['*', '?']))?;
        let kind = ExprKind::Like { fold: operation.fold, item: Box::new(item), pattern: pieces(&text) };
        Some(Self::boolean(kind, operation.span))
    }

    pub(super) fn matches(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let (item, pattern) = self.both(left, right)?;
        self.string(&item, operation)?;
        let text = self.pattern(&pattern, operation)?;
        self.check_fold(operation.fold, &[&item, &pattern], operation.op_span)?;
        if let Err(fault) = regex::check(&text) {
            return self.check.error_help(codes::REGEX, pattern.span, fault.message, fault.help);
        }
        let kind = ExprKind::Matches { fold: operation.fold, item: Box::new(item), regex: text };
        Some(Self::boolean(kind, operation.span))
    }

    fn string(&mut self, operand: &ir::Expr, operation: &Operation) -> Option<()> {
        if operand.ty == Type::STRING {
            return Some(());
        }
        let op = written(operation.op);
        let message = format!("`{op}` needs strings, not {}", with_article(operand.ty));
        let help = match operand.ty {
            Type::List(_) if op == "contains" => {
                "write `x in list` for an item, `any(list, it contains x)` for a part of one"
            }
            Type::List(_) => "ask `any(list, it ...)`",
            Type::IP => "ask whether an address lies in a network with `in`, or convert with `string(x)`",
            Type::Scalar(_) => "`string(x)` writes a value as text",
        };
        self.check.error_help(codes::OPERANDS, operand.span, message, help)
    }

    /// A pattern, which a compiler has to see.
    fn pattern(&mut self, pattern: &ir::Expr, operation: &Operation) -> Option<String> {
        self.string(pattern, operation)?;
        match self.constant_behind(pattern) {
            Some(Value::String(text)) => Some(text.to_string()),
            _ => self.literal_needed(&format!("the pattern of `{}`", written(operation.op)), pattern.span),
        }
    }

    pub(super) fn literal_needed<T>(&mut self, what: &str, span: Span) -> Option<T> {
        self.check.error(codes::LITERAL, span, format!("{what} must be a literal or a parameter"))
    }
}

/// A `like` pattern in pieces; a backslash is a character like any other, so that Windows paths need no doubling.
fn pieces(pattern: &str) -> Vec<LikePiece> {
    let mut all = Vec::new();
    let mut text = String::new();
    for c in pattern.chars() {
        let piece = match c {
            '*' => LikePiece::AnyRun,
            '?' => LikePiece::AnyOne,
            _ => {
                text.push(c);
                continue;
            }
        };
        if !text.is_empty() {
            all.push(LikePiece::Text(std::mem::take(&mut text)));
        }
        // `**` is `*`.
        if !(piece == LikePiece::AnyRun && all.last() == Some(&LikePiece::AnyRun)) {
            all.push(piece);
        }
    }
    if !text.is_empty() {
        all.push(LikePiece::Text(text));
    }
    all
}
