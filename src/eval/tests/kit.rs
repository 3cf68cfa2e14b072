//! A small schema and short names for building rules and events.
//!
//! Source `s` has the fields `g k n x seq tags peer at took` and orders ties by `seq`; source `t` has `g` and `n` only.

use crate::eval::{Alert, Event, run};
use crate::ir::*;
use crate::pack::schema::{self, FieldId, Presence, Schema, SourceId};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};
use std::sync::Arc;

pub const S: SourceId = SourceId(0);
pub const T: SourceId = SourceId(1);

const FIELDS: [(&str, Type); 9] = [
    ("g", Type::STRING),
    ("k", Type::STRING),
    ("n", Type::INTEGER),
    ("x", Type::NUMBER),
    ("seq", Type::INTEGER),
    ("tags", Type::List(Scalar::String)),
    ("peer", Type::IP),
    ("at", Type::TIMESTAMP),
    ("took", Type::DURATION),
];

pub fn test_schema() -> Schema {
    let mut schema = Schema::default();
    for (name, ty) in FIELDS {
        let (unit, about) = ((name == "took").then(|| "s".to_owned()), String::new());
        let lower = name == "k";
        let field = schema::Field { ty, unit, values: Vec::new(), lower, max: None, about, span: Span::default() };
        schema.fields.insert(name.to_owned(), field);
    }
    let all: Vec<&str> = FIELDS.iter().map(|(n, _)| *n).collect();
    for (name, fields, tiebreaker) in [("s", all, Some("seq")), ("t", vec!["g", "n"], None)] {
        let fields = fields.iter().map(|f| (schema.field(f).unwrap(), Presence::Optional)).collect();
        let tiebreaker = tiebreaker.map(|f| schema.field(f).unwrap());
        let source = schema::Source {
            fields,
            tiebreaker,
            data_components: Vec::new(),
            about: String::new(),
            span: Span::default(),
        };
        schema.sources.insert(name.to_owned(), source);
    }
    schema
}

pub fn id(name: &str) -> FieldId {
    test_schema().field(name).unwrap()
}

/// `g:a n:3 x:0.5 k:text seq:1`, any of them.
pub fn event(source: SourceId, time: i64, text: &str) -> Event {
    let schema = test_schema();
    let (_, declared) = schema.source_at(source).unwrap();
    let mut values = vec![Value::Missing; declared.fields.len()];
    for part in text.split_whitespace() {
        let (name, text) = part.split_once(':').unwrap();
        let slot = schema.slot(source, id(name)).unwrap();
        values[slot] = match schema.field_at(id(name)).unwrap().1.ty {
            Type::Scalar(Scalar::Integer) => Value::Integer(text.parse().unwrap()),
            Type::Scalar(Scalar::Number) => Value::number(text.parse().unwrap()),
            Type::Scalar(Scalar::Ip) => Value::ip(text.parse().unwrap()),
            Type::Scalar(Scalar::Timestamp) => Value::Timestamp(text.parse().unwrap()),
            Type::Scalar(Scalar::Duration) => Value::Duration(text.parse().unwrap()),
            Type::List(_) => Value::list(text.split(',').map(Value::string)),
            Type::Scalar(_) => Value::string(text),
        };
    }
    Event { source, time, line: 0, values: values.into() }
}

pub fn s(time: i64, text: &str) -> Event {
    event(S, time, text)
}

pub fn t(time: i64, text: &str) -> Event {
    event(T, time, text)
}

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, nullable: true, span: Span::default() }
}

pub fn field(name: &str) -> Expr {
    let ty = test_schema().field_at(id(name)).unwrap().1.ty;
    expr(ExprKind::Leaf(Leaf::Field(id(name))), ty)
}

pub fn leaf(leaf: Leaf) -> Expr {
    expr(ExprKind::Leaf(leaf), Type::BOOLEAN)
}

pub fn int(n: i64) -> Expr {
    expr(ExprKind::Const(Value::Integer(n)), Type::INTEGER)
}

pub fn num(n: f64) -> Expr {
    expr(ExprKind::Const(Value::Number(n)), Type::NUMBER)
}

pub fn text(s: &str) -> Expr {
    expr(ExprKind::Const(Value::string(s)), Type::STRING)
}

pub fn boolean(kind: ExprKind) -> Expr {
    expr(kind, Type::BOOLEAN)
}

pub fn typed(kind: ExprKind, ty: Type) -> Expr {
    expr(kind, ty)
}

pub fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    boolean(ExprKind::Compare { op, fold: false, left: Box::new(left), right: Box::new(right) })
}

pub fn eq(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Equal, left, right)
}

pub fn at_least(left: Expr, n: i64) -> Expr {
    compare(CompareOp::GreaterEqual, left, int(n))
}

pub fn not(inner: Expr) -> Expr {
    boolean(ExprKind::Not(Box::new(inner)))
}

/// As a condition.
#[allow(clippy::unnecessary_wraps)]
pub fn is(k: &str) -> Option<Expr> {
    Some(eq(field("k"), text(k)))
}

pub fn measured(index: usize) -> Expr {
    expr(ExprKind::Leaf(Leaf::Measure(MeasureRef { signal: SignalId(0), index })), Type::NUMBER)
}

pub fn context(number: u32) -> Expr {
    leaf(Leaf::Context(ContextId(number)))
}

pub fn keys(names: &[&str]) -> Keys {
    let key = |name: &&str| Key {
        name: (*name).to_owned(),
        by_source: [S, T]
            .into_iter()
            .filter(|source| test_schema().slot(*source, id(name)).is_some())
            .map(|source| (source, field(name)))
            .collect(),
        ty: Type::STRING,
        span: Span::default(),
    };
    Keys(names.iter().map(key).collect())
}

