//! What the YAML parser could not read, in the words of an author.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// A text that is not YAML.
pub const NOT_YAML: Code = Code("E0104");
/// A tab where YAML wants spaces.
pub const TAB: Code = Code("E0105");

/// The findings for the parser's error `info` at byte `at`: every tab in the indentation where tabs are the cause.
pub(super) fn explain(file: FileId, text: &str, at: u32, info: &str) -> Vec<Diagnostic> {
    let tabs: Vec<Diagnostic> = if info.contains("tab") { tabs(file, text) } else { Vec::new() };
    if !tabs.is_empty() {
        return tabs;
    }
    let rest = text.get(at as usize..).unwrap_or("");
    let length = rest.chars().next().filter(|c| *c != '\n' && *c != '\r').map_or(0, char::len_utf8);
    let span = Span::new(file, at, at + length as u32);
    let (message, help) = meaning(info, rest);
    let found = Diagnostic::error(NOT_YAML, span, message);
    vec![if help.is_empty() { found } else { found.help(help) }]
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
    ("recursion limit", "values are nested too deep", ""),
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
