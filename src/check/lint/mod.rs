//! What is written and means something, but hardly what its author wants.

mod contradiction;
mod natural;
mod support;

use super::checker::Checker;
use super::codes;
use super::reach::Keep;
use crate::ir::{self, Analytic, ContextId, EventId, ExprKind, Leaf, LetId, SignalId, StreamRef};
use crate::source::Span;

impl Checker<'_> {
    /// The rule's own definitions that nothing uses; shared ones are left out in silence.
    pub fn find_unused(&mut self, keep: &Keep) {
        let mut events = keep.events.clone();
        for id in &keep.events {
            let mut at = *id;
            while let Some(parent) = self.events_parent(at)
                && events.insert(parent)
            {
                at = parent;
            }
        }
        let mut unused: Vec<(&str, &str, Span)> = Vec::new();
        let names = &self.names;
        for (place, declared) in names.events.items.iter().enumerate() {
            if !declared.shared && !events.contains(&EventId(place as u32)) {
                unused.push(("event", &declared.name.value, declared.name.span));
            }
        }
        for (place, declared) in names.signals.items.iter().enumerate() {
            if !keep.signals.contains(&SignalId(place as u32)) {
                unused.push(("signal", &declared.name.value, declared.name.span));
            }
        }
        for (place, declared) in names.contexts.items.iter().enumerate() {
            if !declared.shared && !keep.contexts.contains(&ContextId(place as u32)) {
                unused.push(("context", &declared.name.value, declared.name.span));
            }
        }
        for (place, declared) in names.lets.items.iter().enumerate() {
            if !declared.shared && !keep.lets.contains(&LetId(place as u32)) {
                unused.push(("let", &declared.name.value, declared.name.span));
            }
        }
        for (place, declared) in names.params.items.iter().enumerate() {
            if !declared.shared && !self.used_params.contains(&ir::ParamId(place as u32)) {
                unused.push(("parameter", &declared.name.value, declared.name.span));
            }
        }
        let unused: Vec<(String, Span)> =
            unused.into_iter().map(|(k, n, s)| (format!("nothing uses the {k} `{n}`"), s)).collect();
        for (message, span) in unused {
            self.warn(codes::UNUSED, span, message, "take it out, or move it to `shared/`");
        }
    }

    fn events_parent(&self, id: EventId) -> Option<EventId> {
        let of = self.names.events.get(id.0)?.item.of.as_ref()?;
        self.names.events.id(&of.value).map(EventId)
    }

    /// Conditions that nothing can meet, and questions about streams that no hit rests on.
    pub fn find_contradictions(&mut self, rule: &ir::Rule) {
        for event in &rule.events {
            self.contradiction(event.filter.as_ref(), rule, None);
        }
        for context in &rule.contexts {
            self.contradiction(context.filter.as_ref(), rule, None);
        }
        for (place, signal) in rule.signals.iter().enumerate() {
            let id = SignalId(place as u32);
            match &signal.analytic {
                Analytic::Match { of, .. } => self.contradiction(of.filter.as_ref(), rule, None),
                Analytic::Threshold { of, having, .. } => {
                    self.contradiction(of.filter.as_ref(), rule, None);
                    self.contradiction(Some(having), rule, Some(id));
                }
                Analytic::Baseline(baseline) => {
                    self.contradiction(baseline.of.filter.as_ref(), rule, None);
                    self.contradiction(Some(&baseline.having), rule, Some(id));
                }
                Analytic::Novelty(novelty) => self.contradiction(novelty.of.filter.as_ref(), rule, None),
                _ => {}
            }
        }
        self.never_part(rule);
        self.find_unsupported(rule);
    }

    fn never_part(&mut self, rule: &ir::Rule) {
        let keep = super::reach::reachable(rule);
        let mut found: Vec<(Span, String)> = Vec::new();
        for expr in rule.hit_exprs() {
            expr.visit(&mut |e| match &e.kind {
                ExprKind::Leaf(Leaf::Matched(stream)) if !keep.streams.contains(stream) => {
                    let name = rule.stream_name(*stream).to_owned();
                    found.push((e.span, format!("`{name}` is never part of a hit of `detect`")));
                }
                ExprKind::Leaf(Leaf::Measure(m)) if !keep.signals.contains(&m.signal) => {
                    let name = rule.stream_name(StreamRef::Signal(m.signal)).to_owned();
                    found.push((e.span, format!("the measure's signal `{name}` is never part of a hit of `detect`")));
                }
                _ => {}
            });
        }
        for (span, message) in found {
            self.error::<()>(codes::NOT_HERE, span, message);
        }
    }
}
