//! How KQL says expressions: literals, nulls, and what its operator table cannot say.
//!
//! Canonical columns: strings and addresses are `string` (missing is `""`), integers and durations (milliseconds) `long`, numbers
//! `real`, booleans `bool`, timestamps `datetime`, lists `dynamic`.

use super::text::{instant, name, quote, span};
use crate::backend::nets::meets_ipv4;
use crate::backend::print::{ATOM, Dialect, Printed, Printer, is_text};
use crate::backend::target::TargetData;
use crate::ir::{ArithmeticOp, CompareOp, ExprKind, Function, LikePiece, regex};
use crate::plan::Expr;
use crate::source::Span;
use crate::value::{Scalar, Type, Value};

/// KQL over a target's data.
pub struct Kql<'a> {
    /// The tables.
    pub data: &'a TargetData,
    /// Stands before every column: `s.` for those of the row before, inside a `scan`.
    pub prefix: &'static str,
}

impl Dialect for Kql<'_> {
    fn data(&self) -> &TargetData {
        self.data
    }

    fn column(&self, column: &str) -> String {
        format!("{}{}", self.prefix, name(column, &self.data.reserved))
    }

    fn literal(&self, value: &Value, ty: Type) -> Option<String> {
        Some(match value {
            Value::Missing => null(ty),
            Value::Boolean(b) => b.to_string(),
            Value::Integer(i64::MIN) => "long(-9223372036854775808)".to_owned(),
            Value::Integer(i) | Value::Duration(i) => i.to_string(),
            Value::Number(n) if n.is_finite() => {
                let text = format!("{n:?}");
                if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
            }
            Value::Number(n) => format!("real({}inf)", if *n > 0.0 { "+" } else { "-" }),
            Value::String(text) => quote(text),
            Value::Ip(ip) => quote(&ip.to_string()),
            Value::Timestamp(ms) => instant(*ms),
            Value::List(_) => return None,
        })
    }

    fn truth(&self, column: &str) -> Printed {
        Printed::atom(column_text(self, column))
    }

    fn stored(&self, condition: Printed, nullable: bool) -> Printed {
        if nullable { Printed::atom(format!("coalesce({}, false)", condition.text)) } else { condition }
    }

    fn negated(&self, condition: Printed) -> Printed {
        Printed::atom(format!("not(coalesce({}, false))", condition.text))
    }

    fn exists(&self, value: Printed, ty: Type) -> Printed {
        let function = if is_text(ty) { "isnotempty" } else { "isnotnull" };
        Printed::atom(format!("{function}({})", value.text))
    }

    fn special(&self, p: &Printer<'_>, expr: &Expr) -> Option<Printed> {
        match &expr.kind {
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Exists(value) => {
                    let function = if is_text(value.ty) { "isempty" } else { "isnull" };
                    Some(Printed::atom(format!("{function}({})", p.value(value).text)))
                }
                _ => None,
            },
            ExprKind::If { otherwise, .. } if matches!(otherwise.kind, ExprKind::If { .. }) => Some(case(p, expr)),
            ExprKind::Compare { op, left, right, .. } => compare(p, *op, left, right, expr),
            ExprKind::Arithmetic { op, left, right } => arithmetic(p, *op, left, right, expr),
            ExprKind::Between { item, low, high } => {
                let (i, l, h) = (p.value(item), p.value(low), p.value(high));
                let text = format!("{} between ({} .. {})", i.inside(30), l.text, h.text);
                Some(Printed { text, binding: 30 })
            }
            ExprKind::Test { needle, .. } if needle.nullable => {
                let sure = Expr { nullable: false, ..(**needle).clone() };
                let mut plain = expr.clone();
                if let ExprKind::Test { needle, .. } = &mut plain.kind {
                    **needle = sure;
                }
                let there = self.exists(p.value(needle), needle.ty);
                Some(Printed { text: format!("{} and {}", there.text, p.condition(&plain).inside(20)), binding: 20 })
            }
            ExprKind::Like { fold, item, pattern } => Some(like(p, *fold, item, pattern)),
            ExprKind::Matches { fold, item, regex } => Some(matches(p, *fold, item, regex, expr)),
            ExprKind::InList { fold, item, list } => Some(in_list(p, *fold, item, list)),
            ExprKind::InField { fold: false, item, list } => {
                let (list, item) = (p.value(list), p.value(item));
                Some(Printed {
                    text: format!("coalesce(array_index_of({}, {}) >= 0, false)", list.text, item.text),
                    binding: ATOM,
                })
            }
            ExprKind::InNets { item, nets } => Some(in_nets(p, item, nets)),
            ExprKind::Call { function, args } => call(p, function, args, expr),
            _ => None,
        }
    }
}

