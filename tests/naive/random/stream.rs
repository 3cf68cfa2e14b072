//! Random streams: few groups, few values, many ties, events on window ends and one millisecond beside.

use super::dice::Dice;
use super::pack::SOURCES;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use siemc::eval::event::Event;
use siemc::pack::schema::{Presence, Schema};
use siemc::value::Value;
use std::fmt::Write;

/// 2090-01-01T00:00:00Z: on every window's end, and before no exception's expiry.
pub const START: i64 = 3_786_912_000_000;

/// From the start to a minute before the clock of Berlin jumps from two to three: 2090-03-26T00:59:00Z.
const TO_SUMMER: i64 = 84 * DAY + HOUR - 60_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Days and hours that a season brings together.
const DAYS: [i64; 7] = [0, 7, 1, 8, 0, 2, 14];
const HOURS: [i64; 6] = [0, 1, 0, 2, 23, 3];

/// One event as numbers.
type Drawn = Vec<u16>;

/// A stream as numbers: its events and how long after the newest the clock stands.
#[derive(Debug, Clone)]
pub struct Drawing {
    pub events: Vec<Drawn>,
    pub until: u16,
    /// It lies on a few hours of a few days, not within two minutes.
    pub wide: bool,
}

pub fn drawings() -> impl Strategy<Value = Drawing> {
    (vec(vec(any::<u16>(), 12), 0..=40), any::<u16>()).prop_map(|(events, until)| Drawing {
        events,
        until,
        wide: false,
    })
}

/// The events, in the order in which they were drawn, and the clock.
pub fn stream(schema: &Schema, drawing: &Drawing) -> (Vec<Event>, i64) {
    let events: Vec<Event> =
        drawing.events.iter().enumerate().map(|(i, drawn)| event(schema, i as u64 + 1, drawn, drawing)).collect();
    let newest = events.iter().map(|e| e.time).max().unwrap_or(START);
    let until = match Dice::new(&[drawing.until]).below(5) {
        4 if drawing.wide => newest + DAY,
        0 => newest,
        1 => newest + 600_000,
        2 => newest + 10_000,
        3 => newest.div_euclid(10_000) * 10_000 + 10_000,
        _ => newest + 9_999,
    };
    (events, until)
}

fn event(schema: &Schema, line: u64, drawn: &[u16], drawing: &Drawing) -> Event {
    let mut dice = Dice::new(drawn);
    let source = schema.source(SOURCES[dice.below(3)]).expect("a source of the pack");
    let step = if drawing.wide {
        *dice.pick(&DAYS) * DAY + *dice.pick(&HOURS) * HOUR
    } else {
        // Now and then the clock of Berlin jumps in the middle.
        dice.below(22) as i64 * 5000 + if drawing.until % 16 == 7 { TO_SUMMER } else { 0 }
    };
    let beside = dice.weighed(&[(8, 0), (1, 1), (1, -1)]);
    let (_, declared) = schema.source_at(source).expect("a source of the pack");
    let values = declared.fields.iter().map(|(field, presence)| {
        let (name, _) = schema.field_at(*field).expect("a field of the pack");
        field_value(&mut dice, name, *presence == Presence::Required)
    });
    let values: Vec<Value> = values.collect();
    Event { source, time: START + step + beside, line, values: values.into() }
}

fn field_value(dice: &mut Dice<'_>, name: &str, required: bool) -> Value {
    if !required && dice.chance(12) {
        return Value::string("");
    }
    let text = |dice: &mut Dice<'_>, from: &[&str]| Value::string(dice.pick(from));
    match name {
        "user" => text(dice, &["ann", "ann", "ann", "ann", "bob", "bob", "Ann"]),
        "state" => Value::Boolean(dice.chance(50)),
        "host" | "agent" => text(dice, &["h1", "h1", "h2", "H1"]),
        "proc" => text(dice, &["x", "y", "X", "ann", "rare tool", "a\"b", "é"]),
        "n" => Value::Integer(dice.below(5) as i64 - 1),
        "seq" => Value::Integer(dice.below(4) as i64),
        "x" => Value::number(*dice.pick(&[0.5, 1.0, 2.5, -2.25])),
        "took" => Value::Duration(*dice.pick(&[1000, 1500, 2000, 60_000])),
        "tags" => {
            let all = dice.some_of(3, 1, 2);
            Value::list(all.into_iter().map(|i| Value::string(["p", "q", "P"][i])))
        }
        "ip" => {
            Value::ip(dice.pick(&["10.0.0.1", "10.1.0.9", "2001:db8::1", "::ffff:10.0.0.1"]).parse().expect("an ip"))
        }
        other => panic!("no values for `{other}`"),
    }
}

/// The events as JSON lines, for a person.
pub fn json_lines(schema: &Schema, events: &[Event]) -> String {
    let mut out = String::new();
    for event in events {
        let (source, declared) = schema.source_at(event.source).expect("a source");
        let mut object = serde_json::Map::new();
        object.insert("line".to_owned(), event.line.into());
        object.insert("source".to_owned(), source.into());
        object.insert("time".to_owned(), offset(event.time).into());
        for ((field, _), value) in declared.fields.iter().zip(event.values.iter()) {
            let (name, _) = schema.field_at(*field).expect("a field");
            if !value.is_missing() {
                object.insert(name.to_owned(), json(value));
            }
        }
        let _ = writeln!(out, "{}", serde_json::Value::Object(object));
    }
    out
}

/// A time as seconds after the start, which is easier to read than a date.
pub fn offset(time: i64) -> String {
    format!("+{}s", (time - START) as f64 / 1000.0)
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Integer(i) | Value::Timestamp(i) | Value::Duration(i) => (*i).into(),
        Value::Number(n) => (*n).into(),
        Value::String(s) => s.as_str().into(),
        Value::Ip(ip) => ip.to_string().into(),
        Value::List(items) => items.iter().map(json).collect(),
    }
}
