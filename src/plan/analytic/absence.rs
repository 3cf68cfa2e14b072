//! When a signal last hit (or hits next), strictly before (or after) the time of each row: what an absence of hits asks.

use super::{Near, columns, says};
use crate::ir::Signal;
use crate::plan::build::Builder;
use crate::plan::context::Neighbour;
use crate::plan::{Carried, Direction, Stage, make};
use crate::value::Type;

/// One sort and two carries: of the hits of one time the first in the order knows when the time before was, and a row of that very time
/// takes that one.
pub(super) fn nearest(b: &mut Builder, signal: &Signal, near: &Near) {
    let (keys, asking) = (b.keys(&near.keys), b.keys(&near.asking));
    if b.neighbour(near.stream, &keys, &asking, near.after).is_some() {
        return;
    }
    let name = b.rule.stream_name(near.stream).to_owned();
    if columns(&keys) != columns(&asking) {
        b.refuse(
            signal.span,
            format!("hits of `{name}` whose keys are other fields than the steps' have no lowering yet"),
            "use one key for all steps and absences",
        );
        return;
    }
    let group = columns(&keys);
    let member = b.consumed(near.stream, None, &keys);
    let mut by: Vec<_> = group.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    let order = b.order().into_iter().enumerate();
    by.extend(order.map(|(i, (c, d))| (c, if i == 0 && near.after { Direction::Descending } else { d })));
    let which = if near.after { "next" } else { "previous" };
    b.push(says(signal, &format!("{which} {name}")), Stage::Sort(by));
    let seen = b.column(&format!("{name}_seen_at"));
    let items = vec![Carried { when: member.clone(), values: vec![(seen.clone(), b.now())] }];
    b.push("", Stage::Carry { keys: group.clone(), inclusive: false, items });
    let seen = make::maybe(&seen, Type::TIMESTAMP);
    let first = make::and([member, make::not(make::equal(seen.clone(), b.now()))]);
    let (newest, earlier) = (b.column(&format!("{name}_at")), b.column(&format!("{name}_earlier_at")));
    let values = vec![(newest.clone(), b.now()), (earlier.clone(), seen)];
    b.push("", Stage::Carry { keys: group.clone(), inclusive: true, items: vec![Carried { when: first, values }] });
    let newest = make::maybe(&newest, Type::TIMESTAMP);
    let at = make::choose(make::equal(newest.clone(), b.now()), make::maybe(&earlier, Type::TIMESTAMP), newest);
    let at = b.compute("", &format!("{name}_{}", if near.after { "next_at" } else { "before_at" }), at);
    b.neighbours.push(Neighbour { stream: near.stream, keys: group, asking: columns(&asking), after: near.after, at });
}
