//! `together`: at least n of the named streams have an event in the window, or after one event of another stream in it.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::KeyCode;
use super::row::{Bundle, Hit, Item};
use super::window::{Decision, Windows};
use crate::ir::{Input, Keys, SignalId, StreamRef, Window};
use std::collections::VecDeque;

/// The last port is `after`'s.
pub fn build(
    signal: SignalId,
    of: &[Input],
    keys: &Keys,
    window: Window,
    at_least: u32,
    after: Option<StreamRef>,
    compiler: &Compiler<'_>,
) -> (Vec<Port>, Box<dyn Analytic>) {
    let decision = Together {
        streams: of.iter().map(|i| i.stream).collect(),
        at_least: at_least.max(1) as usize,
        after: after.is_some(),
    };
    let ports = of.iter().map(|i| Port::input(i, compiler)).chain(after.map(Port::whole)).collect();
    (ports, Box::new(Windows::new(signal, window, KeyCode::new(keys, compiler), decision)))
}

#[derive(Debug)]
struct Together {
    streams: Vec<StreamRef>,
    at_least: usize,
    after: bool,
}

#[derive(Debug)]
struct Memory {
    newest: Newest,
    /// Times of `after`'s events in the window, ascending.
    after: VecDeque<i64>,
}

impl Decision for Together {
    type Memory = Memory;

    fn memory(&self) -> Memory {
        Memory { newest: Newest::new(self.streams.len()), after: VecDeque::new() }
    }

    fn admit(&self, memory: &mut Memory, arrival: &Arrival, _lets: &[Code]) -> bool {
        let consumed = memory.newest.admit(arrival);
        if !consumed && memory.after.back() != Some(&arrival.item.time()) {
            memory.after.push_back(arrival.item.time());
        }
        consumed
    }

    fn forget(&self, memory: &mut Memory, from: i64) {
        memory.newest.forget(from);
        while memory.after.pop_front_if(|t| *t < from).is_some() {}
    }

    fn newest<'m>(&self, memory: &'m Memory) -> Option<&'m Item> {
        memory.newest.last()
    }

    fn is_empty(&self, memory: &Memory) -> bool {
        memory.newest.is_empty() && memory.after.is_empty()
    }

    fn decide(&self, memory: &mut Memory, _lets: &[Code]) -> Option<Hit> {
        // The oldest event of `after` leaves the most time for the others, so no other one needs a look.
        let since = if self.after { Some(*memory.after.front()?) } else { None };
        let found: Vec<(usize, &Item)> =
            memory.newest.seen().filter(|(_, item)| since.is_none_or(|s| item.time() > s)).collect();
        (found.len() >= self.at_least).then(|| {
            let items: Vec<Item> = found.iter().map(|(_, item)| (*item).clone()).collect();
            Hit {
                matched: found.iter().filter_map(|(port, _)| self.streams.get(*port).copied()).collect(),
                // A hit and the event that it is at are one row, but the hit rests on more.
                events: Bundle::Items(items.clone().into()),
                range: Bundle::Items(in_order_once(items).into()),
                ..Hit::default()
            }
        })
    }
}

/// The newest item of each stream in a window.
#[derive(Debug)]
pub struct Newest {
    by_port: Box<[Option<Item>]>,
    /// The port of the newest of all.
    last: Option<usize>,
}

impl Newest {
    /// Of so many streams, which have shown nothing.
    pub fn new(streams: usize) -> Newest {
        Newest { by_port: vec![None; streams].into(), last: None }
    }

    /// An item arrives; false where its port is none of the streams.
    pub fn admit(&mut self, arrival: &Arrival) -> bool {
        let Some(slot) = self.by_port.get_mut(arrival.port) else { return false };
        *slot = Some(arrival.item.clone());
        self.last = Some(arrival.port);
        true
    }

    /// What is older than `from` leaves.
    pub fn forget(&mut self, from: i64) {
        for slot in &mut self.by_port {
            if slot.as_ref().is_some_and(|item| item.time() < from) {
                *slot = None;
            }
        }
    }

    /// The newest of all.
    pub fn last(&self) -> Option<&Item> {
        self.by_port.get(self.last?)?.as_ref()
    }

    /// The newest of each stream that has one, with its port.
    pub fn seen(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.by_port.iter().enumerate().filter_map(|(port, item)| Some((port, item.as_ref()?)))
    }

    /// Whether no stream has one.
    pub fn is_empty(&self) -> bool {
        self.by_port.iter().all(Option::is_none)
    }
}

/// Items in order; one that came in by several streams counts once.
pub fn in_order_once(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|i| i.place);
    items.dedup_by_key(|i| i.place);
    items
}
