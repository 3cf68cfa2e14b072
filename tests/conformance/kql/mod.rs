//! KQL: Microsoft's analyzer reads it with the schema that the mapping declares, our model of KQL runs it.

mod hostile;
mod tests;

use super::bench::{Bench, Place, column, instant, json_of, plain, texts};
use super::executor::{Executor, Kind, ask_all};
use super::outcome::Seen;
use super::{Dialect, Ran, Run};
use serde_json::{Map, Value as Json, json};
use siemc::backend::Target;
use siemc::backend::target::MappedField;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::value::{Scalar, Value};

/// See the module.
pub struct Kql;

static MODEL: Executor = Executor {
    kind: Kind::Model,
    name: "tests/engines/kql-model",
    program: "kql-model/run",
    side_by_side: 2,
    batch: 40,
};

static ANALYZER: Executor = Executor {
    kind: Kind::Engine,
    name: "Microsoft's Kusto analyzer (@kusto/language-service-next)",
    program: "check-kql",
    side_by_side: 2,
    batch: 25,
};

impl Dialect for Kql {
    fn target(&self) -> Target {
        Target::Kql
    }

    fn title(&self) -> &'static str {
        "KQL"
    }

    fn executor(&self) -> &'static Executor {
        &MODEL
    }

    fn job(&self, run: &Run<'_>) -> Json {
        let mut tables = tables(run.place);
        for (table, declared) in &mut tables {
            let stored = |event: &Event| stored(run.bench, event, run.place, table);
            let rows: Vec<Json> = run.events.iter().filter_map(stored).collect();
            *declared = json!({ "columns": declared.clone(), "rows": rows });
        }
        json!({ "id": "", "query": run.query.text, "now": instant(run.now), "tables": tables,
                "watchlists": watchlists(run.bench, run.place) })
    }

    fn request(&self, jobs: &[Json], _: usize) -> Json {
        // The analyzer reads each query for itself; the model need not.
        json!({ "version": 1, "analyze": false, "jobs": jobs })
    }

    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen> {
        rows.iter().map(|row| seen(row, ran.keys)).collect()
    }

    fn expected(&self, _: &Ran<'_>, alert: &Alert) -> Seen {
        expected(alert)
    }

    fn parser(&self) -> Option<&'static str> {
        Some(ANALYZER.name)
    }

    fn parse(&self, bench: &Bench, queries: &[(&str, &Place)]) -> Vec<Vec<String>> {
        analyze(bench, queries).into_iter().map(|a| a.faults).collect()
    }

    fn beyond_executor(&self, why: &str) -> bool {
        why.starts_with("not implemented")
    }
}

/// What the analyzer says of a query.
pub struct Analyzed {
    pub faults: Vec<String>,
    pub literals: Vec<String>,
}

/// Has queries analyzed, each with its place's tables and watchlists.
pub fn analyze(bench: &Bench, queries: &[(&str, &Place)]) -> Vec<Analyzed> {
    let question = |(text, place): &(&str, &Place)| -> Json {
        json!({ "id": "", "text": text, "tables": tables(place), "watchlists": columns_of_watchlists(bench, place) })
    };
    let part = |part: &[(&str, &Place)]| -> Json {
        json!({ "version": 1, "queries": part.iter().map(question).collect::<Vec<_>>() })
    };
    let requests: Vec<Json> = queries.chunks(ANALYZER.batch).map(part).collect();
    let answers = ask_all(&ANALYZER, &requests);
    let results: Vec<&Json> = answers.iter().flat_map(|a| a["results"].as_array().expect("results")).collect();
    assert_eq!(results.len(), queries.len(), "an answer for each query");
    let analyzed = |result: &Json| Analyzed {
        faults: result["faults"].as_array().expect("faults").iter().map(fault).collect(),
        literals: texts(result.get("literals")),
    };
    results.into_iter().map(analyzed).collect()
}

/// A fault of a parser, for a reader.
pub fn fault(fault: &Json) -> String {
    let text = |key: &str| fault[key].as_str().unwrap_or("").to_owned();
    format!("{} {} `{}` at line {}", text("code"), text("message"), text("text"), fault["line"])
}

/// The tables that the mapping declares, with their columns and types.
fn tables(place: &Place) -> Map<String, Json> {
    let mut tables = Map::new();
    let mut sources: Vec<_> = place.mapping.sources.iter().collect();
    sources.sort_by_key(|(id, _)| **id);
    for (_, mapped) in sources {
        let columns = tables.entry(mapped.table.clone()).or_insert_with(|| json!({}));
        let columns = columns.as_object_mut().expect("columns");
        let time = if mapped.time.unit.is_some() { "long" } else { "datetime" };
        columns.insert(mapped.time.column.clone(), time.into());
        for (column, _) in &mapped.select {
            columns.insert(column.clone(), "string".into());
        }
        let mut fields: Vec<&MappedField> = mapped.fields.values().collect();
        fields.sort_by_key(|f| &f.column);
        for field in fields {
            columns.insert(field.column.clone(), column_type(field).into());
        }
    }
    tables
}

