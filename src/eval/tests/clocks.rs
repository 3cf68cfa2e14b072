//! What clocks do: they jump back, and change over for the summer.

use super::kit::*;
use crate::eval::{Alert, Engine, Event, Lateness};
use crate::ir::*;
use crate::value::Type;
use std::rc::Rc;
use std::sync::Arc;

/// Through lateness and engine, as a stream of lines goes; what is too late is left out. Gives the alerts and how many were too late.
fn streamed(rule: Rule, late: i64, events: &[Event]) -> (Vec<String>, usize) {
    let mut lateness = Lateness::new(late);
    let mut engine = Engine::new(&[Arc::new(rule)]);
    let (mut alerts, mut skipped) = (Vec::<Alert>::new(), 0);
    for event in events {
        let mut released = Vec::new();
        skipped += usize::from(lateness.push(event.clone(), &mut |e| released.push(e)).is_err());
        released.iter().for_each(|e| engine.push(&Rc::new(e.clone()), &mut |a| alerts.push(a)).unwrap());
    }
    lateness.finish(&mut |e| engine.push(&Rc::new(e), &mut |a| alerts.push(a)).unwrap());
    engine.finish(None, &mut |a| alerts.push(a));
    (alerts.iter().map(said).collect(), skipped)
}

fn a(time: i64, rest: &str) -> Event {
    s(time, &format!("g:1 k:a {rest}"))
}

#[test]
fn a_clock_that_jumps_back_is_put_in_order_or_said_to_be_too_late() {
    let jumps = [a(0, "n:1"), a(30, "n:2"), a(24, "n:3"), a(31, "n:3"), a(5, "n:4"), a(60, "n:4")];
    let first = || rule(&[(S, "a")], vec![Analytic::Novelty(novelty())]);
    // With ten seconds of patience 24 comes before 30, and 5 is too late: at 60 its value is still new.
    assert_eq!(streamed(first(), 10, &jumps), (vec!["24 1".into(), "30 1".into(), "60 1".into()], 1));
    assert_eq!(streamed(first(), 30, &jumps), (vec!["24 1".into(), "30 1".into()], 0));
    assert_eq!(alerts(&first(), &jumps, None), ["24 1", "30 1"]);
    // Without patience each jump is too late, and the engine itself takes no such event.
    assert_eq!(streamed(first(), 0, &jumps).1, 2);
    let mut engine = Engine::new(&[Arc::new(first())]);
    engine.push(&Rc::new(jumps[1].clone()), &mut |_| {}).unwrap();
    assert!(engine.push(&Rc::new(jumps[2].clone()), &mut |_| {}).is_err());
}

#[test]
fn a_late_event_is_a_gap_of_its_own_in_a_cadence_and_counts_in_its_bucket() {
    let beats = || {
        let share = gap(GapMeasure::Share { low: 10, high: 10 });
        let regular = compare(CompareOp::GreaterEqual, measured(0), num(1.0));
        rule(&[(S, "a")], vec![threshold(sliding(30), vec![share], regular)])
    };
    let late = [a(0, ""), a(20, ""), a(10, ""), a(30, "")];
    // In order the gaps are 10, 10 and 10; without the late one 20 and 10.
    assert_eq!(streamed(beats(), 10, &late), (vec!["10 1".into(), "20 1".into(), "30 1".into()], 0));
    assert_eq!(streamed(beats(), 5, &late), (Vec::new(), 1));
    let counts = || {
        let b = Baseline { having: at_least(measured(0), 2), ..baseline(&[(Statistic::Value, Type::INTEGER)]) };
        rule(&[(S, "a")], vec![Analytic::Baseline(Box::new(b))])
    };
    let late = [a(1, ""), a(12, ""), a(9, ""), a(25, "")];
    assert_eq!(streamed(counts(), 5, &late), (vec!["10 1".into()], 0));
    assert_eq!(streamed(counts(), 2, &late), (Vec::new(), 1));
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-03-29T01:00:00Z: in Berlin 02:00 becomes 03:00.
const SPRING: i64 = 1_774_746_000_000;
/// 2026-10-25T01:00:00Z: in Berlin 03:00 becomes 02:00.
const AUTUMN: i64 = 1_792_890_000_000;

#[test]
fn an_hour_with_a_zone_follows_daylight_saving_and_one_without_does_not() {
    let hours = |zone: &str| {
        let time = typed(ExprKind::Leaf(Leaf::Time), Type::TIMESTAMP);
        let hour =
            typed(ExprKind::Call { function: Function::HourOfDay(zone.into()), args: vec![time] }, Type::INTEGER);
        let mut rule = rule(&[(S, "a")], vec![matching(stream(0))]);
        rule.alert.details = vec![("hour".into(), hour)];
        let times = [SPRING - 1, SPRING, AUTUMN - HOUR, AUTUMN - 1, AUTUMN, AUTUMN + HOUR];
        let found = crate::eval::run(&rule, times.map(|t| a(t, "")), None);
        found.iter().map(|a| crate::eval::text_of(&a.values[0].1).into_owned()).collect::<Vec<_>>().join(" ")
    };
    // Spring has no 02:00 in Berlin, autumn has it twice.
    assert_eq!(hours("Europe/Berlin"), "1 3 2 2 2 3");
    assert_eq!(hours("UTC"), "0 1 0 0 1 2");
}

#[test]
fn seasons_and_windows_are_of_utc_on_the_night_of_the_change() {
    let statistics = [(Statistic::Samples, Type::INTEGER), (Statistic::Max, Type::INTEGER)];
    let season = Some(Season::HourOfDay);
    let b = Baseline { per: HOUR, history: 7 * DAY, season, ..baseline(&statistics) };
    // One event at 07:00 Berlin time on each of seven days: 06:00 UTC before the change, 05:00 after it.
    let before = (1..=5).map(|day| a(SPRING + 5 * HOUR - day * DAY, ""));
    let after = (0..2).map(|day| a(SPRING + 4 * HOUR + day * DAY, ""));
    let events: Vec<Event> = before.chain(after).collect();
    let rule = rule(&[(S, "a")], vec![Analytic::Baseline(Box::new(b))]);
    let found = details(rule, 2, &events, Some(SPRING + 2 * DAY));
    let integers = |n: [i64; 2]| n.map(crate::value::Value::Integer).to_vec();
    // The first morning after it compares with four empty hours at 05:00 UTC, and with none of those at 06:00.
    assert_eq!(found[5], (SPRING + 5 * HOUR, integers([4, 0])));
    assert_eq!(found[6].1, integers([5, 1]));
}
