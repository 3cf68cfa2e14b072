//! `evidence`: weights that add up.

use super::Typed;
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::expr::Site;
use crate::check::rows::Rows;
use crate::ir::{self, ContextId, Weighed};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Name, Weight, Windowed};
use crate::value::Type;

impl Checker<'_> {
    pub(super) fn evidence(
        &mut self,
        of: &[(Name, Weight)],
        when: &[(Name, Weight)],
        alert_at: Option<&Expr>,
        windowed: &Windowed,
        span: Span,
    ) -> Option<Typed> {
        self.no_measures(windowed, "evidence");
        let window = self.window(windowed, "evidence", span);
        if of.is_empty() {
            return self.error(codes::PART_MISSING, span, "`evidence` needs streams in `of`");
        }
        let once = self.each_once(of.iter().map(|(n, _)| n));
        let alert_at = match alert_at {
            Some(points) => self.integer(points, "`alert_at`", 1, i64::MAX).map(|n| (n, points.span)),
            None => self.error(codes::PART_MISSING, span, "`evidence` needs `alert_at`, the least sum that hits"),
        };
        let place = "the `where` of `evidence`";
        let inputs: Vec<_> = of.iter().map(|(n, _)| self.input(n, windowed.filter.as_ref(), place)).collect();
        let weights: Vec<Option<i64>> = of.iter().map(|(n, w)| self.weight(n, w)).collect();
        let inputs: Vec<(ir::Input, Rows)> = inputs.into_iter().collect::<Option<_>>()?;
        let named: Vec<(&Name, &Rows)> = of.iter().map(|(n, _)| n).zip(inputs.iter().map(|(_, r)| r)).collect();
        let keyed = self.grouped_inputs(windowed.by.as_ref(), &named);
        let (keys, rows) = keyed?;
        let contexts: Vec<_> = when.iter().map(|(n, w)| self.weighed_context(n, w, &rows)).collect();
        let reasons: Vec<_> = of.iter().map(|(_, w)| self.because(w.because.as_ref(), &rows, &rows)).collect();
        let parts = inputs.into_iter().zip(weights).zip(reasons);
        let of: Vec<Weighed<ir::Input>> = parts
            .map(|(((what, _), weight), because)| Some(Weighed { what, weight: weight?, because: because? }))
            .collect::<Option<_>>()?;
        let when: Vec<Weighed<ContextId>> = contexts.into_iter().collect::<Option<_>>()?;
        let (alert_at, at) = alert_at?;
        self.reach(&of, &when, alert_at, at)?;
        once?;
        let analytic = ir::Analytic::Evidence { of, when, keys, window: window?, alert_at };
        Some(Typed { analytic, range: rows.clone(), rows })
    }

    fn weight(&mut self, name: &Name, written: &Weight) -> Option<i64> {
        match &written.weight {
            Some(weight) => self.integer(weight, "a weight", 0, 1000),
            None => self.error(codes::PART_MISSING, written.span, format!("`{}` needs a `weight`", name.value)),
        }
    }

    fn weighed_context(&mut self, name: &Name, written: &Weight, rows: &Rows) -> Option<Weighed<ContextId>> {
        let weight = self.weight(name, written);
        let because = self.because(written.because.as_ref(), rows, rows);
        let id = self.context_named(name)?;
        self.ask_context(id, &rows.sources(), name.span)?;
        let ty = self.contexts.get(id.index())?.as_ref()?.ty;
        if ty != Type::BOOLEAN {
            let message = format!(
                "`{}` is {}, and evidence weighs what holds or does not",
                name.value,
                crate::check::consts::with_article(ty)
            );
            let help = "weigh a boolean context, or compare it in `confidence.raise`";
            return self.error_help(codes::NOT_BOOLEAN, name.span, message, help);
        }
        Some(Weighed { what: id, weight: weight?, because: because? })
    }

    /// `because`, which may be left out.
    #[allow(clippy::option_option)] // wrong, left out, or there
    pub fn because(&mut self, written: Option<&Name>, rows: &Rows, range: &Rows) -> Option<Option<ir::Template>> {
        match written {
            Some(text) => self.template(text, &Site::hit("`because`", rows, range)).map(Some),
            None => Some(None),
        }
    }

    fn reach(&mut self, of: &[Weighed<ir::Input>], when: &[Weighed<ContextId>], alert_at: i64, at: Span) -> Option<()> {
        let streams: i64 = of.iter().map(|w| w.weight).sum();
        let all: i64 = streams + when.iter().map(|w| w.weight).sum::<i64>();
        if all < alert_at {
            let message = format!("all evidence together weighs {all}, which never reaches {alert_at}");
            return self.error(codes::OUT_OF_REACH, at, message);
        }
        let least = of.iter().map(|w| w.weight).min().unwrap_or(0);
        if of.len() > 1 && least >= alert_at {
            let help = "raise `alert_at`, or say `any: [...]`";
            self.warn(codes::ALONE_ENOUGH, at, format!("each stream alone reaches {alert_at}"), help);
        }
        Some(())
    }
}
