//! The naive evaluator against alerts that were worked out by hand, sentence by sentence of the written meaning.

use super::build::*;
use siemc::ir::{
    Absence, Analytic, ContextForm, EventId, ExprKind, Gap, Keys, Leaf, MeasureFunction, OncePer, SignalId, StreamRef,
    Until, Weighed, Window,
};
use siemc::source::Span;
use siemc::value::Type;

fn counting(window: Window, least: i64) -> siemc::ir::Rule {
    rule(vec![], vec![threshold(A, window, MeasureFunction::Count, least, 0)])
}

fn absence(stream: StreamRef, seconds: i64) -> Absence {
    Absence { stream, keys: by_user(), within: seconds * 1000, span: Span::default() }
}

#[test]
fn a_sliding_window_is_closed_on_both_ends() {
    assert_eq!(run(&counting(sliding(10), 2), "0 a; 10 a", 10), ["10 u: 1 2"]);
    assert!(run(&counting(sliding(10), 2), "0 a; 10.001 a", 11).is_empty());
}

#[test]
fn a_sliding_window_hits_once_for_each_group_and_time() {
    assert_eq!(run(&counting(sliding(10), 2), "5 a; 0 a; 5 a; 5 a v; 1 a v", 5), ["5 u: 2 1 3", "5 v: 5 4"]);
}

#[test]
fn rise_drops_what_the_previous_time_already_said() {
    let rule = counting(Window::Sliding { within: 10_000, rise: true }, 2);
    // At 8 the time before, 5, said it; at 18 the time before is 8, which is exactly one window ago; at 29 it is out of reach.
    assert_eq!(run(&rule, "0 a; 5 a; 8 a; 18 a; 29 a; 29 a", 29), ["5 u: 1 2", "29 u: 5 6"]);
}

#[test]
fn a_tumbling_window_is_open_at_its_end_and_waits_for_the_clock() {
    let rule = counting(Window::Tumbling { size: 20_000 }, 1);
    assert_eq!(run(&rule, "19.999 a; 20 a; 0 a", 40), ["20 u: 3 1", "40 u: 2"]);
    assert_eq!(run(&rule, "19.999 a; 20 a", 39), ["20 u: 1"]);
}

#[test]
fn a_hopping_window_ends_at_each_step_while_it_holds_an_event() {
    let rule = counting(Window::Hopping { size: 20_000, every: 10_000 }, 1);
    assert_eq!(run(&rule, "5 a; 30 a", 60), ["10 u: 1", "20 u: 1", "40 u: 2", "50 u: 2"]);
}

#[test]
fn a_missing_key_joins_no_group_and_not_equal_holds_where_missing() {
    let keyed = rule(vec![], vec![matching(A, None)]);
    assert_eq!(run(&keyed, "0 a -; 1 a u", 1), ["1 u: 2"]);
    let mut open = rule(vec![], vec![matching(A, Some(not(is("user", "u"))))]);
    if let Analytic::Match { keys, .. } = &mut open.signals[0].analytic {
        *keys = Keys::default();
    }
    assert_eq!(run(&open, "0 a -; 1 a u", 1), ["0 : 1"]);
}

#[test]
fn measures_leave_out_what_is_missing() {
    let sum = |least| rule(vec![], vec![threshold(A, sliding(10), MeasureFunction::Sum, least, 0)]);
    assert_eq!(run(&sum(3), "0 a u 1; 1 a u; 2 a u 2", 2), ["2 u: 1 2 3"]);
    // A sum over no values is missing, and a comparison with it is false, even `>= -9`.
    assert_eq!(run(&sum(-9), "0 a u; 1 a u 2", 1), ["1 u: 1 2"]);
    // 75 % of 4 values: 100 r >= 300 gives the third. 76 %: the fourth.
    let rank = |p, least| rule(vec![], vec![threshold(A, sliding(10), MeasureFunction::Percentile(p), least, 0)]);
    let four = "1 a u 4; 1 a u 3; 1 a u 1; 1 a u 2";
    assert_eq!(run(&rank(75.0, 3), four, 1).len(), 1);
    assert!(run(&rank(75.0, 4), four, 1).is_empty());
    assert_eq!(run(&rank(76.0, 4), four, 1).len(), 1);
}

