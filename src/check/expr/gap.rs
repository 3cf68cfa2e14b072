//! What a `cadence` measures: `count()`, and the gaps between its events.

use super::{Called, Measures, Site, SiteKind, Typer};
use crate::check::checker::{Checker, listed};
use crate::check::codes;
use crate::check::names::with_nearest;
use crate::check::params::duration_text;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, GapMeasure, MeasureFunction};
use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind as Written};
use crate::value::Type;

const PREFIX: &str = "gap.";
const SHARE: &str = "gap.share";

/// Those that are written as a name.
const GAPS: [(&str, GapMeasure, Type); 6] = [
    ("gap.mean", GapMeasure::Mean, Type::DURATION),
    ("gap.stddev", GapMeasure::Stddev, Type::DURATION),
    ("gap.cv", GapMeasure::Cv, Type::NUMBER),
    ("gap.median", GapMeasure::Median, Type::DURATION),
    ("gap.min", GapMeasure::Min, Type::DURATION),
    ("gap.max", GapMeasure::Max, Type::DURATION),
];

/// Every measure of gaps.
pub(super) fn names() -> impl Iterator<Item = String> {
    GAPS.iter().map(|(name, ..)| (*name).to_owned()).chain([SHARE.to_owned()])
}

/// Whether the name is one of theirs.
pub(super) fn is_gap(name: &str) -> bool {
    name == SHARE || GAPS.iter().any(|(n, ..)| *n == name)
}

impl Checker<'_> {
    /// A measure of a cadence, on rows of the site.
    pub fn gap_measure(&mut self, site: &Site, name: Option<String>, expr: &Expr) -> Option<ir::Measure> {
        self.typer(site).gap_measure(name, expr)
    }
}

