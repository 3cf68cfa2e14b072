//! A made-up fleet of phones: events as a managed fleet's sensors would send them, with or without the behaviour that a rule looks for.
//!
//! In: how many devices, how many days, a seed, and what is to be injected. Out: events as JSON lines, ordered by time, one after
//! another; memory follows the number of devices, not of events. The same numbers give the same lines. This room must never know a
//! rule, a pack or the evaluator: what is found in the events is to be a surprise.
//!
//! - `agenda`: what is still to come, of all devices, by time.
//! - `device`: one phone: whose it is, what is on it, who uses it now.
//! - `life`: what phones do on ordinary days, a file for each behaviour. They are near misses on purpose: an approved job with a
//!   strict beat, a burst of sessions after a push, a service that follows a timer a moment too late.
//! - `inject`: what each bundled rule describes, a file for each; the seed picks among several ways to do it.
//!
//! Where nothing said how, this was chosen:
//! - A device's life depends on the seed and its own number only: more devices, or an injection, leave those of the others alone.
//! - Some sensors see no touches, some count no bytes: [`Device::is_seen_in_full`] says which do.
//! - Numbers for durations are milliseconds, as the schema has them.

pub mod agenda;
mod apps;
pub mod device;
mod event;
pub mod inject;
mod life;
mod lines;
mod random;
mod session;

pub use device::{Device, Platform};
pub use inject::{Behaviour, Injected, Injection};
pub use lines::Lines;

/// A second in milliseconds.
const SECOND: i64 = 1_000;
/// A minute in milliseconds.
const MINUTE: i64 = 60 * SECOND;
/// An hour in milliseconds.
const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
const DAY: i64 = 24 * HOUR;

/// What is made.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// How many devices; three of five run iOS.
    pub devices: u32,
    /// How many days.
    pub days: u32,
    /// Where the chains of random numbers begin.
    pub seed: u64,
    /// The first day's beginning, milliseconds since the epoch.
    pub start: i64,
    /// What happens besides ordinary life.
    pub injections: Vec<Injection>,
}

impl Fleet {
    /// The end, exclusive, milliseconds since the epoch.
    pub fn end(&self) -> i64 {
        self.start.saturating_add(i64::from(self.days).saturating_mul(DAY))
    }

    /// The events, as bytes to read.
    pub fn lines(&self) -> Lines {
        Lines::new(self)
    }

    /// A device by its number, as it is on the first day; none beyond the fleet.
    pub fn device(&self, number: u32) -> Option<Device> {
        (number < self.devices).then(|| Device::new(number, self.seed))
    }
}

#[cfg(test)]
mod tests;
