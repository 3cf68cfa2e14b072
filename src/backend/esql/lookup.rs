//! Lookups: spelled out as cases, since ES|QL has no table beside the query; or a lookup index of the product, joined by its key.

use super::dialect::{in_nets, null, rlike};
use super::text::index;
use super::{Writer, codes};
use crate::backend::lucene;
use crate::backend::print::Printed;
use crate::ir::{ExprKind, LookupId};
use crate::pack::lookup::{Lookup, LookupKey, Matching};
use crate::plan::{Column, Expr};
use crate::value::{Type, Value};
use serde_json::json;

type Rows<'l> = Vec<&'l [Value]>;

pub(super) fn lookup(
    w: &mut Writer<'_>,
    id: LookupId,
    keys: &[Expr],
    found: Option<&Column>,
    columns: &[(usize, Column)],
) {
    let Some(lookup) = w.rule.lookups.get(id.index()).cloned() else { return };
    for (cell, column) in columns {
        let ty = lookup.column_type(*cell);
        w.know(column, ty);
    }
    if let Some(found) = found {
        w.know(found, Type::BOOLEAN);
    }
    if let Some(name) = w.inputs.delivered(&lookup.name).map(str::to_owned) {
        joined(w, &lookup, &name, keys, found, columns);
        return;
    }
    let most = w.inputs.data.limits.inline_rows.unwrap_or(usize::MAX);
    if lookup.rows.len() > most {
        let message = format!(
            "the lookup `{}` has {} rows, and {most} is the most that a query should carry",
            lookup.name,
            lookup.rows.len()
        );
        let help = "name a lookup index for it under `lookups` of the environment: `{esql: NAME}`";
        w.faults.push(codes::refusal(codes::LOOKUP, lookup.span, &message).help(help));
        return;
    }
    let names = named(w, keys);
    cases(w, &lookup, &names, found, columns);
}

/// Each key as a name, so that no expression stands in a case again and again.
fn named(w: &mut Writer<'_>, keys: &[Expr]) -> Vec<Printed> {
    let mut made = Vec::new();
    let mut names = Vec::new();
    for key in keys {
        let value = w.printer.value(key);
        if matches!(key.kind, ExprKind::Leaf(_)) {
            names.push(value);
            continue;
        }
        let name = w.fresh("key");
        made.push(json!({ "name": name, "value": value.text }));
        names.push(Printed::atom(name));
    }
    if !made.is_empty() {
        w.add("eval", &json!({ "columns": made }));
    }
    names
}

fn cases(w: &mut Writer<'_>, lookup: &Lookup, keys: &[Printed], found: Option<&Column>, columns: &[(usize, Column)]) {
    let rows: Rows<'_> = lookup.most_specific_first().into_iter().map(|row| &**row).collect();
    let by_equality = lookup.keys.iter().all(|k| matches!(k.matching, Matching::Exact | Matching::Nocase));
    let mut outs = Vec::new();
    if let Some(found) = found {
        let all = condition(w, &lookup.keys, keys, 0, &rows);
        outs.push(json!({ "name": w.name(found), "value": format!("COALESCE({}, FALSE)", all.text) }));
    }
    for (place, column) in columns {
        let ty = lookup.column_type(*place);
        let mut arms: Vec<(Value, Rows<'_>)> = Vec::new();
        for row in &rows {
            let cell = lookup.cell(row, *place);
            // Where keys match by suffix or network the longest has to come first, so only neighbours share a case.
            let known = match by_equality {
                true => arms.iter_mut().find(|(value, _)| *value == cell),
                false => arms.last_mut().filter(|(value, _)| *value == cell),
            };
            match known {
                Some((_, rows)) => rows.push(row),
                None if by_equality && cell.is_missing() => {}
                None => arms.push((cell, vec![row])),
            }
        }
        let texts: Vec<String> = arms
            .iter()
            .map(|(value, rows)| {
                let when = condition(w, &lookup.keys, keys, 0, rows);
                format!("{}, {}", when.text, cell_text(w, value, ty))
            })
            .collect();
        let value = if texts.is_empty() { null(ty) } else { format!("CASE({})", texts.join(", ")) };
        outs.push(json!({ "name": w.name(column), "value": value }));
    }
    w.add("eval", &json!({ "columns": outs }));
}

fn cell_text(w: &Writer<'_>, cell: &Value, ty: Type) -> String {
    w.printer.dialect.literal(cell, ty).unwrap_or_else(|| null(ty))
}

/// That the keys meet one of the rows: rows that share a cell are asked for it once.
fn condition(w: &Writer<'_>, keys: &[LookupKey], values: &[Printed], at: usize, rows: &[&[Value]]) -> Printed {
    let (Some(key), Some(value)) = (keys.get(at), values.get(at)) else { return Printed::atom("TRUE") };
    let cells: Vec<&Value> = distinct(rows, at);
    if at + 1 >= keys.len() {
        return meets(w, key, value, &cells);
    }
    let parts: Vec<String> = cells
        .iter()
        .map(|cell| {
            let same: Rows<'_> = rows.iter().copied().filter(|row| row.get(at) == Some(cell)).collect();
            let own = meets(w, key, value, &[cell]);
            let rest = condition(w, keys, values, at + 1, &same);
            format!("({} AND {})", own.inside(20), rest.inside(20))
        })
        .collect();
    match parts.len() {
        0 => Printed::atom("FALSE"),
        1 => Printed::atom(parts.concat()),
        _ => Printed { text: parts.join(" OR "), binding: 10 },
    }
}

fn distinct<'l>(rows: &[&'l [Value]], at: usize) -> Vec<&'l Value> {
    let mut all: Vec<&Value> = Vec::new();
    for cell in rows.iter().filter_map(|row| row.get(at)) {
        if !all.contains(&cell) {
            all.push(cell);
        }
    }
    all
}

