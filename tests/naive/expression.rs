//! Expressions over a row or a hit.

use super::context;
use super::function::call;
use super::hit::Hit;
use super::lookup;
use super::measure;
use super::row::World;
use siemc::eval::event::Event;
use siemc::ir::{ArithmeticOp, CompareOp, Expr, ExprKind, Leaf, LikePiece, MeasureRef, StringTest};
use siemc::value::{Scalar, Type, Value};
use std::collections::BTreeMap;

/// What an expression may ask.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    pub event: &'a Event,
    /// Contexts can be asked only where the row is known.
    pub row: Option<usize>,
    pub hit: Option<&'a Hit>,
    /// The measures of the window that `having` judges.
    pub measures: Option<&'a BTreeMap<MeasureRef, Value>>,
    pub it: Option<&'a Value>,
}

impl<'a> Here<'a> {
    pub fn event(event: &'a Event) -> Here<'a> {
        Here { event, row: None, hit: None, measures: None, it: None }
    }

    pub fn row(world: &'a World<'_>, row: usize) -> Here<'a> {
        Here { row: Some(row), ..Here::event(world.rows[row].event) }
    }

    pub fn hit(world: &'a World<'_>, hit: &'a Hit) -> Here<'a> {
        Here { hit: Some(hit), ..Here::row(world, hit.last) }
    }
}

/// Missing counts as false.
pub fn holds(world: &World<'_>, expr: &Expr, here: &Here<'_>) -> bool {
    value(world, expr, here).is_true()
}

pub fn value(world: &World<'_>, expr: &Expr, here: &Here<'_>) -> Value {
    let of = |e: &Expr| value(world, e, here);
    let truth = |e: &Expr| holds(world, e, here);
    match &expr.kind {
        ExprKind::Const(constant) => constant.clone(),
        ExprKind::Param(id) => world.rule.params[id.index()].value.clone(),
        ExprKind::Leaf(leaf) => read(world, leaf, here),
        ExprKind::Not(inner) => Value::Boolean(!truth(inner)),
        ExprKind::And(all) => Value::Boolean(all.iter().all(truth)),
        ExprKind::Or(some) => Value::Boolean(some.iter().any(truth)),
        ExprKind::Compare { op, fold, left, right } => Value::Boolean(compare(*op, *fold, &of(left), &of(right))),
        ExprKind::Between { item, low, high } => {
            let item = of(item);
            let inside = compare(CompareOp::GreaterEqual, false, &item, &of(low))
                && compare(CompareOp::LessEqual, false, &item, &of(high));
            Value::Boolean(inside)
        }
        ExprKind::Test { op, fold, item, needle } => Value::Boolean(match (of(item), of(needle)) {
            (Value::String(text), Value::String(needle)) => test(*op, &cased(*fold, &text), &cased(*fold, &needle)),
            _ => false,
        }),
        ExprKind::Like { fold, item, pattern } => Value::Boolean(match of(item) {
            Value::String(text) => {
                let text: Vec<char> = cased(*fold, &text).chars().collect();
                like(&text, &atoms(*fold, pattern))
            }
            _ => false,
        }),
        ExprKind::Matches { fold, item, regex } => Value::Boolean(match of(item) {
            Value::String(text) => regex::RegexBuilder::new(regex)
                .case_insensitive(*fold)
                .dot_matches_new_line(true)
                .build()
                .expect("a checked regex")
                .is_match(&text),
            _ => false,
        }),
        ExprKind::InList { fold, item, list } => {
            let item = of(item);
            Value::Boolean(list.iter().any(|e| is_in(*fold, &item, &of(e))))
        }
        ExprKind::InField { fold, item, list } => Value::Boolean(is_in(*fold, &of(item), &of(list))),
        ExprKind::InNets { item, nets } => Value::Boolean(match of(item) {
            Value::Ip(ip) => nets.iter().any(|net| net.contains(&ip)),
            _ => false,
        }),
        ExprKind::InLookup { lookup, keys } => {
            let keys: Vec<Value> = keys.iter().map(of).collect();
            Value::Boolean(lookup::find(&world.rule.lookups[lookup.index()], &keys).is_some())
        }
        ExprKind::Lookup { lookup, keys, column } => {
            let keys: Vec<Value> = keys.iter().map(of).collect();
            let table = &world.rule.lookups[lookup.index()];
            match lookup::find(table, &keys) {
                Some(row) => row[table.keys.len() + column].clone(),
                None => Value::Missing,
            }
        }
        ExprKind::Exists(inner) => Value::Boolean(!of(inner).is_missing()),
        ExprKind::AnyItem { list, test } => Value::Boolean(match of(list) {
            Value::List(items) => items.iter().any(|it| holds(world, test, &Here { it: Some(it), ..*here })),
            _ => false,
        }),
        ExprKind::Arithmetic { op, left, right } => arithmetic(*op, expr.ty, &of(left), &of(right)),
        ExprKind::Call { function, args } => {
            let args: Vec<Value> = args.iter().map(of).collect();
            call(function, expr.ty, &args)
        }
        ExprKind::If { condition, then, otherwise } => {
            if truth(condition) {
                of(then)
            } else {
                of(otherwise)
            }
        }
        ExprKind::Coalesce(all) => all.iter().map(of).find(|v| !v.is_missing()).unwrap_or(Value::Missing),
    }
}

fn read(world: &World<'_>, leaf: &Leaf, here: &Here<'_>) -> Value {
    match leaf {
        Leaf::Field(field) => world.field(here.event, *field),
        Leaf::Time => Value::Timestamp(here.event.time),
        Leaf::Let(id) => value(world, &world.rule.lets[id.index()].expr, &Here::event(here.event)),
        Leaf::Context(id) => context::read(world, *id, here.row.expect("a context is asked at a row")).value.clone(),
        Leaf::ContextField(id, field) => {
            match context::read(world, *id, here.row.expect("a context is asked at a row")).newest {
                Some(row) => world.field(world.rows[row].event, *field),
                None => Value::Missing,
            }
        }
        Leaf::Measure(measure) => {
            let measures = here.measures.or(here.hit.map(|h| &h.measures));
            measures.and_then(|all| all.get(measure)).cloned().unwrap_or(Value::Missing)
        }
        Leaf::Matched(stream) => Value::Boolean(here.hit.expect("a hit").matched.contains(stream)),
        Leaf::AnyInRange(test) => {
            let range = &here.hit.expect("a hit").range;
            Value::Boolean(range.iter().any(|row| holds(world, test, &Here::row(world, *row))))
        }
        Leaf::AllInRange(test) => {
            let range = &here.hit.expect("a hit").range;
            let all = range.iter().all(|row| holds(world, test, &Here::row(world, *row)));
            Value::Boolean(all && !range.is_empty())
        }
        Leaf::OverRange(over) => {
            let rows: Vec<usize> = here.hit.expect("a hit").range.iter().copied().collect();
            measure::measure(world, over, &rows)
        }
        Leaf::It => here.it.expect("inside any(list, ...)").clone(),
    }
}

/// False where a side is missing.
pub fn compare(op: CompareOp, fold: bool, a: &Value, b: &Value) -> bool {
    if a.is_missing() || b.is_missing() {
        return false;
    }
    if op == CompareOp::Equal {
        return same(fold, a, b);
    }
    let order = match (a, b) {
        (Value::Integer(x), Value::Integer(y))
        | (Value::Duration(x), Value::Duration(y))
        | (Value::Timestamp(x), Value::Timestamp(y)) => x.partial_cmp(y),
        _ => a.as_number().zip(b.as_number()).and_then(|(x, y)| x.partial_cmp(&y)),
    };
    order.is_some_and(|o| match op {
        CompareOp::Equal => o.is_eq(),
        CompareOp::Less => o.is_lt(),
        CompareOp::LessEqual => o.is_le(),
        CompareOp::Greater => o.is_gt(),
        CompareOp::GreaterEqual => o.is_ge(),
    })
}

fn same(fold: bool, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(x), Value::String(y)) if fold => x.eq_ignore_ascii_case(y),
        _ => !a.is_missing() && a == b,
    }
}

