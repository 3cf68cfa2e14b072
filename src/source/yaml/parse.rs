//! From the parser's events to nodes.

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use super::super::align::{Style, align};
use super::{Core, Entry, Kind, Node, Scalar, cut, syntax};
use crate::diagnostic::{Code, Diagnostic, Findings};
use crate::source::{FileId, Span, Text};

/// One key twice in one map.
pub const DUPLICATE_KEY: Code = Code("E0106");
/// An anchor, an alias or a merge key.
pub const ALIAS: Code = Code("E0107");
/// A tag such as `!!str`.
pub const TAG: Code = Code("E0108");
/// A second document in one file.
pub const SEVERAL_DOCUMENTS: Code = Code("E0109");
/// Collections in collections beyond the limit.
pub const TOO_DEEP: Code = Code("E0110");
/// A key that is a number, a boolean, null or a collection.
pub const KEY_NOT_TEXT: Code = Code("E0111");
/// More values than a file may hold.
pub const TOO_MANY_NODES: Code = Code("E0112");
/// A file without a value.
pub const EMPTY_FILE: Code = Code("E0114");

const DEEPEST: usize = 64;
const MOST_NODES: usize = 200_000;

/// Reads one YAML file. Nothing where it has no tree: a syntax error, a limit, an empty file (each is in `findings`).
pub fn parse(file: FileId, text: &str, findings: &mut Findings) -> Option<Node> {
    if syntax::hidden(file, text, findings) {
        return None;
    }
    let mut reader = Reader {
        file,
        text,
        offsets: offsets(text),
        events: Parser::new_from_str(text),
        nodes: 0,
        open: Vec::new(),
        findings,
    };
    match reader.document() {
        Ok(node) => node,
        Err(Stop::Syntax(error)) => {
            let at = reader.byte(error.marker().index());
            let open = reader.open.last().copied();
            reader.findings.extend(syntax::explain(file, text, at, error.info(), open));
            None
        }
        Err(Stop::Reported) => None,
    }
}

/// Why reading ended early.
enum Stop {
    Syntax(ScanError),
    Reported,
}

