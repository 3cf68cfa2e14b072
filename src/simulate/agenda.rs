//! What is still to come, of all devices, by time.

use super::event::Event;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Everything that is planned. What was planned first comes first at one time.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    number: u64,
}

/// What is to be done at a time.
#[derive(Debug)]
pub(super) enum Task {
    /// An event is written.
    Emit(Event),
    /// A habit of the device, by its place, goes on.
    Wake(usize),
    /// An injection, by its place, begins.
    Inject(usize),
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Milliseconds since the epoch.
    pub time: i64,
    number: u64,
    /// By its number.
    pub device: u32,
    pub task: Task,
}

impl Agenda {
    pub(super) fn add(&mut self, time: i64, device: u32, task: Task) {
        self.number += 1;
        self.heap.push(Reverse(Entry { time, number: self.number, device, task }));
    }

    pub(super) fn next(&mut self) -> Option<Entry> {
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

/// Where a behaviour writes what a device will do.
#[derive(Debug)]
pub struct Plan<'a> {
    agenda: &'a mut Agenda,
    device: u32,
}

impl<'a> Plan<'a> {
    pub(super) fn new(agenda: &'a mut Agenda, device: u32) -> Plan<'a> {
        Plan { agenda, device }
    }

    /// The event happens at that time, which has not passed yet.
    pub(super) fn at(&mut self, time: i64, event: Event) {
        self.agenda.add(time, self.device, Task::Emit(event));
    }
}
