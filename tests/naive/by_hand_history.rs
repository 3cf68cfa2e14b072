//! Cadence, baseline and novelty against alerts that were worked out by hand, near misses first.

use super::build::*;
use siemc::ir::{
    Analytic, Baseline, CompareOp, Empty, Expr, ExprKind, Function, GapMeasure, Leaf, MeasureFunction, Novelty, Rule,
    Season, SignalId, Statistic, StreamRef, Window,
};
use siemc::value::Type;

use CompareOp::{Equal, Greater, GreaterEqual, Less, LessEqual};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn gaps(seconds: i64, of: GapMeasure, op: CompareOp, than: Expr) -> Rule {
    rule(vec![], vec![cadence(sliding(seconds), of, op, than, 0)])
}

fn past(spans: (i64, i64), statistic: Statistic, op: CompareOp, than: Expr) -> Rule {
    changed(spans, statistic, op, than, |_| {})
}

fn changed(
    spans: (i64, i64),
    statistic: Statistic,
    op: CompareOp,
    than: Expr,
    change: impl FnOnce(&mut Baseline),
) -> Rule {
    let mut made = baseline(spans, statistic, op, than, 0);
    change(&mut made);
    rule(vec![], vec![Analytic::Baseline(made)])
}

fn new_value(history: i64, learn: i64) -> Rule {
    rule(vec![], vec![Analytic::Novelty(novelty(history, learn))])
}

fn changed_novelty(history: i64, learn: i64, change: impl FnOnce(&mut Novelty)) -> Rule {
    let mut made = novelty(history, learn);
    change(&mut made);
    rule(vec![], vec![Analytic::Novelty(made)])
}

#[test]
fn a_gap_lies_between_two_rows_of_the_window() {
    // At 20 the window is [10, 20]: one gap of 10. The gap from 5 to 10 reaches into the window and does not count.
    let regular = gaps(10, GapMeasure::Min, GreaterEqual, duration(10_000));
    assert_eq!(run(&regular, "5 a; 10 a; 20 a; 30.001 a", 40), ["20 u: 2 3"]);
    // One row has no gap, and a comparison with what is missing is false either way.
    assert!(run(&gaps(10, GapMeasure::Max, Less, duration(99_000)), "0 a; 10.001 a", 40).is_empty());
}

#[test]
fn rows_of_one_time_have_a_gap_of_nothing() {
    assert_eq!(run(&gaps(10, GapMeasure::Min, LessEqual, duration(0)), "3 a u 1; 3 a u 2; 20 a", 20), ["3 u: 1 2"]);
    assert_eq!(run(&gaps(10, GapMeasure::Mean, Equal, duration(0)), "3 a u 1; 3 a u 2; 20 a", 20), ["3 u: 1 2"]);
    // The mean is 0, and what is divided by it is missing: not even `not (cv >= 0)` could tell it from one gap.
    assert!(run(&gaps(10, GapMeasure::Cv, GreaterEqual, number(0.0)), "3 a; 3 a; 3 a", 20).is_empty());
}

#[test]
fn one_gap_has_no_deviation() {
    for of in [GapMeasure::Stddev, GapMeasure::Cv] {
        let than = if of == GapMeasure::Cv { number(0.0) } else { duration(0) };
        let even = gaps(100, of, LessEqual, than);
        assert!(run(&even, "0 a; 10 a", 10).is_empty());
        assert_eq!(run(&even, "0 a; 10 a; 20 a", 20), ["20 u: 1 2 3"]);
    }
}

