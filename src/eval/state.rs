//! One rule over time: it selects events, orders those of one time, reads contexts, and lets signals hit in an order in which
//! every signal comes after those that it consumes.

use super::alert::Alert;
use super::alerting::Alerting;
use super::analytic::{Analytic, Arrival, Port, build};
use super::context::ContextState;
use super::engine::Tally;
use super::event::Event;
use super::expression::compile::{holds, lets};
use super::expression::{Code, Compiler, Frame, Tables};
use super::fields::{used_fields, used_sources};
use super::keys::Groups;
use super::row::{Item, Members, Row};
use crate::ir::{Analytic as Ir, Rule, SignalId, StreamRef};
use crate::pack::schema::SourceId;
use crate::value::Value;
use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

/// Emptied lets that are kept: more than events of one time seldom are.
const MOST_SPARE: usize = 64;

/// A rule with everything that it remembers.
#[derive(Debug)]
pub struct RuleState {
    /// Numbers of the sources that it uses, by source.
    local: Vec<Option<usize>>,
    selections: Vec<Selection>,
    lets: Vec<Code>,
    contexts: Vec<ContextState>,
    /// Each after those that it consumes.
    signals: Vec<SignalState>,
    detect: usize,
    /// The events that analytics decide over; only their rows read contexts.
    consumed: Members,
    alerting: Alerting,
    /// Events of one time that have not been looked at.
    pending: Vec<Draft>,
    /// By signal: its hits of the time that is being looked at.
    hits: Vec<Vec<Item>>,
    arrivals: Vec<Arrival>,
    rows: Vec<Item>,
    /// Values of lets over the event that is being selected.
    scratch: Lets,
    /// Emptied, for later events.
    spare: Vec<Lets>,
    deadline: Option<i64>,
    /// How often an event fell to one of the rule's selections.
    selected: u64,
}

/// A rule's lets over one event, each computed when first asked.
type Lets = Box<[OnceCell<Value>]>;

/// How one source's events are selected and ordered.
#[derive(Debug, Default)]
struct Selection {
    /// The rule's events over it, by number, with their conditions.
    events: Vec<(usize, Option<Code>)>,
    /// The tiebreaker's slot, then the used fields' in schema order; none where the source does not have one.
    order: Vec<Option<usize>>,
}

#[derive(Debug)]
struct SignalState {
    number: usize,
    ports: Vec<Port>,
    /// The events that come in.
    events: Members,
    /// The signals that come in.
    signals: Vec<usize>,
    analytic: Box<dyn Analytic>,
    deadline: Option<i64>,
}

/// An event that belongs to the rule, before its time's order is known.
#[derive(Debug)]
struct Draft {
    event: Rc<Event>,
    local: usize,
    place: usize,
    members: Members,
    lets: Lets,
}

impl Draft {
    /// What expressions over it read.
    fn frame<'a>(&'a self, program: &'a [Code]) -> Frame<'a> {
        Frame {
            program,
            event: &self.event,
            local: self.local,
            lets: &self.lets,
            contexts: &[],
            it: None,
            hit: None,
            measures: None,
        }
    }
}

impl RuleState {
    /// Nothing seen yet.
    pub fn new(rule: &Arc<Rule>, tables: &mut Tables, groups: &Rc<RefCell<Groups>>) -> RuleState {
        let sources = used_sources(rule);
        let tables: Vec<_> = rule.lookups.iter().map(|l| tables.table(l)).collect();
        let compiler = Compiler { rule, sources: &sources, tables: &tables, groups };
        let signals = signals(&compiler);
        let lets = lets(&compiler);
        RuleState {
            local: local_numbers(&sources),
            selections: selections(&compiler),
            contexts: rule.contexts.iter().map(|c| ContextState::new(c, &compiler)).collect(),
            detect: rule.detect.index(),
            consumed: consumed(rule),
            alerting: Alerting::new(rule, &compiler),
            pending: Vec::new(),
            hits: vec![Vec::new(); signals.len()],
            arrivals: Vec::new(),
            rows: Vec::new(),
            scratch: vec![OnceCell::new(); lets.len()].into(),
            spare: Vec::new(),
            deadline: signals.iter().filter_map(|s| s.deadline).min(),
            signals,
            lets,
            selected: 0,
        }
    }

    /// Whether it may select events of the source.
    pub fn uses(&self, source: SourceId) -> bool {
        self.local.get(source.0 as usize).is_some_and(Option::is_some)
    }