/// `list` is a list or a single value.
fn is_in(fold: bool, item: &Value, list: &Value) -> bool {
    match list {
        Value::List(items) => items.iter().any(|x| same(fold, item, x)),
        one => same(fold, item, one),
    }
}

fn cased(fold: bool, text: &str) -> String {
    if fold { text.to_ascii_lowercase() } else { text.to_owned() }
}

fn test(op: StringTest, text: &str, needle: &str) -> bool {
    match op {
        StringTest::Contains => text.contains(needle),
        StringTest::StartsWith => text.starts_with(needle),
        StringTest::EndsWith => text.ends_with(needle),
    }
}

#[derive(Clone, Copy)]
enum Atom {
    One(char),
    AnyOne,
    AnyRun,
}

fn atoms(fold: bool, pattern: &[LikePiece]) -> Vec<Atom> {
    let each = pattern.iter().flat_map(|piece| match piece {
        LikePiece::Text(text) => cased(fold, text).chars().map(Atom::One).collect(),
        LikePiece::AnyRun => vec![Atom::AnyRun],
        LikePiece::AnyOne => vec![Atom::AnyOne],
    });
    each.collect()
}

fn like(text: &[char], pattern: &[Atom]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((Atom::AnyRun, later)), _) => (0..=text.len()).any(|skip| like(&text[skip..], later)),
        (Some((Atom::AnyOne, later)), Some((_, rest))) => like(rest, later),
        (Some((Atom::One(c), later)), Some((d, rest))) => c == d && like(rest, later),
        (Some(_), None) => false,
    }
}

