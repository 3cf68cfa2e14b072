//! Leaves out what a rule does not need and numbers the rest anew.

use super::reach::Keep;
use crate::ir::{
    Analytic, ContextId, EventId, Expr, ExprKind, Leaf, LetId, LookupId, MeasureRef, ParamId, Rule, SignalId, StreamRef,
};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rule with only what is kept.
pub(super) fn compact(mut rule: Rule, keep: &Keep, params: &BTreeSet<ParamId>) -> Rule {
    let map = Map {
        events: numbered(&keep.events),
        signals: numbered(&keep.signals),
        contexts: numbered(&keep.contexts),
        lets: numbered(&keep.lets),
        lookups: numbered(&keep.lookups),
        params: numbered(params),
    };
    retain(&mut rule.events, |i| map.events.contains_key(&EventId(i)));
    retain(&mut rule.signals, |i| map.signals.contains_key(&SignalId(i)));
    retain(&mut rule.contexts, |i| map.contexts.contains_key(&ContextId(i)));
    retain(&mut rule.lets, |i| map.lets.contains_key(&LetId(i)));
    retain(&mut rule.lookups, |i| map.lookups.contains_key(&LookupId(i)));
    retain(&mut rule.params, |i| map.params.contains_key(&ParamId(i)));
    for expr in rule.exprs_mut() {
        expr.visit_mut(&mut |e| map.expr(e));
    }
    for context in &mut rule.contexts {
        context.of = map.event(context.of);
    }
    for signal in &mut rule.signals {
        map.analytic(&mut signal.analytic);
    }
    rule.detect = map.signal(rule.detect);
    rule
}

struct Map {
    events: BTreeMap<EventId, u32>,
    signals: BTreeMap<SignalId, u32>,
    contexts: BTreeMap<ContextId, u32>,
    lets: BTreeMap<LetId, u32>,
    lookups: BTreeMap<LookupId, u32>,
    params: BTreeMap<ParamId, u32>,
}

fn numbered<T: Copy + Ord>(kept: &BTreeSet<T>) -> BTreeMap<T, u32> {
    kept.iter().enumerate().map(|(new, old)| (*old, new as u32)).collect()
}

fn retain<T>(items: &mut Vec<T>, keep: impl Fn(u32) -> bool) {
    let mut place = 0;
    items.retain(|_| {
        place += 1;
        keep(place - 1)
    });
}

impl Map {
    fn event(&self, id: EventId) -> EventId {
        self.events.get(&id).map_or(id, |n| EventId(*n))
    }

    fn signal(&self, id: SignalId) -> SignalId {
        self.signals.get(&id).map_or(id, |n| SignalId(*n))
    }

    fn stream(&self, stream: StreamRef) -> StreamRef {
        match stream {
            StreamRef::Event(id) => StreamRef::Event(self.event(id)),
            StreamRef::Signal(id) => StreamRef::Signal(self.signal(id)),
        }
    }

    fn context(&self, id: ContextId) -> ContextId {
        self.contexts.get(&id).map_or(id, |n| ContextId(*n))
    }

    fn lookup(&self, id: LookupId) -> LookupId {
        self.lookups.get(&id).map_or(id, |n| LookupId(*n))
    }

    fn expr(&self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Param(id) => *id = self.params.get(id).map_or(*id, |n| ParamId(*n)),
            ExprKind::InLookup { lookup, .. } | ExprKind::Lookup { lookup, .. } => *lookup = self.lookup(*lookup),
            ExprKind::Leaf(Leaf::Let(id)) => *id = self.lets.get(id).map_or(*id, |n| LetId(*n)),
            ExprKind::Leaf(Leaf::Context(id) | Leaf::ContextField(id, _)) => *id = self.context(*id),
            ExprKind::Leaf(Leaf::Matched(stream)) => *stream = self.stream(*stream),
            ExprKind::Leaf(Leaf::Measure(MeasureRef { signal, .. })) => {
                if self.signals.contains_key(signal) {
                    *signal = self.signal(*signal);
                } else {
                    // The signal is gone, so no hit has its measures.
                    expr.kind = ExprKind::Const(Value::Missing);
                    expr.nullable = true;
                }
            }
            _ => {}
        }
    }

    fn analytic(&self, analytic: &mut Analytic) {
        match analytic {
            Analytic::Match { of, .. } | Analytic::Threshold { of, .. } => of.stream = self.stream(of.stream),
            Analytic::Any { of, .. } => of.iter_mut().for_each(|s| *s = self.stream(*s)),
            Analytic::Together { of, after, .. } => {
                of.iter_mut().for_each(|i| i.stream = self.stream(i.stream));
                *after = after.map(|s| self.stream(s));
            }
            Analytic::Evidence { of, when, .. } => {
                of.iter_mut().for_each(|w| w.what.stream = self.stream(w.what.stream));
                when.iter_mut().for_each(|w| w.what = self.context(w.what));
            }
            Analytic::Baseline(b) => b.of.stream = self.stream(b.of.stream),
            Analytic::Novelty(n) => {
                n.of.stream = self.stream(n.of.stream);
                n.known = n.known.map(|s| self.stream(s));
            }
            Analytic::Sequence(sequence) => {
                for step in &mut sequence.steps {
                    step.of.iter_mut().for_each(|s| *s = self.stream(*s));
                    step.absent_before.iter_mut().for_each(|g| g.stream = self.stream(g.stream));
                }
                let absences = sequence.absent_first.iter_mut().chain(&mut sequence.absent_last);
                absences.for_each(|a| a.stream = self.stream(a.stream));
                sequence.until.iter_mut().for_each(|u| u.stream = self.stream(u.stream));
            }
        }
    }
}
