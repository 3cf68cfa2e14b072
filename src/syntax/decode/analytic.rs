//! `detect` and `signals`: which analytic, and its settings.

use super::expression::expression;
use super::history;
use super::kit::{self, EXCLUDES, Fields, NO_VALUE, either, list, map, named, suggestion, wrong_kind};
use super::step::step;
use crate::diagnostic::{Code, Diagnostic, Findings};
use crate::source::Span;
use crate::source::yaml::{Entry, Kind, Node};
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Analytic, AnalyticKind, Name, Weight, Window, Windowed};

/// Neither an analytic nor a stream's name.
pub const NOT_AN_ANALYTIC: Code = Code("E0309");

const ANALYTICS: &[&str] =
    &["match", "any", "threshold", "cadence", "together", "evidence", "sequence", "baseline", "novelty"];

/// Reads an analytic, or the name of a stream. One that cannot be read is [`AnalyticKind::Faulty`]: its name stays declared.
#[expect(clippy::unnecessary_wraps, reason = "decoders of entries have one signature, and others find nothing to keep")]
pub(super) fn analytic(node: &Node, findings: &mut Findings) -> Option<Analytic> {
    Some(read(node, findings).unwrap_or(Analytic { kind: AnalyticKind::Faulty, span: node.span }))
}

fn read(node: &Node, findings: &mut Findings) -> Option<Analytic> {
    if let Kind::Scalar(_) = node.kind {
        let name = kit::name(node, findings)?;
        return Some(Analytic { span: name.span, kind: AnalyticKind::Stream(name) });
    }
    let entries = match &node.kind {
        Kind::Map(entries) => entries,
        Kind::Refused => return None,
        _ => {
            findings.push(wrong_kind(node, "an analytic or a name").help("several streams are `{any: [a, b]}`"));
            return None;
        }
    };
    let mut named = entries.iter().filter(|entry| is_analytic(&entry.key.value));
    let Some(entry) = named.next() else {
        findings.push(not_an_analytic(node, entries));
        return None;
    };
    for other in named {
        let message = format!("`{}` and `{}` are two analytics", entry.key.value, other.key.value);
        let found = Diagnostic::error(EXCLUDES, other.key.whole, message).related(entry.key.whole, "the other one");
        findings.push(found.help("give each a name under `signals`, and detect `{any: [a, b]}`"));
    }
    Some(Analytic { kind: kind(node, entry, findings)?, span: entry.key.whole })
}

fn is_analytic(key: &str) -> bool {
    ANALYTICS.contains(&key)
}

fn not_an_analytic(node: &Node, entries: &[Entry]) -> Diagnostic {
    match entries.first() {
        Some(entry) => {
            let message = format!("`{}` is not an analytic", entry.key.value);
            Diagnostic::error(NOT_AN_ANALYTIC, entry.key.whole, message).help(suggestion(&entry.key.value, ANALYTICS))
        }
        None => Diagnostic::error(NOT_AN_ANALYTIC, node.span, "the map is empty")
            .help(format!("expected {}", either(ANALYTICS))),
    }
}

/// `match` and `any` have their settings beside them, the others below.
fn kind(node: &Node, entry: &Entry, findings: &mut Findings) -> Option<AnalyticKind> {
    match entry.key.value.as_str() {
        "match" => match_(node, findings),
        "any" => any(node, findings),
        name => {
            for other in others(node, &[name]) {
                findings.push(
                    kit::unknown_key(&other.key, &format!("the map around `{name}`"), &[], node.flow)
                        .help(format!("indent it below `{name}`")),
                );
            }
            let fields = settings(&entry.value, &entry.key.value, entry.key.whole, findings)?;
            let at = entry.key.whole;
            Some(match name {
                "threshold" => {
                    let (of, windowed) = measured(fields, at, findings);
                    AnalyticKind::Threshold { of, windowed }
                }
                "cadence" => {
                    let (of, windowed) = measured(fields, at, findings);
                    AnalyticKind::Cadence { of, windowed }
                }
                "baseline" => history::baseline(fields, at, findings),
                "novelty" => history::novelty(fields, at, findings),
                "together" => together(fields, at, findings),
                "evidence" => evidence(fields, at, findings),
                _ => sequence(fields, at, findings)?,
            })
        }
    }
}

/// Keys beside an analytic that are neither its own nor another analytic (which is reported already).
fn others<'a>(node: &'a Node, own: &'a [&str]) -> impl Iterator<Item = &'a Entry> {
    let entries: &[Entry] = match &node.kind {
        Kind::Map(entries) => entries,
        _ => &[],
    };
    entries.iter().filter(move |entry| !own.contains(&entry.key.value.as_str()) && !is_analytic(&entry.key.value))
}

fn settings<'a>(node: &'a Node, name: &str, at: Span, findings: &mut Findings) -> Option<Fields<'a>> {
    if node.is_null() {
        findings.push(Diagnostic::error(NO_VALUE, at, format!("`{name}` has no settings")));
        return None;
    }
    let what = match name {
        "threshold" => "`threshold`",
        "cadence" => "`cadence`",
        "baseline" => "`baseline`",
        "novelty" => "`novelty`",
        "together" => "`together`",
        "evidence" => "`evidence`",
        "match" => "`match`",
        "any" => "`any`",
        _ => "`sequence`",
    };
    Fields::of(node, what, findings)
}

