//! How SPL says expressions: literals, nulls, and what its operator table cannot say.
//!
//! Canonical columns: booleans are 1 or 0, timestamps and durations whole milliseconds, strings and addresses texts; missing is null. A
//! comparison with null is null, and what `NOT` makes of that inside a larger condition no manual settles: `if(c, 1, 0)=0` does.

use super::text::{looks_like_a_number, name, quote};
use crate::backend::nets::meets_ipv4;
use crate::backend::print::{ATOM, Dialect, Printed, Printer, compare_key, is_text, reads};
use crate::backend::target::TargetData;
use crate::ir::{ArithmeticOp, CompareOp, ExprKind, Function, LikePiece, StringTest, regex, walk};
use crate::plan::{Column, Expr};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};

/// The very end of a text, where `.` matches a newline too; `$` would also match before a newline at the end.
pub const END: &str = "(?!.)";

/// SPL over a target's data.
pub struct Spl<'a> {
    /// The tables.
    pub data: &'a TargetData,
}

impl Dialect for Spl<'_> {
    fn data(&self) -> &TargetData {
        self.data
    }

    fn column(&self, column: &str) -> String {
        name(column)
    }

    fn literal(&self, value: &Value, _ty: Type) -> Option<String> {
        Some(match value {
            Value::Missing => "null()".to_owned(),
            Value::Boolean(b) => i64::from(*b).to_string(),
            Value::Integer(i) | Value::Duration(i) | Value::Timestamp(i) => i.to_string(),
            Value::Number(n) if n.is_finite() => format!("{n}"),
            Value::Number(_) | Value::List(_) => return None,
            Value::String(text) => quote(text),
            Value::Ip(ip) => quote(&ip.to_string()),
        })
    }

    fn truth(&self, column: &str) -> Printed {
        Printed { text: format!("{}=1", name(column)), binding: 30 }
    }

    fn holds(&self, value: Printed) -> Printed {
        Printed { text: format!("{}=1", value.inside(30)), binding: 30 }
    }

    fn stored(&self, condition: Printed, _nullable: bool) -> Printed {
        Printed::atom(format!("if({}, 1, 0)", condition.text))
    }

    fn negated(&self, condition: Printed) -> Printed {
        Printed { text: format!("if({}, 1, 0)=0", condition.text), binding: 30 }
    }

    fn exists(&self, value: Printed, _ty: Type) -> Printed {
        Printed::atom(format!("isnotnull({})", value.text))
    }

    fn special(&self, p: &Printer<'_>, expr: &Expr) -> Option<Printed> {
        match &expr.kind {
            ExprKind::Const(Value::Boolean(b)) if expr.ty == Type::BOOLEAN => {
                Some(Printed { text: if *b { "1=1" } else { "1=0" }.to_owned(), binding: 30 })
            }
            ExprKind::If { otherwise, .. } if matches!(otherwise.kind, ExprKind::If { .. }) => Some(case(p, expr)),
            ExprKind::Compare { op, fold, left, right } => compare(p, *op, *fold, left, right),
            ExprKind::Between { item, low, high } => {
                let (i, l, h) = (p.value(item), p.value(low), p.value(high));
                let text = format!("{i} >= {} AND {i} <= {}", l.inside(30), h.inside(30), i = i.inside(30));
                Some(Printed { text: format!("({text})"), binding: ATOM })
            }
            ExprKind::Test { op, fold, item, needle } => Some(test(p, *op, *fold, item, needle, expr)),
            ExprKind::Like { fold, item, pattern } => Some(like(p, *fold, item, pattern)),
            ExprKind::Matches { fold, item, regex } => Some(matches(p, *fold, item, regex, expr)),
            ExprKind::InList { fold, item, list } => Some(in_list(p, *fold, item, list)),
            ExprKind::InNets { item, nets } => {
                let value = p.value(item);
                let tests: Vec<String> = nets.iter().map(|net| in_net(&value.text, net)).collect();
                let binding = if tests.len() == 1 { ATOM } else { 10 };
                Some(Printed { text: tests.join(" OR "), binding })
            }
            ExprKind::Arithmetic { op: op @ (ArithmeticOp::Divide | ArithmeticOp::Modulo), left, right } => {
                Some(divide(p, *op, left, right))
            }
            // Decimals are rounded to the digits of the operands, but for `exact`.
            ExprKind::Arithmetic { op, left, right } if expr.ty == Type::NUMBER => {
                Some(Printed::atom(format!("exact({})", p.arithmetic(*op, left, right, expr.span).text)))
            }
            ExprKind::AnyItem { list, test } => Some(any_item(p, list, test, expr.span)),
            ExprKind::InField { fold, item, list } => Some(in_field(p, *fold, item, list, expr.span)),
            ExprKind::Call { function, args } => call(p, function, args),
            _ => None,
        }
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
    parts.extend(["1=1".to_owned(), p.value(rest).text]);
    Printed::atom(format!("case({})", parts.join(", ")))
}

