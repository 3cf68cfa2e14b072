//! What becomes of hits after they are found: confidence, exceptions, thinning; and how close the query is to the rule.

use super::codes;
use super::cond::{Cond, and, not};
use super::streams::{Reader, plain_field};
use super::test::Test;
use crate::backend::Fidelity;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Analytic, CompareOp, Exception, Expr, ExprKind, Key, Keys, Leaf, Rule, Signal, StreamRef, walk};
use crate::pack::schema::{FieldId, SourceId};
use crate::source::Span;
use crate::value::{Type, Value};

/// How close a query is, and why it is not closer.
#[derive(Debug, Default)]
pub(super) struct Closeness {
    pub losses: Vec<Diagnostic>,
    repeats: bool,
    over_reports: bool,
    misses: bool,
}

impl Closeness {
    /// Hits repeat, of the same groups.
    pub(super) fn repeats(&mut self, at: Span, why: &str) {
        self.note(codes::REPEATS, at, why);
    }

    /// An alert may be too much.
    pub(super) fn over_reports(&mut self, loss: Diagnostic) {
        self.over_reports = true;
        self.losses.push(loss);
    }

    /// An alert may be missing.
    pub(super) fn misses(&mut self, loss: Diagnostic) {
        self.misses = true;
        self.losses.push(loss);
    }

    /// An alert may be too much, by each of some exceptions.
    pub(super) fn over_report_if(&mut self, exceptions: Vec<&Exception>, why: &str) {
        for exception in exceptions {
            let message = format!("the exception `{}`: {why}", exception.name);
            self.over_reports(codes::loss(codes::EXCEPTION, Some(exception.span), &message));
        }
    }

    fn note(&mut self, code: Code, at: Span, why: &str) {
        self.repeats = true;
        self.losses.push(codes::loss(code, Some(at), why));
    }

    pub(super) fn fidelity(&self) -> Fidelity {
        match (self.misses, self.over_reports || self.repeats, self.over_reports) {
            (true, may_over_report, _) => Fidelity::Approximate { may_miss: true, may_over_report },
            (false, _, true) => Fidelity::Approximate { may_miss: false, may_over_report: true },
            (false, true, false) => Fidelity::SameGroups,
            (false, false, false) => Fidelity::Exact,
        }
    }
}

/// A confidence that does not decide what alerts is left out; one that does is refused.
pub(super) fn confidence(rule: &Rule, close: &mut Closeness, found: &mut Vec<Diagnostic>) {
    let Some(confidence) = &rule.confidence else { return };
    let lowering: i64 = confidence.raise.iter().map(|r| r.by.min(0)).fold(0, i64::saturating_add);
    let least = confidence.base.saturating_add(lowering).clamp(0, 100);
    for raise in &confidence.raise {
        if least < confidence.alert_at {
            let message = format!(
                "a confidence that decides what alerts cannot be said: it may be as low as {least}, and hits below {} are dropped",
                confidence.alert_at
            );
            let help = "choose `spl`, `kql` or `esql`; here, an `alert_at` that every hit reaches";
            found.push(codes::refusal(codes::CONFIDENCE, raise.span, &message).help(help));
        } else {
            close.note(codes::CONFIDENCE, raise.span, "the confidence is not computed, and this reason is not given");
        }
    }
    if confidence.raise.is_empty() && least < confidence.alert_at {
        let at = rule.signals.get(rule.detect.index()).map_or(Span::default(), |s| s.span);
        found.push(codes::refusal(codes::NEVER, at, "the confidence never reaches `alert_at`, so nothing alerts"));
    }
}

/// `once_per` is left to the product's alert suppression.
pub(super) fn thinning(rule: &Rule, close: &mut Closeness) {
    let Some(once) = &rule.alert.once_per else { return };
    let help = "Elastic's alert suppression can thin them";
    // Hits of two kinds of groups may share a bucket, whatever its keys.
    let group = group_keys(rule, rule.signals.get(rule.detect.index()));
    let is_coarser = once.keys.as_ref().is_some_and(|keys| !group.is_some_and(|group| covers(keys, group)));
    if is_coarser {
        let message =
            "`once_per` is not said, and its keys are not those of each hit's group: groups that it silences alert";
        close.over_reports(codes::loss(codes::REPEATS, Some(once.span), message).help(help));
    } else {
        close.repeats = true;
        let message = "`once_per` is not said: every hit is reported";
        close.losses.push(codes::loss(codes::REPEATS, Some(once.span), message).help(help));
    }
}

