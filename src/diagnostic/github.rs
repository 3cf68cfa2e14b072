//! Findings as GitHub workflow commands, which a runner turns into annotations.
//!
//! Source of the format: GitHub, "Workflow commands for GitHub Actions".

use super::{Diagnostic, Severity, ordered};
use crate::source::Files;

/// One `::error file=..,line=..::message` line per finding.
pub fn github(all: &[Diagnostic], files: &Files) -> String {
    ordered(all, files).into_iter().map(|found| line(found, files)).collect()
}

fn line(found: &Diagnostic, files: &Files) -> String {
    let command = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(span) = found.span {
        let (start, end) = (files.start(span), files.end(span));
        properties.push(format!("file={}", property(files.name(span.file))));
        properties.push(format!("line={},endLine={}", start.line, end.line));
        // Columns of a range over several lines are refused by the runner.
        if start.line == end.line {
            properties.push(format!("col={},endColumn={}", start.column, end.column));
        }
    }
    properties.push(format!("title={}", found.code));
    let message = match &found.help {
        Some(help) => format!("{}\n{help}", found.message),
        None => found.message.clone(),
    };
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
