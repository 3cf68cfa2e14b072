//! The executors: a query in, rows out.

use crate::executor::{Executor, Kind, ask_all};
use serde_json::{Value, json};

/// What came of a query.
pub enum Verdict {
    /// Its rows.
    Rows(Vec<Value>),
    /// Why there are none.
    Error(String),
}

const KQL: Executor = Executor { kind: Kind::Model, name: "KQL", program: "kql-model/run", side_by_side: 2, batch: 20 };
const SPL: Executor = Executor { kind: Kind::Model, name: "SPL", program: "spl-model/run", side_by_side: 2, batch: 20 };
const ESQL: Executor =
    Executor { kind: Kind::Engine, name: "Elasticsearch", program: "esql-node/run", side_by_side: 1, batch: 400 };

/// What the model of SPL is told beyond the manual; each stands in `targets/spl/assumptions.yaml`.
const ASSUMED: [&str; 1] = ["unbounded-streamstats"];

/// Runs the queries over no tables at all, ES|QL on an Elasticsearch node. The clock stands at the epoch: a query that carries its events must not
/// read it.
pub fn run(target: &str, queries: &[&str]) -> Vec<Verdict> {
    let executor = match target {
        "esql" => &ESQL,
        "kql" => &KQL,
        _ => &SPL,
    };
    let job = |(id, query): (usize, &&str)| {
        // Each program has its own way to say when it is.
        let now = if target == "spl" { json!(0) } else { json!("1970-01-01T00:00:00.000Z") };
        json!({ "id": id.to_string(), "query": query, "now": now, "tables": {}, "watchlists": {}, "events": [], "lookups": {} })
    };
    let jobs: Vec<Value> = queries.iter().enumerate().map(job).collect();
    let request = |jobs: &[Value]| match target {
        "esql" | "kql" => json!({ "version": 1, "jobs": jobs }),
        _ => json!({ "version": 1, "now": 0, "assume": ASSUMED, "jobs": jobs }),
    };
    let requests: Vec<Value> = jobs.chunks(executor.batch).map(request).collect();
    let answers = ask_all(executor, &requests);
    let results = answers.iter().flat_map(|answer| answer["results"].as_array().expect("results"));
    let verdict = |result: &Value| match result["error"].as_str().or(result["fault"].as_str()) {
        Some(error) => Verdict::Error(error.to_owned()),
        None => Verdict::Rows(result["rows"].as_array().expect("rows").clone()),
    };
    let verdicts: Vec<Verdict> = results.map(verdict).collect();
    assert_eq!(verdicts.len(), queries.len());
    verdicts
}
