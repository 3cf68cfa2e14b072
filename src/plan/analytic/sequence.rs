//! `sequence`: chains of steps. Only the latest start matters: whatever completes an older start completes the newer one too. So
//! each step carries the start of the newest chain that reached it, strictly before the row.

use super::{Near, asked, columns, consume, range_conditions, range_value, says};
use crate::ir::{CompareOp, Keys, Sequence, Signal, SignalId, Step, StreamRef};
use crate::plan::build::{Builder, Hits, Keyed};
use crate::plan::context::earlier;
use crate::plan::{Carried, Column, Expr, Stage, make};
use crate::value::Type;

/// What is known of the newest chain that reached a step.
#[derive(Clone)]
struct Chain {
    /// Row number of the start.
    start: Expr,
    /// Time of the start.
    start_at: Expr,
    /// Time of the step before.
    previous_at: Expr,
    /// Per range: whether one step so far counted.
    ones: Vec<Expr>,
}

pub(super) fn sequence(b: &mut Builder, signal: &Signal, id: SignalId, sequence: &Sequence) -> Hits {
    one_group(b, signal, sequence);
    let keyed: Vec<Vec<Keyed>> = sequence.steps.iter().map(|s| b.keys(&s.keys)).collect();
    let group = group(b, signal, sequence, &keyed);
    super::nearest_hits(b, signal);
    let mut flags = Vec::new();
    for (i, (step, keys)) in sequence.steps.iter().zip(&keyed).enumerate() {
        flags.push(step_flag(b, signal, step, keys, i, &flags_so_far(&flags, sequence)));
    }
    let until = sequence.until.as_ref().map(|u| {
        let keys = b.keys(&u.keys);
        let consumed = b.consumed(u.stream, None, &keys);
        b.compute("", &format!("until_{}", signal.name), consumed)
    });
    let any = make::or(flags.iter().chain(&until).map(make::flag).collect::<Vec<_>>());
    consume(b, id, &signal.name, any);
    let number = b.sort(
        &says(signal, &format!("{} steps in {}", flags.len(), crate::plan::words(sequence.within))),
        &columns(&group),
    );
    let ranges = asked(b, id);
    let conditions: Vec<Expr> = range_conditions(b, &ranges).into_iter().map(make::truth).collect();
    let walk = Walk { flags: &flags, group: &group, number: &number, conditions };
    let found = match (sequence.steps.as_slice(), flags.as_slice()) {
        ([_, last], [first, second]) => Some(pair(b, signal, sequence, last, (first, second), &walk, until.as_ref())),
        ([_], [only]) => {
            // Each row is a chain of its own, with nothing inside.
            let started = std::iter::once(make::flag(only)).chain(not_before_start(b, sequence));
            Some((make::and(started), walk.conditions.clone()))
        }
        _ => chains(b, signal, sequence, &walk).map(|(reached, chain)| {
            let reached = not_cancelled(b, signal, reached, &chain, until.as_ref(), &group, &number);
            (once_per_start(b, signal, reached, &chain, &group), chain.ones)
        }),
    };
    let Some((hit, ones)) = found else { return super::plain(b.column("never"), group, Vec::new()) };
    let (hit, delay) = trailing(b, signal, sequence, hit);
    let ranges = ranges.iter().zip(&ones).map(|(r, one)| range_value(r, one.clone())).collect();
    let matched = matched(sequence);
    let made_by = (delay > 0).then_some(id);
    Hits { matched, made_by, delay, ..super::plain(hit, group, ranges) }
}

/// Absences and `until` are read by the group that they name; a chain has one group.
fn one_group(b: &mut Builder, signal: &Signal, sequence: &Sequence) {
    let own = |keys: &Keys| keys.0.iter().any(|k| k.by_source.is_empty());
    if sequence.steps.iter().any(|s| own(&s.keys)) {
        b.refuse(signal.span, "a step's key has no source", "give each step's source a key");
    }
}

