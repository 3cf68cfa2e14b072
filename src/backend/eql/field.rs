//! A question about a field, in the column's own type, unit and spelling.

use super::cond::{Cond, and, not, or};
use super::lower::Lower;
use super::test::Test;
use super::{codes, text};
use crate::backend::lucene;
use crate::backend::nets::{MAPPED, meets_ipv4};
use crate::backend::target::{MappedField, Unit};
use crate::ir::{CompareOp, Expr, LikePiece, StringTest};
use crate::pack::schema::FieldId;
use crate::value::{Scalar, Value};
use ipnet::IpNet;

/// A question about a field of the schema.
pub(super) fn ask(lower: &mut Lower<'_>, expr: &Expr, id: FieldId, test: &Test) -> Cond {
    if lower.rule.schema.slot(lower.source, id).is_none() || lower.mapping.is_unavailable(lower.source, id) {
        return Cond::Always(false);
    }
    let Some(field) = lower.mapping.field(lower.source, id) else {
        let found = lower.mapping.unmapped_field(lower.rule, lower.source, id, expr.span);
        lower.found.push(found);
        return Cond::Always(true);
    };
    of_field(lower, expr, &field.clone(), test)
}

/// A question about the event's time.
pub(super) fn ask_time(lower: &mut Lower<'_>, expr: &Expr, test: &Test) -> Cond {
    let Some(source) = lower.mapping.source(lower.source) else { return Cond::Always(true) };
    let ty = if source.time.unit.is_some() { Scalar::Integer } else { Scalar::Timestamp };
    let (column, unit) = (source.time.column.clone(), source.time.unit);
    let field =
        MappedField { column, ty, unit, list: false, nullable: false, truth: None, lower: false, trailing_dot: false };
    of_field(lower, expr, &field, test)
}

fn of_field(lower: &mut Lower<'_>, expr: &Expr, field: &MappedField, test: &Test) -> Cond {
    if text::is_unspeakable(&field.column) {
        return lower.refuse(
            expr,
            codes::NAME,
            &format!("the column `{}` cannot be named", text::comment(&field.column)),
        );
    }
    if let (Test::Exists, false) = (test, field.nullable) {
        return Cond::Always(true);
    }
    match said(field, test) {
        Ok(cond) if field.list && !is_one_question(&cond) => lower.refuse(
            expr,
            codes::LIST,
            "a question about an element of a list that takes two comparisons cannot be said",
        ),
        Ok(cond) => cond,
        Err(why) => lower.refuse(expr, codes::COLUMN, &format!("`{}`: {why}", text::comment(&field.column))),
    }
}

/// True where the condition holds as soon as one value of a list fits: two comparisons might be met by two values.
fn is_one_question(cond: &Cond) -> bool {
    match cond {
        Cond::And(_) | Cond::Not(_) => false,
        Cond::Or(parts) => parts.iter().all(is_one_question),
        Cond::Always(_) | Cond::Atom { .. } => true,
    }
}

fn said(field: &MappedField, test: &Test) -> Result<Cond, String> {
    let folded = if field.lower { test.of_folded(false) } else { None };
    if field.lower && folded.is_none() && matches!(test, Test::Matches { .. }) {
        return Err("capitals may occur there, and an exact expression would miss them".to_owned());
    }
    let test = folded.as_ref().unwrap_or(test);
    match test {
        Test::Exists => Ok(atom(field, "exists", vec![])),
        Test::In { fold, values } => one_of(field, *fold, values),
        Test::Order(op, value) => order(field, *op, value),
        Test::Text { op, fold, needle } => text_test(field, *op, *fold, needle),
        Test::Like { fold, pattern } => like(field, *fold, pattern),
        Test::Matches { fold, regex } => {
            plain_text(field)?;
            Ok(atom(field, "matches", vec![text::string(&lucene::whole(regex, *fold)?)]))
        }
        Test::Nets(nets) => in_nets(field, nets),
    }
}

fn atom(field: &MappedField, operator: &'static str, values: Vec<String>) -> Cond {
    Cond::Atom { operator, column: field.column.clone(), optional: field.nullable, values }
}

