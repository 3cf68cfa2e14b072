//! What every query says of itself before it begins; a backend adds its own lines and its comment marks.

use super::Fidelity;
use crate::ir::Rule;
use crate::plan::{Plan, words};

/// Rule, id, environment, version, fidelity, parameters, and for how long the product is to hold back repeats.
pub fn beginning(rule: &Rule, fidelity: Fidelity) -> Vec<String> {
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![
        format!("rule {} {}, environment {}, siemc {version}", rule.name, rule.id, rule.environment),
        format!("fidelity: {fidelity}"),
    ];
    if !rule.params.is_empty() {
        let params: Vec<String> = rule.params.iter().map(|p| format!("{} {}", p.name, p.text)).collect();
        lines.push(format!("params: {}", params.join(", ")));
    }
    if let Some(throttle) = rule.alert.throttle {
        lines.push(format!(
            "throttle: {} (to be set in the product; the query does not hold back repeats)",
            words(throttle)
        ));
    }
    lines
}

/// What a self-contained query says of itself.
pub fn verification(rule: &Rule, case: &str) -> [String; 2] {
    [
        format!("verification of {}, case `{case}`", rule.name),
        "the rule's query over the case's events: PASS in each row is what has to come".to_owned(),
    ]
}

/// What the query rests on, and which details it does not show.
pub fn ending(plan: &Plan, assumptions: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    if !assumptions.is_empty() {
        lines.push(format!("assumes: {}", assumptions.join(", ")));
    }
    if !plan.output.left_out.is_empty() {
        lines.push(format!("details left out (another pass over the events): {}", plan.output.left_out.join(", ")));
    }
    lines
}
