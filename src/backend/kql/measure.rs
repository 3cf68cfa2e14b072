//! Measures as KQL aggregates. Guards keep what KQL gives for nothing (0, NaN) from passing for a value.

use super::dialect::null;
use crate::backend::print::{Printer, is_text};
use crate::ir::MeasureFunction;
use crate::plan::{Column, Expr, Measured, make};
use crate::source::Span;
use crate::value::Type;

/// The aggregates that a measure needs, and the expression over them that is its value.
pub struct Aggregate {
    /// `name = aggregate`.
    pub summarize: Vec<String>,
    /// `name = value`, where the aggregate alone is not the value.
    pub extend: Option<String>,
}

/// How `out` is computed with `summarize`; `number` orders rows.
pub fn aggregate(p: &Printer<'_>, out: &Column, measured: &Measured, number: &str) -> Aggregate {
    // What stands beside the measure is named from its bare name: a reserved one is written in brackets.
    let beside = |what: &str| p.dialect.column(&format!("{}_{what}", out.0));
    let (count, raw, row, all) = (beside("n"), beside("raw"), beside("row"), beside("all"));
    let out = p.dialect.column(&out.0);
    let some = condition(p, measured);
    let argument = measured.argument.as_ref();
    let value = argument.map_or(String::new(), |a| p.value(a).text);
    let plain = |text: String| Aggregate { summarize: vec![format!("{out} = {text}")], extend: None };
    let counted = |text: String, least: i64| Aggregate {
        summarize: vec![format!("{count} = countif({some})"), format!("{raw} = {text}")],
        extend: Some(format!("{out} = iff({count} >= {least}, {raw}, {})", null(measured.ty))),
    };
    match measured.function {
        MeasureFunction::Count => plain(format!("countif({some})")),
        MeasureFunction::Distinct => plain(format!("count_distinctif({value}, {some})")),
        MeasureFunction::Sum => counted(format!("sumif({value}, {some})"), 1),
        MeasureFunction::Avg => counted(format!("avgif(todouble({value}), {some})"), 1),
        MeasureFunction::Min => plain(format!("minif({value}, {some})")),
        MeasureFunction::Max => plain(format!("maxif({value}, {some})")),
        MeasureFunction::Stddev => counted(format!("stdevif(todouble({value}), {some})"), 2),
        MeasureFunction::Any => plain(format!("countif({}) > 0", truth(p, measured))),
        MeasureFunction::All => plain(format!(
            "countif({}) > 0 and countif({}) == countif({})",
            filter(p, measured),
            truth(p, measured),
            filter(p, measured)
        )),
        MeasureFunction::First | MeasureFunction::Last => {
            let which = if measured.function == MeasureFunction::First { "arg_min" } else { "arg_max" };
            Aggregate {
                summarize: vec![
                    format!("{count} = countif({some})"),
                    format!("({row}, {raw}) = {which}(iff({some}, {number}, long(null)), {value})"),
                ],
                extend: Some(format!("{out} = iff({count} >= 1, {raw}, {})", null(measured.ty))),
            }
        }
        MeasureFunction::Percentile(rank) => {
            let place = format!("max_of(tolong(ceiling({rank:?} * {count} / 100.0)), 1) - 1");
            Aggregate {
                summarize: vec![format!("{count} = countif({some})"), format!("{all} = make_list_if({value}, {some})")],
                extend: Some(format!(
                    "{out} = iff({count} >= 1, {}(array_sort_asc({all})[{place}]), {})",
                    if measured.ty == Type::NUMBER { "todouble" } else { "tolong" },
                    null(measured.ty)
                )),
            }
        }
        // Lowered to sums and counts before they come here.
        MeasureFunction::Gap(_) | MeasureFunction::History(_) => {
            p.refuse(Span::default(), "a measure of gaps or of a history has no form here", "use it in `having`");
            Aggregate { summarize: Vec::new(), extend: None }
        }
        MeasureFunction::Values(most) => Aggregate {
            summarize: vec![format!("{all} = make_set_if({value}, {some})")],
            // No value at all is missing, and an empty array is there.
            extend: Some(format!(
                "{out} = iff(array_length({all}) > 0, array_slice(array_sort_asc({all}), 0, {}), dynamic(null))",
                i64::from(most) - 1
            )),
        },
    }
}

fn filter(p: &Printer<'_>, measured: &Measured) -> String {
    measured.filter.as_ref().map_or_else(|| "true".to_owned(), |f| p.condition(f).text)
}

/// The filter holds and the argument is there.
fn condition(p: &Printer<'_>, measured: &Measured) -> String {
    let there = measured.argument.iter().map(|a| make::exists(a.clone()));
    let parts: Vec<Expr> = measured.filter.iter().cloned().chain(there).collect();
    match parts.is_empty() {
        true => "true".to_owned(),
        false => p.condition(&make::and(parts)).text,
    }
}

/// The filter holds and the argument is true.
fn truth(p: &Printer<'_>, measured: &Measured) -> String {
    let parts: Vec<Expr> = measured.filter.iter().chain(&measured.argument).cloned().collect();
    p.condition(&make::and(parts)).text
}

/// `make_list` and the like have no order for texts that a rule does not have either.
pub fn refuse_texts(p: &Printer<'_>, measured: &Measured) {
    let texts = measured.argument.as_ref().is_some_and(|a| is_text(a.ty));
    if texts && matches!(measured.function, MeasureFunction::Min | MeasureFunction::Max) {
        p.refuse(Span::default(), "`min` and `max` of a text have no form in KQL", "use `values`");
    }
}
