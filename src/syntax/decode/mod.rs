//! From YAML nodes to the surface rule, key by key.
//!
//! In: [`crate::source::yaml::Node`]s. Out: the trees of [`super::rule`], and a finding for every key and value that does not fit.
//! This room must never know a schema, nor what a name stands for.
//!
//! A value that is an expression (`where`, `within`, `having`, a weight, an entry of `let`) is parsed as one whether or not YAML
//! quotes it: quotes there only protect it from YAML. A YAML list in such a place is a list literal. In `params` the values are
//! literals: there a quoted YAML text is a string, and an unquoted word is an error rather than a name.

mod alert;
mod analytic;
mod expression;
mod history;
pub mod kit;
mod metadata;
mod shared;
mod step;

pub use alert::{exceptions, once_per};
pub use analytic::NOT_AN_ANALYTIC;
pub use expression::{NOT_A_LITERAL, expression, literal};
pub use metadata::{NOT_A_UUID, NOT_AN_ATTACK_ID};
pub use shared::{params, schedule, shared};

use super::rule::{At, By, Key, Rule};
use crate::diagnostic::Findings;
use crate::source::yaml::{Kind, Node};
use kit::Fields;

/// Reads a rule file. What could not be read is absent from the result, and in `findings`.
pub fn rule(node: &Node, findings: &mut Findings) -> Rule {
    let before = shared::errors(findings);
    let mut rule = Rule { span: node.span, ..Rule::default() };
    let Some(mut fields) = Fields::of(node, "a rule", findings) else {
        (rule.shared.faulty, rule.shared.open) = (true, true);
        return rule;
    };
    rule.keys = fields.keys().map(str::to_owned).collect();
    let top = crate::source::Span::new(node.span.file, node.span.start, node.span.start);
    metadata::read(&mut rule, &mut fields, top, findings);
    rule.uses = fields.texts("use", findings);
    rule.requires = fields.take("requires", findings).map(|node| kit::names(node, findings)).unwrap_or_default();
    rule.if_unavailable = fields.word("if_unavailable", &["ignore"], findings);
    rule.schedule = fields.take("schedule", findings).and_then(|node| schedule(node, findings));
    rule.shared = shared::parts(&mut fields, findings);
    rule.scope = fields.expression("scope", findings);
    let open = &mut rule.shared.open;
    rule.signals = shared::section(&mut fields, "signals", "`signals`", open, findings, analytic::analytic);
    rule.detect = fields.require("detect", top, findings).and_then(|node| analytic::analytic(node, findings));
    let span = fields.key_span("confidence");
    rule.confidence = fields.take("confidence", findings).and_then(|node| alert::confidence(node, span, findings));
    let span = fields.key_span("alert");
    rule.alert = fields.take("alert", findings).and_then(|node| alert::alert(node, span, findings));
    rule.exceptions = fields.take("exceptions", findings).map(|node| exceptions(node, findings)).unwrap_or_default();
    rule.shared.open |= fields.has_unknown_map();
    fields.finish(findings);
    rule.shared.faulty = shared::errors(findings) > before;
    rule
}

/// Reads `by`: `device.id`, `[device.id, app.id]`, `{ device: [device.id, host.id] }`, or a list with such maps in it.
pub fn by(node: &Node, findings: &mut Findings) -> Option<By> {
    let mut keys = Vec::new();
    match &node.kind {
        Kind::Seq(_) => {
            for item in kit::list(node, findings)? {
                keys_of(item, &mut keys, findings);
            }
        }
        _ => keys_of(node, &mut keys, findings),
    }
    (!keys.is_empty()).then_some(At { value: keys, span: node.span })
}

fn keys_of(node: &Node, keys: &mut Vec<Key>, findings: &mut Findings) {
    if let Kind::Map(_) = node.kind {
        let labelled = kit::named(node, "a key of `by`", findings, |node, findings| Some(kit::names(node, findings)));
        let with_fields = labelled.into_iter().filter(|(_, fields)| !fields.is_empty());
        keys.extend(with_fields.map(|(label, fields)| Key { span: label.span, label: Some(label), fields }));
    } else if let Some(name) = kit::name(node, findings) {
        keys.push(Key { label: None, span: name.span, fields: vec![name] });
    }
}

#[cfg(test)]
mod tests;