#[test]
fn mean_and_deviation_of_gaps_are_floored_and_their_quotient_is_not() {
    // Gaps 1, 1 and 2 ms: the mean is 1.33, the deviation 0.577, the quotient 0.433.
    let beat = "0 a; 0.001 a; 0.002 a; 0.004 a";
    assert_eq!(run(&gaps(1, GapMeasure::Mean, Equal, duration(1)), beat, 1).last().unwrap(), "0.004 u: 1 2 3 4");
    assert_eq!(run(&gaps(1, GapMeasure::Stddev, Equal, duration(0)), beat, 1).last().unwrap(), "0.004 u: 1 2 3 4");
    assert_eq!(run(&gaps(1, GapMeasure::Cv, Greater, number(0.433)), beat, 1), ["0.004 u: 1 2 3 4"]);
    assert!(run(&gaps(1, GapMeasure::Cv, Greater, number(0.4331)), beat, 1).is_empty());
}

#[test]
fn a_night_between_two_days_is_one_gap_of_many() {
    // Every hour for six hours, a night, and again: the share of hourly gaps stays large, the variation does not stay small.
    let day: Vec<String> = (0..6).chain(18..24).map(|h| format!("{} a", h * HOUR)).collect();
    let share = GapMeasure::Share { low: 3_540_000, high: 3_600_000 };
    let hourly = gaps(DAY, share, Greater, number(0.9));
    let last = run(&hourly, &day.join(";"), DAY);
    // Ten of eleven gaps at the end; eight of nine at the row before it are too few.
    assert_eq!(last.iter().filter(|line| line.starts_with("82800 ")).count(), 1);
    assert_eq!(last.iter().filter(|line| line.starts_with("75600 ")).count(), 0);
    // The bounds are part of the share.
    let strict = GapMeasure::Share { low: 3_600_001, high: 99_000_000 };
    assert!(run(&gaps(DAY, strict, Greater, number(0.2)), &day.join(";"), DAY).iter().all(|l| l.starts_with("64800 ")));
    let even = gaps(DAY, GapMeasure::Cv, Less, number(0.1));
    assert!(run(&even, &day.join(";"), DAY).iter().all(|l| !l.starts_with("82800 ")));
}

#[test]
fn gaps_of_chained_hits_are_between_their_own_times() {
    // Hits at the ends of windows: 20 and 40, whose last events are 19 and 21.
    let ends = threshold(A, Window::Tumbling { size: 20_000 }, MeasureFunction::Count, 1, 0);
    let mut beat = cadence(sliding(60), GapMeasure::Min, Equal, duration(20_000), 1);
    if let Analytic::Threshold { of, .. } = &mut beat {
        of.stream = StreamRef::Signal(SignalId(0));
    }
    assert_eq!(run(&rule(vec![], vec![ends, beat]), "19 a; 21 a", 40), ["40 u: 1 2"]);
}

#[test]
fn a_baseline_is_judged_at_the_end_of_each_bucket_with_a_row() {
    let all = past((10, 30), Statistic::Value, GreaterEqual, integer(1));
    assert_eq!(run(&all, "0 a; 9.999 a; 10 a; 35 a", 40), ["10 u: 1 2", "20 u: 3", "40 u: 4"]);
    assert_eq!(run(&all, "0 a; 9.999 a; 10 a; 35 a", 39), ["10 u: 1 2", "20 u: 3"]);
    // Before the epoch buckets are aligned just so.
    assert_eq!(run(&all, "-1 a; -0.001 a; 0 a", 9), ["0 u: 1 2"]);
}

#[test]
fn a_group_younger_than_the_history_has_only_the_buckets_of_its_life() {
    let samples = |n| past((10, 50), Statistic::Samples, Equal, integer(n));
    // At 60 the history is [0, 50): the group begins at 25, in bucket 20; 20, 30 and 40 exist, the last two with 0.
    assert_eq!(run(&samples(3), "25 a; 55 a", 60), ["60 u: 2"]);
    // Its very first bucket has no history at all.
    assert_eq!(run(&samples(0), "25 a; 55 a", 60), ["30 u: 1"]);
    let mean = past((10, 50), Statistic::Mean, Greater, number(-1.0));
    assert_eq!(run(&mean, "25 a; 55 a", 60), ["60 u: 2"]);
}

