//! Puts events that come a little late in the order of time.

use super::event::Event;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Holds events until nothing earlier may come: an event may come up to `late` milliseconds after a newer one.
#[derive(Debug)]
pub struct Lateness {
    late: i64,
    newest: Option<i64>,
    /// By time, then by arrival.
    held: BinaryHeap<Reverse<Held>>,
    arrived: u64,
}

/// An event came later than was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is {behind} ms older than the newest one, more than the {late} ms that were allowed")]
pub struct TooLate {
    /// How far it lies behind, milliseconds.
    pub behind: i64,
    /// How far it may, milliseconds.
    pub late: i64,
}

#[derive(Debug)]
struct Held {
    time: i64,
    arrived: u64,
    event: Event,
}

impl Lateness {
    /// `late` in milliseconds; with 0 the input is sorted.
    pub fn new(late: i64) -> Lateness {
        Lateness { late: late.max(0), newest: None, held: BinaryHeap::new(), arrived: 0 }
    }

    /// Takes an event, and gives those (in the order of time) that nothing can come before any more.
    pub fn push(&mut self, event: Event, release: &mut impl FnMut(Event)) -> Result<(), TooLate> {
        let newest = self.newest.unwrap_or(event.time);
        let behind = newest.saturating_sub(event.time);
        if behind > self.late {
            return Err(TooLate { behind, late: self.late });
        }
        let event_time = event.time;
        self.newest = Some(newest.max(event_time));
        self.arrived += 1;
        self.held.push(Reverse(Held { time: event.time, arrived: self.arrived, event }));
        self.release(newest.max(event_time).saturating_sub(self.late), release);
        Ok(())
    }

    /// The earliest time that an event may still have, milliseconds; none before the first one.
    pub fn horizon(&self) -> Option<i64> {
        self.newest.map(|n| n.saturating_sub(self.late))
    }

    /// Gives what is left, in the order of time.
    pub fn finish(mut self, release: &mut impl FnMut(Event)) {
        self.release(i64::MAX, release);
    }

    fn release(&mut self, up_to: i64, release: &mut impl FnMut(Event)) {
        while self.held.peek().is_some_and(|Reverse(h)| h.time <= up_to) {
            if let Some(Reverse(held)) = self.held.pop() {
                release(held.event);
            }
        }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.arrived).cmp(&(other.time, other.arrived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::schema::SourceId;

    fn event(time: i64) -> Event {
        Event { source: SourceId(0), time, line: 0, values: Box::default() }
    }

    #[test]
    fn holds_events_until_nothing_earlier_may_come() {
        let mut late = Lateness::new(5);
        let mut out = Vec::new();
        for time in [10, 8, 12, 13] {
            late.push(event(time), &mut |e| out.push(e.time)).unwrap();
        }
        assert_eq!(out, [8]);
        late.push(event(8), &mut |e| out.push(e.time)).unwrap();
        assert_eq!(late.push(event(7), &mut |_| {}), Err(TooLate { behind: 6, late: 5 }));
        assert_eq!(late.horizon(), Some(8));
        late.finish(&mut |e| out.push(e.time));
        assert_eq!(out, [8, 8, 10, 12, 13]);
    }

    #[test]
    fn without_lateness_the_input_is_sorted() {
        let mut late = Lateness::new(0);
        let mut out = Vec::new();
        for time in [1, 1, 2] {
            late.push(event(time), &mut |e| out.push(e.time)).unwrap();
        }
        assert_eq!(out, [1, 1, 2]);
        assert!(late.push(event(1), &mut |_| {}).is_err());
    }
}
