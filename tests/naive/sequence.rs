//! Sequences: every chain is listed, judged by itself, and then one is chosen for each final event.

use super::expression::{Here, holds};
use super::hit::{At, Group, Hit, Place, group_of, same_values};
use super::row::World;
use super::signal::{is_unknown, stream};
use siemc::ir::{Keys, Sequence, SignalId, Step, StreamRef};
use std::collections::{BTreeMap, BTreeSet};

/// One event for each step, in order, all of one group.
type Chain<'h> = Vec<&'h Hit>;

pub fn hits(world: &World<'_>, id: SignalId, sequence: &Sequence) -> Vec<Hit> {
    let mut absent = sequence.steps.iter().flat_map(|s| &s.absent_before).map(|gap| gap.stream);
    let ends = sequence.absent_first.iter().chain(&sequence.absent_last).map(|a| a.stream);
    // Silence of what cannot be seen says nothing.
    if absent.any(|s| is_unknown(world, s)) || ends.into_iter().any(|s| is_unknown(world, s)) {
        return Vec::new();
    }
    let steps: Vec<Vec<(Group, Hit)>> = sequence.steps.iter().map(|step| candidates(world, step)).collect();
    let forbidden = Forbidden::new(world, sequence);
    let mut by_final: BTreeMap<Place, Vec<(Group, Chain<'_>)>> = BTreeMap::new();
    for (group, first) in steps.first().into_iter().flatten() {
        let mut chains = Vec::new();
        extend(&steps, sequence.within, group, vec![first], &mut chains);
        for chain in chains.into_iter().filter(|c| forbidden.allows(group, c)) {
            let last = chain[chain.len() - 1].place.clone();
            by_final.entry(last).or_default().push((group.clone(), chain));
        }
    }
    let mut used: Vec<(Group, Place)> = Vec::new();
    let mut found = Vec::new();
    for (_, mut chains) in by_final {
        // The latest start first, then from the last step backwards the newest event.
        chains.sort_by_key(|(_, chain)| {
            let places: Vec<Place> = chain.iter().map(|h| h.place.clone()).collect();
            let (start, later) = places.split_first().expect("a chain has a first event");
            (start.clone(), later.iter().rev().cloned().collect::<Vec<Place>>())
        });
        let Some((group, chain)) = chains.pop() else { continue };
        let start = (group.clone(), chain[0].place.clone());
        if used.contains(&start) {
            continue;
        }
        used.push(start);
        found.extend(hit(world, id, sequence, &forbidden, group, &chain));
    }
    found
}

/// What may stand at a step: one for each place, whichever of the step's streams shows it. Its `matched` names those streams.
fn candidates(world: &World<'_>, step: &Step) -> Vec<(Group, Hit)> {
    let mut found: Vec<(Group, Hit)> = Vec::new();
    for of in &step.of {
        for hit in stream(world, *of).iter() {
            let wanted = step.filter.as_ref().is_none_or(|f| holds(world, f, &Here::row(world, hit.last)));
            let (true, Some(group)) = (wanted, group_of(world, &step.keys, hit.last)) else { continue };
            match found.iter_mut().find(|(_, h)| h.place == hit.place) {
                Some((_, same)) => drop(same.matched.insert(*of)),
                None => found.push((group, Hit { matched: BTreeSet::from([*of]), ..hit.clone() })),
            }
        }
    }
    found
}

fn extend<'h>(steps: &'h [Vec<(Group, Hit)>], w: i64, group: &Group, chain: Chain<'h>, out: &mut Vec<Chain<'h>>) {
    let Some(candidates) = steps.get(chain.len()) else {
        out.push(chain);
        return;
    };
    let (first, last) = (chain[0], chain[chain.len() - 1]);
    for (_, next) in candidates.iter().filter(|(g, _)| same_values(g, group)) {
        if next.place > last.place && next.time() - first.time() <= w {
            let mut longer = chain.clone();
            longer.push(next);
            extend(steps, w, group, longer, out);
        }
    }
}

/// A stream that must not show up, with the groups of its events.
type Unwanted = Vec<(Group, Place)>;

struct Forbidden {
    /// For each step, what may not lie between its event and the one before.
    gaps: Vec<Vec<Unwanted>>,
    first: Option<(Unwanted, i64)>,
    last: Option<(Unwanted, i64)>,
    until: Option<Unwanted>,
}

impl Forbidden {
    fn new(world: &World<'_>, sequence: &Sequence) -> Forbidden {
        let unwanted = |of: StreamRef, keys: &Keys| -> Unwanted {
            let all = stream(world, of);
            all.iter().filter_map(|h| group_of(world, keys, h.last).map(|g| (g, h.place.clone()))).collect()
        };
        let gaps = |step: &Step| step.absent_before.iter().map(|g| unwanted(g.stream, &g.keys)).collect();
        Forbidden {
            gaps: sequence.steps.iter().map(gaps).collect(),
            first: sequence.absent_first.as_ref().map(|a| (unwanted(a.stream, &a.keys), a.within)),
            last: sequence.absent_last.as_ref().map(|a| (unwanted(a.stream, &a.keys), a.within)),
            until: sequence.until.as_ref().map(|u| unwanted(u.stream, &u.keys)),
        }
    }

    fn allows(&self, group: &Group, chain: &Chain<'_>) -> bool {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let ended = |p: &Place| first.place < *p && *p < last.place;
        if self.until.as_ref().is_some_and(|u| shows(u, group, ended)) {
            return false;
        }
        let before = |d: i64| move |p: &Place| first.time() - d <= p.time && p.time < first.time();
        if self.first.as_ref().is_some_and(|(x, d)| shows(x, group, before(*d))) {
            return false;
        }
        for (index, pair) in chain.windows(2).enumerate() {
            let between = |p: &Place| pair[0].time() < p.time && p.time < pair[1].time();
            if self.gaps[index + 1].iter().any(|x| shows(x, group, between)) {
                return false;
            }
        }
        true
    }
}

fn shows(unwanted: &Unwanted, group: &Group, place: impl Fn(&Place) -> bool) -> bool {
    unwanted.iter().any(|(g, p)| same_values(g, group) && place(p))
}

/// The hit of a chosen chain: at its final event, or at the deadline where a last step asks for silence.
fn hit(
    world: &World<'_>,
    id: SignalId,
    sequence: &Sequence,
    forbidden: &Forbidden,
    group: Group,
    chain: &Chain<'_>,
) -> Option<Hit> {
    let last = chain[chain.len() - 1];
    // Of the same values, by the names that the last step gives them.
    let group = sequence.steps.last().and_then(|step| group_of(world, &step.keys, last.last)).unwrap_or(group);
    let mut hit = Hit {
        group,
        place: last.place.clone(),
        matched: chain.iter().flat_map(|h| h.matched.iter().copied()).collect(),
        range: chain.iter().map(|h| h.last).collect(),
        events: chain.iter().flat_map(|h| h.events.iter().copied()).collect(),
        ..Hit::event(world, last.last)
    };
    if let (Some(_), Some((unwanted, d))) = (&sequence.absent_last, &forbidden.last) {
        let deadline = last.time() + d;
        let waiting = |p: &Place| last.time() < p.time && p.time <= deadline;
        let broken = [Some(unwanted), forbidden.until.as_ref()].into_iter().flatten();
        if deadline > world.until || broken.into_iter().any(|x| shows(x, &hit.group, waiting)) {
            return None;
        }
        hit.place = Place { time: deadline, at: At::End { signal: id.0, last: Box::new(last.place.clone()) } };
    }
    Some(hit)
}