#[test]
fn together_counts_streams_and_after_opens_the_window() {
    let together = |at_least, after| {
        let of = vec![input(A), input(B)];
        rule(vec![], vec![Analytic::Together { of, keys: by_user(), window: sliding(10), at_least, after }])
    };
    assert_eq!(run(&together(2, None), "0 a; 10 b; 20.001 a", 30), ["10 u: 1 2"]);
    // (t_s, t]: what happens at the time of x itself is not after it.
    assert!(run(&together(2, Some(X)), "5 x; 5 a; 6 b", 6).is_empty());
    assert_eq!(run(&together(2, Some(X)), "5 x; 5.001 a; 15 b", 15), ["15 u: 2 3"]);
    assert!(run(&together(2, Some(X)), "4.999 x; 5.001 a; 15 b", 15).is_empty());
}

#[test]
fn evidence_adds_streams_in_the_window_and_contexts_at_the_newest_event() {
    let weighed = |stream, weight| Weighed { what: input(stream), weight, because: None };
    let when = vec![Weighed { what: siemc::ir::ContextId(0), weight: 30, because: None }];
    let of = vec![weighed(A, 50), weighed(B, 20)];
    let analytic = Analytic::Evidence { of, when, keys: by_user(), window: sliding(10), alert_at: 60 };
    let rule = rule(vec![context(ContextForm::Some, EventId(2), 5)], vec![analytic]);
    // At 3: 50 + 20. At 12: the context reads [7, 12), so b and a and it.
    assert_eq!(run(&rule, "0 a; 3 b; 7 x; 10 b; 12 b", 12), ["3 u 70: 1 2", "10 u 100: 1 4"]);
    assert_eq!(run(&rule, "0 x; 5 a; 5.001 a", 9), ["5 u 80: 2"]);
}

#[test]
fn a_sequence_takes_the_latest_start_and_uses_it_once() {
    let ab = rule(vec![], vec![Analytic::Sequence(sequence(10, &[A, B]))]);
    assert_eq!(run(&ab, "0 a; 5 a; 10 b; 12 b", 12), ["10 u: 2 3"]);
    assert_eq!(run(&ab, "0 a; 10 b; 20 a; 30.001 b", 31), ["10 u: 1 2"]);
    // Among the chains of the latest start, the last steps take the newest events.
    let aba = rule(vec![], vec![Analytic::Sequence(sequence(10, &[A, X, B]))]);
    assert_eq!(run(&aba, "0 a; 1 x; 2 x; 3 b", 3), ["3 u: 1 3 4"]);
}

#[test]
fn a_step_is_found_in_each_of_its_streams_that_has_the_row() {
    let same = StreamRef::Signal(SignalId(0));
    let mut chain = sequence(10, &[A, B]);
    chain.steps[0].of = vec![A, same, X];
    let mut asking = rule(vec![], vec![matching(A, None), Analytic::Sequence(chain)]);
    for (stream, confidence) in [(A, 65), (same, 65), (B, 65), (X, 40)] {
        let matched = expr(ExprKind::Leaf(Leaf::Matched(stream)), Type::BOOLEAN);
        asking.confidence = Some(raise(matched, 25));
        assert_eq!(run(&asking, "0 a; 1 b", 1), [format!("1 u {confidence}: 1 2")]);
    }
}

#[test]
fn ties_are_ordered_by_the_place_of_the_name_then_by_the_tiebreaker() {
    let chain = |steps: &[StreamRef]| rule(vec![], vec![Analytic::Sequence(sequence(10, steps))]);
    assert_eq!(run(&chain(&[A, B]), "1 b; 1 a", 1), ["1 u: 2 1"]);
    assert!(run(&chain(&[B, A]), "1 b; 1 a", 1).is_empty());
    let mut numbered = sequence(10, &[A, A]);
    numbered.steps[0].filter = Some(is("user", "u"));
    assert_eq!(run(&rule(vec![], vec![Analytic::Sequence(numbered)]), "1 a u 0 2; 1 a u 0 1", 1), ["1 u: 2 1"]);
}

