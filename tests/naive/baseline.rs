//! Baselines: every bucket of the history is measured anew.

use super::expression::{Here, holds, typed_whole};
use super::hit::{At, Group, Hit, Place};
use super::measure::measure;
use super::row::World;
use super::signal::{consumed, grouped};
use super::statistic::Numbers;
use super::window::{Span, newest, resting_on, within};
use siemc::ir::{Baseline, Empty, Measure, MeasureFunction, MeasureRef, Season, SignalId, Statistic};
use siemc::value::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub fn hits(world: &World<'_>, id: SignalId, baseline: &Baseline) -> Vec<Hit> {
    let all = grouped(world, consumed(world, &baseline.of), &baseline.keys);
    let mut groups: Vec<Group> = Vec::new();
    for (group, _) in &all {
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }
    let past = Past { world, baseline, all: &all, groups: &groups, measured: RefCell::default() };
    let mut found = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let times = all.iter().filter(|(g, _)| g == group).map(|(_, h)| h.time());
        let starts: BTreeSet<i64> = times.map(|t| t.div_euclid(baseline.per) * baseline.per).collect();
        for start in starts {
            if start + baseline.per <= world.until {
                found.extend(hit(id, &past, place, start));
            }
        }
    }
    found
}

/// What the group's bucket says against its history.
fn hit(id: SignalId, past: &Past<'_>, group: usize, start: i64) -> Option<Hit> {
    let (world, baseline) = (past.world, past.baseline);
    let inside = past.inside(group, start);
    let value = past.measured(group, start).1;
    let last = newest(inside.iter().copied());
    let history = past.history(group, start);
    let mut hit = resting_on(inside.clone())?;
    for (index, asked) in baseline.statistics.iter().enumerate() {
        hit.measures.insert(MeasureRef { signal: id, index }, statistic(asked, &value, &history));
    }
    let here = Here { measures: Some(&hit.measures), ..Here::row(world, last.last) };
    holds(world, &baseline.having, &here).then(|| Hit {
        group: past.groups[group].clone(),
        place: Place { time: start + baseline.per, at: At::End { signal: id.0, last: Box::new(last.place.clone()) } },
        last: last.last,
        matched: BTreeSet::from([baseline.of.stream]),
        ..hit.clone()
    })
}

struct Past<'a> {
    world: &'a World<'a>,
    baseline: &'a Baseline,
    all: &'a [(Group, Hit)],
    groups: &'a [Group],
    /// Whether the group shows itself in the bucket, and what is measured there; kept only for speed.
    measured: RefCell<BTreeMap<(usize, i64), (bool, Value)>>,
}

impl<'a> Past<'a> {
    fn inside(&self, group: usize, start: i64) -> Vec<&'a Hit> {
        within(self.all, &self.groups[group], Span { from: start, to: start + self.baseline.per, open: true })
    }

    fn measured(&self, group: usize, start: i64) -> (bool, Value) {
        if let Some(known) = self.measured.borrow().get(&(group, start)) {
            return known.clone();
        }
        let rows: Vec<usize> = self.inside(group, start).iter().map(|h| h.last).collect();
        let found = (!rows.is_empty(), measure(self.world, &self.baseline.measure, &rows));
        self.measured.borrow_mut().insert((group, start), found.clone());
        found
    }

    /// The values that a bucket is compared with.
    fn history(&self, group: usize, start: i64) -> Vec<Value> {
        let keys = &self.groups[group];
        let is_peer = |other: usize| match &self.baseline.against {
            None => other == group,
            Some(against) => against.iter().all(|key| self.groups[other][*key].1 == keys[*key].1),
        };
        (0..self.groups.len()).filter(|other| is_peer(*other)).flat_map(|other| self.values(other, start)).collect()
    }

    /// The values of one group's earlier buckets.
    fn values(&self, group: usize, start: i64) -> Vec<Value> {
        let Baseline { per, history, season, .. } = *self.baseline;
        let span = Span { from: start - history, to: start, open: true };
        let first = within(self.all, &self.groups[group], span).iter().map(|h| h.time()).min();
        let Some(first) = first else { return Vec::new() };
        let mut found = Vec::new();
        let mut earlier = start - history;
        while earlier < start {
            let exists = earlier + per > first;
            if exists && season.is_none_or(|s| alike(s, earlier, start)) {
                found.extend(self.counted(group, earlier));
            }
            earlier += per;
        }
        found
    }

    /// What an existing bucket counts as; none where it is left out.
    fn counted(&self, group: usize, start: i64) -> Option<Value> {
        let Measure { function, ty, .. } = &self.baseline.measure;
        let zero = matches!(function, MeasureFunction::Count | MeasureFunction::Distinct | MeasureFunction::Sum)
            && self.baseline.empty == Empty::Zero;
        match self.measured(group, start) {
            (true, value) if !value.is_missing() => Some(value),
            _ => zero.then(|| typed_whole(*ty, 0)),
        }
    }
}

/// Whether two buckets start in the same hour or on the same day, by the calendar of UTC.
fn alike(season: Season, a: i64, b: i64) -> bool {
    let clock = |ms: i64| {
        let at = jiff::Timestamp::from_millisecond(ms).expect("a time of this era").to_zoned(jiff::tz::TimeZone::UTC);
        match season {
            Season::HourOfDay => (0, at.hour()),
            Season::HourOfWeek => (at.weekday().to_monday_one_offset(), at.hour()),
            Season::DayOfWeek => (at.weekday().to_monday_one_offset(), 0),
        }
    };
    clock(a) == clock(b)
}

fn statistic(asked: &Measure, value: &Value, history: &[Value]) -> Value {
    let MeasureFunction::History(statistic) = asked.function else { return Value::Missing };
    let numbers = Numbers::new(history);
    match statistic {
        Statistic::Value => value.clone(),
        Statistic::Mean => numbers.mean(asked.ty),
        Statistic::Stddev => numbers.stddev(asked.ty),
        Statistic::Percentile(p) => numbers.percentile(p),
        Statistic::Min => numbers.min(),
        Statistic::Max => numbers.max(),
        Statistic::Samples => Value::Integer(history.len() as i64),
        Statistic::Zscore => numbers.zscore(value),
    }
}
