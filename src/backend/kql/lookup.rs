//! Lookups: a table beside the query, or the product's own; joined by exact keys, spelled out as cases where a key matches by
//! suffix or network.

use super::Writer;
use super::dialect::null;
use super::read::declared;
use super::text::quote;
use crate::ir::LookupId;
use crate::pack::lookup::{Lookup, Matching};
use crate::plan::{Column, Expr};
use crate::value::{Type, Value};
use serde_json::json;

pub(super) fn lookup(
    w: &mut Writer<'_>,
    id: LookupId,
    keys: &[Expr],
    found: Option<&Column>,
    columns: &[(usize, Column)],
) {
    let Some(lookup) = w.rule.lookups.get(id.index()).cloned() else { return };
    if let Some(found) = found {
        w.know(found, Type::BOOLEAN);
    }
    for (cell, column) in columns {
        let ty = lookup.column_type(*cell);
        w.know(column, ty);
    }
    let by_equality = lookup.keys.iter().all(|k| matches!(k.matching, Matching::Exact | Matching::Nocase));
    let delivered = w.inputs.delivered(&lookup.name).map(str::to_owned);
    let limit = w.inputs.data.limits.inline_rows.unwrap_or(usize::MAX);
    if delivered.is_none() && lookup.rows.len() > limit {
        let at = lookup.span;
        w.printer.refuse(
            at,
            format!(
                "the lookup `{}` has {} rows, and {limit} is the most that a query should carry",
                lookup.name,
                lookup.rows.len()
            ),
            "name the product's own table for it under `lookups` of the environment",
        );
        return;
    }
    if by_equality {
        joined(w, &lookup, keys, found, columns, delivered.as_deref());
    } else if delivered.is_some() {
        w.printer.refuse(
            lookup.span,
            format!("`{}` matches by suffix or network, which the product's own lookup cannot", lookup.name),
            "let the query carry it: leave it out of `lookups` of the environment",
        );
    } else {
        cases(w, &lookup, keys, found, columns);
    }
}

