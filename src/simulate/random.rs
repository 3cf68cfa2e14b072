//! Random numbers that repeat.

/// A chain of random numbers.
#[derive(Debug, Clone)]
pub struct Random(fastrand::Rng);

impl Random {
    /// A chain for one purpose: other seeds, numbers or purposes give another one.
    pub fn new(seed: u64, number: u64, purpose: u64) -> Random {
        let mut first = fastrand::Rng::with_seed(seed);
        let mut second = fastrand::Rng::with_seed(first.u64(..) ^ number);
        Random(fastrand::Rng::with_seed(second.u64(..) ^ purpose))
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if low < high { self.0.i64(low..=high) } else { low }
    }

    /// True in this part of all cases.
    pub fn chance(&mut self, part: f64) -> bool {
        self.0.f64() < part
    }

    /// Evenly spread over `mean` plus or minus a part of it.
    pub fn around(&mut self, mean: i64, part: f64) -> i64 {
        let spread = (mean as f64 * part) as i64;
        mean + self.between(-spread, spread)
    }

    /// How long until the next one of things that come by chance, `mean` apart; at most six times that.
    pub fn wait(&mut self, mean: i64) -> i64 {
        let long = -(1.0 - self.0.f64()).ln() * mean as f64;
        (long as i64).clamp(1, mean.saturating_mul(6).max(1))
    }

    /// One of them; the default where there is none.
    pub fn pick<T: Copy + Default>(&mut self, all: &[T]) -> T {
        self.one_of(all).copied().unwrap_or_default()
    }

    /// One of them.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.0.usize(..all.len())) }
    }
}
