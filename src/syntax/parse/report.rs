//! The text being parsed, its places, and what was found in it.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::cell::RefCell;
use std::ops::Range;

/// Where the parser's parts put what they find.
pub struct Report<'a> {
    /// The expression's text.
    pub src: &'a str,
    place: &'a dyn Fn(Range<usize>) -> Span,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Report<'a> {
    /// Nothing found yet; `place` gives the place in the file of a byte range of `src`.
    pub fn new(src: &'a str, place: &'a dyn Fn(Range<usize>) -> Span) -> Self {
        Self { src, place, found: RefCell::default() }
    }

    /// The place of a byte range.
    pub fn span(&self, range: Range<usize>) -> Span {
        (self.place)(range)
    }

    /// The text of a byte range.
    pub fn text(&self, range: Range<usize>) -> &'a str {
        self.src.get(range).unwrap_or_default()
    }

    /// An error at a byte range, not yet pushed.
    pub fn error(&self, code: Code, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span(range), message)
    }

    /// Adds a finding.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    /// True where nothing was found.
    pub fn is_clean(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// Everything found, in order.
    pub fn into_findings(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }
}

/// Text for a message: on one line, cut where it is long.
pub fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}...", line.get(..cut).unwrap_or_default().trim_end()),
        None => line,
    }
}
