//! Analytics put together from numbers.

use super::super::build::*;
use super::super::random::dice::Dice;
use super::history;
use siemc::ir::{
    Absence, Analytic, CompareOp, Context, ContextId, EventId, Expr, ExprKind, Gap, Input, Keys, Leaf, MeasureFunction,
    Sequence, SignalId, StreamRef, Until, Weighed, Window,
};
use siemc::source::Span;
use siemc::value::Type;

pub struct Draw<'a> {
    pub dice: Dice<'a>,
    /// How many signals there are to read.
    pub signals: usize,
    pub contexts: &'a [Context],
    /// What every span is multiplied by.
    pub scale: i64,
}

impl Draw<'_> {
    pub fn stream(&mut self) -> StreamRef {
        match self.dice.below(3 + 2 * self.signals) {
            event @ 0..3 => StreamRef::Event(EventId(event as u32)),
            signal => StreamRef::Signal(SignalId((signal as u32 - 3) / 2)),
        }
    }

    fn streams(&mut self, least: usize) -> Vec<StreamRef> {
        let mut all: Vec<StreamRef> = (0..least + self.dice.below(2)).map(|_| self.stream()).collect();
        let mut found = Vec::new();
        all.retain(|s| {
            !found.contains(s) && {
                found.push(*s);
                true
            }
        });
        all
    }

    pub fn condition(&mut self) -> Expr {
        if !self.contexts.is_empty() && self.dice.chance(50) {
            let place = self.dice.below(self.contexts.len());
            let held = if self.contexts[place].ty == Type::BOOLEAN {
                held(place as u32)
            } else {
                let read = expr(ExprKind::Leaf(Leaf::Context(ContextId(place as u32))), Type::INTEGER);
                compare(CompareOp::GreaterEqual, read, integer(1 + self.dice.below(2) as i64))
            };
            return if self.dice.chance(30) { not(held) } else { held };
        }
        match self.dice.below(3) {
            0 => compare(CompareOp::Greater, field("n"), integer(0)),
            1 => not(is("user", "v")),
            _ => not(compare(CompareOp::Less, field("n"), integer(2))),
        }
    }

    /// A test of a measure of a signal. No fraction that is compared is one that two ways of adding may miss.
    pub fn on_measure(&mut self, signal: u32, index: usize, ty: Type) -> Expr {
        let op = *self.dice.pick(&[
            CompareOp::GreaterEqual,
            CompareOp::Greater,
            CompareOp::LessEqual,
            CompareOp::Less,
            CompareOp::Equal,
        ]);
        let than = match ty {
            Type::NUMBER => number(*self.dice.pick(&[0.3, 0.7, 1.3, -0.7, 0.5])),
            Type::DURATION => duration(*self.dice.pick(&[5000, 10_000, 4999, 0]) * self.scale),
            _ => integer(self.dice.below(4) as i64),
        };
        compare(op, asked(signal, index, ty), than)
    }

    pub fn filter(&mut self) -> Option<Expr> {
        if self.dice.chance(25) { Some(self.condition()) } else { None }
    }

    pub fn keys(&mut self) -> Keys {
        if self.dice.chance(20) { Keys::default() } else { by_user() }
    }

    pub fn seconds(&mut self) -> i64 {
        *self.dice.pick(&[10, 5, 20, 15]) * self.scale
    }

    pub fn window(&mut self) -> Window {
        let within = self.seconds() * 1000;
        match self.dice.below(6) {
            0..=2 => Window::Sliding { within, rise: false },
            3 => Window::Sliding { within, rise: true },
            4 => Window::Tumbling { size: within },
            _ => Window::Hopping { size: 2 * within, every: within },
        }
    }

    pub fn analytic(&mut self) -> Analytic {
        let form = self.dice.below(14);
        let input = |draw: &mut Self| Input { stream: draw.stream(), filter: draw.filter() };
        match form {
            0 => Analytic::Match { of: input(self), keys: self.keys() },
            1 => {
                let of = self.streams(2);
                let keys = if self.dice.chance(60) { Some(self.keys()) } else { None };
                Analytic::Any { of, keys }
            }
            2..=3 => {
                let functions = [
                    MeasureFunction::Count,
                    MeasureFunction::Sum,
                    MeasureFunction::Max,
                    MeasureFunction::Distinct,
                    MeasureFunction::First,
                    MeasureFunction::Last,
                    MeasureFunction::Percentile(50.0),
                ];
                let function = *self.dice.pick(&functions);
                let least = 1 + self.dice.below(3) as i64;
                let window = self.window();
                let mut made = threshold(self.stream(), window, function, least, self.signals as u32);
                if let Analytic::Threshold { of, keys, .. } = &mut made {
                    of.filter = self.filter();
                    *keys = self.keys();
                }
                made
            }
            4 => {
                let of: Vec<Input> =
                    self.streams(2).into_iter().map(|stream| Input { stream, filter: self.filter() }).collect();
                let after = if self.dice.chance(40) { Some(self.stream()) } else { None };
                let at_least = 1 + self.dice.below(of.len()) as u32;
                Analytic::Together { of, keys: self.keys(), window: self.window(), at_least, after }
            }
            5 => {
                let streams = self.streams(1).into_iter();
                let of = streams.map(|stream| Weighed {
                    what: Input { stream, filter: self.filter() },
                    weight: 20 + 20 * self.dice.below(3) as i64,
                    because: None,
                });
                let of = of.collect();
                let when =
                    (0..self.contexts.len() as u32).map(|i| Weighed { what: ContextId(i), weight: 20, because: None });
                let when = when.collect();
                let alert_at = *self.dice.pick(&[40, 20, 60]);
                Analytic::Evidence { of, when, keys: self.keys(), window: self.window(), alert_at }
            }
            6..=7 => Analytic::Sequence(self.sequence()),
            8..=9 => history::cadence(self),
            10..=11 => Analytic::Baseline(Box::new(history::baseline(self))),
            _ => Analytic::Novelty(history::novelty(self)),
        }
    }

    fn sequence(&mut self) -> Sequence {
        let absent = [self.dice.chance(20), self.dice.chance(20)];
        let count = if absent[0] || absent[1] { 1 } else { 2 } + self.dice.below(3);
        let steps: Vec<StreamRef> = (0..count).map(|_| self.stream()).collect();
        let mut made = sequence(*self.dice.pick(&[20, 10, 40, 0]) * self.scale, &steps);
        let keys = self.keys();
        for (index, step) in made.steps.iter_mut().enumerate() {
            // Of the same type, and now and then of the same value.
            step.keys = if !keys.0.is_empty() && self.dice.chance(10) { key("kind") } else { keys.clone() };
            if self.dice.chance(15) {
                step.filter = Some(self.condition());
            }
            if self.dice.chance(15) {
                step.of.extend(self.streams(1));
                step.of.dedup();
            }
            if index > 0 && self.dice.chance(15) {
                step.absent_before.push(Gap { stream: self.stream(), keys: keys.clone(), span: Span::default() });
            }
        }
        let mut absence = |wanted: bool| {
            let (stream, within) = (self.stream(), self.seconds() * 1000);
            wanted.then(|| Absence { stream, keys: keys.clone(), within, span: Span::default() })
        };
        made.absent_first = absence(absent[0]);
        made.absent_last = absence(absent[1]);
        if self.dice.chance(25) {
            made.until = Some(Until { stream: self.stream(), keys, span: Span::default() });
        }
        made
    }
}
