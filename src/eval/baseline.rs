//! `baseline`: a bucket's value against the values of earlier buckets.
//!
//! Only buckets that hold a row are remembered, one value each; those between them are counted by arithmetic, so a silent group costs
//! nothing. All buckets of one time end together, after which their rows are let go.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler, Frame};
use super::keys::{GroupKey, KeyCode};
use super::measure::{MeasureCode, Running, Sample};
use super::past::{Past, Point, Summary};
use super::row::{Bundle, Hit, Item};
use super::sweep::Sweep;
use super::window::at_end;
use crate::ir::{self, Empty, MeasureFunction, Season, SignalId, Statistic, StreamRef};
use crate::value::{Scalar, Type, Value};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::rc::Rc;

/// Nothing seen yet.
pub fn build(signal: SignalId, baseline: &ir::Baseline, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    let per = baseline.per.max(1);
    let statistics = baseline.statistics.iter().filter_map(|m| match (m.function, m.ty) {
        (MeasureFunction::History(statistic), Type::Scalar(ty) | Type::List(ty)) => Some((statistic, ty)),
        _ => None,
    });
    let state = Baseline {
        signal,
        stream: baseline.of.stream,
        keys: KeyCode::new(&baseline.keys, compiler),
        against: baseline.against.clone(),
        measure: compiler.measure(&baseline.measure),
        per,
        depth: baseline.history.div_euclid(per),
        empty: baseline.empty,
        season: baseline.season.map(|season| Alike::new(season, per)),
        statistics: statistics.collect(),
        having: compiler.expr(&baseline.having),
        groups: FxHashMap::default(),
        peers: FxHashMap::default(),
        bucket: 0,
        open: Vec::new(),
        sweep: Sweep::default(),
    };
    (vec![Port::input(&baseline.of, compiler)], Box::new(state))
}

#[derive(Debug)]
struct Baseline {
    signal: SignalId,
    stream: StreamRef,
    keys: KeyCode,
    against: Option<Vec<usize>>,
    measure: MeasureCode,
    /// A bucket's length, milliseconds.
    per: i64,
    /// How many buckets the history has.
    depth: i64,
    empty: Empty,
    season: Option<Alike>,
    statistics: Vec<(Statistic, Scalar)>,
    having: Code,
    groups: FxHashMap<GroupKey, Group>,
    /// Under `against`: the groups that have the same values there.
    peers: FxHashMap<Rc<[Value]>, Vec<GroupKey>>,
    /// The bucket that is being filled, by its number from the epoch.
    bucket: i64,
    /// The groups with a row in it.
    open: Vec<GroupKey>,
    sweep: Sweep,
}

#[derive(Debug, Default)]
struct Group {
    /// Earlier buckets with a row, ascending.
    past: VecDeque<(i64, Point)>,
    now: Option<Open>,
}

/// The bucket that is being filled.
#[derive(Debug)]
struct Open {
    items: Vec<Item>,
    running: Running,
    /// Empty where `running` needs none.
    samples: Vec<Sample>,
}

impl Analytic for Baseline {
    fn step(&mut self, now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        // A row of this very time belongs to the next bucket.
        if self.deadline().is_some_and(|end| end <= now) {
            self.close(now, lets, hits);
        }
        self.bucket = now.div_euclid(self.per);
        for Arrival { item, .. } in arrivals {
            self.admit(item, lets);
        }
        if !arrivals.is_empty() && self.sweep.due(self.groups.len()) {
            self.forget();
        }
    }

    fn deadline(&self) -> Option<i64> {
        let end = self.bucket.saturating_add(1).saturating_mul(self.per);
        (!self.open.is_empty()).then_some(end)
    }
}

impl Baseline {
    fn admit(&mut self, item: &Item, lets: &[Code]) {
        let frame = item.frame(lets);
        let Some(key) = self.keys.key(&frame) else { return };
        let sample = self.measure.sample(&frame);
        let group = self.groups.entry(key.clone()).or_insert_with(|| {
            if let Some(places) = &self.against {
                self.peers.entry(coarse(places, key.values())).or_default().push(key.clone());
            }
            Group::default()
        });
        let now = group.now.get_or_insert_with(|| {
            self.open.push(key);
            Open { items: Vec::new(), running: Running::new(&self.measure), samples: Vec::new() }
        });
        now.running.update(&sample, 1);
        if now.running.asks() {
            now.samples.push(sample);
        }
        now.items.push(item.clone());
    }