fn column_text(dialect: &Kql<'_>, column: &str) -> String {
    dialect.column(column)
}

/// A missing value of a type.
pub fn null(ty: Type) -> String {
    match ty {
        Type::Scalar(Scalar::String | Scalar::Ip) => "\"\"".to_owned(),
        _ => format!("{}(null)", type_name(ty)),
    }
}

/// The type of a canonical column.
pub fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::List(_) => "dynamic",
        Type::Scalar(Scalar::String | Scalar::Ip) => "string",
        Type::Scalar(Scalar::Integer | Scalar::Duration) => "long",
        Type::Scalar(Scalar::Number) => "real",
        Type::Scalar(Scalar::Boolean) => "bool",
        Type::Scalar(Scalar::Timestamp) => "datetime",
    }
}

/// Choices inside the last branch of each other, flat.
fn case(p: &Printer<'_>, expr: &Expr) -> Printed {
    let mut parts = Vec::new();
    let mut rest = expr;
    while let ExprKind::If { condition, then, otherwise } = &rest.kind {
        parts.extend([p.condition(condition).text, p.value(then).text]);
        rest = otherwise;
    }
    parts.push(p.value(rest).text);
    Printed::atom(format!("case({})", parts.join(", ")))
}

fn difference(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right }
            if left.ty == Type::TIMESTAMP && right.ty == Type::TIMESTAMP =>
        {
            Some((left, right))
        }
        _ => None,
    }
}

fn compare(p: &Printer<'_>, op: CompareOp, left: &Expr, right: &Expr, expr: &Expr) -> Option<Printed> {
    if let (Some((later, earlier)), ExprKind::Const(Value::Duration(ms))) = (difference(left), &right.kind) {
        let operator = p.operator(crate::backend::print::compare_key(op, false), expr.span);
        let (later, earlier) = (p.value(later), p.value(earlier));
        let text = format!("{} - {} {} {}", later.inside(50), earlier.inside(50), operator.spelling, span(*ms));
        return Some(Printed { text, binding: operator.binding });
    }
    // Two missing strings are equal to KQL, and to no rule.
    if op == CompareOp::Equal && is_text(left.ty) && left.nullable && right.nullable {
        let mut sure = expr.clone();
        if let ExprKind::Compare { left, .. } = &mut sure.kind {
            left.nullable = false;
        }
        let there = p.dialect.exists(p.value(left), left.ty);
        return Some(Printed { text: format!("{} and {}", there.text, p.condition(&sure).inside(20)), binding: 20 });
    }
    None
}

