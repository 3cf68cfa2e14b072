//! `match` and `any`: hits that are rows already.

use super::{asked, columns, plain, range_conditions, range_value, says};
use crate::ir::{Input, Keys, Signal, SignalId, StreamRef};
use crate::plan::build::{Builder, Hits, Range};
use crate::plan::{Carried, Expr, Stage, make};
use crate::value::Type;

/// Every row of the stream where the filter holds.
pub(super) fn matches(b: &mut Builder, signal: &Signal, of: &Input, keys: &Keys) -> Hits {
    let keyed = b.keys(keys);
    let hit = b.consumed(of.stream, of.filter.as_ref(), &keyed);
    let hit = b.compute(&says(signal, "every event"), &format!("hit_{}", signal.name), hit);
    let ranges = b.ranges.clone();
    let ranges = row_ranges(b, &ranges);
    plain(hit, keyed, ranges)
}

/// `any(c)` and `all(c)` over a range of one row are both `c`.
fn row_ranges(b: &mut Builder, ranges: &[Range]) -> Vec<Expr> {
    ranges.iter().map(|r| b.lower(&r.condition)).collect()
}

/// Hits of each member: rows of their own, or merged by keys.
pub(super) fn any(b: &mut Builder, signal: &Signal, id: SignalId, of: &[StreamRef], keys: Option<&Keys>) -> Hits {
    let members: Vec<(StreamRef, Hits)> = of.iter().map(|s| (*s, member(b, *s))).collect();
    match keys {
        Some(keys) => merged(b, signal, id, &members, keys),
        None => {
            let hit = make::or(members.iter().map(|(_, h)| make::flag(&h.hit)).collect::<Vec<_>>());
            let hit = b.compute(&says(signal, "any of its members"), &format!("hit_{}", signal.name), hit);
            let matched = of.iter().map(|s| (*s, b.member(*s))).collect();
            Hits { hit, keys: Vec::new(), ranges: Vec::new(), matched, evidence: None, delay: 0, members }
        }
    }
}

fn member(b: &mut Builder, stream: StreamRef) -> Hits {
    if let StreamRef::Signal(id) = stream
        && let Some(hits) = b.signals.get(&id)
    {
        return hits.clone();
    }
    let hit = b.member(stream);
    let name = b.rule.stream_name(stream).to_owned();
    let hit = b.compute("", &format!("hit_{name}"), hit);
    let ranges = b.ranges.clone();
    let ranges = row_ranges(b, &ranges);
    plain(hit, Vec::new(), ranges)
}

/// Hits of one (time, group) are one hit, at the last of their rows.
fn merged(b: &mut Builder, signal: &Signal, id: SignalId, members: &[(StreamRef, Hits)], keys: &Keys) -> Hits {
    let keyed = b.keys(keys);
    let exist = make::and(
        keyed.iter().filter(|k| k.nullable).map(|k| make::exists(make::maybe(&k.column, k.ty))).collect::<Vec<_>>(),
    );
    for (stream, hits) in members {
        if hits.delay > 0 || !hits.members.is_empty() {
            b.refuse(
                signal.span,
                format!("re-keying the hits of `{}` has no lowering yet", b.rule.stream_name(*stream)),
                "leave `by` out",
            );
        }
    }
    let consumed = make::or(members.iter().map(|(_, h)| make::flag(&h.hit)).collect::<Vec<_>>());
    let among = super::consume(b, id, &signal.name, make::and([exist.clone(), consumed]));
    let mut apart = columns(&keyed);
    apart.push(among.clone());
    let number = b.sort(&says(signal, "hits of one time and group are one"), &apart);
    let ranges = asked(b, id);
    let mut items = Vec::new();
    let mut matched = Vec::new();
    let mut ones: Vec<Vec<Expr>> = vec![Vec::new(); ranges.len()];
    for (stream, hits) in members {
        let name = b.rule.stream_name(*stream).to_owned();
        let at = b.column(&format!("{name}_at"));
        let mut values = vec![(at.clone(), b.now())];
        let here = make::equal(b.now(), make::maybe(&at, Type::TIMESTAMP));
        for ((range, value), ones) in ranges.iter().zip(&hits.ranges).zip(&mut ones) {
            let counted = if range.all { make::not(value.clone()) } else { value.clone() };
            let column = b.column(&format!("{name}_{}", if range.all { "not_all" } else { "any" }));
            values.push((column.clone(), counted));
            ones.push(make::and([here.clone(), make::maybe(&column, Type::BOOLEAN)]));
        }
        items.push(Carried { when: make::and([make::flag(&among), make::flag(&hits.hit)]), values });
        matched.push((*stream, here));
    }
    b.push("", Stage::Carry { keys: columns(&keyed), inclusive: true, items });
    let out = b.column(&format!("hit_{}", signal.name));
    b.push("", Stage::LastOfInstant { keys: columns(&keyed), among, number, out: out.clone() });
    let ranges = ranges.iter().zip(ones).map(|(r, o)| range_value(r, make::or(o))).collect();
    Hits { hit: out, keys: keyed, ranges, matched, evidence: None, delay: 0, members: Vec::new() }
}

/// Carried columns that tell whether a range's condition held on some consumed row of the window, as (when, column) items.
pub(super) fn range_items(b: &mut Builder, among: Expr, ranges: &[Range]) -> (Vec<Carried>, Vec<Expr>) {
    let conditions = range_conditions(b, ranges);
    let mut items = Vec::new();
    let mut newest = Vec::new();
    for condition in conditions {
        let at = b.column("held_at");
        items.push(Carried { when: make::and([among.clone(), condition]), values: vec![(at.clone(), b.now())] });
        newest.push(make::maybe(&at, Type::TIMESTAMP));
    }
    (items, newest)
}
