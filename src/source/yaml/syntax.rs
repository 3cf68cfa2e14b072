//! What the YAML parser could not read, in the words of an author.

use super::parse::TOO_DEEP;
use crate::diagnostic::{Code, Diagnostic, Findings};
use crate::source::{FileId, Span};

/// A text that is not YAML.
pub const NOT_YAML: Code = Code("E0104");
/// A tab where YAML wants spaces.
pub const TAB: Code = Code("E0105");

/// A character that changes how a line reads without being seen.
pub const HIDDEN: Code = Code("E0115");

/// Reports control characters, which YAML forbids, and the ones that turn the direction of text, which would let a reviewed rule
/// mean something else than what the reviewer saw. True where there is one.
pub(super) fn hidden(file: FileId, text: &str, findings: &mut Findings) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
    let turning = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut found = text.char_indices().filter(|(_, c)| control(*c) || turning(*c)).peekable();
    let any = found.peek().is_some();
    for (at, c) in found.take(10) {
        let span = Span::new(file, at as u32, (at + c.len_utf8()) as u32);
        let (kind, code) = if control(c) {
            ("a control character", NOT_YAML)
        } else {
            ("a character that turns the direction of text", HIDDEN)
        };
        let message = format!("{kind} (`U+{:04X}`) is not expected here", u32::from(c));
        let escape =
            if u32::from(c) < 256 { format!("\\x{:02x}", u32::from(c)) } else { format!("\\u{:04x}", u32::from(c)) };
        findings.push(
            Diagnostic::error(code, span, message)
                .help(format!("take it out, or escape it in a double-quoted text: `\"{escape}\"`")),
        );
    }
    any
}

/// The findings for the parser's error `info` at byte `at`: every tab in the indentation where tabs are the cause. `open` is the
/// innermost bracket that was not closed when the error came.
pub(super) fn explain(file: FileId, text: &str, at: u32, info: &str, open: Option<Span>) -> Vec<Diagnostic> {
    let tabs: Vec<Diagnostic> = if info.contains("tab") { tabs(file, text) } else { Vec::new() };
    if !tabs.is_empty() {
        return tabs;
    }
    let span = place(file, text, at, info);
    if info.contains("recursion limit") {
        return vec![Diagnostic::error(TOO_DEEP, span, "values are nested too deep").help("flatten the structure")];
    }
    let (message, help) = meaning(info, text.get(at as usize..).unwrap_or(""));
    let mut found = Diagnostic::error(NOT_YAML, span, message);
    let of_bracket = ["flow", "illegal placement", "eof"].iter().any(|part| info.contains(part));
    if let Some(open) = open.filter(|_| of_bracket) {
        let bracket = open.start + 1;
        found = found.related(Span::new(file, open.start, bracket), "opened here");
    }
    vec![if help.is_empty() { found } else { found.help(help) }]
}

/// The character at `at`; where the parser names the place after the fault, the fault.
fn place(file: FileId, text: &str, at: u32, info: &str) -> Span {
    let rest = text.get(at as usize..).unwrap_or("");
    if info.contains("simple key expect") {
        let above = text.get(..at as usize).unwrap_or("").trim_end();
        let start = above.rfind('\n').map_or(0, |line| line + 1);
        let indent = above.get(start..).map_or(0, |line| line.len() - line.trim_start().len());
        return Span::new(file, (start + indent) as u32, above.len() as u32);
    }
    if let (true, Some(escape)) = (info.contains("unknown escape"), unknown_escape(rest)) {
        let length = rest.get(escape + 1..).and_then(|after| after.chars().next()).map_or(0, char::len_utf8);
        let start = at as usize + escape;
        return Span::new(file, start as u32, (start + 1 + length) as u32);
    }
    let length = rest.chars().next().filter(|c| *c != '\n' && *c != '\r').map_or(0, char::len_utf8);
    Span::new(file, at, at + length as u32)
}

/// Where the first backslash stands that begins none of YAML's escapes (YAML 1.2.2, chapter 5.7).
fn unknown_escape(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && !characters.next().is_some_and(|(_, escaped)| "0abtnvfreN_LPxuU \t\n\r\"/\\".contains(escaped))
        {
            return Some(at);
        }
    }
    None
}