fn arithmetic(p: &Printer<'_>, op: ArithmeticOp, left: &Expr, right: &Expr, expr: &Expr) -> Option<Printed> {
    // Only where they are used: what is printed here and once more as everywhere takes twice as long for each operator below it.
    let operands = || (p.value(left), p.value(right));
    match op {
        ArithmeticOp::Subtract if difference(expr).is_some() => {
            let (l, r) = operands();
            Some(Printed::atom(format!("datetime_diff('millisecond', {}, {})", l.text, r.text)))
        }
        ArithmeticOp::Add | ArithmeticOp::Subtract if left.ty == Type::TIMESTAMP => {
            let (l, r) = operands();
            let sign = if op == ArithmeticOp::Add { "+" } else { "-" };
            let length = match &right.kind {
                ExprKind::Const(Value::Duration(ms)) => span(*ms),
                _ => format!("{} * 1ms", r.inside(60)),
            };
            Some(Printed { text: format!("{} {sign} {length}", l.inside(49)), binding: 50 })
        }
        ArithmeticOp::Divide => {
            let (l, r) = operands();
            let quotient = format!("todouble({}) / {}", l.text, r.inside(60));
            match &right.kind {
                ExprKind::Const(v) if v.as_number().is_some_and(|n| n != 0.0) => {
                    Some(Printed { text: quotient, binding: 60 })
                }
                _ => Some(Printed::atom(format!("iff({} == 0, real(null), {quotient})", r.inside(30)))),
            }
        }
        // A product of whole numbers that is asked for as a number does not wrap.
        ArithmeticOp::Multiply if expr.ty == Type::NUMBER && [left, right].into_iter().all(is_whole_value) => {
            let (l, r) = operands();
            Some(Printed { text: format!("todouble({}) * {}", l.text, r.inside(60)), binding: 60 })
        }
        // `%` is never negative here, and a rule's has the sign of the dividend; its page tells of whole numbers only.
        ArithmeticOp::Modulo if is_whole(left.ty) && is_whole(right.ty) => {
            let (l, r) = operands();
            let (dividend, divisor) = (l.inside(60), format!("abs({})", r.text));
            let rest = format!("iff({} < 0, -(-{} % {divisor}), {dividend} % {divisor})", l.inside(40), l.inside(70));
            match &right.kind {
                ExprKind::Const(v) if v.as_number().is_some_and(|n| n != 0.0) => Some(Printed::atom(rest)),
                _ => Some(Printed::atom(format!("iff({} == 0, {}, {rest})", r.inside(30), null(expr.ty)))),
            }
        }
        ArithmeticOp::Modulo => {
            // What is refused in them is told as well.
            operands();
            Some(p.refuse(expr.span, "KQL's `%` of fractions is not documented", "compare with a difference instead"))
        }
        _ => None,
    }
}

fn is_whole_value(expr: &Expr) -> bool {
    is_whole(expr.ty) && !matches!(expr.kind, ExprKind::Const(_))
}

fn is_whole(ty: Type) -> bool {
    matches!(ty, Type::Scalar(Scalar::Integer | Scalar::Duration))
}

fn like(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &[LikePiece]) -> Printed {
    use LikePiece::{AnyRun, Text};
    let key = |plain: &'static str, folded: &'static str| if fold { folded } else { plain };
    let simple = match pattern {
        [Text(t)] => Some((key("equal", "equal_fold"), t)),
        [Text(t), AnyRun] => Some((key("starts_with", "starts_with_fold"), t)),
        [AnyRun, Text(t)] => Some((key("ends_with", "ends_with_fold"), t)),
        [AnyRun, Text(t), AnyRun] => Some((key("contains", "contains_fold"), t)),
        _ => None,
    };
    if let Some((key, text)) = simple {
        let operator = p.operator(key, item.span);
        let item = p.value(item);
        let text = format!("{} {} {}", item.inside(operator.binding), operator.spelling, quote(text));
        return Printed { text, binding: operator.binding };
    }
    let mut expression = String::from(r"\A");
    for piece in pattern {
        match piece {
            Text(t) => expression.push_str(&regex::quoted(t)),
            AnyRun => expression.push_str(".*"),
            LikePiece::AnyOne => expression.push('.'),
        }
    }
    expression.push_str(r"\z");
    matched(p, fold, item, &expression)
}

fn matches(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &str, expr: &Expr) -> Printed {
    match regex::ascii(pattern, r"\z") {
        Some(pattern) => matched(p, fold, item, &pattern),
        None => p.refuse(expr.span, "a negated class inside a set has no ASCII spelling", "write the set out"),
    }
}

/// A missing text matches nothing, not even an expression that an empty one would match.
fn matched(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &str) -> Printed {
    let value = p.value(item);
    let test = matching(p, &value.inside(30), fold, pattern, item.span);
    if item.nullable {
        return Printed { text: format!("{} and {test}", p.dialect.exists(value, item.ty).text), binding: 20 };
    }
    Printed { text: test, binding: 30 }
}

/// Whether a value matches an expression, whose end is `$` or `\\z`.
pub fn matching(p: &Printer<'_>, value: &str, fold: bool, pattern: &str, span: Span) -> String {
    if fold {
        p.assume_folds(pattern);
    }
    let flags = if fold { "(?is)" } else { "(?s)" };
    format!("{value} {} {}", p.operator("matches", span).spelling, quote(&format!("{flags}{pattern}")))
}

