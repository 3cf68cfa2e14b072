//! Lookups: a table beside the query, or the product's own; joined by exact keys, spelled out as cases where a key matches by
//! suffix or network.

use super::Writer;
use super::dialect::{in_net, matching, null};
use super::read::declared;
use super::text::quote;
use crate::backend::cases;
use crate::ir::LookupId;
use crate::pack::lookup::{Lookup, Matching};
use crate::pack::word;
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
    let mut on = Vec::new();
    let mut temporary = Vec::new();
    for (key, expr) in lookup.keys.iter().zip(keys) {
        let value = w.printer.value(expr);
        let nocase = key.matching == Matching::Nocase;
        let value = if nocase { w.printer.folded("tolower", &value.text) } else { value.text };
        let is_column = matches!(expr.kind, crate::ir::ExprKind::Leaf(_)) && key.matching == Matching::Exact;
        if is_column && !on.contains(&value) {
            on.push(value);
        } else {
            let left = w.fresh("key");
            temporary.push(json!({ "name": left, "value": value }));
            on.push(left);
        }
    }
    let outs: Vec<Out> = columns
        .iter()
        .map(|(cell, column)| Out { place: *cell, name: w.name(column), ty: lookup.column_type(*cell) })
        .collect();
    let found = found.map(|f| w.name(f));
    let mut source = match (again(w, &lookup.name, &on, &outs), delivered) {
        (Some(table), _) => table,
        (None, Some(name)) => {
            w.printer.assume("lookup-rows-are-single");
            watchlist(lookup, name, &on, &outs)
        }
        (None, None) => datatable(w, lookup, &on, &outs),
    };
    if let Some(found) = &found {
        source = format!("{source} | extend {found} = true");
    }
    let wish = format!("lookup_{}", word(&lookup.name));
    let taken = w.lets.iter().any(|l| l.starts_with(&format!("let {wish} ")));
    let table = if taken { w.fresh(&wish) } else { wish };
    w.lets.push(format!("let {table} = {source}"));
    let places = outs.into_iter().map(|o| (o.place, o.name)).collect();
    w.tables.push(Table { lookup: lookup.name.clone(), name: table.clone(), on: on.clone(), outs: places });
    let view = json!({ "table": table, "on": on, "temporary": temporary, "found": found.unwrap_or_default() });
    w.add("lookup", &view);
    w.ordered = false;
}

/// A lookup's table that stands in a `let`.
pub(super) struct Table {
    lookup: String,
    name: String,
    /// Its key columns.
    on: Vec<String>,
    /// Places among the lookup's columns, and their names.
    outs: Vec<(usize, String)>,
}

/// A lookup that is asked with other keys is the same table under other names.
fn again(w: &Writer<'_>, lookup: &str, on: &[String], outs: &[Out]) -> Option<String> {
    w.tables.iter().filter(|t| t.lookup == lookup).find_map(|table| {
        let cells: Option<Vec<(&String, &String)>> = outs
            .iter()
            .map(|out| Some((&out.name, &table.outs.iter().find(|(place, _)| *place == out.place)?.1)))
            .collect();
        let columns = on.iter().zip(&table.on).chain(cells?);
        let named = columns.map(|(to, from)| if to == from { to.clone() } else { format!("{to} = {from}") });
        Some(format!("{} | project {}", table.name, named.collect::<Vec<_>>().join(", ")))
    })
}

/// A column that the lookup gives.
struct Out {
    /// Its place among the lookup's columns.
    place: usize,
    /// The name that it gets.
    name: String,
    ty: Type,
}

/// A row for each key; or, where many keys have the same cells, a row for each of those with its keys.
fn datatable(w: &Writer<'_>, lookup: &Lookup, on: &[String], outs: &[Out]) -> String {
    let rows: Vec<(String, String)> = lookup.rows.iter().map(|row| row_text(w, lookup, row, outs)).collect();
    let typed = |o: &Out| format!("{}: {}", o.name, declared(o.ty));
    let header: Vec<String> = outs.iter().map(typed).collect();
    if let ([key], [on]) = (lookup.keys.as_slice(), on)
        && !outs.is_empty()
        && key.ty == Type::STRING
    {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (keys, cells) in &rows {
            match groups.iter_mut().find(|(known, _)| known == cells) {
                Some((_, all)) => all.push(keys),
                None => groups.push((cells, vec![keys])),
            }
        }
        if groups.len() * 2 <= rows.len() {
            let rows: Vec<String> =
                groups.iter().map(|(cells, keys)| format!("{cells}, dynamic([{}])", keys.join(", "))).collect();
            return format!(
                "datatable({}, {on}: dynamic)[\n    {}] | mv-expand {on} to typeof(string)",
                header.join(", "),
                rows.join(",\n    ")
            );
        }
    }
    let keys = lookup.keys.iter().zip(on).map(|(k, name)| format!("{name}: {}", declared(k.ty)));
    let header: Vec<String> = keys.chain(header).collect();
    let rows: Vec<String> = rows
        .into_iter()
        .map(|(keys, cells)| if cells.is_empty() { keys } else { format!("{keys}, {cells}") })
        .collect();
    format!("datatable({})[\n    {}]", header.join(", "), rows.join(",\n    "))
}

