//! Thresholds, together and evidence, at the ends of their windows.

use super::kit::*;
use crate::eval::run;
use crate::ir::*;
use crate::value::{Type, Value};

fn three_within(window: Window) -> Rule {
    rule(&[(S, "a")], vec![threshold(window, vec![count()], at_least(measured(0), 3))])
}

#[test]
fn sliding_window_is_closed_at_both_ends() {
    let rule = three_within(sliding(10));
    let a = |time| s(time, "g:1 k:a");
    assert_eq!(alerts(&rule, &[a(0), a(5), a(10)], None), ["10 1"]);
    assert!(alerts(&rule, &[a(0), a(5), a(11)], None).is_empty());
}

#[test]
fn sliding_hits_once_per_group_and_time_after_all_events_of_that_time() {
    let rule = three_within(sliding(10));
    let a = |time, group: &str| s(time, &format!("g:{group} k:a"));
    let events = [a(5, "1"), a(5, "2"), a(5, "1"), a(5, "1"), a(5, "1"), a(6, "1")];
    assert_eq!(alerts(&rule, &events, None), ["5 1", "6 1"]);
}

#[test]
fn missing_key_joins_no_group() {
    let rule = three_within(sliding(10));
    assert!(alerts(&rule, &[s(0, "k:a"), s(1, "k:a"), s(2, "k:a")], None).is_empty());
}

#[test]
fn rise_looks_at_the_previous_time_of_the_group_within_the_window() {
    let rule = three_within(Window::Sliding { within: 10, rise: true });
    let a = |time| s(time, "g:1 k:a");
    // H holds at 2, 3 and 4: only 2 rises. At 13 it holds no more, at 14 neither; three of the burst from 30 rise again.
    let events = [a(0), a(1), a(2), a(3), a(4), a(14), a(30), a(31), a(32), a(33)];
    assert_eq!(alerts(&rule, &events, None), ["2 1", "32 1"]);
    // The previous time lies outside the window, though H held there.
    let burst = [a(0), a(0), a(0), a(11), a(11), a(11)];
    assert_eq!(alerts(&rule, &burst, None), ["0 1", "11 1"]);
    let near = [a(0), a(0), a(0), a(10), a(10), a(10)];
    assert_eq!(alerts(&rule, &near, None), ["0 1"]);
}

#[test]
fn tumbling_window_excludes_its_end_and_waits_for_the_clock() {
    let rule = three_within(Window::Tumbling { size: 10 });
    let a = |time| s(time, "g:1 k:a");
    assert!(alerts(&rule, &[a(0), a(5), a(10)], Some(100)).is_empty());
    assert_eq!(alerts(&rule, &[a(0), a(5), a(9)], Some(10)), ["10 1"]);
    assert!(alerts(&rule, &[a(0), a(5), a(9)], Some(9)).is_empty());
    // The newest event of the whole input is the clock, whatever its source or group.
    assert_eq!(alerts(&rule, &[a(0), a(5), a(9), t(10, "g:2")], None), ["10 1"]);
    // Windows are aligned before the epoch as well.
    assert_eq!(alerts(&rule, &[a(-10), a(-5), a(-1)], Some(0)), ["0 1"]);
}

#[test]
fn hopping_windows_overlap_and_are_aligned() {
    let rule = three_within(Window::Hopping { size: 10, every: 5 });
    let a = |time| s(time, "g:1 k:a");
    // Windows [0,10) and [5,15) hold three each; [-5,5) holds one, [10,20) none.
    assert_eq!(alerts(&rule, &[a(4), a(5), a(6), a(9)], Some(100)), ["10 1", "15 1"]);
}

#[test]
fn tumbling_hit_has_the_fields_of_the_windows_last_event() {
    let mut rule = three_within(Window::Tumbling { size: 10 });
    rule.alert.details = vec![("n".into(), field("n")), ("count".into(), measured(0))];
    let found = run(&rule, [s(9, "g:1 k:a n:9"), s(1, "g:1 k:a n:1"), s(2, "g:1 k:a n:2")], Some(10));
    assert_eq!(found[0].values, [("n".into(), Value::Integer(9)), ("count".into(), Value::Integer(3))]);
    assert_eq!((found[0].first, evidence(&found[0])), (1, vec![1, 2, 9]));
}