#[test]
fn until_ends_a_chain_only_strictly_inside() {
    let mut ending = sequence(10, &[A, B]);
    ending.until = Some(Until { stream: X, keys: by_user(), span: Span::default() });
    let ending = rule(vec![], vec![Analytic::Sequence(ending)]);
    assert!(run(&ending, "0 a; 1 x; 2 b", 2).is_empty());
    assert_eq!(run(&ending, "0 a; 1 x v; 2 b", 2), ["2 u: 1 3"]);
    // At the time of the final event, x comes after b by its place in the rule.
    assert_eq!(run(&ending, "0 a; 2 x; 2 b", 2), ["2 u: 1 3"]);
    // At the time of the first event it comes after a, and so inside.
    assert!(run(&ending, "0 x; 0 a; 2 b", 2).is_empty());
}

#[test]
fn an_absence_between_steps_is_strict_in_time() {
    let mut quiet = sequence(10, &[A, B]);
    quiet.steps[1].absent_before = vec![Gap { stream: X, keys: by_user(), span: Span::default() }];
    let quiet = rule(vec![], vec![Analytic::Sequence(quiet)]);
    assert_eq!(run(&quiet, "0 a; 0 x; 5 x; 5 b", 5), ["5 u: 1 4"]);
    assert!(run(&quiet, "0 a; 0.001 x; 5 b", 5).is_empty());
}

#[test]
fn an_absence_before_the_first_step_is_closed_at_its_start() {
    let mut quiet = sequence(10, &[A]);
    quiet.absent_first = Some(absence(X, 5));
    let quiet = rule(vec![], vec![Analytic::Sequence(quiet)]);
    assert!(run(&quiet, "0 x; 5 a", 5).is_empty());
    assert_eq!(run(&quiet, "0 x; 5.001 a", 6), ["5.001 u: 2"]);
    assert_eq!(run(&quiet, "5 x; 5 a", 6), ["5 u: 2"]);
}

#[test]
fn an_absence_after_the_last_step_hits_at_its_deadline() {
    let mut quiet = sequence(10, &[A, B]);
    quiet.absent_last = Some(absence(X, 5));
    let quiet = rule(vec![], vec![Analytic::Sequence(quiet)]);
    assert_eq!(run(&quiet, "0 a; 2 b; 2 x", 7), ["7 u: 1 2"]);
    assert!(run(&quiet, "0 a; 2 b", 6).is_empty());
    assert!(run(&quiet, "0 a; 2 b; 7 x", 7).is_empty());
    assert_eq!(run(&quiet, "0 a; 2 b; 7.001 x", 8), ["7 u: 1 2"]);
    // Chains are found and deduplicated first: the later final event cannot use the start of the one that x broke.
    assert!(run(&quiet, "0 a; 2 b; 4 x; 9 b", 20).is_empty());
}

#[test]
fn one_event_cannot_be_two_steps_even_through_a_signal() {
    let signals = vec![
        threshold(A, sliding(10), MeasureFunction::Count, 1, 0),
        Analytic::Sequence(sequence(10, &[A, StreamRef::Signal(SignalId(0))])),
    ];
    let chained = rule(vec![], signals);
    assert!(run(&chained, "0 a", 0).is_empty());
    assert_eq!(run(&chained, "0 a; 1 a", 1), ["1 u: 1 2"]);
}

