//! Hits, their place in the order, and groups.

use super::expression::{Here, value};
use super::row::World;
use siemc::ir::{Keys, MeasureRef, StreamRef};
use siemc::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Keys with their values, in the order of `by`.
pub type Group = Vec<(String, Value)>;

/// Where a row or a hit stands. The order of the variants is the meaning: what happens at a window's end or a deadline comes after all
/// events of that time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub time: i64,
    pub at: At,
}

/// See [`Place`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// At the event of this rank.
    Row(usize),
    /// At a window's end or a deadline of this signal; several of them in the order of their last events.
    End { signal: u32, last: Box<Place> },
}

/// An event of a stream, be it an event or the hit of a signal.
#[derive(Debug, Clone)]
pub struct Hit {
    pub place: Place,
    /// The row whose fields are the hit's.
    pub last: usize,
    pub group: Group,
    /// What `any(c)` and `all(c)` ask.
    pub range: BTreeSet<usize>,
    /// What the alert shows.
    pub events: BTreeSet<usize>,
    pub measures: BTreeMap<MeasureRef, Value>,
    /// The streams that the analytic found it in; through `any` and `match` those of the hit that is passed on, too.
    pub matched: BTreeSet<StreamRef>,
    /// The sum of an evidence, and its reasons as they were found.
    pub evidence: Option<(i64, Vec<String>)>,
}

impl Hit {
    /// A single event, as a stream yields it.
    pub fn event(world: &World<'_>, row: usize) -> Hit {
        Hit {
            place: Place { time: world.rows[row].event.time, at: At::Row(row) },
            last: row,
            group: Vec::new(),
            range: BTreeSet::from([row]),
            events: BTreeSet::from([row]),
            measures: BTreeMap::new(),
            matched: BTreeSet::new(),
            evidence: None,
        }
    }

    pub fn time(&self) -> i64 {
        self.place.time
    }
}

/// The group of a row; none where a key is missing.
pub fn group_of(world: &World<'_>, keys: &Keys, row: usize) -> Option<Group> {
    let event = world.rows[row].event;
    let mut group = Group::new();
    for key in &keys.0 {
        let found = value(world, key.of(event.source)?, &Here::row(world, row));
        if found.is_missing() {
            return None;
        }
        group.push((key.name.clone(), found));
    }
    Some(group)
}

/// Whether two groups are of the same values; labels may differ from step to step.
pub fn same_values(a: &Group, b: &Group) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((_, x), (_, y))| x == y)
}
