//! Small readers that every decoder of a YAML file is made of.
//!
//! They report what does not fit at its place and give back what does, so that one run finds all faults of a file. A node that
//! was refused earlier (an alias, a value cut at a comma) is passed over in silence. Whoever reads a map through [`Fields`] gets
//! unknown keys, missing keys and empty values reported without further work.

use crate::diagnostic::{Code, Diagnostic, Findings, nearest};
use crate::source::yaml::{Core, Entry, Kind, Node};
use crate::source::{Span, Text};
use crate::syntax::parse::grammar::KEYWORDS;
use crate::syntax::rule::{At, Name};

/// A key that the map does not know.
pub const UNKNOWN_KEY: Code = Code("E0301");
/// A key that the map needs.
pub const MISSING_KEY: Code = Code("E0302");
/// A list where a text belongs, a number where a boolean does, and the like.
pub const WRONG_KIND: Code = Code("E0303");
/// A key without a value, or an empty list or text.
pub const NO_VALUE: Code = Code("E0304");
/// Two keys of which only one may be there.
pub const EXCLUDES: Code = Code("E0305");
/// A text that cannot be a name.
pub const NOT_A_NAME: Code = Code("E0306");
/// A word that is not one of those that a key knows.
pub const UNKNOWN_WORD: Code = Code("E0308");

/// A map that is being read: it remembers what was asked for, and reports the rest in [`Fields::finish`].
#[derive(Debug)]
pub struct Fields<'a> {
    entries: &'a [Entry],
    known: Vec<&'static str>,
    what: &'static str,
    flow: bool,
    /// The whole map.
    pub span: Span,
}

impl<'a> Fields<'a> {
    /// Starts to read a map; `what` names it in messages ("an event"). Nothing (reported) where the node is not a map.
    pub fn of(node: &'a Node, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let entries = map(node, what, findings)?;
        Some(Self { entries, known: Vec::new(), what, flow: node.flow, span: node.span })
    }

    /// The value of a key. Nothing where the key is not there, has no value (reported) or was refused.
    pub fn take(&mut self, key: &'static str, findings: &mut Findings) -> Option<&'a Node> {
        let entry = self.entry(key)?;
        if entry.value.is_null() {
            let message = format!("`{key}` has no value");
            findings.push(
                Diagnostic::error(NO_VALUE, entry.key.whole, message).help("write a value, or leave the key out"),
            );
            return None;
        }
        (!entry.value.is_refused()).then_some(&entry.value)
    }

    /// Key and value, as they are.
    pub fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    /// True where the key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key.value == key)
    }

    /// The place of a key that is there; the map's otherwise.
    pub fn key_span(&self, key: &str) -> Span {
        self.entries.iter().find(|entry| entry.key.value == key).map_or(self.span, |entry| entry.key.whole)
    }

    /// As [`Fields::take`]; a key that is not there is reported at `at`.
    pub fn require(&mut self, key: &'static str, at: Span, findings: &mut Findings) -> Option<&'a Node> {
        if !self.has(key) {
            findings.push(missing(key, self.what, at));
        }
        self.take(key, findings)
    }

    /// A text.
    pub fn text(&mut self, key: &'static str, findings: &mut Findings) -> Option<Name> {
        self.take(key, findings).and_then(|node| text(node, findings))
    }

    /// A list of texts, or one alone; empty where the key is not there.
    pub fn texts(&mut self, key: &'static str, findings: &mut Findings) -> Vec<Name> {
        self.take(key, findings).map(|node| texts(node, findings)).unwrap_or_default()
    }

    /// One of `words`.
    pub fn word(&mut self, key: &'static str, words: &[&str], findings: &mut Findings) -> Option<Name> {
        let word = self.text(key, findings)?;
        if words.contains(&word.value.as_str()) {
            return Some(word);
        }
        let message = format!("`{}` is not a value of `{key}`", word.value);
        let found = Diagnostic::error(UNKNOWN_WORD, word.span, message);
        findings.push(found.help(suggestion(&word.value, words)));
        None
    }

    /// Reports two keys of which the map may have one.
    pub fn exclusive(&self, one: &str, other: &str, findings: &mut Findings) {
        if self.has(one) && self.has(other) {
            let message = format!("`{one}` and `{other}` do not go together in {}", self.what);
            let found = Diagnostic::error(EXCLUDES, self.key_span(other), message);
            findings.push(found.related(self.key_span(one), "the other one").help("keep one of the two"));
        }
    }

    /// True where a map stands below a key that nobody asked for so far: it may be meant to define something.
    pub fn has_unknown_map(&self) -> bool {
        let unknown = |entry: &Entry| !self.known.contains(&entry.key.value.as_str());
        self.entries.iter().any(|entry| unknown(entry) && matches!(entry.value.kind, Kind::Map(_)))
    }

    /// Every key that is there.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.key.value.as_str())
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self, findings: &mut Findings) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.value.as_str())) {
            findings.push(unknown_key(&entry.key, self.what, &self.known, self.flow));
        }
    }
}