impl Typer<'_, '_, '_> {
    fn gap_measure(&mut self, name: Option<String>, expr: &Expr) -> Option<ir::Measure> {
        match &expr.kind {
            Written::Name(gap) if gap.starts_with(PREFIX) => self.gap(name, gap, None, expr.span),
            Written::Call { name: function, name_span, args, filter } => {
                let called =
                    Called { name: function, name_span: *name_span, args, filter: filter.as_deref(), span: expr.span };
                if function.starts_with(PREFIX) {
                    self.gap(name, function, Some(&called), expr.span)
                } else {
                    self.cadence_count(name, &called)
                }
            }
            _ => self.check.error_help(
                codes::MEASURE_HERE,
                expr.span,
                "a measure of `cadence` is `count()` or one of its gaps",
                format!("one of {}", listed(names().collect::<Vec<_>>().iter().map(String::as_str))),
            ),
        }
    }

    /// A name in the `having` of a cadence that is one of its gaps'; none elsewhere.
    pub(super) fn gap_name(&mut self, name: &str, span: Span) -> Option<Option<ir::Expr>> {
        let signal = self.cadence().filter(|_| name.starts_with(PREFIX))?;
        Some(self.gap(None, name, None, span).and_then(|measure| self.measured_in_place(signal, measure, span)))
    }

    /// `gap.share(lo, hi)`; none for other calls.
    pub(super) fn gap_call(&mut self, called: &Called) -> Option<Option<ir::Expr>> {
        match self.cadence() {
            Some(signal) if called.name.starts_with(PREFIX) => {
                let measure = self.gap(None, called.name, Some(called), called.span);
                Some(measure.and_then(|measure| self.measured_in_place(signal, measure, called.span)))
            }
            _ if is_gap(called.name) => Some(self.gaps_elsewhere(called.name, called.span)),
            _ => None,
        }
    }

    fn cadence(&self) -> Option<ir::SignalId> {
        match (self.site.kind, self.having.as_ref().map(|h| h.kind)) {
            (SiteKind::Having(signal), Some(Measures::Gaps)) => Some(signal),
            _ => None,
        }
    }

    /// `count()`, the one measure of a cadence that is not of its gaps.
    pub(super) fn cadence_count(&mut self, name: Option<String>, called: &Called) -> Option<ir::Measure> {
        if called.name != "count" {
            let message = format!("`cadence` measures gaps: `{}(...)` is not one of them", called.name);
            let help = "`count()`, `gap.mean`, `gap.median`, `gap.min`, `gap.max`, `gap.stddev`, `gap.cv` and `gap.share(lo, hi)` are; another measure belongs to a `threshold`, and `together` joins the two";
            return self.check.error_help(codes::MEASURE_HERE, called.span, message, help);
        }
        if let Some(filter) = called.filter {
            let message = "`count()` of a `cadence` counts the events between which its gaps lie, all of them";
            let help = "move the condition to `where`, beside `of`";
            return self.check.error_help(codes::MEASURE_HERE, filter.span, message, help);
        }
        if !called.args.is_empty() {
            return self.arity(called, "no value");
        }
        Some(measure(name, MeasureFunction::Count, Type::INTEGER, called.span))
    }

    fn gap(&mut self, named: Option<String>, name: &str, called: Option<&Called>, span: Span) -> Option<ir::Measure> {
        if self.check.is_value_name(name) {
            let message = format!("`{name}` is a measure of `cadence`, and the name of a field, let or context");
            return self.check.error_help(
                codes::CLASH,
                span,
                message,
                "nothing shadows another name: rename the other",
            );
        }
        if let Some((_, gap, ty)) = GAPS.iter().find(|(n, ..)| *n == name) {
            if called.is_some() {
                let message = format!("`{name}` is written without parentheses");
                let help = "which events it is about is said by `where`, beside `of`";
                return self.check.error_help(codes::ARITY, span, message, help);
            }
            return Some(measure(named, MeasureFunction::Gap(*gap), *ty, span));
        }
        if name != SHARE {
            let found = Diagnostic::error(codes::UNKNOWN_NAME, span, format!("no measure of gaps is named `{name}`"));
            let names: Vec<String> = names().collect();
            self.check.report(with_nearest(found, name, names.iter().map(String::as_str)));
            return None;
        }
        let (low, high) = self.ends(called, span)?;
        Some(measure(named, MeasureFunction::Gap(GapMeasure::Share { low, high }), Type::NUMBER, span))
    }

    /// The ends of `gap.share`, milliseconds.
    fn ends(&mut self, called: Option<&Called>, span: Span) -> Option<(i64, i64)> {
        let Some(Called { args: [low, high], filter: None, .. }) = called else {
            let message = "`gap.share` takes two durations: `gap.share(50s, 70s)`";
            return self.check.error(codes::ARITY, span, message);
        };
        let low = self.check.duration(low, "the lower end of `gap.share`", 0);
        let high = self.check.duration(high, "the upper end of `gap.share`", 0);
        let (low, high) = (low?, high?);
        if low > high {
            let message = format!("no gap is at least `{}` and at most `{}`", duration_text(low), duration_text(high));
            return self.check.error_help(codes::OUT_OF_RANGE, span, message, "write the lower end first");
        }
        Some((low, high))
    }

    /// A measure of gaps where there are none.
    pub(super) fn gaps_elsewhere<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let message = format!("`{name}` measures the gaps between the events of a `cadence`, and this is none");
        let help = match self.site.kind {
            SiteKind::Hit { .. } => {
                "name it in the `measures` of the cadence, such as `measures: { beat: gap.median }`, and read that name"
            }
            _ => "such as `cadence: { of: s, by: [...], within: 1h, having: count() >= 6 and gap.cv < 0.2 }`",
        };
        self.check.error_help(codes::NOT_HERE, span, message, help)
    }
}

fn measure(name: Option<String>, function: MeasureFunction, ty: Type, span: Span) -> ir::Measure {
    let nullable = function != MeasureFunction::Count;
    ir::Measure { name, function, argument: None, filter: None, ty, nullable, span }
}
