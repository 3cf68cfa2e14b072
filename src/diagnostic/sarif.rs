//! Findings as SARIF 2.1.0, which code hosts show beside the changed lines.
//!
//! Source of the format: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Diagnostic, Severity, ordered, page};
use crate::source::{Files, Span};

/// One run with one result per finding; columns count Unicode code points.
pub fn sarif(all: &[Diagnostic], files: &Files) -> String {
    let found = ordered(all, files);
    let codes: BTreeSet<&'static str> = found.iter().map(|found| found.code.0).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = found.iter().map(|found| result(found, files)).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "siemc", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{report:#}\n")
}

fn rule(code: &str) -> Value {
    let text = page(code).unwrap_or("");
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    let title = title.trim_start_matches('#').trim();
    json!({
        "id": code,
        "shortDescription": { "text": if title.is_empty() { code } else { title } },
        "help": { "text": body.trim(), "markdown": body.trim() },
    })
}

fn result(found: &Diagnostic, files: &Files) -> Value {
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let message = match &found.help {
        Some(help) => format!("{}\n{help}", found.message),
        None => found.message.clone(),
    };
    let locations: Vec<Value> =
        found.span.iter().map(|span| json!({ "physicalLocation": physical(*span, files) })).collect();
    let related = |(id, (span, text)): (usize, &(Span, String))| json!({ "id": id, "physicalLocation": physical(*span, files), "message": { "text": text } });
    let mut result =
        json!({ "ruleId": found.code.0, "level": level, "message": { "text": message }, "locations": locations });
    if let (Some(map), false) = (result.as_object_mut(), found.related.is_empty()) {
        map.insert("relatedLocations".to_owned(), found.related.iter().enumerate().map(related).collect());
    }
    result
}

fn physical(span: Span, files: &Files) -> Value {
    let (start, end) = (files.start(span), files.end(span));
    json!({
        "artifactLocation": { "uri": uri(files.name(span.file)) },
        "region": { "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column },
    })
}

/// A path as a relative reference (RFC 3986): what is not unreserved or a slash is percent-encoded.
fn uri(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        b'\\' => "/".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    path.strip_prefix("./").unwrap_or(path).bytes().map(byte).collect()
}
