//! Cadences: gaps between the rows of one window.

use super::kit::*;
use crate::eval::Event;
use crate::ir::*;
use crate::value::Value;

const MINUTE: i64 = 60_000;

/// Of the last hit: these measures over the window.
fn last(window: Window, measures: Vec<Measure>, events: &[Event], until: Option<i64>) -> Vec<Value> {
    let many = measures.len();
    let rule = rule(&[(S, "a")], vec![threshold(window, measures, at_least(int(1), 1))]);
    details(rule, many, events, until).pop().unwrap().1
}

fn every_measure() -> Vec<Measure> {
    let gaps = [GapMeasure::Mean, GapMeasure::Min, GapMeasure::Max, GapMeasure::Median, GapMeasure::Stddev];
    let more = [GapMeasure::Cv, GapMeasure::Share { low: 3, high: 5 }];
    std::iter::once(count()).chain(gaps.into_iter().chain(more).map(gap)).collect()
}

fn a(time: i64) -> Event {
    s(time, "g:1 k:a")
}

fn all(window: Window, times: &[i64], until: Option<i64>) -> Vec<Value> {
    let events: Vec<Event> = times.iter().map(|t| a(*t)).collect();
    last(window, every_measure(), &events, until)
}

use Value::{Duration as D, Integer as I, Missing, Number as N};

#[test]
fn n_rows_have_n_minus_one_gaps_that_are_floored_where_they_are_durations() {
    // Gaps of 2, 3 and 5: the mean is 3.33, the deviation 1.53.
    let cv = (14f64 / 6.0).sqrt() / (10.0 / 3.0);
    assert_eq!(all(sliding(100), &[0, 2, 5, 10], None), [I(4), D(3), D(2), D(5), D(3), D(1), N(cv), N(2.0 / 3.0)]);
}

#[test]
fn one_sample_has_no_gap_and_one_gap_has_no_deviation() {
    assert_eq!(all(sliding(100), &[7], None), [I(1), Missing, Missing, Missing, Missing, Missing, Missing, Missing]);
    assert_eq!(all(sliding(100), &[7, 11], None), [I(2), D(4), D(4), D(4), D(4), Missing, Missing, N(1.0)]);
    let regular =
        rule(&[(S, "a")], vec![threshold(sliding(100), vec![gap(GapMeasure::Cv)], at_most(measured(0), 0.1))]);
    assert!(alerts(&regular, &[a(0), a(10)], None).is_empty());
    assert_eq!(alerts(&regular, &[a(0), a(10), a(20)], None), ["20 1"]);
}

fn at_most(left: Expr, n: f64) -> Expr {
    compare(CompareOp::LessEqual, left, num(n))
}

#[test]
fn equal_timestamps_without_a_tiebreaker_are_gaps_of_nothing() {
    let t = |time| t(time, "g:1");
    let rule = |measures| {
        let analytic = Analytic::Threshold {
            of: input(stream(0)),
            keys: keys(&["g"]),
            window: sliding(100),
            measures,
            having: at_least(int(1), 1),
        };
        rule(&[(T, "t")], vec![analytic])
    };
    let found = details(rule(every_measure()), 8, &[t(5), t(5), t(5)], None);
    // One hit for the instant; with a mean of 0 there is no ratio.
    assert_eq!(found, [(5, vec![I(3), D(0), D(0), D(0), D(0), D(0), Missing, N(0.0)])]);
    let found = details(rule(every_measure()), 8, &[t(5), t(9), t(9)], None).pop().unwrap();
    assert_eq!(found.1[..4], [I(3), D(2), D(0), D(4)]);
}

#[test]
fn the_gap_that_reaches_out_of_the_window_does_not_count() {
    // At 110 the window is [10, 110]: the row at 10 is in it, the one at 9 is not.
    assert_eq!(all(sliding(100), &[0, 10, 110], None)[..4], [I(2), D(100), D(100), D(100)]);
    assert_eq!(all(sliding(100), &[0, 9, 110], None)[..2], [I(1), Missing]);
    // What was incremental is what it would be from nothing.
    let (long, short) =
        (all(sliding(30), &[0, 7, 20, 33, 40, 48, 55], None), all(sliding(30), &[33, 40, 48, 55], None));
    assert_eq!(long, short);
}

#[test]
fn rows_without_a_key_are_no_part_of_a_cadence() {
    let events = [a(0), s(3, "k:a"), s(4, "g:2 k:a"), a(10)];
    assert_eq!(last(sliding(100), every_measure(), &events, None)[..3], [I(2), D(10), D(10)]);
}

#[test]
fn one_gap_of_a_night_spoils_the_deviation_and_not_the_share() {
    let day: Vec<i64> = (0..40).map(|n| n * 3 * MINUTE).collect();
    let night = 9 * 60 * MINUTE;
    let times: Vec<i64> = day.iter().copied().chain(day.iter().map(|t| t + 39 * 3 * MINUTE + night)).collect();
    let measures = vec![
        gap(GapMeasure::Cv),
        gap(GapMeasure::Share { low: 170_000, high: 190_000 }),
        gap(GapMeasure::Median),
        gap(GapMeasure::Max),
    ];
    let events: Vec<Event> = times.iter().map(|t| a(*t)).collect();
    let found = last(sliding(24 * 60 * MINUTE), measures, &events, None);
    assert!(matches!(found[0], N(cv) if cv > 3.0), "{found:?}");
    assert_eq!(found[1..], [N(78.0 / 79.0), D(3 * MINUTE), D(night)]);
}

#[test]
fn tumbling_and_hopping_cadences_see_the_gaps_of_their_own_rows() {
    let times = [1, 4, 9, 10, 18];
    assert_eq!(all(Window::Tumbling { size: 10 }, &times, Some(10))[..4], [I(3), D(4), D(3), D(5)]);
    // The gap from 9 to 10 lies in neither.
    assert_eq!(all(Window::Tumbling { size: 10 }, &times, Some(20))[..4], [I(2), D(8), D(8), D(8)]);
    // [5, 15) holds 9 and 10.
    assert_eq!(all(Window::Hopping { size: 10, every: 5 }, &times, Some(15))[..4], [I(2), D(1), D(1), D(1)]);
}

#[test]
fn a_cadence_that_goes_on_rises_once() {
    let regular = |rise| {
        let window = Window::Sliding { within: 25, rise };
        rule(&[(S, "a")], vec![threshold(window, vec![gap(GapMeasure::Cv)], at_most(measured(0), 0.1))])
    };
    let events: Vec<Event> = [0, 10, 20, 30, 40, 47, 57, 67].map(a).into();
    assert_eq!(alerts(&regular(false), &events, None), ["20 1", "30 1", "40 1", "67 1"]);
    assert_eq!(alerts(&regular(true), &events, None), ["20 1", "67 1"]);
}

#[test]
fn a_cadence_of_hits_counts_from_hit_to_hit() {
    // Each tumbling window with two events is a hit at its end, whenever its events were.
    let pairs = threshold(Window::Tumbling { size: 10 }, vec![count()], at_least(measured(0), 2));
    let beat = Analytic::Threshold {
        of: input(hits_of(0)),
        keys: keys(&["g"]),
        window: sliding(100),
        measures: vec![gap(GapMeasure::Min), gap(GapMeasure::Max)],
        having: at_least(int(1), 1),
    };
    let rule = rule(&[(S, "a")], vec![pairs, beat]);
    let events = [0, 1, 18, 19, 20, 29].map(a);
    assert_eq!(details(rule, 2, &events, Some(30)).pop(), Some((30, vec![D(10), D(10)])));
}
