//! `match` and `any`: hits that are rows already.

use super::{asked, columns, plain, range_conditions, range_value, says};
use crate::ir::{Input, Keys, Signal, SignalId, StreamRef};
use crate::plan::build::{Builder, Evidence, Hits, Keyed, Range};
use crate::plan::{Carried, Column, Expr, Stage, make};
use crate::value::Type;

/// Every row of the stream where the filter holds. A hit is passed on with what is known of it, but its range is its event.
pub(super) fn matches(b: &mut Builder, signal: &Signal, of: &Input, keys: &Keys) -> Hits {
    let keyed = b.keys(keys);
    let hit = b.consumed(of.stream, of.filter.as_ref(), &keyed);
    let hit = b.compute(&says(signal, "every event"), &format!("hit_{}", signal.name), hit);
    let ranges = b.ranges.clone();
    let ranges = row_ranges(b, &ranges);
    let mut hits = match of.stream {
        StreamRef::Signal(id) => b.signals.get(&id).cloned().map(|inner| passed(b, inner, &hit, &keyed, &ranges)),
        StreamRef::Event(_) => None,
    }
    .unwrap_or_else(|| plain(hit, keyed, ranges));
    took_part(&mut hits, of.stream);
    hits
}

fn passed(b: &mut Builder, inner: Hits, consumed: &Column, keyed: &[Keyed], ranges: &[Expr]) -> Hits {
    let mut members = Vec::new();
    for (stream, member) in inner.members {
        let both = make::and([make::flag(&member.hit), make::flag(consumed)]);
        let hit = b.compute("", "passed", both);
        members.push((stream, passed(b, member, &hit, keyed, ranges)));
    }
    Hits { hit: consumed.clone(), keys: keyed.to_vec(), ranges: ranges.to_vec(), members, ..inner }
}

/// The stream took part in every hit, whichever member made it.
fn took_part(hits: &mut Hits, stream: StreamRef) {
    hits.matched.push((stream, make::boolean(true)));
    hits.members.iter_mut().for_each(|(_, member)| took_part(member, stream));
}

/// `any(c)` and `all(c)` over a range of one row are both `c`.
pub(super) fn row_ranges(b: &mut Builder, ranges: &[Range]) -> Vec<Expr> {
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
            let mut members = members;
            members.iter_mut().for_each(|(stream, member)| took_part(member, *stream));
            Hits { members, ..plain(hit, Vec::new(), Vec::new()) }
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
    let mut walk = Merging { among: make::flag(&among), items: Vec::new() };
    let mut matched = Vec::new();
    let mut ones: Vec<Vec<Expr>> = vec![Vec::new(); ranges.len()];
    for (stream, hits) in members {
        let name = b.rule.stream_name(*stream).to_owned();
        let hit = make::flag(&hits.hit);
        matched.push((*stream, walk.here(b, &name, hit.clone())));
        for (inner, took) in &hits.matched {
            matched.push((*inner, walk.here(b, &name, make::and([hit.clone(), took.clone()]))));
        }
        for ((range, value), ones) in ranges.iter().zip(&hits.ranges).zip(&mut ones) {
            let counted = if range.all { make::not(value.clone()) } else { value.clone() };
            ones.push(walk.here(b, &name, make::and([hit.clone(), counted])));
        }
    }
    let evidence = merged_evidence(b, signal, members, &keyed, &mut walk);
    b.push("", Stage::Carry { keys: columns(&keyed), inclusive: true, items: walk.items });
    let evidence = evidence.map(|(sum, reasons, always)| {
        let sum = b.compute("the largest sum counts", &format!("{}_sum", signal.name), sum);
        Evidence { sum, reasons, always }
    });
    let out = b.column(&format!("hit_{}", signal.name));
    b.push("", Stage::LastOfInstant { keys: columns(&keyed), among, number, out: out.clone() });
    let ranges = ranges.iter().zip(ones).map(|(r, o)| range_value(r, make::or(o))).collect();
    let measured = members.iter().flat_map(|(_, h)| &h.measured).map(|(s, _)| (*s, None)).collect();
    Hits { matched, measured, evidence, ..plain(out, keyed, ranges) }
}

