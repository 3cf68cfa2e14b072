//! Runs queries over events, and says whether what came is what their fidelity promises of the evaluator's alerts.

use super::bench::{Bench, NOW, Place, instant};
use super::executor::ask_all;
use super::{Dialect, Ran, Run};
use rayon::prelude::*;
use serde_json::Value as Json;
use siemc::backend::{Fidelity, Query};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use std::collections::BTreeSet;
use std::fmt;

/// An alert as it is compared, by the evaluator or by a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Milliseconds since the epoch.
    pub time: i64,
    /// Keys that are there with their values as text, by name.
    pub group: Vec<(String, String)>,
    pub confidence: Option<i64>,
    /// None where the language has none.
    pub severity: Option<String>,
    pub because: Vec<String>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { time, group, confidence, severity, because } = self;
        let severity = severity.as_deref().unwrap_or("-");
        write!(f, "{} {group:?} confidence={confidence:?} {severity} because={because:?}", instant(*time))
    }
}

/// Alerts one a line.
pub fn lines(seen: &[Seen]) -> String {
    seen.iter().map(Seen::to_string).collect::<Vec<_>>().join("\n")
}

/// One query over some events.
pub struct Trial<'a> {
    pub bench: &'a Bench,
    pub place: &'a Place,
    pub rule: &'a Rule,
    pub query: &'a Query,
    pub events: &'a [Event],
    /// The evaluator's alerts.
    pub alerts: Vec<Alert>,
    /// When it runs.
    pub now: i64,
}

impl<'a> Trial<'a> {
    /// A run of a query of [`Bench::compile`]; every event up to `until` is there, or up to the newest.
    pub fn new(
        (bench, place): (&'a Bench, &'a Place),
        (rule, query): (&'a Rule, &'a Query),
        events: &'a [Event],
        until: Option<i64>,
    ) -> Trial<'a> {
        let alerts = siemc::eval::run(rule, events.to_vec(), until);
        Trial { bench, place, rule, query, events, alerts, now: NOW }
    }

    fn keys(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.alerts.iter().flat_map(|a| a.group.iter().map(|(k, _)| k)).collect();
        names.into_iter().cloned().collect()
    }
}

/// What came of a trial.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Why there are no rows.
    NotExecuted(String),
    /// Both lists sorted. `broken` is what of the query's fidelity does not hold.
    Ran { want: Vec<Seen>, got: Vec<Seen>, broken: Option<String>, rows: Vec<Json> },
}

impl Outcome {
    /// What is wrong, where something is: an executor that cannot run a query shows nothing.
    pub fn fault(&self, dialect: &dyn Dialect) -> Option<String> {
        match self {
            Outcome::NotExecuted(why) if dialect.beyond_executor(why) => None,
            Outcome::NotExecuted(why) => Some(why.clone()),
            Outcome::Ran { want, got, broken, .. } => {
                broken.as_ref().map(|how| format!("{how}: {} alerts wanted, {} came", want.len(), got.len()))
            }
        }
    }

    pub fn with_alerts(&self) -> bool {
        matches!(self, Outcome::Ran { want, .. } if !want.is_empty())
    }

    /// Both lists, for a reader.
    pub fn shown(&self) -> String {
        match self {
            Outcome::NotExecuted(why) => why.clone(),
            Outcome::Ran { want, got, .. } => {
                format!("--- the evaluator\n{}\n--- the query\n{}", lines(want), lines(got))
            }
        }
    }
}

