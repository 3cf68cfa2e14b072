//! The expression parser: text in, [`Expr`] or findings out.
//!
//! `scan` sees that strings and brackets are closed and that nesting is shallow, pest matches `grammar/expression.pest`, `build` makes
//! the tree with the one precedence table of `grammar` and decodes literals through `literal`, and `expected` puts the grammar's
//! failures into words. This room must never know a schema, a function's name or a type.
//!
//! What the language leaves open is settled so:
//! - Strings have either quote and the escapes `\\ \" \' \n \t \r \u{1F600}`; another escape is an error. Raw strings are `r"..."`,
//!   `r'...'` and `r#"..."#`. No string spans lines.
//! - Integers are decimal, `1_000` is allowed, a leading zero is not; `-1` is a literal. Sizes and durations have whole numbers.
//! - A duration names its units from long to short, each once: `1d 12h` is written `1d12h`. There are no weeks.
//! - A timestamp has a time of day and a zone; parts finer than a millisecond are floored. A network stands in quotes.
//! - `not` binds looser than a comparison; `x not contains y` is `not (x contains y)`, and so for every operator that is a word.
//!   As an operand of a comparison or of arithmetic `not` stands in parentheses.
//! - Lists, tuples and arguments may end in a comma. Brackets nest 64 levels deep, and an expression has at most 256 operators.
//! - There are no comments, no `null`, and words of the language are lower case.

mod build;
pub mod codes;
mod expected;
pub mod grammar;
mod literal;
mod report;
mod scan;
#[cfg(test)]
mod tests;

use super::expr::{Expr, ExprKind, Literal};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Text};
use grammar::{Grammar, Rule};
use pest::Parser;
use report::Report;
use std::ops::Range;

/// Parses an expression that stands in a YAML value; every place is that of the characters in the file.
pub fn expression(text: &Text) -> Result<Expr, Vec<Diagnostic>> {
    parse(&text.value, &|range| text.span(range))
}

/// A literal that stands alone, such as a time of a fixture or a cell of a lookup; none where it is anything else or wrong.
pub fn literal(src: &str) -> Option<Literal> {
    // The grammar's `number`, which most of them are (`15m`): nothing else begins with a digit and has only these.
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    if src.starts_with(|c: char| c.is_ascii_digit()) && src.bytes().all(is_word) {
        return literal::number(src).ok();
    }
    match parse(src, &|_| Span::default()).ok()?.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// Parses the text of an expression; `place` gives the place in the file of a byte range of it. All that is wrong is reported where
/// the text is well-formed; otherwise the first place where it is not.
pub fn parse(src: &str, place: &dyn Fn(Range<usize>) -> Span) -> Result<Expr, Vec<Diagnostic>> {
    let report = Report::new(src, place);
    match tree(&report) {
        Some(expr) if report.is_clean() => Ok(expr),
        _ => Err(report.into_findings()),
    }
}

fn tree(report: &Report<'_>) -> Option<Expr> {
    if report.src.trim().is_empty() {
        let whole = 0..report.src.len();
        report.push(
            report.error(codes::EMPTY, whole, "expression is empty").help("write a condition, or leave the key out"),
        );
        return None;
    }
    if !scan::check(report) {
        return None;
    }
    match Grammar::parse(Rule::expression, report.src) {
        Ok(pairs) => {
            let expr = pairs.flat_map(pest::iterators::Pair::into_inner).find(|p| p.as_rule() == Rule::expr)?;
            Some(build::expression(expr, report))
        }
        Err(error) => {
            report.push(expected::explain(&error, report));
            None
        }
    }
}