#[test]
fn a_group_that_was_silent_for_longer_than_the_history_begins_anew() {
    let young = past((10, 30), Statistic::Samples, Equal, integer(0));
    // At 50 the history is [10, 40); the first row, at 9.999, lies in the bucket before.
    assert_eq!(run(&young, "9.999 a; 45 a", 50), ["10 u: 1", "50 u: 2"]);
    // In the first millisecond of the history it is enough for all three.
    let old = past((10, 30), Statistic::Samples, Equal, integer(3));
    assert_eq!(run(&old, "10 a; 45 a", 50), ["50 u: 2"]);
}

#[test]
fn silence_counts_as_nothing_or_not_at_all() {
    let text = "0 a; 1 a; 31 a; 41 a; 42 a; 43 a";
    // At 50: the buckets 0, 10, 20, 30 count 2, 0, 0, 1; without the empty ones 2 and 1.
    assert_eq!(run(&past((10, 40), Statistic::Mean, Equal, number(0.75)), text, 50), ["50 u: 4 5 6"]);
    let skipping = |op, than| changed((10, 40), Statistic::Mean, op, than, |b| b.empty = Empty::Skip);
    assert_eq!(run(&skipping(Equal, number(1.5)), text, 50), ["50 u: 4 5 6"]);
}

#[test]
fn a_sum_that_is_missing_is_nothing_in_the_history_and_missing_in_its_own_bucket() {
    let sums = |statistic, op, than| {
        changed((10, 40), statistic, op, integer(than), |b| {
            b.measure = plain(MeasureFunction::Sum, Some(field("n")), Type::INTEGER);
        })
    };
    let text = "0 a u 5; 11 a u; 21 a u 2";
    assert_eq!(run(&sums(Statistic::Min, Equal, 0), text, 30), ["30 u: 3"]);
    // Over no values it is missing: neither at least 0 nor below it.
    assert_eq!(run(&sums(Statistic::Value, GreaterEqual, 0), text, 30), ["10 u: 1", "30 u: 3"]);
    assert!(run(&sums(Statistic::Value, Less, 0), text, 30).is_empty());
    // Of a greatest value there is none in an empty bucket, nor in one without a value.
    let greatest = changed((10, 40), Statistic::Samples, Equal, integer(1), |b| {
        b.measure = plain(MeasureFunction::Max, Some(field("n")), Type::INTEGER);
        b.empty = Empty::Skip;
    });
    assert_eq!(run(&greatest, "0 a u 5; 11 a u; 31 a u 2", 40), ["20 u: 2", "40 u: 3"]);
}

#[test]
fn a_deviation_of_zero_gives_no_zscore() {
    let far = past((10, 30), Statistic::Zscore, Greater, number(1.0));
    // 1, 1, 1 and then 4: the deviation is 0.
    assert!(run(&far, "1 a; 11 a; 21 a; 31 a; 32 a; 33 a; 34 a", 40).is_empty());
    // 1, 1, 2 and then 4: the mean is 1.33, the deviation 0.577.
    assert_eq!(run(&far, "1 a; 11 a; 21 a; 22 a; 31 a; 32 a; 33 a; 34 a", 40), ["30 u: 3 4", "40 u: 5 6 7 8"][1..]);
    // One sample has no deviation, and so no zscore.
    assert!(run(&past((10, 30), Statistic::Stddev, GreaterEqual, number(0.0)), "1 a; 11 a", 40).is_empty());
    assert_eq!(run(&past((10, 30), Statistic::Stddev, GreaterEqual, number(0.0)), "1 a; 11 a; 21 a", 40), ["30 u: 3"]);
}

