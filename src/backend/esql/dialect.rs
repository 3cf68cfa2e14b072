//! How ES|QL says expressions: literals, nulls, and what its operator table cannot say.
//!
//! Canonical columns: strings are `keyword`, integers and durations (milliseconds) `long`, numbers `double`, timestamps `date`,
//! addresses `ip`; a missing value is null, never an empty text. Whatever changes case goes through regular expressions of ASCII
//! sets where the text is a literal: `TO_LOWER` folds every letter.

use super::function;
use super::text::{name, quote};
use super::whole;
use crate::backend::lucene;
use crate::backend::nets::meets_ipv4;
use crate::backend::print::{Dialect, Printed, Printer, compare_key};
use crate::backend::target::TargetData;
use crate::ir::{ArithmeticOp, CompareOp, ExprKind, Function, LikePiece, StringTest};
use crate::plan::Expr;
use crate::value::{Scalar, Type, Value};
use ipnet::IpNet;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Binds as a comparison, as `AND`, as `OR`, as `+`, as `*`.
pub const COMPARISON: u8 = 30;
const AND: u8 = 20;
const OR: u8 = 10;
const SUM: u8 = 50;
const PRODUCT: u8 = 60;

/// ES|QL over a target's data.
pub struct Esql<'a> {
    /// The tables.
    pub data: &'a TargetData,
    /// Columns of whole numbers that ES|QL keeps as `integer`, all of them small.
    pub small: RefCell<BTreeSet<String>>,
}

impl Dialect for Esql<'_> {
    fn data(&self) -> &TargetData {
        self.data
    }

    fn column(&self, column: &str) -> String {
        name(column, &self.data.reserved)
    }

    fn literal(&self, value: &Value, ty: Type) -> Option<String> {
        Some(match value {
            Value::Missing => null(ty),
            Value::Boolean(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
            Value::Integer(i) | Value::Duration(i) => i.to_string(),
            Value::Number(n) if n.is_finite() => format!("{n:?}"),
            Value::String(text) => quote(text),
            Value::Ip(ip) => format!("TO_IP({})", quote(&ip.to_string())),
            Value::Timestamp(ms) => {
                let at = jiff::Timestamp::from_millisecond(*ms).ok()?;
                format!("TO_DATETIME({})", quote(&format!("{at:.3}")))
            }
            Value::Number(_) | Value::List(_) => return None,
        })
    }

    fn truth(&self, column: &str) -> Printed {
        Printed::atom(self.column(column))
    }

    fn stored(&self, condition: Printed, nullable: bool) -> Printed {
        if nullable { Printed::atom(format!("COALESCE({}, FALSE)", condition.text)) } else { condition }
    }

    fn negated(&self, condition: Printed) -> Printed {
        Printed { text: format!("NOT COALESCE({}, FALSE)", condition.text), binding: 25 }
    }

    fn exists(&self, value: Printed, _: Type) -> Printed {
        Printed { text: format!("{} IS NOT NULL", value.inside(COMPARISON)), binding: COMPARISON }
    }

    fn special(&self, p: &Printer<'_>, expr: &Expr) -> Option<Printed> {
        match &expr.kind {
            ExprKind::Compare { op, fold, left, right } => compare(p, *op, *fold, left, right, expr),
            ExprKind::Between { item, low, high } => {
                let (i, l, h) = (p.value(item), p.value(low), p.value(high));
                let (item, low, high) = (i.inside(COMPARISON), l.inside(COMPARISON), h.inside(COMPARISON));
                Some(Printed { text: format!("{item} >= {low} AND {item} <= {high}"), binding: AND })
            }
            ExprKind::Test { op, fold, item, needle } => Some(test(p, *op, *fold, item, needle, expr)),
            ExprKind::Like { fold, item, pattern } => Some(like(p, *fold, item, pattern)),
            ExprKind::Matches { fold, item, regex } => Some(match lucene::whole(regex, *fold) {
                Ok(pattern) => rlike(&p.value(item), &pattern),
                Err(why) => p.refuse(expr.span, format!("ES|QL: {why}"), "`kql` and `spl` can say it"),
            }),
            ExprKind::InList { fold, item, list } => Some(in_list(p, *fold, item, list)),
            ExprKind::InField { fold: false, item, list } => Some(in_field(p, item, list)),
            ExprKind::AnyItem { list, test } => any_item(p, list, test),
            ExprKind::InNets { item, nets } => Some(in_nets(&p.value(item).text, nets)),
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(p, *op, left, right, expr),
            // Without a third argument the value is null.
            ExprKind::If { condition, then, otherwise } if is_missing(otherwise) => {
                let (condition, then) = (p.condition(condition), p.value(then));
                Some(Printed::atom(format!("CASE({}, {})", condition.text, then.text)))
            }
            // The two branches are of one type.
            ExprKind::If { condition, then, otherwise } if whole::is_whole(expr.ty) => {
                let branches = self.alike(p, &[then, otherwise]);
                Some(Printed::atom(format!("CASE({}, {})", p.condition(condition).text, branches.join(", "))))
            }
            ExprKind::Coalesce(parts) if whole::is_whole(expr.ty) => {
                let parts: Vec<&Expr> = parts.iter().collect();
                Some(Printed::atom(format!("COALESCE({})", self.alike(p, &parts).join(", "))))
            }
            ExprKind::Call { function, args }
                if whole::is_whole(expr.ty) && matches!(function, Function::Min | Function::Max) =>
            {
                let name = if *function == Function::Min { "LEAST" } else { "GREATEST" };
                let args: Vec<&Expr> = args.iter().collect();
                Some(Printed::atom(format!("{name}({})", self.alike(p, &args).join(", "))))
            }
            ExprKind::Call { function, args } => function::call(p, function, args, expr),
            _ => None,
        }
    }
}

