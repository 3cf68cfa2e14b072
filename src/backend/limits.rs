//! What a product's scheduler allows: how far back a scheduled rule sees, and how often it runs.
//!
//! In: a rule and the target's limits (`targets/*/target.yaml`). Out: a refusal for each that the rule goes beyond, at the part that takes
//! most. They are no property of the query's text, so whoever deploys a query asks; a query that is run by hand has no scheduler.
//! Elastic derives a rule's look-back from the same spans as the query's windows, so that a `maxspan` always lies inside it.

use super::target::TargetData;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{ContextForm, Rule, lookback};
use crate::plan::words as duration;
use crate::source::Span;

/// A rule that sees further back than the product lets it.
pub const LOOKBACK: Code = Code("R1170");
/// A rule that runs more often than the product lets it.
pub const INTERVAL: Code = Code("R1171");

/// The refusals. `schedule`: where the rule's schedule was written.
pub fn exceeded(rule: &Rule, data: &TargetData, schedule: Option<Span>) -> Vec<Diagnostic> {
    too_far(rule, data).into_iter().chain(too_often(rule, data, schedule)).collect()
}

fn too_far(rule: &Rule, data: &TargetData) -> Option<Diagnostic> {
    let most = data.limits.lookback?;
    let back = lookback::lookback(rule).into_values().max().unwrap_or(0);
    let run = rule.schedule.every.saturating_add(rule.schedule.delay);
    if back.saturating_add(run) <= most {
        return None;
    }
    let target = data.target.name();
    let longest = parts(rule).into_iter().max_by_key(|part| part.length);
    let share = longest
        .as_ref()
        .map_or_else(String::new, |part| format!(", of which {} takes {}", part.what, duration(part.length)));
    let message = format!(
        "{target}: a scheduled rule sees {} back, and this one needs {}: {} before what it reports{share}, and {} for `every` and `delay`",
        duration(most),
        duration(back.saturating_add(run)),
        duration(back),
        duration(run),
    );
    let span = longest.map_or_else(Span::default, |part| part.span);
    Some(Diagnostic::error(LOOKBACK, span, message).help(format!(
        "shorten it until all windows in a chain take {} together, or keep a summary: a scheduled query of its own writes what the \
         history needs (a row per group and day, say) to a table that the schema names as a source, and the rule reads that",
        duration(most.saturating_sub(run).max(0)),
    )))
}

fn too_often(rule: &Rule, data: &TargetData, schedule: Option<Span>) -> Option<Diagnostic> {
    let least = data.limits.shortest_interval?;
    if rule.schedule.every >= least {
        return None;
    }
    let message = format!(
        "{}: a scheduled rule runs every {} at most, and this one every {}",
        data.target.name(),
        duration(least),
        duration(rule.schedule.every),
    );
    let help = format!("write `every: {}`: windows keep their meaning, whatever the interval", duration(least));
    Some(Diagnostic::error(INTERVAL, schedule.unwrap_or_default(), message).help(help))
}

/// A part of a rule that looks back, with how far it does by itself, milliseconds.
struct Part {
    what: String,
    length: i64,
    span: Span,
}

fn parts(rule: &Rule) -> Vec<Part> {
    let signals = lookback::used_signals(rule).into_iter().filter_map(|id| rule.signals.get(id.index()));
    let signals = signals.map(|signal| Part {
        what: format!("`{}`", signal.name),
        length: lookback::inputs(&signal.analytic).into_iter().map(|(_, before)| before).max().unwrap_or(0),
        span: signal.span,
    });
    let contexts = lookback::used_contexts(rule).into_iter().filter_map(|id| rule.contexts.get(id.index()));
    let contexts = contexts.map(|context| {
        let known = match context.form {
            ContextForm::None { known: Some(known) } => known,
            _ => 0,
        };
        Part { what: format!("`{}`", context.name), length: context.within.max(known), span: context.span }
    });
    let thinning = rule.alert.once_per.as_ref();
    let thinning = thinning.map(|once| Part { what: "`once_per`".to_owned(), length: once.every, span: once.span });
    signals.chain(contexts).chain(thinning).collect()
}
