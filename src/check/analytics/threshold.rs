//! `threshold` and `cadence`: measures over a window, and the condition on them.

use super::{Typed, stream_text};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::expr::{Measures, Site};
use crate::check::rows::Rows;
use crate::ir::{self, MeasureFunction, SignalId};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Name, Windowed};

/// Which of the two is checked.
struct Kind {
    name: &'static str,
    place: &'static str,
    measures: Measures,
    example: &'static str,
}

const THRESHOLD: Kind = Kind {
    name: "threshold",
    place: "the `where` of `threshold`",
    measures: Measures::Window,
    example: "the condition that makes a hit, such as `having: count() >= 3`",
};
const CADENCE: Kind = Kind {
    name: "cadence",
    place: "the `where` of `cadence`",
    measures: Measures::Gaps,
    example: "the condition that makes a hit, such as `having: count() >= 6 and gap.cv < 0.2`",
};

impl Checker<'_> {
    pub(super) fn threshold(
        &mut self,
        id: SignalId,
        of: Option<&Name>,
        windowed: &Windowed,
        span: Span,
    ) -> Option<Typed> {
        self.measuring(&THRESHOLD, id, of, windowed, span)
    }

    pub(super) fn cadence(
        &mut self,
        id: SignalId,
        of: Option<&Name>,
        windowed: &Windowed,
        span: Span,
    ) -> Option<Typed> {
        let typed = self.measuring(&CADENCE, id, of, windowed, span)?;
        if let ir::Analytic::Threshold { measures, having, .. } = &typed.analytic
            && !measures.iter().any(|m| matches!(m.function, MeasureFunction::Gap(_)))
        {
            let message = "this `cadence` asks nothing about the gaps between its events";
            let help = "compare one, such as `gap.cv < 0.2`, or make it a `threshold`";
            return self.error_help(codes::PART_MISSING, having.span, message, help);
        }
        Some(typed)
    }

    fn measuring(
        &mut self,
        kind: &Kind,
        id: SignalId,
        of: Option<&Name>,
        windowed: &Windowed,
        span: Span,
    ) -> Option<Typed> {
        let name = kind.name;
        let input = match of {
            Some(of) => self.input(of, windowed.filter.as_ref(), kind.place),
            None => {
                let message = format!("`{name}` needs `of`");
                self.error_help(codes::PART_MISSING, span, message, "the stream that it measures")
            }
        };
        let window = self.window(windowed, name, span);
        if windowed.having.is_none() {
            self.error_help::<()>(codes::PART_MISSING, span, format!("`{name}` needs `having`"), kind.example);
        }
        // Without the stream it is still known which names there are.
        let (input, rows) = input.map_or_else(|| (None, Rows::default()), |(input, rows)| (Some(input), rows));
        let whose = of.map(stream_text).unwrap_or_default();
        let keys = self.keys(windowed.by.as_ref(), &[&rows], &whose);
        let grouped = keys.as_ref().map_or_else(|| rows.clone(), |k| self.grouped(&rows, k));
        let measures = self.named_measures(&windowed.measures, &grouped, kind.measures)?;
        let having = windowed.having.as_ref()?;
        let (having, measures) = self.having(&grouped, kind.measures, id, measures, having)?;
        let analytic = ir::Analytic::Threshold { of: input?, keys: keys?, window: window?, measures, having };
        Some(Typed { analytic, range: grouped.clone(), rows: grouped })
    }

    fn named_measures(&mut self, written: &[(Name, Expr)], rows: &Rows, kind: Measures) -> Option<Vec<ir::Measure>> {
        let mut measures: Vec<Option<ir::Measure>> = Vec::new();
        for (place, (name, expr)) in written.iter().enumerate() {
            if self.is_value_name(&name.value) {
                let message = format!("the measure `{}` has the name of a field, let or context", name.value);
                self.error_help::<()>(
                    codes::CLASH,
                    name.span,
                    message,
                    "nothing shadows another name: rename the measure",
                );
            } else if written.iter().take(place).any(|(n, _)| n.value == name.value) {
                let message = format!("the measure `{}` is declared twice", name.value);
                self.error::<()>(codes::CLASH, name.span, message);
            }
            let named = Some(name.value.clone());
            measures.push(match kind {
                Measures::Gaps => self.gap_measure(&Site::analytic("a measure of `cadence`", rows), named, expr),
                _ => self.measure(&Site::analytic("a measure", rows), named, expr),
            });
        }
        measures.into_iter().collect()
    }

    /// Whether an expression reads something else by this name.
    pub(in crate::check) fn is_value_name(&self, name: &str) -> bool {
        self.schema.field(name).is_some()
            || self.names.lets.id(name).is_some()
            || self.names.contexts.id(name).is_some()
    }
}