impl Esql<'_> {
    /// Whole numbers of one type: `long` where one of them is, since a function takes no `integer` beside it.
    fn alike(&self, p: &Printer<'_>, parts: &[&Expr]) -> Vec<String> {
        let long: Vec<bool> = parts.iter().map(|e| whole::is_long(e, &self.small.borrow())).collect();
        let mixed = long.contains(&true) && long.contains(&false);
        let one = |(e, long): (&&Expr, bool)| match mixed && !long {
            true => format!("TO_LONG({})", p.value(e).text),
            false => p.value(e).text,
        };
        parts.iter().zip(long).map(one).collect()
    }

    /// The value, kept as `long` where it is a whole number: arithmetic of the narrower `integer` would overflow.
    pub fn wide(&self, p: &Printer<'_>, expr: &Expr) -> Printed {
        let value = p.value(expr);
        let small = self.small.borrow();
        if !whole::is_whole(expr.ty)
            || whole::is_long(expr, &small)
            || whole::bound(expr, &small).is_some_and(|b| b <= 100)
        {
            return value;
        }
        Printed::atom(format!("TO_LONG({})", value.text))
    }

    fn arithmetic(&self, p: &Printer<'_>, op: ArithmeticOp, left: &Expr, right: &Expr, expr: &Expr) -> Option<Printed> {
        let is_time = |e: &Expr| e.ty == Type::TIMESTAMP;
        match op {
            ArithmeticOp::Subtract if is_time(left) && is_time(right) => {
                let (l, r) = (p.value(left), p.value(right));
                Some(Printed { text: format!("TO_LONG({}) - TO_LONG({})", l.text, r.text), binding: SUM })
            }
            ArithmeticOp::Add | ArithmeticOp::Subtract if is_time(left) => {
                let sign = if op == ArithmeticOp::Add { "+" } else { "-" };
                let l = p.value(left);
                Some(match &right.kind {
                    ExprKind::Const(Value::Duration(ms)) if *ms >= 0 => {
                        let span = super::text::span(*ms);
                        Printed { text: format!("{} {sign} {span}", l.inside(SUM - 1)), binding: SUM }
                    }
                    _ => {
                        let r = p.value(right);
                        Printed::atom(format!("TO_DATETIME(TO_LONG({}) {sign} {})", l.text, r.inside(SUM)))
                    }
                })
            }
            ArithmeticOp::Divide => {
                let (l, r) = (p.value(left), p.value(right));
                let l = if left.ty == Type::NUMBER { l.inside(PRODUCT - 1) } else { format!("TO_DOUBLE({})", l.text) };
                Some(Printed { text: format!("{l} / {}", r.inside(PRODUCT)), binding: PRODUCT })
            }
            // A product of whole numbers that is asked for as a number may be larger than one.
            ArithmeticOp::Multiply
                if expr.ty == Type::NUMBER && whole::is_whole(left.ty) && whole::is_whole(right.ty) =>
            {
                let (l, r) = (p.value(left), p.value(right));
                Some(Printed { text: format!("TO_DOUBLE({}) * {}", l.text, r.inside(PRODUCT)), binding: PRODUCT })
            }
            _ if whole::is_whole(expr.ty) && !is_time(right) => {
                let small = self.small.borrow();
                let fits = whole::is_long(expr, &small)
                    || whole::bound(expr, &small).is_some_and(|b| b <= i64::from(i32::MAX));
                drop(small);
                if fits {
                    return None;
                }
                let wide = |e: &Expr| Printed::atom(format!("TO_LONG({})", p.value(e).text));
                let (sign, binding) = match op {
                    ArithmeticOp::Add => ("+", SUM),
                    ArithmeticOp::Subtract => ("-", SUM),
                    ArithmeticOp::Multiply => ("*", PRODUCT),
                    _ => ("%", PRODUCT),
                };
                Some(Printed {
                    text: format!("{} {sign} {}", wide(left).text, p.value(right).inside(binding)),
                    binding,
                })
            }
            _ => None,
        }
    }
}

