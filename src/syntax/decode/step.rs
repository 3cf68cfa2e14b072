//! One entry of a sequence's `steps`.

use super::expression::expression;
use super::kit::{self, EXCLUDES, Fields, missing_one};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::yaml::{Kind, Node};
use crate::syntax::rule::{Step, StepKind};

const FORMS: &[&str] = &["event", "any", "absent"];

/// `s`, `{event: s}`, `{any: [a, b]}`, `{absent: x}`, with `repeat`, `by` and `within` where they belong.
pub(super) fn step(node: &Node, findings: &mut Findings) -> Option<Step> {
    if let Kind::Scalar(_) = node.kind {
        let of = kit::name(node, findings)?;
        return Some(Step { kind: StepKind::Event { of, repeat: None }, by: None, span: node.span });
    }
    let mut fields = Fields::of(node, "a step", findings)?;
    for (index, one) in FORMS.iter().enumerate() {
        for other in FORMS.iter().skip(index + 1) {
            fields.exclusive(one, other, findings);
        }
    }
    let kind = kind(&mut fields, findings);
    let by = fields.by(findings);
    fields.finish(findings);
    Some(Step { kind: kind?, by, span: node.span })
}

fn kind(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<StepKind> {
    let span = fields.span;
    let event = fields.name("event", findings);
    let any = fields.names("any", findings);
    let absent = fields.name("absent", findings);
    let repeat = fields.expression("repeat", findings);
    let within = fields.take("within", findings).and_then(|node| expression(node, findings));
    if fields.has("absent") {
        only("repeat", repeat.as_ref().map(|repeat| repeat.span), "an absence", findings);
        return Some(StepKind::Absent { of: absent?, within });
    }
    only("within", within.map(|within| within.span), "a step that waits for an event", findings);
    if fields.has("event") {
        return Some(StepKind::Event { of: event?, repeat });
    }
    if fields.has("any") {
        return (!any.is_empty()).then_some(StepKind::Any { of: any, repeat });
    }
    findings.push(missing_one(FORMS, "a step", span).help("or the name of a stream alone"));
    None
}

fn only(key: &str, at: Option<crate::source::Span>, what: &str, findings: &mut Findings) {
    if let Some(at) = at {
        let message = format!("`{key}` does not go with {what}");
        findings.push(Diagnostic::error(EXCLUDES, at, message).help(format!("leave `{key}` out")));
    }
}
