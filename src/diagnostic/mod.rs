//! Findings as plain data, and their renderings.
//!
//! In: [`Diagnostic`]s that any room made. Out: text for a terminal, JSON, SARIF, GitHub annotations, and the page that explains
//! a code. This room must never know why a finding was made.

mod github;
mod json;
mod order;
mod pages;
mod sarif;
mod text;

pub use github::github;
pub use json::{JsonDiagnostic, JsonReport, json, json_list};
pub use order::ordered;
pub use pages::{all_codes, page};
pub use sarif::sarif;
pub use text::text;

use crate::source::Span;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something a reader should know; never changes an exit code.
    Note,
    /// A lint: the rule means something, but likely not what its author wants.
    Warning,
    /// The rule has no meaning, or cannot be compiled as asked.
    Error,
}

impl Severity {
    /// The lower-case word that every rendering uses.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A diagnostic code such as `E0123`; never reused. Its page is `pages/E0123.md` beside this module (first line: title).
///
/// The first letter is the kind: `E` error, `W` lint, `R` refusal of a target. The first two digits are the room:
/// 01 source, 02 expression syntax, 03 rule syntax, 04 pack, 05 names, 06 types, 07 meaning, 08 lints, 09 fixtures, 10 events,
/// 11 plan and backends, 12 command line, 13 endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// One finding, at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: Code,
    /// Its weight.
    pub severity: Severity,
    /// One line, lower case, the input in backticks.
    pub message: String,
    /// The place that is underlined; none for a finding about a whole run.
    pub span: Option<Span>,
    /// Text beside the underline.
    pub label: Option<String>,
    /// Other places that explain this one.
    pub related: Vec<(Span, String)>,
    /// What would work instead, or the nearest valid name.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message.into())
    }

    /// A lint at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message.into())
    }

    /// A finding of any weight, at a place or about the whole run.
    pub fn new(code: Code, severity: Severity, span: Option<Span>, message: String) -> Self {
        Self { code, severity, message, span, label: None, related: Vec::new(), help: None }
    }

    /// With text beside the underline.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With another place that explains this one.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// With what would work instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Where rooms put what they find; a room goes on after a finding, so that one run reports them all.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// In the order found; renderers sort by place.
    pub all: Vec<Diagnostic>,
}

impl Findings {
    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// True where at least one is an error.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|d| d.severity == Severity::Error)
    }
}

/// At most 60 characters of the first line, for a message that repeats what was written.
pub fn shortened(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("");
    let mut characters = line.chars();
    let shown: String = characters.by_ref().take(60).collect();
    if characters.next().is_some() || text.trim().lines().count() > 1 { format!("{shown}...") } else { shown }
}

/// The candidate that `name` most likely means: at most a third of its characters differ.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let distance = |candidate: &str| strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase());
    let near = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

impl Extend<Diagnostic> for Findings {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, iter: T) {
        self.all.extend(iter);
    }
}

#[cfg(test)]
mod tests;
