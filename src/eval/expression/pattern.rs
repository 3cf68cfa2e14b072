//! `matches`: unanchored RE2 with ASCII classes, where `.` matches newlines and `$` is the very end.

use crate::ir::regex::{FOLDED_TO_ASCII, classes};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

/// A pattern ready to run.
#[derive(Debug)]
pub struct Pattern {
    fold: bool,
    regex: Option<Regex>,
}

impl Pattern {
    /// Ready to run; a pattern that the checker should have refused matches nothing.
    pub fn new(text: &str, fold: bool) -> Pattern {
        Pattern { fold, regex: pattern(text, fold).ok() }
    }

    /// Whether it matches somewhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        let text = if self.fold { without_foreign_folds(text) } else { Cow::Borrowed(text) };
        self.regex.as_ref().is_some_and(|r| r.is_match(&text))
    }
}

/// The pattern as the evaluator runs it; `fold` ignores ASCII case.
pub fn pattern(text: &str, fold: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&classes(text)).case_insensitive(fold).dot_matches_new_line(true).build()
}

/// `~` folds ASCII only, while the library also folds what Unicode folds onto ASCII. Such a character in the text is replaced by
/// another one outside ASCII, which a pattern (whose literals are ASCII under `~`) cannot tell from it.
fn without_foreign_folds(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(FOLDED_TO_ASCII) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(FOLDED_TO_ASCII, "\u{fffd}"))
}
