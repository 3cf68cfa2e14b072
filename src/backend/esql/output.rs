//! The end of a query: reasons, title, and the columns of an alert.

use super::read::assignments;
use super::text::quote;
use super::{Writer, codes};
use crate::backend::names::alert_columns;
use crate::backend::print::Dialect;
use crate::ir::Analytic;
use crate::plan::{Column, TextPiece};
use crate::source::Span;
use crate::value::{Scalar, Type};
use serde_json::json;

/// The most rows that ES|QL returns.
const MOST_ROWS: usize = 10_000;

pub(super) fn output(w: &mut Writer<'_>) {
    let plan = w.plan;
    let mut reasons: Vec<String> = Vec::new();
    for (column, text) in &plan.output.because {
        let (held, text) = (w.name(column), words(w, text, true));
        reasons.push(match reasons.is_empty() {
            true => format!("CASE({held}, {text})"),
            // A condition that is missing does not hold, so it must not stand under a NOT.
            false => format!("CASE({held}, CASE(because IS NULL, {text}, MV_APPEND(because, {text})), because)"),
        });
    }
    if reasons.is_empty() {
        reasons.push("TO_STRING(null)".to_owned());
    }
    let title = words(w, &plan.output.title, false);
    let mut keep = vec!["event_time".to_owned()];
    let mut columns: Vec<(String, String)> = Vec::new();
    for (out, column) in alert_columns(&plan.output) {
        if !w.dropped.contains(column) {
            let out = w.dialect.column(&out);
            columns.push((out.clone(), w.name(column)));
            keep.push(out);
        }
    }
    columns.push(("alert_title".to_owned(), title));
    for column in plan.output.confidence.iter().chain(&plan.output.severity) {
        let name = w.name(column);
        if !keep.contains(&name) {
            keep.push(name);
        }
    }
    keep.extend(["because".to_owned(), "alert_title".to_owned()]);
    let mut evals = assignments(&columns);
    let last = evals.pop().unwrap_or_default();
    for before in evals {
        w.add("eval", &json!({ "columns": before }));
    }
    w.add("output", &json!({ "reasons": reasons, "columns": last, "keep": keep, "limit": MOST_ROWS }));
}

fn words(w: &mut Writer<'_>, pieces: &[TextPiece], exact: bool) -> String {
    let mut parts = Vec::new();
    for piece in pieces {
        parts.push(match piece {
            TextPiece::Text(text) => quote(text),
            TextPiece::Column { column, ty, .. } => shown(w, column, *ty, exact),
        });
    }
    match parts.as_slice() {
        [] => "\"\"".to_owned(),
        [one] => one.clone(),
        all => format!("CONCAT({})", all.join(", ")),
    }
}

/// A value in a text. Reasons are compared, so one that prints otherwise than in a rule is refused there.
fn shown(w: &mut Writer<'_>, column: &Column, ty: Type, exact: bool) -> String {
    let name = w.name(column);
    if w.dropped.contains(column) {
        return "\"-\"".to_owned();
    }
    if exact && matches!(ty, Type::DURATION | Type::NUMBER) {
        let at = reason_span(w, ty);
        let message = format!("a {ty} in a reason would be written in another way than a rule writes it");
        w.faults.push(
            codes::refusal(codes::VALUE, at, &message).help("leave it out of `because`, or show it in `details`"),
        );
    }
    let text = match ty {
        Type::Scalar(Scalar::String) => name,
        Type::List(_) => format!("MV_CONCAT(TO_STRING({name}), \", \")"),
        Type::Scalar(_) => format!("TO_STRING({name})"),
    };
    format!("COALESCE({text}, \"-\")")
}

/// Where a reason of the rule names a value of the type.
fn reason_span(w: &Writer<'_>, ty: Type) -> Span {
    let raises = w.rule.confidence.iter().flat_map(|c| &c.raise).filter_map(|r| r.because.as_ref());
    let weighed = w.rule.signals.iter().filter_map(|s| match &s.analytic {
        Analytic::Evidence { of, when, .. } => {
            Some(of.iter().map(|e| &e.because).chain(when.iter().map(|c| &c.because)).flatten())
        }
        _ => None,
    });
    let mut named = raises.chain(weighed.flatten()).flat_map(|text| text.exprs());
    named.find(|e| e.ty == ty).map_or_else(|| w.detect_span(), |e| e.span)
}
