//! Measures as SPL aggregates over a column that is null where a row does not count.

use super::Writer;
use crate::ir::MeasureFunction;
use crate::plan::{Column, Expr, Measured, make};
use crate::source::Span;

/// What a measure needs before, in and after the aggregating stage.
pub(super) struct Aggregate {
    pub before: Vec<String>,
    pub aggregates: Vec<String>,
    pub after: Vec<String>,
}

/// `extra` are conditions on the rows that count.
pub(super) fn aggregate(w: &mut Writer<'_>, out: &Column, measured: &Measured, extra: &[Expr]) -> Aggregate {
    let name = w.name(out);
    let input = w.fresh("in");
    let number = w.fresh("count");
    let parts: Vec<Expr> = extra.iter().cloned().chain(measured.filter.iter().cloned()).collect();
    let counts = w.printer.condition(&make::and(parts)).text;
    // A missing boolean is false to `any` and `all`, and nothing to `max` and `min`.
    let truth = matches!(measured.function, MeasureFunction::Any | MeasureFunction::All);
    let value = measured.argument.as_ref().map_or_else(
        || "1".to_owned(),
        |a| match w.printer.value(a).text {
            text if truth && a.nullable => format!("coalesce({text}, 0)"),
            text => text,
        },
    );
    let before = vec![format!("{input}=if({counts}, {value}, null())")];
    let raw = w.fresh("raw");
    let simple = |function: &str| (vec![format!("{function}({input}) AS {name}")], Vec::new());
    let (aggregates, after) = match measured.function {
        MeasureFunction::Count => simple("count"),
        MeasureFunction::Distinct => {
            (vec![format!("dc({input}) AS {raw}")], vec![format!("{name}=coalesce({raw}, 0)")])
        }
        MeasureFunction::Sum => simple("sum"),
        MeasureFunction::Avg => simple("avg"),
        MeasureFunction::Min => simple("min"),
        MeasureFunction::Max => simple("max"),
        MeasureFunction::First => simple("first"),
        MeasureFunction::Last => simple("last"),
        MeasureFunction::Stddev => (
            vec![format!("stdev({input}) AS {raw}"), format!("count({input}) AS {number}")],
            vec![format!("{name}=if({number}>1, {raw}, null())")],
        ),
        MeasureFunction::Any => (vec![format!("max({input}) AS {raw}")], vec![format!("{name}=if({raw}=1, 1, 0)")]),
        MeasureFunction::All => (vec![format!("min({input}) AS {raw}")], vec![format!("{name}=if({raw}=1, 1, 0)")]),
        // Lowered to sums and counts before they come here.
        MeasureFunction::Gap(_) | MeasureFunction::History(_) => {
            w.printer.refuse(
                Span::default(),
                "a measure of gaps or of a history has no form here",
                "use it in `having`",
            );
            (Vec::new(), Vec::new())
        }
        MeasureFunction::Percentile(_) | MeasureFunction::Values(_) => {
            let span = measured.argument.as_ref().map_or(Span::default(), |a| a.span);
            let (message, help) = match measured.function {
                MeasureFunction::Values(_) => (
                    "the list that `values` gives cannot be asked for in SPL",
                    "ask for `distinct(...)`, and name the values in `alert.details`",
                ),
                _ => (
                    "the value of a percentile has no exact form in SPL: the manual's text and its examples differ",
                    "compare it with a constant in `having`, which is two counts",
                ),
            };
            w.printer.refuse(span, message, help);
            (Vec::new(), Vec::new())
        }
    };
    Aggregate { before, aggregates, after }
}