    /// Takes an event of the present time if it belongs to the rule.
    pub fn select(&mut self, event: &Rc<Event>) {
        let Some(local) = self.local.get(event.source.0 as usize).copied().flatten() else { return };
        let Some(selection) = self.selections.get(local) else { return };
        let mut members = Members::default();
        let mut place = None;
        let frame = Frame {
            program: &self.lets,
            event,
            local,
            lets: &self.scratch,
            contexts: &[],
            it: None,
            hit: None,
            measures: None,
        };
        for (number, filter) in &selection.events {
            if holds(filter.as_ref(), &frame) {
                place.get_or_insert(*number);
                members.insert(*number);
                self.selected += 1;
            }
        }
        let Some(place) = place else {
            self.scratch.iter_mut().for_each(|cell| drop(cell.take()));
            return;
        };
        let empty = self.spare.pop().unwrap_or_else(|| vec![OnceCell::new(); self.lets.len()].into());
        let lets = std::mem::replace(&mut self.scratch, empty);
        self.pending.push(Draft { event: Rc::clone(event), local, place, members, lets });
    }

    /// What was selected and dropped so far.
    pub fn tally(&self) -> Tally {
        Tally { selected: self.selected, excepted: self.alerting.excepted().collect() }
    }

    /// Whether anything is left to do before a time.
    pub fn is_due(&self, before: i64) -> bool {
        self.next().is_some_and(|t| t < before)
    }

    /// Does everything before a time: looks at the events that were selected and lets end what ends.
    pub fn advance(&mut self, before: i64, alerts: &mut Vec<Alert>) {
        while let Some(now) = self.next().filter(|t| *t < before) {
            self.step(now, alerts);
        }
    }

    fn next(&self) -> Option<i64> {
        let pending = self.pending.first().map(|d| d.event.time);
        pending.into_iter().chain(self.deadline).min()
    }

    /// Everything of one time.
    fn step(&mut self, now: i64, alerts: &mut Vec<Alert>) {
        let mut drafts = self.present(now);
        // Most events are of no analytic: they only tell contexts, and become no rows.
        if drafts.iter().any(|d| d.members.meets(&self.consumed)) {
            self.fill_rows(&mut drafts);
        }
        if !self.rows.is_empty() || self.deadline.is_some_and(|d| d <= now) {
            self.decide(now, alerts);
        }
        for Item { row, .. } in &self.rows {
            let frame = row.frame(&self.lets);
            self.contexts.iter_mut().for_each(|c| c.update(&row.event, &row.members, &frame));
        }
        for draft in &drafts {
            let frame = draft.frame(&self.lets);
            self.contexts.iter_mut().for_each(|c| c.update(&draft.event, &draft.members, &frame));
        }
        // Nothing of this time is held longer than something remembers it.
        self.rows.clear();
        let room = MOST_SPARE.saturating_sub(self.spare.len());
        self.spare.extend(drafts.drain(..).take(room).map(|mut draft| {
            draft.lets.iter_mut().for_each(|cell| drop(cell.take()));
            draft.lets
        }));
        if self.pending.is_empty() {
            self.pending = drafts;
        }
    }

    /// The events of a time, in order, if it has come: all that are pending have one time.
    fn present(&mut self, now: i64) -> Vec<Draft> {
        if self.pending.first().is_none_or(|d| d.event.time != now) {
            return Vec::new();
        }
        let mut drafts = std::mem::take(&mut self.pending);
        drafts.sort_by(|a, b| self.order(a, b));
        drafts
    }

    /// Signals over the rows of one time, and alerts of their hits.
    fn decide(&mut self, now: i64, alerts: &mut Vec<Alert>) {
        let mut seen = Members::default();
        for item in &self.rows {
            seen.extend(&item.row.members);
        }
        for signal in &mut self.signals {
            let hit = |signal: &usize| self.hits.get(*signal).is_some_and(|h| !h.is_empty());
            let fed = signal.events.meets(&seen) || signal.signals.iter().any(hit);
            if !fed && signal.deadline.is_none_or(|d| d > now) {
                continue;
            }
            self.arrivals.clear();
            gather(&signal.ports, &self.rows, &self.hits, &self.lets, &mut self.arrivals);
            if let Some(out) = self.hits.get_mut(signal.number) {
                signal.analytic.step(now, &self.arrivals, &self.lets, out);
                out.sort_by_key(|hit| hit.place);
            }
            signal.deadline = signal.analytic.deadline();
        }
        self.deadline = self.signals.iter().filter_map(|s| s.deadline).min();
        for hit in self.hits.get(self.detect).into_iter().flatten() {
            alerts.extend(self.alerting.alert(hit, &self.lets));
        }
        self.arrivals.clear();
        self.hits.iter_mut().for_each(Vec::clear);
    }

    /// The events of the present time, in order, become rows with what contexts say to them.
    fn fill_rows(&mut self, drafts: &mut Vec<Draft>) {
        for (index, draft) in drafts.drain(..).enumerate() {
            let contexts = self.readings(&draft);
            let Draft { event, local, members, lets, .. } = draft;
            let row = Row { event, local, index: index as u32, members, lets, contexts };
            self.rows.push(Item { place: row.place(), row: Rc::new(row), hit: None });
        }
    }

