//! Confidence: base, raises, levels, and what can be reached.

use super::checker::Checker;
use super::codes;
use super::expr::Site;
use super::rows::Rows;
use crate::ir::{self, Analytic, Level, Raise, SignalId, StreamRef};
use crate::syntax::rule::{Confidence as Written, Raise as WrittenRaise};

/// Levels' names in order.
pub(super) const LEVELS: [(&str, Level); 5] = [
    ("informational", Level::Informational),
    ("low", Level::Low),
    ("medium", Level::Medium),
    ("high", Level::High),
    ("critical", Level::Critical),
];

impl Checker<'_> {
    /// `confidence:`, none where the rule has none.
    pub fn check_confidence(&mut self, detect: Option<SignalId>) -> Option<ir::Confidence> {
        let written = self.rule.confidence.as_ref()?;
        let info = detect.and_then(|d| self.signals.get(d.index())?.clone());
        let evidence = info.as_ref().is_some_and(|i| matches!(i.signal.analytic, Analytic::Evidence { .. }));
        if evidence {
            self.beside_evidence(written);
        }
        let (rows, range) = info.map(|i| (i.rows, i.range)).unwrap_or_default();
        let base = match &written.base {
            Some(base) => self.integer(base, "`base`", 0, 100),
            None => Some(0),
        };
        let raise: Vec<Option<Raise>> = written.raise.iter().map(|r| self.raise(r, &rows, &range)).collect();
        let alert_at = match &written.alert_at {
            Some(points) => self.integer(points, "`alert_at`", 0, 100),
            None => Some(0),
        };
        let levels = self.levels(written);
        let raise: Vec<Raise> = raise.into_iter().collect::<Option<_>>()?;
        let confidence = ir::Confidence { base: base?, raise, alert_at: alert_at?, levels: levels? };
        if !(evidence && written.alert_at.is_some()) {
            self.within_reach(&confidence, written, detect);
        }
        Some(confidence)
    }

    fn beside_evidence(&mut self, written: &Written) {
        for (part, name) in [(&written.base, "base"), (&written.alert_at, "alert_at")] {
            if let Some(part) = part {
                let message = format!("`{name}` of `confidence` stands beside `evidence`, whose sum is the confidence");
                let help = "beside evidence, `confidence` may only `raise` and set `levels`";
                self.error_help::<()>(codes::BESIDE_EVIDENCE, part.span, message, help);
            }
        }
    }

    fn raise(&mut self, written: &WrittenRaise, rows: &Rows, range: &Rows) -> Option<Raise> {
        let when = match &written.when {
            Some(when) => self.condition(&Site::hit("`confidence`", rows, range), when),
            None => self.error(codes::PART_MISSING, written.span, "a raise needs `when`"),
        };
        let by = match &written.by {
            Some(by) => self.integer(by, "`by` of a raise", -100, 100),
            None => self.error(codes::PART_MISSING, written.span, "a raise needs `by`, the points that it adds"),
        };
        let because = self.because(written.because.as_ref(), rows, range);
        Some(Raise { when: when?, by: by?, because: because?, span: written.span })
    }

    fn levels(&mut self, written: &Written) -> Option<Vec<(Level, i64)>> {
        let mut levels: Vec<(Level, i64, crate::source::Span)> = Vec::new();
        let mut good = true;
        for (name, bound) in &written.levels {
            let level = self.level(name);
            let bound = self.integer(bound, "a level's bound", 0, 100);
            match (level, bound) {
                (Some(level), Some(bound)) => levels.push((level, bound, name.span)),
                _ => good = false,
            }
        }
        levels.sort_by_key(|(level, ..)| *level);
        for ((low, a, _), (high, b, span)) in levels.iter().zip(levels.iter().skip(1)) {
            if low == high {
                good = false;
                self.error::<()>(codes::CLASH, *span, format!("the level `{high}` is given twice"));
            } else if a >= b {
                good = false;
                let message = format!("`{high}` begins at {b}, which is not above {a}, where `{low}` begins");
                self.error_help::<()>(
                    codes::LEVELS,
                    *span,
                    message,
                    "a level's bound is the lowest confidence that has it",
                );
            }
        }
        good.then(|| levels.into_iter().map(|(level, bound, _)| (level, bound)).collect())
    }

    fn level(&mut self, name: &crate::syntax::rule::Name) -> Option<Level> {
        match LEVELS.iter().find(|(n, _)| *n == name.value) {
            Some((_, level)) => Some(*level),
            None => self.unknown_word(name, "level", &LEVELS.map(|(n, _)| n)),
        }
    }

    /// Whether `alert_at` and every level can be reached at all.
    fn within_reach(&mut self, confidence: &ir::Confidence, written: &Written, detect: Option<SignalId>) {
        let signals: Vec<Option<&ir::Signal>> = self.signals.iter().map(|s| s.as_ref().map(|s| &s.signal)).collect();
        let Some(most) = detect.and_then(|d| highest(confidence, &signals, d)) else { return };
        if let Some(points) = &written.alert_at
            && most < confidence.alert_at
        {
            let message = format!(
                "the confidence reaches {most} at most, so `alert_at: {}` drops every hit",
                confidence.alert_at
            );
            self.error::<()>(codes::OUT_OF_REACH, points.span, message);
        }
        for (name, bound) in &written.levels {
            let wanted = LEVELS.iter().find(|(n, _)| *n == name.value).map(|(_, l)| *l);
            if let Some((level, points)) = confidence.levels.iter().find(|(l, _)| Some(*l) == wanted)
                && *points > most
            {
                let message =
                    format!("the level `{level}` begins at {points}, and the confidence reaches {most} at most");
                self.warn(codes::LEVEL_UNREACHED, bound.span, message, "lower the bound, or add a raise");
            }
        }
    }
}

