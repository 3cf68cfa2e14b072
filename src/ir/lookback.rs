//! Which events and contexts a rule's hits depend on, and how far back.

use super::{Analytic, ContextForm, ContextId, EventId, Expr, ExprKind, Leaf, Rule, SignalId, StreamRef, Window, walk};
use crate::pack::schema::{FieldId, SourceId};
use std::collections::{BTreeMap, BTreeSet};

/// For each event of the rule that matters: how long before a hit's time it still does, milliseconds, closed. A context's events
/// are needed from its length before the oldest event that may ask for it.
pub fn lookback(rule: &Rule) -> BTreeMap<EventId, i64> {
    let mut reach = BTreeMap::new();
    let thinning = rule.alert.once_per.as_ref().map_or(0, |o| o.every);
    signal(rule, rule.detect, thinning, &mut reach);
    let asking = reach.values().copied().max().unwrap_or(0);
    for id in used_contexts(rule) {
        if let Some(context) = rule.contexts.get(id.index()) {
            let known = match context.form {
                ContextForm::None { known: Some(known) } => known,
                _ => 0,
            };
            extend(&mut reach, context.of, asking.saturating_add(context.within.max(known)));
        }
    }
    reach
}

/// As [`lookback`], by source: what a run reads of it.
pub fn by_source(rule: &Rule) -> BTreeMap<SourceId, i64> {
    let mut reach = BTreeMap::new();
    for (event, span) in lookback(rule) {
        let Some(event) = rule.events.get(event.index()) else { continue };
        let longest = reach.entry(event.source).or_insert(span);
        *longest = span.max(*longest);
    }
    reach
}

fn extend(reach: &mut BTreeMap<EventId, i64>, event: EventId, span: i64) {
    let longest = reach.entry(event).or_insert(span);
    *longest = (*longest).max(span);
}

fn stream(rule: &Rule, of: StreamRef, span: i64, reach: &mut BTreeMap<EventId, i64>) {
    match of {
        StreamRef::Event(event) => extend(reach, event, span),
        StreamRef::Signal(id) => signal(rule, id, span, reach),
    }
}

fn signal(rule: &Rule, id: SignalId, span: i64, reach: &mut BTreeMap<EventId, i64>) {
    let Some(signal) = rule.signals.get(id.index()) else { return };
    for (of, before) in inputs(&signal.analytic) {
        stream(rule, of, span.saturating_add(before), reach);
    }
}

/// The streams that an analytic reads, each with how long before a hit it matters (milliseconds).
pub fn inputs(analytic: &Analytic) -> Vec<(StreamRef, i64)> {
    match analytic {
        Analytic::Match { of, .. } => vec![(of.stream, 0)],
        Analytic::Any { of, .. } => of.iter().map(|s| (*s, 0)).collect(),
        Analytic::Threshold { of, window, .. } => vec![(of.stream, length(*window))],
        Analytic::Together { of, window, after, .. } => {
            of.iter().map(|i| i.stream).chain(*after).map(|s| (s, length(*window))).collect()
        }
        Analytic::Evidence { of, window, .. } => of.iter().map(|w| (w.what.stream, length(*window))).collect(),
        // A bucket is as long as `per`, and its history lies before it.
        Analytic::Baseline(b) => vec![(b.of.stream, b.history.saturating_add(b.per))],
        Analytic::Novelty(n) => std::iter::once(n.of.stream).chain(n.known).map(|s| (s, n.history)).collect(),
        Analytic::Sequence(sequence) => {
            let end = sequence.absent_last.as_ref().map_or(0, |a| a.within);
            let chain = sequence.within.saturating_add(end);
            let mut all: Vec<(StreamRef, i64)> = Vec::new();
            for step in &sequence.steps {
                all.extend(step.of.iter().map(|s| (*s, chain)));
                all.extend(step.absent_before.iter().map(|g| (g.stream, chain)));
            }
            all.extend(sequence.until.iter().map(|u| (u.stream, chain)));
            all.extend(sequence.absent_first.iter().map(|a| (a.stream, chain.saturating_add(a.within))));
            all.extend(sequence.absent_last.iter().map(|a| (a.stream, end)));
            all
        }
    }
}