/// Whether `cidrmatch` takes an IPv4 address for the IPv6 one that stands for it no manual says.
pub fn in_net(value: &str, net: &ipnet::IpNet) -> String {
    let test = format!("cidrmatch({}, {value})", quote(&net.to_string()));
    if meets_ipv4(net) { format!("(like({value}, \"%:%\") AND {test})") } else { test }
}

/// Texts that look like numbers are compared as numbers, so that "1e3" is "1000": behind a prefix they are texts again.
fn compare(p: &Printer<'_>, op: CompareOp, fold: bool, left: &Expr, right: &Expr) -> Option<Printed> {
    if !is_text(left.ty) || op != CompareOp::Equal {
        return None;
    }
    let risky = |e: &Expr| match &e.kind {
        ExprKind::Const(Value::String(text)) => looks_like_a_number(text),
        ExprKind::Const(_) => false,
        _ => true,
    };
    let side = |e: &Expr, prefix: bool| {
        let text = match &e.kind {
            ExprKind::Const(Value::String(text)) => {
                let text = if fold { text.to_ascii_lowercase() } else { text.to_string() };
                return quote(&if prefix { format!("={text}") } else { text });
            }
            _ if fold => p.folded("lower", &p.value(e).text),
            _ => p.value(e).inside(50),
        };
        if prefix { format!("\"=\".{text}") } else { text }
    };
    let prefix = risky(left) && risky(right);
    let operator = p.operator(compare_key(op, false), left.span);
    let text = format!("{}{}{}", side(left, prefix), operator.spelling, side(right, prefix));
    Some(Printed { text, binding: operator.binding })
}

fn test(p: &Printer<'_>, op: StringTest, fold: bool, item: &Expr, needle: &Expr, expr: &Expr) -> Printed {
    let ExprKind::Const(Value::String(text)) = &needle.kind else {
        return p.refuse(
            expr.span,
            "SPL searches a text for a literal only, not for another field's value",
            "compare with a literal, or choose another target",
        );
    };
    let text = regex::quoted(text);
    let pattern = match op {
        StringTest::Contains => text,
        StringTest::StartsWith => format!("^{text}"),
        StringTest::EndsWith => format!("{text}{END}"),
    };
    matched(p, fold, item, &pattern)
}

fn like(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &[LikePiece]) -> Printed {
    let mut expression = String::from("^");
    for piece in pattern {
        match piece {
            LikePiece::Text(text) => expression.push_str(&regex::quoted(text)),
            LikePiece::AnyRun => expression.push_str(".*"),
            LikePiece::AnyOne => expression.push('.'),
        }
    }
    expression.push_str(END);
    matched(p, fold, item, &expression)
}

fn matches(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &str, expr: &Expr) -> Printed {
    match regex::ascii(pattern, END) {
        Some(pattern) => matched(p, fold, item, &pattern),
        None => p.refuse(expr.span, "a negated class inside a set has no ASCII spelling", "write the set out"),
    }
}

