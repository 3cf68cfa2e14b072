//! Threshold, together and evidence: a decision over the group's events in a window.

use super::expression::{Here, holds};
use super::hit::{At, Group, Hit, Place};
use super::measure::{gaps, measure};
use super::report::print;
use super::row::World;
use super::signal::{consumed, grouped, stream};
use siemc::ir::{
    Analytic, ContextId, Expr, Input, Measure, MeasureFunction, MeasureRef, SignalId, StreamRef, Template, Weighed,
    Window,
};
use std::collections::BTreeSet;

/// `[from, to]`, or `[from, to)` where it is open.
#[derive(Clone, Copy)]
pub struct Span {
    pub from: i64,
    pub to: i64,
    pub open: bool,
}

impl Span {
    fn contains(self, time: i64) -> bool {
        self.from <= time && (time < self.to || (time == self.to && !self.open))
    }
}

/// What a stream yields, each with its group.
type Grouped = Vec<(Group, Hit)>;

/// What the group's window says: a hit without its place, or none.
type Decide<'d> = dyn Fn(&Group, Span) -> Option<Hit> + 'd;

pub fn hits(world: &World<'_>, id: SignalId) -> Vec<Hit> {
    match &world.rule.signals[id.index()].analytic {
        Analytic::Threshold { of, keys, window, measures, having } => {
            let all = grouped(world, consumed(world, of), keys);
            windows(world, id, &all, *window, &|group, span| {
                let hit = threshold(world, id, &all, measures, having, group, span)?;
                Some(Hit { matched: BTreeSet::from([of.stream]), ..hit })
            })
        }
        Analytic::Together { of, keys, window, at_least, after } => {
            let each = of.iter().map(|i| (i.stream, grouped(world, consumed(world, i), keys)));
            let streams: Vec<(StreamRef, Grouped)> = each.collect();
            let after = after.map(|s| grouped(world, stream(world, s).to_vec(), keys));
            let all: Vec<(Group, Hit)> = streams.iter().flat_map(|(_, hits)| hits.clone()).collect();
            windows(world, id, &all, *window, &|group, span| {
                together(&streams, after.as_deref(), *at_least as usize, group, span)
            })
        }
        Analytic::Evidence { of, when, keys, window, alert_at } => {
            let each = of.iter().map(|w| (w, grouped(world, consumed(world, &w.what), keys)));
            let streams: Vec<(&Weighed<Input>, Grouped)> = each.collect();
            let all: Vec<(Group, Hit)> = streams.iter().flat_map(|(_, hits)| hits.clone()).collect();
            windows(world, id, &all, *window, &|group, span| evidence(world, &streams, when, *alert_at, group, span))
        }
        _ => Vec::new(),
    }
}

/// The decision at every place where the window may end.
fn windows(world: &World<'_>, id: SignalId, all: &[(Group, Hit)], window: Window, decide: &Decide<'_>) -> Vec<Hit> {
    let mut groups: Vec<&Group> = Vec::new();
    for (group, _) in all {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut found = Vec::new();
    for group in groups {
        let times: BTreeSet<i64> = all.iter().filter(|(g, _)| g == group).map(|(_, h)| h.time()).collect();
        let decided = match window {
            Window::Sliding { within, rise } => sliding(all, group, &times, within, rise, decide),
            Window::Tumbling { size } => aligned(world, id, all, group, &times, (size, size), decide),
            Window::Hopping { size, every } => aligned(world, id, all, group, &times, (size, every), decide),
        };
        found.extend(decided.into_iter().map(|hit| Hit { group: group.clone(), ..hit }));
    }
    found
}

fn sliding(
    all: &[(Group, Hit)],
    group: &Group,
    times: &BTreeSet<i64>,
    within: i64,
    rise: bool,
    decide: &Decide<'_>,
) -> Vec<Hit> {
    let at = |t: i64| decide(group, Span { from: t - within, to: t, open: false });
    let mut found = Vec::new();
    for t in times {
        let Some(hit) = at(*t) else { continue };
        let previous = times.range(..t).next_back();
        if rise && previous.is_some_and(|p| *p >= t - within && at(*p).is_some()) {
            continue;
        }
        let newest = newest(all.iter().filter(|(g, h)| g == group && h.time() == *t).map(|(_, h)| h));
        found.push(Hit { place: newest.place.clone(), last: newest.last, ..hit });
    }
    found
}

/// Windows `[k * every, k * every + size)` that hold an event of the group and end by the clock.
fn aligned(
    world: &World<'_>,
    id: SignalId,
    all: &[(Group, Hit)],
    group: &Group,
    times: &BTreeSet<i64>,
    (size, every): (i64, i64),
    decide: &Decide<'_>,
) -> Vec<Hit> {
    let mut starts = BTreeSet::new();
    for t in times {
        let mut start = t.div_euclid(every) * every;
        while start + size > *t {
            starts.insert(start);
            start -= every;
        }
    }
    let mut found = Vec::new();
    for start in starts {
        let span = Span { from: start, to: start + size, open: true };
        if span.to > world.until {
            continue;
        }
        let Some(hit) = decide(group, span) else { continue };
        let newest = newest(all.iter().filter(|(g, h)| g == group && span.contains(h.time())).map(|(_, h)| h));
        let place = Place { time: span.to, at: At::End { signal: id.0, last: Box::new(newest.place.clone()) } };
        found.push(Hit { place, last: newest.last, ..hit });
    }
    found
}

/// The last in order.
pub fn newest<'h>(hits: impl Iterator<Item = &'h Hit>) -> &'h Hit {
    hits.max_by(|a, b| a.place.cmp(&b.place)).expect("a window that was asked about holds an event")
}

