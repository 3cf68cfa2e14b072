//! Values that YAML split: inside `{...}` and `[...]` a comma ends an unquoted value, whatever brackets or quotes it stands in.

use super::{Entry, Kind, Node};
use crate::diagnostic::{Code, Diagnostic, Findings, shortened};
use crate::source::Span;

/// A value in a flow collection that YAML cut in pieces.
pub const CUT_VALUE: Code = Code("E0113");

/// Reports the keys of a flow map that have no value: nobody writes one on purpose, a comma or colon inside a value makes them.
/// The pieces are taken out, so that they are not reported again as unknown keys or broken expressions.
pub(super) fn in_map(text: &str, entries: &mut Vec<Entry>, findings: &mut Findings) {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut pieces = entries.drain(..).peekable();
    while let Some(entry) = pieces.next() {
        if !left_empty(&entry.value) {
            kept.push(entry);
            continue;
        }
        let mut end = entry.key.whole;
        let cut = kept.last_mut().filter(|last| open(&last.value));
        if let Some(last) = cut {
            let mut open = Open::default();
            while open.reads_on(text, last.value.span.to(end)) {
                let Some(next) = pieces.next_if(|next| left_empty(&next.value)) else { break };
                end = next.key.whole;
            }
            findings.push(cut_value(text, last.value.span.to(end)));
            last.value.kind = Kind::Refused;
        } else {
            findings.push(no_value(text, &entry));
        }
    }
    drop(pieces);
    *entries = kept;
}

/// Reports the items of a flow list that an open bracket or quote shows to be pieces of one value.
pub(super) fn in_sequence(text: &str, items: &mut Vec<Node>, findings: &mut Findings) {
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    let mut pieces = items.drain(..).peekable();
    while let Some(mut item) = pieces.next() {
        if open(&item) {
            let mut whole = item.span;
            let mut open = Open::default();
            while open.reads_on(text, whole) {
                let Some(next) = pieces.next_if(|next| plain(next).is_some()) else { break };
                whole = whole.to(next.span);
            }
            findings.push(cut_value(text, whole));
            item = Node { span: whole, kind: Kind::Refused, flow: true };
        }
        kept.push(item);
    }
    drop(pieces);
    *items = kept;
}

fn cut_value(text: &str, span: Span) -> Diagnostic {
    let shown = shortened(slice(text, span));
    Diagnostic::error(CUT_VALUE, span, format!("YAML cuts `{shown}` at its comma"))
        .label("quote this")
        .help("inside `{...}` and `[...]` a value with a comma or a colon needs quotes around all of it")
}

fn no_value(text: &str, entry: &Entry) -> Diagnostic {
    let key = &entry.key.value;
    let found = Diagnostic::error(CUT_VALUE, entry.key.whole, format!("`{}` has no value", shortened(key)));
    let colon = text.get(entry.key.whole.end as usize..).is_some_and(|after| after.trim_start().starts_with(':'));
    match key.split_once(':') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() && !name.contains(' ') => {
            found.help(format!("a space is missing after the colon: `{name}: {value}`"))
        }
        _ if colon => found.help("write a value, or leave the key out; `null` is written out where nothing is meant"),
        _ => found.label("or quote this with what stands before it").help(
            "inside `{...}` YAML ends a value at a comma: quote a value that holds one, and write `null` out where nothing is meant",
        ),
    }
}

fn left_empty(node: &Node) -> bool {
    plain(node).is_some_and(str::is_empty)
}

fn open(node: &Node) -> bool {
    plain(node).is_some_and(|text| Open::default().reads(text))
}

/// What is open at the end of a text that is read piece by piece.
#[derive(Default)]
struct Open {
    depth: i64,
    quoted: bool,
    escaped: bool,
    read: u32,
}

impl Open {
    /// Reads what of `span` it has not read yet; true where a parenthesis or a double quote is still open.
    fn reads_on(&mut self, text: &str, span: Span) -> bool {
        let rest = Span::new(span.file, self.read.max(span.start), span.end);
        self.read = span.end;
        self.reads(slice(text, rest))
    }

    fn reads(&mut self, text: &str) -> bool {
        for c in text.chars() {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' if self.quoted => self.escaped = true,
                '"' => self.quoted = !self.quoted,
                '(' if !self.quoted => self.depth += 1,
                ')' if !self.quoted => self.depth -= 1,
                _ => {}
            }
        }
        self.quoted || self.depth > 0
    }
}

fn plain(node: &Node) -> Option<&str> {
    node.scalar().filter(|scalar| scalar.plain).map(|scalar| scalar.text.value.as_str())
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or("")
}
