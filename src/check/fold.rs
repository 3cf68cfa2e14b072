//! Telemetry tiers: what an environment does not have is unknown, not empty, and is folded through the rule.
//!
//! In: a checked rule and what is unavailable. Out: the rule that remains, with its [`Tier`], or the reason why it cannot fire.
//! An unavailable optional field is missing in every event; a context over an unavailable source is missing; an event of one never
//! comes, and an analytic that needs it is lost. A context is lost too where its own condition cannot hold any more.

use super::reach::reachable;
use super::{codes, confidence, remap};
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::ir::{
    Analytic, ContextForm, ContextId, Expr, ExprKind, Keys, Leaf, Rule, Sequence, SignalId, StreamRef, Tier,
};
use crate::pack::Environment;
use crate::pack::schema::{self, FieldId, Schema, SourceId};
use crate::source::Span;
use crate::value::{Type, Value};
use std::collections::BTreeSet;

mod by_source;
mod known;
mod remains;
mod simplify;

pub use known::fires_where;
use remains::{cannot_fire, drop_sources, missing_names, names_of, report};

/// What an environment does not have.
#[derive(Debug, Clone, Default)]
pub struct Unavailable {
    /// Sources of which nothing is known.
    pub sources: BTreeSet<SourceId>,
    /// Fields that are always missing.
    pub fields: BTreeSet<FieldId>,
    /// Fields that are always missing in one source: folded through that source's selections and keys.
    pub fields_of: BTreeSet<(SourceId, FieldId)>,
}

impl Unavailable {
    /// What the environment says it lacks; names that the schema does not know are [`super::check_pack`]'s to report.
    pub fn of(schema: &Schema, environment: &Environment) -> Self {
        let mut all = Unavailable::default();
        for named in environment.unavailable.iter().filter_map(|n| schema.unavailable(&n.value)) {
            match named {
                schema::Unavailable::Source(source) => drop(all.sources.insert(source)),
                schema::Unavailable::Field(None, field) => drop(all.fields.insert(field)),
                schema::Unavailable::Field(Some(source), field) => drop(all.fields_of.insert((source, field))),
            }
        }
        all
    }

    /// For the sources that a rule reads: a field that none of them has any more is missing everywhere.
    fn for_rule(&self, rule: &Rule) -> Self {
        let mut all = self.clone();
        let sources: BTreeSet<SourceId> = rule.events.iter().map(|e| e.source).collect();
        let having = |f: FieldId| sources.iter().filter(move |s| rule.schema.slot(**s, f).is_some());
        for (_, field) in &self.fields_of {
            if having(*field).all(|s| self.sources.contains(s) || self.fields_of.contains(&(*s, *field))) {
                all.fields.insert(*field);
            }
        }
        all
    }
}

/// What becomes of an `until` over a source that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// An error: the chain may have ended unseen.
    Refuse,
    /// `if_unavailable: ignore`.
    Ignore,
}

/// The rule that remains; none, with a finding at `span`, where it cannot fire.
pub fn fold(
    mut rule: Rule,
    unavailable: &Unavailable,
    until: Until,
    span: Span,
    findings: &mut Findings,
) -> Option<Rule> {
    let unavailable = &unavailable.for_rule(&rule);
    let named = missing_names(&rule, unavailable);
    if named.is_empty() {
        return Some(rule);
    }
    let mark = findings.all.len();
    let fold = Fold::through(&mut rule, unavailable, until, findings);
    let lost_signals = names_of(&fold.signals, |s: SignalId| rule.signals.get(s.index()).map(|s| s.name.clone()));
    let lost_contexts = names_of(&fold.contexts, |c: ContextId| rule.contexts.get(c.index()).map(|c| c.name.clone()));
    if fold.findings.all.iter().skip(mark).any(|d| d.severity == Severity::Error) {
        return None;
    }
    let dead = fold.signals.contains(&rule.detect);
    let alert_at = rule.confidence.as_ref().map_or(0, |c| c.alert_at);
    let reach = confidence::reachable(&rule);
    if dead || reach.is_some_and(|r| r < alert_at) {
        findings.push(cannot_fire(&rule, &named, dead, reach, alert_at, span));
        return None;
    }
    let params = (0..rule.params.len() as u32).map(crate::ir::ParamId).collect();
    let keep = reachable(&rule);
    let mut rule = remap::compact(rule, &keep, &params);
    drop_sources(&mut rule, unavailable);
    rule.tier = Tier { missing_sources: named, lost_signals, lost_contexts, reachable: confidence::reachable(&rule) };
    findings.push(report(&rule, span));
    Some(rule)
}

