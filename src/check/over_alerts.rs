//! Rules over alerts: they read nothing else, and wait until the alerts are there.

use super::checker::Checker;
use super::codes;
use super::metadata::{DELAY, EVERY};
use super::params::duration_text;
use super::reach::Keep;
use crate::ir::{self, ExprKind, Rule};
use crate::pack::{RuleFile, alerts};
use crate::syntax::expr::{Expr, ExprKind as Written, Literal};
use crate::value::Value;

impl Checker<'_> {
    /// Reports a rule over alerts that reads events too, or that runs before the alerts are there.
    pub fn check_over_alerts(&mut self, rule: &Rule, keep: &Keep) {
        let Some(alerts) = self.schema.source(alerts::SOURCE) else { return };
        let kept = || keep.events.iter().filter_map(|id| Some((*id, rule.events.get(id.index())?)));
        let Some((_, over)) = kept().find(|(_, event)| event.source == alerts) else { return };
        if let Some((id, other)) = kept().find(|(_, event)| event.source != alerts) {
            let declared = self.names.events.get(id.0).and_then(|d| d.item.source.as_ref());
            let message = format!(
                "`{}` reads alerts and `{}` reads `{}`: a rule over alerts reads nothing else",
                over.name,
                other.name,
                self.source_name(other.source)
            );
            let help =
                "an alert is there only once its rule has run: alert on each part, and combine their alerts here";
            self.error_help::<()>(codes::ALERTS_BESIDE, declared.map_or(other.span, |s| s.span), message, help);
            return;
        }
        self.waits(rule, &named_rules(rule, keep));
    }

    /// Whether the rule's delay lets the alerts of the others come.
    fn waits(&mut self, rule: &Rule, named: &[String]) {
        let is_read = |file: &&RuleFile| {
            !alerts::reads_alerts(file)
                && file.rule.name.as_ref().is_some_and(|n| named.is_empty() || named.contains(&n.value))
        };
        let latest =
            self.pack.rules.iter().filter(is_read).filter_map(|f| self.latest(f)).max_by_key(|(late, _)| *late);
        let Some((late, name)) = latest.filter(|(late, _)| *late > rule.schedule.delay) else { return };
        let message = format!(
            "an alert of `{name}` may come `{}` after its time, and this rule waits `{}`",
            duration_text(late),
            duration_text(rule.schedule.delay)
        );
        let span = self.rule.schedule.as_ref().map_or(self.rule.span, |s| s.delay.as_ref().map_or(s.span, |d| d.span));
        self.warn(codes::ALERTS_LATE, span, message, format!("write `delay: {}`, or more", duration_text(late)));
    }

    /// How long after its time an alert of a rule may come, with the rule's name; none where its schedule is not written in literals.
    fn latest(&self, file: &RuleFile) -> Option<(i64, String)> {
        let (own, pack) = (file.rule.schedule.as_ref(), self.pack.defaults.schedule.as_ref());
        let every = own.and_then(|s| s.every.as_ref()).or_else(|| pack.and_then(|s| s.every.as_ref()));
        let delay = own.and_then(|s| s.delay.as_ref()).or_else(|| pack.and_then(|s| s.delay.as_ref()));
        let late = every.map_or(Some(EVERY), literal)?.checked_add(delay.map_or(Some(DELAY), literal)?)?;
        Some((late, file.rule.name.as_ref()?.value.clone()))
    }
}

fn literal(expr: &Expr) -> Option<i64> {
    if let Written::Literal(Literal::Duration(ms)) = expr.kind { Some(ms) } else { None }
}

/// The texts in the selections of alerts: names of rules among them. None: every rule's alerts may be read.
fn named_rules(rule: &Rule, keep: &Keep) -> Vec<String> {
    let mut names = Vec::new();
    let mut every = false;
    for event in keep.events.iter().filter_map(|id| rule.events.get(id.index())) {
        let before = names.len();
        if let Some(filter) = &event.filter {
            filter.visit(&mut |e: &ir::Expr| {
                if let ExprKind::Const(Value::String(text)) = &e.kind {
                    names.push(text.to_string());
                }
            });
        }
        every |= names.len() == before;
    }
    if every { Vec::new() } else { names }
}
