//! A look at the text before the grammar sees it: strings and brackets are closed, and nesting is shallow enough that nothing which
//! recurses over the expression can exhaust the stack.

use super::codes;
use super::report::Report;
use std::ops::Range;

/// Deepest nesting of brackets.
pub const MAX_DEPTH: usize = 64;

/// Reports strings and brackets that are not closed, and nesting past [`MAX_DEPTH`]. True where the grammar may go on.
pub fn check(report: &Report<'_>) -> bool {
    let mut open: Vec<(char, usize)> = Vec::new();
    for token in tokens(report.src) {
        let ok = match token {
            Token::Text => true,
            Token::UnclosedString(range) => {
                let help =
                    "a string is closed by the quote that opened it, on the same line; `\\n` stands for a line break";
                report.push(report.error(codes::UNCLOSED_STRING, range, "string is not closed").help(help));
                false
            }
            Token::Open(bracket, at) => {
                open.push((bracket, at));
                open.len() <= MAX_DEPTH || too_deep(report, at)
            }
            Token::Close(bracket, at) => closes(report, open.pop(), bracket, at),
        };
        if !ok {
            return false;
        }
    }
    match open.pop() {
        Some((bracket, at)) => {
            let message = format!("`{bracket}` is not closed");
            report.push(
                report
                    .error(codes::BRACKETS, at..at + 1, message)
                    .help(format!("`{}` is missing before the end of the expression", closer(bracket))),
            );
            false
        }
        None => true,
    }
}

/// The innermost bracket that is open at a byte offset.
pub fn open_at(src: &str, offset: usize) -> Option<char> {
    let mut open = Vec::new();
    for token in tokens(src) {
        match token {
            Token::Open(bracket, at) if at < offset => open.push(bracket),
            Token::Close(_, at) if at < offset => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// The bracket that closes one.
pub fn closer(open: char) -> char {
    if open == '(' { ')' } else { ']' }
}

fn too_deep(report: &Report<'_>, at: usize) -> bool {
    let message = format!("expression is nested more than {MAX_DEPTH} levels deep");
    report.push(report.error(codes::TOO_LARGE, at..at + 1, message).help("name a part of it in `let`"));
    false
}

fn closes(report: &Report<'_>, opened: Option<(char, usize)>, bracket: char, at: usize) -> bool {
    let here = at..at + 1;
    match opened {
        Some((open, _)) if closer(open) == bracket => return true,
        Some((open, place)) => {
            let message = format!("`{open}` is closed by `{bracket}`, expected `{}`", closer(open));
            let opened_here = (report.span(place..place + 1), "opened here".to_owned());
            let mut error = report.error(codes::BRACKETS, here, message);
            error.related.push(opened_here);
            report.push(error);
        }
        None => report.push(report.error(codes::BRACKETS, here, format!("`{bracket}` closes nothing"))),
    }
    false
}

enum Token {
    Text,
    Open(char, usize),
    Close(char, usize),
    UnclosedString(Range<usize>),
}

/// Brackets outside strings, and strings that are not closed.
fn tokens(src: &str) -> impl Iterator<Item = Token> {
    let mut rest = src;
    let mut in_word = false;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let at = src.len() - rest.len();
        let (token, length) = match first {
            '(' | '[' => (Token::Open(first, at), 1),
            ')' | ']' => (Token::Close(first, at), 1),
            '"' | '\'' => string(rest, at, 1, &first.to_string(), true),
            'r' if !in_word && rest.starts_with("r#\"") => string(rest, at, 3, "\"#", false),
            'r' if !in_word && rest.starts_with("r\"") => string(rest, at, 2, "\"", false),
            'r' if !in_word && rest.starts_with("r'") => string(rest, at, 2, "'", false),
            _ => (Token::Text, first.len_utf8()),
        };
        in_word = first.is_ascii_alphanumeric() || matches!(first, '_' | '.' | '$');
        rest = rest.get(length..).unwrap_or_default();
        Some(token)
    })
}

/// The string at the beginning of `rest`: its length, and whether it is closed on its line.
fn string(rest: &str, at: usize, opener: usize, closing: &str, escapes: bool) -> (Token, usize) {
    let mut skip = false;
    let body = rest.get(opener..).unwrap_or_default();
    for (offset, c) in body.char_indices() {
        match c {
            '\n' => return (Token::UnclosedString(at..at + opener + offset), rest.len()),
            _ if skip => skip = false,
            '\\' if escapes => skip = true,
            _ if body.get(offset..).is_some_and(|b| b.starts_with(closing)) => {
                return (Token::Text, opener + offset + closing.len());
            }
            _ => {}
        }
    }
    (Token::UnclosedString(at..at + rest.len()), rest.len())
}
