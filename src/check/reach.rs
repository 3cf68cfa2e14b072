//! What a rule's alerts rest on: everything reachable from `detect` and from what is read at its hits.

use crate::ir::{ContextId, EventId, Expr, ExprKind, Leaf, LetId, LookupId, Rule, SignalId, StreamRef};
use std::collections::BTreeSet;

/// The parts that stay.
#[derive(Debug, Default)]
pub(super) struct Keep {
    pub events: BTreeSet<EventId>,
    pub signals: BTreeSet<SignalId>,
    pub contexts: BTreeSet<ContextId>,
    pub lets: BTreeSet<LetId>,
    pub lookups: BTreeSet<LookupId>,
    /// Streams that an analytic reads, which `matched` may ask about.
    pub streams: BTreeSet<StreamRef>,
}

/// Collects what is reachable.
pub(super) fn reachable(rule: &Rule) -> Keep {
    let mut keep = Keep::default();
    keep.signal(rule, rule.detect);
    for expr in rule.hit_exprs() {
        keep.expr(rule, expr);
    }
    keep
}

impl Keep {
    fn signal(&mut self, rule: &Rule, id: SignalId) {
        if !self.signals.insert(id) {
            return;
        }
        let Some(signal) = rule.signals.get(id.index()) else { return };
        for stream in signal.analytic.streams() {
            self.streams.insert(stream);
            match stream {
                StreamRef::Event(event) => self.event(rule, event),
                StreamRef::Signal(signal) => self.signal(rule, signal),
            }
        }
        for expr in signal.analytic.exprs() {
            self.expr(rule, expr);
        }
        if let crate::ir::Analytic::Evidence { when, .. } = &signal.analytic {
            for weighed in when {
                self.context(rule, weighed.what);
            }
        }
    }

    fn event(&mut self, rule: &Rule, id: EventId) {
        if self.events.insert(id)
            && let Some(filter) = rule.events.get(id.index()).and_then(|e| e.filter.as_ref())
        {
            self.expr(rule, filter);
        }
    }

    fn context(&mut self, rule: &Rule, id: ContextId) {
        if !self.contexts.insert(id) {
            return;
        }
        let Some(context) = rule.contexts.get(id.index()) else { return };
        self.event(rule, context.of);
        for expr in context.form.exprs().into_iter().chain(&context.filter).chain(context.keys.exprs()) {
            self.expr(rule, expr);
        }
    }

    fn expr(&mut self, rule: &Rule, expr: &Expr) {
        match &expr.kind {
            ExprKind::Leaf(Leaf::Let(id)) => {
                if self.lets.insert(*id)
                    && let Some(body) = rule.lets.get(id.index())
                {
                    self.expr(rule, &body.expr);
                }
            }
            ExprKind::Leaf(Leaf::Context(id) | Leaf::ContextField(id, _)) => self.context(rule, *id),
            ExprKind::Lookup { lookup, .. } | ExprKind::InLookup { lookup, .. } => {
                self.lookups.insert(*lookup);
            }
            _ => {}
        }
        for child in expr.children() {
            self.expr(rule, child);
        }
    }
}
