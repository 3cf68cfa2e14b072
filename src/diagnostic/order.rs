//! One order for every rendering.

use super::Diagnostic;
use crate::source::Files;

/// Findings by file name, place and code, each once. Those about the whole run come first.
pub fn ordered<'a>(all: &'a [Diagnostic], files: &Files) -> Vec<&'a Diagnostic> {
    let key = |found: &'a Diagnostic| {
        let place = found.span.map(|span| (files.name(span.file).to_owned(), span.start, span.end));
        (place, found.code, found.message.as_str())
    };
    let mut keyed: Vec<_> = all.iter().map(|found| (key(found), found)).collect();
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    keyed.dedup_by(|one, other| one.0 == other.0);
    keyed.into_iter().map(|(_, found)| found).collect()
}