    /// Place, tiebreaker, used fields in schema order; missing first. Equal places have equal sources.
    fn order(&self, a: &Draft, b: &Draft) -> Ordering {
        a.place.cmp(&b.place).then_with(|| {
            let slots = self.selections.get(a.local).map_or(&[][..], |s| &s.order);
            let compared = slots.iter().flatten().map(|slot| {
                let (a, b) = (a.event.values.get(*slot), b.event.values.get(*slot));
                a.zip(b).map_or(Ordering::Equal, |(a, b)| a.order(b))
            });
            compared.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        })
    }

    fn readings(&mut self, draft: &Draft) -> Box<[super::row::Reading]> {
        if !draft.members.meets(&self.consumed) {
            return Box::default();
        }
        let frame = draft.frame(&self.lets);
        self.contexts.iter_mut().map(|c| c.read(&frame)).collect()
    }
}

/// What comes in at a signal's ports, in order; at one place in the order of ports.
fn gather(ports: &[Port], rows: &[Item], hits: &[Vec<Item>], lets: &[Code], arrivals: &mut Vec<Arrival>) {
    for (number, port) in ports.iter().enumerate() {
        let mut take = |item: &Item| {
            if holds(port.filter.as_ref(), &item.frame(lets)) {
                arrivals.push(Arrival { item: item.clone(), port: number });
            }
        };
        match port.stream {
            StreamRef::Event(event) => {
                rows.iter().filter(|i| i.row.members.contains(event.index())).for_each(&mut take);
            }
            StreamRef::Signal(signal) => hits.get(signal.index()).into_iter().flatten().for_each(&mut take),
        }
    }
    if arrivals.len() > 1 {
        arrivals.sort_by_key(|a| a.item.place);
    }
}

fn local_numbers(sources: &[SourceId]) -> Vec<Option<usize>> {
    let mut local = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let at = source.0 as usize;
        if local.len() <= at {
            local.resize(at + 1, None);
        }
        if let Some(slot) = local.get_mut(at) {
            *slot = Some(number);
        }
    }
    local
}

fn selections(compiler: &Compiler<'_>) -> Vec<Selection> {
    let used = used_fields(compiler.rule);
    let schema = &compiler.rule.schema;
    compiler
        .sources
        .iter()
        .map(|source| {
            let events = compiler.rule.events.iter().enumerate().filter(|(_, e)| e.source == *source);
            let tiebreaker = schema.source_at(*source).and_then(|(_, s)| s.tiebreaker);
            let order = tiebreaker.iter().chain(&used).map(|field| schema.slot(*source, *field)).collect();
            Selection { events: events.map(|(n, e)| (n, compiler.condition(e.filter.as_ref()))).collect(), order }
        })
        .collect()
}

fn consumed(rule: &Rule) -> Members {
    let mut members = Members::default();
    for stream in rule.signals.iter().flat_map(|s| s.analytic.streams()) {
        if let StreamRef::Event(event) = stream {
            members.insert(event.index());
        }
    }
    members
}

/// Signals, each after those that it consumes. One in a cycle (the checker refuses it) never hits.
fn signals(compiler: &Compiler<'_>) -> Vec<SignalState> {
    let all = &compiler.rule.signals;
    let mut placed = vec![false; all.len()];
    let mut ordered = Vec::with_capacity(all.len());
    loop {
        let ready = |analytic: &Ir| {
            analytic.streams().iter().all(|s| match s {
                StreamRef::Event(_) => true,
                StreamRef::Signal(id) => placed.get(id.index()).copied().unwrap_or(false),
            })
        };
        let open = all.iter().enumerate().zip(&placed).filter(|(_, placed)| !**placed);
        let Some(((number, signal), _)) = open.into_iter().find(|((_, s), _)| ready(&s.analytic)) else {
            break;
        };
        ordered.push(signal_state(number, &signal.analytic, compiler));
        if let Some(placed) = placed.get_mut(number) {
            *placed = true;
        }
    }
    let cyclic = placed.iter().enumerate().filter(|(_, placed)| !**placed).map(|(number, _)| number);
    for number in cyclic {
        let never = Ir::Any { of: Vec::new(), keys: None };
        ordered.push(signal_state(number, &never, compiler));
    }
    ordered
}

fn signal_state(number: usize, analytic: &Ir, compiler: &Compiler<'_>) -> SignalState {
    let mut events = Members::default();
    let mut signals = Vec::new();
    for stream in analytic.streams() {
        match stream {
            StreamRef::Event(id) => events.insert(id.index()),
            StreamRef::Signal(id) => signals.push(id.index()),
        }
    }
    let (ports, analytic) = build(SignalId(number as u32), analytic, compiler);
    SignalState { number, ports, events, signals, analytic, deadline: None }
}
