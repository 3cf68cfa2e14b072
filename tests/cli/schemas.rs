//! The published formats are what the code writes.

use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use siemc::cli::compile::Report;
use siemc::cli::run::AlertLine;
use siemc::cli::simulate::Judgement;
use siemc::cli::verify::Report as Verified;
use siemc::diagnostic::JsonReport;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{name}.schema.json"))
}

fn published<T: JsonSchema>(name: &str) {
    let said = serde_json::to_string_pretty(&schema_for!(T)).unwrap() + "\n";
    if std::env::var_os("SIEMC_WRITE_SCHEMAS").is_some() {
        std::fs::write(path(name), &said).unwrap();
    }
    let written = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert_eq!(written, said, "run `SIEMC_WRITE_SCHEMAS=1 cargo test --test cli` and read the difference");
}

#[test]
fn formats_are_published() {
    published::<JsonReport<'static>>("check");
    published::<Report<'static>>("compile");
    published::<AlertLine>("alert");
    published::<Judgement>("simulate");
    published::<Verified<'static>>("verify");
}

/// `test` builds its document by hand: every key that it writes is in the schema.
#[test]
fn the_format_of_test_knows_every_key() {
    let made = super::kit::Try::pack();
    let wrong = made.read("p/auth/many-failures.test.yaml").replace("at: 2m", "at: 1m");
    made.write("p/auth/many-failures.test.yaml", wrong);
    let document = made.run("test p --format json").exits(1).json();
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path("test")).unwrap()).unwrap();
    fits(&document, &schema, &schema, "");
}

pub fn fits_published(document: &Value, name: &str) {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap();
    fits(document, &schema, &schema, "");
}

fn fits(value: &Value, schema: &Value, root: &Value, at: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &root["$defs"][name.trim_start_matches("#/$defs/")],
        None => schema,
    };
    match value {
        Value::Object(map) => {
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(map.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
            }
            if let Some(properties) = schema["properties"].as_object() {
                for (key, inner) in map {
                    assert!(properties.contains_key(key), "{at}.{key} is not published");
                    fits(inner, &properties[key], root, &format!("{at}.{key}"));
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fits(item, &schema["items"], root, at)),
        _ => {}
    }
}