fn one_of(field: &MappedField, fold: bool, values: &[Value]) -> Result<Cond, String> {
    let mut literals = Vec::new();
    let mut ranges = Vec::new();
    for value in values {
        match value {
            Value::Duration(ms) | Value::Timestamp(ms) if field.unit.is_some() => {
                ranges.push(instant(field, CompareOp::Equal, *ms)?);
            }
            Value::String(text) if field.trailing_dot => {
                literals.push(text::string(text));
                literals.push(text::string(&format!("{text}.")));
            }
            other => literals.push(literal(field, other)?),
        }
    }
    let mut seen = Vec::new();
    literals.retain(|l| {
        !seen.contains(l) && {
            seen.push(l.clone());
            true
        }
    });
    let texts = field.ty == Scalar::String && fold;
    let listed = match (literals.len(), texts) {
        (0, _) => Cond::Always(false),
        (_, true) => atom(field, "in_fold", literals),
        (1, false) => atom(field, "equal", literals),
        (_, false) => atom(field, "in", literals),
    };
    Ok(or(ranges.into_iter().chain([listed])))
}

fn literal(field: &MappedField, value: &Value) -> Result<String, String> {
    let unfit = || format!("it is kept as {} there, which cannot be compared so", field.ty);
    match (field.ty, value) {
        (Scalar::String, Value::String(text)) => Ok(text::string(text)),
        (Scalar::String, Value::Integer(n)) => Ok(text::string(&n.to_string())),
        (Scalar::Boolean, Value::Boolean(value)) => Ok(value.to_string()),
        (Scalar::String | Scalar::Integer, Value::Boolean(_)) => match field.store(value) {
            Value::String(word) => Ok(text::string(&word)),
            Value::Integer(n) => Ok(n.to_string()),
            _ => Err(unfit()),
        },
        (Scalar::Integer | Scalar::Number, Value::Integer(n)) if *n != i64::MIN => Ok(n.to_string()),
        (Scalar::Integer | Scalar::Number, Value::Number(n)) => text::number(*n).ok_or_else(unfit),
        (Scalar::Timestamp, Value::Timestamp(ms)) => text::time(*ms).ok_or_else(unfit),
        (Scalar::Ip, Value::Ip(ip)) => Ok(text::string(&ip.to_string())),
        _ => Err(unfit()),
    }
}

fn order(field: &MappedField, op: CompareOp, value: &Value) -> Result<Cond, String> {
    match (field.ty, value) {
        (_, Value::Duration(ms) | Value::Timestamp(ms)) if field.unit.is_some() => instant(field, op, *ms),
        (Scalar::Integer | Scalar::Number | Scalar::Timestamp, _) => {
            Ok(atom(field, operator(op), vec![literal(field, value)?]))
        }
        _ => Err(format!("it is kept as {} there, which has no order", field.ty)),
    }
}

/// A duration or time that is kept as a number. A rule sees whole milliseconds, floored; in a column of finer resolution "after" a
/// millisecond is therefore "from the next one on".
fn instant(field: &MappedField, op: CompareOp, ms: i64) -> Result<Cond, String> {
    let unit = field.unit.unwrap_or(Unit::Milliseconds);
    let is_finer = matches!(unit, Unit::Nanoseconds | Unit::Microseconds) || field.ty == Scalar::Number;
    let at = |ms: i64| there(ms, unit).ok_or_else(|| "the value is out of its range there".to_owned());
    let next = ms.checked_add(1).ok_or_else(|| "the value is out of its range".to_owned())?;
    let one = |op: &'static str, ms: i64| at(ms).map(|value| atom(field, op, vec![value]));
    match op {
        CompareOp::Less => one("less", ms),
        CompareOp::GreaterEqual => one("greater_equal", ms),
        CompareOp::LessEqual if is_finer => one("less", next),
        CompareOp::LessEqual => one("less_equal", ms),
        CompareOp::Greater if is_finer => one("greater_equal", next),
        CompareOp::Greater => one("greater", ms),
        CompareOp::Equal if is_finer => Ok(and([one("greater_equal", ms)?, one("less", next)?])),
        // Seconds that hold no fraction never equal one.
        CompareOp::Equal if unit == Unit::Seconds && ms % 1_000 != 0 => Ok(Cond::Always(false)),
        CompareOp::Equal => one("equal", ms),
    }
}

