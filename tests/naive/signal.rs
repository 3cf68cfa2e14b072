//! Streams: events, and the hits of signals. `match` and `any` are here.

use super::expression::{Here, holds};
use super::hit::{Group, Hit, group_of};
use super::row::World;
use super::{baseline, novelty, sequence, window};
use siemc::ir::{Analytic, Input, Keys, SignalId, StreamRef};
use std::collections::BTreeSet;
use std::rc::Rc;

/// All that a stream yields, in order.
pub fn stream(world: &World<'_>, of: StreamRef) -> Rc<Vec<Hit>> {
    match of {
        StreamRef::Event(id) => {
            let rows = world.rows.iter().enumerate().filter(|(_, row)| row.members.contains(&id));
            Rc::new(rows.map(|(rank, _)| Hit::event(world, rank)).collect())
        }
        StreamRef::Signal(id) => hits(world, id),
    }
}

/// The hits of a signal, in order; those of one place in the order in which the analytic names its streams.
pub fn hits(world: &World<'_>, id: SignalId) -> Rc<Vec<Hit>> {
    if let Some(known) = world.hits.borrow().get(&id) {
        return known.clone();
    }
    let mut found = match &world.rule.signals[id.index()].analytic {
        Analytic::Match { of, keys } => matches(world, of, keys),
        Analytic::Any { of, keys: None } => every(world, of),
        Analytic::Any { of, keys: Some(keys) } => merged(world, of, keys),
        Analytic::Threshold { .. } | Analytic::Together { .. } | Analytic::Evidence { .. } => window::hits(world, id),
        Analytic::Sequence(sequence) => sequence::hits(world, id, sequence),
        Analytic::Baseline(baseline) => baseline::hits(world, id, baseline),
        Analytic::Novelty(novelty) => novelty::hits(world, novelty),
    };
    found.sort_by(|a, b| a.place.cmp(&b.place));
    let found = Rc::new(found);
    world.hits.borrow_mut().insert(id, found.clone());
    found
}

/// Whether the stream is of an unknown source.
pub fn is_unknown(world: &World<'_>, of: StreamRef) -> bool {
    match of {
        StreamRef::Event(id) => world.unknown.contains(&world.rule.events[id.index()].source),
        StreamRef::Signal(_) => false,
    }
}

/// What an analytic consumes of a stream.
pub fn consumed(world: &World<'_>, input: &Input) -> Vec<Hit> {
    let all = stream(world, input.stream);
    let kept = all.iter().filter(|h| input.filter.as_ref().is_none_or(|f| holds(world, f, &Here::row(world, h.last))));
    kept.cloned().collect()
}

/// Each with its group; without those that join none.
pub fn grouped(world: &World<'_>, hits: Vec<Hit>, keys: &Keys) -> Vec<(Group, Hit)> {
    hits.into_iter().filter_map(|hit| group_of(world, keys, hit.last).map(|group| (group, hit))).collect()
}

/// What made the hit of a signal is what made the hit of a match of it; only the range is the one event.
fn matches(world: &World<'_>, of: &Input, keys: &Keys) -> Vec<Hit> {
    let all = grouped(world, consumed(world, of), keys);
    let one = |(group, hit): (Group, Hit)| {
        let mut hit = Hit { group, range: BTreeSet::from([hit.last]), ..hit };
        hit.matched.insert(of.stream);
        hit
    };
    all.into_iter().map(one).collect()
}

/// Each hit with what it was, and the mark of the stream that it came from.
fn every(world: &World<'_>, of: &[StreamRef]) -> Vec<Hit> {
    let mut all = Vec::new();
    for member in of {
        for hit in stream(world, *member).iter() {
            let mut hit = hit.clone();
            hit.matched.insert(*member);
            all.push(hit);
        }
    }
    all
}

/// Those of one (time, group) are one hit, at the last of them.
fn merged(world: &World<'_>, of: &[StreamRef], keys: &Keys) -> Vec<Hit> {
    let mut all = every(world, of);
    all.sort_by(|a, b| a.place.cmp(&b.place));
    let mut merged: Vec<Hit> = Vec::new();
    for (group, hit) in grouped(world, all, keys) {
        let same = merged.iter_mut().find(|m| m.time() == hit.time() && m.group == group);
        let Some(whole) = same else {
            let evidence = hit.evidence.map(|(sum, reasons)| (sum, each_once(reasons)));
            merged.push(Hit { group, evidence, ..hit });
            continue;
        };
        whole.place = hit.place;
        whole.last = hit.last;
        whole.range.extend(hit.range);
        whole.events.extend(hit.events);
        for (measure, value) in hit.measures {
            whole.measures.entry(measure).or_insert(value);
        }
        whole.matched.extend(hit.matched);
        // The most that one of them begins with; those that are no evidence begin with the rule's base.
        let base = world.rule.confidence.as_ref().map_or(0, |c| c.base);
        if whole.evidence.is_some() || hit.evidence.is_some() {
            let (one, reasons) = whole.evidence.take().unwrap_or((base, Vec::new()));
            let (other, more) = hit.evidence.unwrap_or((base, Vec::new()));
            whole.evidence = Some((one.max(other), each_once(reasons.into_iter().chain(more))));
        }
    }
    merged
}

fn each_once(reasons: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut once = Vec::new();
    for reason in reasons {
        if !once.contains(&reason) {
            once.push(reason);
        }
    }
    once
}
