//! `sequence`: steps in order within a span, with absences and an `until`.
//!
//! Each group carries, per step, the newest row that ends a chain of the steps up to there. That is all that is needed: of two rows
//! of a step that end chains, the newer one's chain starts no earlier (whatever could precede the older could precede the newer,
//! and an absence only cuts off what is old). So the newest row gives the latest start, and following the chain backwards gives the
//! newest event for each step. If the chain with the latest start is too long, or `until` lies inside it, then so it is for every
//! earlier start.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::{GroupKey, KeyCode};
use super::row::{Bundle, Hit, Item, Place};
use super::sweep::Sweep;
use super::window::at_end;
use crate::ir::{self, SignalId, StreamRef};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a port's items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Step(usize),
    /// Forbidden between the step before and this one.
    Gap(usize),
    First,
    Last,
    Until,
}

/// Ports: each stream of each step, each forbidden stream, `until`.
pub fn build(signal: SignalId, s: &ir::Sequence, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    let mut ports = Vec::new();
    let mut roles = Vec::new();
    let mut add = |port: Port, role: Role, keys: &ir::Keys| {
        roles.push(Part { role, stream: port.stream, keys: KeyCode::new(keys, compiler) });
        ports.push(port);
    };
    for (number, step) in s.steps.iter().enumerate() {
        for stream in &step.of {
            let filter = compiler.condition(step.filter.as_ref());
            add(Port { stream: *stream, filter }, Role::Step(number), &step.keys);
        }
        step.absent_before.iter().for_each(|g| add(Port::whole(g.stream), Role::Gap(number), &g.keys));
    }
    s.absent_first.iter().for_each(|a| add(Port::whole(a.stream), Role::First, &a.keys));
    s.absent_last.iter().for_each(|a| add(Port::whole(a.stream), Role::Last, &a.keys));
    s.until.iter().for_each(|u| add(Port::whole(u.stream), Role::Until, &u.keys));
    let state = Sequence {
        signal,
        within: s.within,
        steps: s.steps.len(),
        clear_before: s.absent_first.as_ref().map(|a| a.within),
        clear_after: s.absent_last.as_ref().map(|a| a.within),
        parts: roles,
        groups: FxHashMap::default(),
        deadlines: BTreeMap::new(),
        sweep: Sweep::default(),
    };
    (ports, Box::new(state))
}

#[derive(Debug)]
struct Sequence {
    signal: SignalId,
    within: i64,
    steps: usize,
    /// `absent` as first step: its length.
    clear_before: Option<i64>,
    /// `absent` as last step: its length.
    clear_after: Option<i64>,
    /// By port.
    parts: Vec<Part>,
    groups: FxHashMap<GroupKey, Memory>,
    /// Groups with a chain that waits for this time.
    deadlines: BTreeMap<i64, Vec<GroupKey>>,
    sweep: Sweep,
}

#[derive(Debug)]
struct Part {
    role: Role,
    stream: StreamRef,
    keys: KeyCode,
}

/// What is remembered of one group.
#[derive(Debug, Default)]
struct Memory {
    /// By step: the newest row that ends a chain.
    carried: Vec<Option<Rc<Link>>>,
    /// By step: the newest time before now of what may not lie before it.
    gaps: Vec<Option<i64>>,
    /// The newest time before now of what may not lie before the first step.
    first: Option<i64>,
    /// The newest `until`.
    until: Option<Place>,
    /// The start of the last chain that was found.
    used: Option<Place>,
    /// Chains that wait for their absence, oldest first.
    waiting: Vec<Waiting>,
}

/// A row at a step, with the chain that leads to it.
#[derive(Debug)]
struct Link {
    item: Item,
    stream: StreamRef,
    /// The step's other streams that have the row.
    also: Vec<StreamRef>,
    start: Place,
    before: Option<Rc<Link>>,
}

#[derive(Debug)]
struct Waiting {
    chain: Rc<Link>,
    deadline: i64,
    /// The keys that name the group.
    part: usize,
}