fn value_of(measure: Measure, events: &[crate::eval::Event]) -> Value {
    let mut rule = rule(&[(S, "a")], vec![threshold(sliding(10), vec![measure], at_least(int(1), 1))]);
    rule.alert.details = vec![("m".into(), measured(0))];
    run(&rule, events.to_vec(), None).last().unwrap().values[0].1.clone()
}

#[test]
fn measures_leave_out_what_is_missing() {
    use MeasureFunction::*;
    let a = |time, rest: &str| s(time, &format!("g:1 k:a {rest}"));
    let events = [a(0, "n:100"), a(11, "n:4 x:0.5"), a(12, ""), a(13, "n:2 x:0.25"), a(14, "n:2 x:0.25")];
    let of = |function, argument: &str| value_of(measure(function, Some(field(argument))), &events);
    assert_eq!(value_of(count(), &events), Value::Integer(4));
    assert_eq!(of(Distinct, "n"), Value::Integer(2));
    assert_eq!(of(Sum, "n"), Value::Integer(8));
    assert_eq!(of(Sum, "x"), Value::Number(1.0));
    assert_eq!((of(Min, "n"), of(Max, "n")), (Value::Integer(2), Value::Integer(4)));
    assert_eq!((of(First, "n"), of(Last, "x")), (Value::Integer(4), Value::Number(0.25)));
    assert_eq!(of(Values(1), "n"), Value::list([Value::Integer(2)]));
    assert_eq!((of(Percentile(50.0), "n"), of(Percentile(67.0), "n")), (Value::Integer(2), Value::Integer(4)));
    assert_eq!((of(Percentile(0.0), "n"), of(Percentile(100.0), "n")), (Value::Integer(2), Value::Integer(4)));
    let avg = Measure { ty: Type::NUMBER, ..measure(Avg, Some(field("n"))) };
    assert_eq!(value_of(avg, &events), Value::Number(8.0 / 3.0));
    let none = [a(0, "")];
    for function in [Sum, Avg, Min, Max, Stddev, Percentile(50.0), First, Last, Values(3)] {
        assert_eq!(value_of(measure(function, Some(field("n"))), &none), Value::Missing, "{function:?}");
    }
    assert_eq!(value_of(measure(Distinct, Some(field("n"))), &none), Value::Integer(0));
}

#[test]
fn stddev_is_the_samples_and_missing_for_one_value() {
    let stddev = || Measure { ty: Type::NUMBER, ..measure(MeasureFunction::Stddev, Some(field("x"))) };
    let a = |time, rest: &str| s(time, &format!("g:1 k:a {rest}"));
    assert_eq!(value_of(stddev(), &[a(0, "x:0.1")]), Value::Missing);
    assert_eq!(value_of(stddev(), &[a(0, "x:0.1"), a(1, "x:0.1"), a(2, "x:0.1")]), Value::Number(0.0));
    assert_eq!(value_of(stddev(), &[a(0, "x:1"), a(1, "x:3")]), Value::Number(2f64.sqrt()));
}

#[test]
fn any_and_all_of_a_measure_take_missing_for_false_and_heed_their_condition() {
    let truth = |function| measure(function, Some(at_least(field("n"), 1)));
    let a = |time, rest: &str| s(time, &format!("g:1 k:a {rest}"));
    let events = [a(0, "n:1"), a(1, "")];
    assert_eq!(value_of(truth(MeasureFunction::Any), &events), Value::Boolean(true));
    assert_eq!(value_of(truth(MeasureFunction::All), &events), Value::Boolean(false));
    let known = |function| Measure { filter: Some(boolean(ExprKind::Exists(Box::new(field("n"))))), ..truth(function) };
    assert_eq!(value_of(known(MeasureFunction::All), &events), Value::Boolean(true));
    assert_eq!(value_of(known(MeasureFunction::All), &[a(0, "")]), Value::Boolean(false));
}