/// A missing value of a type.
pub fn null(ty: Type) -> String {
    format!("{}(null)", conversion(ty))
}

/// The function that gives a type of value.
pub fn conversion(ty: Type) -> &'static str {
    match ty {
        Type::List(_) | Type::Scalar(Scalar::String) => "TO_STRING",
        Type::Scalar(Scalar::Ip) => "TO_IP",
        Type::Scalar(Scalar::Integer | Scalar::Duration) => "TO_LONG",
        Type::Scalar(Scalar::Number) => "TO_DOUBLE",
        Type::Scalar(Scalar::Boolean) => "TO_BOOLEAN",
        Type::Scalar(Scalar::Timestamp) => "TO_DATETIME",
    }
}

fn is_missing(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(Value::Missing))
}

fn text_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// `value RLIKE "pattern"`.
pub fn rlike(value: &Printed, pattern: &str) -> Printed {
    Printed { text: format!("{} RLIKE {}", value.inside(COMPARISON), quote(pattern)), binding: COMPARISON }
}

fn compare(p: &Printer<'_>, op: CompareOp, fold: bool, left: &Expr, right: &Expr, expr: &Expr) -> Option<Printed> {
    if !fold {
        if op == CompareOp::Equal && (is_missing(left) || is_missing(right)) {
            return Some(Printed::atom("FALSE"));
        }
        return None;
    }
    let found = match (text_of(left), text_of(right)) {
        (_, Some(text)) => rlike(&p.value(left), &lucene::without_case(text)),
        (Some(text), _) => rlike(&p.value(right), &lucene::without_case(text)),
        _ => p.refuse(
            expr.span,
            format!("ES|QL has no `{}` that folds ASCII letters alone between two fields", compare_key(op, fold)),
            "compare with a literal, or with case",
        ),
    };
    Some(found)
}

fn test(p: &Printer<'_>, op: StringTest, fold: bool, item: &Expr, needle: &Expr, expr: &Expr) -> Printed {
    let value = p.value(item);
    let Some(text) = text_of(needle) else {
        let needle = p.value(needle);
        return match (op, fold) {
            (StringTest::Contains, false) => {
                Printed { text: format!("LOCATE({}, {}) > 0", value.text, needle.text), binding: COMPARISON }
            }
            (StringTest::StartsWith, false) => Printed::atom(format!("STARTS_WITH({}, {})", value.text, needle.text)),
            (StringTest::EndsWith, false) => Printed::atom(format!("ENDS_WITH({}, {})", value.text, needle.text)),
            _ => p.refuse(expr.span, "ES|QL cannot look for a field's text without case", "look for a literal"),
        };
    };
    match (op, fold) {
        (StringTest::Contains, false) => liked(&value, &format!("*{}*", escaped(text))),
        (StringTest::StartsWith, false) => Printed::atom(format!("STARTS_WITH({}, {})", value.text, quote(text))),
        (StringTest::EndsWith, false) => Printed::atom(format!("ENDS_WITH({}, {})", value.text, quote(text))),
        (StringTest::Contains, true) => rlike(&value, &format!(".*{}.*", lucene::without_case(text))),
        (StringTest::StartsWith, true) => rlike(&value, &format!("{}.*", lucene::without_case(text))),
        (StringTest::EndsWith, true) => rlike(&value, &format!(".*{}", lucene::without_case(text))),
    }
}