impl Analytic for Sequence {
    fn step(&mut self, now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        // Items at one place are one row (an event and the hits at it), and one row cannot be two steps.
        for row in arrivals.chunk_by(|a, b| a.item.place == b.item.place) {
            self.take_row(row, lets, hits);
        }
        for arrival in arrivals {
            self.note_time(arrival, lets);
        }
        self.fire(now, hits);
        if self.sweep.due(self.groups.len()) {
            self.forget(now);
        }
    }

    fn deadline(&self) -> Option<i64> {
        self.deadlines.keys().next().copied()
    }
}

impl Sequence {
    /// Later steps first: each looks at what earlier rows carried, not at this one. `until` last: it is inside no chain that ends here.
    fn take_row(&mut self, row: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        let mut order: Vec<(usize, &Arrival)> = Vec::with_capacity(row.len());
        for arrival in row {
            match self.parts.get(arrival.port).map(|p| p.role) {
                Some(Role::Step(number)) => order.push((self.steps - number, arrival)),
                Some(Role::Until) => order.push((usize::MAX, arrival)),
                _ => {}
            }
        }
        order.sort_by_key(|(late, _)| *late);
        for (late, arrival) in &order {
            let (late, arrival) = (*late, *arrival);
            // A later step or an `until` means nothing to a group without a start.
            let Some(group) = self.group(arrival, lets, late == self.steps) else { continue };
            if late == usize::MAX {
                if let Some(memory) = self.groups.get_mut(&group) {
                    memory.until = Some(arrival.item.place);
                }
            } else {
                let others = order.iter().filter(|(step, other)| *step == late && other.port != arrival.port);
                let also = others.filter_map(|(_, other)| self.parts.get(other.port).map(|p| p.stream)).collect();
                self.take_step(self.steps - late, arrival, also, &group, hits);
            }
        }
    }

    fn take_step(
        &mut self,
        number: usize,
        arrival: &Arrival,
        also: Vec<StreamRef>,
        group: &GroupKey,
        hits: &mut Vec<Item>,
    ) {
        let Some(part) = self.parts.get(arrival.port) else { return };
        let (item, stream) = (&arrival.item, part.stream);
        let Some(memory) = self.groups.get_mut(group) else { return };
        let link = if number == 0 {
            let clear = memory.clear_before(item.time(), self.clear_before);
            clear.then(|| Link { start: item.place, item: item.clone(), stream, also, before: None })
        } else {
            let before = memory.before(number);
            before.map(|b| Link { start: b.start, item: item.clone(), stream, also, before: Some(b) })
        };
        let Some(link) = link.map(Rc::new) else { return };
        if number + 1 == self.steps {
            self.end_chain(link, arrival.port, group, hits);
        } else if let Some(slot) = memory.carried.get_mut(number) {
            *slot = Some(link);
        }
    }

    /// A chain is whole. It hits, or waits for its absence.
    fn end_chain(&mut self, chain: Rc<Link>, part: usize, group: &GroupKey, hits: &mut Vec<Item>) {
        let Some(memory) = self.groups.get_mut(group) else { return };
        let last = chain.item.place;
        let long = last.time.saturating_sub(chain.start.time) > self.within;
        let ended = memory.until.is_some_and(|u| chain.start < u && u < last);
        if long || ended || memory.used.is_some_and(|used| used >= chain.start) {
            return;
        }
        memory.used = Some(chain.start);
        match self.clear_after {
            None => {
                let hit = self.hit(&chain, part, group);
                hits.push(Item { hit: Some(Rc::new(hit)), ..chain.item.clone() });
            }
            Some(length) => {
                let deadline = last.time.saturating_add(length);
                memory.waiting.push(Waiting { chain, deadline, part });
                self.deadlines.entry(deadline).or_default().push(group.clone());
            }
        }
    }

