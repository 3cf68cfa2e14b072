//! Tables that a team keeps beside its rules: inventories, approvals, known services.

use super::codes;
use super::declare::type_named;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::source::yaml::{Entry, Kind, Node};
use crate::syntax::decode::kit::{self, Fields};
use crate::syntax::rule::Name;
use crate::value::{Type, Value};

/// A lookup with its rows.
///
/// A read gives the row whose every key matches; at most one key column matches by suffix or network, and among several rows that
/// match by it the longest suffix or prefix wins. A missing key matches no row.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Its name in expressions.
    pub name: String,
    /// Key columns in order: `lookup[a, b]` gives one expression for each.
    pub keys: Vec<LookupKey>,
    /// Other columns by name; a cell may be missing.
    pub columns: Vec<(String, Type)>,
    /// Rows as they stand in the file: key cells, then the other columns.
    pub rows: Vec<Vec<Value>>,
    /// Where it was declared.
    pub span: Span,
}

impl Lookup {
    /// The rows in an order in which the first that matches is the one that counts: longest suffix or prefix first.
    pub fn most_specific_first(&self) -> Vec<&Vec<Value>> {
        let longest = |row: &[Value]| self.keys.iter().zip(row).map(|(k, cell)| k.specificity(cell)).max().unwrap_or(0);
        let mut rows: Vec<&Vec<Value>> = self.rows.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(longest(row)));
        rows
    }

    /// The type of a column that is no key, by its place; a string where there is none.
    pub fn column_type(&self, place: usize) -> Type {
        self.columns.get(place).map_or(Type::STRING, |(_, ty)| *ty)
    }

    /// The cell of a column that is no key, by its place in `columns`.
    pub fn cell(&self, row: &[Value], place: usize) -> Value {
        row.get(self.keys.len() + place).cloned().unwrap_or(Value::Missing)
    }
}

/// A key column.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupKey {
    /// Its name in the file.
    pub column: String,
    /// The type of its cells (a `cidr` key has cells of type string and is asked with an IP).
    pub ty: Type,
    /// How a value meets a cell.
    pub matching: Matching,
}

/// How a value meets a key's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matching {
    /// Equal.
    Exact,
    /// Equal without ASCII case.
    Nocase,
    /// The cell is the value, or the value ends in `.` and the cell: `x.example.com` meets `example.com`. Without ASCII case.
    Suffix,
    /// The IP lies in the cell's network.
    Cidr,
}

/// What `pack.yaml` says of a lookup: `{ file, keys, columns, about }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The CSV file, from the pack's directory.
    pub file: Name,
    /// `keys: { column: exact }`, or `{ column: { match: exact, type: integer } }`.
    pub keys: Vec<LookupKey>,
    /// `columns: { column: type }`.
    pub columns: Vec<(String, Type)>,
    /// Where it stands.
    pub span: Span,
}

const MATCHINGS: [(&str, Matching); 4] =
    [("exact", Matching::Exact), ("nocase", Matching::Nocase), ("suffix", Matching::Suffix), ("cidr", Matching::Cidr)];

/// Reads a lookup's declaration. Nothing (reported) where it has no file or no key that can be searched.
pub fn declaration(node: &Node, findings: &mut Findings) -> Option<Declaration> {
    let mut fields = Fields::of(node, "a lookup", findings)?;
    let file = fields.require("file", node.span, findings).and_then(|node| kit::text(node, findings));
    let keys = fields.require("keys", node.span, findings);
    let columns = fields.take("columns", findings);
    fields.text("about", findings);
    fields.finish(findings);
    let keys: Vec<LookupKey> =
        entries(keys, "keys", findings).iter().filter_map(|entry| key(entry, findings)).collect();
    let columns =
        entries(columns, "columns", findings).iter().filter_map(|entry| column(entry, &keys, findings)).collect();
    let checked = check_keys(&keys, node.span, findings);
    (checked && !keys.is_empty()).then_some(Declaration { file: file?, keys, columns, span: node.span })
}

fn entries<'a>(node: Option<&'a Node>, what: &'static str, findings: &mut Findings) -> &'a [Entry] {
    node.and_then(|node| kit::map(node, what, findings)).unwrap_or_default()
}

