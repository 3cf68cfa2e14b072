//! Expressions, ready to run: fields are slots of the source, parameters are constants, patterns and lookups are built.
//!
//! In: an [`ir::Expr`](crate::ir::Expr) (through [`compile`]) and a [`Frame`]. Out: a value or a truth. Two-valued logic is here:
//! [`Code::test`] takes missing for false, so `not` of it is true.

mod arithmetic;
pub mod compile;
mod function;
mod like;
mod lookup;
mod pattern;

pub use arithmetic::{from_number as number_as, from_whole as whole_as, to_whole};
pub use compile::Compiler;
pub use function::text_of;
pub use lookup::{Table, Tables};
pub use pattern::pattern;

use super::event::Event;
use super::measure::MeasureCode;
use super::row::{Hit, Reading};
use crate::ir::{ArithmeticOp, CompareOp, SignalId, StreamRef, StringTest};
use crate::value::{Scalar, Value};
use function::FunctionCode;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::rc::Rc;

/// An expression that is ready to run.
#[derive(Debug)]
pub enum Code {
    /// A literal or a parameter.
    Const(Value),
    /// A field: its slot by the rule's number of the source.
    Field(Box<[Option<u32>]>),
    /// The event's time.
    Time,
    /// A let, by number.
    Let(usize),
    /// A context, by number.
    Context(usize),
    /// A field of the event that a context found.
    ContextField(usize, Box<[Option<u32>]>),
    /// A measure of a hit.
    Measure(SignalId, usize),
    /// Whether a stream took part in the hit.
    Matched(StreamRef),
    /// It holds for one row of the hit's range.
    AnyInRange(Box<Code>),
    /// It holds for every row of the hit's range, and there is one.
    AllInRange(Box<Code>),
    /// A measure over the hit's range.
    OverRange(Box<MeasureCode>),
    /// The element of a list.
    It,
    /// Flips.
    Not(Box<Code>),
    /// All of them.
    And(Vec<Code>),
    /// One of them.
    Or(Vec<Code>),
    /// Equality and order.
    Compare(CompareOp, bool, Box<[Code; 2]>),
    /// `low <= item <= high`: item, low, high.
    Between(Box<[Code; 3]>),
    /// `contains`, `startswith`, `endswith`.
    Test(StringTest, bool, Box<[Code; 2]>),
    /// `like`.
    Like(Box<Code>, like::Like),
    /// `matches`.
    Matches(Box<Code>, pattern::Pattern),
    /// One of few constants.
    InFew(bool, Box<Code>, Box<[Value]>),
    /// One of many constants, exactly.
    InMany(Box<Code>, FxHashSet<Value>),
    /// An element of a list field: item, list.
    InField(bool, Box<[Code; 2]>),
    /// In one of the networks.
    InNets(Box<Code>, Box<[ipnet::IpNet]>),
    /// A row of a lookup matches.
    InLookup(Rc<Table>, Box<[Code]>),
    /// A cell of the lookup's row that matches.
    Lookup(Rc<Table>, Box<[Code]>, usize),
    /// Not missing.
    Exists(Box<Code>),
    /// The test holds for one element: list, test.
    AnyItem(Box<[Code; 2]>),
    /// `+ - * / %`, with the type of the result.
    Arithmetic(ArithmeticOp, Scalar, Box<[Code; 2]>),
    /// A function of its arguments.
    Call(FunctionCode, Box<[Code]>),
    /// Condition, then, otherwise.
    If(Box<[Code; 3]>),
    /// The first that is not missing.
    Coalesce(Box<[Code]>),
}

/// What an expression reads.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The rule's lets.
    pub program: &'a [Code],
    /// The row's event, or the hit's last event.
    pub event: &'a Event,
    /// The rule's number of the event's source.
    pub local: usize,
    /// Values of the lets over this row.
    pub lets: &'a [OnceCell<Value>],
    /// Readings of the contexts for this row; empty where there are none.
    pub contexts: &'a [Reading],
    /// The element inside `any(list, ...)`.
    pub it: Option<&'a Value>,
    /// The hit.
    pub hit: Option<&'a Hit>,
    /// The measures of the signal that is deciding.
    pub measures: Option<(SignalId, &'a [Value])>,
}

const MISSING: Value = Value::Missing;

