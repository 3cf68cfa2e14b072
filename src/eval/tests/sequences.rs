//! Sequences: order, spans, absences, `until`, and one hit per start.

use super::kit::*;
use crate::eval::run;
use crate::ir::*;

fn e(time: i64, k: &str) -> crate::eval::Event {
    s(time, &format!("g:1 k:{k}"))
}

/// Steps a, b, ...; event 4 is `x`, event 5 `u`.
fn of(sequence: Sequence) -> Rule {
    let events = [(S, "a"), (S, "b"), (S, "c"), (S, "d"), (S, "x"), (S, "u")];
    rule(&events, vec![Analytic::Sequence(sequence)])
}

#[test]
fn steps_in_order_within_the_span_inclusive() {
    let rule = of(sequence(10, 2));
    assert_eq!(alerts(&rule, &[e(0, "a"), e(10, "b")], None), ["10 1"]);
    assert!(alerts(&rule, &[e(0, "a"), e(11, "b")], None).is_empty());
    assert!(alerts(&rule, &[e(0, "b"), e(1, "a")], None).is_empty());
    assert!(alerts(&rule, &[s(0, "g:1 k:a"), s(1, "g:2 k:b")], None).is_empty());
}

#[test]
fn equal_times_are_ordered_by_the_place_of_the_event() {
    assert_eq!(alerts(&of(sequence(10, 2)), &[e(5, "b"), e(5, "a")], None), ["5 1"]);
    let mut backwards = sequence(10, 2);
    backwards.steps.reverse();
    assert!(alerts(&of(backwards), &[e(5, "b"), e(5, "a")], None).is_empty());
}

#[test]
fn tiebreaker_orders_events_of_one_selection() {
    let mut repeat = sequence(10, 1);
    repeat.steps = vec![step(stream(0)), step(stream(0))];
    repeat.steps[0].filter = Some(eq(field("n"), int(1)));
    repeat.steps[1].filter = Some(eq(field("n"), int(2)));
    let rule = of(repeat);
    assert_eq!(alerts(&rule, &[s(5, "g:1 k:a n:2 seq:8"), s(5, "g:1 k:a n:1 seq:7")], None), ["5 1"]);
    assert!(alerts(&rule, &[s(5, "g:1 k:a n:1 seq:8"), s(5, "g:1 k:a n:2 seq:7")], None).is_empty());
}

#[test]
fn a_start_is_used_once_and_the_latest_start_counts() {
    let rule = of(sequence(10, 2));
    assert_eq!(alerts(&rule, &[e(0, "a"), e(1, "b"), e(2, "b")], None), ["1 1"]);
    // The latest start of b at 4 is used by then, and the older one is not tried.
    assert_eq!(alerts(&rule, &[e(0, "a"), e(1, "a"), e(3, "b"), e(4, "b")], None), ["3 1"]);
    let found = run(&rule, [e(0, "a"), e(1, "a"), e(3, "b")], None);
    assert_eq!(evidence(&found[0]), [1, 3]);
}

#[test]
fn the_newest_event_of_each_step_from_the_last_backwards() {
    let found = run(&of(sequence(10, 3)), [e(0, "a"), e(1, "b"), e(2, "b"), e(3, "c")], None);
    assert_eq!(evidence(&found[0]), [0, 2, 3]);
}

#[test]
fn repeats_are_steps_and_one_event_is_one_step() {
    let mut twice = sequence(10, 1);
    twice.steps = vec![step(stream(0)), step(stream(0)), step(stream(0))];
    let rule = of(twice);
    assert!(alerts(&rule, &[e(0, "a"), e(1, "a")], None).is_empty());
    // Starts 0, 1 and 2, each once.
    assert_eq!(alerts(&rule, &[e(0, "a"), e(1, "a"), e(2, "a"), e(3, "a"), e(4, "a")], None), ["2 1", "3 1", "4 1"]);
}

