//! Measures as ES|QL's aggregates. What ES|QL estimates (percentiles) is left to counts by the plan, or refused; a number of different
//! values comes from the values themselves, not from its estimate.

use super::text::quote;
use super::{Writer, whole};
use crate::backend::print::{Printer, is_text};
use crate::ir::MeasureFunction;
use crate::plan::{Column, Expr, Measured, make};
use crate::value::Type;

/// The aggregates that a measure needs, and what makes its value of them.
#[derive(Default)]
pub struct Aggregate {
    /// `name = aggregate`.
    pub stats: Vec<String>,
    /// A packed row to take apart: its column and the pattern.
    pub row: Option<(String, String)>,
    /// Column and value, where the aggregate alone is not the value.
    pub after: Option<(String, String)>,
}

/// How a measure is taken; `order` is the packed order of a row, for `first` and `last`. None where it cannot be.
pub fn aggregate(w: &Writer<'_>, out: &Column, measured: &Measured, order: &str, fields: usize) -> Option<Aggregate> {
    let p = w.printer;
    let name = w.name(out);
    // Named from the bare name: a reserved one is written in backquotes.
    let beside = |what: &str| p.dialect.column(&format!("{}_{what}", out.0));
    let argument = measured.argument.as_ref();
    let value = argument.map_or(String::new(), |a| p.value(a).text);
    let taken = taken(p, measured);
    let filtered = filter(p, measured.filter.as_ref());
    let plain = |text: String| Aggregate { stats: vec![format!("{name} = {text}{filtered}")], ..Aggregate::default() };
    let then = |text: String, after: String| Aggregate { after: Some((name.clone(), after)), ..plain(text) };
    Some(match measured.function {
        MeasureFunction::Count => {
            Aggregate { stats: vec![format!("{name} = COUNT(*){taken}")], ..Aggregate::default() }
        }
        MeasureFunction::Distinct => {
            // 0.0 and -0.0 are one value.
            let value = if argument.is_some_and(|a| a.ty == Type::NUMBER) { format!("{value} + 0.0") } else { value };
            then(format!("VALUES({value})"), format!("TO_LONG(COALESCE(MV_COUNT({name}), 0))"))
        }
        MeasureFunction::Sum => plain(format!("SUM({value})")),
        MeasureFunction::Avg if measured.ty == Type::DURATION => {
            then(format!("AVG({value})"), format!("TO_LONG(FLOOR({name}))"))
        }
        MeasureFunction::Avg => plain(format!("AVG({value})")),
        MeasureFunction::Min | MeasureFunction::Max if argument.is_none_or(|a| is_text(a.ty)) => return None,
        MeasureFunction::Min => plain(format!("MIN({value})")),
        MeasureFunction::Max => plain(format!("MAX({value})")),
        MeasureFunction::Any => Aggregate {
            stats: vec![format!("{name} = COUNT(*){}", truth(p, measured))],
            after: Some((name.clone(), format!("{name} > 0"))),
            row: None,
        },
        MeasureFunction::All => {
            let yes = beside("yes");
            Aggregate {
                stats: vec![format!("{name} = COUNT(*){filtered}"), format!("{yes} = COUNT(*){}", truth(p, measured))],
                after: Some((name.clone(), format!("{name} > 0 AND {name} == {yes}"))),
                row: None,
            }
        }
        MeasureFunction::First | MeasureFunction::Last => {
            let which = if measured.function == MeasureFunction::First { "MIN" } else { "MAX" };
            let ty = measured.ty;
            if matches!(ty, Type::List(_)) {
                return None;
            }
            let text = if ty == Type::STRING { format!("TO_BASE64({value})") } else { format!("TO_STRING({value})") };
            let packed = if order.is_empty() { text } else { format!("CONCAT({order}, \",\", {text})") };
            let decode = if ty == Type::STRING { "FROM_BASE64" } else { super::dialect::conversion(ty) };
            let pattern = format!("{}%{{{}}}", "%{},".repeat(fields), out.0);
            Aggregate {
                stats: vec![format!("{name} = {which}({packed}){taken}")],
                row: (fields > 0).then(|| (name.clone(), pattern)),
                after: Some((name.clone(), format!("{decode}({name})"))),
            }
        }
        MeasureFunction::Values(most) if most > 0 => {
            then(format!("VALUES({value})"), format!("MV_SLICE(MV_SORT({name}), 0, {})", i64::from(most) - 1))
        }
        MeasureFunction::Stddev => {
            deviation((&name, ["n", "sums", "squared"].map(beside)), &value, argument?.ty, &filtered, measured.ty)
        }
        MeasureFunction::Values(_)
        | MeasureFunction::Percentile(_)
        | MeasureFunction::Gap(_)
        | MeasureFunction::History(_) => return None,
    })
}

/// The sample deviation. ES|QL's own is that of the population, and loses a last digit that a floor would show: of whole numbers whose
/// sums are exact, the deviation is taken of the sums.
fn deviation(
    (name, [n, sum, squares]): (&str, [String; 3]),
    value: &str,
    ty: Type,
    filtered: &str,
    out: Type,
) -> Aggregate {
    const EXACT: &str = "9007199254740992";
    let mut stats = vec![format!("{n} = COUNT({value}){filtered}"), format!("{name} = STD_DEV({value}){filtered}")];
    let scaled = format!("{name} * SQRT(TO_DOUBLE({n}) / ({n} - 1))");
    let all = if whole::is_whole(ty) {
        stats.push(format!("{sum} = SUM(TO_DOUBLE({value})){filtered}"));
        stats.push(format!("{squares} = SUM(TO_DOUBLE({value}) * {value}){filtered}"));
        let spread = format!("{n} * {squares} - {sum} * {sum}");
        format!(
            "CASE({n} < 2, TO_DOUBLE(null), {n} * {squares} < {EXACT}, SQRT(({spread}) / ({n} * ({n} - 1))), {scaled})"
        )
    } else {
        format!("CASE({n} < 2, TO_DOUBLE(null), {scaled})")
    };
    let after = if out == Type::DURATION { format!("TO_LONG(FLOOR({all}))") } else { all };
    Aggregate { stats, row: None, after: Some((name.to_owned(), after)) }
}

/// A message's word for it.
pub fn word(function: MeasureFunction) -> String {
    let name = match function {
        MeasureFunction::Percentile(p) => return format!("`percentile(x, {p})`"),
        MeasureFunction::Stddev => "stddev",
        MeasureFunction::Min => "min",
        MeasureFunction::Max => "max",
        MeasureFunction::First => "first",
        MeasureFunction::Last => "last",
        _ => "values",
    };
    quote(name).replace('"', "`")
}

fn filter(p: &Printer<'_>, condition: Option<&Expr>) -> String {
    condition.map_or(String::new(), |f| format!(" WHERE {}", p.condition(f).text))
}

/// The filter holds and the argument is there.
fn taken(p: &Printer<'_>, measured: &Measured) -> String {
    let there = measured.argument.iter().map(|a| make::exists(a.clone()));
    where_all(p, measured.filter.iter().cloned().chain(there).collect())
}

/// The filter holds and the argument is true.
fn truth(p: &Printer<'_>, measured: &Measured) -> String {
    where_all(p, measured.filter.iter().chain(&measured.argument).cloned().collect())
}

fn where_all(p: &Printer<'_>, parts: Vec<Expr>) -> String {
    if parts.is_empty() { String::new() } else { format!(" WHERE {}", p.condition(&make::and(parts)).text) }
}
