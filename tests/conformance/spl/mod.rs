//! SPL: our model of SPL reads and runs it. There is no parser of SPL that others wrote.

mod hostile;
mod tests;

use super::bench::{NOW, column, json_of, texts};
use super::executor::{Executor, Kind};
use super::outcome::Seen;
use super::{Dialect, Ran, Run};
use serde_json::{Map, Value as Json, json};
use siemc::backend::Target;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::value::{Scalar, Value};

/// See the module.
pub struct Spl;

static MODEL: Executor = Executor {
    kind: Kind::Model,
    name: "tests/engines/spl-model",
    program: "spl-model/run",
    side_by_side: 2,
    batch: 50,
};

/// Facts that the model is told beyond the manual; each stands in `targets/spl/assumptions.yaml`.
const ASSUME: [&str; 1] = ["unbounded-streamstats"];

impl Dialect for Spl {
    fn target(&self) -> Target {
        Target::Spl
    }

    fn title(&self) -> &'static str {
        "SPL"
    }

    fn executor(&self) -> &'static Executor {
        &MODEL
    }

    fn job(&self, run: &Run<'_>) -> Json {
        let events: Vec<Json> = run.events.iter().map(|e| stored(run, e)).collect();
        json!({ "id": "", "query": run.query.text, "events": events, "lookups": lookups(run), "now": run.now / 1000 })
    }

    /// Once with rows of equal keys in one order, once in the other.
    fn variants(&self) -> usize {
        2
    }

    fn request(&self, jobs: &[Json], variant: usize) -> Json {
        let ties = ["reversed-ties"].into_iter().take(variant);
        let assume: Vec<&str> = ASSUME.iter().copied().chain(ties).collect();
        json!({ "version": 1, "now": NOW / 1000, "assume": assume, "jobs": jobs })
    }

    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen> {
        rows.iter().map(|row| seen(row, ran.keys)).collect()
    }

    fn expected(&self, _: &Ran<'_>, alert: &Alert) -> Seen {
        let there = alert.group.iter().filter(|(_, v)| !v.is_missing());
        let mut group: Vec<_> = there.map(|(k, v)| (column(k), plain(&json_of(v)))).collect();
        group.sort();
        let (confidence, because) = (alert.confidence, alert.because.clone());
        Seen { time: alert.time, group, confidence, severity: Some(alert.severity.to_string()), because }
    }

    fn beyond_executor(&self, why: &str) -> bool {
        why.starts_with("not implemented")
    }

    /// That there are none of these is an assumption of the queries (`ties-without-tiebreaker`).
    fn leaves_ties_out(&self) -> bool {
        true
    }
}

/// The lookups that Splunk has itself, as its administrator would have loaded the pack's files.
fn lookups(run: &Run<'_>) -> Json {
    let mut all = Map::new();
    for (name, own) in &run.place.delivered {
        let Some(lookup) = run.bench.pack.lookups.get(name) else { continue };
        let names: Vec<&String> =
            lookup.keys.iter().map(|k| &k.column).chain(lookup.columns.iter().map(|(c, _)| c)).collect();
        let row = |cells: &Vec<Value>| -> Json {
            let cells = names.iter().zip(cells).filter(|(_, v)| !v.is_missing());
            let texts = cells.map(|(n, v)| ((*n).clone(), Json::String(siemc::eval::text_of(v).into_owned())));
            texts.collect::<Map<_, _>>().into()
        };
        let rows: Vec<Json> = lookup.rows.iter().map(row).collect();
        all.insert(own.clone(), json!({ "rows": rows, "case_sensitive_match": true }));
    }
    Json::Object(all)
}

/// The event as Splunk has it.
fn stored(run: &Run<'_>, event: &Event) -> Json {
    let mapped = run.place.mapping.source(event.source).expect("a mapped source");
    let mut object = Map::new();
    object.insert("index".to_owned(), mapped.table.clone().into());
    for (column, text) in &mapped.select {
        object.insert(column.clone(), text.clone().into());
    }
    // Splunk gives every event a `_time`; a mapping may have the event's own time elsewhere.
    let time: Json = (event.time as f64 / 1000.0).into();
    object.insert("_time".to_owned(), time.clone());
    object.insert(mapped.time.column.clone(), time);
    let (_, source) = run.bench.pack.schema.source_at(event.source).expect("a source");
    for ((field, _), value) in source.fields.iter().zip(event.values.iter()) {
        let Some(mapped) = mapped.fields.get(field) else { continue };
        if !value.is_missing() {
            object.insert(mapped.column.clone(), json_of(&mapped.store(value)));
        } else if mapped.ty == Scalar::String && !mapped.list && event.line.is_multiple_of(2) {
            // A missing text may stand there as an empty one.
            object.insert(mapped.column.clone(), "".into());
        }
    }
    Json::Object(object)
}

fn seen(row: &Json, keys: &[String]) -> Seen {
    let mut group: Vec<_> = keys.iter().filter_map(|k| Some((column(k), plain(row.get(column(k))?)))).collect();
    group.sort();
    Seen {
        time: (row["_time"].as_f64().unwrap_or(f64::NAN) * 1000.0).round() as i64,
        group,
        confidence: row.get("confidence").and_then(Json::as_i64),
        severity: Some(row["severity"].as_str().unwrap_or("none").to_owned()),
        because: texts(row.get("because")),
    }
}

/// Splunk has numbers and texts only.
fn plain(value: &Json) -> String {
    match value {
        Json::Bool(b) => i64::from(*b).to_string(),
        other => super::bench::plain(other),
    }
}
