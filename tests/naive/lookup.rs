//! Reading a lookup: every row is tried.

use siemc::pack::lookup::{Lookup, Matching};
use siemc::value::Value;

/// The row that the keys meet; among several, the longest suffix or prefix.
pub fn find<'a>(lookup: &'a Lookup, asked: &[Value]) -> Option<&'a Vec<Value>> {
    let mut best: Option<(usize, &Vec<Value>)> = None;
    for row in &lookup.rows {
        let met =
            lookup.keys.iter().zip(row).zip(asked).map(|((key, cell), value)| length_met(key.matching, cell, value));
        let Some(lengths) = met.collect::<Option<Vec<usize>>>() else { continue };
        let length = lengths.iter().sum();
        if best.is_none_or(|(longest, _)| length > longest) {
            best = Some((length, row));
        }
    }
    best.map(|(_, row)| row)
}

/// How long the suffix or prefix is that meets; 0 for the other ways to meet, none where the value does not.
fn length_met(matching: Matching, cell: &Value, value: &Value) -> Option<usize> {
    match (matching, cell, value) {
        (_, Value::Missing, _) | (_, _, Value::Missing) => None,
        (Matching::Exact, cell, value) => (cell == value).then_some(0),
        (Matching::Nocase, Value::String(cell), Value::String(value)) => cell.eq_ignore_ascii_case(value).then_some(0),
        (Matching::Suffix, Value::String(cell), Value::String(value)) => {
            let (cell, value) = (cell.to_ascii_lowercase(), value.to_ascii_lowercase());
            (value == cell || value.ends_with(&format!(".{cell}"))).then_some(cell.len())
        }
        (Matching::Cidr, Value::String(cell), Value::Ip(ip)) => {
            let net: ipnet::IpNet = cell.parse().ok()?;
            net.contains(ip).then_some(usize::from(net.prefix_len()))
        }
        _ => None,
    }
}
