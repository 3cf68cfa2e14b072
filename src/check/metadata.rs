//! What people read about a rule, and when it runs.

use super::checker::Checker;
use super::codes;
use super::confidence::LEVELS;
use crate::ir::{About, Level, Schedule};
use crate::syntax::rule::Name;

/// Where neither the rule nor the pack says, milliseconds.
pub(super) const EVERY: i64 = 15 * 60_000;
/// Where neither the rule nor the pack says, milliseconds.
pub(super) const DELAY: i64 = 5 * 60_000;

impl Checker<'_> {
    /// The metadata, with what is wrong or missing in it.
    pub fn about(&mut self) -> About {
        let rule = self.rule;
        self.missing_metadata();
        let severity = rule.severity.as_ref().and_then(|s| LEVELS.iter().find(|(n, _)| *n == s.value)).map(|(_, l)| *l);
        let text = |n: &Option<Name>| n.as_ref().map(|n| n.value.clone()).unwrap_or_default();
        let texts = |n: &[Name]| n.iter().map(|n| n.value.clone()).collect::<Vec<_>>();
        About {
            title: text(&rule.title),
            status: rule.status.as_ref().map_or_else(|| "experimental".to_owned(), |s| s.value.clone()),
            severity: severity.unwrap_or(Level::Medium),
            attack: rule.attack.iter().map(|(kind, ids)| (kind.value.clone(), texts(ids))).collect(),
            description: text(&rule.description),
            false_positives: texts(&rule.false_positives),
            blind_spots: texts(&rule.blind_spots),
            response: text(&rule.response),
            references: texts(&rule.references),
        }
    }

    fn missing_metadata(&mut self) {
        let rule = self.rule;
        let span = rule.name.as_ref().map_or(rule.span, |n| n.span);
        let missing = [
            (
                rule.id.is_none(),
                "id",
                "a UUID that never changes, so that a product knows the rule again; `siemc new` makes one",
            ),
            (rule.title.is_none(), "title", "one line that says what was seen"),
            (rule.status.is_none(), "status", "`experimental`, `test`, `stable` or `deprecated`"),
            (rule.severity.is_none(), "severity", "`informational`, `low`, `medium`, `high` or `critical`"),
            (rule.description.is_none(), "description", "what the behaviour is and why it matters"),
            (rule.attack.is_empty(), "attack", "the ATT&CK techniques and analytics that it serves"),
            (rule.false_positives.is_empty(), "false_positives", "what else looks like this"),
            (rule.blind_spots.is_empty(), "blind_spots", "what it cannot see, and why"),
            (rule.response.is_none(), "response", "what the analyst does first"),
        ];
        for (is_missing, name, help) in missing {
            // One that is there and could not be read was told.
            if is_missing && !rule.keys.iter().any(|key| key == name) {
                self.warn(codes::MISSING_METADATA, span, format!("the rule has no `{name}`"), help);
            }
        }
    }

    /// `schedule:`, the pack's where the rule does not say.
    pub fn schedule(&mut self) -> Schedule {
        let (own, pack) = (self.rule.schedule.as_ref(), self.pack.defaults.schedule.as_ref());
        let every = own.and_then(|s| s.every.as_ref()).or_else(|| pack.and_then(|s| s.every.as_ref()));
        let delay = own.and_then(|s| s.delay.as_ref()).or_else(|| pack.and_then(|s| s.delay.as_ref()));
        let every = every.map_or(Some(EVERY), |e| self.duration(e, "`every` of the schedule", 1));
        let delay = delay.map_or(Some(DELAY), |d| self.duration(d, "`delay` of the schedule", 0));
        Schedule { every: every.unwrap_or(EVERY), delay: delay.unwrap_or(DELAY) }
    }

    /// `requires:` names sources.
    pub fn check_requires(&mut self) {
        for source in &self.rule.requires {
            self.source_named(source);
        }
    }
}
