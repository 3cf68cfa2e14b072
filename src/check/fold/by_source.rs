//! A field that some sources lack in an environment: where all rows that an expression sees are of such sources, it is missing there.
//! A let that reads the field differs by source then, and its body stands in its place.

use super::{Fold, simplify};
use crate::check::rows::constant;
use crate::ir::{Analytic, Context, Expr, ExprKind, Input, Keys, Leaf, LetId, Rule, StreamRef};
use crate::pack::schema::{FieldId, SourceId};
use crate::value::Value;
use std::collections::BTreeSet;

impl Fold<'_> {
    /// An expression over rows of these sources.
    pub(super) fn within(&self, rule: &Rule, sources: &BTreeSet<SourceId>, expr: &mut Expr) {
        if self.unavailable.fields_of.is_empty() || sources.is_empty() {
            return;
        }
        expr.visit_mut(&mut |e| {
            let folded = match &e.kind {
                ExprKind::Leaf(Leaf::Field(f)) if self.is_gone(rule, sources, *f) => {
                    Some(constant(Value::Missing, e.ty, e.span))
                }
                ExprKind::Leaf(Leaf::Let(id)) => self.body_within(rule, sources, *id),
                _ => None,
            };
            match folded {
                Some(folded) => *e = Expr { span: e.span, ..folded },
                None => simplify::node(e),
            }
        });
    }

    /// The keys, each expression over rows of its own source.
    pub(super) fn keys_within(&self, rule: &Rule, keys: &mut Keys) {
        for (source, expr) in keys.0.iter_mut().flat_map(|key| &mut key.by_source) {
            self.within(rule, &BTreeSet::from([*source]), expr);
        }
    }

    /// What a context reads of its selection.
    pub(super) fn context_within(&self, rule: &Rule, context: &mut Context) {
        let sources = sources_of(rule, StreamRef::Event(context.of), 0);
        for expr in context.form.exprs_mut().into_iter().chain(&mut context.filter) {
            self.within(rule, &sources, expr);
        }
        self.keys_within(rule, &mut context.keys);
    }

    /// What an analytic reads of each of its streams.
    pub(super) fn analytic_within(&self, rule: &Rule, analytic: &mut Analytic) {
        match analytic {
            Analytic::Match { of, keys } => {
                self.input_within(rule, of);
                self.keys_within(rule, keys);
            }
            Analytic::Any { keys, .. } => keys.iter_mut().for_each(|k| self.keys_within(rule, k)),
            Analytic::Threshold { of, keys, measures, .. } => {
                let sources = self.input_within(rule, of);
                self.keys_within(rule, keys);
                let exprs = measures.iter_mut().flat_map(crate::ir::Measure::exprs_mut);
                exprs.for_each(|e| self.within(rule, &sources, e));
            }
            Analytic::Together { of, keys, .. } => {
                of.iter_mut().for_each(|input| drop(self.input_within(rule, input)));
                self.keys_within(rule, keys);
            }
            Analytic::Evidence { of, keys, .. } => {
                of.iter_mut().for_each(|weighed| drop(self.input_within(rule, &mut weighed.what)));
                self.keys_within(rule, keys);
            }
            Analytic::Sequence(sequence) => {
                for step in &mut sequence.steps {
                    let sources = step.of.iter().flat_map(|s| sources_of(rule, *s, 0)).collect();
                    step.filter.iter_mut().for_each(|e| self.within(rule, &sources, e));
                    self.keys_within(rule, &mut step.keys);
                    step.absent_before.iter_mut().for_each(|gap| self.keys_within(rule, &mut gap.keys));
                }
                let absences = sequence.absent_first.iter_mut().chain(&mut sequence.absent_last);
                absences.for_each(|absence| self.keys_within(rule, &mut absence.keys));
                sequence.until.iter_mut().for_each(|until| self.keys_within(rule, &mut until.keys));
            }
            Analytic::Baseline(baseline) => {
                let sources = self.input_within(rule, &mut baseline.of);
                self.keys_within(rule, &mut baseline.keys);
                baseline.measure.exprs_mut().into_iter().for_each(|e| self.within(rule, &sources, e));
            }
            Analytic::Novelty(novelty) => {
                self.input_within(rule, &mut novelty.of);
                self.keys_within(rule, &mut novelty.keys);
                self.keys_within(rule, &mut novelty.value);
            }
        }
    }

    fn input_within(&self, rule: &Rule, input: &mut Input) -> BTreeSet<SourceId> {
        let sources = sources_of(rule, input.stream, 0);
        if let Some(filter) = &mut input.filter {
            self.within(rule, &sources, filter);
        }
        sources
    }

    /// Whether no row of these sources has the field.
    fn is_gone(&self, rule: &Rule, sources: &BTreeSet<SourceId>, field: FieldId) -> bool {
        sources
            .iter()
            .all(|s| self.unavailable.fields_of.contains(&(*s, field)) || rule.schema.slot(*s, field).is_none())
    }

    /// The body of a let over rows of these sources, where it is another one there.
    fn body_within(&self, rule: &Rule, sources: &BTreeSet<SourceId>, id: LetId) -> Option<Expr> {
        let body = &rule.lets.get(id.index())?.expr;
        let mut own = body.clone();
        self.within(rule, sources, &mut own);
        (own != *body).then_some(own)
    }
}

/// The sources of a stream's rows, of a signal's at least those of its last events.
fn sources_of(rule: &Rule, stream: StreamRef, depth: usize) -> BTreeSet<SourceId> {
    match stream {
        StreamRef::Event(id) => rule.events.get(id.index()).map(|e| e.source).into_iter().collect(),
        // Signals have no cycles; the depth is a belt against a rule that says otherwise.
        StreamRef::Signal(id) => match rule.signals.get(id.index()) {
            Some(signal) if depth <= rule.signals.len() => {
                signal.analytic.streams().into_iter().flat_map(|s| sources_of(rule, s, depth + 1)).collect()
            }
            _ => BTreeSet::new(),
        },
    }
}
