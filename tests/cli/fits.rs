//! A small judge of JSON against a published schema. It knows the keywords that our schemas use and refuses any other, so that a
//! schema that says more than it can judge does not pass unread.

use serde_json::{Map, Value};
use std::path::Path;

/// Fails, naming the place, where the document is not what `docs/schema/NAME.schema.json` says.
pub fn fits_published(document: &Value, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{name}.schema.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let wrong = faults(document, &schema, &schema, name);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a value. A key that an object's schema does not name is wrong too: all that is written is published.
pub fn faults(value: &Value, schema: &Value, root: &Value, at: &str) -> Vec<String> {
    let Value::Object(keywords) = schema else {
        return if *schema == Value::Bool(true) { Vec::new() } else { vec![format!("{at}: schema {schema}")] };
    };
    let mut wrong = Vec::new();
    for (keyword, said) in keywords {
        match keyword.as_str() {
            // Words for a reader; and what is judged below, part by part.
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "format"
            | "default"
            | "properties"
            | "additionalProperties"
            | "items" => {}
            "$ref" => {
                let name = said.as_str().unwrap().trim_start_matches("#/$defs/");
                wrong.extend(faults(value, &root["$defs"][name], root, at));
            }
            "anyOf" => {
                let branches = said.as_array().unwrap().iter().map(|branch| faults(value, branch, root, at));
                let fewest = branches.min_by_key(Vec::len).unwrap();
                wrong.extend(fewest);
            }
            "type" => {
                let of = |name: &Value| is_of(value, name.as_str().unwrap());
                if !said.as_array().map_or_else(|| of(said), |names| names.iter().any(of)) {
                    wrong.push(format!("{at}: {value} is not of type {said}"));
                }
            }
            "const" if value == said => {}
            "enum" if said.as_array().unwrap().contains(value) => {}
            "const" | "enum" => wrong.push(format!("{at}: {value} is not {said}")),
            "minimum" => {
                if value.as_f64().is_some_and(|n| n < said.as_f64().unwrap()) {
                    wrong.push(format!("{at}: {value} is less than {said}"));
                }
            }
            "required" => {
                let Value::Object(map) = value else { continue };
                let lacking = said.as_array().unwrap().iter().filter(|key| !map.contains_key(key.as_str().unwrap()));
                wrong.extend(lacking.map(|key| format!("{at} lacks {key}")));
            }
            other => wrong.push(format!("{at}: the keyword {other} is not judged")),
        }
    }
    match value {
        Value::Object(map) => wrong.extend(in_object(map, keywords, root, at)),
        Value::Array(items) => {
            let each = keywords.get("items").unwrap_or(&Value::Bool(true));
            let place = |number| format!("{at}[{number}]");
            wrong.extend(items.iter().enumerate().flat_map(|(n, item)| faults(item, each, root, &place(n))));
        }
        _ => {}
    }
    wrong
}

fn in_object(map: &Map<String, Value>, keywords: &Map<String, Value>, root: &Value, at: &str) -> Vec<String> {
    let named = keywords.get("properties").and_then(Value::as_object);
    let other = keywords.get("additionalProperties");
    let mut wrong = Vec::new();
    for (key, inner) in map {
        let at = format!("{at}.{key}");
        match (named.and_then(|named| named.get(key)), other) {
            (Some(schema), _) | (None, Some(schema)) => wrong.extend(faults(inner, schema, root, &at)),
            (None, None) if named.is_some() => wrong.push(format!("{at} is not published")),
            (None, None) => {}
        }
    }
    wrong
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("type {other}"),
    }
}
