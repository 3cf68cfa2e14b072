//! Analytics: from streams to a stream of hits.

use super::expr::Expr;
use super::history::{Baseline, Novelty, Statistic};
use super::{ContextId, StreamRef, Template};
use crate::pack::schema::SourceId;
use crate::source::Span;
use crate::value::Type;

/// A named analytic. An inline `detect` is a signal of its own, named `detect`, after all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// What it looks for.
    pub analytic: Analytic,
    /// Where it was written.
    pub span: Span,
}

/// The analytics.
#[derive(Debug, Clone, PartialEq)]
pub enum Analytic {
    /// Every event (or hit) of the stream where `filter` holds.
    Match {
        /// The stream.
        of: Input,
        /// The group of its hits; empty by default.
        keys: Keys,
    },
    /// Every hit of each stream. With keys: those of one (time, group) are one hit.
    Any {
        /// The streams.
        of: Vec<StreamRef>,
        /// Re-keys and merges; without, each hit keeps its own group.
        keys: Option<Keys>,
    },
    /// `having` over the group's events in the window. A `cadence` is one whose measures read the gaps between the events.
    Threshold {
        /// The stream.
        of: Input,
        /// The group.
        keys: Keys,
        /// The window.
        window: Window,
        /// Named ones first, then those that `having` wrote in place.
        measures: Vec<Measure>,
        /// A boolean over [`super::Leaf::Measure`]s of this very signal.
        having: Expr,
    },
    /// At least `at_least` of the streams have an event in the window.
    Together {
        /// The streams.
        of: Vec<Input>,
        /// The group.
        keys: Keys,
        /// The window.
        window: Window,
        /// How many, 1 to the number of streams.
        at_least: u32,
        /// Counts only what is in `(t_s, t]` for one event `s` of this stream with `t_s >= t - w`.
        after: Option<StreamRef>,
    },
    /// Weights of the streams with an event in the window and of the contexts that hold at the newest event reach `alert_at`.
    Evidence {
        /// The streams with their weights.
        of: Vec<Weighed<Input>>,
        /// The contexts with their weights.
        when: Vec<Weighed<ContextId>>,
        /// The group.
        keys: Keys,
        /// The window.
        window: Window,
        /// Least sum that hits.
        alert_at: i64,
    },
    /// Steps in order.
    Sequence(Sequence),
    /// A bucket's value against its history.
    Baseline(Box<Baseline>),
    /// The first sight of a value.
    Novelty(Novelty),
}

/// A stream as an analytic consumes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The stream.
    pub stream: StreamRef,
    /// Only the rows where this holds; contexts may stand in it.
    pub filter: Option<Expr>,
}

/// Steps in order within a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// Longest distance from the first step to the last, inclusive, milliseconds.
    pub within: i64,
    /// At least one; `repeat: n` is n of them. A `sequence` of one step has an absence first or last.
    pub steps: Vec<Step>,
    /// `{absent: x, within: d}` as first step: no x in `[t - d, t)` of the first step's event. Keys are the first step's.
    pub absent_first: Option<Absence>,
    /// `{absent: x, within: d}` as last step: a hit at `last + d` if no x and no `until` has time in `(last, last + d]`.
    pub absent_last: Option<Absence>,
    /// No event of it inside the chain; by the sequence's keys.
    pub until: Option<Until>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// An event of one of these.
    pub of: Vec<StreamRef>,
    /// Only where this holds.
    pub filter: Option<Expr>,
    /// The group: the sequence's `by`, or the step's own.
    pub keys: Keys,
    /// No event of these strictly between (in time) the previous step's event and this one's.
    pub absent_before: Vec<Gap>,
    /// Which step of the rule it was written as, from 0 (repeats share one).
    pub written: usize,
    /// Where it was written.
    pub span: Span,
}

/// What may not lie between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The forbidden stream.
    pub stream: StreamRef,
    /// Its group.
    pub keys: Keys,
    /// Where it was written.
    pub span: Span,
}

/// An absence with a length.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    /// The forbidden stream.
    pub stream: StreamRef,
    /// Its group.
    pub keys: Keys,
    /// Milliseconds.
    pub within: i64,
    /// Where it was written.
    pub span: Span,
}

