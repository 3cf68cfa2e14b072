//! What is asked about a baseline's bucket and history, in its `having` and at its hits.

use super::{Called, Measures, SiteKind, Typer};
use crate::check::codes;
use crate::ir::{self, Analytic, ExprKind, Leaf, MeasureFunction, MeasureRef, SignalId, Statistic, StreamRef};
use crate::source::Span;
use crate::value::Type;

const PERCENTILE: &str = "percentile";

/// Those that are written as a name.
const STATISTICS: [(&str, Statistic); 8] = [
    ("value", Statistic::Value),
    ("mean", Statistic::Mean),
    ("stddev", Statistic::Stddev),
    ("median", Statistic::Percentile(50.0)),
    ("min", Statistic::Min),
    ("max", Statistic::Max),
    ("samples", Statistic::Samples),
    ("zscore", Statistic::Zscore),
];

/// Every word that asks about a history.
pub(super) fn names() -> impl Iterator<Item = String> {
    STATISTICS.iter().map(|(name, _)| (*name).to_owned()).chain([PERCENTILE.to_owned()])
}

fn named(name: &str) -> Option<Statistic> {
    STATISTICS.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
}

impl Typer<'_, '_, '_> {
    /// A name in the `having` of a baseline that asks about its history; none elsewhere.
    pub(super) fn statistic_name(&mut self, name: &str, span: Span) -> Option<Option<ir::Expr>> {
        let signal = self.baseline()?;
        match named(name) {
            Some(statistic) => Some(self.statistic(signal, name, statistic, span)),
            None if name == PERCENTILE => Some(self.no_rank(span)),
            None => None,
        }
    }

    /// `percentile(95)` in a baseline's `having` and at a hit; none for other calls.
    pub(super) fn statistic_call(&mut self, called: &Called) -> Option<Option<ir::Expr>> {
        if let Some(signal) = self.baseline() {
            if called.name != PERCENTILE {
                return None;
            }
            let Called { args: [rank], filter: None, .. } = called else { return Some(self.no_rank(called.span)) };
            let rank = self.rank(rank);
            return Some(rank.and_then(|p| self.statistic(signal, PERCENTILE, Statistic::Percentile(p), called.span)));
        }
        let Called { args: [rank], filter: None, .. } = called else { return None };
        let baselines = self.baselines(called.name, PERCENTILE);
        let (SiteKind::Hit { .. }, [signal, more @ ..]) = (self.site.kind, baselines.as_slice()) else { return None };
        let signal = *signal;
        if !more.is_empty() {
            let help = "name the signal too: `signal.percentile(95)`";
            let message = "several baselines have a `percentile`";
            return Some(self.check.error_help(codes::CLASH, called.span, message, help));
        }
        let rank = self.rank(rank);
        Some(rank.and_then(|p| self.read_statistic(signal, Statistic::Percentile(p), called.span)))
    }

    fn baseline(&self) -> Option<SignalId> {
        match (self.site.kind, self.having.as_ref().map(|h| h.kind)) {
            (SiteKind::Having(signal), Some(Measures::History { .. })) => Some(signal),
            _ => None,
        }
    }

    fn no_rank<T>(&mut self, span: Span) -> Option<T> {
        let message = "`percentile` of a baseline takes a rank: `percentile(95)`";
        self.check.error_help(codes::ARITY, span, message, "its values are those of the history's buckets")
    }

    fn statistic(&mut self, signal: SignalId, name: &str, statistic: Statistic, span: Span) -> Option<ir::Expr> {
        if self.check.is_value_name(name) {
            let message =
                format!("`{name}` asks about a baseline's history, and is the name of a field, let or context");
            return self.check.error_help(
                codes::CLASH,
                span,
                message,
                "nothing shadows another name: rename the other",
            );
        }
        let Some(Measures::History { value, nullable }) = self.having.as_ref().map(|h| h.kind) else { return None };
        self.measured_in_place(signal, measure(statistic, value, nullable, span), span)
    }

    /// Another measure than the one that the baseline has.
    pub(super) fn not_of_history<T>(&mut self, called: &Called) -> Option<T> {
        let message =
            format!("a baseline has one `measure`, which `having` reads as `value`: `{}(...)` is another", called.name);
        let help = "compare `value`, `zscore` or `percentile(95)`, and measure other things in a baseline or a threshold of their own";
        self.check.error_help(codes::MEASURE_HERE, called.span, message, help)
    }

    /// What may be asked of the baselines so far: `zscore`, and `signal.zscore`.
    pub(super) fn of_baselines(&self) -> Vec<String> {
        let all = (0..self.check.signals.len() as u32).map(SignalId);
        let signals: Vec<&str> =
            all.filter(|id| self.is_baseline(*id)).map(|id| self.check.stream_name(StreamRef::Signal(id))).collect();
        let dotted = signals.iter().flat_map(|signal| names().map(move |name| format!("{signal}.{name}")));
        if signals.is_empty() { Vec::new() } else { names().chain(dotted).collect() }
    }

    fn is_baseline(&self, id: SignalId) -> bool {
        let info = self.check.signals.get(id.index()).and_then(Option::as_ref);
        info.is_some_and(|s| matches!(s.signal.analytic, Analytic::Baseline(_)))
    }

    /// Whether a word that is unknown here is one that a baseline of the rule knows.
    pub(super) fn is_of_baseline(&self, name: &str) -> bool {
        let rule = self.check.rule;
        let mut analytics = rule.signals.iter().map(|(_, analytic)| analytic).chain(&rule.detect);
        (named(name).is_some() || name == PERCENTILE)
            && analytics.any(|a| matches!(a.kind, crate::syntax::rule::AnalyticKind::Baseline(_)))
    }

    /// The baselines' statistics that a name at a hit may mean: `zscore`, `signal.zscore`.
    pub(super) fn hit_statistics(&self, name: &str) -> Vec<(SignalId, Statistic)> {
        let word = name.rsplit('.').next().unwrap_or(name);
        let Some(statistic) = named(word) else { return Vec::new() };
        self.baselines(name, word).into_iter().map(|signal| (signal, statistic)).collect()
    }

    /// The baselines that `word` or `signal.word` is about.
    fn baselines(&self, name: &str, word: &str) -> Vec<SignalId> {
        let of_signal = |id: &SignalId| {
            name.strip_prefix(self.check.stream_name(StreamRef::Signal(*id))).and_then(|rest| rest.strip_prefix('.'))
                == Some(word)
        };
        let all = (0..self.check.signals.len() as u32).map(SignalId);
        all.filter(|id| self.is_baseline(*id) && (name == word || of_signal(id))).collect()
    }

    /// A statistic of a hit; the baseline computes it from now on.
    pub(super) fn read_statistic(&mut self, signal: SignalId, statistic: Statistic, span: Span) -> Option<ir::Expr> {
        let info = self.check.signals.get_mut(signal.index())?.as_mut()?;
        let Analytic::Baseline(baseline) = &mut info.signal.analytic else { return None };
        let asked = measure(statistic, baseline.measure.ty, baseline.measure.nullable, span);
        let known = baseline.statistics.iter().position(|m| m.function == asked.function);
        let index = known.unwrap_or(baseline.statistics.len());
        let ty = asked.ty;
        if known.is_none() {
            baseline.statistics.push(asked);
        }
        // Missing on hits that another signal made.
        let leaf = Leaf::Measure(MeasureRef { signal, index });
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty, nullable: true, span })
    }
}

fn measure(statistic: Statistic, value: Type, value_nullable: bool, span: Span) -> ir::Measure {
    let ty = match statistic {
        Statistic::Value | Statistic::Percentile(_) | Statistic::Min | Statistic::Max => value,
        Statistic::Mean | Statistic::Stddev if value == Type::DURATION => value,
        Statistic::Samples => Type::INTEGER,
        Statistic::Mean | Statistic::Stddev | Statistic::Zscore => Type::NUMBER,
    };
    let nullable = match statistic {
        Statistic::Value => value_nullable,
        Statistic::Samples => false,
        _ => true,
    };
    let name = STATISTICS.iter().find(|(_, s)| *s == statistic).map(|(name, _)| (*name).to_owned());
    ir::Measure {
        name,
        function: MeasureFunction::History(statistic),
        argument: None,
        filter: None,
        ty,
        nullable,
        span,
    }
}
