//! Conformance: what a target's emitted text does, executed, against the evaluator. One bench for all targets.
//!
//! In: a [`Dialect`], the description of one target: its executor (an engine that others wrote, or an independent model), the form of that
//! executor's jobs, and how rows become [`Seen`] alerts. Out: tallies with every difference, records for the conformance report, and a
//! regression file for each difference between random rules. A dialect is one folder here (`kql`, `spl`, `esql`, `eql`), whose `tests.rs` names
//! its tests; everything else is shared. All of it is one test binary: it is built once, and the programs of `tests/engines` run on from
//! one target's tests to the next. `cargo test --test conformance kql::` runs those of one target.
//!
//! | file | does |
//! |---|---|
//! | `executor` | programs of `tests/engines`: started once, asked over and over, several side by side |
//! | `bench` | a pack checked and compiled for the target; the events as the product has them |
//! | `outcome` | runs (query, events), compares by the query's fidelity |
//! | `refusal` | whether a refusal is about what the rule has |
//! | `bundled` | the rules of a pack with their fixtures, in every environment and with every set of mappings; the regressions |
//! | `pairs` | random (rule, stream) pairs |
//! | `smaller`, `found` | a difference made small, and written as a file for `tests/regressions/` |
//! | `stages` | single stages of compiled KQL on an engine that others wrote, against the model |
//! | `controls` | deliberate bugs in emitted texts, each of which has to be caught |
//! | `verify` | queries that carry their own events and their answer |
//! | `record` | one JSON line a pair into `target/tmp/conformance/`, which `tests/conformance_report.rs` counts |
//!
//! To add a target: implement [`Dialect`] in a folder, with its tests. This module must never know how a backend lowers anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight.
#![allow(clippy::match_same_arms, missing_docs)]

mod bench;
mod bundled;
#[path = "../naive/constructs.rs"]
mod constructs;
mod controls;
mod eql;
mod esql;
mod executor;
mod found;
mod history;
mod kql;
mod outcome;
#[path = "../regressions/packs.rs"]
mod packs;
mod pairs;
// `naive` writes streams as files, too.
#[allow(dead_code)]
#[path = "../naive/random/mod.rs"]
mod random;
mod record;
mod refusal;
mod smaller;
mod spl;
mod stages;
mod tally;
mod texts;
mod verify;

use bench::{Bench, Place};
use executor::Executor;
use outcome::Seen;
use random::analytic::{FORMS, Form};
use random::rule::{Tapes, yaml};
use serde_json::Value as Json;
use siemc::backend::{Query, Target};
use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::Rule;
use siemc::pack::schema::Schema;

/// One target as it is tried here.
pub trait Dialect: Sync {
    /// Which backend makes the queries.
    fn target(&self) -> Target;

    /// Its name for a reader.
    fn title(&self) -> &'static str;

    /// What runs the queries.
    fn executor(&self) -> &'static Executor;

    /// One run as the executor takes it.
    fn job(&self, run: &Run<'_>) -> Json;

    /// A request of jobs. A dialect with several [`Dialect::variants`] says each differently.
    fn request(&self, jobs: &[Json], variant: usize) -> Json;

    /// How many ways there are to run a job, all of which have to give the same alerts.
    fn variants(&self) -> usize {
        1
    }

    /// The rows of one result, or why there are none.
    fn rows(&self, result: &Json) -> Result<Vec<Json>, String> {
        match result["error"].as_str().or(result["fault"].as_str()) {
            Some(why) => Err(why.to_owned()),
            None => Ok(result["rows"].as_array().expect("rows").clone()),
        }
    }

    /// The alerts that rows are. `wanted` are the evaluator's, of which only the names of group keys may be read.
    fn alerts(&self, ran: &Ran<'_>, rows: &[Json]) -> Vec<Seen>;

    /// The evaluator's alert as far as rows of this query can show it.
    fn expected(&self, ran: &Ran<'_>, alert: &Alert) -> Seen;

    /// The official parser or analyzer that reads each query, for the report; none where the executor is itself one.
    fn parser(&self) -> Option<&'static str> {
        None
    }

    /// What the parser has against queries, each over a place.
    fn parse(&self, _bench: &Bench, queries: &[(&str, &Place)]) -> Vec<Vec<String>> {
        queries.iter().map(|_| Vec::new()).collect()
    }

    /// Whether the executor says that it cannot run a query, not that the query is wrong.
    fn beyond_executor(&self, _why: &str) -> bool {
        false
    }

    /// Whether events of one time that nothing orders are left out from the start; where not, a pair that differs runs again without.
    fn leaves_ties_out(&self) -> bool {
        false
    }

    /// Leaves out events of one time that nothing orders.
    fn leave_ties_out(&self, schema: &Schema, events: &mut Vec<Event>) {
        pairs::leave_ties_out(schema, events);
    }

    /// The name of random rules in the report's records.
    fn part(&self) -> &'static str {
        "random"
    }

    /// The files of the pack that random rules are drawn for.
    fn pack(&self) -> Vec<(&'static str, String)> {
        random::pack::files().into()
    }

    /// The form of the rule with this number.
    fn form(&self, number: usize) -> Form {
        FORMS[number % FORMS.len()]
    }

    /// The text of the rule with this number.
    fn written(&self, tapes: &mut Tapes, _number: usize) -> String {
        yaml(tapes)
    }
}

/// A query over events, at a time.
pub struct Run<'a> {
    pub bench: &'a Bench,
    pub place: &'a Place,
    pub rule: &'a Rule,
    pub query: &'a Query,
    pub events: &'a [Event],
    /// When it runs, milliseconds since the epoch.
    pub now: i64,
}

/// What rows and alerts are read with.
pub struct Ran<'a> {
    pub rule: &'a Rule,
    pub query: &'a Query,
    pub events: &'a [Event],
    /// Names of the keys of any alert's group.
    pub keys: &'a [String],
    pub bench: &'a Bench,
    pub place: &'a Place,
}

/// A number from the environment.
pub fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many random pairs to run (`SIEMC_PAIRS_EXECUTED`), and what to draw them from (`SIEMC_SEED`, else the clock).
pub fn size() -> (usize, u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let seed = from_environment("SIEMC_SEED", now);
    println!("SIEMC_SEED={seed}");
    (from_environment("SIEMC_PAIRS_EXECUTED", 200) as usize, seed)
}
