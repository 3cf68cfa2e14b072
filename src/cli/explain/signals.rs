//! Analytics in sentences, with their windows.

use super::words::{by, condition, listed};
use super::written;
use crate::ir::{
    Analytic, Baseline, Input, Keys, Measure, Novelty, Rule, Sequence, StreamRef, Template, TemplatePiece, Weighed,
    Window,
};
use crate::syntax::print::duration;

/// What a signal looks for; the first line begins with its name.
pub fn lines(rule: &Rule, name: &str, analytic: &Analytic) -> Vec<String> {
    let (said, more) = match analytic {
        Analytic::Match { of, keys } => (
            format!("every {}{}{}", stream(rule, of.stream), by(keys), filtered(of)),
            condition(rule, of.filter.as_ref()),
        ),
        Analytic::Any { of, keys } => (any(rule, of, keys.as_ref()), Vec::new()),
        Analytic::Threshold { of, keys, window, measures, having } => {
            let said = format!("{}{}, {}{}", when(*window), by(keys), of_input(rule, of), "; a hit where");
            let mut more = vec![format!("    {}", written::text(rule, having))];
            more.extend(named(rule, measures));
            more.extend(inputs(rule, std::slice::from_ref(of)));
            (said, more)
        }
        Analytic::Together { of, keys, window, at_least, after } => {
            (together(rule, of, keys, *window, *at_least, *after), inputs(rule, of))
        }
        Analytic::Evidence { of, when: contexts, keys, window, alert_at } => {
            let said = format!("{}{}, evidence that adds up to at least {alert_at} of", when(*window), by(keys));
            let mut more: Vec<String> = of.iter().map(|w| weight(rule, stream(rule, w.what.stream), w)).collect();
            let context = |id: crate::ir::ContextId| rule.contexts.get(id.index()).map_or("", |c| &c.name);
            more.extend(contexts.iter().map(|w| weight(rule, context(w.what), w)));
            let filters: Vec<Input> = of.iter().map(|w| w.what.clone()).collect();
            more.extend(inputs(rule, &filters));
            (said, more)
        }
        Analytic::Sequence(sequence) => steps(rule, sequence),
        Analytic::Baseline(baseline) => history(rule, baseline),
        Analytic::Novelty(novelty) => first_sight(rule, novelty),
    };
    std::iter::once(format!("{name}: {said}")).chain(more).collect()
}

fn history(rule: &Rule, b: &Baseline) -> (String, Vec<String>) {
    let whose = match &b.against {
        None => "the group's own earlier ones".to_owned(),
        Some(places) => {
            let names: Vec<&str> = places.iter().filter_map(|p| b.keys.0.get(*p)).map(|k| k.name.as_str()).collect();
            format!("the earlier ones of every group with the same {}", listed(&names, "and"))
        }
    };
    let season = b.season.map_or_else(String::new, |s| format!(" of the same {}", s.name().replace('_', " ")));
    let said = format!(
        "at the end of each {} in which there is one of {}{}, {} against {whose}{season} within {}; a hit where",
        duration(b.per),
        of_input(rule, &b.of),
        by(&b.keys),
        written::measure(rule, &b.measure),
        duration(b.history),
    );
    let mut more = vec![format!("    {}", written::text(rule, &b.having))];
    more.extend(inputs(rule, std::slice::from_ref(&b.of)));
    (said, more)
}

fn first_sight(rule: &Rule, n: &Novelty) -> (String, Vec<String>) {
    let names: Vec<&str> = n.value.0.iter().map(|k| k.name.as_str()).collect();
    let known = n.known.unwrap_or(n.of.stream);
    let said = format!(
        "{}{}, the first in {} with its {}, where {} was seen at least {} before",
        of_input(rule, &n.of),
        by(&n.keys),
        duration(n.history),
        listed(&names, "and"),
        stream(rule, known),
        duration(n.learn),
    );
    (said, inputs(rule, std::slice::from_ref(&n.of)))
}

fn stream(rule: &Rule, of: StreamRef) -> &str {
    rule.stream_name(of)
}

fn filtered(of: &Input) -> &'static str {
    if of.filter.is_some() { " where" } else { "" }
}

