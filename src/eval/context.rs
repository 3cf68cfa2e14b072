//! Contexts: what was true when an event happened, read strictly before it, in `[t - within, t)`.
//!
//! A context is told the rows of a time only after every row of that time has asked, so "strictly before" needs no comparison.

use super::event::Event;
use super::expression::compile::holds;
use super::expression::{Code, Compiler, Frame};
use super::keys::{GroupKey, KeyCode};
use super::measure::{MeasureCode, Running, Sample};
use super::row::{Members, Reading};
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
    groups: FxHashMap<GroupKey, Memory>,
    sweep: Sweep,
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
    shown: Seen,
    /// When an event that counts was last seen.
    newest: Seen,
    /// The newest value, or the newest event.
    last: Option<Reading>,
    /// Every event in the window, for counts and measures.
    past: Option<Box<Past>>,
}

/// A time, or never. It is no option, so that a memory with its group fills one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
struct Seen(i64);

impl Default for Seen {
    fn default() -> Self {
        Seen(i64::MIN)
    }
}

impl Seen {
    /// Whether it was at a time or later.
    fn since(self, from: i64) -> bool {
        self.0 != i64::MIN && self.0 >= from
    }
}

/// The events in a group's window, with what is said of them, kept up to date: a look at a week of them for every event that asks would
/// take forever.
#[derive(Debug)]
enum Past {
    /// Their times.
    Count(VecDeque<i64>),
    /// What they add to a sum, where that is all that a measure needs.
    Whole(VecDeque<(i64, i64)>, Running),
    /// What they add.
    Measure(VecDeque<(i64, Sample)>, Running),
}

impl Past {
    fn forget(&mut self, from: i64) {
        match self {
            Past::Count(times) => while times.pop_front_if(|t| *t < from).is_some() {},
            Past::Whole(values, running) => {
                while let Some((_, value)) = values.pop_front_if(|(t, _)| *t < from) {
                    running.update_whole(value, -1);
                }
            }
            Past::Measure(samples, running) => {
                while let Some((_, sample)) = samples.pop_front_if(|(t, _)| *t < from) {
                    running.update(&sample, -1);
                }
            }
        }
    }
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
        }
    }

    /// What it says to an event; missing where the event has no such group.
    pub fn read<'a>(&'a mut self, frame: &Frame<'a>) -> Reading {
        let Some(key) = self.keys.key(frame) else { return Reading::Value(Value::Missing) };
        let from = frame.event.time.saturating_sub(self.within);
        let mut group = self.groups.get_mut(&key);
        let seen = group.as_ref().is_some_and(|g| g.newest.since(from));
        let mut past = group.as_mut().and_then(|g| g.past.as_deref_mut());
        if let Some(past) = &mut past {
            past.forget(from);
        }
        let value = match &self.form {
            Form::LastValue(_) | Form::LastEvent => {
                return group.and_then(|g| g.last.clone()).filter(|_| seen).unwrap_or(Reading::Value(Value::Missing));
            }
            Form::None { known: Some(known) } => {
                let since = frame.event.time.saturating_sub(*known);
                let shown = group.is_some_and(|g| g.shown.since(since));
                if shown { Value::Boolean(!seen) } else { Value::Missing }
            }
            Form::None { known: None } => Value::Boolean(!seen),
            Form::Some => Value::Boolean(seen),
            Form::Count => match past {
                Some(Past::Count(times)) => Value::Integer(times.len() as i64),
                _ => Value::Integer(0),
            },
            Form::Measure { measure, include_self } => {
                let own = (*include_self && frame.local == self.local && holds(self.filter.as_ref(), frame))
                    .then(|| measure.sample(frame));
                match past {
                    Some(Past::Whole(_, running)) => asked(measure, std::iter::empty(), running, own.as_ref()),
                    Some(Past::Measure(samples, running)) => {
                        asked(measure, samples.iter().map(|(_, s)| s), running, own.as_ref())
                    }
                    _ => measure.over(own.iter()),
                }
            }
        };
        Reading::Value(value)
    }

    /// Takes an event of the time that has been read; `members` are the rule's events that it belongs to.
    pub fn update(&mut self, event: &Rc<Event>, members: &Members, frame: &Frame<'_>) {
        if !members.contains(self.of) {
            return;
        }
        let counts = holds(self.filter.as_ref(), frame);
        let remembers_shown = matches!(self.form, Form::None { known: Some(_) });
        if (counts || remembers_shown)
            && let Some(key) = self.keys.key(frame)
        {
            self.remember(frame, event, key, counts);
        }
        self.forget(event.time);
    }

    fn remember(&mut self, frame: &Frame<'_>, event: &Rc<Event>, group: GroupKey, counts: bool) {
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
        let memory = self.groups.entry(group).or_default();
        memory.shown = Seen(time);
        if counts {
            memory.newest = Seen(time);
        }
        if what.is_some() {
            memory.last = what;
        }
        if counts {
            self.form.keep(memory, frame, time.saturating_sub(self.within));
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
            self.groups.retain(|_, m| m.shown.since(from));
            self.sweep.done(self.groups.len());
        }
    }
}

impl Form {
    /// An event joins the group's window, if the form needs one; what is older than `from` leaves.
    fn keep(&self, memory: &mut Memory, frame: &Frame<'_>, from: i64) {
        let past = match self {
            Form::Count => memory.past.get_or_insert_with(|| Box::new(Past::Count(VecDeque::new()))),
            Form::Measure { measure, .. } => memory.past.get_or_insert_with(|| {
                let running = Running::new(measure);
                Box::new(if running.is_sum() {
                    Past::Whole(VecDeque::new(), running)
                } else {
                    Past::Measure(VecDeque::new(), running)
                })
            }),
            _ => return,
        };
        past.forget(from);
        match (&mut **past, self) {
            (Past::Count(times), _) => times.push_back(frame.event.time),
            (Past::Whole(values, running), Form::Measure { measure, .. }) => {
                if let Some(value) = measure.sample(frame).whole() {
                    running.update_whole(value, 1);
                    values.push_back((frame.event.time, value));
                }
            }
            (Past::Measure(samples, running), Form::Measure { measure, .. }) => {
                let sample = measure.sample(frame);
                running.update(&sample, 1);
                samples.push_back((frame.event.time, sample));
            }
            (Past::Whole(..) | Past::Measure(..), _) => {}
        }
    }
}

/// The measure over a window, and over the asking event's own sample where there is one.
fn asked<'s>(
    measure: &MeasureCode,
    samples: impl Iterator<Item = &'s Sample>,
    running: &mut Running,
    own: Option<&'s Sample>,
) -> Value {
    own.into_iter().for_each(|sample| running.update(sample, 1));
    let value = running.value(measure, samples.chain(own));
    own.into_iter().for_each(|sample| running.update(sample, -1));
    value
}
