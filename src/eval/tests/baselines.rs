//! Baselines: which buckets are compared, and what is said of them.

use super::kit::*;
use crate::eval::{Event, run};
use crate::ir::*;
use crate::value::{Type, Value};
use Value::{Duration as D, Integer as I, Missing, Number as N};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const ALL: [(Statistic, Type); 8] = [
    (Statistic::Value, Type::INTEGER),
    (Statistic::Samples, Type::INTEGER),
    (Statistic::Mean, Type::NUMBER),
    (Statistic::Stddev, Type::NUMBER),
    (Statistic::Min, Type::INTEGER),
    (Statistic::Max, Type::INTEGER),
    (Statistic::Percentile(50.0), Type::INTEGER),
    (Statistic::Zscore, Type::NUMBER),
];

/// So many events in the bucket of 10 ms that begins at `start`.
fn many(start: i64, n: i64) -> Vec<Event> {
    (0..n).map(|i| s(start + i % 10, "g:1 k:a")).collect()
}

fn buckets(of: &[(i64, i64)]) -> Vec<Event> {
    of.iter().flat_map(|(start, n)| many(*start, *n)).collect()
}

fn found(baseline: Baseline, events: &[Event], until: i64) -> Vec<(i64, Vec<Value>)> {
    let measures = baseline.statistics.len();
    details(rule(&[(S, "a")], vec![Analytic::Baseline(Box::new(baseline))]), measures, events, Some(until))
}

fn last(baseline: Baseline, events: &[Event]) -> Vec<Value> {
    found(baseline, events, 100_000 * DAY).pop().unwrap().1
}

#[test]
fn a_group_younger_than_its_history_has_only_the_buckets_since_it_came() {
    // The history holds ten buckets; the group came four ago, and one of them is empty.
    let events = buckets(&[(60, 2), (70, 4), (90, 6), (100, 20)]);
    let sd = (20f64 / 3.0).sqrt();
    assert_eq!(last(baseline(&ALL), &events), [I(20), I(4), N(3.0), N(sd), I(0), I(6), I(2), N(17.0 / sd)]);
    let skip = Baseline { empty: Empty::Skip, ..baseline(&ALL) };
    assert_eq!(last(skip, &events), [I(20), I(3), N(4.0), N(2.0), I(2), I(6), I(4), N(8.0)]);
    // In its first bucket it has no history at all.
    let first = found(baseline(&ALL), &events, 70).remove(0);
    assert_eq!(first, (70, vec![I(2), I(0), Missing, Missing, Missing, Missing, Missing, Missing]));
}

#[test]
fn one_sample_has_a_mean_and_no_deviation() {
    assert_eq!(
        last(baseline(&ALL), &buckets(&[(0, 3), (10, 5)])),
        [I(5), I(1), N(3.0), Missing, I(3), I(3), I(3), Missing]
    );
}

#[test]
fn a_stddev_of_zero_gives_no_zscore_however_far_the_value_is() {
    let events = buckets(&[(0, 3), (10, 3), (20, 3), (30, 9)]);
    let statistics = [(Statistic::Stddev, Type::NUMBER), (Statistic::Zscore, Type::NUMBER)];
    assert_eq!(last(baseline(&statistics), &events), [N(0.0), Missing]);
    // So a rule that asks for a score is silent, and does not divide by nothing.
    let odd = Baseline { having: at_least(measured(1), 3), ..baseline(&statistics) };
    assert!(found(odd, &events, 40).is_empty());
}

#[test]
fn the_history_ends_where_the_bucket_begins_and_starts_exactly_its_length_before() {
    let statistics = [(Statistic::Samples, Type::INTEGER), (Statistic::Max, Type::INTEGER)];
    // The bucket [100, 110) looks back to 0: one event at 0 or 9 is in, one at -1 is not.
    for (time, expected) in [(0, [I(10), I(1)]), (9, [I(10), I(1)]), (-1, [I(0), Missing]), (99, [I(1), I(1)])] {
        let events = [s(time, "g:1 k:a"), s(100, "g:1 k:a"), s(109, "g:1 k:a")];
        assert_eq!(found(baseline(&statistics), &events, 110).pop(), Some((110, expected.to_vec())), "{time}");
    }
}

#[test]
fn a_bucket_is_reported_once_its_end_has_come() {
    let events = many(0, 3);
    assert!(found(baseline(&ALL), &events, 9).is_empty());
    assert_eq!(found(baseline(&ALL), &events, 10).len(), 1);
    // An event at the end belongs to the next bucket.
    let values = [(Statistic::Value, Type::INTEGER)];
    let events = [s(0, "g:1 k:a"), s(10, "g:1 k:a"), s(11, "g:1 k:a")];
    assert_eq!(found(baseline(&values), &events, 20), [(10, vec![I(1)]), (20, vec![I(2)])]);
    // Buckets are aligned before the epoch too.
    assert_eq!(found(baseline(&values), &[s(-1, "g:1 k:a"), s(0, "g:1 k:a")], 5), [(0, vec![I(1)])]);
}

