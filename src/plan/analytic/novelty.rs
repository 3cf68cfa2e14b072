//! `novelty`: the first sight of a value in a group that is known.
//!
//! A row is compared with the newest earlier row of the same group and value. The group is known from `learn` after a row that shows
//! it: each such row comes a second time at that later time, and a row that asks looks at the newest one before it.

use super::each::row_ranges;
use super::{asked, columns, consume, plain, says};
use crate::ir::{Novelty, Signal, SignalId};
use crate::plan::build::{Builder, Hits};
use crate::plan::{Carried, Column, Direction, Expr, Stage, make, words};
use crate::value::Type;

pub(super) fn novelty(b: &mut Builder, signal: &Signal, id: SignalId, novelty: &Novelty) -> Hits {
    let keyed = b.keys(&novelty.keys);
    let group = columns(&keyed);
    let values = b.keys(&novelty.value);
    let consumed = b.consumed(novelty.of.stream, novelty.of.filter.as_ref(), &keyed);
    let shows = match novelty.known {
        Some(known) => b.consumed(known, None, &keyed),
        None => consumed.clone(),
    };
    let there = values.iter().filter(|v| v.nullable).map(|v| make::exists(make::maybe(&v.column, v.ty)));
    let among = make::and(std::iter::once(consumed).chain(there));
    let among = b.compute(&says(signal, "has a value"), &format!("in_{}", signal.name), among);
    let shows = b.compute("", &format!("shows_{}", signal.name), shows);
    consume(b, id, &signal.name, make::or([make::flag(&among), make::flag(&shows)]));
    let known = known(b, signal, novelty, &group, &shows);
    // A part of the value may be a key of the group.
    let own = columns(&values).into_iter().filter(|v| !group.contains(v));
    let keys: Vec<Column> = group.iter().cloned().chain(own).collect();
    let seen = seen(b, signal, novelty, keys, &among);
    let hit = b.compute(&says(signal, "hit"), &format!("hit_{}", signal.name), make::and([seen, known]));
    let ranges = asked(b, id);
    let ranges = row_ranges(b, &ranges);
    let hits = plain(hit, keyed, ranges);
    Hits { matched: vec![(novelty.of.stream, make::boolean(true))], ..hits }
}

/// Whether a row that shows the group lies in `[t - history, t - learn]`.
fn known(b: &mut Builder, signal: &Signal, novelty: &Novelty, group: &[Column], shows: &Column) -> Expr {
    // A row shows its own group at once.
    if novelty.known.is_none() && novelty.learn == 0 {
        return make::boolean(true);
    }
    let later = b.column("later");
    b.push(
        says(signal, &format!("a row shows its group as known {} later (later = 1)", words(novelty.learn))),
        Stage::Expand { out: later.clone(), values: vec![(0, make::boolean(true)), (1, make::flag(shows))] },
    );
    let is_later = make::equal(make::sure(&later, Type::INTEGER), make::integer(1));
    if novelty.learn > 0 {
        let moved = make::add(b.now(), make::duration(novelty.learn));
        let time = make::choose(is_later.clone(), moved, b.now());
        b.push("", Stage::Compute(vec![(b.time.clone(), time)]));
    }
    let mut by: Vec<(Column, Direction)> = group.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    by.push((b.time.clone(), Direction::Ascending));
    // What is known at a time is known to the rows of that time.
    by.push((later, Direction::Descending));
    b.push("", Stage::Sort(by));
    let at = b.column("known_at");
    let items = vec![Carried { when: is_later.clone(), values: vec![(at.clone(), b.now())] }];
    b.push("", Stage::Carry { keys: group.to_vec(), inclusive: true, items });
    b.push("", Stage::Filter(make::not(is_later)));
    let for_so_long = novelty.history.saturating_sub(novelty.learn);
    let known = make::within(b.now(), make::maybe(&at, Type::TIMESTAMP), for_so_long);
    let comment =
        says(signal, &format!("the group was seen {} to {} ago", words(novelty.learn), words(novelty.history)));
    make::flag(&b.compute(&comment, &format!("known_{}", signal.name), known))
}

/// Whether the row is the last of its (group, value, time) and the value was not there in `[t - history, t)`.
fn seen(b: &mut Builder, signal: &Signal, novelty: &Novelty, keys: Vec<Column>, among: &Column) -> Expr {
    let mut apart = keys.clone();
    apart.push(among.clone());
    let number = b.sort(&says(signal, &format!("a value not seen for {}", words(novelty.history))), &apart);
    let last = b.column(&format!("last_{}", signal.name));
    let stage = Stage::LastOfInstant { keys: keys.clone(), among: among.clone(), number, out: last.clone() };
    b.push("", stage);
    let before = b.column("seen_before_at");
    let items = vec![Carried { when: make::flag(&last), values: vec![(before.clone(), b.now())] }];
    b.push("", Stage::Carry { keys, inclusive: false, items });
    let recent = make::within(b.now(), make::maybe(&before, Type::TIMESTAMP), novelty.history);
    make::and([make::flag(&last), make::not(recent)])
}
