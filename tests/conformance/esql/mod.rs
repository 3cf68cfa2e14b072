//! ES|QL: a real Elasticsearch node reads and runs it, and Elastic's own grammar of a newer release reads some of it.

mod hostile;
mod tests;

use super::bench::{Bench, Place, instant, json_of, texts};
use super::executor::{Executor, Kind, ask_all};
use super::outcome::Seen;
use super::random::analytic::Form;
use super::random::rule::{Tapes, yaml};
use super::{Dialect, Ran, Run, kql};
use serde_json::{Map, Value as Json, json};
use siemc::backend::Target;
use siemc::backend::target::MappedField;
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::value::{Scalar, Type, Value};

/// See the module.
pub struct Esql;

static NODE: Executor = Executor {
    kind: Kind::Engine,
    name: "Elasticsearch 8.19 node",
    program: "esql-node/run",
    // The node answers two queries at a time by itself.
    side_by_side: 1,
    batch: 400,
};

/// The node is of 8.19; what it runs a newer release has to read, too. A text of 50 KB takes this parser seconds, so it reads a part of them.
static VALIDATOR: Executor = Executor {
    kind: Kind::Engine,
    name: "Elastic's ES|QL validator, release 9.5 (detection-rules-esql-py)",
    program: "check-esql",
    // A parser gets fast with use.
    side_by_side: 1,
    batch: usize::MAX,
};
const RELEASE: &str = "9.5";

/// What a grouping alone says, where windows are aligned to the clock.
const FORMS: [Form; 5] = [Form::Match, Form::Any, Form::Threshold, Form::Together, Form::Evidence];
/// One of so many rules has these forms alone, and no contexts: rows that look at others take the node longer.
const GROUPED: usize = 3;

impl Dialect for Esql {
    fn target(&self) -> Target {
        Target::Esql
    }

    fn title(&self) -> &'static str {
        "ES|QL"
    }

    fn executor(&self) -> &'static Executor {
        &NODE
    }

    fn job(&self, run: &Run<'_>) -> Json {
        let mut indices = indices(run.place);
        for (name, index) in &mut indices {
            let documents: Vec<Json> = run.events.iter().filter_map(|event| stored(run, event, name)).collect();
            index["documents"] = Json::Array(documents);
        }
        indices.extend(lookup_indices(run.bench, run.place));
        json!({ "query": at(&run.query.text, run.now), "indices": indices })
    }

    fn request(&self, jobs: &[Json], _: usize) -> Json {
        json!({ "version": 1, "jobs": jobs })
    }

    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen> {
        // A list of one value comes as that value.
        let seen = |row: &Json| Seen { because: texts(row.get("because")), ..kql::seen(row, ran.keys) };
        rows.iter().map(seen).collect()
    }

    fn expected(&self, _: &Ran<'_>, alert: &Alert) -> Seen {
        kql::expected(alert)
    }

    fn form(&self, number: usize) -> Form {
        let all = super::FORMS;
        let (round, place) = (number / GROUPED, number % GROUPED);
        if place == 0 { FORMS[round % FORMS.len()] } else { all[(round * (GROUPED - 1) + place) % all.len()] }
    }

    fn written(&self, tapes: &mut Tapes, number: usize) -> String {
        if !number.is_multiple_of(GROUPED) {
            return yaml(tapes);
        }
        tapes.contexts.clear();
        aligned(&yaml(tapes))
    }
}

/// What a newer release's grammar has against queries, each over its place.
pub fn validated(bench: &Bench, queries: &[(&str, &Place)]) -> Vec<Vec<String>> {
    let question = |(text, place): &(&str, &Place)| -> Json {
        let mut indices = indices(place);
        for (name, mut index) in lookup_indices(bench, place) {
            index["documents"].take();
            indices.insert(name, index);
        }
        json!({ "id": "", "text": text, "indices": indices })
    };
    let questions: Vec<Json> = queries.iter().map(question).collect();
    let answers = ask_all(&VALIDATOR, &[json!({ "version": 1, "releases": [RELEASE], "queries": questions })]);
    let results = answers.iter().flat_map(|a| a["results"].as_array().expect("results"));
    results.map(|r| r["faults"].as_array().expect("faults").iter().map(Json::to_string).collect()).collect()
}

