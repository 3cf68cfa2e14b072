//! A difference as a file in the form of `tests/regressions/`: the rule, the stream as a fixture that expects the evaluator's alerts, and
//! above them the query and what came of it.

use super::bench::instant;
use super::outcome::Outcome;
use super::pairs::{Pair, Tiny};
use super::random::stream::START;
use serde_json::{Value as Json, json};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::value::Value;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// Where the files go until someone has looked at them.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions/found")
}

/// Writes the file, and gives its path with all there is to see.
pub fn kept(tiny: &Tiny<'_>, pair: &Pair, seed: u64) -> String {
    let outcome = tiny.outcomes(std::slice::from_ref(pair)).pop();
    let shown = outcome.as_ref().map_or(String::new(), Outcome::shown);
    let why = outcome.and_then(|o| o.fault(tiny.dialect)).unwrap_or_default();
    let name = name(tiny, pair);
    let about = format!(
        "{}, random rules of seed {seed}: {why}.\n--- query\n{}\n{shown}\n",
        tiny.dialect.title(),
        pair.query.text.trim_end()
    );
    let path = folder().join(format!("{name}.txt"));
    let text = format!("{about}{}", files(tiny, pair, &name));
    let written = std::fs::create_dir_all(folder()).and_then(|()| std::fs::write(&path, &text));
    let place = match written {
        Ok(()) => format!("kept in {}, to be moved to tests/regressions/", path.display()),
        Err(error) => format!("not kept in {}: {error}", path.display()),
    };
    format!("=== {place}\n{text}\n")
}

fn name(tiny: &Tiny<'_>, pair: &Pair) -> String {
    let mut hasher = DefaultHasher::new();
    (&pair.text, pair.events.len(), pair.until).hash(&mut hasher);
    format!("{}-{:08x}", tiny.dialect.target().name(), hasher.finish() as u32)
}

/// The pack, the rule and its fixture.
fn files(tiny: &Tiny<'_>, pair: &Pair, name: &str) -> String {
    let mut out = String::new();
    let rule = pair.text.replacen("rule: random", &format!("rule: {name}"), 1);
    let mut all: Vec<(String, String)> = tiny.dialect.pack().into_iter().map(|(p, t)| (p.to_owned(), t)).collect();
    all.push((format!("{name}.yaml"), rule));
    all.push((format!("{name}.test.yaml"), fixture(tiny, pair, name)));
    for (path, text) in all {
        let _ = write!(out, "---- file: {path}\n{text}");
    }
    out
}

fn fixture(tiny: &Tiny<'_>, pair: &Pair, name: &str) -> String {
    let schema = &tiny.bench.pack.schema;
    let environment = tiny.bench.pack.environments.get_index(pair.environment).map_or("whole", |(name, _)| name);
    let alerts = siemc::eval::run(&pair.rule, pair.events.clone(), Some(pair.until));
    let until = pair.events.iter().map(|e| e.time).max().unwrap_or(pair.until).max(pair.until);
    let mut out = format!(
        "rule: {name}\nenvironment: {environment}\nstart: {}\ncases:\n  - name: found\n    until: {}\n",
        instant(START),
        at(until)
    );
    let events: Vec<Json> = pair.events.iter().map(|e| event(schema, e)).collect();
    list(&mut out, "events", &events);
    match alerts.as_slice() {
        [] => out.push_str("    expect: none\n"),
        some => list(&mut out, "expect", &some.iter().map(expected).collect::<Vec<_>>()),
    }
    out
}

/// JSON is YAML.
fn list(out: &mut String, key: &str, items: &[Json]) {
    let empty = if items.is_empty() { " []" } else { "" };
    let _ = writeln!(out, "    {key}:{empty}");
    items.iter().for_each(|item| out.push_str(&format!("      - {item}\n")));
}

fn at(time: i64) -> String {
    if time < START { instant(time) } else { format!("{}ms", time - START) }
}

fn event(schema: &siemc::pack::schema::Schema, event: &Event) -> Json {
    let (source, declared) = schema.source_at(event.source).expect("a source");
    let mut object = serde_json::Map::new();
    object.insert("at".to_owned(), at(event.time).into());
    object.insert("source".to_owned(), source.into());
    for ((field, _), value) in declared.fields.iter().zip(event.values.iter()) {
        let (name, _) = schema.field_at(*field).expect("a field");
        if !value.is_missing() {
            object.insert(name.to_owned(), written(value));
        }
    }
    Json::Object(object)
}

fn expected(alert: &Alert) -> Json {
    let group: serde_json::Map<String, Json> = alert.group.iter().map(|(k, v)| (k.clone(), written(v))).collect();
    let mut all = json!({ "at": at(alert.time), "group": group, "because": alert.because });
    if let Some(confidence) = alert.confidence {
        all["confidence"] = confidence.into();
    }
    all
}

/// A value as a fixture says it.
fn written(value: &Value) -> Json {
    match value {
        Value::Duration(ms) => format!("{ms}ms").into(),
        Value::Timestamp(ms) => instant(*ms).into(),
        Value::List(items) => items.iter().map(written).collect(),
        other => super::bench::json_of(other),
    }
}
