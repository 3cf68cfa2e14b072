//! The stages of compiled KQL on an engine that others wrote, against our model of KQL.
//!
//! No such engine runs a whole query (see `tests/engines/duckdb-kql`), but the model gives what goes into each stage of one and what comes
//! out, and most stages the engine does run. So the model is not alone with its reading of KQL's manual.

use super::bench::NOW;
use super::bundled;
use super::executor::ask_once;
use super::kql::Kql;
use super::pairs::{Draws, Pair, Tiny};
use super::{Dialect as _, Run};
use serde_json::{Value as Json, json};

/// One of so many cases of the bundled rules' fixtures: their stages are much the same.
const ONE_OF: u64 = 4;

/// So many stages, drawn from those that have rows.
pub struct Compared {
    answer: Json,
}

/// Stages of random rules and of the bundled rules' fixtures, at most `limit`.
pub fn compare(limit: u64, seed: u64) -> Compared {
    let bundled = bundled::jobs(&Kql, "rules").into_iter().skip(usize::try_from(seed % ONE_OF).unwrap_or(0));
    let bundled: Vec<Json> = bundled.step_by(usize::try_from(ONE_OF).unwrap_or(1)).collect();
    let jobs = [random(seed), bundled].concat();
    Compared {
        answer: ask_once("duckdb-kql/stages", &json!({ "version": 1, "limit": limit, "seed": seed, "jobs": jobs })),
    }
}

/// One round of random rules, each over its first stream.
fn random(seed: u64) -> Vec<Json> {
    let tiny = Tiny::new(&Kql);
    let drawn = Draws::new(seed).round(&tiny);
    let first = drawn.iter().filter_map(|d| d.pairs.as_ref().ok()?.first());
    let job = |p: &Pair| {
        Kql.job(&Run {
            bench: &tiny.bench,
            place: &tiny.place,
            rule: &p.rule,
            query: &p.query,
            events: &p.events,
            now: NOW,
        })
    };
    first.map(job).collect()
}

impl Compared {
    pub fn count(&self, what: &str) -> usize {
        self.answer[what].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a count")
    }

    /// Differences that no file of `tests/engines/duckdb-kql/disagreements/` explains.
    pub fn differences(&self) -> Vec<String> {
        let all = self.answer["differences"].as_array().expect("differences");
        let text = |d: &Json| format!("{}\n{}\n{}", d["why"], d["query"].as_str().unwrap_or_default(), d["tables"]);
        all.iter().map(text).collect()
    }

    pub fn print(&self) {
        self.differences().iter().for_each(|d| println!("{d}"));
        println!(
            "KQL, stages on duckdb-kql (engine): {} jobs, {} stages, {} tried, {} executed, {} as on the model, {} otherwise and explained {}, \
             {} differences; not executed {}; executed {}",
            self.count("jobs"),
            self.count("stages"),
            self.count("tried"),
            self.count("executed"),
            self.count("equal"),
            self.explained(),
            self.answer["known"],
            self.differences().len(),
            self.answer["notExecuted"],
            self.answer["operators"],
        );
    }

    fn explained(&self) -> u64 {
        self.answer["known"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum()
    }
}