/// The product's own lookups: name to columns and rows, all of them texts.
fn watchlists(bench: &Bench, place: &Place) -> Json {
    let mut all = Map::new();
    for (lookup, name) in &place.delivered {
        let Some(lookup) = bench.pack.lookups.get(lookup) else { continue };
        let keys = lookup.keys.iter().map(|k| k.column.as_str());
        let names: Vec<&str> = keys.chain(lookup.columns.iter().map(|(name, _)| name.as_str())).collect();
        let columns: Map<String, Json> = names.iter().map(|n| ((*n).to_owned(), "string".into())).collect();
        let row = |row: &Vec<Value>| -> Json {
            names.iter().zip(row).map(|(n, v)| ((*n).to_owned(), Json::String(text(v)))).collect()
        };
        let rows: Vec<Json> = lookup.rows.iter().map(row).collect();
        all.insert(name.clone(), json!({ "columns": columns, "rows": rows }));
    }
    Json::Object(all)
}

fn columns_of_watchlists(bench: &Bench, place: &Place) -> Json {
    let lists = watchlists(bench, place);
    let all = lists.as_object().into_iter().flatten().map(|(name, list)| (name.clone(), list["columns"].clone()));
    Json::Object(all.collect())
}

/// The event as the product has it, where it is in this table.
fn stored(bench: &Bench, event: &Event, place: &Place, table: &str) -> Option<Json> {
    let mapped = place.mapping.source(event.source).filter(|m| m.table == table)?;
    let mut object = Map::new();
    for (column, text) in &mapped.select {
        object.insert(column.clone(), text.clone().into());
    }
    let time = match mapped.time.unit {
        None => Json::String(instant(event.time)),
        Some(unit) => (event.time * unit.per_millisecond().0 / unit.per_millisecond().1).into(),
    };
    object.insert(mapped.time.column.clone(), time);
    let (_, source) = bench.pack.schema.source_at(event.source).expect("a source");
    for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
        if let Some(mapped) = mapped.fields.get(field)
            && !value.is_missing()
        {
            let stored = match (mapped.ty, mapped.store(value)) {
                (Scalar::Timestamp, Value::Timestamp(ms)) => Json::String(instant(ms)),
                (_, value) => json_of(&value),
            };
            object.insert(mapped.column.clone(), stored);
        }
    }
    Some(Json::Object(object))
}

fn column_type(field: &MappedField) -> &'static str {
    if field.list {
        return "dynamic";
    }
    match field.ty {
        Scalar::String | Scalar::Ip => "string",
        Scalar::Integer => "long",
        Scalar::Number => "real",
        Scalar::Boolean => "bool",
        Scalar::Timestamp => "datetime",
        Scalar::Duration => "timespan",
    }
}

fn text(value: &Value) -> String {
    match json_of(value) {
        Json::Null => String::new(),
        Json::String(s) => s,
        other => other.to_string(),
    }
}

/// The evaluator's alert as a row with `event_time` shows it.
pub fn expected(alert: &Alert) -> Seen {
    let there = alert.group.iter().filter(|(_, v)| !v.is_missing());
    let mut group: Vec<_> = there.map(|(k, v)| (column(k), plain(&json_of(v)))).collect();
    group.sort();
    let (confidence, because) = (alert.confidence, alert.because.clone());
    Seen { time: alert.time, group, confidence, severity: Some(alert.severity.to_string()), because }
}

/// A row with `event_time` as an alert.
pub fn seen(row: &Json, keys: &[String]) -> Seen {
    let present = |v: &&Json| !v.is_null() && v.as_str() != Some("");
    let group = keys.iter().filter_map(|k| Some((column(k), plain(row.get(column(k)).filter(present)?))));
    let mut group: Vec<_> = group.collect();
    group.sort();
    let time = row["event_time"].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok());
    Seen {
        time: time.map_or(i64::MIN, jiff::Timestamp::as_millisecond),
        group,
        confidence: row.get("confidence").and_then(Json::as_i64),
        severity: Some(row["severity"].as_str().unwrap_or("none").to_owned()),
        because: row["because"].as_array().into_iter().flatten().map(plain).collect(),
    }
}
