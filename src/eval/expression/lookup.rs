//! Lookups, indexed by how their keys match.

use super::{Code, Frame};
use crate::pack::lookup::{Lookup, Matching};
use crate::value::Value;
use ipnet::IpNet;
use rustc_hash::{FxHashMap, FxHasher};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::Hasher;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// A lookup, ready to be asked.
#[derive(Debug, Default)]
pub struct Table {
    keys: Vec<Matching>,
    rows: Vec<Rc<[Value]>>,
    /// By the keys that match exactly or without case (these in lower case).
    buckets: FxHashMap<Box<[Value]>, Bucket>,
    memo: Memo,
}

/// What a lookup with one key has answered: most of what is asked has been asked before.
#[derive(Debug, Default)]
struct Memo(RefCell<Vec<Option<Answer>>>);

/// A key, and the number of its row.
type Answer = (SmolStr, Option<usize>);

/// Longer strings are not remembered.
const LONGEST: usize = 128;
/// Places of a [`Memo`]; a power of two.
const REMEMBERED: usize = 1024;

/// The rows that agree in all exact keys. Numbers are places in [`Table::rows`].
#[derive(Debug, Default)]
struct Bucket {
    /// The first row, where no key matches by suffix or network.
    row: Option<usize>,
    /// By suffix in lower case.
    suffixes: FxHashMap<Box<str>, usize>,
    /// Longest prefix first.
    nets: Vec<(IpNet, usize)>,
}

/// The lookups of several rules, each indexed once.
#[derive(Debug, Default)]
pub struct Tables(Vec<(Arc<Lookup>, Rc<Table>)>);

impl Tables {
    /// The lookup's table.
    pub fn table(&mut self, lookup: &Arc<Lookup>) -> Rc<Table> {
        if let Some((_, table)) = self.0.iter().find(|(known, _)| Arc::ptr_eq(known, lookup)) {
            return Rc::clone(table);
        }
        let table = Rc::new(Table::new(lookup));
        self.0.push((Arc::clone(lookup), Rc::clone(&table)));
        table
    }
}

impl Table {
    /// Indexes a lookup.
    pub fn new(lookup: &Lookup) -> Table {
        let mut table = Table { keys: lookup.keys.iter().map(|k| k.matching).collect(), ..Table::default() };
        for cells in &lookup.rows {
            let number = table.rows.len();
            table.rows.push(Rc::from(cells.as_slice()));
            table.index(cells, number);
        }
        for bucket in table.buckets.values_mut() {
            bucket.nets.sort_by_key(|(net, _)| std::cmp::Reverse(net.prefix_len()));
        }
        table
    }

    /// Where a column's cell stands in a row.
    pub fn cell(&self, column: usize) -> usize {
        self.keys.len() + column
    }

    /// The row that matches: its key cells, then its columns.
    pub fn find<'a>(&'a self, keys: &'a [Code], frame: &Frame<'a>) -> Option<&'a [Value]> {
        let number = match keys {
            [only] => match only.value(frame) {
                Cow::Borrowed(Value::String(text)) => {
                    self.memo.answer(text, || self.search(std::iter::once(only.value(frame))))
                }
                value => self.search(std::iter::once(value)),
            },
            _ => self.search(keys.iter().map(|k| k.value(frame))),
        };
        self.rows.get(number?).map(|r| &**r)
    }

    fn search<'v>(&self, values: impl Iterator<Item = Cow<'v, Value>>) -> Option<usize> {
        let mut exact = Vec::with_capacity(self.keys.len());
        let mut pattern = None;
        for (value, matching) in values.zip(&self.keys) {
            match matching {
                Matching::Exact if !value.is_missing() => exact.push(value.into_owned()),
                Matching::Nocase => exact.push(lower(&value)?),
                Matching::Suffix | Matching::Cidr if !value.is_missing() => pattern = Some(value),
                _ => return None,
            }
        }
        let bucket = self.buckets.get(exact.as_slice())?;
        match pattern.as_deref() {
            None => bucket.row,
            Some(Value::String(text)) => bucket.by_suffix(text),
            Some(Value::Ip(ip)) => bucket.by_net(ip),
            Some(_) => None,
        }
    }

    fn index(&mut self, cells: &[Value], number: usize) {
        let mut exact = Vec::new();
        let mut suffix = None;
        let mut net = None;
        for (cell, matching) in cells.iter().zip(&self.keys) {
            match matching {
                Matching::Exact => exact.push(cell.clone()),
                Matching::Nocase => exact.push(lower(cell).unwrap_or(Value::Missing)),
                Matching::Suffix => suffix = Some(lower(cell)),
                Matching::Cidr => net = Some(network(cell)),
            }
        }
        let bucket = self.buckets.entry(exact.into()).or_default();
        match (suffix, net) {
            (Some(Some(Value::String(text))), _) => {
                bucket.suffixes.entry(Box::from(&*text)).or_insert(number);
            }
            (None, Some(Some(net))) => bucket.nets.push((net, number)),
            (None, None) => {
                bucket.row.get_or_insert(number);
            }
            _ => {}
        }
    }
}

impl Memo {
    /// What was answered for the string, or the answer of a search.
    fn answer(&self, text: &SmolStr, search: impl FnOnce() -> Option<usize>) -> Option<usize> {
        if text.len() > LONGEST {
            return search();
        }
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let place = hasher.finish() as usize % REMEMBERED;
        let Ok(mut places) = self.0.try_borrow_mut() else { return search() };
        if let Some(Some((known, row))) = places.get(place)
            && known == text
        {
            return *row;
        }
        let row = search();
        if places.is_empty() {
            places.resize(REMEMBERED, None);
        }
        if let Some(slot) = places.get_mut(place) {
            *slot = Some((text.clone(), row));
        }
        row
    }
}

impl Bucket {
    /// The longest suffix that is the text or follows a `.` in it.
    fn by_suffix(&self, text: &str) -> Option<usize> {
        let text = text.to_ascii_lowercase();
        let mut rest = text.as_str();
        loop {
            if let Some(row) = self.suffixes.get(rest) {
                return Some(*row);
            }
            rest = rest.split_once('.')?.1;
        }
    }

    fn by_net(&self, ip: &IpAddr) -> Option<usize> {
        self.nets.iter().find(|(net, _)| net.contains(ip)).map(|(_, row)| *row)
    }
}

fn lower(value: &Value) -> Option<Value> {
    match value {
        Value::String(s) => Some(Value::string(s.to_ascii_lowercase())),
        _ => None,
    }
}

fn network(cell: &Value) -> Option<IpNet> {
    match cell {
        Value::String(s) => {
            s.parse().ok().or_else(|| s.parse::<IpAddr>().ok().map(|ip| IpNet::from(ip.to_canonical())))
        }
        Value::Ip(ip) => Some(IpNet::from(*ip)),
        _ => None,
    }
}
