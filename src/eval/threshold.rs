//! `threshold`: `having` over all the group's events in the window. A `cadence` is one over the gaps between them.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::KeyCode;
use super::measure::{MeasureCode, Running, Sample};
use super::row::{Bundle, Hit, Item};
use super::window::{Decision, Windows};
use crate::ir::{Expr, Input, Keys, Measure, SignalId, StreamRef, Window};
use crate::value::Value;
use std::collections::VecDeque;
use std::rc::Rc;

/// Measures are those of the signal, in its order.
pub fn build(
    signal: SignalId,
    of: &Input,
    keys: &Keys,
    window: Window,
    measures: &[Measure],
    having: &Expr,
    compiler: &Compiler<'_>,
) -> (Vec<Port>, Box<dyn Analytic>) {
    let decision = Threshold {
        signal,
        stream: of.stream,
        measures: measures.iter().map(|m| compiler.measure(m)).collect(),
        having: compiler.expr(having),
    };
    let windows = Windows::new(signal, window, KeyCode::new(keys, compiler), decision);
    (vec![Port::input(of, compiler)], Box::new(windows))
}

#[derive(Debug)]
struct Threshold {
    signal: SignalId,
    stream: StreamRef,
    measures: Vec<MeasureCode>,
    having: Code,
}

/// One item in a window, with what it adds to each measure.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event or hit.
    pub item: Item,
    samples: Box<[Sample]>,
}

/// A group's window. Hits share it, and it is copied only where a hit outlives the time that it was found at.
#[derive(Debug)]
struct Memory {
    window: Rc<VecDeque<Entry>>,
    running: Vec<Running>,
}

impl Decision for Threshold {
    type Memory = Memory;

    fn memory(&self) -> Memory {
        Memory { window: Rc::default(), running: self.measures.iter().map(Running::new).collect() }
    }

    fn admit(&self, memory: &mut Memory, arrival: &Arrival, lets: &[Code]) -> bool {
        let frame = arrival.item.frame(lets);
        let before = memory.window.back().map(|e| e.item.time());
        let gap = before.map(|time| arrival.item.time().saturating_sub(time));
        let samples: Box<[Sample]> = self.measures.iter().map(|m| m.sample_after(&frame, gap)).collect();
        for (running, sample) in memory.running.iter_mut().zip(&samples) {
            running.update(sample, 1);
        }
        Rc::make_mut(&mut memory.window).push_back(Entry { item: arrival.item.clone(), samples });
        true
    }

    fn forget(&self, memory: &mut Memory, from: i64) {
        if memory.window.front().is_none_or(|e| e.item.time() >= from) {
            return;
        }
        let window = Rc::make_mut(&mut memory.window);
        while let Some(entry) = window.pop_front_if(|e| e.item.time() < from) {
            for (running, sample) in memory.running.iter_mut().zip(&entry.samples) {
                running.update(sample, -1);
            }
        }
        // The gap before the first item that is left reaches out of the window.
        for (number, (measure, running)) in self.measures.iter().zip(&mut memory.running).enumerate() {
            let first = window.front_mut().and_then(|e| e.samples.get_mut(number)).filter(|_| measure.is_gap());
            if let Some(sample) = first {
                running.update(sample, -1);
                *sample = Sample::Out;
            }
        }
    }

    fn newest<'m>(&self, memory: &'m Memory) -> Option<&'m Item> {
        memory.window.back().map(|e| &e.item)
    }

    fn is_empty(&self, memory: &Memory) -> bool {
        memory.window.is_empty()
    }

    fn decide(&self, memory: &mut Memory, lets: &[Code]) -> Option<Hit> {
        let last = &memory.window.back()?.item;
        let each = self.measures.iter().zip(&memory.running).enumerate();
        let values: Rc<[Value]> = each
            .map(|(number, (code, running))| {
                running.value(code, memory.window.iter().filter_map(|e| e.samples.get(number)))
            })
            .collect();
        let frame = super::expression::Frame { measures: Some((self.signal, &values)), ..last.frame(lets) };
        self.having.test(&frame).then(|| Hit {
            measures: vec![(self.signal, Rc::clone(&values))],
            matched: vec![self.stream],
            range: Bundle::Window(Rc::clone(&memory.window)),
            events: Bundle::Window(Rc::clone(&memory.window)),
            ..Hit::default()
        })
    }
}