/// Runs trials in every variant of the dialect. Of several variants the first that is wrong counts, else the first.
pub fn outcomes(dialect: &dyn Dialect, trials: &[Trial<'_>]) -> Vec<Outcome> {
    let executor = dialect.executor();
    let job = |t: &Trial<'_>| {
        let Trial { bench, place, rule, query, events, now, .. } = *t;
        dialect.job(&Run { bench, place, rule, query, events, now })
    };
    let batches: Vec<Vec<Json>> = trials
        .chunks(executor.batch)
        .collect::<Vec<_>>()
        .par_iter()
        .map(|part| part.iter().map(job).collect())
        .collect();
    let variants = 0..dialect.variants();
    let requests: Vec<Json> =
        variants.clone().flat_map(|v| batches.iter().map(move |jobs| dialect.request(jobs, v))).collect();
    let answers = ask_all(executor, &requests);
    let results: Vec<&Json> = answers.iter().flat_map(|a| a["results"].as_array().expect("results")).collect();
    assert_eq!(results.len(), trials.len() * dialect.variants(), "a result for each job");
    let of = |(place, trial): (usize, &Trial<'_>)| {
        let mut all = variants.clone().map(|v| outcome(dialect, trial, results[v * trials.len() + place]));
        let first = all.next().expect("a variant");
        if first.fault(dialect).is_some() {
            return first;
        }
        all.find(|o| o.fault(dialect).is_some()).unwrap_or(first)
    };
    trials.par_iter().enumerate().map(of).collect()
}

fn outcome(dialect: &dyn Dialect, trial: &Trial<'_>, result: &Json) -> Outcome {
    let rows = match dialect.rows(result) {
        Ok(rows) => rows,
        Err(why) => return Outcome::NotExecuted(why),
    };
    let keys = trial.keys();
    let Trial { bench, place, rule, query, events, .. } = *trial;
    let ran = Ran { rule, query, events, keys: &keys, bench, place };
    let mut want: Vec<Seen> = trial.alerts.iter().map(|a| dialect.expected(&ran, a)).collect();
    let mut got = dialect.alerts(&ran, &rows);
    want.sort();
    got.sort();
    let broken = broken(query.fidelity, &want, &got);
    Outcome::Ran { want, got, broken, rows }
}

/// What of a fidelity does not hold between two sorted lists.
pub fn broken(fidelity: Fidelity, want: &[Seen], got: &[Seen]) -> Option<String> {
    let groups = |all: &[Seen]| all.iter().map(|s| s.group.clone()).collect::<BTreeSet<_>>();
    let how = match fidelity {
        Fidelity::Exact => (want != got).then_some("not the same alerts"),
        Fidelity::SameGroups => (groups(want) != groups(got)).then_some("not the same groups"),
        Fidelity::Approximate { may_miss, may_over_report } => {
            let missing = !may_miss && !holds(got, want);
            let too_many = !may_over_report && !holds(want, got);
            missing.then_some("an alert is missing").or(too_many.then_some("an alert is too much"))
        }
    };
    how.map(|how| format!("{how} ({fidelity})"))
}

/// Whether each of the second stands in the first, as often.
fn holds(all: &[Seen], some: &[Seen]) -> bool {
    let mut all = all.iter();
    some.iter().all(|s| all.any(|a| a == s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(time: i64, group: &str) -> Seen {
        let group = vec![("k".to_owned(), group.to_owned())];
        Seen { time, group, confidence: None, severity: None, because: Vec::new() }
    }

    #[test]
    fn a_fidelity_promises_what_its_name_says() {
        let (one, two, again) = (seen(1, "a"), seen(2, "b"), seen(3, "a"));
        let all = [one.clone(), two.clone(), again.clone()];
        let approximate = |may_miss, may_over_report| Fidelity::Approximate { may_miss, may_over_report };
        for (fidelity, want, got, kept) in [
            (Fidelity::Exact, &all[..], &all[..], true),
            (Fidelity::Exact, &all[..2], &all[..], false),
            (Fidelity::Exact, &[one.clone(), one.clone()][..], &all[..1], false),
            (Fidelity::SameGroups, &all[..2], &all[..], true),
            (Fidelity::SameGroups, &all[..1], &all[..], false),
            (Fidelity::SameGroups, &all[..], &all[..1], false),
            (approximate(true, false), &all[..], &all[..1], true),
            (approximate(true, false), &all[..1], &all[..2], false),
            (approximate(false, true), &all[..1], &all[..], true),
            (approximate(false, true), &all[..], &all[1..], false),
            (approximate(false, true), &[one.clone(), one.clone()][..], &all[..], false),
            (approximate(true, true), &all[..1], &all[1..], true),
        ] {
            assert_eq!(broken(fidelity, want, got).is_none(), kept, "{fidelity}: {want:?} {got:?}");
        }
    }
}
