//! What is said of a rule in an environment that lacks something, and the last traces of what it lacks.

use super::Unavailable;
use crate::check::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{Analytic, ExprKind, Keys, Leaf, Rule};
use crate::pack::schema::FieldId;
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) fn names_of<T: Copy>(ids: &BTreeSet<T>, name: impl Fn(T) -> Option<String>) -> Vec<String> {
    ids.iter().filter_map(|id| name(*id)).collect()
}

/// Sources and fields that the rule reads and the environment does not have.
pub(super) fn missing_names(rule: &Rule, unavailable: &Unavailable) -> Vec<String> {
    let sources = rule.events.iter().map(|e| e.source).collect::<BTreeSet<_>>();
    let mut fields: BTreeSet<FieldId> = BTreeSet::new();
    for expr in rule.clone().exprs_mut() {
        expr.visit(&mut |e| {
            if let ExprKind::Leaf(Leaf::Field(f) | Leaf::ContextField(_, f)) = &e.kind {
                fields.insert(*f);
            }
        });
    }
    let of_one = unavailable
        .fields_of
        .iter()
        .filter(|(s, f)| sources.contains(s) && fields.contains(f) && !unavailable.fields.contains(f));
    let of_one: Vec<String> = of_one
        .filter_map(|(s, f)| Some(format!("{}.{}", rule.schema.source_at(*s)?.0, rule.schema.field_at(*f)?.0)))
        .collect();
    let sources = sources.intersection(&unavailable.sources).filter_map(|s| rule.schema.source_at(*s)).map(|(n, _)| n);
    let fields = fields.intersection(&unavailable.fields).filter_map(|f| rule.schema.field_at(*f)).map(|(n, _)| n);
    sources.chain(fields).map(str::to_owned).chain(of_one).collect()
}

/// Keys of sources that never come.
pub(super) fn drop_sources(rule: &mut Rule, unavailable: &Unavailable) {
    let drop = |keys: &mut Keys| {
        for key in &mut keys.0 {
            key.by_source.retain(|(s, _)| !unavailable.sources.contains(s));
        }
    };
    for context in &mut rule.contexts {
        drop(&mut context.keys);
    }
    if let Some(keys) = rule.alert.once_per.as_mut().and_then(|o| o.keys.as_mut()) {
        drop(keys);
    }
    for signal in &mut rule.signals {
        match &mut signal.analytic {
            Analytic::Match { keys, .. }
            | Analytic::Threshold { keys, .. }
            | Analytic::Together { keys, .. }
            | Analytic::Evidence { keys, .. } => drop(keys),
            Analytic::Any { keys, .. } => keys.iter_mut().for_each(drop),
            Analytic::Sequence(sequence) => sequence.steps.iter_mut().for_each(|s| drop(&mut s.keys)),
            Analytic::Baseline(baseline) => drop(&mut baseline.keys),
            Analytic::Novelty(novelty) => {
                drop(&mut novelty.keys);
                drop(&mut novelty.value);
            }
        }
    }
}

pub(super) fn cannot_fire(
    rule: &Rule,
    named: &[String],
    dead: bool,
    reach: Option<i64>,
    alert_at: i64,
    span: Span,
) -> Diagnostic {
    let lacks = crate::check::checker::listed(named.iter().map(String::as_str));
    let why = match reach {
        Some(reach) if !dead => format!("its confidence reaches {reach} at most, below `alert_at: {alert_at}`"),
        _ => "nothing that it detects can happen".to_owned(),
    };
    let message = format!("the rule cannot fire in the environment `{}`, which lacks {lacks}: {why}", rule.environment);
    Diagnostic::error(codes::CANNOT_FIRE, span, message)
        .help("`requires: [source]` leaves the rule out of such environments; `any: [...]` gives it a weaker tier")
}

pub(super) fn report(rule: &Rule, span: Span) -> Diagnostic {
    let tier = &rule.tier;
    let lacks = crate::check::checker::listed(tier.missing_sources.iter().map(String::as_str));
    let mut message = format!("the environment `{}` lacks {lacks}", rule.environment);
    if !tier.lost_signals.is_empty() {
        message.push_str(&format!(
            "; lost: {}",
            crate::check::checker::listed(tier.lost_signals.iter().map(String::as_str))
        ));
    }
    if !tier.lost_contexts.is_empty() {
        message.push_str(&format!(
            "; unknown: {}",
            crate::check::checker::listed(tier.lost_contexts.iter().map(String::as_str))
        ));
    }
    if let Some(reach) = tier.reachable {
        message.push_str(&format!("; the confidence reaches {reach}"));
    }
    Diagnostic::new(codes::TIER, Severity::Note, Some(span), message)
}
