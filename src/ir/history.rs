//! The analytics that compare with a longer past: baseline and novelty.

use super::expr::Expr;
use super::{Input, Keys, Measure, StreamRef};

/// A bucket's value against the values of earlier buckets.
///
/// Buckets are `[k * per, (k + 1) * per)` from the Unix epoch. The history of bucket k are those that start in
/// `[k * per - history, k * per)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The stream.
    pub of: Input,
    /// The group.
    pub keys: Keys,
    /// `against`: places in [`Baseline::keys`]. The history then holds the buckets of every group that has the same values there (the
    /// group's own included); without, the group's own buckets.
    pub against: Option<Vec<usize>>,
    /// What is measured in each bucket: a number, an integer or a duration. Named `value`.
    pub measure: Measure,
    /// A bucket's length, milliseconds; positive.
    pub per: i64,
    /// Milliseconds; a positive multiple of `per`.
    pub history: i64,
    /// What a bucket without an event counts as.
    pub empty: Empty,
    /// Only buckets of the same season are compared.
    pub season: Option<Season>,
    /// What is asked about the history: each has a [`super::MeasureFunction::History`], no argument and no condition. They are the
    /// hit's measures.
    pub statistics: Vec<Measure>,
    /// A boolean over [`super::Leaf::Measure`]s that point into [`Baseline::statistics`].
    pub having: Expr,
}

/// What a bucket of the history without an event counts as, once the group has shown itself inside the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// 0; so does a bucket whose sum is missing. For `count`, `distinct` and `sum` alone.
    Zero,
    /// It is left out, as is a bucket whose measure is missing.
    Skip,
}

/// Which buckets are alike. Clock and calendar are UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// Those that start in the same hour of the day.
    HourOfDay,
    /// Those that start in the same hour of the week.
    HourOfWeek,
    /// Those that start on the same day of the week.
    DayOfWeek,
}

impl Season {
    /// How long a season lasts, milliseconds; `per` divides it.
    pub const fn unit(self) -> i64 {
        match self {
            Season::HourOfDay | Season::HourOfWeek => HOUR,
            Season::DayOfWeek => DAY,
        }
    }

    /// After how long it comes again, milliseconds. Two buckets are alike if the starts of their units differ by a multiple of it.
    pub const fn cycle(self) -> i64 {
        match self {
            Season::HourOfDay => DAY,
            Season::HourOfWeek | Season::DayOfWeek => 7 * DAY,
        }
    }

    /// As a rule writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Season::HourOfDay => "hour_of_day",
            Season::HourOfWeek => "hour_of_week",
            Season::DayOfWeek => "day_of_week",
        }
    }
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// What is asked about a baseline's history. All but `Value` and `Samples` are missing where no bucket is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// The bucket's own value.
    Value,
    /// Arithmetic mean; of durations a duration, floored.
    Mean,
    /// Sample standard deviation (n - 1), missing for fewer than two buckets; of durations a duration, floored.
    Stddev,
    /// Nearest rank, as [`super::MeasureFunction::Percentile`]; `median` is 50.
    Percentile(f64),
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// How many buckets were used.
    Samples,
    /// `(value - mean) / stddev`, unrounded; missing where the deviation is 0 or missing.
    Zscore,
}

/// The first sight of a value in a group that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Novelty {
    /// The stream.
    pub of: Input,
    /// The group.
    pub keys: Keys,
    /// One or several values, as keys; an event that lacks one has no value and is never new.
    pub value: Keys,
    /// How long a value is remembered, milliseconds; positive.
    pub history: i64,
    /// How long the group has to be known, milliseconds; in `0..=history`.
    pub learn: i64,
    /// The stream that alone shows that the group is known, by the same keys; `of` itself by default.
    pub known: Option<StreamRef>,
}
