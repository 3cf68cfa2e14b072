//! When to look for groups that have nothing live left.
//!
//! Looking at every group costs as much as there are groups, so it is done once as many groups' worth of events have passed: the
//! cost stays constant per event, and what is kept stays within a constant factor of what is live.

/// Fewer groups than this are not worth looking at.
const SMALL: usize = 1024;

/// Counts events until the next look.
#[derive(Debug)]
pub struct Sweep {
    left: usize,
}

impl Default for Sweep {
    fn default() -> Self {
        Sweep { left: SMALL }
    }
}

impl Sweep {
    /// Called once per event; true where it is time to look.
    pub fn due(&mut self, groups: usize) -> bool {
        if groups == 0 {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// After looking, with the number of groups that are left.
    pub fn done(&mut self, groups: usize) {
        self.left = groups.max(SMALL);
    }
}
