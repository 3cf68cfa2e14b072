//! The naive evaluator: what a rule means, read straight from the written meaning and computed by trying everything.
//!
//! In: a checked rule, events in any order, the clock. Out: the alerts. All windows are recomputed from nothing, all chains are
//! listed, every context reads the whole stream. It knows the types of `ir`, `pack` and `value` and the two data types of
//! `eval`, and must never know how the real evaluator works: the two are compared, and a shared thought would hide a mistake.

pub mod agreed;
pub mod baseline;
pub mod build;
#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod by_hand_history;
pub mod census;
pub mod compare;
pub mod constructs;
pub mod context;
pub mod expression;
pub mod function;
pub mod hit;
pub mod lookup;
pub mod measure;
pub mod novelty;
#[cfg(test)]
pub mod plain;
pub mod random;
pub mod report;
pub mod row;
pub mod schedule;
pub mod sequence;
pub mod signal;
pub mod statistic;
pub mod window;

use row::World;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::schema::SourceId;

/// The alerts of a rule over events, in order. `until` (milliseconds) promises that all events up to it are there.
pub fn alerts(rule: &Rule, events: &[Event], until: i64) -> Vec<Alert> {
    alerts_without(&[], rule, rule, events, until)
}

/// The same where these sources are unknown: no event of theirs is looked at, and nothing is concluded from that. `deployed` is the
/// rule as it is run there: what it no longer names does not settle ties.
pub fn alerts_without(unknown: &[SourceId], rule: &Rule, deployed: &Rule, events: &[Event], until: i64) -> Vec<Alert> {
    let world = World::new(rule, unknown, deployed, events, until);
    report::alerts(&world)
}