fn joined(
    w: &mut Writer<'_>,
    lookup: &Lookup,
    keys: &[Expr],
    found: Option<&Column>,
    columns: &[(usize, Column)],
    delivered: Option<&str>,
) {
    let table = w.fresh(&format!("lookup_{}", plain(&lookup.name)));
    let mut on = Vec::new();
    let mut temporary = Vec::new();
    for (i, (key, expr)) in lookup.keys.iter().zip(keys).enumerate() {
        let value = w.printer.value(expr);
        let value = if key.matching == Matching::Nocase { format!("tolower({})", value.text) } else { value.text };
        let is_column = matches!(expr.kind, crate::ir::ExprKind::Leaf(_)) && key.matching == Matching::Exact;
        let left = if is_column {
            value
        } else {
            let left = w.fresh("key");
            temporary.push(json!({ "name": left, "value": value }));
            left
        };
        on.push(json!({ "left": left, "right": format!("k{}", i + 1) }));
    }
    let source = match delivered {
        Some(name) => watchlist(lookup, name, columns),
        None => datatable(w, lookup, columns),
    };
    w.lets.push(format!("let {table} = {source}"));
    let outs: Vec<_> = columns
        .iter()
        .map(|(cell, column)| json!({ "name": w.name(column), "from": format!("c{}", cell + 1) }))
        .collect();
    let view = json!({
        "table": table, "on": on, "temporary": temporary, "outs": outs,
        "found": found.map(|f| w.name(f)).unwrap_or_default(),
    });
    w.add("lookup", &view);
    w.ordered = false;
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn datatable(w: &Writer<'_>, lookup: &Lookup, columns: &[(usize, Column)]) -> String {
    let mut header: Vec<String> =
        lookup.keys.iter().enumerate().map(|(i, k)| format!("k{}: {}", i + 1, declared(k.ty))).collect();
    header.extend(columns.iter().map(|(cell, _)| {
        let ty = lookup.column_type(*cell);
        format!("c{}: {}", cell + 1, declared(ty))
    }));
    let rows: Vec<String> = lookup.rows.iter().map(|row| row_text(w, lookup, row, columns)).collect();
    format!("datatable({})[\n    {}]", header.join(", "), rows.join(",\n    "))
}

fn row_text(w: &Writer<'_>, lookup: &Lookup, row: &[Value], columns: &[(usize, Column)]) -> String {
    let mut cells = Vec::new();
    for (key, cell) in lookup.keys.iter().zip(row) {
        let cell = match (key.matching, cell) {
            (Matching::Nocase, Value::String(text)) => Value::string(text.to_ascii_lowercase()),
            _ => cell.clone(),
        };
        cells.push(cell_text(w, &cell, key.ty));
    }
    for (place, _) in columns {
        let ty = lookup.column_type(*place);
        let cell = lookup.cell(row, *place);
        cells.push(cell_text(w, &cell, ty));
    }
    cells.join(", ")
}

fn cell_text(w: &Writer<'_>, cell: &Value, ty: Type) -> String {
    w.printer.dialect.literal(cell, ty).unwrap_or_else(|| null(ty))
}

/// A Sentinel watchlist: its columns are texts under the names of the file's header.
fn watchlist(lookup: &Lookup, name: &str, columns: &[(usize, Column)]) -> String {
    let mut outs = Vec::new();
    for (i, key) in lookup.keys.iter().enumerate() {
        let text = cast(&format!("[{}]", quote(&key.column)), key.ty);
        let text = if key.matching == Matching::Nocase { format!("tolower({text})") } else { text };
        outs.push(format!("k{} = {text}", i + 1));
    }
    for (cell, _) in columns {
        if let Some((column, ty)) = lookup.columns.get(*cell) {
            outs.push(format!("c{} = {}", cell + 1, cast(&format!("[{}]", quote(column)), *ty)));
        }
    }
    format!("_GetWatchlist({}) | project {}", quote(name), outs.join(", "))
}

fn cast(column: &str, ty: Type) -> String {
    match declared(ty) {
        "string" => format!("tostring({column})"),
        "long" => format!("tolong({column})"),
        "real" => format!("todouble({column})"),
        "bool" => format!("tobool({column})"),
        "datetime" => format!("todatetime({column})"),
        _ => format!("todynamic({column})"),
    }
}

/// Longest suffix or network first, so that the first case that fits is the one that counts.
fn cases(w: &mut Writer<'_>, lookup: &Lookup, keys: &[Expr], found: Option<&Column>, columns: &[(usize, Column)]) {
    let rows = lookup.most_specific_first();
    let values: Vec<_> = keys.iter().map(|k| w.printer.value(k)).collect();
    let conditions: Vec<String> = rows
        .iter()
        .map(|row| {
            let tests = lookup.keys.iter().zip(row.iter()).zip(&values).map(|((k, cell), v)| {
                let literal = cell_text(w, cell, k.ty);
                test(k.matching, &v.inside(30), &literal, cell)
            });
            tests.collect::<Vec<_>>().join(" and ")
        })
        .collect();
    let mut outs = Vec::new();
    if let Some(found) = found {
        let all = conditions.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" or ");
        let all = if all.is_empty() { "false".to_owned() } else { all };
        outs.push(json!({ "name": w.name(found), "value": format!("coalesce({all}, false)") }));
    }
    for (place, column) in columns {
        let ty = lookup.column_type(*place);
        let mut parts: Vec<String> = Vec::new();
        for (row, condition) in rows.iter().zip(&conditions) {
            let cell = lookup.cell(row, *place);
            parts.push(format!("{condition}, {}", cell_text(w, &cell, ty)));
        }
        parts.push(null(ty));
        let value = if parts.len() == 1 { null(ty) } else { format!("case({})", parts.join(", ")) };
        outs.push(json!({ "name": w.name(column), "value": value }));
    }
    w.add("extend", &json!({ "columns": outs }));
}

fn test(matching: Matching, value: &str, literal: &str, cell: &Value) -> String {
    match matching {
        Matching::Exact => format!("{value} == {literal}"),
        Matching::Nocase => format!("{value} =~ {literal}"),
        Matching::Suffix => {
            let dotted = match cell {
                Value::String(text) => quote(&format!(".{text}")),
                _ => literal.to_owned(),
            };
            format!("({value} =~ {literal} or {value} endswith {dotted})")
        }
        Matching::Cidr => {
            let v6 = matches!(cell, Value::String(text) if text.contains(':'));
            format!("coalesce({}({value}, {literal}), false)", if v6 { "ipv6_is_in_range" } else { "ipv4_is_in_range" })
        }
    }
}