fn matched(p: &Printer<'_>, fold: bool, item: &Expr, pattern: &str) -> Printed {
    Printed::atom(matching(p, &p.value(item).text, fold, pattern))
}

/// Whether a value matches an expression, whose end is [`END`].
pub fn matching(p: &Printer<'_>, value: &str, fold: bool, pattern: &str) -> String {
    if fold {
        p.assume_folds(&pattern.replace(END, "$"));
    }
    let flags = if fold { "(?is)" } else { "(?s)" };
    format!("match({value}, {})", quote(&format!("{flags}{pattern}")))
}

fn in_list(p: &Printer<'_>, fold: bool, item: &Expr, list: &[Expr]) -> Printed {
    let tests: Vec<String> = list
        .iter()
        .map(|v| {
            let same = Expr {
                kind: ExprKind::Compare {
                    op: CompareOp::Equal,
                    fold,
                    left: Box::new(item.clone()),
                    right: Box::new(v.clone()),
                },
                ty: Type::BOOLEAN,
                nullable: false,
                span: item.span,
            };
            p.condition(&same).text
        })
        .collect();
    match tests.len() {
        0 => Printed { text: "1=0".to_owned(), binding: 30 },
        1 => Printed { text: tests.concat(), binding: 30 },
        _ => Printed { text: format!("({})", tests.join(" OR ")), binding: ATOM },
    }
}

/// A remainder has the sign of the dividend; what `%` gives for negative operands no manual says, so it gets none.
fn divide(p: &Printer<'_>, op: ArithmeticOp, left: &Expr, right: &Expr) -> Printed {
    let (l, r) = (p.value(left), p.value(right));
    let result = if op == ArithmeticOp::Modulo {
        let (dividend, divisor) = (l.inside(59), format!("abs({})", r.text));
        format!("if({}<0, 0-exact((0-{}) % {divisor}), exact({dividend} % {divisor}))", l.inside(30), l.inside(50))
    } else {
        format!("exact({} / {})", l.inside(59), r.inside(60))
    };
    match &right.kind {
        ExprKind::Const(v) if v.as_number().is_some_and(|n| n != 0.0) => Printed::atom(result),
        _ => Printed::atom(format!("if({}=0, null(), {result})", r.inside(30))),
    }
}

/// Whether the test holds for one of a field's values. `mvfilter` is for a test of the values alone.
fn any_item(p: &Printer<'_>, list: &Expr, test: &Expr, span: Span) -> Printed {
    let ExprKind::Leaf(column) = &list.kind else {
        return p.refuse(
            span,
            "SPL tests the values of a field only, not those of a computed list",
            "use a list field",
        );
    };
    let test = walk::convert(
        test,
        &mut |e, leaf| {
            let leaf = if &*leaf.0 == "it" { column.clone() } else { leaf.clone() };
            Expr { kind: ExprKind::Leaf(leaf), ..e.clone() }
        },
        &mut |_| None,
    );
    let mut read = Vec::new();
    reads(&test, &mut read);
    let condition = p.condition(&test).text;
    let name = p.dialect.column(&column.0);
    Printed::atom(if read.len() == 1 && read.first() == Some(column) {
        format!("isnotnull(mvfilter({condition}))")
    } else {
        format!("isnotnull(mvmap({name}, if({condition}, 1, null())))")
    })
}

fn in_field(p: &Printer<'_>, fold: bool, item: &Expr, list: &Expr, span: Span) -> Printed {
    let Type::List(scalar) = list.ty else { return any_item(p, list, item, span) };
    let it = Expr { kind: ExprKind::Leaf(Column("it".into())), ty: Type::Scalar(scalar), nullable: false, span };
    let kind = ExprKind::Compare { op: CompareOp::Equal, fold, left: Box::new(it), right: Box::new(item.clone()) };
    any_item(p, list, &Expr { kind, ty: Type::BOOLEAN, nullable: item.nullable, span }, span)
}

fn first_inside(values: &[Printed]) -> String {
    values.first().map_or_else(String::new, |v| v.inside(50))
}

