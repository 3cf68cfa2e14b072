//! What two evaluators have to agree on.

use siemc::eval::alert::Alert;
use siemc::ir::{Analytic, Rule, StreamRef};

/// The alerts as they are compared. The meaning does not say which of two hits at one event stands for it as a step of a sequence,
/// where a step takes several streams or a stream has an event twice: there the evidence is left out, and nothing else.
pub fn compared(rule: &Rule, mut alerts: Vec<Alert>) -> Vec<Alert> {
    if either_stands(rule) {
        for alert in &mut alerts {
            alert.events.clear();
            alert.first = 0;
        }
    }
    alerts
}

/// Whether a sequence asks for the absence of a signal. Where a source is unknown, the meaning says that its events' absence cannot be
/// shown; it does not say so of a signal that rests on the source in part.
pub fn wants_silence_of_a_signal(rule: &Rule) -> bool {
    rule.signals.iter().any(|signal| match &signal.analytic {
        Analytic::Sequence(sequence) => {
            let gaps = sequence.steps.iter().flat_map(|s| &s.absent_before).map(|g| g.stream);
            let ends = sequence.absent_first.iter().chain(&sequence.absent_last).map(|a| a.stream);
            gaps.chain(ends).any(|s| matches!(s, StreamRef::Signal(_)))
        }
        _ => false,
    })
}

fn either_stands(rule: &Rule) -> bool {
    let twice = rule.signals.iter().any(|s| matches!(s.analytic, Analytic::Any { keys: None, .. }));
    rule.signals.iter().any(|signal| match &signal.analytic {
        Analytic::Sequence(sequence) => {
            let mut steps = sequence.steps.iter();
            twice || steps.any(|s| s.of.len() > 1 && s.of.iter().any(|of| matches!(of, StreamRef::Signal(_))))
        }
        _ => false,
    })
}