#[test]
fn a_hit_at_a_window_end_comes_after_the_events_of_that_time() {
    let tumbling = || threshold(A, Window::Tumbling { size: 10_000 }, MeasureFunction::Count, 1, 0);
    let end = StreamRef::Signal(SignalId(0));
    let chain = |steps: &[StreamRef]| rule(vec![], vec![tumbling(), Analytic::Sequence(sequence(20, steps))]);
    assert_eq!(run(&chain(&[B, end]), "3 a; 10 b", 10), ["10 u: 1 2"]);
    assert!(run(&chain(&[end, B]), "3 a; 10 b", 10).is_empty());
    assert_eq!(run(&chain(&[end, B]), "3 a; 10.001 b", 11), ["10.001 u: 1 2"]);
}

#[test]
fn a_context_is_read_strictly_before_the_event() {
    let with = |form| rule(vec![context(form, EventId(2), 5)], vec![matching(A, Some(held(0)))]);
    assert_eq!(run(&with(ContextForm::Some), "0 x; 5 a; 5.001 a; 9 x; 9 a", 9), ["5 u: 2"]);
    assert_eq!(run(&with(ContextForm::None { known: None }), "0 x; 5 a; 5.001 a", 6), ["5.001 u: 3"]);
    let known = with(ContextForm::None { known: Some(20_000) });
    assert_eq!(run(&known, "1 a; 2 x; 4 a; 8 a; 22 a; 22.001 a", 30), ["8 u: 4", "22 u: 5"]);
    // A missing key: neither some nor none.
    let mut keyless = with(ContextForm::None { known: None });
    if let Analytic::Match { keys, .. } = &mut keyless.signals[0].analytic {
        *keys = Keys::default();
    }
    assert!(run(&keyless, "1 a -", 1).is_empty());
}

#[test]
fn any_with_keys_merges_those_of_one_time_and_group() {
    let keyed = rule(vec![], vec![Analytic::Any { of: vec![A, B], keys: Some(by_user()) }]);
    assert_eq!(run(&keyed, "1 a; 1 b; 1 b v; 2 a -", 2), ["1 u: 1 2", "1 v: 3"]);
    let open = rule(vec![], vec![Analytic::Any { of: vec![A, B], keys: None }]);
    assert_eq!(run(&open, "1 a; 1 b", 2), ["1 : 1", "1 : 2"]);
}

#[test]
fn confidence_is_clamped_and_levels_are_lower_bounds() {
    let mut raised = rule(vec![], vec![matching(A, None)]);
    raised.confidence = Some(raise(is("user", "v"), 25));
    assert_eq!(run(&raised, "1 a; 2 a v", 2), ["1 u 40: 1", "2 v 65: 2"]);
    let severities = super::alerts(&raised, &events("1 a; 2 a v"), 2000);
    let severities: Vec<String> = severities.iter().map(|a| format!("{} {:?}", a.severity, a.because)).collect();
    assert_eq!(severities, ["low []", "high [\"so\"]"]);
    raised.confidence.as_mut().unwrap().alert_at = 41;
    raised.confidence.as_mut().unwrap().raise[0].by = 90;
    assert_eq!(run(&raised, "1 a; 2 a v", 2), ["2 v 100: 2"]);
}

#[test]
fn once_per_keeps_the_first_of_each_aligned_bucket_after_alert_at() {
    let mut thinned = rule(vec![], vec![matching(A, None)]);
    thinned.alert.once_per = Some(OncePer { every: 10_000, keys: None, span: Span::default() });
    assert_eq!(run(&thinned, "8 a; 9 a; 10 a; 10 a v; 19.999 a", 20), ["8 u: 1", "10 u: 3", "10 v: 4"]);
    let mut confidence = raise(is("n", ""), 0);
    confidence.raise[0].when = greater("n", 1);
    confidence.raise[0].by = 30;
    confidence.alert_at = 70;
    thinned.confidence = Some(confidence);
    assert_eq!(run(&thinned, "1 a u 1; 2 a u 2; 3 a u 3", 20), ["2 u 70: 2"]);
}

fn greater(name: &str, than: i64) -> siemc::ir::Expr {
    compare(siemc::ir::CompareOp::Greater, field(name), integer(than))
}
