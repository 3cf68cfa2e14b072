//! `confidence`, `alert` and `exceptions`: what becomes of a hit.

use super::expression::expression;
use super::kit::{Fields, UNKNOWN_WORD, list, missing, named, suggestion};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::source::yaml::{Kind, Node};
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Alert, Confidence, Exception, Name, OncePer, Raise};

pub(super) fn confidence(node: &Node, span: Span, findings: &mut Findings) -> Option<Confidence> {
    let mut fields = Fields::of(node, "`confidence`", findings)?;
    let confidence = Confidence {
        base: fields.expression("base", findings),
        raise: fields.each("raise", findings, raise),
        alert_at: fields.expression("alert_at", findings),
        levels: fields.take("levels", findings).map(|node| levels(node, findings)).unwrap_or_default(),
        span,
    };
    fields.finish(findings);
    Some(confidence)
}

const SEVERITIES: &[&str] = &["informational", "low", "medium", "high", "critical"];

fn levels(node: &Node, findings: &mut Findings) -> Vec<(Name, Expr)> {
    let levels = named(node, "`levels`", findings, expression);
    for (name, _) in levels.iter().filter(|(name, _)| !SEVERITIES.contains(&name.value.as_str())) {
        let found = Diagnostic::error(UNKNOWN_WORD, name.span, format!("`{}` is not a severity", name.value));
        findings.push(found.help(suggestion(&name.value, SEVERITIES)));
    }
    levels
}

#[expect(clippy::unnecessary_wraps, reason = "decoders of entries have one signature, and others find nothing to keep")]
fn raise(node: &Node, findings: &mut Findings) -> Option<Raise> {
    let Some(mut fields) = Fields::of(node, "an entry of `raise`", findings) else {
        return Some(Raise { when: None, by: None, because: None, span: node.span });
    };
    let raise = Raise {
        when: fields.require("when", node.span, findings).and_then(|node| expression(node, findings)),
        by: fields.require("by", node.span, findings).and_then(|node| expression(node, findings)),
        because: fields.text("because", findings),
        span: node.span,
    };
    fields.finish(findings);
    Some(raise)
}

pub(super) fn alert(node: &Node, span: Span, findings: &mut Findings) -> Option<Alert> {
    let mut fields = Fields::of(node, "`alert`", findings)?;
    fields.exclusive("once_per", "throttle", findings);
    let expressions = |fields: &mut Fields<'_>, key, what, findings: &mut Findings| {
        fields.take(key, findings).map(|node| named(node, what, findings, expression)).unwrap_or_default()
    };
    let alert = Alert {
        title: fields.text("title", findings),
        details: expressions(&mut fields, "details", "`details`", findings),
        entities: expressions(&mut fields, "entities", "`entities`", findings),
        once_per: fields.take("once_per", findings).and_then(|node| once_per(node, findings)),
        throttle: fields.expression("throttle", findings),
        span,
    };
    fields.finish(findings);
    Some(alert)
}

/// Reads `once_per`: a duration, or `{ every, by }`.
pub fn once_per(node: &Node, findings: &mut Findings) -> Option<OncePer> {
    if !matches!(node.kind, Kind::Map(_)) {
        let every = expression(node, findings)?;
        return Some(OncePer { every: Some(every), by: None, span: node.span });
    }
    let mut fields = Fields::of(node, "`once_per`", findings)?;
    let every = fields.require("every", node.span, findings).and_then(|node| expression(node, findings));
    let by = fields.by(findings);
    fields.finish(findings);
    Some(OncePer { every, by, span: node.span })
}

/// Reads a list of exceptions; those of a pack or an environment may name a `rule`.
pub fn exceptions(node: &Node, findings: &mut Findings) -> Vec<Exception> {
    let items = list(node, findings).unwrap_or_default();
    items.iter().filter_map(|item| exception(item, findings)).collect()
}

fn exception(node: &Node, findings: &mut Findings) -> Option<Exception> {
    let mut fields = Fields::of(node, "an exception", findings)?;
    let mut text = |key: &'static str, needed: bool, findings: &mut Findings| {
        if needed && !fields.has(key) {
            findings.push(missing(key, "an exception", node.span));
        }
        fields.text(key, findings)
    };
    let name = text("name", true, findings);
    let rule = text("rule", false, findings);
    let owner = text("owner", false, findings);
    let reason = text("reason", false, findings);
    let expires = text("expires", false, findings);
    let when = fields.require("when", node.span, findings).and_then(|node| expression(node, findings));
    let on = fields.word("on", &["event", "hit"], findings);
    fields.finish(findings);
    Some(Exception { name, rule, when, on, owner, reason, expires, span: node.span })
}