impl Code {
    /// The value; [`Value::Missing`] where there is none.
    pub fn value<'a>(&'a self, frame: &Frame<'a>) -> Cow<'a, Value> {
        match self {
            Code::Const(value) => Cow::Borrowed(value),
            Code::Field(slots) => Cow::Borrowed(field(slots, frame.local, frame.event)),
            Code::Time => Cow::Owned(Value::Timestamp(frame.event.time)),
            Code::Let(number) => let_value(*number, frame),
            Code::Context(number) => match frame.contexts.get(*number) {
                Some(Reading::Value(value)) => Cow::Borrowed(value),
                Some(Reading::Event(..)) => Cow::Owned(Value::Boolean(true)),
                None => Cow::Borrowed(&MISSING),
            },
            Code::ContextField(number, slots) => match frame.contexts.get(*number) {
                Some(Reading::Event(event, local)) => Cow::Borrowed(field(slots, *local, event)),
                _ => Cow::Borrowed(&MISSING),
            },
            Code::Measure(signal, index) => Cow::Borrowed(measure(*signal, *index, frame)),
            Code::OverRange(measure) => Cow::Owned(over_range(measure, frame)),
            Code::It => Cow::Borrowed(frame.it.unwrap_or(&MISSING)),
            Code::Lookup(table, keys, column) => {
                table.find(keys, frame).and_then(|row| row.get(*column)).map_or(Cow::Borrowed(&MISSING), Cow::Borrowed)
            }
            Code::Arithmetic(op, ty, operands) => {
                let [left, right] = &**operands;
                Cow::Owned(arithmetic::compute(*op, *ty, &left.value(frame), &right.value(frame)))
            }
            Code::Call(function, args) => Cow::Owned(function.call(args, frame)),
            Code::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.test(frame) { then.value(frame) } else { otherwise.value(frame) }
            }
            Code::Coalesce(parts) => {
                let found = parts.iter().map(|p| p.value(frame)).find(|v| !v.is_missing());
                found.unwrap_or(Cow::Borrowed(&MISSING))
            }
            _ => Cow::Owned(Value::Boolean(self.test(frame))),
        }
    }

    /// The truth; a missing boolean is false.
    pub fn test<'a>(&'a self, frame: &Frame<'a>) -> bool {
        match self {
            Code::Not(inner) => !inner.test(frame),
            Code::And(parts) => parts.iter().all(|p| p.test(frame)),
            Code::Or(parts) => parts.iter().any(|p| p.test(frame)),
            Code::Compare(op, fold, operands) => {
                let [left, right] = &**operands;
                compare(*op, *fold, &left.value(frame), &right.value(frame))
            }
            Code::Between(parts) => {
                let [item, low, high] = &**parts;
                let item = item.value(frame);
                compare(CompareOp::GreaterEqual, false, &item, &low.value(frame))
                    && compare(CompareOp::LessEqual, false, &item, &high.value(frame))
            }
            Code::Test(op, fold, operands) => {
                let [item, needle] = &**operands;
                match (&*item.value(frame), &*needle.value(frame)) {
                    (Value::String(item), Value::String(needle)) => string_test(*op, *fold, item, needle),
                    _ => false,
                }
            }
            Code::Like(item, like) => matches!(&*item.value(frame), Value::String(s) if like.fits(s)),
            Code::Matches(item, pattern) => matches!(&*item.value(frame), Value::String(s) if pattern.is_match(s)),
            Code::InFew(fold, item, list) => {
                let item = item.value(frame);
                list.iter().any(|v| same(*fold, &item, v))
            }
            Code::InMany(item, set) => {
                let item = item.value(frame);
                !item.is_missing() && set.contains(&*item)
            }
            Code::InField(fold, operands) => {
                let [item, list] = &**operands;
                match &*list.value(frame) {
                    Value::List(list) => {
                        let item = item.value(frame);
                        list.iter().any(|v| same(*fold, &item, v))
                    }
                    _ => false,
                }
            }
            Code::InNets(item, nets) => match &*item.value(frame) {
                Value::Ip(ip) => nets.iter().any(|net| net.contains(ip)),
                _ => false,
            },
            Code::InLookup(table, keys) => table.find(keys, frame).is_some(),
            Code::Exists(item) => !item.value(frame).is_missing(),
            Code::AnyItem(parts) => {
                let [list, test] = &**parts;
                any_item(&list.value(frame), test, frame)
            }
            Code::Matched(stream) => frame.hit.is_some_and(|h| h.matched.contains(stream)),
            Code::AnyInRange(inner) => {
                frame.hit.is_some_and(|h| h.range.rows().any(|r| inner.test(&r.frame(frame.program))))
            }
            Code::AllInRange(inner) => frame.hit.is_some_and(|h| {
                let mut rows = h.range.rows().peekable();
                rows.peek().is_some() && rows.all(|r| inner.test(&r.frame(frame.program)))
            }),
            _ => self.value(frame).is_true(),
        }
    }
}