fn length(window: Window) -> i64 {
    match window {
        Window::Sliding { within, rise: true } => within.saturating_mul(2),
        Window::Sliding { within, rise: false } => within,
        Window::Tumbling { size } | Window::Hopping { size, .. } => size,
    }
}

/// Events whose rows become hits or are counted by the analytics that lead to `detect`, absences' events left out.
pub fn consumed_events(rule: &Rule) -> BTreeSet<EventId> {
    let mut events = BTreeSet::new();
    consumed(rule, rule.detect, &mut events);
    events
}

fn consumed(rule: &Rule, id: SignalId, events: &mut BTreeSet<EventId>) {
    let Some(signal) = rule.signals.get(id.index()) else { return };
    let absent = |s: &StreamRef| match &signal.analytic {
        Analytic::Sequence(q) => {
            !q.steps.iter().any(|step| step.of.contains(s)) && q.until.as_ref().is_none_or(|u| u.stream != *s)
        }
        Analytic::Together { of, after, .. } => *after == Some(*s) && !of.iter().any(|i| i.stream == *s),
        _ => false,
    };
    for (of, _) in inputs(&signal.analytic) {
        match of {
            // What is absent are a signal's hits: the events that make them count as any others.
            StreamRef::Event(_) if absent(&of) => {}
            StreamRef::Event(event) => {
                events.insert(event);
            }
            StreamRef::Signal(inner) => consumed(rule, inner, events),
        }
    }
}

/// Every event that a hit of `detect` depends on.
pub fn used_events(rule: &Rule) -> Vec<EventId> {
    lookback(rule).into_keys().collect()
}

/// Contexts that a used signal, the confidence or the alert reads, in the rule's order.
pub fn used_contexts(rule: &Rule) -> Vec<ContextId> {
    let mut used = BTreeSet::new();
    visit(rule, &mut |expr| {
        if let ExprKind::Leaf(Leaf::Context(id) | Leaf::ContextField(id, _)) = &expr.kind {
            used.insert(*id);
        }
    });
    for signal in used_signals(rule) {
        if let Some(Analytic::Evidence { when, .. }) = rule.signals.get(signal.index()).map(|s| &s.analytic) {
            used.extend(when.iter().map(|w| w.what));
        }
    }
    used.into_iter().collect()
}

/// The fields that are read of a `last` context's event, in schema order.
pub fn context_fields(rule: &Rule, context: ContextId) -> Vec<FieldId> {
    let mut fields = BTreeSet::new();
    visit(rule, &mut |expr| {
        if let ExprKind::Leaf(Leaf::ContextField(id, field)) = &expr.kind
            && *id == context
        {
            fields.insert(*field);
        }
    });
    fields.into_iter().collect()
}

/// Signals that lead to `detect`, `detect` included.
pub fn used_signals(rule: &Rule) -> BTreeSet<SignalId> {
    let mut used = BTreeSet::new();
    let mut open = vec![rule.detect];
    while let Some(id) = open.pop() {
        if used.insert(id)
            && let Some(signal) = rule.signals.get(id.index())
        {
            open.extend(inputs(&signal.analytic).into_iter().filter_map(|(s, _)| match s {
                StreamRef::Signal(inner) => Some(inner),
                StreamRef::Event(_) => None,
            }));
        }
    }
    used
}

/// Visits every expression that the used signals, the confidence, the alert and the exceptions hold.
fn visit(rule: &Rule, see: &mut dyn FnMut(&Expr)) {
    for id in used_signals(rule) {
        let Some(signal) = rule.signals.get(id.index()) else { continue };
        for expr in signal.analytic.exprs() {
            walk::rows(rule, expr, see);
        }
    }
    for expr in rule.hit_exprs() {
        walk::rows(rule, expr, see);
    }
}
