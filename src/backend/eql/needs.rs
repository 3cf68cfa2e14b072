//! What a rule needs, by the words of `capabilities` in `target.yaml`; what the target lacks of it is refused, all at once.

use super::codes;
use crate::backend::target::TargetData;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Analytic, CompareOp, Expr, ExprKind, Leaf, Measure, MeasureFunction, Rule, Sequence, SignalId, StreamRef, Window,
};
use crate::source::Span;
use crate::value::Value;

/// One need at its place.
struct Need {
    capability: &'static str,
    at: Span,
    what: String,
}

/// The refusals: required minus provided.
pub(super) fn refusals(rule: &Rule, target: &TargetData) -> Vec<Diagnostic> {
    let mut needs = Vec::new();
    let mut seen = Vec::new();
    signal(rule, rule.detect, &mut seen, &mut needs);
    let lacking = needs.into_iter().filter(|need| !target.can(need.capability));
    lacking.map(|need| codes::refusal(codes::CANNOT_SAY, need.at, &format!("{} cannot be said", need.what))).collect()
}

fn signal(rule: &Rule, id: SignalId, seen: &mut Vec<SignalId>, needs: &mut Vec<Need>) {
    let Some(signal_) = rule.signals.get(id.index()).filter(|_| !seen.contains(&id)) else { return };
    seen.push(id);
    let at = signal_.span;
    let mut need =
        |capability, what: &str| needs.push(Need { capability, at, what: format!("`{}`: {what}", signal_.name) });
    match &signal_.analytic {
        Analytic::Match { .. } => need("match", "a selection of events"),
        Analytic::Any { .. } => need("any", "one of several streams"),
        Analytic::Together { .. } => need("together", "`together`, which counts streams in any order,"),
        Analytic::Baseline(_) => need("baseline", "`baseline`, which compares with a history,"),
        Analytic::Novelty(_) => need("novelty", "`novelty`, which compares with a history,"),
        Analytic::Evidence { .. } => need("evidence", "`evidence`, which adds weights,"),
        Analytic::Threshold { window, measures, having, .. } => {
            if !matches!(window, Window::Sliding { .. }) {
                need("threshold.aligned_window", "a window that is aligned to the clock");
            }
            if least_count(rule, measures, having).is_none() {
                need("threshold.measures", "a threshold other than `count()` of at least a number");
            } else {
                need("threshold.count_at_least", "a count of at least a number");
            }
        }
        Analytic::Sequence(sequence) => of_sequence(sequence, needs),
    }
    for (stream, _) in crate::ir::lookback::inputs(&signal_.analytic) {
        if let StreamRef::Signal(inner) = stream {
            signal(rule, inner, seen, needs);
        }
    }
}

fn of_sequence(sequence: &Sequence, needs: &mut Vec<Need>) {
    let mut need = |capability, at, what: &str| needs.push(Need { capability, at, what: what.to_owned() });
    if let Some(until) = &sequence.until {
        need("sequence.until", until.span, "`until`");
    }
    for (place, step) in sequence.steps.iter().enumerate() {
        need("sequence", step.span, "a step");
        if step.of.len() > 1 {
            need("sequence.any_step", step.span, "a step of several streams");
        }
        for gap in &step.absent_before {
            match place {
                1 => need("sequence.absent_first", gap.span, "an absence directly after the first step"),
                _ => need(
                    "sequence.absent_anywhere",
                    gap.span,
                    "an absence that is not directly after the first step (Elasticsearch means something else there)",
                ),
            }
        }
    }
    let is_single = sequence.steps.len() == 1;
    for absence in sequence.absent_first.iter().chain(&sequence.absent_last) {
        if is_single {
            need("sequence.absent_beside_one", absence.span, "an absence beside a single step");
        } else {
            let what = "an absence before or after a chain of several steps (Elasticsearch means something else there)";
            need("sequence.absent_anywhere", absence.span, what);
        }
    }
    if let (Some(first), Some(_)) = (&sequence.absent_first, &sequence.absent_last) {
        need("sequence.absent_twice", first.span, "an absence on both sides of a step");
    }
}

/// The least count of `having: count() >= n`, in any spelling; none where it says something else.
pub(super) fn least_count(rule: &Rule, measures: &[Measure], having: &Expr) -> Option<i64> {
    let constant = |e: &Expr| match &e.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Param(id) => rule.params.get(id.index()).map(|p| p.value.clone()),
        _ => None,
    };
    let counts = |e: &Expr| match &e.kind {
        ExprKind::Leaf(Leaf::Measure(m)) => measures
            .get(m.index)
            .is_some_and(|m| m.function == MeasureFunction::Count && m.filter.is_none() && m.argument.is_none()),
        _ => false,
    };
    let (negated, compared) = match &having.kind {
        ExprKind::Not(inner) => (true, inner.as_ref()),
        _ => (false, having),
    };
    let ExprKind::Compare { op, left, right, .. } = &compared.kind else { return None };
    let (bound, op) = match (counts(left), counts(right)) {
        (true, false) => (constant(right)?, *op),
        (false, true) => (constant(left)?, mirrored(*op)),
        _ => return None,
    };
    let Value::Integer(bound) = bound else { return None };
    match (op, negated) {
        (CompareOp::GreaterEqual, false) | (CompareOp::Less, true) => Some(bound),
        (CompareOp::Greater, false) | (CompareOp::LessEqual, true) => bound.checked_add(1),
        _ => None,
    }
}

fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
    }
}
