//! Findings for a program.

use serde::Serialize;

use super::{Diagnostic, Severity, ordered};
use crate::source::{Files, Span};

/// `{"version": 1, "errors", "warnings", "diagnostics": [...]}`; lines and columns count from 1, columns in characters, ends are open.
pub fn json(all: &[Diagnostic], files: &Files) -> String {
    let found = ordered(all, files);
    let count = |severity| found.iter().filter(|found| found.severity == severity).count();
    let report = Report {
        version: 1,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        diagnostics: found.iter().map(|found| one(found, files)).collect(),
    };
    // Strings and numbers always serialise; a text that says so is better than a panic if that ever changes.
    serde_json::to_string_pretty(&report).unwrap_or_else(|error| format!("{{\"version\": 1, \"failed\": \"{error}\"}}"))
        + "\n"
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    code: &'static str,
    severity: &'static str,
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

#[derive(Serialize)]
struct Where<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    at: Where<'a>,
    message: &'a str,
}

fn one<'a>(found: &'a Diagnostic, files: &'a Files) -> One<'a> {
    One {
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