/// The keys, and the cells.
fn row_text(w: &Writer<'_>, lookup: &Lookup, row: &[Value], outs: &[Out]) -> (String, String) {
    let keys = lookup.keys.iter().zip(row).map(|(key, cell)| {
        let cell = match (key.matching, cell) {
            (Matching::Nocase, Value::String(text)) => Value::string(text.to_ascii_lowercase()),
            _ => cell.clone(),
        };
        cell_text(w, &cell, key.ty)
    });
    let cells = outs.iter().map(|out| cell_text(w, &lookup.cell(row, out.place), out.ty));
    (keys.collect::<Vec<_>>().join(", "), cells.collect::<Vec<_>>().join(", "))
}

fn cell_text(w: &Writer<'_>, cell: &Value, ty: Type) -> String {
    w.printer.dialect.literal(cell, ty).unwrap_or_else(|| null(ty))
}

/// A Sentinel watchlist: its columns are texts under the names of the file's header.
fn watchlist(lookup: &Lookup, name: &str, on: &[String], outs: &[Out]) -> String {
    let mut columns = Vec::new();
    for (key, on) in lookup.keys.iter().zip(on) {
        let text = cast(&format!("[{}]", quote(&key.column)), key.ty);
        let text = if key.matching == Matching::Nocase { format!("tolower({text})") } else { text };
        columns.push(format!("{on} = {text}"));
    }
    for out in outs {
        if let Some((column, ty)) = lookup.columns.get(out.place) {
            columns.push(format!("{} = {}", out.name, cast(&format!("[{}]", quote(column)), *ty)));
        }
    }
    format!("_GetWatchlist({}) | project {}", quote(name), columns.join(", "))
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
    let values: Vec<_> = keys.iter().map(|k| w.printer.value(k).inside(30)).collect();
    let mut outs = Vec::new();
    if let Some(found) = found {
        let cases = cases::grouped(lookup, None);
        let all: Vec<String> = cases.iter().map(|case| one_of(w, lookup, &values, &case.rows)).collect();
        let all = match all.len() {
            0 => "false".to_owned(),
            1 => all.concat(),
            _ => all.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" or "),
        };
        outs.push(json!({ "name": w.name(found), "value": all }));
    }
    for (place, column) in columns {
        let ty = lookup.column_type(*place);
        let mut parts: Vec<String> = Vec::new();
        for case in cases::grouped(lookup, Some(*place)) {
            parts.push(one_of(w, lookup, &values, &case.rows));
            parts.push(cell_text(w, &case.cell, ty));
        }
        parts.push(null(ty));
        let value = if parts.len() == 1 { null(ty) } else { format!("case({})", parts.join(",\n        ")) };
        outs.push(json!({ "name": w.name(column), "value": value }));
    }
    super::stage::extend(w, &outs);
}

/// Whether one of the rows fits.
fn one_of(w: &Writer<'_>, lookup: &Lookup, values: &[String], rows: &[&Vec<Value>]) -> String {
    if let ([key], [value]) = (lookup.keys.as_slice(), values)
        && key.matching == Matching::Suffix
    {
        return matching(w.printer, value, true, &cases::suffixes(rows, "$"), lookup.span);
    }
    let conditions = rows.iter().map(|row| {
        let tests = lookup.keys.iter().zip(row.iter()).zip(values).map(|((k, cell), v)| {
            let literal = cell_text(w, cell, k.ty);
            test(k.matching, v, &literal, cell)
        });
        tests.collect::<Vec<_>>().join(" and ")
    });
    let conditions: Vec<String> = conditions.collect();
    match conditions.len() {
        1 => conditions.concat(),
        _ => conditions.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" or "),
    }
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
            let net = match cell {
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            net.map_or_else(|| "false".to_owned(), |net| in_net(value, &net))
        }
    }
}