#[test]
fn sums_that_leave_no_trace_of_what_left() {
    let a = |time, x: &str| s(time, &format!("g:1 k:a x:{x}"));
    let sum = || measure(MeasureFunction::Sum, Some(field("x")));
    let alone = value_of(sum(), &[a(20, "0.3")]);
    assert_eq!(value_of(sum(), &[a(0, "0.1"), a(1, "0.2"), a(20, "0.3")]), alone);
    let overflow = measure(MeasureFunction::Sum, Some(field("n")));
    let big = |time| s(time, &format!("g:1 k:a n:{}", i64::MAX));
    assert_eq!(value_of(overflow, &[big(0), big(1)]), Value::Missing);
}

fn together(after: Option<u32>, least: u32) -> Rule {
    let analytic = Analytic::Together {
        of: vec![input(stream(0)), input(stream(1)), input(stream(2))],
        keys: keys(&["g"]),
        window: sliding(10),
        at_least: least,
        after: after.map(stream),
    };
    rule(&[(S, "a"), (S, "b"), (S, "c"), (S, "z")], vec![analytic])
}

#[test]
fn together_counts_streams_not_events() {
    let rule = together(None, 2);
    let e = |time, k: &str| s(time, &format!("g:1 k:{k}"));
    assert!(alerts(&rule, &[e(0, "a"), e(1, "a"), e(2, "a")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(0, "a"), e(10, "b"), e(11, "b")], None), ["10 1"]);
}

#[test]
fn together_after_takes_what_is_strictly_later_than_one_event() {
    let rule = together(Some(3), 2);
    let e = |time, k: &str| s(time, &format!("g:1 k:{k}"));
    assert!(alerts(&rule, &[e(0, "a"), e(1, "z"), e(2, "b")], None).is_empty());
    assert!(alerts(&rule, &[e(1, "z"), e(1, "a"), e(2, "b")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(1, "z"), e(2, "a"), e(11, "b")], None), ["11 1"]);
    assert!(alerts(&rule, &[e(1, "z"), e(2, "a"), e(12, "b")], None).is_empty());
    // A second `z` does not take away what the first one gave.
    assert_eq!(alerts(&rule, &[e(1, "z"), e(2, "a"), e(3, "z"), e(4, "b"), e(5, "z")], None), ["4 1"]);
}

#[test]
fn evidence_sums_streams_and_contexts_with_their_reasons() {
    let weigh = |n, weight, because: &str| Weighed {
        what: input(stream(n)),
        weight,
        because: Some(Template(vec![TemplatePiece::Text(because.into()), TemplatePiece::Value(field("n"))])),
    };
    let analytic = Analytic::Evidence {
        of: vec![weigh(0, 30, "a with "), weigh(1, 40, "b with ")],
        when: vec![Weighed { what: ContextId(0), weight: 20, because: None }],
        keys: keys(&["g"]),
        window: sliding(10),
        alert_at: 60,
    };
    let mut rule = rule(&[(S, "a"), (S, "b"), (S, "ctx")], vec![analytic]);
    rule.contexts = vec![Context {
        name: "seen".into(),
        form: ContextForm::Some,
        of: EventId(2),
        filter: None,
        keys: keys(&["g"]),
        within: 5,
        ty: Type::BOOLEAN,
        span: crate::source::Span::default(),
    }];
    let found = run(&rule, [s(0, "g:1 k:a n:7"), s(1, "g:1 k:ctx"), s(2, "g:1 k:b"), s(8, "g:1 k:b n:8")], None);
    let said: Vec<_> = found.iter().map(|a| (a.time, a.confidence, a.because.join("; "))).collect();
    assert_eq!(said, [(2, Some(90), "a with -; b with -".to_owned()), (8, Some(70), "a with 8; b with 8".to_owned())]);
}