/// A constant text.
fn literal(expr: Option<&Expr>) -> Option<&str> {
    match expr.map(|e| &e.kind) {
        Some(ExprKind::Const(Value::String(text))) => Some(text),
        _ => None,
    }
}

/// A constant whole number that is not negative.
fn whole(expr: Option<&Expr>) -> Option<i64> {
    match expr.map(|e| &e.kind) {
        Some(ExprKind::Const(Value::Integer(n))) if *n >= 0 => Some(*n),
        _ => None,
    }
}

fn call(p: &Printer<'_>, function: &Function, args: &[Expr]) -> Option<Printed> {
    let values: Vec<Printed> = args.iter().map(|a| p.value(a)).collect();
    let texts: Vec<&str> = values.iter().map(|v| v.text.as_str()).collect();
    let first = args.first()?;
    let one = *texts.first()?;
    let text = match function {
        Function::Lower => p.folded("lower", one),
        Function::Upper => p.folded("upper", one),
        Function::Length => format!("len({one})"),
        Function::Concat => {
            let parts: Vec<String> = args
                .iter()
                .zip(&values)
                .map(|(a, v)| if a.nullable { format!("coalesce({}, \"\")", v.text) } else { v.inside(50) })
                .collect();
            let all = parts.join(".");
            // An empty text is missing to a rule, and a value to Splunk.
            if args.iter().all(|a| a.nullable) { format!("nullif({all}, \"\")") } else { format!("({all})") }
        }
        Function::Trim => format!("nullif(trim({one}, \" \t\r\n\"), \"\")"),
        Function::Substring => {
            let start = whole(args.get(1))?.checked_add(1)?;
            match args.get(2) {
                None => format!("nullif(substr({one}, {start}), \"\")"),
                length => format!("nullif(substr({one}, {start}, {}), \"\")", whole(length)?),
            }
        }
        Function::Replace => {
            let (from, to) = (literal(args.get(1))?, literal(args.get(2)).filter(|to| !to.contains(['\\', '$']))?);
            format!("nullif(replace({one}, {}, {}), \"\")", quote(&regex::quoted(from)), quote(to))
        }
        // Half away from zero; what `round` makes of a negative half no manual says.
        Function::Round if args.len() == 1 || whole(args.get(1)) == Some(0) => {
            format!("if({v}<0, 0-round(0-{v}), round({v}))", v = first_inside(&values))
        }
        Function::Abs => format!("abs({one})"),
        Function::Floor => format!("floor({one})"),
        Function::Ceil => format!("ceiling({one})"),
        Function::Min | Function::Max => {
            let name = if *function == Function::Min { "min" } else { "max" };
            let all = format!("{name}({})", texts.join(", "));
            let missing: Vec<String> =
                args.iter().zip(&texts).filter(|(a, _)| a.nullable).map(|(_, t)| format!("isnull({t})")).collect();
            if missing.is_empty() { all } else { format!("if({}, null(), {all})", missing.join(" OR ")) }
        }
        Function::ToString => match first.ty {
            Type::Scalar(Scalar::String | Scalar::Ip) => one.to_owned(),
            Type::Scalar(Scalar::Integer) if first.nullable => format!("if(isnull({one}), null(), tostring({one}))"),
            Type::Scalar(Scalar::Integer) => format!("tostring({one})"),
            Type::Scalar(Scalar::Boolean) => format!("case({one}=1, \"true\", {one}=0, \"false\")"),
            _ => return None,
        },
        Function::HourOfDay(zone) if zone == "UTC" => {
            let one = first_inside(&values);
            format!("(floor({one}/3600000)-24*floor({one}/86400000))")
        }
        // The first of January 1970 was a Thursday.
        Function::DayOfWeek(zone) if zone == "UTC" => {
            let day = format!("floor({}/86400000)", first_inside(&values));
            format!("({day}+4-7*floor(({day}+3)/7))")
        }
        _ => return None,
    };
    Some(Printed::atom(text))
}