struct Fold<'f> {
    unavailable: &'f Unavailable,
    until: Until,
    contexts: BTreeSet<ContextId>,
    events: BTreeSet<crate::ir::EventId>,
    signals: BTreeSet<SignalId>,
    findings: &'f mut Findings,
}

impl<'f> Fold<'f> {
    /// Folds all of a rule; what is dead then is in the sets.
    fn through(rule: &mut Rule, unavailable: &'f Unavailable, until: Until, findings: &'f mut Findings) -> Fold<'f> {
        let (contexts, events, signals) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut fold = Fold { unavailable, until, contexts, events, signals, findings };
        fold.lets(rule);
        fold.events(rule);
        fold.contexts(rule);
        fold.signals(rule);
        fold.hits(rule);
        fold
    }

    fn lets(&self, rule: &mut Rule) {
        let mut bodies: Vec<Option<Expr>> = Vec::new();
        for named in &mut rule.lets {
            self.simplify(&mut named.expr, &bodies);
            bodies.push(Some(named.expr.clone()));
        }
        // What is constant now stands where the let stood.
        for expr in rule.exprs_mut() {
            self.simplify(expr, &bodies);
        }
    }

    fn simplify(&self, expr: &mut Expr, lets: &[Option<Expr>]) {
        let mut replace = |e: &mut Expr| {
            let gone = match &e.kind {
                ExprKind::Leaf(Leaf::Field(f) | Leaf::ContextField(_, f)) if self.unavailable.fields.contains(f) => {
                    Some(Value::Missing)
                }
                ExprKind::Leaf(Leaf::Context(c) | Leaf::ContextField(c, _)) if self.contexts.contains(c) => {
                    Some(Value::Missing)
                }
                ExprKind::Leaf(Leaf::Let(id)) => match lets.get(id.index()).and_then(Option::as_ref).map(|b| &b.kind) {
                    Some(ExprKind::Const(value)) => Some(value.clone()),
                    _ => None,
                },
                ExprKind::Leaf(Leaf::Matched(stream)) if self.is_dead(*stream) => Some(Value::Boolean(false)),
                ExprKind::Leaf(Leaf::Measure(m)) if self.signals.contains(&m.signal) => Some(Value::Missing),
                _ => None,
            };
            match gone {
                Some(value) => *e = super::rows::constant(value, e.ty, e.span),
                None => simplify::node(e),
            }
        };
        expr.visit_mut(&mut replace);
    }

    fn events(&mut self, rule: &mut Rule) {
        for place in 0..rule.events.len() {
            let Some(mut event) = rule.events.get(place).cloned() else { continue };
            if let Some(filter) = &mut event.filter {
                self.within(rule, &BTreeSet::from([event.source]), filter);
            }
            tidy(&mut event.filter);
            if self.unavailable.sources.contains(&event.source) || never(event.filter.as_ref()) {
                self.events.insert(crate::ir::EventId(place as u32));
            }
            if let Some(slot) = rule.events.get_mut(place) {
                *slot = event;
            }
        }
    }

    fn contexts(&mut self, rule: &mut Rule) {
        for place in 0..rule.contexts.len() {
            let Some(mut context) = rule.contexts.get(place).cloned() else { continue };
            self.context_within(rule, &mut context);
            tidy(&mut context.filter);
            let value_gone = matches!(&context.form, ContextForm::LastValue(e) if is_missing(e));
            let key_gone = rule.events.get(context.of.index()).is_some_and(|e| key_missing(&context.keys, e.source));
            if self.events.contains(&context.of) || never(context.filter.as_ref()) || value_gone || key_gone {
                self.contexts.insert(ContextId(place as u32));
            }
            if let Some(slot) = rule.contexts.get_mut(place) {
                *slot = context;
            }
        }
    }

    /// Signals whose inputs are settled first; as many rounds as a chain is long.
    fn signals(&mut self, rule: &mut Rule) {
        let mut conditioned: Vec<(SignalId, Span, String)> = Vec::new();
        for _ in 0..=rule.signals.len() {
            let before = self.signals.len();
            for place in 0..rule.signals.len() {
                let id = SignalId(place as u32);
                if self.signals.contains(&id) {
                    continue;
                }
                let Some(mut signal) = rule.signals.get(place).cloned() else { continue };
                let unknown = self.unknown_conditions(&signal.analytic, rule);
                conditioned.extend(unknown.into_iter().map(|(span, name)| (id, span, name)));
                for expr in signal.analytic.exprs_mut() {
                    self.simplify(expr, &[]);
                }
                self.analytic_within(rule, &mut signal.analytic);
                if self.analytic(&mut signal.analytic, rule) {
                    self.signals.insert(id);
                } else if let Some(slot) = rule.signals.get_mut(place) {
                    *slot = signal;
                }
            }
            if self.signals.len() == before {
                break;
            }
        }
        // Of a signal that is lost as a whole the note tells.
        conditioned.retain(|(id, ..)| !self.signals.contains(id));
        for (_, span, name) in conditioned {
            let message = format!(
                "the environment `{}` cannot know the context `{name}`, so it counts as missing here",
                rule.environment
            );
            self.findings.push(Diagnostic::warning(codes::CONTEXT_UNKNOWN, span, message).help(
                "a condition on it is false, its negation true: weigh it in `confidence` instead where that is wrong",
            ));
        }
    }

    fn unknown_conditions(&self, analytic: &Analytic, rule: &Rule) -> Vec<(Span, String)> {
        let mut found = Vec::new();
        for expr in analytic.exprs() {
            expr.visit(&mut |e| {
                if let ExprKind::Leaf(Leaf::Context(c) | Leaf::ContextField(c, _)) = &e.kind
                    && self.contexts.contains(c)
                {
                    found.push((e.span, rule.contexts.get(c.index()).map(|c| c.name.clone()).unwrap_or_default()));
                }
            });
        }
        found
    }

    fn is_dead(&self, stream: StreamRef) -> bool {
        match stream {
            StreamRef::Event(id) => self.events.contains(&id),
            StreamRef::Signal(id) => self.signals.contains(&id),
        }
    }

    /// Takes out what is lost; true where nothing is left.
    fn analytic(&mut self, analytic: &mut Analytic, rule: &Rule) -> bool {
        match analytic {
            Analytic::Match { of, keys } => self.lost_input(of, keys, rule),
            Analytic::Any { of, keys } => {
                of.retain(|s| !self.is_dead(*s) && !keys.as_ref().is_some_and(|k| stream_keys_missing(*s, k, rule)));
                of.is_empty()
            }
            Analytic::Threshold { of, keys, having, .. } => self.lost_input(of, keys, rule) || never(Some(having)),
            Analytic::Together { of, keys, at_least, after, .. } => {
                of.retain_mut(|i| !self.lost_input(i, keys, rule));
                after.is_some_and(|s| self.is_dead(s)) || of.len() < *at_least as usize
            }
            Analytic::Evidence { of, when, keys, alert_at, .. } => {
                of.retain_mut(|w| !self.lost_input(&mut w.what, keys, rule));
                when.retain(|w| !self.contexts.contains(&w.what));
                let sum = of.iter().map(|w| w.weight).sum::<i64>() + when.iter().map(|w| w.weight).sum::<i64>();
                of.is_empty() || sum < *alert_at
            }
            Analytic::Sequence(sequence) => self.sequence(sequence, rule),
            Analytic::Baseline(b) => self.lost_input(&mut b.of, &b.keys, rule) || never(Some(&b.having)),
            Analytic::Novelty(n) => {
                // Nothing shows that a group is known where the stream that shows it cannot be seen.
                n.known.is_some_and(|s| self.is_dead(s))
                    || self.lost_input(&mut n.of, &n.keys, rule)
                    || stream_keys_missing(n.of.stream, &n.value, rule)
            }
        }
    }

    fn lost_input(&self, input: &mut crate::ir::Input, keys: &Keys, rule: &Rule) -> bool {
        tidy(&mut input.filter);
        self.is_dead(input.stream) || never(input.filter.as_ref()) || stream_keys_missing(input.stream, keys, rule)
    }

    fn sequence(&mut self, sequence: &mut Sequence, rule: &Rule) -> bool {
        let mut lost = false;
        for step in &mut sequence.steps {
            tidy(&mut step.filter);
            let keys = &step.keys;
            step.of.retain(|s| !self.is_dead(*s) && !stream_keys_missing(*s, keys, rule));
            lost |= step.of.is_empty() || never(step.filter.as_ref());
            // What has no group cannot be seen to be absent in one.
            let unseen = |g: &crate::ir::Gap| self.is_dead(g.stream) || stream_keys_missing(g.stream, &g.keys, rule);
            lost |= step.absent_before.iter().any(unseen);
        }
        let unseen = |a: &crate::ir::Absence| self.is_dead(a.stream) || stream_keys_missing(a.stream, &a.keys, rule);
        lost |= sequence.absent_first.iter().chain(&sequence.absent_last).any(unseen);
        if lost {
            return true;
        }
        let unseen = |u: &&crate::ir::Until| self.is_dead(u.stream) || stream_keys_missing(u.stream, &u.keys, rule);
        let Some(until) = sequence.until.as_ref().filter(unseen) else { return false };
        if self.until == Until::Refuse {
            let name = rule.stream_name(until.stream);
            let message =
                format!("`until: {name}` needs telemetry that the environment `{}` does not have", rule.environment);
            self.findings.push(
                Diagnostic::error(codes::UNTIL_UNAVAILABLE, until.span, message)
                    .help("`if_unavailable: ignore` in the rule drops it: chains that it would have ended then hit"),
            );
        }
        sequence.until = None;
        false
    }

    fn hits(&self, rule: &mut Rule) {
        if let Some(mut once) = rule.alert.once_per.take() {
            once.keys.iter_mut().for_each(|keys| self.keys_within(rule, keys));
            rule.alert.once_per = Some(once);
        }
        for expr in rule.hit_exprs_mut() {
            self.simplify(expr, &[]);
        }
        if let Some(confidence) = &mut rule.confidence {
            confidence.raise.retain(|r| !never(Some(&r.when)));
        }
        rule.exceptions.retain(|e| !never(Some(&e.when)));
    }
}

/// A condition that always holds is none.
fn tidy(filter: &mut Option<Expr>) {
    if filter.as_ref().is_some_and(|f| matches!(&f.kind, ExprKind::Const(v) if v.is_true())) {
        *filter = None;
    }
}

fn never(condition: Option<&Expr>) -> bool {
    condition.is_some_and(|e| matches!(&e.kind, ExprKind::Const(v) if !v.is_true()))
}

fn is_missing(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Const(Value::Missing))
}

fn key_missing(keys: &Keys, source: SourceId) -> bool {
    keys.0.iter().any(|k| k.of(source).is_some_and(is_missing))
}

/// Whether events of a stream can never have a group; a signal's hits are grouped by their last events, which differ.
fn stream_keys_missing(stream: StreamRef, keys: &Keys, rule: &Rule) -> bool {
    match stream {
        StreamRef::Event(id) => rule.events.get(id.index()).is_some_and(|e| key_missing(keys, e.source)),
        StreamRef::Signal(_) => false,
    }
}

/// For the type of a constant condition.
const CONDITION: Type = Type::BOOLEAN;
