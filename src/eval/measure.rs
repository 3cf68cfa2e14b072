//! Measures over the events of a window.
//!
//! A [`Sample`] is what one event adds; it is taken once, when the event arrives. [`MeasureCode::over`] is the meaning; [`Running`]
//! keeps the same value up to date where that is exact (counts and sums of integers: fractions do not cancel).
//! A sample of a gap is the time since the row before; the first row of a window has none.

use super::expression::compile::holds;
use super::expression::{Code, Frame};
use super::moments::Moments;
use crate::ir::{GapMeasure, MeasureFunction};
use crate::value::{Scalar, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// A measure, ready to run.
#[derive(Debug)]
pub struct MeasureCode {
    /// What it computes.
    pub function: MeasureFunction,
    /// What it measures; none for `count()`.
    pub argument: Option<Code>,
    /// Only over events where this holds.
    pub filter: Option<Code>,
    /// Whether its sum is one of integers.
    pub exact: bool,
    /// Whether what it measures are integers or durations.
    pub whole: bool,
    /// The type of its value.
    pub ty: Scalar,
}

/// What one event adds to a measure.
#[derive(Debug, Clone)]
pub enum Sample {
    /// Nothing: the measure's condition does not hold.
    Out,
    /// The argument's value; missing for `count()` and where the event has none.
    In(Value),
}

impl Sample {
    /// The integer, or the milliseconds, that it holds.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Sample::In(value) => whole_of(value),
            Sample::Out => None,
        }
    }
}

impl MeasureCode {
    /// What an event adds.
    pub fn sample<'a>(&'a self, frame: &Frame<'a>) -> Sample {
        if !holds(self.filter.as_ref(), frame) {
            return Sample::Out;
        }
        Sample::In(self.argument.as_ref().map_or(Value::Missing, |a| a.value(frame).into_owned()))
    }

    /// What an item adds that came so long after the one before it in the window, milliseconds.
    pub fn sample_after<'a>(&'a self, frame: &Frame<'a>, gap: Option<i64>) -> Sample {
        match gap {
            Some(gap) if self.is_gap() => Sample::In(Value::Duration(gap)),
            None if self.is_gap() => Sample::Out,
            _ => self.sample(frame),
        }
    }

    /// Whether it measures gaps.
    pub fn is_gap(&self) -> bool {
        matches!(self.function, MeasureFunction::Gap(_))
    }

    /// The measure over samples in order.
    pub fn over<'s>(&self, samples: impl Iterator<Item = &'s Sample>) -> Value {
        let taken = samples.filter_map(|s| match s {
            Sample::Out => None,
            Sample::In(value) => Some(value),
        });
        match self.function {
            MeasureFunction::Count if self.argument.is_none() => Value::Integer(taken.count() as i64),
            MeasureFunction::Any => Value::Boolean(taken.fold(false, |any, v| any | v.is_true())),
            MeasureFunction::All => {
                let all = taken.fold(None, |all, v| Some(all.unwrap_or(true) & v.is_true()));
                Value::Boolean(all.unwrap_or(false))
            }
            _ => self.over_values(taken.filter(|v| !v.is_missing()).collect()),
        }
    }

    fn over_values(&self, values: Vec<&Value>) -> Value {
        let found = match self.function {
            MeasureFunction::Distinct => {
                Some(Value::Integer(values.into_iter().collect::<FxHashSet<_>>().len() as i64))
            }
            MeasureFunction::Sum if self.exact => whole_sum(&values).map(|(sum, _)| self.whole(sum)),
            MeasureFunction::Sum => number_sum(&values).map(|(sum, _)| Value::number(sum)),
            MeasureFunction::Avg if self.ty == Scalar::Duration => moments(&values).whole_mean().map(Value::Duration),
            MeasureFunction::Stddev if self.ty == Scalar::Duration => {
                moments(&values).whole_stddev().map(Value::Duration)
            }
            MeasureFunction::Avg => mean(&values).map(|m| super::expression::number_as(self.ty, m)),
            MeasureFunction::Min => values.into_iter().min_by(|a, b| a.order(b)).cloned(),
            MeasureFunction::Max => values.into_iter().max_by(|a, b| a.order(b)).cloned(),
            MeasureFunction::Stddev => stddev(&values).map(|s| super::expression::number_as(self.ty, s)),
            MeasureFunction::Percentile(p) => percentile(values, p),
            MeasureFunction::First => values.first().copied().cloned(),
            MeasureFunction::Last => values.last().copied().cloned(),
            MeasureFunction::Values(most) => Some(distinct_values(values, most)),
            MeasureFunction::Gap(gap) => self.over_gaps(gap, values),
            // A baseline answers these.
            MeasureFunction::History(_) => None,
            // `any` and `all` are answered before missing arguments are left out.
            MeasureFunction::Count | MeasureFunction::Any | MeasureFunction::All => {
                Some(Value::Integer(values.len() as i64))
            }
        };
        found.unwrap_or(Value::Missing)
    }

    fn over_gaps(&self, gap: GapMeasure, values: Vec<&Value>) -> Option<Value> {
        match gap {
            GapMeasure::Mean | GapMeasure::Stddev | GapMeasure::Cv => self.of_moments(&moments(&values)),
            GapMeasure::Median => percentile(values, 50.0),
            GapMeasure::Min => values.into_iter().min_by(|a, b| a.order(b)).cloned(),
            GapMeasure::Max => values.into_iter().max_by(|a, b| a.order(b)).cloned(),
            GapMeasure::Share { low, high } => {
                let inside = values.iter().filter_map(|v| whole_of(v)).filter(|g| (low..=high).contains(g)).count();
                share(inside as i64, values.len() as i64)
            }
        }
    }

    /// What the sums of whole values say: a duration floored, a number as it is.
    fn of_moments(&self, moments: &Moments) -> Option<Value> {
        let floored = self.ty == Scalar::Duration;
        match self.function {
            MeasureFunction::Avg | MeasureFunction::Gap(GapMeasure::Mean) if floored => {
                moments.whole_mean().map(Value::Duration)
            }
            MeasureFunction::Stddev | MeasureFunction::Gap(GapMeasure::Stddev) if floored => {
                moments.whole_stddev().map(Value::Duration)
            }
            MeasureFunction::Avg => moments.mean().map(Value::number),
            MeasureFunction::Stddev => moments.stddev().map(Value::number),
            MeasureFunction::Gap(GapMeasure::Cv) => {
                let (deviation, mean) = (moments.stddev()?, moments.mean()?);
                (mean > 0.0).then(|| Value::number(deviation / mean))
            }
            _ => None,
        }
    }

    /// An exact sum in the measure's type; one that does not fit is missing, as in arithmetic.
    fn whole(&self, sum: i128) -> Value {
        i64::try_from(sum).map_or(Value::Missing, |n| super::expression::whole_as(self.ty, n))
    }
}