/// True where each key of the group is among `keys`, whatever its name.
fn covers(keys: &Keys, group: &Keys) -> bool {
    // At a hit no key of its group is missing, so whether one may be is no difference.
    let is_same = |key: &Key, own: &Key| {
        own.by_source.iter().all(|(source, expr)| key.of(*source).is_some_and(|known| known.kind == expr.kind))
    };
    group.0.iter().all(|own| keys.0.iter().any(|key| is_same(key, own)))
}

static NO_KEYS: Keys = Keys(Vec::new());

/// The keys of a signal's hits, as its last events have them; none where its members have groups of their own.
pub(super) fn group_keys<'a>(rule: &'a Rule, signal: Option<&'a Signal>) -> Option<&'a Keys> {
    match &signal?.analytic {
        Analytic::Any { of, keys: None } => {
            let own = |stream: &StreamRef| match stream {
                StreamRef::Event(_) => Some(&NO_KEYS),
                StreamRef::Signal(id) => group_keys(rule, rule.signals.get(id.index())),
            };
            let mut all = of.iter().map(own);
            let first = all.next()??;
            all.all(|keys| keys == Some(first)).then_some(first)
        }
        Analytic::Any { keys: Some(keys), .. } | Analytic::Match { keys, .. } | Analytic::Threshold { keys, .. } => {
            Some(keys)
        }
        Analytic::Sequence(sequence) => sequence.steps.last().map(|s| &s.keys),
        _ => None,
    }
}

/// The exceptions on hits, by whether they read the group's keys alone.
pub(super) struct Exceptions<'a> {
    rule: &'a Rule,
    keys: Vec<FieldId>,
}

impl<'a> Exceptions<'a> {
    pub(super) fn of(rule: &'a Rule, keys: &Keys) -> Self {
        let exprs = keys.0.iter().flat_map(|k| k.by_source.iter().map(|(_, e)| e));
        Exceptions { rule, keys: exprs.filter_map(|e| plain_field(rule, e)).collect() }
    }

    /// Those that would change which other hits there are: they except some hits of a group, or end one day.
    pub(super) fn changing(&self) -> Vec<&'a Exception> {
        let is_of_group = |e: &&Exception| e.expires.is_none() && self.reads_keys_alone(&e.when);
        self.rule.exceptions.iter().filter(|e| !is_of_group(e)).collect()
    }

    fn reads_keys_alone(&self, when: &Expr) -> bool {
        let mut alone = true;
        walk::rows(self.rule, when, &mut |e| match &e.kind {
            ExprKind::Leaf(Leaf::Field(id)) => alone &= self.keys.contains(id),
            ExprKind::Leaf(Leaf::Let(_) | Leaf::It) => {}
            ExprKind::Leaf(_) => alone = false,
            _ => {}
        });
        alone
    }
}

/// That no exception on hits applies to an event of the source, as a hit's last event; the hit is so many milliseconds later, and an exception
/// ends by the hit's time.
pub(super) fn not_excepted(reader: &mut Reader<'_>, source: SourceId, later: i64) -> Cond {
    let rule = reader.rule;
    let mut parts = Vec::new();
    for exception in &rule.exceptions {
        let mut lower = reader.lower(source);
        let applies = lower.cond(&exception.when);
        let time =
            Expr { kind: ExprKind::Leaf(Leaf::Time), ty: Type::TIMESTAMP, nullable: false, span: exception.span };
        let in_force = match exception.expires {
            Some(end) => {
                let end = Value::Timestamp(end.saturating_sub(later));
                lower.ask(&time, &Test::Order(CompareOp::Less, end))
            }
            None => Cond::Always(true),
        };
        parts.push(not(and([applies, in_force])));
    }
    and(parts)
}
