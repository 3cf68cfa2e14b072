//! Mean and deviation of whole values, from exact sums: what enters can leave again without a trace, and nothing depends on the
//! order.

/// How many values, their sum, and the sum of their squares.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments {
    n: i64,
    sum: i128,
    squares: i128,
}

impl Moments {
    /// A value enters (`times` 1, or more at once) or leaves (-1).
    pub fn add(&mut self, value: i64, times: i64) {
        let (wide, by) = (i128::from(value), i128::from(times));
        self.n += times;
        // Sums beyond 128 bits come back as values leave.
        self.sum = self.sum.wrapping_add(wide.wrapping_mul(by));
        self.squares = self.squares.wrapping_add((wide * wide).wrapping_mul(by));
    }

    /// How many there are.
    pub fn count(&self) -> i64 {
        self.n
    }

    /// Unrounded; none over nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }

    /// Floored; none over nothing.
    pub fn whole_mean(&self) -> Option<i64> {
        (self.n > 0).then(|| self.sum.div_euclid(i128::from(self.n)))?.try_into().ok()
    }

    /// The sample one, unrounded; none for fewer than two.
    pub fn stddev(&self) -> Option<f64> {
        let n = self.n as f64;
        if self.n < 2 {
            return None;
        }
        let variance = match self.spread() {
            Some(spread) => spread as f64 / (n * (n - 1.0)),
            None => (self.squares as f64 - self.sum as f64 * (self.sum as f64 / n)) / (n - 1.0),
        };
        Some(variance.max(0.0).sqrt())
    }

    /// The sample one, floored; none for fewer than two.
    pub fn whole_stddev(&self) -> Option<i64> {
        let n = i128::from(self.n);
        if n < 2 {
            return None;
        }
        match self.spread() {
            Some(spread) => i64::try_from((spread / (n * (n - 1))).isqrt()).ok(),
            None => super::expression::to_whole(self.stddev()?.floor()),
        }
    }

    /// `n` times the sum of squared deviations; none where it does not fit.
    fn spread(&self) -> Option<i128> {
        let squares = i128::from(self.n).checked_mul(self.squares)?;
        squares.checked_sub(self.sum.checked_mul(self.sum)?).filter(|s| *s >= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|v| moments.add(*v, 1));
        moments
    }

    #[test]
    fn floors_what_is_exact() {
        let m = of(&[2, 4, 4, 4, 5, 5, 7, 9]);
        assert_eq!((m.mean(), m.whole_mean()), (Some(5.0), Some(5)));
        assert_eq!((m.stddev(), m.whole_stddev()), (Some((32f64 / 7.0).sqrt()), Some(2)));
        assert_eq!(of(&[-3, 0]).whole_mean(), Some(-2));
        assert_eq!(of(&[1, 4, 7]).whole_stddev(), Some(3));
    }

    #[test]
    fn nothing_and_one_value() {
        assert_eq!((of(&[]).mean(), of(&[]).whole_mean(), of(&[]).stddev()), (None, None, None));
        assert_eq!((of(&[7]).mean(), of(&[7]).stddev(), of(&[7]).whole_stddev()), (Some(7.0), None, None));
        assert_eq!((of(&[7, 7]).stddev(), of(&[7, 7]).whole_stddev()), (Some(0.0), Some(0)));
    }

    #[test]
    fn what_leaves_leaves_no_trace_even_where_sums_do_not_fit() {
        let mut m = of(&[i64::MAX, i64::MAX, i64::MIN, i64::MAX, i64::MAX, 1, 5]);
        for gone in [i64::MAX, i64::MAX, i64::MIN, i64::MAX, i64::MAX] {
            m.add(gone, -1);
        }
        assert_eq!((m.whole_mean(), m.whole_stddev()), (Some(3), Some(2)));
    }
}