fn whole_of(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) | Value::Duration(n) | Value::Timestamp(n) => Some(*n),
        _ => None,
    }
}

fn whole_sum(values: &[&Value]) -> Option<(i128, usize)> {
    let sum = values.iter().map(|v| whole_of(v).map(i128::from)).sum::<Option<i128>>()?;
    (!values.is_empty()).then_some((sum, values.len()))
}

fn number_sum(values: &[&Value]) -> Option<(f64, usize)> {
    let sum = values.iter().filter_map(|v| v.as_number()).fold(0.0, |a, b| a + b);
    (!values.is_empty()).then_some((sum, values.len()))
}

fn mean(values: &[&Value]) -> Option<f64> {
    let (sum, n) = match whole_sum(values) {
        Some((sum, n)) => (sum as f64, n),
        None => number_sum(values)?,
    };
    Some(sum / n as f64)
}

/// The sample one. Deviations are taken from the first value first, so that equal values have no deviation at all, whatever
/// their mean rounds to.
fn stddev(values: &[&Value]) -> Option<f64> {
    let numbers: Vec<f64> = values.iter().filter_map(|v| v.as_number()).collect();
    let origin = *numbers.first()?;
    let n = numbers.len() as f64;
    if numbers.len() < 2 {
        return None;
    }
    let shift = numbers.iter().map(|x| x - origin).sum::<f64>() / n;
    let squares = numbers.iter().map(|x| (x - origin - shift).powi(2)).sum::<f64>();
    Some((squares / (n - 1.0)).sqrt())
}

fn moments(values: &[&Value]) -> Moments {
    let mut moments = Moments::default();
    values.iter().filter_map(|v| whole_of(v)).for_each(|n| moments.add(n, 1));
    moments
}

fn share(inside: i64, all: i64) -> Option<Value> {
    (all > 0).then(|| Value::number(inside as f64 / all as f64))
}

fn percentile(mut values: Vec<&Value>, p: f64) -> Option<Value> {
    values.sort_by(|a, b| a.order(b));
    values.get(nearest_rank(p, values.len()).checked_sub(1)?).copied().cloned()
}

/// Nearest rank among n: the smallest r >= 1 with `100 r >= p n`.
pub fn nearest_rank(p: f64, n: usize) -> usize {
    let wanted = p * n as f64;
    let mut rank = ((wanted / 100.0).floor() as usize).max(1);
    while (rank as f64) * 100.0 < wanted {
        rank += 1;
    }
    while rank > 1 && (rank as f64 - 1.0) * 100.0 >= wanted {
        rank -= 1;
    }
    rank
}

