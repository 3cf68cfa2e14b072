//! Functions of a rule as ES|QL has them. A result that may be an empty text becomes null: a rule calls it missing.

use super::text::quote;
use crate::backend::lucene;
use crate::backend::print::{Printed, Printer};
use crate::ir::{ExprKind, Function};
use crate::plan::Expr;
use crate::value::{Scalar, Type, Value};

/// A call; none where ES|QL has no form of this meaning.
pub fn call(p: &Printer<'_>, function: &Function, args: &[Expr], expr: &Expr) -> Option<Printed> {
    let values: Vec<String> = args.iter().map(|a| p.value(a).text).collect();
    let first = args.first()?;
    let one = values.first()?.as_str();
    let text = match function {
        Function::Lower => p.folded("TO_LOWER", one),
        Function::Upper => p.folded("TO_UPPER", one),
        Function::Length => format!("TO_LONG(LENGTH({one}))"),
        Function::Concat => concat(args, &values),
        Function::Substring if args.iter().skip(1).all(not_negative) => substring(args, &values)?,
        Function::Replace => {
            let [_, from, to] = args else { return None };
            let (from, to) = (constant_text(from)?, constant_text(to).unwrap_or_default());
            let to = to.replace('\\', "\\\\").replace('$', "\\$");
            unless_empty(&format!("REPLACE({one}, {}, {})", quote(&java(from)), quote(&to)))
        }
        Function::Trim => unless_empty(&format!("REPLACE({one}, {}, \"\")", quote(r"^[ \t\r\n]+|[ \t\r\n]+\z"))),
        Function::Abs => format!("ABS({one})"),
        Function::Floor | Function::Ceil => {
            let name = if *function == Function::Floor { "FLOOR" } else { "CEIL" };
            if expr.ty == Type::NUMBER { format!("{name}({one})") } else { format!("TO_LONG({name}({one}))") }
        }
        Function::Min | Function::Max => {
            if values.len() == 1 {
                return Some(Printed::atom(one));
            }
            // Null where one of them is.
            format!("{}({})", if *function == Function::Min { "LEAST" } else { "GREATEST" }, values.join(", "))
        }
        Function::ToString => match first.ty {
            Type::Scalar(Scalar::String) => one.to_owned(),
            Type::Scalar(Scalar::Number) | Type::List(_) => return None,
            Type::Scalar(_) => format!("TO_STRING({one})"),
        },
        Function::ToIp => format!("TO_IP({one})"),
        Function::HourOfDay(zone) if zone == "UTC" => format!("DATE_EXTRACT(\"hour_of_day\", {one})"),
        Function::DayOfWeek(zone) if zone == "UTC" => format!("DATE_EXTRACT(\"day_of_week\", {one})"),
        Function::HourOfDay(_) | Function::DayOfWeek(_) => {
            return Some(p.refuse(expr.span, "ES|QL knows no time zone but UTC", "ask in `\"UTC\"`, or use `kql`"));
        }
        _ => return None,
    };
    Some(Printed::atom(text))
}

/// Null instead of an empty text.
pub fn unless_empty(text: &str) -> String {
    format!("CASE({text} != \"\", {text})")
}

fn concat(args: &[Expr], values: &[String]) -> String {
    let part = |(arg, value): (&Expr, &String)| {
        if arg.nullable { format!("COALESCE({value}, \"\")") } else { value.clone() }
    };
    let parts: Vec<String> = args.iter().zip(values).map(part).collect();
    let all = if parts.len() == 1 { parts.concat() } else { format!("CONCAT({})", parts.join(", ")) };
    if args.iter().all(|a| a.nullable) { unless_empty(&all) } else { all }
}

/// Places count from 1 here, from 0 in a rule.
fn substring(args: &[Expr], values: &[String]) -> Option<String> {
    let start = args.get(1).and_then(constant_integer)?.checked_add(1)?;
    let length = values.get(2).map_or(String::new(), |l| format!(", {l}"));
    Some(unless_empty(&format!("SUBSTRING({}, {start}{length})", values.first()?)))
}

fn constant_text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn constant_integer(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Const(Value::Integer(n)) => Some(*n),
        _ => None,
    }
}

fn not_negative(expr: &Expr) -> bool {
    constant_integer(expr).is_some_and(|i| i >= 0)
}

/// A text as a regular expression of Java: as in Lucene, a backslash before punctuation stands for the character.
fn java(text: &str) -> String {
    lucene::escaped(text)
}
