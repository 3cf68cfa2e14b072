//! Contexts: what was true when an event happened, read strictly before it, in `[t - within, t)`.
//!
//! A context is told the rows of a time only after every row of that time has asked, so "strictly before" needs no comparison.

use super::event::Event;
use super::expression::compile::holds;
use super::expression::{Code, Compiler, Frame};
use super::keys::KeyCode;
use super::measure::{MeasureCode, Sample};
use super::row::{Reading, Row};
use super::sweep::Sweep;
use crate::ir::{Context, ContextForm};
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::rc::Rc;

/// A context with what it remembers of each group.
#[derive(Debug)]
pub struct ContextState {
    of: usize,
    /// The rule's number of the source that is read.
    local: usize,
    keys: KeyCode,
    filter: Option<Code>,
    within: i64,
    form: Form,
    groups: FxHashMap<Rc<[Value]>, Memory>,
    sweep: Sweep,
    scratch: Vec<Value>,
}

#[derive(Debug)]
enum Form {
    LastValue(Code),
    LastEvent,
    None { known: Option<i64> },
    Some,
    Count,
    Measure { measure: MeasureCode, include_self: bool },
}

/// What is remembered of one group: as little as the form needs.
#[derive(Debug, Default)]
struct Memory {
    /// When the stream last showed the group, whether or not the context's condition held.
    shown: Option<i64>,
    /// When an event that counts was last seen.
    newest: Option<i64>,
    /// The newest value, or the newest event.
    last: Option<Reading>,
    /// Every event in the window, for counts and measures.
    window: VecDeque<(i64, Sample)>,
}

impl ContextState {
    /// Nothing seen yet.
    pub fn new(context: &Context, compiler: &Compiler<'_>) -> ContextState {
        let source = compiler.rule.events.get(context.of.index()).map(|e| e.source);
        let form = match &context.form {
            ContextForm::LastValue(expr) => Form::LastValue(compiler.expr(expr)),
            ContextForm::LastEvent => Form::LastEvent,
            ContextForm::None { known } => Form::None { known: *known },
            ContextForm::Some => Form::Some,
            ContextForm::Count => Form::Count,
            ContextForm::Measure { measure, include_self } => {
                Form::Measure { measure: compiler.measure(measure), include_self: *include_self }
            }
        };
        ContextState {
            of: context.of.index(),
            local: compiler.sources.iter().position(|s| Some(*s) == source).unwrap_or(usize::MAX),
            keys: KeyCode::new(&context.keys, compiler),
            filter: compiler.condition(context.filter.as_ref()),
            within: context.within,
            form,
            groups: FxHashMap::default(),
            sweep: Sweep::default(),
            scratch: Vec::new(),
        }
    }

    /// What it says to an event; missing where the event has no such group.
    pub fn read<'a>(&'a self, frame: &Frame<'a>, scratch: &mut Vec<Value>) -> Reading {
        if !self.keys.read(frame, scratch) {
            return Reading::Value(Value::Missing);
        }
        let from = frame.event.time.saturating_sub(self.within);
        let group = self.groups.get(scratch.as_slice());
        let seen = group.and_then(|g| g.newest).is_some_and(|t| t >= from);
        let value = match &self.form {
            Form::LastValue(_) | Form::LastEvent => {
                return group.and_then(|g| g.last.clone()).filter(|_| seen).unwrap_or(Reading::Value(Value::Missing));
            }
            Form::None { known: Some(known) } => {
                let since = frame.event.time.saturating_sub(*known);
                let shown = group.and_then(|g| g.shown).is_some_and(|t| t >= since);
                if shown { Value::Boolean(!seen) } else { Value::Missing }
            }
            Form::None { known: None } => Value::Boolean(!seen),
            Form::Some => Value::Boolean(seen),
            Form::Count => Value::Integer(group.map_or(0, |g| in_window(&g.window, from).count() as i64)),
            Form::Measure { measure, include_self } => {
                let own = (*include_self && frame.local == self.local && holds(self.filter.as_ref(), frame))
                    .then(|| measure.sample(frame));
                let past = group.into_iter().flat_map(|g| in_window(&g.window, from));
                measure.over(past.chain(own.as_ref()))
            }
        };
        Reading::Value(value)
    }

    /// Takes a row of the time that has been read.
    pub fn update(&mut self, row: &Row, lets: &[Code]) {
        if !row.members.contains(self.of) {
            return;
        }
        let frame = row.frame(lets);
        let counts = holds(self.filter.as_ref(), &frame);
        let remembers_shown = matches!(self.form, Form::None { known: Some(_) });
        let mut scratch = std::mem::take(&mut self.scratch);
        if (counts || remembers_shown) && self.keys.read(&frame, &mut scratch) {
            self.remember(&frame, &row.event, &scratch, counts);
        }
        self.scratch = scratch;
        self.forget(row.event.time);
    }

    fn remember(&mut self, frame: &Frame<'_>, event: &Rc<Event>, group: &[Value], counts: bool) {
        let time = event.time;
        let what = match &self.form {
            _ if !counts => None,
            Form::LastValue(code) => match code.value(frame).into_owned() {
                Value::Missing => return,
                value => Some(Reading::Value(value)),
            },
            Form::LastEvent => Some(Reading::Event(Rc::clone(event), frame.local)),
            _ => None,
        };
        let sample = match &self.form {
            Form::Measure { measure, .. } if counts => Some(measure.sample(frame)),
            Form::Count if counts => Some(Sample::In(Value::Missing)),
            _ => None,
        };
        // Found first and made only then: most events come to a group that is there, and its place is far away in memory.
        let memory = match self.groups.get_mut(group) {
            Some(memory) => memory,
            None => self.groups.entry(Rc::from(group)).or_default(),
        };
        memory.shown = Some(time);
        if counts {
            memory.newest = Some(time);
        }
        if what.is_some() {
            memory.last = what;
        }
        if let Some(sample) = sample {
            let from = time.saturating_sub(self.within);
            while memory.window.front().is_some_and(|(t, _)| *t < from) {
                memory.window.pop_front();
            }
            memory.window.push_back((time, sample));
        }
    }

    /// Drops groups that no event from now on can see.
    fn forget(&mut self, now: i64) {
        let known = match self.form {
            Form::None { known } => known.unwrap_or(0),
            _ => 0,
        };
        let from = now.saturating_sub(self.within.max(known));
        if self.sweep.due(self.groups.len()) {
            self.groups.retain(|_, m| m.shown.is_some_and(|t| t >= from));
            self.sweep.done(self.groups.len());
        }
    }
}

fn in_window(window: &VecDeque<(i64, Sample)>, from: i64) -> impl Iterator<Item = &Sample> {
    let first = window.partition_point(|(t, _)| *t < from);
    window.range(first..).map(|(_, s)| s)
}