/// What the absences compare with: each is asked at the row of one step, by that step's keys.
pub(super) fn near(sequence: &Sequence) -> Vec<Near> {
    let first = sequence.steps.first().map_or_else(Keys::default, |s| s.keys.clone());
    let last = sequence.steps.last().map_or_else(Keys::default, |s| s.keys.clone());
    let mut all = Vec::new();
    for step in &sequence.steps {
        all.extend(step.absent_before.iter().map(|gap| Near {
            stream: gap.stream,
            keys: gap.keys.clone(),
            asking: step.keys.clone(),
            after: false,
        }));
    }
    all.extend(sequence.absent_first.iter().map(|a| Near {
        stream: a.stream,
        keys: a.keys.clone(),
        asking: first.clone(),
        after: false,
    }));
    if let Some(absent) = &sequence.absent_last {
        let ends =
            std::iter::once((absent.stream, &absent.keys)).chain(sequence.until.iter().map(|u| (u.stream, &u.keys)));
        all.extend(ends.map(|(stream, keys)| Near { stream, keys: keys.clone(), asking: last.clone(), after: true }));
    }
    all
}

/// The chain's group: the own key columns of steps and `until` where they agree, else chosen by which of them a row is.
fn group(b: &mut Builder, signal: &Signal, sequence: &Sequence, keyed: &[Vec<Keyed>]) -> Vec<Keyed> {
    let Some(first) = keyed.first() else { return Vec::new() };
    let mut parts: Vec<(Vec<StreamRef>, Vec<Keyed>)> =
        sequence.steps.iter().zip(keyed).map(|(step, keys)| (step.of.clone(), keys.clone())).collect();
    if let Some(until) = &sequence.until {
        parts.push((vec![until.stream], b.keys(&until.keys)));
    }
    if parts.iter().all(|(_, keys)| columns(keys) == columns(first)) {
        return first.clone();
    }
    let mut group = Vec::new();
    for (place, key) in first.iter().enumerate() {
        let mut chosen = make::missing(key.ty);
        for (of, keys) in parts.iter().rev() {
            if let Some(k) = keys.get(place) {
                let here = make::or(of.iter().map(|s| b.member(*s)).collect::<Vec<_>>());
                chosen = make::choose(here, make::maybe(&k.column, k.ty), chosen);
            }
        }
        let column = b.compute(&says(signal, "group of each step"), &format!("{}_{}", signal.name, key.name), chosen);
        group.push(Keyed { column, nullable: true, ..key.clone() });
    }
    let sources = |of: &[StreamRef]| -> Vec<_> {
        let of_event = |s: &StreamRef| match s {
            StreamRef::Event(e) => b.rule.events.get(e.index()).map(|e| e.source),
            StreamRef::Signal(_) => None,
        };
        of.iter().map(of_event).collect::<Option<Vec<_>>>().unwrap_or_default()
    };
    let overlap = parts.iter().enumerate().any(|(i, (a, ka))| {
        parts.iter().skip(i + 1).any(|(c, kc)| {
            columns(ka) != columns(kc)
                && (sources(a).iter().any(|s| sources(c).contains(s)) || sources(a).is_empty() || sources(c).is_empty())
        })
    });
    if overlap {
        let of_steps = keyed.iter().any(|keys| columns(keys) != columns(first));
        let what = match of_steps {
            true => "steps with different keys over one source have no lowering yet",
            false => {
                "an `until` whose keys are other fields than the steps' has no lowering yet where one source may hold both"
            }
        };
        b.refuse(signal.span, what, "use one key for all steps, or steps over different sources");
    }
    group
}

fn flags_so_far<'s>(flags: &[Column], sequence: &'s Sequence) -> Vec<(&'s Step, Column)> {
    sequence.steps.iter().zip(flags.iter().cloned()).collect()
}

/// Membership in a step; repeats of one written step share the column.
fn step_flag(
    b: &mut Builder,
    signal: &Signal,
    step: &Step,
    keys: &[Keyed],
    i: usize,
    before: &[(&Step, Column)],
) -> Column {
    // The sequence's `where` is asked of the last copy alone.
    let same = |known: &Step| known.written == step.written && known.filter == step.filter;
    if let Some((_, column)) = before.iter().find(|(known, _)| same(known)) {
        return column.clone();
    }
    let parts: Vec<Expr> = step.of.iter().map(|s| b.consumed(*s, step.filter.as_ref(), keys)).collect();
    b.compute(&format!("{} step {}", signal.name, i + 1), &format!("step_{}", i + 1), make::or(parts))
}

