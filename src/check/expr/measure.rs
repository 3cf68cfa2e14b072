//! Measures over many events.

use super::compare::is_number;
use super::{Called, Site, SiteKind, Typer, gap};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::consts::with_article;
use crate::ir::{self, MeasureFunction};
use crate::syntax::expr::{Expr, ExprKind as Written};
use crate::value::{Type, Value};

/// Every measure's name.
pub(super) const NAMES: [&str; 14] = [
    "count",
    "distinct",
    "sum",
    "avg",
    "min",
    "max",
    "stddev",
    "percentile",
    "median",
    "any",
    "all",
    "first",
    "last",
    "values",
];

/// Most values that `values(x, n)` keeps.
const MOST_VALUES: i64 = 1000;

/// Whether the name is a measure's.
pub(super) fn is_measure(name: &str) -> bool {
    NAMES.contains(&name)
}

impl Checker<'_> {
    /// A measure from its call, read on rows of the site.
    pub(super) fn measure_of_call(
        &mut self,
        site: &Site,
        name: Option<String>,
        called: &Called,
    ) -> Option<ir::Measure> {
        self.typer(site).measured(name, called)
    }
}

impl Typer<'_, '_, '_> {
    pub(super) fn measure(&mut self, name: Option<String>, expr: &Expr) -> Option<ir::Measure> {
        match &expr.kind {
            Written::Call { name: function, name_span, args, filter } if is_measure(function) => {
                let called =
                    Called { name: function, name_span: *name_span, args, filter: filter.as_deref(), span: expr.span };
                self.measured(name, &called)
            }
            Written::Name(name) | Written::Call { name, .. } if gap::is_gap(name) => {
                self.gaps_elsewhere(name, expr.span)
            }
            _ => self.check.error_help(
                codes::MEASURE_HERE,
                expr.span,
                "a measure is one call such as `count()`, `sum(x)` or `distinct(x where c)`",
                "arithmetic over measures belongs to `having`",
            ),
        }
    }

    fn measured(&mut self, name: Option<String>, called: &Called) -> Option<ir::Measure> {
        debug_assert!(matches!(self.site.kind, SiteKind::Analytic | SiteKind::Row | SiteKind::Range));
        let filter = called.filter.map(|f| self.condition(f));
        if let Some(Some(filter)) = &filter {
            let facts = self.facts_of(filter);
            self.facts.add(&facts);
        }
        let argument = called.args.first().map(|a| self.value(a));
        let (function, ty) = self.function_of(called, argument.as_ref())?;
        let nullable = !matches!(
            function,
            MeasureFunction::Count | MeasureFunction::Distinct | MeasureFunction::Any | MeasureFunction::All
        );
        let argument = match argument {
            Some(argument) => Some(argument?),
            None => None,
        };
        let filter = match filter {
            Some(filter) => Some(filter?),
            None => None,
        };
        // Over a window, which holds an event, a measure of what is always there always has a value.
        let always = argument.as_ref().is_some_and(|a| !a.nullable) && filter.is_none();
        let nullable = nullable
            && (!always || function == MeasureFunction::Stddev || !matches!(self.site.kind, SiteKind::Analytic));
        Some(ir::Measure { name, function, argument, filter, ty, nullable, span: called.span })
    }

    fn function_of(&mut self, called: &Called, argument: Option<&Option<ir::Expr>>) -> Option<(MeasureFunction, Type)> {
        let arguments = called.args.len();
        let wanted = match called.name {
            "count" => 0,
            "percentile" | "values" => 2,
            _ => 1,
        };
        if arguments != wanted {
            return self.arity(
                called,
                match (called.name, wanted) {
                    ("count", _) => "no value; `count(where c)` counts some of the events",
                    ("percentile", _) => "a value and a rank: `percentile(x, 95)`",
                    ("values", _) => "a value and how many are kept: `values(x, 10)`",
                    _ => "one value",
                },
            );
        }
        if wanted == 0 {
            return Some((MeasureFunction::Count, Type::INTEGER));
        }
        let argument = argument?.clone()?;
        self.scalar(&argument, &format!("`{}`", called.name))?;
        let Type::Scalar(scalar) = argument.ty else { return None };
        let ty = argument.ty;
        let sums = is_number(ty) || ty == Type::DURATION;
        let mean = if ty == Type::DURATION { ty } else { Type::NUMBER };
        let ordered = sums || ty == Type::TIMESTAMP;
        let (function, result, fits) = match called.name {
            "distinct" => (MeasureFunction::Distinct, Type::INTEGER, true),
            "sum" => (MeasureFunction::Sum, ty, sums),
            "avg" => (MeasureFunction::Avg, mean, sums),
            "stddev" => (MeasureFunction::Stddev, mean, sums),
            "min" => (MeasureFunction::Min, ty, ordered),
            "max" => (MeasureFunction::Max, ty, ordered),
            "median" => (MeasureFunction::Percentile(50.0), ty, ordered),
            "percentile" => (MeasureFunction::Percentile(self.rank(called.args.get(1)?)?), ty, ordered),
            "any" => (MeasureFunction::Any, Type::BOOLEAN, ty == Type::BOOLEAN),
            "all" => (MeasureFunction::All, Type::BOOLEAN, ty == Type::BOOLEAN),
            "first" => (MeasureFunction::First, ty, true),
            "last" => (MeasureFunction::Last, ty, true),
            _ => (MeasureFunction::Values(self.how_many(called)?), Type::List(scalar), true),
        };
        if fits {
            return Some((function, result));
        }
        let message = format!("`{}` cannot measure {}", called.name, with_article(ty));
        let help = match called.name {
            "any" | "all" => "it needs a condition, such as `any(network.protocol == \"tls\")`",
            _ if ty == Type::STRING => "convert a text with `number(x)`, or count with `distinct(x)`",
            _ => "it needs numbers or durations",
        };
        self.check.error_help(codes::ARGUMENT, argument.span, message, help)
    }

    pub(super) fn rank(&mut self, given: &Expr) -> Option<f64> {
        let typed = self.value(given)?;
        let rank = self.constant_behind(&typed).and_then(|v| match v {
            Value::Integer(_) | Value::Number(_) => v.as_number(),
            _ => None,
        });
        match rank {
            Some(p) if p > 0.0 && p <= 100.0 => Some(p),
            _ => self.check.error(codes::LITERAL, typed.span, "a percentile is a literal above 0 and up to 100"),
        }
    }

    fn how_many(&mut self, called: &Called) -> Option<u32> {
        let given = called.args.get(1)?;
        let typed = self.value(given)?;
        match self.constant_behind(&typed) {
            Some(Value::Integer(n)) if (1..=MOST_VALUES).contains(&n) => Some(n as u32),
            _ => {
                let message = format!("`values` keeps a literal number of values, 1 to {MOST_VALUES}");
                self.check.error(codes::LITERAL, typed.span, message)
            }
        }
    }
}
