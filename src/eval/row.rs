//! What moves between analytics: rows (one event of one source, with what was read for it) and hits.

use super::event::Event;
use super::expression::{Code, Frame};
use super::threshold::Entry;
use crate::ir::{SignalId, StreamRef};
use crate::value::Value;
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// One event as one rule sees it.
#[derive(Debug)]
pub struct Row {
    /// The event.
    pub event: Rc<Event>,
    /// The rule's own number of the event's source.
    pub local: usize,
    /// Its number among the rows of its time.
    pub index: u32,
    /// The rule's events that it belongs to.
    pub members: Members,
    /// Lets, computed when first asked.
    pub lets: Box<[OnceCell<Value>]>,
    /// Contexts, read at arrival; empty where no analytic consumes the row.
    pub contexts: Box<[Reading]>,
}

/// What a context said about a row.
#[derive(Debug, Clone)]
pub enum Reading {
    /// Its value.
    Value(Value),
    /// The event that a `last` context without `value` found, with the rule's number of its source. It is the event and not
    /// its row: rows hold readings, so a chain of them would never end.
    Event(Rc<Event>, usize),
}

/// A place in the order. Events of a time come first, by their index; hits at a window's end or a deadline come after them, in
/// the order of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Milliseconds since the epoch.
    pub time: i64,
    /// 0 for events; one more than the signal's number at a window's end or a deadline.
    pub phase: u32,
    /// Among those.
    pub index: u32,
}

/// An event or a hit on its way into an analytic.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it stands, its time included.
    pub place: Place,
    /// The event, or the hit's last event.
    pub row: Rc<Row>,
    /// The hit; none for an event.
    pub hit: Option<Rc<Hit>>,
}

impl Item {
    /// Milliseconds since the epoch: an event's, a window's end or a deadline.
    pub fn time(&self) -> i64 {
        self.place.time
    }

    /// What expressions over it read.
    pub fn frame<'a>(&'a self, lets: &'a [Code]) -> Frame<'a> {
        Frame { hit: self.hit.as_deref(), ..self.row.frame(lets) }
    }

    /// The events that it rests on.
    pub fn collect_events(&self, into: &mut Vec<Rc<Row>>) {
        match &self.hit {
            None => into.push(Rc::clone(&self.row)),
            Some(hit) => hit.events.collect_events(into),
        }
    }
}

impl Row {
    /// What expressions over it read.
    pub fn frame<'a>(&'a self, lets: &'a [Code]) -> Frame<'a> {
        Frame {
            program: lets,
            event: &self.event,
            local: self.local,
            lets: &self.lets,
            contexts: &self.contexts,
            it: None,
            hit: None,
            measures: None,
        }
    }

    /// Where it stands in the order.
    pub fn place(&self) -> Place {
        Place { time: self.event.time, phase: 0, index: self.index }
    }
}

/// What an analytic found.
#[derive(Debug, Clone, Default)]
pub struct Hit {
    /// Its group.
    pub group: Group,
    /// The measures of the signals that made it.
    pub measures: Vec<(SignalId, Rc<[Value]>)>,
    /// The streams that took part.
    pub matched: Vec<StreamRef>,
    /// An evidence's sum.
    pub sum: Option<i64>,
    /// An evidence's reasons.
    pub reasons: Vec<String>,
    /// What `any(c)` and `all(c)` range over.
    pub range: Bundle,
    /// What it rests on.
    pub events: Bundle,
}

/// A group's keys with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Group {
    /// The keys' names.
    pub names: Rc<[Rc<str>]>,
    /// Their values, none missing.
    pub values: Rc<[Value]>,
}

/// Rows that a hit keeps, shared with the window that they came from while nothing has changed it.
#[derive(Debug, Clone)]
pub enum Bundle {
    /// Events and hits.
    Items(Rc<[Item]>),
    /// Rows as they are.
    Rows(Rc<[Rc<Row>]>),
    /// A threshold's window.
    Window(Rc<VecDeque<Entry>>),
}

impl Default for Bundle {
    fn default() -> Self {
        Bundle::Rows(Rc::from([]))
    }
}

impl Bundle {
    /// One item.
    pub fn one(item: &Item) -> Bundle {
        Bundle::Items(Rc::from([item.clone()]))
    }

    /// Each row; a hit counts as its last event.
    pub fn rows(&self) -> Box<dyn Iterator<Item = &Rc<Row>> + '_> {
        match self {
            Bundle::Items(items) => Box::new(items.iter().map(|i| &i.row)),
            Bundle::Rows(rows) => Box::new(rows.iter()),
            Bundle::Window(window) => Box::new(window.iter().map(|e| &e.item.row)),
        }
    }

    /// The events that its items rest on.
    fn collect_events(&self, into: &mut Vec<Rc<Row>>) {
        match self {
            Bundle::Items(items) => items.iter().for_each(|i| i.collect_events(into)),
            Bundle::Rows(rows) => into.extend(rows.iter().cloned()),
            Bundle::Window(window) => window.iter().for_each(|e| e.item.collect_events(into)),
        }
    }
}

/// In order, each once.
pub fn in_order(mut rows: Vec<Rc<Row>>) -> Vec<Rc<Row>> {
    rows.sort_by_key(|r| r.place());
    rows.dedup_by_key(|r| r.place());
    rows
}

/// A set of a rule's events. The first 64 need no allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members(u64, Vec<u64>);

impl Members {
    /// Adds an event by its number.
    pub fn insert(&mut self, event: usize) {
        let bit = 1u64 << (event % 64);
        let Some(word) = (event / 64).checked_sub(1) else {
            self.0 |= bit;
            return;
        };
        if self.1.len() <= word {
            self.1.resize(word + 1, 0);
        }
        if let Some(w) = self.1.get_mut(word) {
            *w |= bit;
        }
    }

    /// Whether the event is in it.
    pub fn contains(&self, event: usize) -> bool {
        let word = match (event / 64).checked_sub(1) {
            None => self.0,
            Some(i) => self.1.get(i).copied().unwrap_or(0),
        };
        word & (1u64 << (event % 64)) != 0
    }

    /// Whether one event is in both.
    pub fn meets(&self, other: &Members) -> bool {
        self.0 & other.0 != 0 || self.1.iter().zip(&other.1).any(|(a, b)| a & b != 0)
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &Members) {
        self.0 |= other.0;
        self.1.resize(self.1.len().max(other.1.len()), 0);
        for (a, b) in self.1.iter_mut().zip(&other.1) {
            *a |= b;
        }
    }
}