/// Milliseconds in the column's unit, exactly.
fn there(ms: i64, unit: Unit) -> Option<String> {
    match unit {
        Unit::Seconds if ms % 1_000 != 0 => {
            let sign = if ms < 0 { "-" } else { "" };
            let fraction = format!("{:03}", (ms % 1_000).abs());
            Some(format!("{sign}{}.{}", (ms / 1_000).abs(), fraction.trim_end_matches('0')))
        }
        _ => {
            let (up, down) = unit.per_millisecond();
            ms.checked_mul(up).map(|scaled| (scaled / down).to_string())
        }
    }
}

fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "equal",
        CompareOp::Less => "less",
        CompareOp::LessEqual => "less_equal",
        CompareOp::Greater => "greater",
        CompareOp::GreaterEqual => "greater_equal",
    }
}

fn plain_text(field: &MappedField) -> Result<(), String> {
    match field.ty {
        Scalar::String if field.trailing_dot => {
            Err("a dot may end the value there, which a pattern would see".to_owned())
        }
        Scalar::String => Ok(()),
        other => Err(format!("it is kept as {other} there, and only texts are searched")),
    }
}

fn text_test(field: &MappedField, op: StringTest, fold: bool, needle: &str) -> Result<Cond, String> {
    let piece = || LikePiece::Text(needle.to_owned());
    let pattern = |op| match op {
        StringTest::Contains => vec![LikePiece::AnyRun, piece(), LikePiece::AnyRun],
        StringTest::StartsWith => vec![piece(), LikePiece::AnyRun],
        StringTest::EndsWith => vec![LikePiece::AnyRun, piece()],
    };
    if !field.trailing_dot {
        return like(field, fold, &pattern(op));
    }
    if needle.ends_with('.') {
        return Err("a dot may end the value there, which a text that ends in one would meet".to_owned());
    }
    let bare = MappedField { trailing_dot: false, ..field.clone() };
    let plain = like(&bare, fold, &pattern(op))?;
    if op != StringTest::EndsWith {
        return Ok(plain);
    }
    let dotted = [LikePiece::AnyRun, LikePiece::Text(format!("{needle}."))];
    Ok(or([plain, like(&bare, fold, &dotted)?]))
}

/// `like` has no escape for `*` and `?`: a pattern with one of them as text becomes an expression.
fn like(field: &MappedField, fold: bool, pattern: &[LikePiece]) -> Result<Cond, String> {
    plain_text(field)?;
    let needs_escape = |p: &LikePiece| matches!(p, LikePiece::Text(t) if t.contains(['*', '?', '\u{1}']));
    let as_expression = pattern.iter().any(needs_escape);
    let mut out = String::new();
    for piece in pattern {
        match piece {
            LikePiece::Text(text) if as_expression => out.push_str(&lucene::escaped(text)),
            LikePiece::Text(text) => out.push_str(text),
            LikePiece::AnyRun if as_expression => out.push_str(".*"),
            LikePiece::AnyRun => out.push('*'),
            LikePiece::AnyOne if as_expression => out.push('.'),
            LikePiece::AnyOne => out.push('?'),
        }
    }
    let operator = match (as_expression, fold) {
        (true, false) => "matches",
        (true, true) => "matches_fold",
        (false, false) => "like",
        (false, true) => "like_fold",
    };
    Ok(atom(field, operator, vec![text::string(&out)]))
}

/// Elasticsearch keeps an IPv4 address as the IPv6 one that it maps to; a rule's IPv6 networks hold no IPv4 address.
fn in_nets(field: &MappedField, nets: &[IpNet]) -> Result<Cond, String> {
    if field.ty != Scalar::Ip {
        return Err(format!("it is kept as {} there, and networks hold addresses", field.ty));
    }
    let (mut plain, mut wide) = (Vec::new(), Vec::new());
    for net in nets {
        match net {
            net if meets_ipv4(net) && net.prefix_len() >= MAPPED => {}
            IpNet::V6(six) if meets_ipv4(net) => wide.push(text::string(&six.trunc().to_string())),
            other => plain.push(text::string(&other.trunc().to_string())),
        }
    }
    let member =
        |values: Vec<String>| if values.is_empty() { Cond::Always(false) } else { atom(field, "in_nets", values) };
    let is_four = member(vec![text::string("0.0.0.0/0")]);
    Ok(or([member(plain), and([member(wide), not(is_four)])]))
}
