//! `novelty`: a value that a known group has not shown for a while.
//!
//! Of each value only the newest sight matters. Of the times at which the group showed itself only so many are kept as any later
//! question can tell apart.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::{GroupKey, KeyCode};
use super::row::{Bundle, Hit, Item};
use super::sweep::Sweep;
use crate::ir::{self, StreamRef};
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// The port of `known`'s stream.
const KNOWN: usize = 1;

/// The second port is `known`'s, where it is written.
pub fn build(novelty: &ir::Novelty, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    let state = Novelty {
        stream: novelty.of.stream,
        keys: KeyCode::new(&novelty.keys, compiler),
        value: KeyCode::new(&novelty.value, compiler),
        history: novelty.history,
        learn: novelty.learn,
        by_known: novelty.known.is_some(),
        groups: FxHashMap::default(),
        values: 0,
        sweep: Sweep::default(),
        parts: Vec::new(),
    };
    let ports = std::iter::once(Port::input(&novelty.of, compiler)).chain(novelty.known.map(Port::whole)).collect();
    (ports, Box::new(state))
}

#[derive(Debug)]
struct Novelty {
    stream: StreamRef,
    keys: KeyCode,
    value: KeyCode,
    history: i64,
    learn: i64,
    /// Groups are known by `known`'s rows, not by the consumed ones.
    by_known: bool,
    groups: FxHashMap<GroupKey, Group>,
    /// How many values all groups remember.
    values: usize,
    sweep: Sweep,
    /// The value that was read last.
    parts: Vec<Value>,
}

#[derive(Debug, Default)]
struct Group {
    /// When it showed itself, ascending.
    shown: VecDeque<i64>,
    seen: FxHashMap<Seen, Sight>,
}

/// A value; one alone needs no memory of its own.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Seen {
    One(Value),
    Many(Box<[Value]>),
}

/// When a value was last seen.
#[derive(Debug, Clone, Copy)]
struct Sight {
    time: i64,
    /// If it was new at that time: its place among that time's hits.
    hit: Option<u32>,
}

/// How a value is seen.
enum Sighting {
    /// It is not new, or the group is not known.
    Old,
    /// For the first time.
    New,
    /// For the first time, but not by the first row of that time: the hit at this place is at the last one.
    Again(usize),
}

impl Analytic for Novelty {
    fn step(&mut self, now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        for Arrival { item, .. } in arrivals.iter().filter(|a| a.port == KNOWN) {
            self.take(now, item, false, lets, hits);
        }
        for Arrival { item, .. } in arrivals.iter().filter(|a| a.port != KNOWN) {
            self.take(now, item, true, lets, hits);
        }
        if !arrivals.is_empty() && self.sweep.due(self.values + self.groups.len()) {
            self.forget(now);
        }
    }
}

impl Novelty {
    /// A row shows that its group is known, or a value that may be new, or both.
    fn take(&mut self, now: i64, item: &Item, consumed: bool, lets: &[Code], hits: &mut Vec<Item>) {
        let frame = item.frame(lets);
        let Some(key) = self.keys.key(&frame) else { return };
        let group = self.groups.entry(key.clone()).or_default();
        let (from, up_to) = (now.saturating_sub(self.history), now.saturating_sub(self.learn));
        if consumed != self.by_known {
            group.show(now, from, up_to, up_to.saturating_sub(from));
        }
        if !consumed || !self.value.read(&frame, &mut self.parts) {
            return;
        }
        let known = group.is_known(from, up_to);
        let values = group.seen.len();
        let sighting = group.see(Seen::of(&mut self.parts), now, from, known.then_some(hits.len()));
        self.values += group.seen.len() - values;
        match sighting {
            Sighting::Old => {}
            Sighting::New => hits.push(self.hit(&key, item)),
            Sighting::Again(place) => {
                if let Some(slot) = hits.get_mut(place) {
                    *slot = self.hit(&key, item);
                }
            }
        }
    }

    /// The hit at an item of a group.
    fn hit(&self, key: &GroupKey, item: &Item) -> Item {
        let hit = Hit {
            group: self.keys.named(key),
            matched: vec![self.stream],
            range: Bundle::one(item),
            events: Bundle::one(item),
            ..Hit::default()
        };
        Item { hit: Some(Rc::new(hit)), ..item.clone() }
    }

    /// Drops what no later row can tell from nothing.
    fn forget(&mut self, now: i64) {
        let from = now.saturating_sub(self.history);
        let mut values = 0;
        self.groups.retain(|_, group| {
            group.seen.retain(|_, sight| sight.time >= from);
            if group.seen.capacity() > 4 * group.seen.len().max(4) {
                group.seen.shrink_to_fit();
            }
            while group.shown.pop_front_if(|t| *t < from).is_some() {}
            values += group.seen.len();
            !group.seen.is_empty() || !group.shown.is_empty()
        });
        self.values = values;
        self.sweep.done(values + self.groups.len());
    }
}

impl Seen {
    /// Takes the parts out.
    fn of(parts: &mut Vec<Value>) -> Seen {
        match parts.pop() {
            Some(only) if parts.is_empty() => Seen::One(only),
            last => Seen::Many(parts.drain(..).chain(last).collect()),
        }
    }
}

impl Group {
    /// It shows a value. `place` is that of a hit, none where the group is not known.
    fn see(&mut self, value: Seen, now: i64, from: i64, place: Option<usize>) -> Sighting {
        let hit = place.and_then(|place| u32::try_from(place).ok());
        match self.seen.entry(value) {
            Entry::Occupied(entry) if entry.get().time == now => {
                entry.get().hit.map_or(Sighting::Old, |place| Sighting::Again(place as usize))
            }
            Entry::Occupied(mut entry) => {
                let hit = hit.filter(|_| entry.get().time < from);
                entry.insert(Sight { time: now, hit });
                hit.map_or(Sighting::Old, |_| Sighting::New)
            }
            Entry::Vacant(entry) => {
                entry.insert(Sight { time: now, hit });
                hit.map_or(Sighting::Old, |_| Sighting::New)
            }
        }
    }

    /// It shows itself. Whether it did in `[t - history, t - learn]` is asked at later times, an interval of the length `span`: where
    /// two times lie no further apart than that, no such interval tells whether one between them is there.
    fn show(&mut self, now: i64, from: i64, up_to: i64, span: i64) {
        if self.shown.back() == Some(&now) {
            return;
        }
        self.trim(from, up_to);
        let before = self.shown.len().checked_sub(2).and_then(|place| self.shown.get(place));
        if before.is_some_and(|time| now.saturating_sub(*time) <= span) {
            self.shown.pop_back();
        }
        self.shown.push_back(now);
    }

    /// Whether it showed itself in `[from, up_to]`.
    fn is_known(&mut self, from: i64, up_to: i64) -> bool {
        self.trim(from, up_to);
        self.shown.front().is_some_and(|t| *t <= up_to)
    }

    /// Leaves the newest time up to `up_to` in front, or the first one after it.
    fn trim(&mut self, from: i64, up_to: i64) {
        while self.shown.get(1).is_some_and(|t| *t <= up_to) {
            self.shown.pop_front();
        }
        while self.shown.pop_front_if(|t| *t < from).is_some() {}
    }
}
