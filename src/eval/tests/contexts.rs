//! Contexts: strictly before the event, and missing where the group is.

use super::kit::*;
use crate::eval::run;
use crate::ir::*;
use crate::value::{Type, Value};

fn with(form: ContextForm, ty: Type, asked: &[crate::eval::Event]) -> Vec<Value> {
    let mut rule = rule(&[(S, "a"), (S, "c")], vec![matching(stream(0))]);
    rule.contexts = vec![Context {
        name: "c".into(),
        form,
        of: EventId(1),
        filter: None,
        keys: keys(&["g"]),
        within: 10,
        ty,
        span: crate::source::Span::default(),
    }];
    rule.alert.details = vec![("c".into(), context(0)), ("f".into(), leaf(Leaf::ContextField(ContextId(0), id("n"))))];
    let found = run(&rule, asked.to_vec(), None);
    found
        .iter()
        .flat_map(|a| a.values.iter().map(|(_, v)| v.clone()).take(if ty == Type::TIMESTAMP { 2 } else { 1 }))
        .collect()
}

fn c(time: i64, rest: &str) -> crate::eval::Event {
    s(time, &format!("g:1 k:c {rest}"))
}

fn a(time: i64) -> crate::eval::Event {
    s(time, "g:1 k:a")
}

const YES: Value = Value::Boolean(true);
const NO: Value = Value::Boolean(false);

#[test]
fn some_is_closed_before_and_open_at_the_event() {
    let some = |events: &[_]| with(ContextForm::Some, Type::BOOLEAN, events);
    assert_eq!(some(&[c(0, ""), a(10), a(11)]), [YES, NO]);
    assert_eq!(some(&[c(5, ""), a(5)]), [NO]);
    assert_eq!(some(&[c(0, ""), s(1, "k:a"), s(1, "g:2 k:a")]), [Value::Missing, NO]);
}

#[test]
fn none_is_missing_where_the_stream_did_not_show_the_group() {
    let none = |known, events: &[_]| with(ContextForm::None { known }, Type::BOOLEAN, events);
    assert_eq!(none(None, &[a(0), c(1, ""), a(2), a(12)]), [YES, NO, YES]);
    assert_eq!(
        none(Some(20), &[a(0), c(1, ""), a(2), a(12), a(21), a(22)]),
        [Value::Missing, NO, YES, YES, Value::Missing]
    );
}

#[test]
fn last_value_skips_what_is_missing() {
    let last = |events: &[_]| with(ContextForm::LastValue(field("n")), Type::INTEGER, events);
    assert_eq!(
        last(&[c(0, "n:1"), c(1, "n:2"), c(2, ""), a(3), a(11), a(12)]),
        [Value::Integer(2), Value::Integer(2), Value::Missing]
    );
}

#[test]
fn last_event_gives_its_fields_even_where_missing() {
    let last = |events: &[_]| with(ContextForm::LastEvent, Type::TIMESTAMP, events);
    assert_eq!(last(&[c(0, "n:1"), a(1), c(2, ""), a(3)]), [YES, Value::Integer(1), YES, Value::Missing]);
}

#[test]
fn count_and_measures_look_at_the_window() {
    assert_eq!(
        with(ContextForm::Count, Type::INTEGER, &[c(0, ""), c(0, ""), c(5, ""), a(10), a(11)]),
        [Value::Integer(3), Value::Integer(1)]
    );
    let measure = |include_self, events: &[_]| {
        let measure = Box::new(measure(MeasureFunction::Sum, Some(field("n"))));
        with(ContextForm::Measure { measure, include_self }, Type::INTEGER, events)
    };
    let events = [s(0, "g:1 k:c n:1"), s(1, "g:1 k:a n:10"), s(20, "g:1 k:a n:20")];
    assert_eq!(measure(false, &events), [Value::Integer(1), Value::Missing]);
    assert_eq!(measure(true, &events), [Value::Integer(11), Value::Integer(20)]);
}

#[test]
fn context_in_a_condition_and_over_a_range() {
    let mut rule = rule(
        &[(S, "a"), (S, "c")],
        vec![Analytic::Threshold {
            of: Input { stream: stream(0), filter: None },
            keys: keys(&["g"]),
            window: sliding(10),
            measures: vec![count()],
            having: at_least(measured(0), 2),
        }],
    );
    rule.contexts = vec![Context {
        name: "c".into(),
        form: ContextForm::Some,
        of: EventId(1),
        filter: None,
        keys: keys(&["g"]),
        within: 1,
        ty: Type::BOOLEAN,
        span: crate::source::Span::default(),
    }];
    rule.alert.details = vec![
        ("any".into(), leaf(Leaf::AnyInRange(Box::new(context(0))))),
        ("all".into(), leaf(Leaf::AllInRange(Box::new(context(0))))),
        ("here".into(), context(0)),
    ];
    let events = [c(0, ""), a(1), a(5)];
    let values = |rule: &Rule| -> Vec<Vec<Value>> {
        run(rule, events.to_vec(), None).iter().map(|a| a.values.iter().map(|(_, v)| v.clone()).collect()).collect()
    };
    assert_eq!(values(&rule), [[YES, NO, NO]]);
    if let Analytic::Threshold { of, .. } = &mut rule.signals[0].analytic {
        of.filter = Some(not(context(0)));
    }
    assert!(values(&rule).is_empty());
}

#[test]
fn what_is_kept_up_to_date_is_what_the_window_would_say() {
    // Eight events over a window of 10 ms: what entered at 0 has left again, some have no value, and two share a time.
    let past: Vec<_> = [0, 3, 4, 4, 8, 12, 15, 16]
        .iter()
        .enumerate()
        .map(|(n, t)| c(*t, &if n % 3 == 1 { String::new() } else { format!("n:{} took:{} x:0.{n}", n * n, 7 * n) }))
        .collect();
    let asked: Vec<_> = (0..30).map(a).collect();
    let all: Vec<_> = past.iter().chain(&asked).cloned().collect();
    let kinds = [("n", Type::INTEGER), ("took", Type::DURATION), ("x", Type::NUMBER)];
    let functions = [MeasureFunction::Sum, MeasureFunction::Avg, MeasureFunction::Stddev, MeasureFunction::Distinct];
    for (name, kind) in kinds {
        for function in functions {
            let ty = match function {
                MeasureFunction::Distinct => Type::INTEGER,
                MeasureFunction::Avg | MeasureFunction::Stddev if kind == Type::INTEGER => Type::NUMBER,
                _ => kind,
            };
            let form = || {
                let measure = Box::new(Measure { ty, ..measure(function, Some(field(name))) });
                ContextForm::Measure { measure, include_self: false }
            };
            let streamed = with(form(), ty, &all);
            for (at, value) in streamed.iter().enumerate() {
                // The same question over nothing but the window.
                let inside = |e: &&crate::eval::Event| (at as i64 - 10..at as i64).contains(&e.time);
                let alone: Vec<_> = past.iter().filter(inside).cloned().chain([a(at as i64)]).collect();
                assert_eq!(
                    with(form(), ty, &alone).as_slice(),
                    std::slice::from_ref(value),
                    "{function:?} {name} {at}"
                );
            }
            assert!(streamed.iter().any(|v| !v.is_missing()));
        }
    }
}
