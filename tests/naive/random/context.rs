//! Random contexts.

use super::analytic::span;
use super::dice::Dice;
use super::expression::{Names, Used, condition};
use super::pack::{Kind, Sources};

/// A declared context.
pub struct Context {
    pub name: String,
    pub yaml: String,
    pub kind: Kind,
    /// The sources of the newest event, where its fields can be read.
    pub fields_of: Option<Sources>,
}

/// A context over one of the events, given with their sources. Its keys are such as every source has.
pub fn context(
    dice: &mut Dice<'_>,
    name: String,
    events: &[(String, Sources)],
    used: &mut Used,
    wide: bool,
) -> Context {
    let (event, sources) = dice.pick(events).clone();
    let within = span(wide, *dice.pick(&[20, 30, 10, 60, 5]));
    let known = span(wide, 120);
    let (mut form, kind, fields_of) = match dice.below(13) {
        0..=1 => (format!("some: {event}"), Kind::Boolean, None),
        2 => (format!("none: {event}"), Kind::Boolean, None),
        3..=4 => (format!("none: {event}, known: {known}"), Kind::Boolean, None),
        5 => (format!("count: {event}"), Kind::Integer, None),
        6 => (format!("last: {event}"), Kind::Boolean, Some(sources)),
        7 => (format!("last: {event}, value: state"), Kind::Boolean, None),
        8 => (format!("last: {event}, value: user"), Kind::String, None),
        9 => (format!("measure: count(), of: {event}"), Kind::Integer, None),
        10 => (format!("measure: distinct(user), of: {event}"), Kind::Integer, None),
        11 if sources & 0b011 == sources => (format!("measure: max(n), of: {event}"), Kind::Integer, None),
        11 if sources & 0b101 == sources => (format!("measure: sum(x), of: {event}"), Kind::Number, None),
        _ => (format!("measure: 'count(where state)', of: {event}"), Kind::Integer, None),
    };
    if form.starts_with("measure") && dice.chance(50) {
        form.push_str(", include: self");
    }
    if dice.chance(30) {
        let names = Names { sources, ..Names::default() };
        form.push_str(&format!(", where: '{}'", condition(dice, &names, used, 1)));
    }
    form.push_str(match dice.below(6) {
        0..=2 => ", by: [user]",
        3 => ", by: { box: [host, agent] }",
        4 => ", by: { user: user, box: [host, agent] }",
        _ => "",
    });
    Context { name, yaml: format!("{{ {form}, within: {within} }}"), kind, fields_of }
}