fn liked(value: &Printed, pattern: &str) -> Printed {
    Printed { text: format!("{} LIKE {}", value.inside(COMPARISON), quote(pattern)), binding: COMPARISON }
}

/// A text in a pattern of `LIKE`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn like(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &[LikePiece]) -> Printed {
    let value = p.value(item);
    let mut out = String::new();
    for piece in pattern {
        match (piece, fold) {
            (LikePiece::Text(text), false) => out.push_str(&escaped(text)),
            (LikePiece::Text(text), true) => out.push_str(&lucene::without_case(text)),
            (LikePiece::AnyRun, false) => out.push('*'),
            (LikePiece::AnyRun, true) => out.push_str(".*"),
            (LikePiece::AnyOne, false) => out.push('?'),
            (LikePiece::AnyOne, true) => out.push('.'),
        }
    }
    if fold { rlike(&value, &out) } else { liked(&value, &out) }
}

fn in_list(p: &Printer<'_>, fold: bool, item: &Expr, list: &[Expr]) -> Printed {
    if list.is_empty() {
        return Printed::atom("FALSE");
    }
    if fold {
        let texts: Vec<String> = list.iter().filter_map(text_of).map(lucene::without_case).collect();
        return rlike(&p.value(item), &texts.join("|"));
    }
    let values: Vec<String> = list.iter().map(|v| p.value(v).text).collect();
    Printed { text: format!("{} IN ({})", p.value(item).inside(COMPARISON), values.join(", ")), binding: COMPARISON }
}

/// Adding what the list holds already leaves as many different values.
fn in_field(p: &Printer<'_>, item: &Expr, list: &Expr) -> Printed {
    let (values, one) = (p.value(list).text, p.value(item).text);
    let one = if whole::is_whole(item.ty) { format!("TO_LONG({one})") } else { one };
    let text = format!("MV_COUNT(MV_DEDUPE(MV_APPEND({values}, {one}))) == MV_COUNT(MV_DEDUPE({values}))");
    Printed { text, binding: COMPARISON }
}

/// `any(list, it == x)`; none for another question, which has no form over the values of one field.
fn any_item(p: &Printer<'_>, list: &Expr, test: &Expr) -> Option<Printed> {
    let ExprKind::Compare { op: CompareOp::Equal, fold: false, left, right } = &test.kind else { return None };
    let is_it = |e: &Expr| matches!(&e.kind, ExprKind::Leaf(column) if &*column.0 == "it");
    match (is_it(left), is_it(right)) {
        (true, false) => Some(in_field(p, right, list)),
        (false, true) => Some(in_field(p, left, list)),
        _ => None,
    }
}

/// Addresses of either family lie in one space here, in which IPv4 is a part of IPv6.
pub fn in_nets(value: &str, nets: &[IpNet]) -> Printed {
    let texts = |nets: &[&IpNet]| nets.iter().map(|n| quote(&n.to_string())).collect::<Vec<_>>().join(", ");
    let (broad, plain): (Vec<&IpNet>, Vec<&IpNet>) = nets.iter().partition(|n| meets_ipv4(n));
    let mut tests = Vec::new();
    if !plain.is_empty() {
        tests.push(format!("CIDR_MATCH({value}, {})", texts(&plain)));
    }
    if !broad.is_empty() {
        tests.push(format!("(CIDR_MATCH({value}, {}) AND NOT CIDR_MATCH({value}, \"0.0.0.0/0\"))", texts(&broad)));
    }
    match tests.len() {
        0 => Printed::atom("FALSE"),
        1 => Printed::atom(tests.concat()),
        _ => Printed { text: tests.join(" OR "), binding: OR },
    }
}