fn key(entry: &Entry, findings: &mut Findings) -> Option<LookupKey> {
    let column = kit::key_name(&entry.key, findings)?.value;
    let (matching, ty) = match &entry.value.kind {
        Kind::Map(_) => {
            let mut fields = Fields::of(&entry.value, "a key", findings)?;
            let word = fields.word("match", &MATCHINGS.map(|(word, _)| word), findings);
            let ty = fields.text("type", findings);
            fields.finish(findings);
            (word, ty)
        }
        _ => (kit::text(&entry.value, findings), None),
    };
    let matching = match matching {
        Some(word) => matching_named(&word, findings)?,
        None => Matching::Exact,
    };
    let ty = match &ty {
        Some(name) => key_type(name, matching, findings)?,
        None => Type::STRING,
    };
    Some(LookupKey { column, ty, matching })
}

fn matching_named(word: &Name, findings: &mut Findings) -> Option<Matching> {
    let found = MATCHINGS.iter().find(|(known, _)| *known == word.value);
    if found.is_none() {
        let help = kit::suggestion(&word.value, &MATCHINGS.map(|(word, _)| word));
        let message = format!("`{}` is not a way for a key to match", word.value);
        findings.push(Diagnostic::error(codes::LOOKUP_KEYS, word.span, message).help(help));
    }
    found.map(|(_, matching)| *matching)
}

/// Keys are compared: a number has no exact equality that a CSV file could write, and a list has none at all.
fn key_type(name: &Name, matching: Matching, findings: &mut Findings) -> Option<Type> {
    let ty = type_named(name, findings)?;
    let wrong = match (ty, matching) {
        (Type::List(_) | Type::NUMBER, _) => format!("a key cannot be a {ty}"),
        (Type::STRING, _) | (_, Matching::Exact) => return Some(ty),
        _ => "only a string matches other than exactly (the cells of a `cidr` key are networks, written as strings)"
            .into(),
    };
    findings.push(Diagnostic::error(codes::LOOKUP_KEYS, name.span, wrong));
    None
}

fn column(entry: &Entry, keys: &[LookupKey], findings: &mut Findings) -> Option<(String, Type)> {
    let name = kit::key_name(&entry.key, findings)?;
    let ty = kit::text(&entry.value, findings)?;
    let span = ty.span;
    let ty = type_named(&ty, findings)?;
    if keys.iter().any(|key| key.column == name.value) {
        let message = format!("`{}` is a key already", name.value);
        findings.push(Diagnostic::error(codes::LOOKUP_KEYS, name.span, message));
        return None;
    }
    if matches!(ty, Type::List(_)) {
        let error = Diagnostic::error(codes::UNKNOWN_TYPE, span, "a cell holds one value, not a list");
        findings.push(error.help("write one row for each value, and make the column a key"));
        return None;
    }
    Some((name.value, ty))
}

fn check_keys(keys: &[LookupKey], span: Span, findings: &mut Findings) -> bool {
    let inexact: Vec<&str> = keys.iter().filter(|key| key.picks_the_longest()).map(|key| key.column.as_str()).collect();
    if let [first, second, ..] = inexact.as_slice() {
        let message = format!("`{first}` and `{second}` both match by the longest: which one would win is undefined");
        let error = Diagnostic::error(codes::LOOKUP_KEYS, span, message);
        findings.push(error.help("at most one key of a lookup matches by `suffix` or `cidr`"));
        return false;
    }
    true
}

impl LookupKey {
    /// How narrow a cell is: a suffix's length, a network's prefix; 0 where the key matches whole values.
    fn specificity(&self, cell: &Value) -> usize {
        match (self.matching, cell) {
            (Matching::Suffix, Value::String(text)) => text.len(),
            (Matching::Cidr, Value::String(text)) => {
                text.parse::<ipnet::IpNet>().map_or(0, |n| usize::from(n.prefix_len()))
            }
            _ => 0,
        }
    }

    /// True where several rows can match by this key, of which the longest wins.
    pub fn picks_the_longest(&self) -> bool {
        matches!(self.matching, Matching::Suffix | Matching::Cidr)
    }
}