fn field<'a>(slots: &[Option<u32>], local: usize, event: &'a Event) -> &'a Value {
    let slot = slots.get(local).copied().flatten();
    slot.and_then(|s| event.values.get(s as usize)).unwrap_or(&MISSING)
}

fn let_value<'a>(number: usize, frame: &Frame<'a>) -> Cow<'a, Value> {
    let (Some(cell), Some(code)) = (frame.lets.get(number), frame.program.get(number)) else {
        return Cow::Borrowed(&MISSING);
    };
    Cow::Borrowed(cell.get_or_init(|| {
        // A let is a property of the row, so nothing of a hit or a list element may leak into the cached value.
        let row = Frame { it: None, hit: None, measures: None, contexts: &[], ..*frame };
        code.value(&row).into_owned()
    }))
}

fn measure<'a>(signal: SignalId, index: usize, frame: &Frame<'a>) -> &'a Value {
    let own = frame.measures.filter(|(s, _)| *s == signal).map(|(_, m)| m);
    let hit = || frame.hit?.measures.iter().find(|(s, _)| *s == signal).map(|(_, m)| &**m);
    own.or_else(hit).and_then(|m| m.get(index)).unwrap_or(&MISSING)
}

fn over_range(measure: &MeasureCode, frame: &Frame<'_>) -> Value {
    let Some(hit) = frame.hit else { return Value::Missing };
    let samples: Vec<_> = hit.range.rows().map(|r| measure.sample(&r.frame(frame.program))).collect();
    measure.over(samples.iter())
}

fn any_item<'a>(list: &Value, test: &'a Code, frame: &Frame<'a>) -> bool {
    let Value::List(items) = list else { return false };
    items.iter().any(|item| {
        let inner: Frame<'_> = Frame { it: Some(item), ..*frame };
        test.test(&inner)
    })
}

/// A comparison; false where an operand is missing.
fn compare(op: CompareOp, fold: bool, left: &Value, right: &Value) -> bool {
    if op == CompareOp::Equal {
        return same(fold, left, right);
    }
    let ordering = match (left, right) {
        (Value::Integer(a), Value::Integer(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => left.as_number().zip(right.as_number()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    ordering.is_some_and(|o| match op {
        CompareOp::Less => o == Ordering::Less,
        CompareOp::LessEqual => o != Ordering::Greater,
        CompareOp::Greater => o == Ordering::Greater,
        CompareOp::GreaterEqual => o != Ordering::Less,
        CompareOp::Equal => o == Ordering::Equal,
    })
}

/// Equality; false where an operand is missing.
fn same(fold: bool, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Missing, _) | (_, Value::Missing) => false,
        (Value::String(a), Value::String(b)) if fold => a.eq_ignore_ascii_case(b),
        _ => left == right,
    }
}

fn string_test(op: StringTest, fold: bool, item: &str, needle: &str) -> bool {
    let (item, needle) = (item.as_bytes(), needle.as_bytes());
    let meets = |part: Option<&[u8]>| match part {
        Some(part) if fold => part.eq_ignore_ascii_case(needle),
        Some(part) => part == needle,
        None => false,
    };
    match op {
        StringTest::StartsWith => meets(item.get(..needle.len())),
        StringTest::EndsWith => meets(item.len().checked_sub(needle.len()).and_then(|from| item.get(from..))),
        StringTest::Contains if fold => item.windows(needle.len().max(1)).any(|w| w.eq_ignore_ascii_case(needle)),
        StringTest::Contains => memchr::memmem::find(item, needle).is_some(),
    }
}
