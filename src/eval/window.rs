//! Windows: sliding, tumbling and hopping, for every analytic that decides over what a group showed in a window.
//!
//! Sliding is closed at both ends: at each time of the group's events, over `[t - within, t]`. Tumbling and hopping windows are
//! `[k * every, k * every + size)` from the epoch, and decide at their end, after all events of that time.

use super::analytic::{Analytic, Arrival};
use super::expression::Code;
use super::keys::{GroupKey, KeyCode};
use super::row::{Hit, Item, Place};
use super::sweep::Sweep;
use crate::ir::{SignalId, Window};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What an analytic decides by.
pub trait Decision: std::fmt::Debug {
    /// What it remembers of one group.
    type Memory: std::fmt::Debug;

    /// Of a group that has shown nothing.
    fn memory(&self) -> Self::Memory;

    /// An item joins the group; true where the analytic decides at it.
    fn admit(&self, memory: &mut Self::Memory, arrival: &Arrival, lets: &[Code]) -> bool;

    /// What is older than `from` leaves.
    fn forget(&self, memory: &mut Self::Memory, from: i64);

    /// The newest item that the analytic decides at, none where it has left.
    fn newest<'m>(&self, memory: &'m Self::Memory) -> Option<&'m Item>;

    /// Whether anything is remembered.
    fn is_empty(&self, memory: &Self::Memory) -> bool;

    /// The hit, without its group, where H holds over what is remembered.
    fn decide(&self, memory: &mut Self::Memory, lets: &[Code]) -> Option<Hit>;
}

/// A decision over windows, with what it remembers of each group.
#[derive(Debug)]
pub struct Windows<D: Decision> {
    signal: SignalId,
    window: Window,
    keys: KeyCode,
    decision: D,
    groups: FxHashMap<GroupKey, Slot<D::Memory>>,
    /// Groups by the next window end that they wait for.
    ends: BTreeMap<i64, Vec<GroupKey>>,
    sweep: Sweep,
}

#[derive(Debug)]
struct Slot<M> {
    memory: M,
    /// The last time that was decided at, and how.
    decided: Option<(i64, bool)>,
    /// Decides at this time, once all of it is in.
    pending: bool,
    /// Waits for a window's end.
    waits: bool,
}

impl<D: Decision> Windows<D> {
    /// Nothing seen yet.
    pub fn new(signal: SignalId, window: Window, keys: KeyCode, decision: D) -> Self {
        let (groups, ends) = (FxHashMap::default(), BTreeMap::new());
        Windows { signal, window, keys, decision, groups, ends, sweep: Sweep::default() }
    }

    /// Lets the arrivals join their groups; gives the groups that decide, in the order of their first such arrival.
    fn admit(&mut self, arrivals: &[Arrival], from: i64, lets: &[Code]) -> Vec<GroupKey> {
        let mut deciding = Vec::new();
        for arrival in arrivals {
            let Some(key) = self.keys.key(&arrival.item.frame(lets)) else { continue };
            let decision = &self.decision;
            let slot = self.groups.entry(key.clone()).or_insert_with(|| {
                let memory = decision.memory();
                Slot { memory, decided: None, pending: false, waits: false }
            });
            self.decision.forget(&mut slot.memory, from);
            if self.decision.admit(&mut slot.memory, arrival, lets) && !slot.pending {
                slot.pending = true;
                deciding.push(key);
            }
        }
        deciding
    }

    fn slide(&mut self, now: i64, within: i64, rise: bool, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        let from = now.saturating_sub(within);
        for group in self.admit(arrivals, from, lets) {
            let Some(slot) = self.groups.get_mut(&group) else { continue };
            slot.pending = false;
            let hit = self.decision.decide(&mut slot.memory, lets);
            let before = slot.decided.replace((now, hit.is_some()));
            let held_before = before.is_some_and(|(time, held)| held && time >= from);
            let Some((hit, last)) = hit.zip(self.decision.newest(&slot.memory)) else { continue };
            if rise && held_before {
                continue;
            }
            let hit = Hit { group: self.keys.named(&group), ..hit };
            hits.push(Item { place: last.place, row: Rc::clone(&last.row), hit: Some(Rc::new(hit)) });
        }
        if self.sweep.due(self.groups.len()) {
            let decision = &self.decision;
            self.groups.retain(|_, slot| {
                decision.forget(&mut slot.memory, from);
                !decision.is_empty(&slot.memory)
            });
            self.sweep.done(self.groups.len());
        }
    }

    fn hop(&mut self, now: i64, size: i64, every: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        // Events of this very time belong to later windows: what ends now ends before they join.
        self.close(now, size, every, lets, hits);
        let next = now.div_euclid(every).saturating_add(1).saturating_mul(every);
        for group in self.admit(arrivals, next.saturating_sub(size), lets) {
            let Some(slot) = self.groups.get_mut(&group) else { continue };
            slot.pending = false;
            if !std::mem::replace(&mut slot.waits, true) {
                self.ends.entry(next).or_default().push(group);
            }
        }
        if self.sweep.due(self.groups.len()) {
            let decision = &self.decision;
            self.groups.retain(|_, slot| {
                decision.forget(&mut slot.memory, next.saturating_sub(size));
                slot.waits || !decision.is_empty(&slot.memory)
            });
            self.sweep.done(self.groups.len());
        }
    }

    fn close(&mut self, now: i64, size: i64, every: i64, lets: &[Code], hits: &mut Vec<Item>) {
        let mut found = Vec::new();
        let mut waiting = Vec::new();
        for group in self.ends.remove(&now).unwrap_or_default() {
            let Some(slot) = self.groups.get_mut(&group) else { continue };
            slot.waits = false;
            self.decision.forget(&mut slot.memory, now.saturating_sub(size));
            let Some(last) = self.decision.newest(&slot.memory) else { continue };
            let (place, row) = (last.place, Rc::clone(&last.row));
            if let Some(hit) = self.decision.decide(&mut slot.memory, lets) {
                found.push((place, row, Hit { group: self.keys.named(&group), ..hit }));
            }
            self.decision.forget(&mut slot.memory, now.saturating_add(every).saturating_sub(size));
            if self.decision.newest(&slot.memory).is_some() {
                slot.waits = true;
                waiting.push(group);
            } else if self.decision.is_empty(&slot.memory) {
                self.groups.remove(&group);
            }
        }
        if !waiting.is_empty() {
            self.ends.entry(now.saturating_add(every)).or_default().extend(waiting);
        }
        hits.extend(at_end(now, self.signal, found));
    }
}

/// Hits of one signal at a window's end or a deadline: after all events of that time, in the order of their last events.
pub fn at_end(
    now: i64,
    signal: SignalId,
    mut found: Vec<(Place, Rc<super::row::Row>, Hit)>,
) -> impl Iterator<Item = Item> {
    found.sort_by_key(|(last, ..)| *last);
    found.into_iter().enumerate().map(move |(index, (_, row, hit))| {
        let place = Place { time: now, phase: signal.0.saturating_add(1), index: index as u32 };
        Item { place, row, hit: Some(Rc::new(hit)) }
    })
}

impl<D: Decision> Analytic for Windows<D> {
    fn step(&mut self, now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        match self.window {
            Window::Sliding { within, rise } => self.slide(now, within, rise, arrivals, lets, hits),
            Window::Tumbling { size } => self.hop(now, size.max(1), size.max(1), arrivals, lets, hits),
            Window::Hopping { size, every } => self.hop(now, size.max(1), every.max(1), arrivals, lets, hits),
        }
    }

    fn deadline(&self) -> Option<i64> {
        self.ends.keys().next().copied()
    }
}