/// The finding for a key that is not there.
pub fn missing(key: &str, what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(MISSING_KEY, at, format!("{what} needs `{key}`"))
}

/// The finding for a map that has none of the keys of which it needs one.
pub fn missing_one(keys: &[&str], what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(MISSING_KEY, at, format!("{what} needs {}", either(keys)))
}

/// The finding for a key that is not one of `known`.
pub fn unknown_key(key: &Text, what: &str, known: &[&str], flow: bool) -> Diagnostic {
    let found = Diagnostic::error(UNKNOWN_KEY, key.whole, format!("unknown key `{}` in {what}", key.value));
    match nearest(&key.value, known.iter().copied()) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None if flow && key.value.contains([' ', '(', ')', '"', '[']) => {
            found.help("inside `{...}` YAML ends a value at a comma: quote the value that this belongs to")
        }
        None if known.len() <= MOST_NAMED => found.help(format!("expected {}", either(known))),
        None => found,
    }
}

/// A longer list of keys says less than none.
const MOST_NAMED: usize = 10;

/// The finding for a value of another kind than `expected`.
pub fn wrong_kind(node: &Node, expected: &str) -> Diagnostic {
    Diagnostic::error(WRONG_KIND, node.span, format!("expected {expected}, found {}", node.described()))
}

/// A map's entries.
pub fn map<'a>(node: &'a Node, what: &str, findings: &mut Findings) -> Option<&'a [Entry]> {
    match &node.kind {
        Kind::Map(entries) => Some(entries),
        Kind::Refused => None,
        _ => {
            let found =
                Diagnostic::error(WRONG_KIND, node.span, format!("{what} is a map, found {}", node.described()));
            findings.push(found.help("write `key: value` lines, or `{key: value}`"));
            None
        }
    }
}

/// A list's items. An empty list is reported: a key that means nothing is left out.
pub fn list<'a>(node: &'a Node, findings: &mut Findings) -> Option<&'a [Node]> {
    match &node.kind {
        Kind::Seq(items) if items.is_empty() => {
            findings.push(
                Diagnostic::error(NO_VALUE, node.span, "the list is empty")
                    .help("name at least one, or leave the key out"),
            );
            None
        }
        Kind::Seq(items) => Some(items),
        Kind::Refused => None,
        _ => {
            findings.push(wrong_kind(node, "a list").help("write `[a, b]`, or one `- a` a line"));
            None
        }
    }
}

/// A text; a number, a boolean or null is not one unless it is quoted.
pub fn text(node: &Node, findings: &mut Findings) -> Option<Name> {
    let scalar = match &node.kind {
        Kind::Scalar(scalar) => scalar,
        Kind::Refused => return None,
        _ => {
            findings.push(wrong_kind(node, "a text"));
            return None;
        }
    };
    match scalar.core() {
        Core::Text(value) if value.trim().is_empty() => {
            findings.push(Diagnostic::error(NO_VALUE, node.span, "the text is empty"));
            None
        }
        Core::Text(value) => Some(At { value: value.to_owned(), span: node.span }),
        Core::Null => {
            findings.push(wrong_kind(node, "a text"));
            None
        }
        _ => {
            findings.push(wrong_kind(node, "a text").help(format!("quote it: `\"{}\"`", scalar.text.value)));
            None
        }
    }
}