fn match_(node: &Node, findings: &mut Findings) -> Option<AnalyticKind> {
    for other in others(node, &["match", "where", "by"]) {
        findings.push(kit::unknown_key(&other.key, "`match`", &["match", "where", "by"], node.flow));
    }
    let mut fields = Fields::of(node, "`match`", findings)?;
    let of = fields.name("match", findings);
    let filter = fields.expression("where", findings);
    let by = fields.by(findings);
    Some(AnalyticKind::Match { of: of?, filter, by })
}

fn any(node: &Node, findings: &mut Findings) -> Option<AnalyticKind> {
    for other in others(node, &["any", "by"]) {
        findings.push(kit::unknown_key(&other.key, "`any`", &["any", "by"], node.flow));
    }
    let mut fields = Fields::of(node, "`any`", findings)?;
    let of = fields.names("any", findings);
    let by = fields.by(findings);
    (!of.is_empty()).then_some(AnalyticKind::Any { of, by })
}

/// What `threshold` and `cadence` have.
fn measured(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> (Option<Name>, Windowed) {
    let of = fields.require("of", at, findings).and_then(|node| kit::name(node, findings));
    let mut windowed = windowed(&mut fields, at, findings);
    if let Some(node) = fields.take("measures", findings) {
        windowed.measures = named(node, "`measures`", findings, expression);
    }
    windowed.having = fields.require("having", at, findings).and_then(|node| expression(node, findings));
    fields.finish(findings);
    (of, windowed)
}

fn together(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> AnalyticKind {
    let of = fields.require("of", at, findings).map(|node| kit::names(node, findings)).unwrap_or_default();
    let at_least = fields.expression("at_least", findings);
    let after = fields.name("after", findings);
    let windowed = windowed(&mut fields, at, findings);
    fields.finish(findings);
    AnalyticKind::Together { of, at_least, after, windowed }
}

fn evidence(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> AnalyticKind {
    let of = fields.require("of", at, findings).map(|node| weights(node, "`of`", findings)).unwrap_or_default();
    let when = fields.take("when", findings).map(|node| weights(node, "`when`", findings)).unwrap_or_default();
    let alert_at: Option<Expr> = fields.require("alert_at", at, findings).and_then(|node| expression(node, findings));
    let windowed = windowed(&mut fields, at, findings);
    fields.finish(findings);
    AnalyticKind::Evidence { of, when, alert_at, windowed }
}

/// Nothing where a step cannot be read: the others alone are another chain.
fn sequence(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> Option<AnalyticKind> {
    let by = fields.by(findings);
    let within = fields.require("within", at, findings).and_then(|node| expression(node, findings));
    let steps = fields.require("steps", at, findings).and_then(|node| list(node, findings)).unwrap_or_default();
    let steps: Vec<_> = steps.iter().map(|node| step(node, findings)).collect();
    let until: Option<Name> = fields.name("until", findings);
    let filter = fields.expression("where", findings);
    fields.finish(findings);
    let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
    Some(AnalyticKind::Sequence { by, within, steps, until, filter })
}

fn windowed(fields: &mut Fields<'_>, at: Span, findings: &mut Findings) -> Windowed {
    Windowed {
        filter: fields.expression("where", findings),
        by: fields.by(findings),
        within: fields.require("within", at, findings).and_then(|node| expression(node, findings)),
        window: fields.take("window", findings).and_then(|node| window(node, findings)),
        fires: fields.word("fires", &["rise"], findings),
        ..Windowed::default()
    }
}

fn window(node: &Node, findings: &mut Findings) -> Option<Window> {
    if let Kind::Map(_) = node.kind {
        let mut fields = Fields::of(node, "`window`", findings)?;
        let every = fields.require("every", node.span, findings).and_then(|node| expression(node, findings));
        fields.finish(findings);
        return Some(Window::Every(every?, node.span));
    }
    let word = kit::text(node, findings)?;
    let words = ["sliding", "tumbling"];
    if words.contains(&word.value.as_str()) {
        return Some(Window::Word(word));
    }
    let found = Diagnostic::error(kit::UNKNOWN_WORD, word.span, format!("`{}` is not a kind of window", word.value));
    findings.push(found.help("expected `sliding`, `tumbling` or `{ every: 10m }` (hopping)"));
    None
}

fn weights(node: &Node, what: &str, findings: &mut Findings) -> Vec<(Name, Weight)> {
    if map(node, what, findings).is_some_and(<[Entry]>::is_empty) {
        findings.push(Diagnostic::error(NO_VALUE, node.span, format!("{what} is empty")));
        return Vec::new();
    }
    match node.kind {
        Kind::Map(_) => named(node, what, findings, weight),
        _ => Vec::new(),
    }
}

/// `{ weight, because }`; a number alone is a weight without a reason of its own.
fn weight(node: &Node, findings: &mut Findings) -> Option<Weight> {
    if let Kind::Scalar(_) = node.kind {
        let weight = expression(node, findings)?;
        return Some(Weight { weight: Some(weight), because: None, span: node.span });
    }
    let Some(mut fields) = Fields::of(node, "a weight", findings) else {
        return Some(Weight { weight: None, because: None, span: node.span });
    };
    let weight = Weight {
        weight: fields.require("weight", node.span, findings).and_then(|node| expression(node, findings)),
        because: fields.text("because", findings),
        span: node.span,
    };
    fields.finish(findings);
    Some(weight)
}
