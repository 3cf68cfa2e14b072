//! Streams of the builder's one source: few groups and values, ties, window ends and one millisecond beside.

use super::super::random::dice::Dice;
use siemc::eval::event::Event;
use siemc::pack::schema::SourceId;
use siemc::value::Value;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The events and the clock. A wide stream lies on a few hours of a few days, any other within a minute, now and then of the year 1969.
pub fn random_stream(stream: &[Vec<u16>], clock: u16, wide: bool) -> (Vec<Event>, i64) {
    let base = if wide || clock % 8 != 1 { 0 } else { -30_000 };
    let event = |(i, tape): (usize, &Vec<u16>)| {
        let mut dice = Dice::new(tape);
        let place = if wide {
            *dice.pick(&[0, 7, 1, 8, 2, 0, 7, 14]) * DAY + *dice.pick(&[0, 1, 0, 2, 23, 3]) * HOUR
        } else {
            dice.below(12) as i64 * 5000
        };
        let time = base + place + dice.weighed(&[(6, 0), (1, 1), (1, -1)]);
        let kind = Value::string(dice.pick(&["a", "b", "x"]));
        let user = Value::string(dice.pick(&["u", "u", "u", "v", "", "a"]));
        let number = |dice: &mut Dice<'_>| match dice.below(5) {
            4 => Value::Missing,
            n => Value::Integer(n as i64 - 1),
        };
        let values = Box::new([kind, user, number(&mut dice), number(&mut dice)]);
        Event { source: SourceId(0), time, line: i as u64 + 1, values }
    };
    let events: Vec<Event> = stream.iter().enumerate().map(event).collect();
    let newest = events.iter().map(|e| e.time).max().unwrap_or(0);
    let later = Dice::new(&[clock]).pick(&[0, 600_000, 5000]) * if wide { 720 } else { 1 };
    (events, newest + later)
}