/// Two steps: a row of the second either uses the newest start up or finds it too old (or spoilt) for ever, and so does `until`. So the
/// time of the newest start that is not used up says it all.
fn pair(
    b: &mut Builder,
    signal: &Signal,
    sequence: &Sequence,
    last: &Step,
    (first, second): (&Column, &Column),
    walk: &Walk,
    until: Option<&Column>,
) -> (Expr, Vec<Expr>) {
    let started = make::and(std::iter::once(make::flag(first)).chain(not_before_start(b, sequence)));
    let ends = make::or(std::iter::once(started.clone()).chain([second].into_iter().chain(until).map(make::flag)));
    let time = if ends == started { b.now() } else { make::choose(started, b.now(), make::missing(Type::TIMESTAMP)) };
    let start_at = b.column(&format!("{}_start_at", signal.name));
    let mut values = vec![(start_at.clone(), time)];
    let mut ones = Vec::new();
    for condition in &walk.conditions {
        let column = b.column("counted");
        values.push((column.clone(), condition.clone()));
        ones.push(make::or([make::maybe(&column, Type::BOOLEAN), condition.clone()]));
    }
    b.push(
        says(signal, "the newest start that is not used up"),
        Stage::Carry { keys: columns(walk.group), inclusive: false, items: vec![Carried { when: ends, values }] },
    );
    let start_at = make::maybe(&start_at, Type::TIMESTAMP);
    let mut parts = vec![make::flag(second), make::within(b.now(), start_at.clone(), sequence.within)];
    parts.extend(gaps(b, last, &start_at));
    (make::and(parts), ones)
}

/// No event of a leading absence before the row.
fn not_before_start(b: &mut Builder, sequence: &Sequence) -> Option<Expr> {
    let absent = sequence.absent_first.as_ref()?;
    let (keys, asking) = (b.keys(&absent.keys), b.keys(&sequence.steps.first()?.keys));
    let before = b.neighbour(absent.stream, &keys, &asking, false)?;
    Some(make::not(make::within(b.now(), before, absent.within)))
}

/// No event of the step's absences strictly between the step before and the row.
fn gaps(b: &mut Builder, step: &Step, previous_at: &Expr) -> Vec<Expr> {
    let mut parts = Vec::new();
    for gap in &step.absent_before {
        let (keys, asking) = (b.keys(&gap.keys), b.keys(&step.keys));
        if let Some(before) = b.neighbour(gap.stream, &keys, &asking, false) {
            parts.push(make::not(earlier(previous_at.clone(), before)));
        }
    }
    parts
}

/// What the walk over the steps reads.
struct Walk<'a> {
    flags: &'a [Column],
    group: &'a [Keyed],
    number: &'a Column,
    conditions: Vec<Expr>,
}

/// Walks the steps; gives the condition of the last one and the chain that it ends.
fn chains(b: &mut Builder, signal: &Signal, sequence: &Sequence, walk: &Walk) -> Option<(Expr, Chain)> {
    let mut chain: Option<Chain> = None;
    let mut reached = make::boolean(false);
    let steps = sequence.steps.iter().zip(walk.flags);
    let count = sequence.steps.len();
    for (i, (step, flag)) in steps.enumerate() {
        let mut parts = vec![make::flag(flag)];
        let here = match &chain {
            None => {
                parts.extend(not_before_start(b, sequence));
                start(b, walk)
            }
            Some(known) => {
                parts.push(make::within(b.now(), known.start_at.clone(), sequence.within));
                parts.extend(gaps(b, step, &known.previous_at));
                extended(b, known, walk)
            }
        };
        reached = make::and(parts);
        if i + 1 == count {
            return Some((reached, here));
        }
        chain = Some(carried(b, signal, reached.clone(), &here, walk.group, i + 1));
    }
    chain.map(|c| (reached, c))
}

fn start(b: &Builder, walk: &Walk) -> Chain {
    Chain {
        start: make::sure(walk.number, Type::INTEGER),
        start_at: b.now(),
        previous_at: b.now(),
        ones: walk.conditions.clone(),
    }
}

fn extended(b: &Builder, known: &Chain, walk: &Walk) -> Chain {
    let ones = known.ones.iter().zip(&walk.conditions).map(|(one, c)| make::or([one.clone(), c.clone()])).collect();
    Chain { start: known.start.clone(), start_at: known.start_at.clone(), previous_at: b.now(), ones }
}

