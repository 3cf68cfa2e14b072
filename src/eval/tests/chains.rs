//! Signals that feed signals, `any` with keys, and the streaming engine.

use super::kit::*;
use crate::eval::{Engine, OutOfOrder, run};
use crate::ir::*;
use crate::value::Value;
use std::rc::Rc;
use std::sync::Arc;

fn any(of: Vec<StreamRef>, by: Option<&[&str]>) -> Analytic {
    Analytic::Any { of, keys: by.map(keys) }
}

#[test]
fn any_without_keys_keeps_every_hit_and_its_group() {
    let burst = threshold(sliding(10), vec![count()], at_least(measured(0), 2));
    let mut rule = rule(&[(S, "a"), (S, "b")], vec![burst, any(vec![hits_of(0), stream(1), stream(0)], None)]);
    rule.alert.details = vec![("count".into(), measured(0)), ("b".into(), leaf(Leaf::Matched(stream(1))))];
    let found = run(&rule, [s(0, "g:1 k:a"), s(1, "g:1 k:a"), s(2, "g:1 k:b")], None);
    let said: Vec<_> = found.iter().map(|a| (said(a), a.values[0].1.clone(), a.values[1].1.is_true())).collect();
    assert_eq!(
        said,
        [
            ("0 ".into(), Value::Missing, false),
            ("1 1".into(), Value::Integer(2), false),
            ("1 ".into(), Value::Missing, false),
            ("2 ".into(), Value::Missing, true)
        ]
    );
}

#[test]
fn any_with_keys_merges_one_time_of_one_group() {
    let mut rule = rule(&[(S, "a"), (S, "b")], vec![any(vec![stream(0), stream(1)], Some(&["g"]))]);
    rule.alert.details = vec![
        ("a".into(), leaf(Leaf::Matched(stream(0)))),
        ("b".into(), leaf(Leaf::Matched(stream(1)))),
        ("n".into(), field("n")),
    ];
    let events = [s(1, "g:1 k:b n:2"), s(1, "g:1 k:a n:1"), s(1, "g:2 k:a n:3"), s(1, "k:a n:4"), s(2, "g:1 k:a n:5")];
    let found = run(&rule, events, None);
    let said: Vec<_> =
        found.iter().map(|a| (said(a), a.values[1].1.is_true(), a.values[2].1.clone(), a.events.len())).collect();
    assert_eq!(
        said,
        [
            ("1 2".into(), false, Value::Integer(3), 1),
            ("1 1".into(), true, Value::Integer(2), 2),
            ("2 1".into(), false, Value::Integer(5), 1)
        ]
    );
}

#[test]
fn a_sequence_step_may_be_a_threshold_at_its_events_place() {
    let burst = threshold(sliding(10), vec![count()], at_least(measured(0), 2));
    let mut steps = sequence(10, 2);
    steps.steps = vec![step(hits_of(0)), step(stream(1))];
    let rule = rule(&[(S, "a"), (S, "b")], vec![burst, Analytic::Sequence(steps)]);
    let e = |time, k: &str| s(time, &format!("g:1 k:{k}"));
    let found = run(&rule, [e(0, "a"), e(1, "a"), e(1, "b")], None);
    assert_eq!((said(&found[0]), evidence(&found[0]), found.len()), ("1 1".into(), vec![0, 1, 1], 1));
}

#[test]
fn one_event_and_a_hit_at_it_are_one_row() {
    let mut steps = sequence(10, 2);
    steps.steps = vec![step(stream(0)), step(hits_of(0))];
    let rule = rule(&[(S, "a")], vec![matching(stream(0)), Analytic::Sequence(steps)]);
    let a = |time| s(time, "g:1 k:a");
    assert!(alerts(&rule, &[a(0)], None).is_empty());
    assert_eq!(alerts(&rule, &[a(0), a(0)], None), ["0 1"]);
}

#[test]
fn an_event_and_a_hit_at_it_are_both_evidence() {
    let burst = threshold(sliding(10), vec![count()], at_least(measured(0), 2));
    let both = Analytic::Together {
        of: vec![input(stream(0)), input(hits_of(0))],
        keys: keys(&["g"]),
        window: sliding(10),
        at_least: 2,
        after: None,
    };
    let found = run(&rule(&[(S, "a")], vec![burst, both]), [s(0, "g:1 k:a"), s(1, "g:1 k:a")], None);
    assert_eq!((found.len(), evidence(&found[0])), (1, vec![0, 1]));
}

