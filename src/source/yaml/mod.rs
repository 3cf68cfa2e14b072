//! YAML as a tree in which every key and value knows its place.
//!
//! In: the text of one file. Out: a [`Node`], and a finding for whatever YAML would otherwise let pass in silence: duplicate keys,
//! anchors, aliases, merge keys and tags (a rule says what it says, where it says it), several documents, keys that are not
//! strings, and values that a flow map cut at a comma. A part that was refused is [`Kind::Refused`]: decoders pass over it.
//! After a syntax error there is no tree: YAML's indentation leaves nothing safe to guess at.
//!
//! Typing is the core schema of YAML 1.2: `yes` and `on` are strings, and a date is one too.

mod core;
mod cut;
mod parse;
mod syntax;

pub use self::core::Core;
pub use self::cut::CUT_VALUE;
pub use self::syntax::{HIDDEN, NOT_YAML, TAB};
pub use parse::parse;
pub use parse::{ALIAS, DUPLICATE_KEY, EMPTY_FILE, KEY_NOT_TEXT, SEVERAL_DOCUMENTS, TAG, TOO_DEEP, TOO_MANY_NODES};

use super::{Span, Text};

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// All of it; for a block collection from its first key or entry to the end of its last value.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// True in and of `{...}` and `[...]`.
    pub flow: bool,
}

/// The kinds of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A text, number, boolean or null.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in written order; no key is there twice.
    Map(Vec<Entry>),
    /// Something that was already reported.
    Refused,
}

/// One value that is neither a list nor a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The decoded text.
    pub text: Text,
    /// Written without quotes and not as a block: only then it may be a number, a boolean or null.
    pub plain: bool,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; `key.whole` is its place.
    pub key: Text,
    /// The value.
    pub value: Node,
}

impl Node {
    /// What the node is, in words for a message: "a list", "the number `3`".
    pub fn described(&self) -> String {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.described(),
            Kind::Seq(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
            Kind::Refused => "nothing".to_owned(),
        }
    }

    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The value of a key, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// True for null, written out or left empty.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.core() == Core::Null)
    }

    /// True where the node was reported already.
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Refused
    }
}

impl Scalar {
    fn described(&self) -> String {
        let text = &self.text.value;
        match self.core() {
            Core::Null => "nothing".to_owned(),
            Core::Boolean(value) => format!("the boolean `{value}`"),
            Core::Integer(_) | Core::Number(_) => format!("the number `{text}`"),
            Core::Text(_) => format!("the text `{}`", crate::diagnostic::shortened(text)),
        }
    }
}

#[cfg(test)]
mod tests;
