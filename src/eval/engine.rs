//! Rules over a stream of events, in one pass.

use super::alert::Alert;
use super::event::Event;
use super::expression::Tables;
use super::keys::Groups;
use super::state::RuleState;
use crate::ir::Rule;
use crate::pack::schema::SourceId;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a rule selected and dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often an event fell to one of its selections.
    pub selected: u64,
    /// For each of its exceptions on hits: at how many hits it held.
    pub excepted: Vec<u64>,
}

/// Rules with what they remember of the stream so far. What no later event can reach is dropped, so memory follows what is live.
///
/// Events of one time are looked at together, once a later time has come: only then is their order known, and only then is a
/// deadline at that time known to have passed quietly.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<RuleState>,
    groups: Rc<RefCell<Groups>>,
    /// By source: the rules that may select its events.
    by_source: Vec<Vec<usize>>,
    now: Option<i64>,
    alerts: Vec<Alert>,
}

/// An event came after a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event at {time} ms came after one at {newest} ms")]
pub struct OutOfOrder {
    /// Its time, milliseconds since the epoch.
    pub time: i64,
    /// The newest time so far.
    pub newest: i64,
}

impl Engine {
    /// Nothing seen yet.
    pub fn new(rules: &[Arc<Rule>]) -> Engine {
        Engine::with(rules, &mut Tables::default())
    }

    /// As [`Engine::new`], with lookups that may have been indexed before.
    pub(super) fn with(rules: &[Arc<Rule>], tables: &mut Tables) -> Engine {
        let groups = Rc::default();
        let rules: Vec<_> = rules.iter().map(|rule| RuleState::new(rule, tables, &groups)).collect();
        Engine { rules, groups, by_source: Vec::new(), now: None, alerts: Vec::new() }
    }

    /// Whether a rule may select events of the source.
    pub fn uses(&self, source: SourceId) -> bool {
        self.rules.iter().any(|r| r.uses(source))
    }

    /// Takes the next event. Alerts of earlier times come out, in the order of time, then of rules.
    pub fn push(&mut self, event: &Rc<Event>, alert: &mut impl FnMut(Alert)) -> Result<(), OutOfOrder> {
        self.advance(event.time, alert)?;
        let source = event.source.0 as usize;
        if self.by_source.len() <= source {
            self.index(source);
        }
        for number in self.by_source.get(source).into_iter().flatten() {
            if let Some(rule) = self.rules.get_mut(*number) {
                rule.select(event);
            }
        }
        Ok(())
    }

    /// Promises that no event earlier than `time` (milliseconds) will come. Alerts of earlier times come out.
    pub fn advance(&mut self, time: i64, alert: &mut impl FnMut(Alert)) -> Result<(), OutOfOrder> {
        match self.now {
            Some(newest) if time == newest => return Ok(()),
            Some(newest) if time < newest => return Err(OutOfOrder { time, newest }),
            _ => self.now = Some(time),
        }
        self.report(time, alert);
        Ok(())
    }

    /// Ends the stream: every event up to `until` (milliseconds, inclusive; the newest event's time by default) is in. Alerts of
    /// times up to it come out; what would be later is not reported.
    pub fn finish(mut self, until: Option<i64>, alert: &mut impl FnMut(Alert)) {
        self.end(until, alert);
    }

    /// As [`Engine::finish`], for who still asks for a tally.
    pub(super) fn end(&mut self, until: Option<i64>, alert: &mut impl FnMut(Alert)) {
        if let Some(until) = until.or(self.now) {
            let after = until.saturating_add(1);
            self.report(after, alert);
            self.now = self.now.max(Some(after));
        }
    }

    /// What each rule selected and dropped so far.
    pub(super) fn tallies(&self) -> impl Iterator<Item = Tally> {
        self.rules.iter().map(RuleState::tally)
    }

    fn report(&mut self, before: i64, alert: &mut impl FnMut(Alert)) {
        // Until the end of this no event is made.
        if let Ok(mut groups) = self.groups.try_borrow_mut() {
            groups.forget_event();
        }
        for rule in self.rules.iter_mut().filter(|r| r.is_due(before)) {
            rule.advance(before, &mut self.alerts);
        }
        if !self.alerts.is_empty() {
            // Stable: alerts of one time stay in the order of rules, and of hits within a rule.
            self.alerts.sort_by_key(|a| a.time);
            self.alerts.drain(..).for_each(alert);
        }
    }

    fn index(&mut self, source: usize) {
        for source in self.by_source.len()..=source {
            let uses = |r: &RuleState| r.uses(SourceId(source as u32));
            self.by_source.push(self.rules.iter().enumerate().filter(|(_, r)| uses(r)).map(|(n, _)| n).collect());
        }
    }
}
