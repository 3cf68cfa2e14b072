//! What is asked about a set of numbers: the gaps of a cadence, the history of a baseline, the values of a measure.
//!
//! Whole numbers are added up exactly, so that a floored deviation is the floor of the deviation, not of its last rounded digit.

use super::expression::{typed, typed_whole};
use siemc::value::{Type, Value};

/// Numbers as they were measured, none missing.
pub struct Numbers {
    sorted: Vec<Value>,
    /// Where all of them are whole.
    whole: Option<Vec<i128>>,
    real: Vec<f64>,
}

impl Numbers {
    pub fn new(values: &[Value]) -> Numbers {
        let mut sorted = values.to_vec();
        sorted.sort_by(Value::order);
        let whole = sorted.iter().map(|v| match v {
            Value::Integer(i) | Value::Duration(i) => Some(i128::from(*i)),
            _ => None,
        });
        Numbers { whole: whole.collect(), real: sorted.iter().filter_map(Value::as_number).collect(), sorted }
    }

    pub fn durations(all: impl IntoIterator<Item = i64>) -> Numbers {
        Numbers::new(&all.into_iter().map(Value::Duration).collect::<Vec<Value>>())
    }

    fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Arithmetic mean before any rounding.
    fn mean_of(&self) -> Option<f64> {
        let count = self.count() as f64;
        match &self.whole {
            _ if self.sorted.is_empty() => None,
            Some(whole) => Some(whole.iter().sum::<i128>() as f64 / count),
            None => Some(self.real.iter().sum::<f64>() / count),
        }
    }

    /// Sample variance of whole numbers as a fraction: `n * sum(x * x) - sum(x)^2` by `n * (n - 1)`.
    fn fraction(&self) -> Option<(i128, i128)> {
        let whole = self.whole.as_ref().filter(|w| w.len() > 1)?;
        let n = whole.len() as i128;
        let sum: i128 = whole.iter().sum();
        Some((n * whole.iter().map(|x| x * x).sum::<i128>() - sum * sum, n * (n - 1)))
    }

    /// Sample standard deviation before any rounding; none for fewer than two. That of equal values is 0, whatever their mean rounds to.
    fn deviation(&self) -> Option<f64> {
        let (first, last) = (self.real.first()?, self.real.last()?);
        if let Some((above, below)) = self.fraction() {
            return Some((above as f64 / below as f64).sqrt());
        }
        let mean = self.mean_of()?;
        let squares: f64 = self.real.iter().map(|x| (x - mean) * (x - mean)).sum();
        match self.count() {
            ..2 => None,
            _ if first.total_cmp(last).is_eq() => Some(0.0),
            n => Some((squares / (n - 1) as f64).sqrt()),
        }
    }

    /// As a duration or a number.
    pub fn mean(&self, ty: Type) -> Value {
        match &self.whole {
            _ if self.sorted.is_empty() => Value::Missing,
            Some(whole) if ty == Type::DURATION => {
                typed_whole(ty, whole.iter().sum::<i128>().div_euclid(whole.len() as i128) as i64)
            }
            _ => self.mean_of().map_or(Value::Missing, |mean| typed(ty, mean)),
        }
    }

    /// As a duration or a number.
    pub fn stddev(&self, ty: Type) -> Value {
        match self.fraction() {
            Some((above, below)) if ty == Type::DURATION => typed_whole(ty, (above / below).isqrt() as i64),
            _ => self.deviation().map_or(Value::Missing, |deviation| typed(ty, deviation)),
        }
    }

    /// Deviation by mean.
    pub fn variation(&self) -> Value {
        match (self.deviation(), self.mean_of()) {
            (Some(deviation), Some(mean)) if mean != 0.0 => Value::number(deviation / mean),
            _ => Value::Missing,
        }
    }

    /// How many deviations a value lies from the mean.
    pub fn zscore(&self, value: &Value) -> Value {
        match (value.as_number(), self.mean_of(), self.deviation()) {
            (Some(value), Some(mean), Some(deviation)) if deviation > 0.0 => Value::number((value - mean) / deviation),
            _ => Value::Missing,
        }
    }

    pub fn min(&self) -> Value {
        self.sorted.first().cloned().unwrap_or(Value::Missing)
    }

    pub fn max(&self) -> Value {
        self.sorted.last().cloned().unwrap_or(Value::Missing)
    }

    /// The nearest rank: the smallest r >= 1 with 100 r >= p n.
    pub fn percentile(&self, p: f64) -> Value {
        let n = self.count() as f64;
        let rank = (1..=self.count()).find(|r| 100.0 * *r as f64 >= p * n).unwrap_or(self.count());
        rank.checked_sub(1).map_or(Value::Missing, |place| self.sorted[place].clone())
    }

    /// The part that lies in `[low, high]`.
    pub fn share(&self, low: i64, high: i64) -> Value {
        let inside = self.real.iter().filter(|x| low as f64 <= **x && **x <= high as f64);
        Value::number(inside.count() as f64 / self.count() as f64)
    }
}
