//! Lookups: the product's own where the environment names one, else spelled out as cases.

use super::Writer;
use super::dialect::{END, in_net, matching};
use super::text::{looks_like_a_number, quote};
use crate::backend::cases;
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
    let delivered = w.inputs.delivered(&lookup.name).map(str::to_owned);
    let exact = lookup.keys.iter().all(|k| k.matching == Matching::Exact);
    match delivered {
        Some(name) if exact => product(w, &lookup, &name, keys, found, columns),
        Some(_) => {
            w.printer.refuse(
                lookup.span,
                format!("`{}` does not match exactly, and how a Splunk lookup matches is set in Splunk", lookup.name),
                "let the query carry it: leave it out of `lookups` of the environment",
            );
        }
        None => cases(w, &lookup, keys, found, columns),
    }
}

/// A lookup definition in Splunk; its cells are texts.
fn product(
    w: &mut Writer<'_>,
    lookup: &Lookup,
    name: &str,
    keys: &[Expr],
    found: Option<&Column>,
    columns: &[(usize, Column)],
) {
    w.printer.assume("lookup-is-case-sensitive");
    let mut before = Vec::new();
    let mut on = Vec::new();
    for (key, expr) in lookup.keys.iter().zip(keys) {
        let input = w.fresh("key");
        before.push(format!("{input}={}", w.printer.value(expr).text));
        on.push(format!("{} AS {input}", field(&key.column)));
    }
    let mut outs = Vec::new();
    let mut after = Vec::new();
    for (cell, column) in columns {
        if let Some((from, ty)) = lookup.columns.get(*cell) {
            let raw = w.fresh("cell");
            outs.push(format!("{} AS {raw}", field(from)));
            after.push(format!("{}={}", w.name(column), typed(&raw, *ty)));
        }
    }
    if let Some(found) = found {
        let raw = w.fresh("cell");
        outs.push(format!("{} AS {raw}", lookup.keys.first().map_or(String::new(), |k| field(&k.column))));
        after.push(format!("{}=if(isnotnull({raw}), 1, 0)", w.name(found)));
    }
    let view = json!({ "name": name, "before": before, "on": on, "outs": outs, "after": after });
    w.add("lookup", &view);
}

fn field(name: &str) -> String {
    super::text::search_name(name)
}

fn typed(raw: &str, ty: Type) -> String {
    match ty {
        Type::BOOLEAN => format!("case(lower({raw})==\"true\", 1, lower({raw})==\"false\", 0)"),
        Type::STRING | Type::IP => format!("nullif({raw}, \"\")"),
        _ => format!("tonumber({raw})"),
    }
}

/// Longest suffix or network first, so that the first case that fits is the one that counts.
fn cases(w: &mut Writer<'_>, lookup: &Lookup, keys: &[Expr], found: Option<&Column>, columns: &[(usize, Column)]) {
    let limit = w.inputs.data.limits.inline_rows.unwrap_or(usize::MAX);
    if lookup.rows.len() > limit {
        w.printer.refuse(
            lookup.span,
            format!(
                "the lookup `{}` has {} rows, and {limit} is the most that a query should carry",
                lookup.name,
                lookup.rows.len()
            ),
            "name the product's own lookup for it under `lookups` of the environment",
        );
        return;
    }
    let values: Vec<String> = keys.iter().map(|k| w.printer.value(k).inside(50)).collect();
    let mut outs = Vec::new();
    if let Some(found) = found {
        let all: Vec<String> =
            cases::grouped(lookup, None).iter().map(|case| one_of(w, lookup, &values, &case.rows)).collect();
        let all = if all.is_empty() { "1=0".to_owned() } else { all.join(" OR ") };
        outs.push(format!("{}=if({all}, 1, 0)", w.name(found)));
    }
    for (place, column) in columns {
        let ty = lookup.column_type(*place);
        let parts: Vec<String> = cases::grouped(lookup, Some(*place))
            .iter()
            .map(|case| {
                let cell = w.printer.dialect.literal(&case.cell, ty).unwrap_or_else(|| "null()".to_owned());
                format!("{}, {cell}", one_of(w, lookup, &values, &case.rows))
            })
            .collect();
        let value = if parts.is_empty() { "null()".to_owned() } else { format!("case({})", parts.join(", ")) };
        outs.push(format!("{}={value}", w.name(column)));
    }
    w.add("eval", &json!({ "columns": outs }));
}

/// Whether one of the rows fits.
fn one_of(w: &Writer<'_>, lookup: &Lookup, values: &[String], rows: &[&Vec<Value>]) -> String {
    if let ([key], [value]) = (lookup.keys.as_slice(), values)
        && key.matching == Matching::Suffix
    {
        return matching(w.printer, value, true, &cases::suffixes(rows, END));
    }
    let conditions = rows.iter().map(|row| {
        let tests = lookup.keys.iter().zip(row.iter()).zip(values).map(|((k, cell), v)| test(w, k.matching, v, cell));
        let tests: Vec<String> = tests.collect();
        if rows.len() > 1 && tests.len() > 1 { format!("({})", tests.join(" AND ")) } else { tests.join(" AND ") }
    });
    conditions.collect::<Vec<_>>().join(" OR ")
}

fn test(w: &Writer<'_>, by: Matching, value: &str, cell: &Value) -> String {
    let Value::String(text) = cell else {
        let literal = w.printer.dialect.literal(cell, Type::INTEGER).unwrap_or_else(|| "null()".to_owned());
        return format!("{value}=={literal}");
    };
    match by {
        Matching::Exact if looks_like_a_number(text) => format!("\"=\".{value}=={}", quote(&format!("={text}"))),
        Matching::Exact => format!("{value}=={}", quote(text)),
        Matching::Nocase => {
            let folded = w.printer.folded("lower", value);
            format!("\"=\".{folded}=={}", quote(&format!("={}", text.to_ascii_lowercase())))
        }
        Matching::Suffix => {
            matching(w.printer, value, true, &format!("(?:^|[.]){}{END}", crate::ir::regex::quoted(text)))
        }
        Matching::Cidr => text.parse().map_or_else(|_| "1=0".to_owned(), |net| in_net(value, &net)),
    }
}