/// The rule with windows that are aligned to the clock where they slid.
fn aligned(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut in_sequence = false;
    for (place, line) in lines.iter().enumerate() {
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        in_sequence = match words {
            "sequence:" => true,
            "threshold:" | "together:" | "evidence:" => false,
            _ => in_sequence,
        };
        if words == "fires: rise" {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let has_window = lines.get(place + 1).is_some_and(|next| next.trim_start().starts_with("window:"));
        if words.starts_with("within: ") && !in_sequence && !has_window {
            out.push_str(&format!("{indent}window: tumbling\n"));
        }
    }
    out
}

/// The indices that the mapping declares, with their fields and types.
fn indices(place: &Place) -> Map<String, Json> {
    let mut indices = Map::new();
    let mut sources: Vec<_> = place.mapping.sources.iter().collect();
    sources.sort_by_key(|(id, _)| **id);
    for (_, mapped) in sources {
        let index = indices.entry(concrete(&mapped.table)).or_insert_with(|| json!({ "fields": {} }));
        let fields = index["fields"].as_object_mut().expect("fields");
        let mut declare = |column: &str, ty: &str| fields.insert(column.to_owned(), json!({ "type": ty }));
        declare(&mapped.time.column, if mapped.time.unit.is_some() { "long" } else { "date" });
        for (column, _) in &mapped.select {
            declare(column, "keyword");
        }
        for field in mapped.fields.values() {
            declare(&field.column, column_type(field));
        }
    }
    indices
}

/// The product's own lookups, as lookup indices.
fn lookup_indices(bench: &Bench, place: &Place) -> Map<String, Json> {
    let mut all = Map::new();
    for (lookup, name) in &place.delivered {
        let Some(lookup) = bench.pack.lookups.get(lookup) else { continue };
        let keys = lookup.keys.iter().map(|k| (k.column.as_str(), k.ty));
        let columns: Vec<(&str, Type)> =
            keys.chain(lookup.columns.iter().map(|(name, ty)| (name.as_str(), *ty))).collect();
        let fields: Map<String, Json> =
            columns.iter().map(|(n, ty)| ((*n).to_owned(), json!({ "type": product_type(*ty) }))).collect();
        let document = |row: &Vec<Value>| -> Json {
            let cells = columns.iter().zip(row).filter(|(_, v)| !v.is_missing());
            cells.map(|((n, _), v)| ((*n).to_owned(), json_of(v))).collect::<Map<String, Json>>().into()
        };
        let documents: Vec<Json> = lookup.rows.iter().map(document).collect();
        all.insert(name.clone(), json!({ "fields": fields, "documents": documents, "lookup": true }));
    }
    all
}

/// The event as the product has it, where it is in this index.
fn stored(run: &Run<'_>, event: &Event, index: &str) -> Option<Json> {
    let mapped = run.place.mapping.source(event.source).filter(|m| concrete(&m.table) == index)?;
    let mut object = Map::new();
    for (column, text) in &mapped.select {
        object.insert(column.clone(), text.clone().into());
    }
    let unit = mapped.time.unit;
    let time = unit.map_or(event.time, |unit| event.time * unit.per_millisecond().0 / unit.per_millisecond().1);
    object.insert(mapped.time.column.clone(), time.into());
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
    Some(Json::Object(object))
}

/// The query as of a time: the clock is the test's.
fn at(query: &str, now: i64) -> String {
    query.replace("NOW()", &format!("TO_DATETIME(\"{}\")", instant(now)))
}

/// An index that the pattern meets.
fn concrete(pattern: &str) -> String {
    pattern.replace('*', "test")
}

fn column_type(field: &MappedField) -> &'static str {
    match field.ty {
        Scalar::String => "keyword",
        Scalar::Ip => "ip",
        Scalar::Integer | Scalar::Duration => "long",
        Scalar::Number => "double",
        Scalar::Boolean => "boolean",
        Scalar::Timestamp => "date",
    }
}

fn product_type(ty: Type) -> &'static str {
    match ty {
        Type::INTEGER | Type::DURATION => "long",
        Type::NUMBER => "double",
        Type::BOOLEAN => "boolean",
        Type::TIMESTAMP => "date",
        Type::IP => "ip",
        _ => "keyword",
    }
}
