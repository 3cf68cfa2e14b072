//! The comment above a query: what it is, how close it is, and how it has to be run.

use super::text;
use crate::backend::{Fidelity, target::Mapping};
use crate::ir::Rule;
use crate::pack::schema::SourceId;

/// What the header says beside the rule.
pub(super) struct Facts<'a> {
    pub fidelity: Fidelity,
    pub sources: &'a [SourceId],
    pub tiebreaker: Option<&'a str>,
    /// Milliseconds before the reported interval.
    pub lookback: i64,
    /// The longest span of a sequence, milliseconds.
    pub maxspan: Option<i64>,
    /// A hit's time is this much later than its newest event, milliseconds.
    pub deadline: Option<i64>,
}

/// Lines that begin with `//`, a line break behind each.
pub(super) fn header(rule: &Rule, mapping: &Mapping, facts: &Facts<'_>) -> String {
    let mut lines = crate::backend::header::beginning(rule, facts.fidelity);
    let mut indices: Vec<&str> = Vec::new();
    for source in facts.sources.iter().filter_map(|s| mapping.source(*s)) {
        if !indices.contains(&source.table.as_str()) {
            indices.push(&source.table);
        }
    }
    lines.push(format!("index: {}", indices.join(",")));
    if let Some(column) = facts.tiebreaker.filter(|_| facts.maxspan.is_some()) {
        lines.push(format!("tiebreaker_field: {column}"));
    }
    lines.push(schedule(rule, facts));
    if let Some(after) = facts.deadline {
        lines.push(format!("a hit's time is its event's plus {}", text::span(after)));
    }
    lines.iter().fold(String::new(), |all, line| all + "// " + &text::comment(line) + "\n")
}

fn schedule(rule: &Rule, facts: &Facts<'_>) -> String {
    let every = rule.schedule.every;
    let span = |ms: i64| if ms < 1 { "0s".to_owned() } else { text::span(ms) };
    let reach = facts.lookback.saturating_add(every).saturating_add(rule.schedule.delay);
    let line = format!("schedule: every {}, look-back {}", span(every), span(reach));
    if let Some(maxspan) = facts.maxspan.filter(|m| every.saturating_mul(2) < *m) {
        let advised = span(maxspan / 2);
        return format!("{line} (Elastic advises an interval of at least half of maxspan, {advised})");
    }
    line
}