#[test]
fn a_group_that_was_silent_for_a_week_has_a_week_of_zeros_and_then_no_history() {
    let hourly = |history| Baseline { per: HOUR, history, ..baseline(&ALL) };
    let events = [s(0, "g:1 k:a"), s(HOUR, "g:1 k:a"), s(8 * DAY, "g:1 k:a")];
    let back = last(hourly(14 * DAY), &events);
    let n: f64 = 8.0 * 24.0;
    let sd = ((2.0 - 4.0 / n) / (n - 1.0)).sqrt();
    assert_eq!(back[..2], [I(1), I(192)]);
    assert!(
        matches!(back[2..4], [N(mean), N(s)] if (mean - 2.0 / n).abs() < 1e-15 && (s - sd).abs() < 1e-12),
        "{back:?}"
    );
    assert_eq!(back[4..7], [I(0), I(1), I(0)]);
    // With a history of a week it is a new group, as if it had never been there.
    assert_eq!(last(hourly(7 * DAY), &events)[..3], [I(1), I(0), Missing]);
}

#[test]
fn what_has_left_the_history_is_gone_and_the_first_row_inside_begins_it() {
    let statistics = [(Statistic::Samples, Type::INTEGER), (Statistic::Mean, Type::NUMBER)];
    // The bucket at 0 has left; what remains begins at 50.
    assert_eq!(last(baseline(&statistics), &buckets(&[(0, 9), (50, 5), (110, 1)])), [I(6), N(5.0 / 6.0)]);
}

#[test]
fn measures_other_than_counts_leave_empty_and_missing_buckets_out() {
    let avg = Measure { ty: Type::NUMBER, ..measure(MeasureFunction::Avg, Some(field("n"))) };
    let statistics =
        [(Statistic::Value, Type::NUMBER), (Statistic::Samples, Type::INTEGER), (Statistic::Mean, Type::NUMBER)];
    let averages = Baseline { measure: avg, empty: Empty::Skip, ..baseline(&statistics) };
    let a = |time, rest: &str| s(time, &format!("g:1 k:a {rest}"));
    let events = [a(0, ""), a(20, "n:1"), a(21, "n:2"), a(30, ""), a(40, "n:4"), a(60, "n:8")];
    assert_eq!(last(averages.clone(), &events), [N(8.0), I(2), N(2.75)]);
    // A bucket without a value of its own is judged, and compares with nothing.
    assert_eq!(last(averages, &events[..4]), [Missing, I(1), N(1.5)]);
}

#[test]
fn a_sum_over_nothing_is_a_zero_of_the_history_and_missing_in_its_own_bucket() {
    let sum = measure(MeasureFunction::Sum, Some(field("n")));
    let statistics =
        [(Statistic::Value, Type::INTEGER), (Statistic::Samples, Type::INTEGER), (Statistic::Min, Type::INTEGER)];
    let sums = Baseline { measure: sum, ..baseline(&statistics) };
    let a = |time, rest: &str| s(time, &format!("g:1 k:a {rest}"));
    let found = found(sums.clone(), &[a(0, ""), a(10, "n:5"), a(20, "")], 30);
    assert_eq!(
        found,
        [(10, vec![Missing, I(0), Missing]), (20, vec![I(5), I(1), I(0)]), (30, vec![Missing, I(2), I(0)])]
    );
    // Values below zero stand before the zeros.
    let low = Baseline { statistics: vec![statistic(Statistic::Percentile(40.0), Type::INTEGER)], ..sums };
    let events = [a(0, "n:-7"), a(30, "n:-2"), a(40, "n:9"), a(50, "n:1")];
    assert_eq!(last(low, &events), [I(-2)]);
    let none = [a(0, "n:3"), a(40, "n:9"), a(50, "n:1")];
    let sum = measure(MeasureFunction::Sum, Some(field("n")));
    let ranks = [(Statistic::Percentile(60.0), Type::INTEGER), (Statistic::Percentile(61.0), Type::INTEGER)];
    assert_eq!(last(Baseline { measure: sum, ..baseline(&ranks) }, &none), [I(0), I(3)]);
}

#[test]
fn means_and_deviations_of_durations_are_floored_durations() {
    let sum = Measure { ty: Type::DURATION, ..measure(MeasureFunction::Sum, Some(field("took"))) };
    let statistics = [
        (Statistic::Value, Type::DURATION),
        (Statistic::Mean, Type::DURATION),
        (Statistic::Stddev, Type::DURATION),
        (Statistic::Percentile(50.0), Type::DURATION),
        (Statistic::Zscore, Type::NUMBER),
    ];
    let a = |time, took: i64| s(time, &format!("g:1 k:a took:{took}"));
    let events = [a(0, 10), a(10, 15), a(30, 100)];
    // The history is 10, 15 and 0: mean 8.33, deviation 7.64; the score rounds neither.
    let (mean, sd) = (25.0 / 3.0, (350f64 / 6.0).sqrt());
    let expected = [D(100), D(8), D(7), D(10), N((100.0 - mean) / sd)];
    assert_eq!(last(Baseline { measure: sum, ..baseline(&statistics) }, &events), expected);
}