#[test]
fn until_inside_ends_the_chain_and_at_its_ends_does_not() {
    let mut until = sequence(10, 2);
    until.until = Some(Until { stream: stream(5), keys: keys(&["g"]), span: crate::source::Span::default() });
    let rule = of(until);
    assert!(alerts(&rule, &[e(0, "a"), e(1, "u"), e(2, "b")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(0, "u"), e(1, "a"), e(2, "b"), e(3, "u")], None), ["2 1"]);
    // Order settles equal times: `u` comes after a and b at the same time.
    assert!(alerts(&rule, &[e(0, "a"), e(0, "u"), e(2, "b")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(0, "a"), e(2, "u"), e(2, "b")], None), ["2 1"]);
    assert_eq!(alerts(&rule, &[e(0, "a"), s(1, "g:2 k:u"), e(2, "b")], None), ["2 1"]);
}

#[test]
fn absent_between_is_strict_in_time() {
    let mut between = sequence(10, 2);
    between.steps[1].absent_before =
        vec![Gap { stream: stream(4), keys: keys(&["g"]), span: crate::source::Span::default() }];
    let rule = of(between);
    assert!(alerts(&rule, &[e(0, "a"), e(1, "x"), e(2, "b")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(0, "x"), e(0, "a"), e(2, "b"), e(2, "x")], None), ["2 1"]);
    assert_eq!(alerts(&rule, &[e(0, "a"), e(1, "x"), e(1, "a"), e(2, "b")], None), ["2 1"]);
}

#[test]
fn absent_first_looks_back_from_the_first_step() {
    let mut first = sequence(10, 1);
    first.absent_first = absence(stream(4), 5);
    let rule = of(first);
    assert!(alerts(&rule, &[e(0, "x"), e(5, "a")], None).is_empty());
    assert_eq!(alerts(&rule, &[e(0, "x"), e(6, "a")], None), ["6 1"]);
    assert_eq!(alerts(&rule, &[e(6, "x"), e(6, "a")], None), ["6 1"]);
}

#[test]
fn absent_last_waits_until_its_deadline_has_passed() {
    let mut last = sequence(10, 2);
    last.absent_last = absence(stream(4), 5);
    last.until = Some(Until { stream: stream(5), keys: keys(&["g"]), span: crate::source::Span::default() });
    let rule = of(last);
    let chain = [e(0, "a"), e(2, "b")];
    let with = |more: &[crate::eval::Event], until| alerts(&rule, &[&chain[..], more].concat(), until);
    assert_eq!(with(&[], Some(7)), ["7 1"]);
    assert!(with(&[], Some(6)).is_empty());
    assert!(with(&[e(7, "x")], Some(20)).is_empty());
    assert!(with(&[e(7, "u")], Some(20)).is_empty());
    assert_eq!(with(&[e(2, "x"), e(8, "x")], None), ["7 1"]);
    assert_eq!(with(&[s(7, "g:2 k:x")], None), ["7 1"]);
    // A second final event has no start of its own, so its later deadline is none.
    assert_eq!(with(&[e(3, "b"), e(20, "c")], None), ["7 1"]);
}

#[test]
fn a_single_step_with_an_absence_hits_for_each_event() {
    let mut single = sequence(10, 1);
    single.absent_last = absence(stream(4), 5);
    let rule = of(single);
    assert_eq!(alerts(&rule, &[e(0, "a"), e(1, "a"), e(6, "x")], Some(20)), ["5 1"]);
    let mut at_once = sequence(10, 1);
    at_once.absent_last = absence(stream(4), 0);
    assert_eq!(alerts(&of(at_once), &[e(0, "a"), e(0, "x")], None), ["0 1"]);
}

#[test]
fn steps_may_have_keys_of_their_own() {
    let mut own = sequence(10, 2);
    own.steps[1].of = vec![stream(1)];
    own.steps[1].keys = keys(&["n"]);
    own.steps[0].keys = keys(&["n"]);
    let rule = rule(&[(S, "a"), (T, "b")], vec![Analytic::Sequence(own)]);
    assert_eq!(alerts(&rule, &[s(0, "g:1 k:a n:4"), t(1, "g:9 n:4")], None), ["1 4"]);
}
