//! The end of a query: reasons, title, and the columns of an alert.

use super::Writer;
use super::text::{name as quoted, quote};
use crate::backend::names::alert_columns;
use crate::plan::TextPiece;
use crate::value::{Scalar, Type};
use serde_json::json;

pub(super) fn output(w: &mut Writer<'_>) {
    let plan = w.plan;
    let reasons: Vec<String> = plan
        .output
        .because
        .iter()
        .map(|(column, text)| format!("if({}=1, {}, null())", w.name(column), words(w, text)))
        .collect();
    let because = match reasons.len() {
        0 => "null()".to_owned(),
        1 => reasons.concat(),
        _ => format!("mvappend({})", reasons.join(", ")),
    };
    let mut columns = vec!["_time".to_owned()];
    let mut renamed = Vec::new();
    for (out, column) in alert_columns(&plan.output) {
        let from = w.name(column);
        if out != from {
            renamed.push(format!("{}={from}", quoted(&out)));
        }
        columns.push(out);
    }
    columns.extend(plan.output.confidence.iter().map(|c| w.name(c)));
    columns.extend(plan.output.severity.iter().map(|c| w.name(c)));
    columns.extend(["because".to_owned(), "alert_title".to_owned()]);
    let title = words(w, &plan.output.title);
    let view = json!({ "because": because, "title": title, "columns": columns, "renamed": renamed });
    w.add("output", &view);
}

fn words(w: &Writer<'_>, pieces: &[TextPiece]) -> String {
    let parts: Vec<String> = pieces
        .iter()
        .map(|piece| match piece {
            TextPiece::Text(text) => quote(text),
            TextPiece::Column { column, ty, nullable } => shown(&w.name(column), *ty, *nullable),
        })
        .collect();
    if parts.is_empty() { quote("") } else { parts.join(".") }
}

fn shown(column: &str, ty: Type, nullable: bool) -> String {
    match ty {
        Type::Scalar(Scalar::Boolean) => format!("case({column}=1, \"true\", {column}=0, \"false\", 1=1, \"-\")"),
        Type::Scalar(Scalar::String | Scalar::Ip) if !nullable => column.to_owned(),
        _ if !nullable => format!("tostring({column})"),
        Type::Scalar(Scalar::String | Scalar::Ip) => format!("coalesce({column}, \"-\")"),
        _ => format!("if(isnull({column}), \"-\", tostring({column}))"),
    }
}