fn tabs(file: FileId, text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut start = 0_u32;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line.get(..indent).and_then(|indent| indent.find('\t'));
        if let (Some(tab), false) = (tab, line.trim().is_empty()) {
            let at = start + tab as u32;
            found.push(
                Diagnostic::error(TAB, Span::new(file, at, at + 1), "a tab indents this line")
                    .help("YAML indents with spaces only"),
            );
        }
        start += line.len() as u32;
    }
    found
}

/// The parser's words (by a part that names the case) beside ours and what to do.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "a `:` is not expected here",
        "quote a value that holds `: `, and check the indentation",
    ),
    (
        "illegal placement of ':'",
        "a `:` is not expected here",
        "close the `[` or `{` above, or quote the value that holds the `:`",
    ),
    (
        "flow mapping",
        "expected `,` or `}` in a `{...}`",
        "close it, and quote a value that holds `[`, `]`, `{`, `}`, `,` or `: `",
    ),
    (
        "flow sequence",
        "expected `,` or `]` in a `[...]`",
        "close it, and quote a value that holds `[`, `]`, `{`, `}`, `,` or `: `",
    ),
    ("flow construct", "a `{...}` or `[...]` goes on with too little indentation", "close it, or indent its lines"),
    ("misplaced bracket", "a bracket is not expected here", "quote a value that holds brackets"),
    ("in quoted scalar", "a quoted text is not closed", "close the quote, or indent the lines that belong to it"),
    ("unexpected end of stream", "a quoted text is not closed", "close the quote"),
    ("unexpected document indicator", "a quoted text is not closed", "close the quote"),
    (
        "trailing content after",
        "text is not expected after a closing quote",
        "put all of the value in one pair of quotes: `'x == \"a\"'`",
    ),
    (
        "unknown escape",
        "an escape in this quoted text is not one of YAML's",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "hexadecimal number",
        "an escape in this quoted text lacks hexadecimal digits",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    ("invalid Unicode character", "an escape in this quoted text is not a Unicode character", ""),
    ("unknown anchor", "a value that begins with `*` is an alias, and aliases are not supported", "quote the value"),
    (
        "anchor or alias",
        "a value that begins with `*` or `&` is an alias or an anchor, which are not supported",
        "quote the value",
    ),
    (
        "simple key expect",
        "expected `key: value`",
        "write a `:` and a value, or indent the line if it belongs to the value above",
    ),
    (
        "did not find expected key",
        "the indentation does not fit the lines above",
        "keys of one map start in one column",
    ),
    (
        "expected '-' indicator",
        "the indentation does not fit the list above",
        "entries of one list start in one column",
    ),
    ("invalid indentation", "the indentation does not fit the lines above", ""),
    (
        "wrongly indented line",
        "the indentation does not fit the block above",
        "a block's lines start at least where its first one does",
    ),
    ("block sequence entries", "a `- ` list is not expected here", "start the list on a line of its own"),
    ("'-' must be followed", "expected a space after `-`", ""),
    (
        "block scalar",
        "the header of a `|` or `>` block is not readable",
        "write `|` or `>` at the end of the line, and the text below it",
    ),
    ("unprintable", "a control character is not expected here", "escape it in a double-quoted text: `\"\\x07\"`"),
    ("comment intercepting", "a comment interrupts a value of several lines", "use a `|` block"),
    ("byte order mark", "a byte order mark is not expected inside a file", ""),
    ("the handle wasn't declared", "tags are not supported", "quote a text that begins with `!`"),
    ("tag", "tags are not supported", "quote a text that begins with `!`"),
    ("directive", "YAML directives are not supported", "quote a text that begins with `%`"),
    ("incompatible YAML document", "YAML directives are not supported", ""),
    ("document", "a document does not start or end as expected", "a file holds one document"),
    ("tab", "a tab is not expected here", "YAML indents with spaces only"),
];

fn meaning(info: &str, rest: &str) -> (String, String) {
    if let (true, Some(c)) = (info.contains("unexpected character"), rest.chars().next()) {
        return (format!("an unquoted value cannot begin with `{c}`"), "quote the value".to_owned());
    }
    match MEANINGS.iter().find(|(part, _, _)| info.contains(part)) {
        Some((_, message, help)) => ((*message).to_owned(), (*help).to_owned()),
        None => (format!("this is not YAML: {}", info.to_lowercase()), String::new()),
    }
}
