//! The reference evaluator: what [`crate::ir`] says, computed in one pass over ordered events.
//!
//! In: an [`ir::Rule`](crate::ir::Rule) and events. Out: alerts. This room must never know a target or a terminal; the one file
//! format that it knows is the events' (in [`reader`]).
//!
//! To read it beside the written meaning, start at `state` (one time after another: order, contexts, signals, alerts), then one
//! file for each part: `matching`, `any`, `threshold`, `together`, `evidence` (the last three over `window`),
//! `sequence`, `baseline` (its statistics in `past`), `novelty`, `measure`, `context`, `expression`, `keys`, `confidence`, `once_per`, `alerting`.
//!
//! Where the meaning leaves a choice, this is what was chosen:
//! - `time` in an expression over a hit is its last event's, as every other field; a hit's own time orders it.
//! - A `match` or an `any` without `by` over a signal passes the hit on with its measures, its evidence's sum and reasons.
//!   `any` with `by` merges: the largest sum counts (the rule's base stands in for members that are no evidence's).
//! - `known` of a context looks at its stream without the context's own `where`: an agent that reports anything is not silent.
//! - Exceptions come before `confidence` and `once_per`: a hit that is known to be good does not use up a bucket.
//! - Hits of one signal at one window end or deadline stand in the order of their last events.
//! - The standard deviation is taken of deviations from the first value, so that equal values have exactly none. Over durations, and
//!   over whole values of a baseline, it comes of exact sums.
//! - A baseline's own value is its measure as it is: a sum over nothing is missing there, though it counts as 0 in later histories.

pub mod alert;
mod alerting;
mod analytic;
mod any;
mod baseline;
mod confidence;
mod context;
pub mod engine;
pub mod event;
mod evidence;
mod expression;
pub mod feed;
pub mod fields;
mod keys;
pub mod lateness;
mod matching;
mod measure;
mod moments;
mod novelty;
mod once_per;
mod past;
pub mod reader;
mod row;
pub mod schedule;
mod sequence;
mod state;
mod sweep;
mod template;
mod threshold;
mod together;
mod window;

pub use alert::{Alert, Evidence};
pub use engine::{Engine, OutOfOrder, Tally};
pub use event::Event;
pub use expression::{Tables, pattern, text_of};
pub use feed::Feed;
pub use fields::narrowed;
pub use lateness::{Lateness, TooLate};
pub use reader::{Line, LineError, Problem, Reader};
pub use template::printed;

use crate::ir::Rule;
use std::rc::Rc;
use std::sync::Arc;

/// The rule's alerts over events in any order.
///
/// `until` (milliseconds, inclusive) promises that every event up to then is present: window ends and deadlines up to it are
/// reported, and nothing later. By default it is the newest event's time.
pub fn run(rule: &Rule, events: impl IntoIterator<Item = Event>, until: Option<i64>) -> Vec<Alert> {
    tallied(&Arc::new(rule.clone()), &mut Tables::default(), events, until).0
}

/// As [`run`], with what was selected and dropped on the way. `tables` are kept from one call to the next.
pub fn tallied(
    rule: &Arc<Rule>,
    tables: &mut Tables,
    events: impl IntoIterator<Item = Event>,
    until: Option<i64>,
) -> (Vec<Alert>, Tally) {
    let in_time = |e: &Event| until.is_none_or(|until| e.time <= until);
    let mut events: Vec<Event> = events.into_iter().filter(in_time).collect();
    events.sort_by_key(|e| e.time);
    let mut alerts = Vec::new();
    let mut engine = Engine::with(std::slice::from_ref(rule), tables);
    for event in events {
        // Sorted events are never out of order.
        if engine.push(&Rc::new(event), &mut |a| alerts.push(a)).is_err() {
            break;
        }
    }
    engine.end(until, &mut |a| alerts.push(a));
    let tally = engine.tallies().next().unwrap_or_default();
    (alerts, tally)
}

#[cfg(test)]
mod tests;
