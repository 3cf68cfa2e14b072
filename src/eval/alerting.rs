//! From hits of `detect` to alerts: exceptions, confidence with reasons and levels, `once_per`, texts and evidence.

use super::alert::{Alert, Evidence};
use super::confidence::ConfidenceCode;
use super::expression::{Code, Compiler};
use super::once_per::OncePer;
use super::row::{Item, in_order};
use super::template::TemplateCode;
use crate::ir::{Exception, Rule};
use crate::value::Value;
use std::sync::Arc;

/// An exception on hits.
#[derive(Debug)]
struct Excepting {
    when: Code,
    /// Milliseconds since the epoch, open.
    expires: Option<i64>,
    /// Hits at which it held so far.
    dropped: u64,
}

impl Excepting {
    fn new(exception: &Exception, compiler: &Compiler<'_>) -> Excepting {
        Excepting { when: compiler.expr(&exception.when), expires: exception.expires, dropped: 0 }
    }
}

/// What makes alerts of hits.
#[derive(Debug)]
pub struct Alerting {
    rule: Arc<Rule>,
    exceptions: Vec<Excepting>,
    confidence: ConfidenceCode,
    once_per: Option<OncePer>,
    title: TemplateCode,
    details: Vec<(String, Code)>,
    entities: Vec<(String, Code)>,
}

impl Alerting {
    /// Nothing reported yet.
    pub fn new(rule: &Arc<Rule>, compiler: &Compiler<'_>) -> Alerting {
        let named = |values: &[(String, crate::ir::Expr)]| {
            values.iter().map(|(name, expr)| (name.clone(), compiler.expr(expr))).collect()
        };
        Alerting {
            rule: Arc::clone(rule),
            exceptions: rule.exceptions.iter().map(|e| Excepting::new(e, compiler)).collect(),
            confidence: ConfidenceCode::new(rule, compiler),
            once_per: rule.alert.once_per.as_ref().map(|o| OncePer::new(o, compiler)),
            title: TemplateCode::new(&rule.alert.title, compiler),
            details: named(&rule.alert.details),
            entities: named(&rule.alert.entities),
        }
    }

    /// The hit's alert. None where an exception holds (such a hit does not use up `once_per`), where the confidence is below
    /// `alert_at`, or where `once_per` has had one.
    pub fn alert(&mut self, item: &Item, lets: &[Code]) -> Option<Alert> {
        let frame = item.frame(lets);
        let mut is_excepted = false;
        for exception in &mut self.exceptions {
            if exception.expires.is_none_or(|end| item.time() < end) && exception.when.test(&frame) {
                exception.dropped += 1;
                is_excepted = true;
            }
        }
        if is_excepted {
            return None;
        }
        let verdict = self.confidence.judge(&frame)?;
        let group = item.hit.as_ref().map(|h| h.group.clone()).unwrap_or_default();
        if self.once_per.as_mut().is_some_and(|o| !o.is_first(item.time(), &group, &frame)) {
            return None;
        }
        let values = |codes: &[(String, Code)]| -> Vec<(String, Value)> {
            codes.iter().map(|(name, code)| (name.clone(), code.value(&frame).into_owned())).collect()
        };
        let events = self.evidence(item);
        Some(Alert {
            rule: self.rule.name.clone(),
            id: self.rule.id.clone(),
            time: item.time(),
            first: events.first().map_or(item.time(), |e| e.time),
            group: group.names.iter().map(ToString::to_string).zip(group.values.iter().cloned()).collect(),
            values: values(&self.details),
            confidence: verdict.confidence,
            severity: verdict.severity,
            title: self.title.render(&frame),
            because: verdict.because,
            entities: values(&self.entities),
            events,
        })
    }

    /// For each exception on hits, in the rule's order: at how many hits it held.
    pub fn excepted(&self) -> impl Iterator<Item = u64> {
        self.exceptions.iter().map(|e| e.dropped)
    }

    fn evidence(&self, item: &Item) -> Vec<Evidence> {
        let mut rows = Vec::new();
        item.collect_events(&mut rows);
        let source = |id| self.rule.schema.source_at(id).map_or("", |(name, _)| name);
        in_order(rows)
            .iter()
            .map(|row| Evidence {
                source: source(row.event.source).to_owned(),
                time: row.event.time,
                line: row.event.line,
            })
            .collect()
    }
}
