//! An expression back in its one canonical form: as few parentheses as the language asks for, double quotes, one space around
//! operators. Parsing the text gives the same tree.

use super::expr::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};
use super::parse::grammar::{compares, prefix_strength, spelling, strength};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Faulty => f.write_str("..."),
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Param(name) => write!(f, "${name}"),
            ExprKind::List(items) => write!(f, "[{}]", Joined(items)),
            ExprKind::Tuple(items) => write!(f, "({})", Joined(items)),
            ExprKind::Unary(op, operand) => unary(f, *op, operand),
            ExprKind::Binary { op, fold, left, right, .. } => binary(f, *op, spelling(*op, *fold), left, right),
            ExprKind::Call { name, args, filter, .. } => call(f, name, args, filter.as_deref()),
            ExprKind::Lookup { lookup, keys, column, .. } => write!(f, "{lookup}[{}].{column}", Joined(keys)),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::String(text) => f.write_str(&string(text)),
            Literal::Integer(n) => n.fmt(f),
            Literal::Number(n) => write!(f, "{n:?}"),
            Literal::Boolean(b) => b.fmt(f),
            Literal::Duration(ms) => f.write_str(&duration(*ms)),
            Literal::Timestamp(ms) => match jiff::Timestamp::from_millisecond(*ms) {
                Ok(time) => time.fmt(f),
                Err(_) => ms.fmt(f),
            },
            Literal::Ip(ip) => ip.fmt(f),
        }
    }
}

/// A duration of milliseconds as a literal: `1d12h`, `500ms`, `0s`, `-1h30m`.
pub fn duration(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut text = String::from(if milliseconds < 0 { "-" } else { "" });
    let mut rest = milliseconds.unsigned_abs();
    for (unit, scale) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        let count = rest / scale;
        rest %= scale;
        if count > 0 {
            let _ = write!(text, "{count}{unit}");
        }
    }
    text
}

/// A string as a literal: in double quotes with escapes, or raw where that saves backslashes.
pub fn string(text: &str) -> String {
    if text.contains('\\') && !text.contains(|c: char| c == '"' || c.is_control()) {
        return format!("r\"{text}\"");
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

struct Joined<'a>(&'a [Expr]);

impl Display for Joined<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}

fn call(f: &mut Formatter<'_>, name: &str, args: &[Expr], filter: Option<&Expr>) -> fmt::Result {
    write!(f, "{name}({}", Joined(args))?;
    if let Some(filter) = filter {
        write!(f, "{}where {filter}", if args.is_empty() { "" } else { " " })?;
    }
    f.write_char(')')
}

fn unary(f: &mut Formatter<'_>, op: UnaryOp, operand: &Expr) -> fmt::Result {
    if let Some((op, fold, left, right)) = negated_word(op, operand) {
        return binary(f, op, &format!("not {}", spelling(op, fold)), left, right);
    }
    f.write_str(match op {
        UnaryOp::Not => "not ",
        UnaryOp::Negate => "-",
    })?;
    operand_of(f, operand, binding(operand).is_some_and(|b| b < prefix_strength(op)))
}

fn binary(f: &mut Formatter<'_>, op: BinaryOp, sign: &str, left: &Expr, right: &Expr) -> fmt::Result {
    operand_of(f, left, needs_parentheses(op, left, false))?;
    write!(f, " {sign} ")?;
    operand_of(f, right, needs_parentheses(op, right, true))
}

/// `and` inside `or` stands in parentheses although it binds tighter, and a comparison never stands bare inside another.
fn needs_parentheses(op: BinaryOp, operand: &Expr, is_right: bool) -> bool {
    let Some(inner) = binding(operand) else {
        return false;
    };
    let own = strength(op);
    match (op, &operand.kind) {
        (BinaryOp::Or, ExprKind::Binary { op: BinaryOp::And, .. }) => true,
        (BinaryOp::And | BinaryOp::Or, _) => inner < own || (inner == own && is_right),
        _ => inner < own || (inner == own && (is_right || compares(op))),
    }
}

fn operand_of(f: &mut Formatter<'_>, operand: &Expr, parentheses: bool) -> fmt::Result {
    if parentheses { write!(f, "({operand})") } else { operand.fmt(f) }
}

/// How tightly the operator at the top binds; none for what is no operator.
fn binding(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Unary(op, operand) => Some(match negated_word(*op, operand) {
            Some((inner, ..)) => strength(inner),
            None => prefix_strength(*op),
        }),
        ExprKind::Binary { op, .. } => Some(strength(*op)),
        _ => None,
    }
}

/// The parts of `x not contains y` (`not in` is an operator of its own, so that `not x in y` stays what it is).
fn negated_word(op: UnaryOp, operand: &Expr) -> Option<(BinaryOp, bool, &Expr, &Expr)> {
    match &operand.kind {
        ExprKind::Binary { op: inner, fold, left, right, .. } if op == UnaryOp::Not => {
            let is_word = spelling(*inner, false).starts_with(|c: char| c.is_ascii_alphabetic());
            let is_test = compares(*inner) && is_word && !matches!(inner, BinaryOp::In | BinaryOp::NotIn);
            is_test.then_some((*inner, *fold, left, right))
        }
        _ => None,
    }
}
