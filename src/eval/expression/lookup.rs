//! Lookups, indexed by how their keys match.

use super::{Code, Frame};
use crate::pack::lookup::{Lookup, Matching};
use crate::value::Value;
use ipnet::IpNet;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// A lookup, ready to be asked.
#[derive(Debug, Default)]
pub struct Table {
    keys: Vec<Matching>,
    rows: Vec<Rc<[Value]>>,
    /// By the keys that match exactly or without case (these in lower case).
    buckets: FxHashMap<Box<[Value]>, Bucket>,
}

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
        let mut exact = Vec::with_capacity(keys.len());
        let mut pattern = None;
        for (code, matching) in keys.iter().zip(&self.keys) {
            let value = code.value(frame);
            match matching {
                Matching::Exact if !value.is_missing() => exact.push(value.into_owned()),
                Matching::Nocase => exact.push(lower(&value)?),
                Matching::Suffix | Matching::Cidr if !value.is_missing() => pattern = Some(value),
                _ => return None,
            }
        }
        let bucket = self.buckets.get(exact.as_slice())?;
        let number = match pattern.as_deref() {
            None => bucket.row,
            Some(Value::String(text)) => bucket.by_suffix(text),
            Some(Value::Ip(ip)) => bucket.by_net(ip),
            Some(_) => None,
        };
        self.rows.get(number?).map(|r| &**r)
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