/// The highest confidence that a rule's hits can have; none without confidence or evidence.
pub(super) fn reachable(rule: &ir::Rule) -> Option<i64> {
    let signals: Vec<Option<&ir::Signal>> = rule.signals.iter().map(Some).collect();
    match &rule.confidence {
        Some(confidence) => highest(confidence, &signals, rule.detect),
        None => {
            let of_detect = signals.get(rule.detect.index()).copied().flatten()?;
            if let Analytic::Evidence { .. } = of_detect.analytic {
                highest(
                    &ir::Confidence { base: 0, raise: Vec::new(), alert_at: 0, levels: Vec::new() },
                    &signals,
                    rule.detect,
                )
            } else {
                None
            }
        }
    }
}

fn highest(confidence: &ir::Confidence, signals: &[Option<&ir::Signal>], detect: SignalId) -> Option<i64> {
    let raises: i64 = confidence.raise.iter().filter(|r| !never(&r.when)).map(|r| r.by.max(0)).sum();
    // A raise that always holds and takes away cannot be told apart from one that sometimes does not: it is left out.
    Some((highest_base(confidence.base, signals, detect, 0)? + raises).clamp(0, 100))
}

fn never(when: &ir::Expr) -> bool {
    matches!(&when.kind, ir::ExprKind::Const(value) if !value.is_true())
}

fn highest_base(base: i64, signals: &[Option<&ir::Signal>], signal: SignalId, depth: usize) -> Option<i64> {
    if depth > signals.len() {
        return None;
    }
    match &signals.get(signal.index()).copied().flatten()?.analytic {
        Analytic::Evidence { of, when, .. } => {
            Some(of.iter().map(|w| w.weight).sum::<i64>() + when.iter().map(|w| w.weight).sum::<i64>())
        }
        Analytic::Any { of, .. } => of
            .iter()
            .map(|stream| match stream {
                StreamRef::Event(_) => Some(base),
                StreamRef::Signal(id) => highest_base(base, signals, *id, depth + 1),
            })
            .collect::<Option<Vec<i64>>>()?
            .into_iter()
            .max(),
        _ => Some(base),
    }
}
