//! What becomes of a hit: confidence, exceptions, the alert and its thinning.

use super::signals::template;
use super::words::listed;
use super::written;
use crate::eval::text_of;
use crate::ir::{Analytic, Expr, Rule};
use crate::syntax::print::duration;
use crate::value::Value;

/// The table of confidence.
pub fn confidence(rule: &Rule) -> Vec<String> {
    let Some(confidence) = &rule.confidence else { return Vec::new() };
    let sums = rule.signals.iter().any(|signal| matches!(signal.analytic, Analytic::Evidence { .. }));
    let sum = if sums { " (an evidence's own sum where it hits)" } else { "" };
    let mut lines = vec![format!("{:>4} to begin with{sum}", confidence.base)];
    for raise in &confidence.raise {
        let because = raise.because.as_ref().map(|t| format!(": {}", template(rule, t))).unwrap_or_default();
        lines.push(format!("{:>+4} where {}{because}", raise.by, written::text(rule, &raise.when)));
    }
    if confidence.alert_at > 0 {
        lines.push(format!("below {} there is no alert", confidence.alert_at));
    }
    let levels: Vec<String> = confidence.levels.iter().map(|(level, from)| format!("{level} from {from}")).collect();
    if !levels.is_empty() {
        // Where no alert lies below every level, the rule's own severity is never seen.
        let lowest = confidence.levels.iter().map(|(_, from)| *from).min();
        let is_seen = lowest.is_some_and(|from| from > confidence.alert_at);
        let own = if is_seen { format!("; {} for less", rule.about.severity) } else { String::new() };
        lines.push(format!("severity: {}{own}", levels.join(", ")));
    }
    lines
}

/// Known good behaviour.
pub fn exceptions(rule: &Rule) -> Vec<String> {
    let one = |exception: &crate::ir::Exception| {
        let until = exception.expires.map(|t| format!(", until {}", text_of(&Value::Timestamp(t)))).unwrap_or_default();
        format!("{}: not where {}{until}", exception.name, written::text(rule, &exception.when))
    };
    rule.exceptions.iter().map(one).collect()
}

/// What an alert says, and how many there are.
pub fn alert(rule: &Rule) -> Vec<String> {
    let alert = &rule.alert;
    let mut lines = Vec::new();
    if !alert.title.0.is_empty() {
        lines.push(template(rule, &alert.title));
    }
    let named = |(name, value): &(String, Expr)| format!("{name}: {}", written::text(rule, value));
    lines.extend(alert.entities.iter().chain(&alert.details).map(named));
    match &alert.once_per {
        None => lines.push("every hit alerts".to_owned()),
        Some(once) => {
            let group = match &once.keys {
                None => "group".to_owned(),
                Some(keys) => listed(&keys.0.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), "and"),
            };
            lines.push(format!("the first hit of each {group} in each {} from the epoch on", duration(once.every)));
        }
    }
    if let Some(throttle) = alert.throttle {
        lines.push(format!(
            "the product holds back repeats for {}, once it is set to: the query does not",
            duration(throttle)
        ));
    }
    lines
}
