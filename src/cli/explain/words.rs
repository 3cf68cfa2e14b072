//! A rule in plain words, part by part.

use super::written;
use super::{alert, signals};
use crate::ir::lookback;
use crate::ir::{ContextForm, Event, Expr, Keys, Rule, SignalId};
use crate::syntax::print::duration;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything that the rule means in its environment.
pub fn rule(rule: &Rule) -> String {
    let mut out = heading(rule);
    section(&mut out, "Parameters", parameters(rule));
    section(&mut out, "Names", names(rule));
    section(&mut out, "Events", rule.events.iter().flat_map(|event| event_lines(rule, event)));
    section(&mut out, "Context", rule.contexts.iter().map(|context| context_line(rule, context)));
    section(&mut out, "Signals", signal_lines(rule));
    section(&mut out, "Confidence", alert::confidence(rule));
    section(&mut out, "Exceptions", alert::exceptions(rule));
    section(&mut out, "Alert", alert::alert(rule));
    section(&mut out, "Look-back", look_back(rule));
    section(&mut out, "Telemetry", telemetry(rule));
    section(&mut out, "Blind spots", rule.about.blind_spots.iter().map(|text| one_line(text)));
    section(&mut out, "False positives", rule.about.false_positives.iter().map(|text| one_line(text)));
    section(&mut out, "Response", nonempty(&rule.about.response));
    section(&mut out, "References", rule.about.references.iter().cloned());
    out
}

/// Lines under a heading; nothing where there are none.
pub fn section(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}

/// ` by a and b`; nothing without keys.
pub fn by(keys: &Keys) -> String {
    let names: Vec<&str> = keys.0.iter().map(|key| key.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(", for each {}", listed(&names, "and")) }
}

/// `a, b and c`.
pub fn listed(names: &[&str], word: &str) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}

/// A condition under what it belongs to, indented; nothing without one.
pub fn condition(rule: &Rule, filter: Option<&Expr>) -> Vec<String> {
    filter
        .map(|filter| written::lines(rule, filter))
        .unwrap_or_default()
        .into_iter()
        .map(|l| format!("    {l}"))
        .collect()
}

fn heading(rule: &Rule) -> String {
    let about = &rule.about;
    let mut out = format!("{}: {}\n", rule.name, about.title);
    let attack = about.attack.iter().flat_map(|(_, ids)| ids).map(String::as_str).collect::<Vec<_>>().join(" ");
    let attack = if attack.is_empty() { String::new() } else { format!(", ATT&CK {attack}") };
    let _ = writeln!(out, "{}; status {}, severity {}{attack}", rule.id, about.status, about.severity);
    let (every, delay) = (duration(rule.schedule.every), duration(rule.schedule.delay));
    let _ =
        writeln!(out, "environment {}; runs every {every}, on events up to {delay} before the run", rule.environment);
    if !about.description.trim().is_empty() {
        let _ = writeln!(out, "\n{}", about.description.trim());
    }
    out
}

fn parameters(rule: &Rule) -> Vec<String> {
    let one = |param: &crate::ir::Param| {
        let set = if param.overridden { " (set by the environment)" } else { "" };
        format!("${} = {}{set}: {}", param.name, param.text, one_line(&param.about))
    };
    rule.params.iter().map(one).collect()
}

fn names(rule: &Rule) -> Vec<String> {
    rule.lets.iter().map(|l| format!("{} = {}", l.name, written::text(rule, &l.expr))).collect()
}

fn event_lines(rule: &Rule, event: &Event) -> Vec<String> {
    let source = rule.schema.source_at(event.source).map_or("", |(name, _)| name);
    let wher = if event.filter.is_some() { " where" } else { "" };
    let mut lines = vec![format!("{}: events of {source}{wher}", event.name)];
    lines.extend(condition(rule, event.filter.as_ref()));
    lines
}

fn context_line(rule: &Rule, context: &crate::ir::Context) -> String {
    let of = rule.events.get(context.of.index()).map_or("", |e| &e.name);
    let read = match &context.form {
        ContextForm::LastValue(value) => format!("the newest {} of {of}", written::text(rule, value)),
        ContextForm::LastEvent => format!("the newest event of {of}"),
        ContextForm::None { known: None } => format!("true where there was no {of}"),
        ContextForm::None { known: Some(known) } => {
            format!("true where there was no {of}, while it was seen at all in the {} before,", duration(*known))
        }
        ContextForm::Some => format!("true where there was a {of}"),
        ContextForm::Count => format!("how many {of} there were"),
        ContextForm::Measure { measure, include_self } => {
            let own = if *include_self { " and the event itself" } else { "" };
            format!("{} over {of}{own}", written::measure(rule, measure))
        }
    };
    let filter = context.filter.as_ref().map(|f| format!(" where {}", written::text(rule, f))).unwrap_or_default();
    format!("{}: {read}{filter} in the {} before an event{}", context.name, duration(context.within), by(&context.keys))
}

fn signal_lines(rule: &Rule) -> Vec<String> {
    let used = lookback::used_signals(rule);
    let mut lines = Vec::new();
    for (place, signal) in rule.signals.iter().enumerate() {
        let id = SignalId(place as u32);
        if !used.contains(&id) {
            continue;
        }
        let name = match (id == rule.detect, signal.name.as_str()) {
            (true, "detect") => "detect".to_owned(),
            (true, name) => format!("{name} (detect)"),
            (false, name) => name.to_owned(),
        };
        lines.extend(signals::lines(rule, &name, &signal.analytic));
    }
    lines
}

fn look_back(rule: &Rule) -> Vec<String> {
    let mut by_source: BTreeMap<&str, i64> = BTreeMap::new();
    for (event, span) in lookback::lookback(rule) {
        let source = rule.events.get(event.index()).and_then(|e| rule.schema.source_at(e.source));
        if let Some((name, _)) = source {
            let longest = by_source.entry(name).or_insert(span);
            *longest = (*longest).max(span);
        }
    }
    let line = |(source, span): (&str, i64)| match span {
        0 => format!("{source}: the reported interval alone"),
        span => format!("{source}: {} before the reported interval", duration(span)),
    };
    let mut lines: Vec<String> = by_source.into_iter().map(line).collect();
    if let Some(once) = &rule.alert.once_per {
        lines.push(format!("of which {} are for `once_per`", duration(once.every)));
    }
    lines
}

fn telemetry(rule: &Rule) -> Vec<String> {
    let tier = &rule.tier;
    let list = |names: &[String]| names.join(", ");
    let mut lines = Vec::new();
    if tier.missing_sources.is_empty() && tier.lost_signals.is_empty() && tier.lost_contexts.is_empty() {
        lines.push("the environment has every source that the rule names".to_owned());
    }
    if !tier.missing_sources.is_empty() {
        lines.push(format!("the environment does not have {}", list(&tier.missing_sources)));
    }
    if !tier.lost_signals.is_empty() {
        lines.push(format!("without it there is no hit of {}", list(&tier.lost_signals)));
    }
    if !tier.lost_contexts.is_empty() {
        lines.push(format!("without it nothing is known of {}", list(&tier.lost_contexts)));
    }
    if let Some(reachable) = tier.reachable {
        lines.push(format!("the highest confidence within reach is {reachable}"));
    }
    lines
}

fn nonempty(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().replace('\n', "\n  "))
}

/// A text that was wrapped in its file.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