#[test]
fn a_windows_end_comes_after_the_events_of_its_time() {
    let burst = threshold(Window::Tumbling { size: 10 }, vec![count()], at_least(measured(0), 2));
    let mut steps = sequence(10, 2);
    steps.steps = vec![step(stream(1)), step(hits_of(0))];
    let events = [(S, "a"), (S, "b")];
    let e = |time, k: &str| s(time, &format!("g:1 k:{k}"));
    let then = rule(&events, vec![burst.clone(), Analytic::Sequence(steps.clone())]);
    assert_eq!(alerts(&then, &[e(0, "a"), e(1, "a"), e(10, "b")], None), ["10 1"]);
    steps.steps.reverse();
    let before = rule(&events, vec![burst, Analytic::Sequence(steps)]);
    assert!(alerts(&before, &[e(0, "a"), e(1, "a"), e(10, "b")], None).is_empty());
    assert_eq!(alerts(&before, &[e(0, "a"), e(1, "a"), e(11, "b")], None), ["11 1"]);
}

#[test]
fn signals_may_stand_after_those_that_consume_them() {
    let burst = Analytic::Threshold {
        of: input(stream(0)),
        keys: keys(&["g"]),
        window: sliding(10),
        measures: vec![],
        having: at_least(int(1), 1),
    };
    let mut rule = rule(&[(S, "a")], vec![matching(hits_of(1)), burst]);
    rule.detect = SignalId(0);
    assert_eq!(alerts(&rule, &[s(0, "g:1 k:a")], None), ["0 "]);
    rule.signals[1].analytic = matching(hits_of(0));
    assert!(alerts(&rule, &[s(0, "g:1 k:a")], None).is_empty());
}

#[test]
fn the_engine_streams_in_time_order_and_names_what_is_not() {
    let tumbling = threshold(Window::Tumbling { size: 10 }, vec![count()], at_least(measured(0), 2));
    let rule = rule(&[(S, "a")], vec![tumbling]);
    let mut engine = Engine::new(&[Arc::new(rule)]);
    let mut out = Vec::new();
    let a = |time| s(time, "g:1 k:a");
    for event in [a(1), a(2), a(10)] {
        engine.push(&Rc::new(event), &mut |alert| out.push(alert.time)).unwrap();
    }
    // A window's end at 10 may still be preceded, in the order of time 10, by events of that time.
    assert!(out.is_empty());
    assert_eq!(engine.push(&Rc::new(a(9)), &mut |_| {}), Err(OutOfOrder { time: 9, newest: 10 }));
    engine.advance(11, &mut |alert| out.push(alert.time)).unwrap();
    assert_eq!(out, [10]);
    engine.push(&Rc::new(a(12)), &mut |_| {}).unwrap();
    engine.finish(Some(20), &mut |alert| out.push(alert.time));
    assert_eq!(out, [10, 20]);
}

#[test]
fn input_order_does_not_matter() {
    let mut steps = sequence(10, 2);
    steps.until = Some(Until { stream: stream(2), keys: keys(&["g"]), span: crate::source::Span::default() });
    let rule = rule(&[(S, "a"), (S, "b"), (S, "u")], vec![Analytic::Sequence(steps)]);
    let e = |time, k: &str, seq| s(time, &format!("g:1 k:{k} seq:{seq}"));
    let mut events =
        vec![e(0, "a", 1), e(0, "b", 2), e(1, "a", 3), e(1, "u", 1), e(2, "b", 1), e(2, "a", 2), e(3, "b", 9)];
    let expected = alerts(&rule, &events, None);
    for _ in 0..events.len() {
        events.rotate_left(1);
        assert_eq!(alerts(&rule, &events, None), expected);
        let reversed: Vec<_> = events.iter().rev().cloned().collect();
        assert_eq!(alerts(&rule, &reversed, None), expected);
    }
    // The place of `a` puts it before `b` at 2, so the chain starts after `u`.
    assert_eq!(expected, ["0 1", "2 1"]);
}