    /// Judges every group with a row in the bucket that ends.
    fn close(&mut self, end: i64, lets: &[Code], hits: &mut Vec<Item>) {
        let bucket = self.bucket;
        let mut found = Vec::new();
        // Peers have one history, so it is asked once.
        let mut known: FxHashMap<Rc<[Value]>, Summary> = FxHashMap::default();
        for key in std::mem::take(&mut self.open) {
            let shared = self.against.as_ref().map(|places| coarse(places, key.values()));
            let summary = match &shared {
                None => &self.summary(std::slice::from_ref(&key)),
                Some(shared) => known
                    .entry(Rc::clone(shared))
                    .or_insert_with(|| self.summary(self.peers.get(shared).map_or(&[][..], Vec::as_slice))),
            };
            let Some(group) = self.groups.get_mut(&key) else { continue };
            let Some(open) = group.now.take() else { continue };
            let value = open.running.value(&self.measure, open.samples.iter());
            let oldest = bucket.saturating_add(1).saturating_sub(self.depth);
            while group.past.pop_front_if(|(k, _)| *k < oldest).is_some() {}
            group.past.push_back((bucket, Point::of(&value)));
            let Some(last) = open.items.last() else { continue };
            let measures: Rc<[Value]> = summary.statistics(&value, &self.statistics).collect();
            let frame = Frame { measures: Some((self.signal, &measures)), ..last.frame(lets) };
            if self.having.test(&frame) {
                let (place, row) = (last.place, Rc::clone(&last.row));
                found.push((place, row, self.hit(&key, measures, open.items)));
            }
        }
        hits.extend(at_end(end, self.signal, found));
    }

    fn hit(&self, group: &GroupKey, measures: Rc<[Value]>, items: Vec<Item>) -> Hit {
        let items: Rc<[Item]> = items.into();
        Hit {
            group: self.keys.named(group),
            measures: vec![(self.signal, measures)],
            matched: vec![self.stream],
            range: Bundle::Items(Rc::clone(&items)),
            events: Bundle::Items(items),
            ..Hit::default()
        }
    }

    /// The history of the bucket that ends, over the buckets of these groups.
    fn summary(&self, groups: &[GroupKey]) -> Summary {
        let mut past = Past::new(&self.statistics);
        for group in groups.iter().filter_map(|g| self.groups.get(g)) {
            self.gather(group, &mut past);
        }
        past.summary(&self.statistics)
    }

    fn gather(&self, group: &Group, past: &mut Past) {
        let oldest = self.bucket.saturating_sub(self.depth);
        let from = group.past.partition_point(|(k, _)| *k < oldest);
        let mut shown = group.past.range(from..).take_while(|(k, _)| *k < self.bucket).peekable();
        let Some(first) = shown.peek().map(|(k, _)| *k) else { return };
        let mut valued = 0;
        for (bucket, point) in shown {
            if *point != Point::Nothing && self.season.is_none_or(|s| s.holds(*bucket, self.bucket)) {
                past.add(*point);
                valued += 1;
            }
        }
        if self.empty == Empty::Zero {
            let there = self.season.map_or(self.bucket - first, |s| s.count(first, self.bucket));
            past.add_zeros(there - valued);
        }
    }

    /// Drops what no later bucket compares with.
    fn forget(&mut self) {
        let oldest = self.bucket.saturating_sub(self.depth);
        self.groups.retain(|_, g| g.now.is_some() || g.past.back().is_some_and(|(k, _)| *k >= oldest));
        let groups = &self.groups;
        self.peers.retain(|_, peers| {
            peers.retain(|g| groups.contains_key(g));
            !peers.is_empty()
        });
        self.sweep.done(self.groups.len());
    }
}

fn coarse(places: &[usize], group: &[Value]) -> Rc<[Value]> {
    places.iter().filter_map(|place| group.get(*place).cloned()).collect()
}

/// Which buckets are of one season, in buckets from the epoch.
#[derive(Debug, Clone, Copy)]
struct Alike {
    /// How many buckets a season lasts.
    unit: i64,
    /// After how many it comes again.
    cycle: i64,
}

impl Alike {
    fn new(season: Season, per: i64) -> Alike {
        let unit = (season.unit() / per).max(1);
        Alike { unit, cycle: (season.cycle() / per).max(unit) }
    }

    /// Where the season of a bucket begins in its cycle.
    fn start(self, bucket: i64) -> i64 {
        let place = bucket.rem_euclid(self.cycle);
        place - place.rem_euclid(self.unit)
    }

    fn holds(self, bucket: i64, now: i64) -> bool {
        self.start(bucket) == self.start(now)
    }

    /// How many buckets in `[first, now)` are of the season of `now`.
    fn count(self, first: i64, now: i64) -> i64 {
        let start = self.start(now);
        let before = |bucket: i64| {
            let place = bucket.rem_euclid(self.cycle);
            bucket.div_euclid(self.cycle) * self.unit + (place - start).clamp(0, self.unit)
        };
        before(now) - before(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_are_counted_as_if_one_by_one() {
        for (season, per) in [
            (Season::HourOfDay, 900_000),
            (Season::HourOfWeek, 3_600_000),
            (Season::DayOfWeek, 3_600_000),
            (Season::DayOfWeek, 86_400_000),
        ] {
            let alike = Alike::new(season, per);
            for now in [-1000, -7, 0, 1, 96, 168, 700, 12_345] {
                for first in [now - 700, now - 169, now - 24, now - 1, now] {
                    let one_by_one = (first..now).filter(|k| alike.holds(*k, now)).count() as i64;
                    assert_eq!(alike.count(first, now), one_by_one, "{season:?} {per} {first} {now}");
                }
            }
        }
    }
}
