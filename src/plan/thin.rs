//! `once_per`: what the query itself leaves out.

use super::build::{Builder, Hits};
use super::{Column, Direction, Stage, make};
use crate::ir::CompareOp;
use crate::value::Type;
use std::sync::Arc;

/// The first hit of each (group, bucket). A hit with a missing key is kept.
pub(super) fn thin(b: &mut Builder, hits: &Hits) {
    let Some(once) = b.rule.alert.once_per.clone() else { return };
    let keyed = match &once.keys {
        Some(keys) => b.keys(keys),
        None => hits.keys.clone(),
    };
    if once.keys.is_none() && !hits.members.is_empty() && keyed.iter().any(|k| k.nullable) {
        b.refuse(
            once.span,
            "`once_per` over members with different groups has no lowering yet",
            "name the keys: `once_per: { every: ..., by: [...] }`",
        );
    }
    let bucket = b.column("bucket");
    let words = super::words(once.every);
    b.push(format!("once per {words}"), Stage::Windows { out: bucket.clone(), size: once.every, every: once.every });
    let mut keys: Vec<Column> = keyed.iter().map(|k| k.column.clone()).collect();
    keys.push(bucket);
    let mut by: Vec<(Column, Direction)> = keys.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    let mut order = b.order();
    if let Some(own) = b.own_time.clone() {
        // What comes at a deadline comes after all events of that time, by its signal and then by its last event.
        let waits = make::compare(CompareOp::Less, make::sure(&own, Type::TIMESTAMP), b.now());
        let late = b.compute("", "after_events", waits);
        let rank = b.rank.clone().filter(|_| !hits.members.is_empty());
        let front: Vec<Column> = std::iter::once(late).chain(rank).chain([own]).collect();
        order.retain(|(c, _)| !front.contains(c));
        order.splice(1..1, front.into_iter().map(|c| (c, Direction::Ascending)));
    }
    by.extend(order);
    if !hits.members.is_empty() {
        by.push((Column(Arc::from("via")), Direction::Ascending));
    }
    b.push("", Stage::Sort(by));
    let keyless = keyed
        .iter()
        .filter(|k| k.nullable && !b.is_hit_key(&k.column))
        .map(|k| make::not(make::exists(make::maybe(&k.column, k.ty))))
        .collect::<Vec<_>>();
    let keyless = (!keyless.is_empty()).then(|| make::or(keyless));
    b.push("", Stage::FirstOf { keys, keyless });
}
