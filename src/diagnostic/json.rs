//! Findings for a program.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Diagnostic, Severity, ordered};
use crate::source::{Files, Span};

/// `{"version": 1, "errors", "warnings", "diagnostics": [...]}`; lines and columns count from 1, columns in characters, ends are open.
pub fn json(all: &[Diagnostic], files: &Files) -> String {
    let found = ordered(all, files);
    let count = |severity| found.iter().filter(|found| found.severity == severity).count();
    let report = JsonReport {
        version: 1,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        diagnostics: json_list(all, files),
    };
    // Strings and numbers always serialise; a text that says so is better than a panic if that ever changes.
    serde_json::to_string_pretty(&report).unwrap_or_else(|error| format!("{{\"version\": 1, \"failed\": \"{error}\"}}"))
        + "\n"
}

/// The document of `siemc check --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JsonReport<'a> {
    /// Of this format.
    version: u32,
    /// How many findings are errors.
    errors: usize,
    /// How many findings are warnings.
    warnings: usize,
    /// By file, place and code.
    diagnostics: Vec<JsonDiagnostic<'a>>,
}

/// One finding. Its place is left out where it is about the whole run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JsonDiagnostic<'a> {
    /// What `siemc explain CODE` explains.
    code: &'a str,
    /// `error`, `warning` or `note`.
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    at: Option<Where<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Where<'a> {
    file: &'a str,
    /// From 1.
    line: u32,
    /// From 1, in characters.
    column: u32,
    /// From 1.
    end_line: u32,
    /// The column after the last character.
    end_column: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Related<'a> {
    #[serde(flatten)]
    at: Where<'a>,
    message: &'a str,
}

/// The findings of [`json`] alone, for a report that holds more.
pub fn json_list<'a>(all: &'a [Diagnostic], files: &'a Files) -> Vec<JsonDiagnostic<'a>> {
    ordered(all, files).into_iter().map(|found| one(found, files)).collect()
}

fn one<'a>(found: &'a Diagnostic, files: &'a Files) -> JsonDiagnostic<'a> {
    JsonDiagnostic {
        code: found.code.0,
        severity: found.severity.word(),
        message: &found.message,
        at: found.span.map(|span| place(span, files)),
        label: found.label.as_deref(),
        help: found.help.as_deref(),
        related: found.related.iter().map(|(span, text)| Related { at: place(*span, files), message: text }).collect(),
    }
}

fn place(span: Span, files: &Files) -> Where<'_> {
    let (start, end) = (files.start(span), files.end(span));
    Where {
        file: files.name(span.file),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
