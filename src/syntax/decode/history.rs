//! The settings of `baseline` and `novelty`, which look back further than a window.

use super::expression::expression;
use super::kit::{self, Fields};
use crate::diagnostic::Findings;
use crate::source::Span;
use crate::syntax::rule::{AnalyticKind, Baseline, Novelty};

pub(super) fn baseline(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> AnalyticKind {
    let baseline = Baseline {
        of: fields.require("of", at, findings).and_then(|node| kit::name(node, findings)),
        filter: fields.expression("where", findings),
        by: fields.by(findings),
        against: fields.take("against", findings).map(|node| kit::names(node, findings)).unwrap_or_default(),
        measure: fields.require("measure", at, findings).and_then(|node| expression(node, findings)),
        per: fields.require("per", at, findings).and_then(|node| expression(node, findings)),
        history: fields.require("history", at, findings).and_then(|node| expression(node, findings)),
        empty: fields.word("empty", &["zero", "skip"], findings),
        season: fields.word("season", &SEASONS, findings),
        having: fields.require("having", at, findings).and_then(|node| expression(node, findings)),
    };
    fields.finish(findings);
    AnalyticKind::Baseline(Box::new(baseline))
}

pub(super) fn novelty(mut fields: Fields<'_>, at: Span, findings: &mut Findings) -> AnalyticKind {
    let novelty = Novelty {
        of: fields.require("of", at, findings).and_then(|node| kit::name(node, findings)),
        filter: fields.expression("where", findings),
        by: fields.by(findings),
        value: fields.require("value", at, findings).and_then(|node| super::by(node, findings)),
        history: fields.require("history", at, findings).and_then(|node| expression(node, findings)),
        learn: fields.require("learn", at, findings).and_then(|node| expression(node, findings)),
        known: fields.name("known", findings),
    };
    fields.finish(findings);
    AnalyticKind::Novelty(Box::new(novelty))
}

const SEASONS: [&str; 3] = ["hour_of_day", "hour_of_week", "day_of_week"];
