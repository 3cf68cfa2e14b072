//! Confidence: the base, or an evidence's sum, plus every raise that holds, clamped to 0..=100.

use super::expression::{Code, Compiler, Frame};
use super::template::TemplateCode;
use crate::ir::{Level, Rule};

/// How sure an alert is, ready to be asked.
#[derive(Debug)]
pub struct ConfidenceCode {
    /// None where the rule has no `confidence`.
    base: Option<i64>,
    raises: Vec<(Code, i64, Option<TemplateCode>)>,
    alert_at: i64,
    /// Ascending lower bounds.
    levels: Vec<(Level, i64)>,
    severity: Level,
}

/// How sure one alert is.
#[derive(Debug)]
pub struct Verdict {
    /// 0 to 100; none where neither the rule nor an evidence says.
    pub confidence: Option<i64>,
    /// By the levels, else the rule's.
    pub severity: Level,
    /// Reasons: the evidence's, then the raises'.
    pub because: Vec<String>,
}

impl ConfidenceCode {
    /// Ready to be asked.
    pub fn new(rule: &Rule, compiler: &Compiler<'_>) -> ConfidenceCode {
        let confidence = rule.confidence.as_ref();
        let raises = confidence.iter().flat_map(|c| &c.raise);
        let mut levels = confidence.map_or(Vec::new(), |c| c.levels.clone());
        levels.sort_by_key(|(_, bound)| *bound);
        ConfidenceCode {
            base: confidence.map(|c| c.base),
            raises: raises
                .map(|r| {
                    let because = r.because.as_ref().map(|t| TemplateCode::new(t, compiler));
                    (compiler.expr(&r.when), r.by, because)
                })
                .collect(),
            alert_at: confidence.map_or(0, |c| c.alert_at),
            levels,
            severity: rule.about.severity,
        }
    }

    /// The hit's confidence; none where it is below `alert_at`.
    pub fn judge<'a>(&'a self, frame: &Frame<'a>) -> Option<Verdict> {
        let mut because = frame.hit.map_or(Vec::new(), |h| h.reasons.clone());
        let Some(start) = frame.hit.and_then(|h| h.sum).or(self.base) else {
            return Some(Verdict { confidence: None, severity: self.severity, because });
        };
        let mut sum = start;
        for (when, by, reason) in &self.raises {
            if when.test(frame) {
                sum = sum.saturating_add(*by);
                because.extend(reason.as_ref().map(|r| r.render(frame)));
            }
        }
        let confidence = sum.clamp(0, 100);
        let level = self.levels.iter().rev().find(|(_, bound)| confidence >= *bound);
        let severity = level.map_or(self.severity, |(level, _)| *level);
        (confidence >= self.alert_at).then_some(Verdict { confidence: Some(confidence), severity, because })
    }
}
