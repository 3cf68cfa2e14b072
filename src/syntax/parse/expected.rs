//! What the grammar's failure means in words of the language.

use super::codes;
use super::grammar::{KEYWORDS, Rule};
use super::report::Report;
use super::scan;
use crate::diagnostic::Diagnostic;
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

const VALUE: &str = "a value: a field, a literal, a call, `$param`, `(` or `[`";
const OPERATOR: &str = "an operator such as `and`, `==` or `in`";

/// The finding for a text that the grammar refuses.
pub fn explain(error: &Error<Rule>, report: &Report<'_>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = expected(&error.variant, report.src, at);
    let token = token_at(report.src, at);
    if token.is_empty() {
        let end = report.src.trim_end().len();
        let message = "expression ends too early";
        return report.error(codes::UNEXPECTED, end..end, message).label(format!("expected {expected}"));
    }
    let text = report.text(token.clone());
    if let Some((range, help)) = foreign(report.src, &token) {
        let message = format!("`{}` is not an operator of this language", report.text(range.clone()));
        return report.error(codes::FOREIGN, range, message).help(help);
    }
    let mut found = report.error(codes::UNEXPECTED, token.clone(), format!("unexpected `{text}`"));
    found.label = Some(format!("expected {expected}"));
    found.help = misplaced(text);
    found
}

fn expected(variant: &ErrorVariant<Rule>, src: &str, at: usize) -> String {
    let ErrorVariant::ParsingError { positives, .. } = variant else {
        return VALUE.to_owned();
    };
    // Where a value fails at its very beginning, pest names the rule that was to begin there.
    if positives.contains(&Rule::column) {
        return "a column's name".to_owned();
    }
    if positives.iter().any(|rule| matches!(rule, Rule::expression | Rule::expr | Rule::reference | Rule::string)) {
        return VALUE.to_owned();
    }
    match scan::open_at(src, at) {
        Some(bracket) => format!("{OPERATOR}, `,` or `{}`", scan::closer(bracket)),
        None => format!("{OPERATOR}, or the end"),
    }
}

/// The word, the run of signs, or the single character at a place; empty at the end.
fn token_at(src: &str, at: usize) -> Range<usize> {
    let rest = src.get(at..).unwrap_or_default();
    let skipped = rest.len() - rest.trim_start().len();
    let (start, rest) = (at + skipped, rest.trim_start());
    let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    let length = match rest.chars().next() {
        None => 0,
        Some(c) if is_word(c) => run(is_word),
        Some(c) if is_sign(c) => run(is_sign),
        Some(c) => c.len_utf8(),
    };
    start..start + length
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

fn is_sign(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | '&' | '|' | '~' | '*' | '/' | '^' | '?' | ':')
}

/// Operators and words of other languages: the place that is wrong, and what is written here instead. A word in capitals may have
/// parsed as a name, so that the grammar stops at the word behind it.
fn foreign(src: &str, token: &Range<usize>) -> Option<(Range<usize>, String)> {
    let text = src.get(token.clone())?;
    if let Some(help) = foreign_word(text) {
        return Some((token.clone(), help));
    }
    let before = src.get(..token.start)?.trim_end();
    let word = before
        .rfind(|c| !is_word(c))
        .map_or(0, |at| at + before.get(at..).and_then(|b| b.chars().next()).map_or(1, char::len_utf8));
    match before.get(word..)? {
        "NOT" | "Not" => Some((word..before.len(), "write `not`".to_owned())),
        _ => None,
    }
}

fn foreign_word(text: &str) -> Option<String> {
    let instead = match text {
        "=" | "===" | ":" => "did you mean `==`?",
        "!==" | "<>" => "did you mean `!=`?",
        "==~" => "did you mean `=~`?",
        "!=~" => "did you mean `!~`?",
        "=<" => "did you mean `<=`?",
        "=>" => "did you mean `>=`?",
        "&&" | "&" => "did you mean `and`?",
        "||" | "|" => "did you mean `or`?",
        "!" => "did you mean `not`?",
        "**" | "^" => "there is no power operator",
        "//" => "comments stand outside of an expression, behind YAML's `#`",
        "?" | "?:" => "write `if(condition, then, otherwise)`",
        "is" | "IS" => "a missing value is tested with `exists(field)`; values are compared with `==`",
        "has" => "did you mean `contains`?",
        "regex" | "regexp" | "rlike" => "did you mean `matches`?",
        "starts_with" | "startsWith" => "did you mean `startswith`?",
        "ends_with" | "endsWith" => "did you mean `endswith`?",
        _ => {
            let lower = text.to_ascii_lowercase();
            let shouted = lower != text && KEYWORDS.contains(&lower.as_str());
            return shouted.then(|| format!("write `{lower}`"));
        }
    };
    Some(instead.to_owned())
}

/// Help for what is of this language but not here.
fn misplaced(text: &str) -> Option<String> {
    let help = match text {
        "#" => "an expression has no comments; YAML's stand outside of a block",
        "{" | "}" => "`{{field}}` is for titles and `because`; an expression names the field itself",
        "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => "write straight quotes: `\"` or `'`",
        "\u{a0}" => "this is a no-break space; write a plain one",
        ";" => "one condition is joined to the next by `and` or `or`",
        "$" => "a parameter is written `$name`",
        "where" => "a filter stands inside a measure: `count(where x)`",
        "contains" | "startswith" | "endswith" | "like" | "matches" | "in" | "between" => {
            return Some(format!("`{text}` stands between its operands: `field {text} ...`"));
        }
        _ => return None,
    };
    Some(help.to_owned())
}