fn in_list(p: &Printer<'_>, fold: bool, item: &Expr, list: &[Expr]) -> Printed {
    if list.is_empty() {
        return Printed::atom("false");
    }
    let operator = p.operator(if fold { "in_fold" } else { "in" }, item.span);
    let values: Vec<String> = list.iter().map(|v| p.value(v).text).collect();
    let text = format!("{} {} ({})", p.value(item).inside(30), operator.spelling, values.join(", "));
    Printed { text, binding: 30 }
}

fn in_nets(p: &Printer<'_>, item: &Expr, nets: &[ipnet::IpNet]) -> Printed {
    let value = p.value(item);
    let tests: Vec<String> = nets.iter().map(|net| in_net(&value.text, net)).collect();
    let binding = if tests.len() == 1 { ATOM } else { 10 };
    Printed { text: tests.join(" or "), binding }
}

/// Kusto's functions give null for what is no address of theirs, but an IPv4 address is one of IPv6, too.
pub fn in_net(value: &str, net: &ipnet::IpNet) -> String {
    let function = if net.addr().is_ipv4() { "ipv4_is_in_range" } else { "ipv6_is_in_range" };
    let test = format!("coalesce({function}({value}, {}), false)", quote(&net.to_string()));
    if meets_ipv4(net) { format!("({value} contains \":\" and {test})") } else { test }
}

fn call(p: &Printer<'_>, function: &Function, args: &[Expr], expr: &Expr) -> Option<Printed> {
    let values: Vec<Printed> = args.iter().map(|a| p.value(a)).collect();
    let texts: Vec<&str> = values.iter().map(|v| v.text.as_str()).collect();
    let first = args.first()?;
    let one = *texts.first()?;
    // Functions from texts to numbers count an empty text, which is a missing one.
    let unless_missing = |text: String| {
        let there = p.dialect.exists(Printed::atom(one), first.ty).text;
        if first.nullable { format!("iff({there}, {text}, {})", null(expr.ty)) } else { text }
    };
    let text = match function {
        Function::Lower => p.folded("tolower", one),
        Function::Upper => p.folded("toupper", one),
        Function::Length => unless_missing(format!("strlen({one})")),
        Function::Concat => format!("strcat({})", texts.join(", ")),
        Function::Substring if args.iter().skip(1).all(not_negative) => format!("substring({})", texts.join(", ")),
        Function::Replace => format!("replace_string({})", texts.join(", ")),
        Function::Trim => format!("trim({}, {one})", quote(r"[ \t\r\n]+")),
        Function::Abs => format!("abs({one})"),
        Function::Floor => format!("tolong(bin({one}, 1))"),
        Function::Ceil => format!("-bin(-({one}), 1)"),
        Function::Min | Function::Max => {
            let name = if *function == Function::Min { "min_of" } else { "max_of" };
            let all = format!("{name}({})", texts.join(", "));
            let missing: Vec<String> =
                args.iter().zip(&texts).filter(|(a, _)| a.nullable).map(|(_, t)| format!("isnull({t})")).collect();
            if missing.is_empty() { all } else { format!("iff({}, {}, {all})", missing.join(" or "), null(expr.ty)) }
        }
        Function::ToString => match first.ty {
            Type::Scalar(Scalar::String | Scalar::Ip) => one.to_owned(),
            Type::Scalar(Scalar::Integer) => format!("tostring({one})"),
            Type::Scalar(Scalar::Boolean) => format!("tolower(tostring({one}))"),
            _ => return None,
        },
        Function::HourOfDay(zone) => unless_missing(format!("hourofday({})", local(one, zone))),
        Function::DayOfWeek(zone) => {
            let day = format!("tolong(dayofweek({}) / 1d)", local(one, zone));
            unless_missing(format!("iff({day} == 0, 7, {day})"))
        }
        _ => return None,
    };
    Some(Printed::atom(text))
}

fn not_negative(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Const(Value::Integer(i)) if *i >= 0)
}

fn local(time: &str, zone: &str) -> String {
    if zone == "UTC" { time.to_owned() } else { format!("datetime_utc_to_local({time}, {})", quote(zone)) }
}
