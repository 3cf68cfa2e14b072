//! Choices read off a tape. A shorter tape or smaller numbers give a plainer rule, which is what shrinking wants.

/// A tape being read; past its end everything is the plainest choice.
pub struct Dice<'a> {
    tape: &'a [u16],
    at: usize,
}

impl<'a> Dice<'a> {
    pub fn new(tape: &'a [u16]) -> Dice<'a> {
        Dice { tape, at: 0 }
    }

    fn next(&mut self) -> usize {
        let number = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(number)
    }

    /// 0 to `n - 1`, growing with the number on the tape.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() * n) >> 16
    }

    /// True for so many of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of several; the first is the plainest.
    pub fn pick<'b, T>(&mut self, from: &'b [T]) -> &'b T {
        &from[self.below(from.len())]
    }

    /// One of several by weight.
    pub fn weighed<T: Copy>(&mut self, from: &[(usize, T)]) -> T {
        let mut left = self.below(from.iter().map(|(w, _)| w).sum());
        for (weight, choice) in from {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        from[0].1
    }

    /// At least `least` different ones of `n`, at most `most`.
    pub fn some_of(&mut self, n: usize, least: usize, most: usize) -> Vec<usize> {
        let count = (least + self.below(most.min(n).saturating_sub(least) + 1)).min(n);
        let mut left: Vec<usize> = (0..n).collect();
        (0..count).map(|_| left.remove(self.below(left.len()))).collect()
    }
}
