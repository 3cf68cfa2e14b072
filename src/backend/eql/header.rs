//! The comment above a query: what it is, how close it is, and how it has to be run.

use super::search::Search;
use super::text;
use crate::backend::Fidelity;
use crate::ir::Rule;

/// What the header says beside the rule.
pub(super) struct Facts<'a> {
    pub fidelity: Fidelity,
    pub search: &'a Search,
    /// The longest span of a sequence, milliseconds.
    pub maxspan: Option<i64>,
    /// A hit's time is this much later than its newest event, milliseconds.
    pub deadline: Option<i64>,
    pub assumptions: &'a [String],
}

/// Lines that begin with `//`, a line break behind each.
pub(super) fn header(rule: &Rule, facts: &Facts<'_>) -> String {
    let Facts { search, .. } = facts;
    let mut lines = crate::backend::header::beginning(rule, facts.fidelity);
    lines.push(schedule(rule, facts));
    lines.push(format!("index: {}", search.index.join(",")));
    lines.push(format!("timestamp_field: {}", search.timestamp_field));
    lines.extend(search.tiebreaker_field.iter().map(|column| format!("tiebreaker_field: {column}")));
    lines.extend(search.lines());
    if let Some(after) = facts.deadline {
        lines.push(format!("a hit's time is its event's plus {}", text::span(after)));
    }
    lines.push(format!("assumes: {}", facts.assumptions.join(", ")));
    lines.iter().fold(String::new(), |all, line| all + "// " + &text::comment(line) + "\n")
}

fn schedule(rule: &Rule, facts: &Facts<'_>) -> String {
    let (every, delay) = (rule.schedule.every, rule.schedule.delay);
    let span = |ms: i64| if ms < 1 { "0s".to_owned() } else { text::span(ms) };
    let line = format!(
        "schedule: every {}, delay {}; `now` is a run's time, a multiple of {}",
        span(every),
        span(delay),
        span(every)
    );
    if let Some(maxspan) = facts.maxspan.filter(|m| every.saturating_mul(2) < *m) {
        let advised = span(maxspan / 2);
        return format!("{line} (Elastic advises an interval of at least half of maxspan, {advised})");
    }
    line
}