/// That a value meets one of the cells.
fn meets(w: &Writer<'_>, key: &LookupKey, value: &Printed, cells: &[&Value]) -> Printed {
    let texts = || cells.iter().filter_map(|c| if let Value::String(t) = c { Some(&**t) } else { None });
    if cells.is_empty() {
        return Printed::atom("FALSE");
    }
    match key.matching {
        Matching::Exact => {
            let literals: Vec<String> = cells.iter().map(|c| cell_text(w, c, key.ty)).collect();
            let text = match literals.as_slice() {
                [one] => format!("{} == {one}", value.inside(30)),
                all => format!("{} IN ({})", value.inside(30), all.join(", ")),
            };
            Printed { text, binding: 30 }
        }
        Matching::Nocase => rlike(value, &texts().map(lucene::without_case).collect::<Vec<_>>().join("|")),
        Matching::Suffix => {
            let all: Vec<String> = texts().map(lucene::without_case).collect();
            rlike(value, &format!("(.*\\.)?({})", all.join("|")))
        }
        Matching::Cidr => {
            let nets: Vec<ipnet::IpNet> = texts().filter_map(|t| t.parse().ok()).collect();
            in_nets(&value.text, &nets)
        }
    }
}

/// The product's own: a lookup index, joined by a column of the key's name. What it has beside comes along under its own names.
fn joined(
    w: &mut Writer<'_>,
    lookup: &Lookup,
    index_name: &str,
    keys: &[Expr],
    found: Option<&Column>,
    columns: &[(usize, Column)],
) {
    let help = "let the query carry it: leave it out of `lookups` of the environment";
    let ([key], [value]) = (lookup.keys.as_slice(), keys) else {
        let message = format!("`{}` has several keys, and a join of ES|QL has one", lookup.name);
        w.faults.push(codes::refusal(codes::LOOKUP, lookup.span, &message).help(help));
        return;
    };
    if key.matching != Matching::Exact {
        let message = format!("`{}` does not match exactly, which a join of ES|QL does", lookup.name);
        w.faults.push(codes::refusal(codes::LOOKUP, lookup.span, &message).help(help));
        return;
    }
    let theirs: Vec<&str> = lookup.columns.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(clash) =
        theirs.iter().chain([&key.column.as_str()]).find(|name| w.types.keys().any(|c| *c.0 == ***name))
    {
        let message = format!("the column `{clash}` of `{}` would replace one of the query's own", lookup.name);
        w.faults.push(codes::refusal(codes::LOOKUP, lookup.span, &message).help(help));
        return;
    }
    w.printer.assume("lookup-rows-are-single");
    let on = w.printer.dialect.column(&key.column);
    let view = json!({ "on": on, "value": w.printer.value(value).text, "index": index(index_name) });
    w.add("join", &view);
    let mut outs = Vec::new();
    for (place, column) in columns {
        let Some((name, ty)) = lookup.columns.get(*place) else { continue };
        let theirs = w.printer.dialect.column(name);
        let value = if *ty == Type::STRING { super::function::unless_empty(&theirs) } else { theirs };
        outs.push(json!({ "name": w.name(column), "value": value }));
    }
    if let Some(found) = found {
        // A row of the index is known by a cell that every row has.
        match lookup
            .columns
            .iter()
            .enumerate()
            .find(|(i, _)| lookup.rows.iter().all(|r| !lookup.cell(r, *i).is_missing()))
        {
            Some((_, (name, _))) => {
                let theirs = w.printer.dialect.column(name);
                outs.push(json!({ "name": w.name(found), "value": format!("{theirs} IS NOT NULL") }));
            }
            None => {
                let message = format!(
                    "`{}` has no column that every row fills, so a join cannot tell whether there is a row",
                    lookup.name
                );
                w.faults.push(codes::refusal(codes::LOOKUP, lookup.span, &message).help(help));
            }
        }
    }
    w.add("eval", &json!({ "columns": outs }));
}
