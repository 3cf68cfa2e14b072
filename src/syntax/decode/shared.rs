//! What a rule and a `shared/` file have in common: `params`, `let`, `events`, `context`; and `schedule`.

use super::expression::{expression, literal};
use super::kit::{self, EXCLUDES, Fields, missing, missing_one, named};
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::source::Span;
use crate::source::yaml::{Kind, Node};
use crate::syntax::expr::{Expr, ExprKind};
use crate::syntax::rule::{Context, ContextForm, Event, Name, Param, Schedule, Shared};

/// Reads a file of `shared/`.
pub fn shared(node: &Node, findings: &mut Findings) -> Shared {
    let before = errors(findings);
    let Some(mut fields) = Fields::of(node, "a shared file", findings) else {
        return Shared { faulty: true, open: true, ..Shared::default() };
    };
    let mut shared = parts(&mut fields, findings);
    shared.open |= fields.has_unknown_map();
    fields.finish(findings);
    shared.faulty = errors(findings) > before;
    shared
}

pub(super) fn parts(fields: &mut Fields<'_>, findings: &mut Findings) -> Shared {
    let mut open = false;
    let params = section(fields, "params", "`params`", &mut open, findings, param);
    let lets = section(fields, "let", "`let`", &mut open, findings, expression);
    let events = section(fields, "events", "`events`", &mut open, findings, event);
    let contexts = section(fields, "context", "`context`", &mut open, findings, context);
    Shared { params, lets, events, contexts, open, faulty: false }
}

/// The definitions below a key; `open` becomes true where some of them could not be read, not even their names.
pub(super) fn section<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    what: &'static str,
    open: &mut bool,
    findings: &mut Findings,
    value: impl FnMut(&Node, &mut Findings) -> Option<T>,
) -> Vec<(Name, T)> {
    let Some(node) = fields.take(key, findings) else {
        *open |= fields.has(key);
        return Vec::new();
    };
    let read = named(node, what, findings, value);
    let written = if let Kind::Map(entries) = &node.kind { Some(entries.len()) } else { None };
    *open |= written != Some(read.len());
    read
}

/// How many errors were found so far.
pub(super) fn errors(findings: &Findings) -> usize {
    findings.all.iter().filter(|found| found.severity == Severity::Error).count()
}

/// Reads `params`.
pub fn params(node: &Node, findings: &mut Findings) -> Vec<(Name, Param)> {
    named(node, "`params`", findings, param)
}

#[expect(clippy::unnecessary_wraps, reason = "decoders of entries have one signature, and others find nothing to keep")]
fn param(node: &Node, findings: &mut Findings) -> Option<Param> {
    let faulty = Expr { kind: ExprKind::Faulty, span: node.span };
    let Some(mut fields) = Fields::of(node, "a parameter", findings) else {
        return Some(Param { default: faulty, min: None, max: None, about: None });
    };
    let span = fields.span;
    let default = fields.require("default", span, findings).and_then(|node| literal(node, findings));
    let min = fields.literal("min", findings);
    let max = fields.literal("max", findings);
    let about = fields.text("about", findings);
    fields.finish(findings);
    Some(Param { default: default.unwrap_or(faulty), min, max, about })
}

/// Reads `schedule`.
pub fn schedule(node: &Node, findings: &mut Findings) -> Option<Schedule> {
    let mut fields = Fields::of(node, "`schedule`", findings)?;
    let schedule = Schedule {
        every: fields.expression("every", findings),
        delay: fields.expression("delay", findings),
        span: node.span,
    };
    fields.finish(findings);
    Some(schedule)
}

#[expect(clippy::unnecessary_wraps, reason = "decoders of entries have one signature, and others find nothing to keep")]
fn event(node: &Node, findings: &mut Findings) -> Option<Event> {
    let Some(mut fields) = Fields::of(node, "an event", findings) else {
        return Some(Event { source: None, of: None, filter: None, span: node.span });
    };
    fields.exclusive("source", "of", findings);
    if !fields.has("source") && !fields.has("of") {
        findings.push(missing_one(&["source", "of"], "an event", node.span));
    }
    let event = Event {
        source: fields.name("source", findings),
        of: fields.name("of", findings),
        filter: fields.expression("where", findings),
        span: node.span,
    };
    fields.finish(findings);
    Some(event)
}

#[expect(clippy::unnecessary_wraps, reason = "decoders of entries have one signature, and others find nothing to keep")]
fn context(node: &Node, findings: &mut Findings) -> Option<Context> {
    let Some(mut fields) = Fields::of(node, "a context", findings) else {
        let (form, span) = (ContextForm::Absent, node.span);
        let (value, filter, by, within, known, include) = (None, None, None, None, None, None);
        return Some(Context { form, value, filter, by, within, known, include, span });
    };
    let form = form(&mut fields, findings);
    let value = fields.expression("value", findings);
    if let (Some(value), false) = (&value, matches!(form, ContextForm::Last(_) | ContextForm::Absent)) {
        only_with("value", "last", value.span, findings);
    }
    let known = fields.expression("known", findings);
    if let (Some(known), false) = (&known, matches!(form, ContextForm::None(_) | ContextForm::Absent)) {
        only_with("known", "none", known.span, findings);
    }
    let context = Context {
        form,
        value,
        filter: fields.expression("where", findings),
        by: fields.by(findings),
        within: fields.require("within", node.span, findings).and_then(|node| expression(node, findings)),
        known,
        include: fields.word("include", &["self"], findings),
        span: node.span,
    };
    fields.finish(findings);
    Some(context)
}

fn only_with(key: &str, form: &str, at: Span, findings: &mut Findings) {
    findings.push(
        Diagnostic::error(EXCLUDES, at, format!("`{key}` goes with `{form}` only")).help(format!("leave `{key}` out")),
    );
}

const FORMS: &[&str] = &["last", "none", "some", "count", "measure"];

fn form(fields: &mut Fields<'_>, findings: &mut Findings) -> ContextForm {
    let written: Vec<&str> = FORMS.iter().copied().filter(|form| fields.has(form)).collect();
    for other in written.iter().skip(1) {
        fields.exclusive(written.first().copied().unwrap_or(other), other, findings);
    }
    if written.is_empty() {
        findings.push(missing_one(FORMS, "a context", fields.span));
    }
    let mut found = ContextForm::Absent;
    for form in FORMS.iter().rev() {
        let read = match *form {
            "measure" => measure(fields, findings),
            "last" => fields.name(form, findings).map(ContextForm::Last),
            "none" => fields.name(form, findings).map(ContextForm::None),
            "some" => fields.name(form, findings).map(ContextForm::Some),
            _ => fields.name(form, findings).map(ContextForm::Count),
        };
        found = read.unwrap_or(found);
    }
    found
}

fn measure(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<ContextForm> {
    let measure = fields.expression("measure", findings);
    let of = fields.name("of", findings);
    if let (Some(of), false) = (&of, fields.has("measure")) {
        let message = "`of` goes with `measure` only";
        findings.push(
            Diagnostic::error(EXCLUDES, of.span, message)
                .help("name the event after `last`, `none`, `some` or `count`"),
        );
    }
    let measure: Expr = measure?;
    if of.is_none() && !fields.has("of") {
        findings.push(missing("of", "a context with `measure`", fields.key_span("measure")));
    }
    if !matches!(measure.kind, ExprKind::Call { .. } | ExprKind::Faulty) {
        let found = Diagnostic::error(kit::WRONG_KIND, measure.span, "expected a measure");
        findings.push(found.help("write one such as `distinct(device.id)` or `count()`"));
    }
    Some(ContextForm::Measure(measure, of))
}
