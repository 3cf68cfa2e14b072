//! Novelties: what is new, to whom, and for how long.

use super::kit::*;
use crate::eval::{Event, run};
use crate::ir::*;
use crate::value::Value;

/// The value is `n`, in 100 ms, learnt for 20 ms.
fn first_n(novelty: Novelty) -> Rule {
    rule(&[(S, "a"), (S, "b")], vec![Analytic::Novelty(novelty)])
}

fn a(time: i64, rest: &str) -> Event {
    s(time, &format!("g:1 k:a {rest}"))
}

#[test]
fn a_value_is_new_if_a_known_group_has_not_shown_it() {
    let rule = first_n(novelty());
    let events = [a(0, "n:1"), a(20, "n:2"), a(21, "n:1"), a(22, "n:2"), a(23, "n:3")];
    assert_eq!(alerts(&rule, &events, None), ["20 1", "23 1"]);
    // Another group learns by itself.
    assert!(alerts(&rule, &[a(0, "n:1"), s(30, "g:2 k:a n:2")], None).is_empty());
}

#[test]
fn the_learning_period_is_closed_at_both_ends() {
    let rule = first_n(novelty());
    for (first, hits) in [(0, true), (-1, false), (80, true), (81, false)] {
        // At 100 the group has to have shown itself in [0, 80].
        assert_eq!(!alerts(&rule, &[a(first, "n:1"), a(100, "n:2")], None).is_empty(), hits, "{first}");
    }
    // What the group showed while it was unknown is not new afterwards.
    assert!(alerts(&rule, &[a(0, "n:1"), a(10, "n:2"), a(30, "n:2")], None).is_empty());
}

#[test]
fn a_first_sighting_before_the_look_back_is_forgotten() {
    let rule = first_n(novelty());
    let again = |time| [a(0, "n:1"), a(50, "n:2"), a(time, "n:1")];
    // At 100 the window [0, 100) still holds the first sight; at 101 it does not.
    assert_eq!(alerts(&rule, &again(100), None), ["50 1"]);
    assert_eq!(alerts(&rule, &again(101), None), ["50 1", "101 1"]);
    // Every sight counts, not only the first.
    let kept = [a(0, "n:1"), a(50, "n:2"), a(60, "n:1"), a(160, "n:1"), a(261, "n:1")];
    assert_eq!(alerts(&rule, &kept, None), ["50 1"]);
}

#[test]
fn a_group_whose_showings_are_far_apart_is_known_by_the_right_one() {
    let rule = first_n(novelty());
    // Between 0 and 95 the group shows itself often; at 115 only what lies in [15, 95] counts.
    let mut events: Vec<Event> = (0..=19).map(|n| a(n * 5, "n:1")).collect();
    events.push(a(115, "n:2"));
    assert_eq!(alerts(&rule, &events, None), ["115 1"]);
    // All the showings are too new, or too old.
    for (times, time, hits) in
        [(vec![0, 96, 97, 98, 115], 116, true), (vec![0, 96, 97, 98], 115, false), (vec![-90, 10, 11, 12], 113, false)]
    {
        let mut events: Vec<Event> = times.iter().map(|t| a(*t, "n:1")).collect();
        events.push(a(time, "n:2"));
        assert_eq!(alerts(&rule, &events, None).last() == Some(&format!("{time} 1")), hits, "{times:?}");
    }
}

#[test]
fn what_is_kept_of_showings_answers_as_all_of_them_would() {
    let mut seed = 1u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) % below) as i64
    };
    for learn in [0, 1, 20, 50, 99, 100] {
        let rule = first_n(Novelty { learn, ..novelty() });
        let mut time = 0;
        let times: Vec<i64> = (0..300)
            .map(|_| {
                time += if next(12) == 0 { next(120) } else { next(9) };
                time
            })
            .collect();
        // Every row shows a value of its own, so each hit says only whether the group is known.
        let events: Vec<Event> = times.iter().enumerate().map(|(n, t)| a(*t, &format!("n:{n}"))).collect();
        let found: Vec<i64> = run(&rule, events, None).iter().map(|a| a.time).collect();
        let known = |t: i64| times.iter().any(|x| (t - 100..=t - learn).contains(x));
        let expected: Vec<i64> = times.iter().copied().filter(|t| known(*t)).collect();
        assert_eq!(found, expected, "{learn}");
    }
}

#[test]
fn one_group_value_and_time_hit_once_at_the_last_row() {
    let rule = first_n(novelty());
    let events = [a(0, "n:1"), a(30, "n:2 seq:1"), a(30, "n:3 seq:2"), a(30, "n:2 seq:3"), a(31, "n:2")];
    let mut rule = rule;
    rule.alert.details = vec![("seq".into(), field("seq"))];
    let found = run(&rule, events, None);
    let said: Vec<_> = found.iter().map(|a| (a.time, a.values[0].1.clone(), evidence(a))).collect();
    assert_eq!(said, [(30, Value::Integer(2), vec![30]), (30, Value::Integer(3), vec![30])]);
}

#[test]
fn a_row_without_a_value_shows_that_the_group_is_known_and_is_not_new() {
    let rule = first_n(novelty());
    assert_eq!(alerts(&rule, &[a(0, ""), a(20, ""), a(25, "n:1")], None), ["25 1"]);
    // Without a key it shows nothing.
    assert!(alerts(&rule, &[s(0, "k:a n:2"), a(25, "n:1")], None).is_empty());
}

#[test]
fn a_tuple_is_new_as_a_whole_and_needs_all_of_its_parts() {
    let rule = first_n(Novelty { value: keys(&["n", "x"]), ..novelty() });
    let events =
        [a(0, "n:1 x:1"), a(20, "n:2 x:2"), a(21, "n:1 x:2"), a(22, "n:3"), a(23, "n:1 x:1"), a(24, "n:2 x:2")];
    assert_eq!(alerts(&rule, &events, None), ["20 1", "21 1"]);
}

#[test]
fn an_integer_and_a_number_of_one_size_are_one_value() {
    let mut value = keys(&["n"]);
    value.0[0].by_source[0].1 = typed(ExprKind::Coalesce(vec![field("n"), field("x")]), crate::value::Type::NUMBER);
    let rule = first_n(Novelty { value, ..novelty() });
    assert!(alerts(&rule, &[a(0, "n:1"), a(30, "x:1.0"), a(31, "x:1")], None).is_empty());
}

#[test]
fn known_shows_the_group_instead_of_the_stream_itself() {
    let rule = first_n(Novelty { known: Some(stream(1)), ..novelty() });
    let b = |time| s(time, "g:1 k:b");
    assert!(alerts(&rule, &[a(0, "n:1"), a(30, "n:2")], None).is_empty());
    assert_eq!(alerts(&rule, &[b(0), a(30, "n:2")], None), ["30 1"]);
    assert!(alerts(&rule, &[b(11), a(30, "n:2")], None).is_empty());
    // Without a time to learn, a row at the same time is enough, whatever their order.
    let at_once = first_n(Novelty { known: Some(stream(1)), learn: 0, ..novelty() });
    assert_eq!(alerts(&at_once, &[a(30, "n:2 seq:1"), s(30, "g:1 k:b seq:2")], None), ["30 1"]);
}