type Place = saphyr_parser::Span;

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// Byte offset of each character, where the text is not all ASCII: the parser counts characters.
    offsets: Option<Vec<u32>>,
    events: Parser<'a, StrInput<'a>>,
    nodes: usize,
    /// The brackets that are not closed yet.
    open: Vec<Span>,
    findings: &'a mut Findings,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, place) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    let span = self.span(place);
                    self.refuse(
                        SEVERAL_DOCUMENTS,
                        span,
                        "a file holds one document, and a second one starts here",
                        "give each rule a file of its own",
                    );
                    return Ok(root);
                }
                Event::DocumentStart(_) => {
                    let (event, place) = self.next()?;
                    root = Some(self.node(event, place, 0, false)?);
                }
                _ => {}
            }
        }
        if root.as_ref().is_none_or(Node::is_null) {
            let span = Span::new(self.file, 0, 0);
            self.refuse(EMPTY_FILE, span, "the file is empty", "see `siemc new` for a rule to start from");
            return Ok(None);
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<(Event<'a>, Place), Stop> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Stop::Syntax(error)),
            None => Ok((Event::StreamEnd, Place::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize, flow: bool) -> Result<Node, Stop> {
        self.limits(place, depth)?;
        let span = self.span(place);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let reported = self.properties(span, anchor, tag.is_some());
                let scalar = self.scalar(&value, style, place);
                let span = scalar.text.whole;
                Ok(Node { span, kind: if reported { Kind::Refused } else { Kind::Scalar(scalar) }, flow })
            }
            Event::SequenceStart(anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                let flow = flow || self.slice(span).trim_end().ends_with('[');
                self.bracketed(span, |reader| reader.sequence(span, depth, flow))
            }
            Event::MappingStart(anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                let flow = flow || self.slice(span).trim_end().ends_with('{');
                self.bracketed(span, |reader| reader.mapping(span, depth, flow))
            }
            Event::Alias(_) => {
                self.refuse(
                    ALIAS,
                    span,
                    format!("alias `{}` is not supported", self.slice(span)),
                    "write the value out; `shared/` and `let` hold what several rules share",
                );
                Ok(Node { span, kind: Kind::Refused, flow })
            }
            _ => Ok(Node { span, kind: Kind::Refused, flow }),
        }
    }

    /// Remembers the bracket while its content is read; it stays remembered after an error.
    fn bracketed(&mut self, start: Span, read: impl FnOnce(&mut Self) -> Result<Node, Stop>) -> Result<Node, Stop> {
        let bracket = start.end > start.start;
        if bracket {
            self.open.push(start);
        }
        let node = read(self)?;
        if bracket {
            self.open.pop();
        }
        Ok(node)
    }

    fn limits(&mut self, place: Place, depth: usize) -> Result<(), Stop> {
        self.nodes += 1;
        let span = self.span(place);
        if depth > DEEPEST {
            self.refuse(TOO_DEEP, span, format!("values are nested deeper than {DEEPEST}"), "flatten the structure");
            return Err(Stop::Reported);
        }
        if self.nodes > MOST_NODES {
            self.refuse(
                TOO_MANY_NODES,
                span,
                format!("the file holds more than {MOST_NODES} values"),
                "move data to a lookup",
            );
            return Err(Stop::Reported);
        }
        Ok(())
    }

    fn sequence(&mut self, start: Span, depth: usize, flow: bool) -> Result<Node, Stop> {
        let mut items = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if event == Event::SequenceEnd {
                let span = self.extent(
                    start,
                    place,
                    items.first().map(|item: &Node| item.span),
                    items.last().map(|item| item.span),
                );
                if flow {
                    cut::in_sequence(self.text, &mut items, self.findings);
                }
                return Ok(Node { span, kind: Kind::Seq(items), flow });
            }
            items.push(self.node(event, place, depth + 1, flow)?);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize, flow: bool) -> Result<Node, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut places: FxHashMap<String, Span> = FxHashMap::default();
        loop {
            let (event, place) = self.next()?;
            if event == Event::MappingEnd {
                let span = self.extent(
                    start,
                    place,
                    entries.first().map(|entry| entry.key.whole),
                    entries.last().map(|entry| entry.value.span),
                );
                if flow {
                    cut::in_map(self.text, &mut entries, self.findings);
                }
                return Ok(Node { span, kind: Kind::Map(entries), flow });
            }
            let key = self.node(event, place, depth + 1, flow)?;
            let (event, place) = self.next()?;
            let mut value = self.node(event, place, depth + 1, flow)?;
            let Some(key) = self.key(key) else { continue };
            if is_left_empty(&value) {
                value.span = Span::new(self.file, key.whole.end, key.whole.end);
            }
            if let Some(first) = places.get(&key.value) {
                let found = Diagnostic::error(DUPLICATE_KEY, key.whole, format!("key `{}` is there twice", key.value));
                self.findings.push(found.related(*first, "first here").help("keep one of the two"));
            } else {
                places.insert(key.value.clone(), key.whole);
                entries.push(Entry { key, value });
            }
        }
    }

    fn key(&mut self, node: Node) -> Option<Text> {
        match node.kind {
            Kind::Scalar(scalar) if scalar.plain && scalar.text.value == "<<" => {
                self.refuse(
                    ALIAS,
                    node.span,
                    "the merge key `<<` is not supported",
                    "write the keys out; `shared/` holds what several rules share",
                );
                None
            }
            Kind::Scalar(scalar) if matches!(scalar.core(), Core::Text(_)) => Some(scalar.text),
            Kind::Refused => None,
            kind => {
                let found = Node { kind, ..node }.described();
                self.refuse(
                    KEY_NOT_TEXT,
                    node.span,
                    format!("expected a text as key, found {found}"),
                    "quote the key if it is meant as text",
                );
                None
            }
        }
    }

    /// Reports an anchor or a tag; true where the value cannot be taken as it reads.
    fn properties(&mut self, span: Span, anchor: usize, tagged: bool) -> bool {
        if anchor > 0 {
            let name = self.slice(span).split_whitespace().next().unwrap_or("&").to_owned();
            self.refuse(
                ALIAS,
                span,
                format!("anchor `{name}` is not supported"),
                "write the value out where it is used; quote a text that begins with `&`",
            );
        }
        if tagged {
            let name = self.slice(span).split_whitespace().next().unwrap_or("!").to_owned();
            self.refuse(TAG, span, format!("tag `{name}` is not supported"), "quote a text that begins with `!`");
        }
        tagged
    }

    fn scalar(&self, value: &str, style: ScalarStyle, place: Place) -> Scalar {
        let whole = self.span(place);
        let plain = style == ScalarStyle::Plain;
        // Inside brackets the parser counts the blanks after a closing quote to the scalar.
        let slice = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.slice(whole).trim_end(),
            _ => self.slice(whole),
        };
        let (style, raw, base) = match style {
            ScalarStyle::Plain => (Style::Plain, slice, whole.start),
            ScalarStyle::SingleQuoted => (Style::Single, unquoted(slice), whole.start + 1),
            ScalarStyle::DoubleQuoted => (Style::Double, unquoted(slice), whole.start + 1),
            ScalarStyle::Literal | ScalarStyle::Folded => (Style::Block(place.start.col()), slice, whole.start),
        };
        let whole = match style {
            Style::Block(_) => Span::new(self.file, whole.start, whole.start + slice.trim_end().len() as u32),
            Style::Plain if value.is_empty() => Span::new(self.file, whole.start, whole.start),
            Style::Single | Style::Double => Span::new(self.file, whole.start, whole.start + slice.len() as u32),
            Style::Plain => whole,
        };
        let segments = align(style, raw, base, value).unwrap_or_default();
        Scalar { text: Text::mapped(value.to_owned(), whole, segments), plain }
    }

    /// A flow collection reaches from bracket to bracket, a block one over what it holds.
    fn extent(&self, start: Span, end: Place, first: Option<Span>, last: Option<Span>) -> Span {
        let end = self.span(end);
        if end.end > end.start {
            return start.to(end);
        }
        match (first, last) {
            (Some(first), Some(last)) => first.to(last),
            _ => start,
        }
    }

    fn refuse(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        self.findings.push(Diagnostic::error(code, span, message).help(help));
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    fn span(&self, place: Place) -> Span {
        let start = self.byte(place.start.index());
        Span::new(self.file, start, self.byte(place.end.index()).max(start))
    }

    fn byte(&self, character: usize) -> u32 {
        let end = self.text.len();
        match &self.offsets {
            Some(offsets) => offsets.get(character).map_or(end as u32, |at| *at),
            None => character.min(end) as u32,
        }
    }
}

fn is_left_empty(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.plain && scalar.text.value.is_empty())
}

fn unquoted(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1)).unwrap_or("")
}

fn offsets(text: &str) -> Option<Vec<u32>> {
    (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at as u32).collect())
}