/// The newest chain that reached a step, as seen by later rows.
fn carried(b: &mut Builder, signal: &Signal, reached: Expr, here: &Chain, group: &[Keyed], step: usize) -> Chain {
    let name = |what: &str| format!("{what}_{step}");
    let start = b.column(&name("start"));
    let start_at = b.column(&name("start_at"));
    let previous_at = b.column(&name("step_at"));
    // Where a chain got so far, it has a start.
    let there = |expr: &Expr| Expr { nullable: false, ..expr.clone() };
    let mut values = vec![
        (start.clone(), there(&here.start)),
        (start_at.clone(), there(&here.start_at)),
        (previous_at.clone(), here.previous_at.clone()),
    ];
    let mut ones = Vec::new();
    for one in &here.ones {
        let column = b.column(&name("counted"));
        values.push((column.clone(), one.clone()));
        ones.push(make::maybe(&column, Type::BOOLEAN));
    }
    let comment = says(signal, &format!("newest chain through step {step}"));
    b.push(
        comment,
        Stage::Carry { keys: columns(group), inclusive: false, items: vec![Carried { when: reached, values }] },
    );
    Chain {
        start: make::maybe(&start, Type::INTEGER),
        start_at: make::maybe(&start_at, Type::TIMESTAMP),
        previous_at: make::maybe(&previous_at, Type::TIMESTAMP),
        ones,
    }
}

/// No `until` event strictly between the start and this row.
fn not_cancelled(
    b: &mut Builder,
    signal: &Signal,
    reached: Expr,
    chain: &Chain,
    until: Option<&Column>,
    group: &[Keyed],
    number: &Column,
) -> Expr {
    let Some(until) = until else { return reached };
    let newest = b.column("until_n");
    let values = vec![(newest.clone(), make::sure(number, Type::INTEGER))];
    let items = vec![Carried { when: make::flag(until), values }];
    b.push(says(signal, "until"), Stage::Carry { keys: columns(group), inclusive: false, items });
    let inside = make::compare(CompareOp::Greater, make::maybe(&newest, Type::INTEGER), chain.start.clone());
    make::and([reached, make::not(inside)])
}

/// At most one hit per start: the group's previous hit had another one.
fn once_per_start(b: &mut Builder, signal: &Signal, reached: Expr, chain: &Chain, group: &[Keyed]) -> Expr {
    let reached = b.compute(&says(signal, "complete"), &format!("complete_{}", signal.name), reached);
    let used = b.column("used_start");
    // A complete chain has a start.
    let start = Expr { nullable: false, ..chain.start.clone() };
    let items = vec![Carried { when: make::flag(&reached), values: vec![(used.clone(), start)] }];
    b.push("one hit per start", Stage::Carry { keys: columns(group), inclusive: false, items });
    let again = make::equal(make::maybe(&used, Type::INTEGER), chain.start.clone());
    make::and([make::flag(&reached), make::not(again)])
}

/// A trailing absence: neither the stream nor `until` within `(t, t + d]`; the hit's time is `t + d`.
fn trailing(b: &mut Builder, signal: &Signal, sequence: &Sequence, hit: Expr) -> (Column, i64) {
    let name = format!("hit_{}", signal.name);
    let Some(absent) = &sequence.absent_last else {
        return (b.compute(&says(signal, "hit"), &name, hit), 0);
    };
    let mut parts = vec![hit];
    let asking = sequence.steps.last().map_or_else(Vec::new, |s| b.keys(&s.keys));
    let streams =
        std::iter::once((absent.stream, &absent.keys)).chain(sequence.until.iter().map(|u| (u.stream, &u.keys)));
    for (stream, keys) in streams {
        let keys = b.keys(keys);
        if let Some(next) = b.neighbour(stream, &keys, &asking, true) {
            parts.push(make::not(make::within(next, b.now(), absent.within)));
        }
    }
    (b.compute(&says(signal, "hit, at the absence's deadline"), &name, make::and(parts)), absent.within)
}

/// A chain has every step, so every stream of a step without alternatives took part.
fn matched(sequence: &Sequence) -> Vec<(StreamRef, Expr)> {
    sequence
        .steps
        .iter()
        .filter(|s| s.of.len() == 1)
        .flat_map(|s| s.of.iter().map(|stream| (*stream, make::boolean(true))))
        .collect()
}
