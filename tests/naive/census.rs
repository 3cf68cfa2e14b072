//! How often each construct was drawn, so that a number of compared pairs never claims more than it is.

use super::constructs::Constructs;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many pairs had a construct, and how many of those had an alert.
#[derive(Debug, Default, Clone)]
pub struct Census {
    pub pairs: usize,
    pub alerting: usize,
    counts: BTreeMap<String, (usize, usize)>,
}

impl Census {
    pub fn count(&mut self, constructs: &Constructs, alerts: bool) {
        self.pairs += 1;
        self.alerting += usize::from(alerts);
        for construct in constructs {
            let (pairs, alerting) = self.counts.entry(construct.clone()).or_default();
            *pairs += 1;
            *alerting += usize::from(alerts);
        }
    }

    pub fn add(&mut self, other: &Census) {
        self.pairs += other.pairs;
        self.alerting += other.alerting;
        for (construct, (pairs, alerting)) in &other.counts {
            let (all, all_alerting) = self.counts.entry(construct.clone()).or_default();
            *all += pairs;
            *all_alerting += alerting;
        }
    }

    /// One line a construct, then all of them.
    pub fn table(&self) -> String {
        let mut out = format!("{:<44} {:>8} {:>12}\n", "construct", "pairs", "with alerts");
        for (construct, (pairs, alerting)) in &self.counts {
            let _ = writeln!(out, "{construct:<44} {pairs:>8} {alerting:>12}");
        }
        let _ = writeln!(out, "{:<44} {:>8} {:>12}", "all", self.pairs, self.alerting);
        out
    }

    /// What of these was drawn in fewer than one of two hundred pairs, or never with an alert.
    pub fn too_rare(&self, wanted: &[&str]) -> Vec<String> {
        let rare = |construct: &&&str| {
            let (pairs, alerting) = self.counts.get(**construct).copied().unwrap_or_default();
            pairs * 200 < self.pairs || alerting == 0
        };
        wanted.iter().filter(rare).map(|construct| (*construct).to_owned()).collect()
    }

    /// What was drawn and is not on the list, which is then out of date.
    pub fn unlisted(&self, listed: &[&str]) -> Vec<String> {
        self.counts.keys().filter(|construct| !listed.contains(&construct.as_str())).cloned().collect()
    }
}