#[test]
fn peers_are_the_groups_with_the_same_coarser_key_each_with_its_own_life() {
    // By user and n, against n: the samples are those of every user with this n.
    let peers = |samples| {
        changed((10, 30), Statistic::Samples, Equal, integer(samples), |b| {
            b.keys.0.extend(key("n").0);
            b.against = Some(vec![1]);
        })
    };
    // At 40, history [0, 30): v was there from 5 on (three buckets), u from 25 on (one), w has another n.
    let text = "5 a v 1; 6 a w 2; 25 a u 1; 31 a u 1";
    assert_eq!(run(&peers(4), text, 40), ["40 u,1: 4"]);
    // At 30 the history of u is that of v alone; of v's own first bucket nothing is known.
    assert_eq!(run(&peers(2), text, 40), ["30 u,1: 3"]);
}

#[test]
fn seasons_compare_with_the_same_hour_in_utc() {
    let season = |season, samples| {
        changed((HOUR, 14 * DAY), Statistic::Samples, Equal, integer(samples), |b| b.season = Some(season))
    };
    // The epoch was a Thursday. Ten days of one row at 5:30, then one at 5:30 and one at 6:30.
    let mut text: Vec<String> = (0..10).map(|day| format!("{} a", day * DAY + 5 * HOUR + 1800)).collect();
    text.push(format!("{} a; {} a", 10 * DAY + 5 * HOUR + 1800, 10 * DAY + 6 * HOUR + 1800));
    let text = text.join(";");
    let hit = |hour: i64, line: i64| format!("{} u: {line}", 10 * DAY + hour * HOUR);
    let until = 11 * DAY;
    assert_eq!(run(&season(Season::HourOfDay, 10), &text, until), [hit(6, 11), hit(7, 12)]);
    // The same hour of a Sunday was once: day 3. At 6:00 too, when the group was alive and silent.
    let week = run(&season(Season::HourOfWeek, 1), &text, until);
    assert_eq!(week.iter().filter(|l| **l == hit(6, 11) || **l == hit(7, 12)).count(), 2);
    // The five hours before it, and all of a day a week ago: days 8, 9 and 10, but not 7, whose week began at five.
    let days = [(8, 9), (9, 10), (10, 11)].map(|(day, line)| format!("{} u: {line}", day * DAY + 6 * HOUR));
    assert_eq!(run(&season(Season::DayOfWeek, 24 + 5), &text, until), days);
}

#[test]
fn a_bucket_is_an_hour_of_utc_whatever_the_zone_does() {
    // 2026-03-29: the clock in Berlin jumps from 2 to 3 at 1:00 UTC.
    let midnight = 1_774_742_400;
    let hours: Vec<String> = (0..4).map(|hour| format!("{} a", midnight + hour * HOUR)).collect();
    let each = past((HOUR, 4 * HOUR), Statistic::Samples, GreaterEqual, integer(0));
    assert_eq!(run(&each, &hours.join(";"), midnight + 4 * HOUR).len(), 4);
    let berlin = expr(
        ExprKind::Call {
            function: Function::HourOfDay("Europe/Berlin".to_owned()),
            args: vec![expr(ExprKind::Leaf(Leaf::Time), Type::TIMESTAMP)],
        },
        Type::INTEGER,
    );
    let at = |hour| rule(vec![], vec![matching(A, Some(compare(Equal, berlin.clone(), integer(hour))))]);
    assert_eq!(run(&at(1), &hours.join(";"), midnight + 4 * HOUR), [format!("{midnight} u: 1")]);
    assert!(run(&at(2), &hours.join(";"), midnight + 4 * HOUR).is_empty());
    assert_eq!(run(&at(3), &hours.join(";"), midnight + 4 * HOUR), [format!("{} u: 2", midnight + HOUR)]);
}

#[test]
fn a_clock_that_jumped_back_moves_the_row_not_the_bucket() {
    let first = past((10, 20), Statistic::Samples, Equal, integer(0));
    assert_eq!(run(&first, "25 a; 4 a; 6 a", 30), ["10 u: 2 3"]);
    assert_eq!(run(&new_value(30, 1), "25 a u 1; 4 a u 2; 6 a u 1", 30), ["6 u: 3"]);
}

