//! The end of a query: reasons, title, and the columns of an alert.

use super::Writer;
use super::text::quote;
use crate::backend::names::alert_columns;
use crate::backend::print::is_text;
use crate::plan::TextPiece;
use crate::value::{Scalar, Type};
use serde_json::json;

pub(super) fn output(w: &mut Writer<'_>) {
    let plan = w.plan;
    let reasons: Vec<String> = plan
        .output
        .because
        .iter()
        .map(|(column, text)| format!("iff({}, pack_array({}), dynamic([]))", w.name(column), words(w, text)))
        .collect();
    let title = words(w, &plan.output.title);
    let mut columns = vec!["event_time".to_owned()];
    columns.extend(alert_columns(&plan.output).into_iter().map(|(out, column)| {
        let (out, from) = (w.printer.dialect.column(&out), w.name(column));
        if out == from { out } else { format!("{out} = {from}") }
    }));
    columns.extend(plan.output.confidence.iter().map(|c| w.name(c)));
    columns.extend(plan.output.severity.iter().map(|c| w.name(c)));
    let view = json!({ "reasons": reasons, "title": title, "columns": columns });
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
    match parts.len() {
        0 => "\"\"".to_owned(),
        1 => parts.concat(),
        _ => format!("strcat({})", parts.join(", ")),
    }
}

/// `coalesce` takes the first text that is not empty.
fn shown(column: &str, ty: Type, nullable: bool) -> String {
    let text = match ty {
        Type::Scalar(Scalar::Boolean) => format!("tolower(tostring({column}))"),
        _ if is_text(ty) => column.to_owned(),
        _ => format!("tostring({column})"),
    };
    if nullable { format!("coalesce({text}, \"-\")") } else { text }
}