pub fn measure(function: MeasureFunction, argument: Option<Expr>) -> Measure {
    let ty = argument.as_ref().map_or(Type::INTEGER, |a| a.ty);
    Measure { name: None, function, argument, filter: None, ty, nullable: true, span: Span::default() }
}

pub fn count() -> Measure {
    measure(MeasureFunction::Count, None)
}

/// A measure of a cadence.
pub fn gap(gap: GapMeasure) -> Measure {
    let ty = match gap {
        GapMeasure::Cv | GapMeasure::Share { .. } => Type::NUMBER,
        _ => Type::DURATION,
    };
    Measure { ty, ..measure(MeasureFunction::Gap(gap), None) }
}

/// A question about a baseline's history.
pub fn statistic(statistic: Statistic, ty: Type) -> Measure {
    Measure { ty, ..measure(MeasureFunction::History(statistic), None) }
}

/// Of the counts of the first event, by `g`, in buckets of 10 ms over a history of 100 ms; it hits at every bucket.
pub fn baseline(statistics: &[(Statistic, Type)]) -> Baseline {
    Baseline {
        of: input(stream(0)),
        keys: keys(&["g"]),
        against: None,
        measure: count(),
        per: 10,
        history: 100,
        empty: Empty::Zero,
        season: None,
        statistics: statistics.iter().map(|(s, ty)| statistic(*s, *ty)).collect(),
        having: at_least(int(1), 1),
    }
}

/// First `n` of a group `g` in 100 ms, if it is known for 20 ms.
pub fn novelty() -> Novelty {
    Novelty { of: input(stream(0)), keys: keys(&["g"]), value: keys(&["n"]), history: 100, learn: 20, known: None }
}

/// The details of every alert of the rule, whose last signal hits with so many measures.
pub fn details(mut rule: Rule, measures: usize, events: &[Event], until: Option<i64>) -> Vec<(i64, Vec<Value>)> {
    let measured = |index| expr(ExprKind::Leaf(Leaf::Measure(MeasureRef { signal: rule.detect, index })), Type::NUMBER);
    rule.alert.details = (0..measures).map(|n| (format!("m{n}"), measured(n))).collect();
    let found = run(&rule, events.to_vec(), until);
    found.into_iter().map(|a| (a.time, a.values.into_iter().map(|(_, v)| v).collect())).collect()
}

/// Events by the source and the value of `k`; signals; the last one detects.
pub fn rule(events: &[(SourceId, &str)], signals: Vec<Analytic>) -> Rule {
    let event = |(source, k): &(SourceId, &str)| crate::ir::Event {
        name: (*k).to_owned(),
        source: *source,
        filter: if *source == S && !k.is_empty() { is(k) } else { None },
        span: Span::default(),
    };
    let signals: Vec<_> = signals
        .into_iter()
        .enumerate()
        .map(|(i, analytic)| Signal { name: format!("signal{i}"), analytic, span: Span::default() })
        .collect();
    Rule {
        name: "rule".to_owned(),
        id: String::new(),
        about: About::default(),
        schedule: Schedule { every: 1, delay: 0 },
        environment: String::new(),
        schema: Arc::new(test_schema()),
        lookups: Vec::new(),
        params: Vec::new(),
        lets: Vec::new(),
        events: events.iter().map(event).collect(),
        contexts: Vec::new(),
        detect: SignalId(signals.len() as u32 - 1),
        signals,
        confidence: None,
        alert: crate::ir::Alert::default(),
        exceptions: Vec::new(),
        tier: Tier::default(),
    }
}

pub fn stream(event: u32) -> StreamRef {
    StreamRef::Event(EventId(event))
}

pub fn hits_of(signal: u32) -> StreamRef {
    StreamRef::Signal(SignalId(signal))
}

pub fn input(stream: StreamRef) -> Input {
    Input { stream, filter: None }
}

pub fn matching(stream: StreamRef) -> Analytic {
    Analytic::Match { of: input(stream), keys: Keys::default() }
}

pub fn sliding(within: i64) -> Window {
    Window::Sliding { within, rise: false }
}

/// Over the first event, by `g`.
pub fn threshold(window: Window, measures: Vec<Measure>, having: Expr) -> Analytic {
    Analytic::Threshold { of: input(stream(0)), keys: keys(&["g"]), window, measures, having }
}

pub fn step(of: StreamRef) -> Step {
    Step {
        of: vec![of],
        filter: None,
        keys: keys(&["g"]),
        absent_before: Vec::new(),
        written: 0,
        span: Span::default(),
    }
}

/// Of the first so many events, by `g`.
pub fn sequence(within: i64, steps: u32) -> Sequence {
    let steps = (0..steps).map(|n| step(stream(n))).collect();
    Sequence { within, steps, absent_first: None, absent_last: None, until: None }
}

#[allow(clippy::unnecessary_wraps)]
pub fn absence(of: StreamRef, within: i64) -> Option<Absence> {
    Some(Absence { stream: of, keys: keys(&["g"]), within, span: Span::default() })
}

/// Alerts as `time group`.
pub fn alerts(rule: &Rule, events: &[Event], until: Option<i64>) -> Vec<String> {
    run(rule, events.to_vec(), until).iter().map(said).collect()
}

pub fn said(alert: &Alert) -> String {
    let group: Vec<_> = alert.group.iter().map(|(_, v)| crate::eval::text_of(v).into_owned()).collect();
    format!("{} {}", alert.time, group.join(","))
}

/// The times of an alert's evidence.
pub fn evidence(alert: &Alert) -> Vec<i64> {
    alert.events.iter().map(|e| e.time).collect()
}