#[test]
fn a_value_is_new_if_the_history_does_not_show_it_and_the_group_is_known() {
    let new = new_value(20, 5);
    // At 0 and 4 the group is too young. 2 is new at 5; 3 is new at 6, again at 7 it is not.
    assert_eq!(run(&new, "0 a u 1; 4 a u 9; 5 a u 2; 6 a u 3; 7 a u 3; 7 a v 3", 30), ["5 u: 3", "6 u: 4"]);
    // What was seen exactly at the start of the history is seen; a millisecond before it is forgotten.
    assert!(run(&new, "0 a u 1; 10 a u; 20 a u 1", 30).is_empty());
    assert_eq!(run(&new, "0 a u 1; 10 a u; 20.001 a u 1", 30), ["20.001 u: 3"]);
    // A group that was silent for longer than the history is unknown again.
    assert!(run(&new, "0 a u 1; 20.001 a u 2", 30).is_empty());
}

#[test]
fn a_row_without_a_value_shows_the_group_and_is_never_new() {
    assert_eq!(run(&new_value(20, 5), "0 a u; 5 a u; 6 a u 1", 30), ["6 u: 3"]);
    let pair = changed_novelty(20, 5, |n| n.value.0.extend(key("seq").0));
    assert_eq!(run(&pair, "0 a u 1 1; 5 a u 1; 6 a u 1 2; 7 a u 2 1; 8 a u 2 1", 30), ["6 u: 3", "7 u: 4"]);
}

#[test]
fn without_learning_the_row_itself_shows_the_group() {
    assert_eq!(run(&new_value(20, 0), "0 a u 1; 5 a u 1; 6 a u 2", 30), ["0 u: 1", "6 u: 3"]);
}

#[test]
fn known_rows_alone_show_the_group_where_they_are_asked_for() {
    let known = changed_novelty(20, 5, |n| n.known = Some(B));
    // The rows of `a` show nothing; b does, from 5 seconds to 20 after it, and for its own user.
    assert_eq!(
        run(&known, "0 a u 1; 1 b; 5.999 a u 2; 6 a u 3; 21 a u 4; 21.001 a u 5; 7 a v 3", 30),
        ["6 u: 4", "21 u: 5"]
    );
}

#[test]
fn of_one_value_at_one_time_the_last_in_order_is_new() {
    assert_eq!(run(&new_value(20, 0), "3 a u 1 2; 3 a u 1 1; 3 a u 2 5", 30), ["3 u: 1", "3 u: 3"]);
    // Without a tiebreaker and with the same fields only the line tells them apart.
    assert_eq!(run(&new_value(20, 0), "3 a u 1; 3 a u 1", 30), ["3 u: 2"]);
}

#[test]
fn a_new_value_of_a_chain_is_compared_at_the_hits_own_times() {
    // Windows' ends 20 and 40 with the values 1 and 2 of their last events; the group is known from the end at 20 on.
    let ends = threshold(A, Window::Tumbling { size: 20_000 }, MeasureFunction::Count, 1, 0);
    let mut new = novelty(20, 20);
    new.of.stream = StreamRef::Signal(SignalId(0));
    assert_eq!(run(&rule(vec![], vec![ends, Analytic::Novelty(new)]), "1 a u 1; 39 a u 2", 60), ["40 u: 2"]);
}

#[test]
fn confidence_reads_what_a_baseline_found() {
    let mut raised = past((10, 30), Statistic::Value, GreaterEqual, integer(1));
    raised.confidence = Some(raise(compare(Greater, asked(0, 0, Type::INTEGER), integer(1)), 25));
    assert_eq!(run(&raised, "0 a; 1 a; 10 a", 20), ["10 u 65: 1 2", "20 u 40: 3"]);
}