/// The group's part of a stream in a window, in order.
pub fn within<'h>(hits: &'h [(Group, Hit)], group: &Group, span: Span) -> Vec<&'h Hit> {
    let mut found: Vec<&Hit> =
        hits.iter().filter(|(g, h)| g == group && span.contains(h.time())).map(|(_, h)| h).collect();
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

/// A hit over what it rests on; its group and place are set where the window is known.
pub fn resting_on<'h>(hits: impl IntoIterator<Item = &'h Hit> + Clone) -> Option<Hit> {
    let mut whole = hits.clone().into_iter().next()?.clone();
    whole.range = hits.clone().into_iter().map(|h| h.last).collect();
    whole.events = hits.into_iter().flat_map(|h| h.events.iter().copied()).collect();
    whole.measures.clear();
    whole.matched.clear();
    whole.evidence = None;
    Some(whole)
}

fn threshold(
    world: &World<'_>,
    id: SignalId,
    all: &[(Group, Hit)],
    measures: &[Measure],
    having: &Expr,
    group: &Group,
    span: Span,
) -> Option<Hit> {
    let inside = within(all, group, span);
    let rows: Vec<usize> = inside.iter().map(|h| h.last).collect();
    let times: Vec<i64> = inside.iter().map(|h| h.time()).collect();
    let mut hit = resting_on(inside)?;
    for (index, m) in measures.iter().enumerate() {
        let found = match m.function {
            MeasureFunction::Gap(of) => gaps(of, &times),
            _ => measure(world, m, &rows),
        };
        hit.measures.insert(MeasureRef { signal: id, index }, found);
    }
    let here = Here { measures: Some(&hit.measures), ..Here::row(world, rows[0]) };
    holds(world, having, &here).then_some(hit)
}

fn together(
    streams: &[(StreamRef, Grouped)],
    after: Option<&[(Group, Hit)]>,
    at_least: usize,
    group: &Group,
    span: Span,
) -> Option<Hit> {
    let spans: Vec<Span> = match after {
        None => vec![span],
        // The latter part of the window, one for each event of the stream that has to come first; the time itself is not in it.
        Some(first) => within(first, group, span).iter().map(|h| Span { from: h.time() + 1, ..span }).collect(),
    };
    // Of several, the earliest opens the longest part, which holds all the others.
    for part in spans {
        let shown = streams.iter().map(|(stream, hits)| (*stream, within(hits, group, part)));
        let shown: Vec<(StreamRef, Vec<&Hit>)> = shown.filter(|(_, hits)| !hits.is_empty()).collect();
        if shown.len() < at_least {
            continue;
        }
        let newest: Vec<&Hit> = shown.iter().filter_map(|(_, hits)| hits.last().copied()).collect();
        let mut hit = resting_on(newest)?;
        hit.matched = shown.iter().map(|(stream, _)| *stream).collect();
        return Some(hit);
    }
    None
}

fn evidence(
    world: &World<'_>,
    streams: &[(&Weighed<Input>, Grouped)],
    when: &[Weighed<ContextId>],
    alert_at: i64,
    group: &Group,
    span: Span,
) -> Option<Hit> {
    let shown = streams.iter().map(|(weighed, hits)| (*weighed, within(hits, group, span)));
    let shown: Vec<(&Weighed<Input>, Vec<&Hit>)> = shown.filter(|(_, hits)| !hits.is_empty()).collect();
    let newest_each: Vec<&Hit> = shown.iter().filter_map(|(_, hits)| hits.last().copied()).collect();
    let last = newest(newest_each.iter().copied());
    let holding: Vec<&Weighed<ContextId>> =
        when.iter().filter(|w| super::context::read(world, w.what, last.last).value.is_true()).collect();
    let sum = shown.iter().map(|(w, _)| w.weight).sum::<i64>() + holding.iter().map(|w| w.weight).sum::<i64>();
    if sum < alert_at {
        return None;
    }
    let mut hit = resting_on(newest_each.clone())?;
    hit.last = last.last;
    hit.matched = shown.iter().map(|(w, _)| w.what.stream).collect();
    let reasons: Vec<&Template> = shown
        .iter()
        .filter_map(|(w, _)| w.because.as_ref())
        .chain(holding.iter().filter_map(|w| w.because.as_ref()))
        .collect();
    let texts = reasons.into_iter().map(|t| print(world, t, &Here::hit(world, &hit))).collect();
    hit.evidence = Some((sum, texts));
    Some(hit)
}