#[test]
fn fractions_that_are_equal_have_no_deviation() {
    let max = Measure { ty: Type::NUMBER, ..measure(MeasureFunction::Max, Some(field("x"))) };
    let statistics =
        [(Statistic::Mean, Type::NUMBER), (Statistic::Stddev, Type::NUMBER), (Statistic::Zscore, Type::NUMBER)];
    let b = Baseline { measure: max, empty: Empty::Skip, ..baseline(&statistics) };
    let a = |time, x: &str| s(time, &format!("g:1 k:a x:{x}"));
    let found = last(b, &[a(0, "0.1"), a(10, "0.1"), a(20, "0.1"), a(30, "5")]);
    assert_eq!(found[1..], [N(0.0), Missing]);
}

#[test]
fn peers_are_compared_together_each_since_it_came() {
    let statistics =
        [(Statistic::Samples, Type::INTEGER), (Statistic::Mean, Type::NUMBER), (Statistic::Max, Type::INTEGER)];
    let peers = Baseline { keys: keys(&["g", "n"]), against: Some(vec![1]), ..baseline(&statistics) };
    let a = |time, g: &str, n: i64| s(time, &format!("g:{g} n:{n} k:a"));
    let events =
        [a(0, "1", 7), a(20, "2", 7), a(21, "2", 7), a(25, "3", 8), a(40, "1", 7), a(41, "4", 7), a(42, "3", 8)];
    let found = found(peers, &events, 50);
    let at_50: Vec<_> = found.iter().filter(|(t, _)| *t == 50).map(|(_, v)| v.clone()).collect();
    // Of app 7: group 1 since 0 (1, 0, 0, 0), group 2 since 20 (2, 0), group 4 not yet. Of app 8: group 3 since 20 (1, 0).
    let seven = vec![I(6), N(0.5), I(2)];
    assert_eq!(at_50, [seven.clone(), seven, vec![I(2), N(0.5), I(1)]]);
}

#[test]
fn a_season_compares_what_begins_in_the_same_hour_utc() {
    let statistics = [(Statistic::Samples, Type::INTEGER), (Statistic::Mean, Type::NUMBER)];
    let in_season = |season| Baseline { per: HOUR, history: 14 * DAY, season, ..baseline(&statistics) };
    // Two at 03:00 of the first day, five at 04:00 of each day, and one at 03:59:59.999 of the tenth.
    let mut events = vec![s(3 * HOUR, "g:1 k:a"), s(3 * HOUR, "g:1 k:a")];
    for day in 0..10 {
        events.extend((0..5).map(|n| s(day * DAY + 4 * HOUR + n, "g:1 k:a")));
    }
    events.push(s(10 * DAY + 4 * HOUR - 1, "g:1 k:a"));
    assert_eq!(last(in_season(Some(Season::HourOfDay)), &events), [I(10), N(0.2)]);
    assert_eq!(last(in_season(Some(Season::HourOfWeek)), &events), [I(1), N(0.0)]);
    // A day a week ago, and the three hours of this one.
    assert_eq!(last(in_season(Some(Season::DayOfWeek)), &events), [I(27), N(5.0 / 27.0)]);
    assert_eq!(last(in_season(None), &events), [I(240), N(52.0 / 240.0)]);
}

#[test]
fn a_hit_has_the_buckets_rows_and_the_fields_of_its_last_one() {
    let b = Baseline { having: at_least(measured(0), 2), ..baseline(&[(Statistic::Value, Type::INTEGER)]) };
    let mut rule = rule(&[(S, "a")], vec![Analytic::Baseline(Box::new(b))]);
    rule.alert.details = vec![("n".into(), field("n"))];
    let a = |time, n: i64| s(time, &format!("g:1 k:a n:{n}"));
    let found = run(&rule, [a(5, 5), a(1, 1), a(11, 2), s(6, "k:a"), t(7, "g:1")], Some(20));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].time, found[0].first, evidence(&found[0])), (10, 1, vec![1, 5]));
    assert_eq!(found[0].values, [("n".into(), I(5))]);
}

#[test]
fn a_baseline_of_hits_counts_a_hit_at_a_bucket_s_end_in_the_next_one() {
    let pairs = threshold(Window::Tumbling { size: 5 }, vec![count()], at_least(measured(0), 2));
    let b = Baseline { of: input(hits_of(0)), ..baseline(&[(Statistic::Value, Type::INTEGER)]) };
    let rule = rule(&[(S, "a")], vec![pairs, Analytic::Baseline(Box::new(b))]);
    let events = [0, 1, 5, 6].map(|t| s(t, "g:1 k:a"));
    assert_eq!(details(rule, 1, &events, Some(20)), [(10, vec![I(1)]), (20, vec![I(1)])]);
}