    /// What counts by its time, strictly: noted once every row of the time has been a step.
    fn note_time(&mut self, arrival: &Arrival, lets: &[Code]) {
        let Some(role) = self.parts.get(arrival.port).map(|p| p.role) else { return };
        if matches!(role, Role::Step(_)) {
            return;
        }
        let Some(group) = self.group(arrival, lets, role == Role::First) else { return };
        let Some(memory) = self.groups.get_mut(&group) else { return };
        let time = arrival.item.time();
        match role {
            Role::Step(_) => {}
            Role::Gap(number) => {
                if let Some(gap) = memory.gaps.get_mut(number) {
                    *gap = Some(time);
                }
            }
            Role::First => memory.first = Some(time),
            // A chain that waits has its deadline now or later, so what comes after its last event comes in time to end it.
            Role::Last | Role::Until => memory.waiting.retain(|w| w.chain.item.time() >= time),
        }
    }

    /// Chains whose absence has lasted.
    fn fire(&mut self, now: i64, hits: &mut Vec<Item>) {
        let mut found = Vec::new();
        while let Some(entry) = self.deadlines.first_entry().filter(|e| *e.key() <= now) {
            for group in entry.remove() {
                let Some(memory) = self.groups.get_mut(&group) else { continue };
                let (due, waiting): (Vec<_>, Vec<_>) =
                    std::mem::take(&mut memory.waiting).into_iter().partition(|w| w.deadline <= now);
                memory.waiting = waiting;
                for Waiting { chain, part, .. } in due {
                    let hit = self.hit(&chain, part, &group);
                    found.push((chain.item.place, Rc::clone(&chain.item.row), hit));
                }
            }
        }
        hits.extend(at_end(now, self.signal, found));
    }

    fn hit(&self, chain: &Link, part: usize, group: &GroupKey) -> Hit {
        let mut items = Vec::new();
        let mut matched = Vec::new();
        let mut link = Some(chain);
        while let Some(l) = link {
            items.push(l.item.clone());
            for stream in std::iter::once(&l.stream).chain(&l.also) {
                if !matched.contains(stream) {
                    matched.push(*stream);
                }
            }
            link = l.before.as_deref();
        }
        items.reverse();
        let items: Rc<[Item]> = items.into();
        Hit {
            group: self.parts.get(part).map(|p| p.keys.named(group)).unwrap_or_default(),
            matched,
            range: Bundle::Items(Rc::clone(&items)),
            events: Bundle::Items(items),
            ..Hit::default()
        }
    }

    /// The arrival's group; none where a key is missing, or where nothing is remembered of it and it is not to `begin` now.
    fn group(&mut self, arrival: &Arrival, lets: &[Code], begin: bool) -> Option<GroupKey> {
        let group = self.parts.get(arrival.port)?.keys.key(&arrival.item.frame(lets))?;
        if !self.groups.contains_key(&group) {
            if !begin {
                return None;
            }
            let memory = Memory { carried: vec![None; self.steps], gaps: vec![None; self.steps], ..Memory::default() };
            self.groups.insert(group.clone(), memory);
        }
        Some(group)
    }

    /// A start is dead once no chain from it can end; other times matter only to live starts, or to a coming first step.
    fn forget(&mut self, now: i64) {
        let from = now.saturating_sub(self.within);
        let first_from = now.saturating_sub(self.clear_before.unwrap_or(0));
        self.groups.retain(|_, memory| {
            for slot in &mut memory.carried {
                if slot.as_ref().is_some_and(|link| link.start.time < from) {
                    *slot = None;
                }
            }
            let live = memory.carried.iter().any(Option::is_some) || memory.used.is_some_and(|p| p.time >= from);
            live || !memory.waiting.is_empty() || memory.first.is_some_and(|t| t >= first_from)
        });
        self.sweep.done(self.groups.len());
    }
}

impl Memory {
    /// No forbidden event in `[t - length, t)`.
    fn clear_before(&self, time: i64, length: Option<i64>) -> bool {
        length.is_none_or(|length| self.first.is_none_or(|x| x < time.saturating_sub(length)))
    }

    /// The chain that a row of this step may follow.
    fn before(&self, number: usize) -> Option<Rc<Link>> {
        let before = self.carried.get(number.checked_sub(1)?)?.as_ref()?;
        let gap = self.gaps.get(number).copied().flatten();
        // Strictly between in time: what happened at the very time of the earlier step does not count.
        gap.is_none_or(|x| x <= before.item.time()).then(|| Rc::clone(before))
    }
}