fn distinct_values(mut values: Vec<&Value>, most: u32) -> Value {
    values.sort_by(|a, b| a.order(b));
    values.dedup();
    Value::list(values.into_iter().take(most as usize).cloned())
}

/// A measure's value, kept up to date while samples enter at one end of a window and leave at the other.
#[derive(Debug)]
pub enum Running {
    /// Samples, those that are true, and those that are not missing.
    Counts { all: i64, yes: i64, present: i64 },
    /// Sum of integers and how many there are.
    Sum(i128, i64),
    /// Sums of gaps, or of whole values.
    Moments(Moments),
    /// Gaps, and those of the length that is asked for.
    Share { low: i64, high: i64, all: i64, inside: i64 },
    /// How often each value is there.
    Distinct(FxHashMap<Value, u32>),
    /// Computed from the window when asked.
    Asked,
}

impl Running {
    /// Of an empty window.
    pub fn new(measure: &MeasureCode) -> Running {
        match measure.function {
            MeasureFunction::Count | MeasureFunction::Any | MeasureFunction::All => {
                Running::Counts { all: 0, yes: 0, present: 0 }
            }
            MeasureFunction::Sum if measure.exact => Running::Sum(0, 0),
            MeasureFunction::Avg | MeasureFunction::Stddev if measure.whole => Running::Moments(Moments::default()),
            MeasureFunction::Distinct => Running::Distinct(FxHashMap::default()),
            MeasureFunction::Gap(GapMeasure::Mean | GapMeasure::Stddev | GapMeasure::Cv) => {
                Running::Moments(Moments::default())
            }
            MeasureFunction::Gap(GapMeasure::Share { low, high }) => Running::Share { low, high, all: 0, inside: 0 },
            _ => Running::Asked,
        }
    }

    /// Whether its value needs the samples.
    pub fn asks(&self) -> bool {
        matches!(self, Running::Asked)
    }

    /// Whether it needs nothing of what entered but whole values.
    pub fn is_sum(&self) -> bool {
        matches!(self, Running::Sum(..) | Running::Moments(_))
    }

    /// A whole value enters (`by` 1) or leaves (-1) a sum.
    pub fn update_whole(&mut self, whole: i64, by: i64) {
        match self {
            Running::Sum(sum, n) => {
                *sum += i128::from(whole) * i128::from(by);
                *n += by;
            }
            Running::Moments(moments) => moments.add(whole, by),
            _ => {}
        }
    }

    /// A sample enters (`by` 1) or leaves (-1).
    pub fn update(&mut self, sample: &Sample, by: i64) {
        let Sample::In(value) = sample else { return };
        match self {
            Running::Counts { all, yes, present } => {
                *all += by;
                *yes += if value.is_true() { by } else { 0 };
                *present += if value.is_missing() { 0 } else { by };
            }
            Running::Sum(..) | Running::Moments(_) => {
                whole_of(value).into_iter().for_each(|whole| self.update_whole(whole, by));
            }
            Running::Share { low, high, all, inside } => {
                if let Some(gap) = whole_of(value) {
                    *all += by;
                    *inside += if (*low..=*high).contains(&gap) { by } else { 0 };
                }
            }
            Running::Distinct(seen) if !value.is_missing() => {
                if by > 0 {
                    *seen.entry(value.clone()).or_insert(0) += 1;
                } else if let Some(times) = seen.get_mut(value) {
                    *times -= 1;
                    if *times == 0 {
                        seen.remove(value);
                    }
                }
            }
            Running::Distinct(_) | Running::Asked => {}
        }
    }

    /// The value now; the samples are those in the window, in order.
    pub fn value<'s>(&self, measure: &MeasureCode, samples: impl Iterator<Item = &'s Sample>) -> Value {
        match self {
            Running::Counts { all, yes, present } => match measure.function {
                MeasureFunction::Any => Value::Boolean(*yes > 0),
                MeasureFunction::All => Value::Boolean(*all > 0 && yes == all),
                _ if measure.argument.is_none() => Value::Integer(*all),
                _ => Value::Integer(*present),
            },
            Running::Sum(_, 0) => Value::Missing,
            Running::Sum(sum, _) => measure.whole(*sum),
            Running::Distinct(seen) => Value::Integer(seen.len() as i64),
            Running::Moments(moments) => measure.of_moments(moments).unwrap_or(Value::Missing),
            Running::Share { all, inside, .. } => share(*inside, *all).unwrap_or(Value::Missing),
            Running::Asked => measure.over(samples),
        }
    }
}
