//! What a rule needs, by the words of `capabilities` in `target.yaml`; what ES|QL lacks of it is refused, all at once and at its place.

use super::codes;
use crate::backend::target::TargetData;
use crate::diagnostic::Diagnostic;
use crate::ir::{Analytic, MeasureFunction, Rule, SignalId, StreamRef, Window, lookback};
use crate::source::Span;

/// The refusals: required minus provided.
pub(super) fn refusals(rule: &Rule, target: &TargetData) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut refuse = |capability: &str, at: Span, message: String, help: &str| {
        if !target.can(capability) {
            found.push(codes::refusal(codes::NO_ROW_ORDER, at, &message).help(help));
        }
    };
    for id in lookback::used_signals(rule) {
        let Some(signal) = rule.signals.get(id.index()) else { continue };
        let (name, at) = (&signal.name, signal.span);
        match &signal.analytic {
            Analytic::Threshold { window: Window::Sliding { .. }, .. } => {
                refuse("threshold.sliding_window", at, slides(name), SLIDING);
            }
            Analytic::Together { window: Window::Sliding { .. }, .. } => {
                refuse("together.sliding_window", at, slides(name), SLIDING);
            }
            Analytic::Evidence { window: Window::Sliding { .. }, .. } => {
                refuse("evidence.sliding_window", at, slides(name), SLIDING);
            }
            Analytic::Together { after: Some(after), .. } => {
                let message = format!("`{name}`: what comes after `{}` cannot be said", rule.stream_name(*after));
                refuse("together.after", at, message, "`spl` and `kql` can say it");
            }
            Analytic::Sequence(_) => {
                let message = format!("`{name}`: events in an order cannot be said");
                refuse("sequence", at, message, "`eql`, `kql` and `spl` have sequences");
            }
            Analytic::Threshold { measures, .. }
                if measures.iter().any(|m| matches!(m.function, MeasureFunction::Gap(_))) =>
            {
                let message = format!("`{name}`: the time between consecutive events cannot be said");
                refuse("cadence", at, message, "`spl` and `kql` can say it");
            }
            Analytic::Baseline(_) => {
                let message = format!("`{name}`: a bucket against the buckets before it cannot be said");
                refuse("baseline", at, message, "`spl` and `kql` can say it");
            }
            Analytic::Novelty(_) => {
                let message = format!("`{name}`: a value that was not seen before cannot be said");
                refuse("novelty", at, message, "`spl` and `kql` can say it");
            }
            Analytic::Any { keys: Some(_), .. } if is_input(rule, id) => {
                let message = format!("`{name}`: merged hits as the input of another analytic cannot be said");
                refuse("any.merged_input", at, message, "make it `detect`, or leave `by` out of the `any`");
            }
            _ => {}
        }
    }
    for id in lookback::used_contexts(rule) {
        let Some(context) = rule.contexts.get(id.index()) else { continue };
        let message = format!("the context `{}`: what was true before an event cannot be said", context.name);
        refuse("context", context.span, message, "`spl` and `kql` can say it");
    }
    found
}

const SLIDING: &str = "`window: tumbling` or `window: { every: ... }` can be said; `kql` and `spl` say it as it is, `eql` a count of at least a number";

fn slides(name: &str) -> String {
    format!("`{name}`: a window that slides from event to event cannot be said")
}

fn is_input(rule: &Rule, id: SignalId) -> bool {
    lookback::used_signals(rule)
        .into_iter()
        .filter_map(|other| rule.signals.get(other.index()))
        .any(|other| lookback::inputs(&other.analytic).iter().any(|(stream, _)| *stream == StreamRef::Signal(id)))
}
