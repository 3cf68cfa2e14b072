//! Decisions over too little: a beat of two events, a deviation over one bucket.

use crate::check::checker::Checker;
use crate::check::codes;
use crate::ir::{Analytic, CompareOp, Expr, ExprKind, Leaf, MeasureFunction, Rule, SignalId, Statistic};

/// Fewest events that have two gaps, which is what makes a beat.
const EVENTS: f64 = 3.0;
/// Fewest buckets that have a deviation.
const BUCKETS: f64 = 2.0;

impl Checker<'_> {
    /// Reports a `having` that says nothing about how much it rests on.
    pub(super) fn find_unsupported(&mut self, rule: &Rule) {
        for (place, signal) in rule.signals.iter().enumerate() {
            let id = SignalId(place as u32);
            let (having, function, least, message, content, help) = match &signal.analytic {
                Analytic::Threshold { measures, having, .. }
                    if measures.iter().any(|m| matches!(m.function, MeasureFunction::Gap(_))) =>
                {
                    let help = "few events are regular by chance: add `count() >= 6`, or as many as a beat has";
                    let message = "`having` does not say how many events this beat needs";
                    (having, MeasureFunction::Count, EVENTS, message, "event", help)
                }
                Analytic::Baseline(b) => {
                    let help = "few buckets say little about what is usual: add `samples >= 24`, or as many as do";
                    let message = "`having` does not say how much history this baseline needs";
                    (
                        &b.having,
                        MeasureFunction::History(Statistic::Samples),
                        BUCKETS,
                        message,
                        "bucket of history",
                        help,
                    )
                }
                _ => continue,
            };
            let is_count = |e: &Expr| match &e.kind {
                ExprKind::Leaf(Leaf::Measure(m)) if m.signal == id => {
                    rule.measures(id).get(m.index).is_some_and(|m| m.function == function && m.filter.is_none())
                }
                _ => false,
            };
            let bound = least_of(having, &is_count, rule);
            if bound.is_none_or(|n| n < least) {
                let message = match bound {
                    Some(n) if n >= 1.0 => format!("`having` is content with {}", some(n, content)),
                    _ => message.to_owned(),
                };
                self.warn(codes::LITTLE_SUPPORT, having.span, message, help);
            }
        }
    }
}

/// `1 bucket of history`, `2 buckets of history`: the first word is counted.
fn some(n: f64, what: &str) -> String {
    if n < 2.0 {
        return format!("{n} {what}");
    }
    let (first, rest) = what.split_once(' ').map_or((what, String::new()), |(first, rest)| (first, format!(" {rest}")));
    format!("{n} {first}s{rest}")
}

/// The least value of a count wherever the condition holds; none where it may be any.
fn least_of(condition: &Expr, is_count: &dyn Fn(&Expr) -> bool, rule: &Rule) -> Option<f64> {
    let compared = |op: CompareOp, left: &Expr, right: &Expr, holds: bool| {
        let (op, value) = if is_count(left) {
            (op, number(right, rule)?)
        } else if is_count(right) {
            (swapped(op), number(left, rule)?)
        } else {
            return None;
        };
        match (op, holds) {
            (CompareOp::Equal | CompareOp::GreaterEqual, true) | (CompareOp::Less, false) => Some(value.ceil()),
            (CompareOp::Greater, true) | (CompareOp::LessEqual, false) => Some(value.floor() + 1.0),
            _ => None,
        }
    };
    match &condition.kind {
        ExprKind::And(all) => all.iter().filter_map(|e| least_of(e, is_count, rule)).reduce(f64::max),
        ExprKind::Or(all) => {
            let each: Option<Vec<f64>> = all.iter().map(|e| least_of(e, is_count, rule)).collect();
            each?.into_iter().reduce(f64::min)
        }
        ExprKind::Compare { op, left, right, .. } => compared(*op, left, right, true),
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Compare { op, left, right, .. } => compared(*op, left, right, false),
            _ => None,
        },
        ExprKind::Between { item, low, .. } if is_count(item) => number(low, rule).map(f64::ceil),
        _ => None,
    }
}

fn swapped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
    }
}

fn number(expr: &Expr, rule: &Rule) -> Option<f64> {
    match &expr.kind {
        ExprKind::Const(value) => value.as_number(),
        ExprKind::Param(id) => rule.params.get(id.index()).and_then(|p| p.value.as_number()),
        _ => None,
    }
}
