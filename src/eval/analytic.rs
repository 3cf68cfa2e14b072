//! What every analytic is to the rule: it takes what arrives at one time and gives hits of that time.

use super::expression::{Code, Compiler};
use super::row::Item;
use super::{any, baseline, evidence, matching, novelty, sequence, threshold, together};
use crate::ir::{self, Input, SignalId, StreamRef};

/// An analytic with what it remembers.
pub trait Analytic: std::fmt::Debug {
    /// Everything of one time: arrivals in order, then whatever ends at that time. Times only grow, and no deadline is passed over.
    fn step(&mut self, now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>);

    /// The next time that something ends, milliseconds.
    fn deadline(&self) -> Option<i64> {
        None
    }
}

/// An item at one of an analytic's ports.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The event or hit.
    pub item: Item,
    /// Where it came in.
    pub port: usize,
}

/// One place where a stream comes in; the same stream may come in at several.
#[derive(Debug)]
pub struct Port {
    /// The stream.
    pub stream: StreamRef,
    /// Only the rows where this holds.
    pub filter: Option<Code>,
}

impl Port {
    /// A stream with its condition.
    pub fn input(input: &Input, compiler: &Compiler<'_>) -> Port {
        Port { stream: input.stream, filter: compiler.condition(input.filter.as_ref()) }
    }

    /// A whole stream.
    pub fn whole(stream: StreamRef) -> Port {
        Port { stream, filter: None }
    }
}

/// An analytic that has seen nothing, with its ports.
pub fn build(id: SignalId, analytic: &ir::Analytic, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    match analytic {
        ir::Analytic::Match { of, keys } => matching::build(of, keys, compiler),
        ir::Analytic::Any { of, keys } => any::build(of, keys.as_ref(), compiler),
        ir::Analytic::Threshold { of, keys, window, measures, having } => {
            threshold::build(id, of, keys, *window, measures, having, compiler)
        }
        ir::Analytic::Together { of, keys, window, at_least, after } => {
            together::build(id, of, keys, *window, *at_least, *after, compiler)
        }
        ir::Analytic::Evidence { of, when, keys, window, alert_at } => {
            evidence::build(id, of, when, keys, *window, *alert_at, compiler)
        }
        ir::Analytic::Sequence(sequence) => sequence::build(id, sequence, compiler),
        ir::Analytic::Baseline(baseline) => baseline::build(id, baseline, compiler),
        ir::Analytic::Novelty(novelty) => novelty::build(novelty, compiler),
    }
}
