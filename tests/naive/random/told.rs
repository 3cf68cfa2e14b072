//! What of a drawn rule only its text and its environment tell.

use super::pack::{FIELDLESS, SOURCES};

/// Constructs that are folded away, or spelled out, before there is a typed rule.
pub fn told(text: &str, environment: usize) -> Vec<String> {
    let told = [
        ((1..=SOURCES.len()).contains(&environment), "environment without a source"),
        (environment == FIELDLESS.0, "environment without fields"),
        (text.contains("\nscope:"), "scope"),
        (text.contains("{ of: e"), "selection of another"),
        (text.contains("by: [proc] }"), "sequence: keys of a step"),
        (text.contains("on: event"), "exception on events"),
        (text.contains("2090-01-01T00:01:00Z }"), "exception that expires"),
    ];
    told.iter().filter(|(holds, _)| *holds).map(|(_, name)| (*name).to_owned()).collect()
}