fn of_input(rule: &Rule, of: &Input) -> String {
    format!("the events of {}", stream(rule, of.stream))
}

fn any(rule: &Rule, of: &[StreamRef], keys: Option<&Keys>) -> String {
    let names: Vec<&str> = of.iter().map(|s| stream(rule, *s)).collect();
    match keys {
        None => format!("every hit of {}", listed(&names, "or")),
        Some(keys) => format!("every hit of {}{}; those of one time are one hit", listed(&names, "or"), by(keys)),
    }
}

fn when(window: Window) -> String {
    match window {
        Window::Sliding { within, rise: false } => format!("in the {} up to an event", duration(within)),
        Window::Sliding { within, rise: true } => {
            format!("in the {} up to an event, where it did not hold at the event before", duration(within))
        }
        Window::Tumbling { size } => format!("in each {} from the epoch on", duration(size)),
        Window::Hopping { size, every } => {
            format!("in each window of {}, one every {}", duration(size), duration(every))
        }
    }
}

fn together(rule: &Rule, of: &[Input], keys: &Keys, window: Window, least: u32, after: Option<StreamRef>) -> String {
    let names: Vec<&str> = of.iter().map(|i| stream(rule, i.stream)).collect();
    let how = if least as usize == of.len() { "each".to_owned() } else { format!("at least {least}") };
    let after = after.map(|s| format!(", all later than one {} there", stream(rule, s))).unwrap_or_default();
    format!("{}{}, an event of {how} of {}{after}", when(window), by(keys), listed(&names, "and"))
}

fn named(rule: &Rule, measures: &[Measure]) -> Vec<String> {
    let own = |m: &Measure| m.name.as_ref().map(|name| format!("    {name} = {}", written::measure(rule, m)));
    measures.iter().filter_map(own).collect()
}

/// The conditions under which an analytic takes its events.
fn inputs(rule: &Rule, of: &[Input]) -> Vec<String> {
    let one = |input: &Input| {
        let filter = input.filter.as_ref()?;
        Some(format!("    of {} only where {}", stream(rule, input.stream), written::text(rule, filter)))
    };
    of.iter().filter_map(one).collect()
}

fn weight<T>(rule: &Rule, name: &str, weighed: &Weighed<T>) -> String {
    let because = weighed.because.as_ref().map(|t| format!(": {}", template(rule, t))).unwrap_or_default();
    format!("    {:>3} {name}{because}", weighed.weight)
}

fn steps(rule: &Rule, sequence: &Sequence) -> (String, Vec<String>) {
    let keys = sequence.steps.first().map(|s| by(&s.keys)).unwrap_or_default();
    let said = format!("in order within {}{keys}", duration(sequence.within));
    let mut lines = Vec::new();
    if let Some(absent) = &sequence.absent_first {
        lines.push(format!("no {} in the {} before", stream(rule, absent.stream), duration(absent.within)));
    }
    for (place, step) in sequence.steps.iter().enumerate() {
        for gap in &step.absent_before {
            lines.push(format!("no {} in between", stream(rule, gap.stream)));
        }
        let names: Vec<&str> = step.of.iter().map(|s| stream(rule, *s)).collect();
        let then = if place == 0 { "" } else { "then " };
        let filter = step.filter.as_ref().map(|f| format!(" where {}", written::text(rule, f))).unwrap_or_default();
        lines.push(format!("{then}{}{filter}", listed(&names, "or")));
    }
    if let Some(absent) = &sequence.absent_last {
        lines.push(format!("then no {} for {}", stream(rule, absent.stream), duration(absent.within)));
    }
    if let Some(until) = &sequence.until {
        lines.push(format!("with no {} from the first to the last", stream(rule, until.stream)));
    }
    (said, lines.into_iter().map(|line| format!("    {line}")).collect())
}

/// A text as the rule wrote it.
pub fn template(rule: &Rule, template: &Template) -> String {
    let piece = |piece: &TemplatePiece| match piece {
        TemplatePiece::Text(text) => text.clone(),
        TemplatePiece::Value(expr) => format!("{{{{{}}}}}", written::text(rule, expr)),
    };
    template.0.iter().map(piece).collect()
}
