//! Calls: `exists`, `any`, `all`, `if`, `coalesce`, `matched`, functions of values, and measures where they may stand.

use super::{Called, Measures, Site, SiteKind, Typer, function, measure};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::check::names::with_nearest;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExprKind, Leaf, MeasureRef};
use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind as Written};
use crate::value::Type;

/// What is no function of values and no measure.
const FORMS: [&str; 6] = ["exists", "any", "all", "if", "coalesce", "matched"];

impl Typer<'_, '_, '_> {
    pub(super) fn call(&mut self, called: &Called) -> Option<ir::Expr> {
        if let Some(read) = self.gap_call(called).or_else(|| self.statistic_call(called)) {
            return read;
        }
        if self.is_measure(called) {
            return self.measure_call(called);
        }
        if let Some(filter) = called.filter {
            return self.check.error(
                codes::ARGUMENT,
                filter.span,
                format!("`where` belongs to a measure, and `{}` is none here", called.name),
            );
        }
        match (called.name, called.args) {
            ("exists", [one]) => {
                let value = self.value(one)?;
                Some(Self::boolean(ExprKind::Exists(Box::new(value)), called.span))
            }
            ("any", [list, test]) => self.any_item(list, test, called),
            ("any" | "all", [condition]) => self.any_or_all(called, condition),
            ("if", [condition, then, otherwise]) => self.choice(called, condition, then, otherwise),
            ("coalesce", args) if !args.is_empty() => self.coalesce(called),
            ("matched", [stream]) => self.matched(stream, called),
            ("exists", _) => self.arity(called, "one value: `exists(x)`"),
            ("any", _) => self.arity(called, "a list and a test: `any(list, it == ...)`, or one condition"),
            ("all", _) => self.arity(called, "one condition: `all(c)`"),
            ("if", _) => self.arity(called, "three parts: `if(condition, then, otherwise)`"),
            ("coalesce", _) => self.arity(called, "at least one value: `coalesce(a, b)`"),
            ("matched", _) => self.arity(called, "one stream: `matched(x)`"),
            _ => match function::find(called.name) {
                Some(signature) => self.function(signature, called),
                None => self.unknown_function(called),
            },
        }
    }

    /// Whether the call measures events here: `min(a, b)` is a function of values, `min(x)` a measure.
    fn is_measure(&self, called: &Called) -> bool {
        if !measure::is_measure(called.name) {
            return false;
        }
        let measuring = matches!(self.site.kind, SiteKind::Having(_) | SiteKind::Hit { details: true, .. });
        match called.name {
            "min" | "max" => called.args.len() == 1 || called.filter.is_some(),
            "any" => called.args.len() == 1 && matches!(self.site.kind, SiteKind::Having(_)),
            "all" => matches!(self.site.kind, SiteKind::Having(_)),
            _ => measuring || function::find(called.name).is_none(),
        }
    }

    fn measure_call(&mut self, called: &Called) -> Option<ir::Expr> {
        match self.site.kind {
            SiteKind::Having(signal) => {
                let (rows, kind) = self.having.as_ref().map(|h| (h.rows, h.kind))?;
                let measure = match kind {
                    Measures::Window => {
                        self.check.measure_of_call(&Site::analytic("a measure", rows), None, called)?
                    }
                    Measures::Gaps => self.cadence_count(None, called)?,
                    Measures::History { .. } => return self.not_of_history(called),
                };
                self.measured_in_place(signal, measure, called.span)
            }
            SiteKind::Hit { range, details: true } => {
                let site = Site { place: "a measure over the hit's events", rows: range, kind: SiteKind::Range };
                let measure = self.check.measure_of_call(&site, None, called)?;
                let (ty, nullable) = (measure.ty, measure.nullable);
                let leaf = Leaf::OverRange(Box::new(measure));
                Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty, nullable, span: called.span })
            }
            _ => self.check.error_help(
                codes::MEASURE_HERE,
                called.span,
                format!("`{}(...)` measures many events, and {} sees one", called.name, self.site.place),
                "measures may stand in `measures` and `having` of a threshold, in a context's `measure`, and in `alert.details`",
            ),
        }
    }

    /// A measure that `having` writes in place; one that is there already is read again.
    pub(super) fn measured_in_place(
        &mut self,
        signal: ir::SignalId,
        measure: ir::Measure,
        span: Span,
    ) -> Option<ir::Expr> {
        let having = self.having.as_mut()?;
        let known = having.measures.iter().position(|m| same_measure(m, &measure));
        let (ty, nullable) = (measure.ty, measure.nullable);
        let index = known.unwrap_or(having.measures.len());
        if known.is_none() {
            having.measures.push(measure);
        }
        let leaf = Leaf::Measure(MeasureRef { signal, index });
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty, nullable, span })
    }

    fn any_item(&mut self, list: &Expr, test: &Expr, called: &Called) -> Option<ir::Expr> {
        if called.name == "all" || self.it.is_some() {
            return self.arity(called, "one list that is not inside another `any`");
        }
        let list = self.value(list)?;
        let Type::List(scalar) = list.ty else {
            let message = format!("`any(list, test)` needs a list, not {}", with_article(list.ty));
            return self.check.error_help(codes::ARGUMENT, list.span, message, "write the test on the value itself");
        };
        self.it = Some(scalar);
        let test = self.condition(test);
        self.it = None;
        Some(Self::boolean(ExprKind::AnyItem { list: Box::new(list), test: Box::new(test?) }, called.span))
    }

    fn any_or_all(&mut self, called: &Called, condition: &Expr) -> Option<ir::Expr> {
        let SiteKind::Hit { range, .. } = self.site.kind else {
            let help = if called.name == "any" {
                "`any(list, it == ...)` looks into a list; `any(c)` over a hit's events belongs to `confidence`"
            } else {
                "`all(c)` over a hit's events belongs to `confidence`"
            };
            let message =
                format!("`{}(c)` ranges over a hit's events, and {} has no hit", called.name, self.site.place);
            return self.check.error_help(codes::NOT_HERE, called.span, message, help);
        };
        let place = if called.name == "any" { "`any(...)`" } else { "`all(...)`" };
        let site = Site { place, rows: range, kind: SiteKind::Range };
        let inner = Box::new(self.check.condition(&site, condition)?);
        let leaf = if called.name == "any" { Leaf::AnyInRange(inner) } else { Leaf::AllInRange(inner) };
        Some(Self::boolean(ExprKind::Leaf(leaf), called.span))
    }

    fn choice(&mut self, called: &Called, condition: &Expr, then: &Expr, otherwise: &Expr) -> Option<ir::Expr> {
        let condition = self.condition(condition);
        let before = self.facts.clone();
        if let Some(condition) = &condition {
            let facts = self.facts_of(condition);
            self.facts.add(&facts);
        }
        let then = self.argument(then, called);
        self.facts = before;
        let otherwise = self.argument(otherwise, called);
        let (condition, then, otherwise) = (condition?, then?, otherwise?);
        let ty = self.common_type(&[&then, &otherwise], called)?;
        let kind =
            ExprKind::If { condition: Box::new(condition), then: Box::new(then), otherwise: Box::new(otherwise) };
        Some(Self::node(kind, ty, called.span))
    }

    fn coalesce(&mut self, called: &Called) -> Option<ir::Expr> {
        let args: Vec<Option<ir::Expr>> = called.args.iter().map(|a| self.argument(a, called)).collect();
        let args: Vec<ir::Expr> = args.into_iter().collect::<Option<_>>()?;
        let ty = self.common_type(&args.iter().collect::<Vec<_>>(), called)?;
        Some(Self::node(ExprKind::Coalesce(args), ty, called.span))
    }

    fn common_type(&mut self, parts: &[&ir::Expr], called: &Called) -> Option<Type> {
        let first = parts.first()?.ty;
        for part in parts {
            self.scalar(part, &format!("`{}`", called.name))?;
            let numbers = super::compare::is_number(first) && super::compare::is_number(part.ty);
            if part.ty != first && !numbers {
                let message = format!(
                    "`{}` gives one type, not {} and {}",
                    called.name,
                    with_article(first),
                    with_article(part.ty)
                );
                let help = "`string(x)` and `number(x)` convert";
                return self.check.error_help(codes::ARGUMENT, part.span, message, help);
            }
        }
        let mixed = parts.iter().any(|p| p.ty != first);
        Some(if mixed { Type::NUMBER } else { first })
    }

    fn matched(&mut self, stream: &Expr, called: &Called) -> Option<ir::Expr> {
        let Written::Name(name) = &stream.kind else {
            return self.check.error(
                codes::ARGUMENT,
                stream.span,
                "`matched(x)` needs the name of an event or a signal",
            );
        };
        if !matches!(self.site.kind, SiteKind::Hit { .. }) {
            let message = format!("`matched` asks about a hit, and {} has none", self.site.place);
            return self.check.error_help(
                codes::NOT_HERE,
                called.span,
                message,
                "it belongs to `confidence` and `alert`",
            );
        }
        let found = self.check.stream(name, stream.span)?;
        Some(Self::boolean(ExprKind::Leaf(Leaf::Matched(found)), called.span))
    }

    pub(super) fn arity<T>(&mut self, called: &Called, wants: &str) -> Option<T> {
        self.check.error(codes::ARITY, called.span, format!("`{}` takes {wants}", called.name))
    }

    fn unknown_function(&mut self, called: &Called) -> Option<ir::Expr> {
        let message = format!("no function is named `{}`", called.name);
        let found = Diagnostic::error(codes::UNKNOWN_FUNCTION, called.name_span, message);
        let names = FORMS.iter().copied().chain(function::names()).chain(measure::NAMES.iter().copied());
        self.check.report(with_nearest(found, called.name, names));
        None
    }
}

fn same_measure(a: &ir::Measure, b: &ir::Measure) -> bool {
    a.function == b.function && a.argument == b.argument && a.filter == b.filter
}