fn arithmetic(op: ArithmeticOp, ty: Type, a: &Value, b: &Value) -> Value {
    let whole = |v: &Value| match v {
        Value::Integer(i) | Value::Duration(i) | Value::Timestamp(i) => Some(*i),
        _ => None,
    };
    let (Some(x), Some(y)) = (a.as_number(), b.as_number()) else { return Value::Missing };
    if let (Some(i), Some(j)) = (whole(a), whole(b)) {
        let result = match op {
            ArithmeticOp::Add => i.checked_add(j),
            ArithmeticOp::Subtract => i.checked_sub(j),
            ArithmeticOp::Multiply => i.checked_mul(j),
            ArithmeticOp::Modulo => i.checked_rem(j),
            ArithmeticOp::Divide if y == 0.0 => return Value::Missing,
            ArithmeticOp::Divide => return typed(ty, x / y),
        };
        return result.map_or(Value::Missing, |r| typed_whole(ty, r));
    }
    if y == 0.0 && matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulo) {
        return Value::Missing;
    }
    typed(
        ty,
        match op {
            ArithmeticOp::Add => x + y,
            ArithmeticOp::Subtract => x - y,
            ArithmeticOp::Multiply => x * y,
            ArithmeticOp::Divide => x / y,
            ArithmeticOp::Modulo => x % y,
        },
    )
}

/// A whole result in the type that the checker gave the expression.
pub fn typed_whole(ty: Type, result: i64) -> Value {
    match ty {
        Type::Scalar(Scalar::Duration) => Value::Duration(result),
        Type::Scalar(Scalar::Timestamp) => Value::Timestamp(result),
        Type::Scalar(Scalar::Number) => Value::number(result as f64),
        _ => Value::Integer(result),
    }
}

/// A fractional result in the type that the checker gave the expression; whole types are floored (time is).
pub fn typed(ty: Type, result: f64) -> Value {
    if result.is_nan() {
        return Value::Missing;
    }
    match ty {
        Type::Scalar(Scalar::Number) => Value::number(result),
        _ => typed_whole(ty, result.floor() as i64),
    }
}