/// What ends a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Until {
    /// The stream.
    pub stream: StreamRef,
    /// Its group.
    pub keys: Keys,
    /// Where it was written.
    pub span: Span,
}

/// The part of time that a decision looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// `[t - within, t]` at each event time t.
    Sliding {
        /// Milliseconds, at least 0... a window of one instant is `0ms`.
        within: i64,
        /// `fires: rise`.
        rise: bool,
    },
    /// `[k * size, (k + 1) * size)` from the epoch.
    Tumbling {
        /// Milliseconds.
        size: i64,
    },
    /// `[k * every, k * every + size)` from the epoch; `size` is a multiple of `every`.
    Hopping {
        /// Milliseconds.
        size: i64,
        /// Milliseconds.
        every: i64,
    },
}

/// A stream or a context with its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed<T> {
    /// What is weighed.
    pub what: T,
    /// Points; not negative.
    pub weight: i64,
    /// The reason that the alert gives.
    pub because: Option<Template>,
}

/// The keys of a group. Empty: one group for all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keys(pub Vec<Key>);

/// One key of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its label, or the field's name.
    pub name: String,
    /// What gives it, for each source whose rows come here.
    pub by_source: Vec<(SourceId, Expr)>,
    /// Its type, the same for every source.
    pub ty: Type,
    /// Where it was written.
    pub span: Span,
}

impl Key {
    /// What gives the key on rows of a source.
    pub fn of(&self, source: SourceId) -> Option<&Expr> {
        self.by_source.iter().find(|(s, _)| *s == source).map(|(_, e)| e)
    }
}

/// A measure over a window's events.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name, where it was given one.
    pub name: Option<String>,
    /// What it computes.
    pub function: MeasureFunction,
    /// What it measures; none for `count()`.
    pub argument: Option<Expr>,
    /// Only over events where this holds.
    pub filter: Option<Expr>,
    /// The type of its value.
    pub ty: Type,
    /// False for `count`, `distinct`, `any` and `all`.
    pub nullable: bool,
    /// Where it was written.
    pub span: Span,
}

/// What a measure computes. Missing arguments are left out; over no values it is missing, but `Count` and `Distinct` are 0, and
/// `Any` and `All` are false.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeasureFunction {
    /// How many events.
    Count,
    /// How many different values.
    Distinct,
    /// Sum; integers stay integers.
    Sum,
    /// Arithmetic mean, a number.
    Avg,
    /// Smallest; numbers, durations, timestamps.
    Min,
    /// Largest.
    Max,
    /// Sample standard deviation (n - 1); missing for fewer than two values.
    Stddev,
    /// Nearest rank: the r-th smallest value, r the smallest integer >= 1 with `100 r >= p n`. `median` is 50.
    Percentile(f64),
    /// One event's argument is true.
    Any,
    /// Every event's argument is true, and there is an event.
    All,
    /// The first value in order.
    First,
    /// The last value in order.
    Last,
    /// The different values, sorted by [`crate::value::Value::order`], at most so many.
    Values(u32),
    /// Over the gaps between consecutive events; of a `cadence` alone, without argument and condition.
    Gap(GapMeasure),
    /// About the history; of a baseline's [`Baseline::statistics`] alone.
    History(Statistic),
}

/// What a cadence measures: the time between each event of the window and the one before it in the order, where that lies in the window
/// too. n events have n - 1 gaps; events of equal time have a gap of 0. Missing where there is no gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GapMeasure {
    /// Arithmetic mean, a duration, floored.
    Mean,
    /// Sample standard deviation (n - 1), a duration, floored; missing for one gap.
    Stddev,
    /// Deviation by mean, both unrounded, a number; missing for one gap, and where the mean is 0.
    Cv,
    /// Nearest rank, a duration.
    Median,
    /// Shortest.
    Min,
    /// Longest.
    Max,
    /// The part of the gaps in `[low, high]`, a number from 0 to 1.
    Share {
        /// Milliseconds, inclusive.
        low: i64,
        /// Milliseconds, inclusive.
        high: i64,
    },
}
