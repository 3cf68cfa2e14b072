//! What a baseline asks about its history: statistics over values and over so many zeros, which are never written out.

use super::expression::{number_as, whole_as};
use super::measure::nearest_rank;
use super::moments::Moments;
use crate::ir::Statistic;
use crate::value::{Scalar, Value};

/// A bucket's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point {
    /// The measure was missing.
    Nothing,
    /// An integer, or milliseconds.
    Whole(i64),
    /// A number.
    Number(f64),
}

impl Point {
    /// A measure's value.
    pub fn of(value: &Value) -> Point {
        match value {
            Value::Integer(n) | Value::Duration(n) => Point::Whole(*n),
            other => other.as_number().map_or(Point::Nothing, Point::Number),
        }
    }

    fn typed(self, ty: Scalar) -> Value {
        match self {
            Point::Nothing => Value::Missing,
            Point::Whole(n) => whole_as(ty, n),
            Point::Number(n) => number_as(ty, n),
        }
    }
}

/// The values of a history.
#[derive(Debug, Default)]
pub struct Past {
    /// Whether single values are asked for, and not only sums.
    ranks: bool,
    zeros: i64,
    moments: Moments,
    whole: Vec<i64>,
    numbers: Vec<f64>,
}

/// What was found out about a history, whatever the bucket's own value.
#[derive(Debug)]
pub struct Summary {
    samples: i64,
    mean: Option<f64>,
    stddev: Option<f64>,
    /// One for each statistic; missing for those that need the bucket's value.
    values: Vec<Value>,
}

impl Past {
    /// An empty one, for these statistics.
    pub fn new(statistics: &[(Statistic, Scalar)]) -> Past {
        let ranked = |s: &Statistic| matches!(s, Statistic::Percentile(_) | Statistic::Min | Statistic::Max);
        Past { ranks: statistics.iter().any(|(s, _)| ranked(s)), ..Past::default() }
    }

    /// A bucket with a value.
    pub fn add(&mut self, point: Point) {
        match point {
            Point::Nothing => {}
            Point::Whole(n) => {
                self.moments.add(n, 1);
                if self.ranks {
                    self.whole.push(n);
                }
            }
            Point::Number(n) => self.numbers.push(n),
        }
    }

    /// So many buckets that count as 0.
    pub fn add_zeros(&mut self, many: i64) {
        self.zeros += many.max(0);
    }

    /// Answers the statistics.
    pub fn summary(mut self, statistics: &[(Statistic, Scalar)]) -> Summary {
        // In one order whatever groups they came from, so that sums of fractions are the same in every run.
        self.numbers.sort_by(f64::total_cmp);
        if self.numbers.is_empty() {
            self.moments.add(0, self.zeros);
        }
        let (samples, mean, stddev) = (self.samples(), self.mean(), self.stddev());
        let values = statistics.iter().map(|(statistic, ty)| self.answer(*statistic, *ty, mean, stddev)).collect();
        Summary { samples, mean, stddev, values }
    }

    fn answer(&mut self, statistic: Statistic, ty: Scalar, mean: Option<f64>, stddev: Option<f64>) -> Value {
        let exact = ty == Scalar::Duration && self.numbers.is_empty();
        let number = |n: Option<f64>| n.map_or(Value::Missing, |n| number_as(ty, n));
        let whole = |n: Option<i64>| n.map_or(Value::Missing, |n| whole_as(ty, n));
        match statistic {
            Statistic::Value | Statistic::Zscore => Value::Missing,
            Statistic::Samples => Value::Integer(self.samples()),
            Statistic::Mean if exact => whole(self.moments.whole_mean()),
            Statistic::Mean => number(mean),
            Statistic::Stddev if exact => whole(self.moments.whole_stddev()),
            Statistic::Stddev => number(stddev),
            Statistic::Min => self.ranked(1, ty),
            Statistic::Max => self.ranked(self.samples() as usize, ty),
            Statistic::Percentile(p) => self.ranked(nearest_rank(p, self.samples() as usize), ty),
        }
    }

    fn samples(&self) -> i64 {
        if self.numbers.is_empty() { self.moments.count() } else { self.numbers.len() as i64 + self.zeros }
    }

    fn mean(&self) -> Option<f64> {
        if self.numbers.is_empty() {
            return self.moments.mean();
        }
        Some(self.numbers.iter().sum::<f64>() / self.samples() as f64)
    }

    /// Deviations are taken from the first value first, so that equal values have none.
    fn stddev(&self) -> Option<f64> {
        let Some(origin) = self.numbers.first() else { return self.moments.stddev() };
        let n = self.samples() as f64;
        if n < 2.0 {
            return None;
        }
        let zeros = self.zeros as f64;
        let shift = (self.numbers.iter().map(|x| x - origin).sum::<f64>() - zeros * origin) / n;
        let squares = self.numbers.iter().map(|x| (x - origin - shift).powi(2)).sum::<f64>();
        let squares = squares + zeros * (origin + shift).powi(2);
        Some((squares / (n - 1.0)).sqrt())
    }

    /// The value at a place in the order of size, from 1: those below 0, the zeros, and the others.
    fn ranked(&mut self, rank: usize, ty: Scalar) -> Value {
        let Some(place) = rank.checked_sub(1) else { return Value::Missing };
        let whole = self.whole.iter().filter(|n| **n < 0).count();
        let below = whole + self.numbers.partition_point(|n| *n < 0.0);
        let zeros = self.zeros as usize;
        let at = match place {
            place if place < below => place,
            place if place < below + zeros => return whole_as(ty, 0),
            place => place - zeros,
        };
        let found = if at < self.whole.len() {
            // Few places are asked for, so sorting all would be too much.
            Some(Point::Whole(*self.whole.select_nth_unstable(at).1))
        } else {
            self.numbers.get(at).copied().map(Point::Number)
        };
        found.unwrap_or(Point::Nothing).typed(ty)
    }
}

impl Summary {
    /// The statistics, in their order, for a bucket with this value.
    pub fn statistics(&self, value: &Value, asked: &[(Statistic, Scalar)]) -> impl Iterator<Item = Value> {
        asked.iter().zip(&self.values).map(|((statistic, _), answer)| match statistic {
            Statistic::Value => value.clone(),
            Statistic::Samples => Value::Integer(self.samples),
            Statistic::Zscore => self.zscore(value),
            _ => answer.clone(),
        })
    }

    fn zscore(&self, value: &Value) -> Value {
        let parts = value.as_number().zip(self.mean).zip(self.stddev.filter(|d| *d > 0.0));
        parts.map_or(Value::Missing, |((value, mean), stddev)| Value::number((value - mean) / stddev))
    }
}