/// What is carried to the last row of an instant.
struct Merging {
    among: Expr,
    items: Vec<Carried>,
}

impl Merging {
    /// Whether some row of the instant has it.
    fn here(&mut self, b: &mut Builder, name: &str, when: Expr) -> Expr {
        let at = b.column(&format!("{name}_at"));
        self.items.push(Carried { when: make::and([self.among.clone(), when]), values: vec![(at.clone(), b.now())] });
        make::equal(b.now(), make::maybe(&at, Type::TIMESTAMP))
    }
}

type MergedEvidence = (Expr, Vec<(Expr, crate::ir::Template)>, bool);

/// The largest sum, a hit that is no evidence's counting with the rule's base, and the reasons of the one evidence that has some.
fn merged_evidence(
    b: &mut Builder,
    signal: &Signal,
    members: &[(StreamRef, Hits)],
    keyed: &[Keyed],
    walk: &mut Merging,
) -> Option<MergedEvidence> {
    let known: Vec<&Evidence> = members.iter().filter_map(|(_, h)| h.evidence.as_ref()).collect();
    if known.is_empty() {
        return None;
    }
    let finer = members
        .iter()
        .any(|(_, h)| h.evidence.is_some() && !h.keys.iter().all(|k| keyed.iter().any(|own| own.column == k.column)));
    let told = known.iter().filter(|e| !e.reasons.is_empty()).count() > 1;
    let holes = known.iter().flat_map(|e| &e.reasons).any(|(_, text)| !text.exprs().is_empty());
    let twice = known.iter().any(|e| !e.always);
    if finer || told || holes || twice {
        b.refuse(
            signal.span,
            "merging these hits of evidence has no lowering yet: several sums or reasons may meet in one hit",
            "key the evidence by no more than the `any`, and give one of them plain reasons",
        );
        return None;
    }
    let base = b.rule.confidence.as_ref().map(|c| c.base);
    let none = make::integer(i64::from(i32::MIN));
    let (mut candidates, mut summed) = (Vec::new(), Vec::new());
    let mut reasons: Vec<(Expr, crate::ir::Template)> = Vec::new();
    for (stream, hits) in members {
        let name = b.rule.stream_name(*stream).to_owned();
        let hit = make::flag(&hits.hit);
        let here = walk.here(b, &name, hit.clone());
        let Some(evidence) = &hits.evidence else {
            candidates.push(make::choose(here, make::integer(base.unwrap_or(0)), none.clone()));
            continue;
        };
        let sum = b.column(&format!("{name}_sum"));
        let when = make::and([walk.among.clone(), hit.clone()]);
        walk.items.push(Carried { when, values: vec![(sum.clone(), make::sure(&evidence.sum, Type::INTEGER))] });
        candidates.push(make::choose(here.clone(), make::sure(&sum, Type::INTEGER), none.clone()));
        summed.push(here);
        for (holds, text) in &evidence.reasons {
            let told = walk.here(b, &name, make::and([hit.clone(), holds.clone()]));
            match reasons.iter_mut().find(|(_, t)| t == text) {
                Some((known, _)) => *known = make::or([known.clone(), told]),
                None => reasons.push((told, text.clone())),
            }
        }
    }
    let largest = match candidates.len() {
        1 => candidates.pop().unwrap_or(none),
        _ => Expr {
            kind: crate::ir::ExprKind::Call { function: crate::ir::Function::Max, args: candidates },
            ty: Type::INTEGER,
            nullable: false,
            span: signal.span,
        },
    };
    let otherwise = base.map_or_else(|| make::missing(Type::INTEGER), make::integer);
    Some((make::choose(make::or(summed), largest, otherwise), reasons, base.is_some()))
}

/// Carried columns that tell whether a range's condition held on some consumed row of the window, as (when, column) items.
pub(super) fn range_items(b: &mut Builder, among: &Expr, ranges: &[Range]) -> (Vec<Carried>, Vec<Expr>) {
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
