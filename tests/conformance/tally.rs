//! What was compared, in numbers, with everything that was wrong.

use super::Dialect;
use std::collections::BTreeMap;

/// So many of a kind are printed whole.
pub const SHOWN: usize = 5;

/// What was compared.
#[derive(Debug, Default)]
pub struct Tally {
    pub rules: usize,
    pub refused_rules: usize,
    /// Compiled queries.
    pub queries: usize,
    /// Their texts, but for the header, each of which was read by the parser, where there is one.
    pub texts: usize,
    pub pairs: usize,
    pub executed: usize,
    pub with_alerts: usize,
    pub equal: usize,
    /// Equal once events of one time, which nothing orders, are left out.
    pub ties: usize,
    /// Why rules were refused, without names; how many of each.
    pub refused: BTreeMap<String, usize>,
    /// Which rule was refused, and why.
    pub refusals: Vec<String>,
    /// What the executor cannot run.
    pub not_executed: BTreeMap<String, usize>,
    /// What the parser has against a query.
    pub faults: Vec<String>,
    /// Refusals for what is not in the rule.
    pub untrue: Vec<String>,
    /// Alerts that are not what the fidelity promises.
    pub differences: Vec<String>,
}

impl Tally {
    pub fn not_executed(&self) -> usize {
        self.not_executed.values().sum()
    }

    /// The numbers, for a program that adds them up.
    fn counts(&self, dialect: &dyn Dialect, what: &str) -> serde_json::Value {
        serde_json::json!({
            "target": dialect.target().name(), "what": what, "rules": self.rules, "refused": self.refused_rules, "pairs": self.pairs,
            "executed": self.executed, "with_alerts": self.with_alerts, "equal": self.equal, "ties": self.ties,
            "not_executed": self.not_executed(), "faults": self.faults.len(), "differences": self.differences.len(),
        })
    }

    /// What is wrong; in a few words, since all of it is printed.
    pub fn wrong(&self) -> Vec<String> {
        let all = [
            (self.faults.len(), "queries with faults"),
            (self.untrue.len(), "refusals for what the rule does not have"),
            (self.differences.len(), "differences"),
        ];
        all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }

    pub fn print(&self, dialect: &dyn Dialect, what: &str) {
        let listed = |title: &str, all: &BTreeMap<String, usize>| {
            let mut by_count: Vec<_> = all.iter().collect();
            by_count.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
            by_count.iter().for_each(|(why, n)| println!("  {title} {n}: {why}"));
        };
        listed("refused", &self.refused);
        listed("not executed", &self.not_executed);
        self.refusals.iter().take(SHOWN).for_each(|r| println!("  {r}"));
        self.faults.iter().take(SHOWN).for_each(|f| println!("{f}"));
        self.untrue.iter().take(SHOWN).for_each(|u| println!("{u}"));
        self.differences.iter().for_each(|d| println!("{d}"));
        println!("TALLY {}", self.counts(dialect, what));
        let executor = dialect.executor();
        println!(
            "{}, {what}: {} rules, {} refused; {} queries, whose {} texts were read by {}, {} with faults; {} pairs, {} executed on {} ({}), {} with alerts, \
             {} as promised ({} of them without unordered ties), {} not executed",
            dialect.title(),
            self.rules,
            self.refused_rules,
            self.queries,
            self.texts,
            dialect.parser().unwrap_or("what executes them"),
            self.faults.len(),
            self.pairs,
            self.executed,
            executor.name,
            executor.kind.name(),
            self.with_alerts,
            self.equal,
            self.ties,
            self.not_executed()
        );
    }
}