/// Texts: a list, or one alone.
pub fn texts(node: &Node, findings: &mut Findings) -> Vec<Name> {
    if node.scalar().is_some() {
        return text(node, findings).into_iter().collect();
    }
    let items = list(node, findings).unwrap_or_default();
    items.iter().filter_map(|item| text(item, findings)).collect()
}

/// `true` or `false`.
pub fn boolean(node: &Node, findings: &mut Findings) -> Option<bool> {
    match node.scalar().map(crate::source::yaml::Scalar::core) {
        Some(Core::Boolean(value)) => Some(value),
        _ if node.is_refused() => None,
        _ => {
            findings.push(wrong_kind(node, "`true` or `false`"));
            None
        }
    }
}

/// A whole number.
pub fn integer(node: &Node, findings: &mut Findings) -> Option<i64> {
    match node.scalar().map(crate::source::yaml::Scalar::core) {
        Some(Core::Integer(value)) => Some(value),
        _ if node.is_refused() => None,
        _ => {
            findings.push(wrong_kind(node, "a whole number"));
            None
        }
    }
}

/// A name that expressions can say: letters, digits and `_`, in parts joined by `.`.
pub fn name(node: &Node, findings: &mut Findings) -> Option<Name> {
    let named = node.scalar().is_some_and(|scalar| matches!(scalar.core(), Core::Text(_)));
    if !named && !node.is_refused() {
        findings.push(wrong_kind(node, "a name"));
        return None;
    }
    checked_name(text(node, findings)?, findings)
}

/// Names: a list, or one alone.
pub fn names(node: &Node, findings: &mut Findings) -> Vec<Name> {
    let items = match &node.kind {
        Kind::Seq(_) => list(node, findings).unwrap_or_default(),
        _ => std::slice::from_ref(node),
    };
    items.iter().filter_map(|item| name(item, findings)).collect()
}

/// A key as a name.
pub fn key_name(key: &Text, findings: &mut Findings) -> Option<Name> {
    checked_name(At { value: key.value.clone(), span: key.whole }, findings)
}

/// A key as it is, with its place.
pub fn key_text(key: &Text) -> Name {
    At { value: key.value.clone(), span: key.whole }
}

/// A map from names to whatever `value` reads; an entry whose value cannot be read is left out. `value` reads an empty value too, which is
/// reported here: what it makes of it keeps the name declared.
pub fn named<T>(
    node: &Node,
    what: &str,
    findings: &mut Findings,
    mut value: impl FnMut(&Node, &mut Findings) -> Option<T>,
) -> Vec<(Name, T)> {
    let entries = map(node, what, findings).unwrap_or_default();
    let read = |entry: &Entry| {
        let name = key_name(&entry.key, findings);
        if entry.value.is_null() {
            let message = format!("`{}` has no value", entry.key.value);
            findings.push(Diagnostic::error(NO_VALUE, entry.key.whole, message));
            return name.zip(value(&entry.value, &mut Findings::default()));
        }
        let value = value(&entry.value, findings);
        name.zip(value)
    };
    entries.iter().filter_map(read).collect()
}

/// `did you mean` the nearest of `words`, or all of them.
pub fn suggestion(found: &str, words: &[&str]) -> String {
    match nearest(found, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected {}", either(words)),
    }
}

/// `` `a`, `b` or `c` ``.
pub fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn checked_name(name: Name, findings: &mut Findings) -> Option<Name> {
    if KEYWORDS.contains(&name.value.as_str()) {
        let message = format!("`{}` is a word of the language and cannot be a name", name.value);
        findings.push(Diagnostic::error(NOT_A_NAME, name.span, message));
        return None;
    }
    if name.value.split('.').all(is_part) {
        return Some(name);
    }
    let message = format!("`{}` is not a name", crate::diagnostic::shortened(&name.value));
    let help = "a name is made of letters, digits and `_`, its parts joined by `.`, none starting with a digit";
    findings.push(Diagnostic::error(NOT_A_NAME, name.span, message).help(help));
    None
}

fn is_part(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
