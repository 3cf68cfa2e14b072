//! The executors: a query in, rows out.

use super::programs::ask_once;
use serde_json::{Value, json};

/// What came of a query.
pub enum Verdict {
    /// Its rows.
    Rows(Vec<Value>),
    /// Why there are none.
    Error(String),
}

/// What the model of SPL is told beyond the manual; each stands in `targets/spl/assumptions.yaml`.
const ASSUMED: [&str; 1] = ["unbounded-streamstats"];

/// Runs the queries over no tables at all, ES|QL on an Elasticsearch node. The clock stands at the epoch: a query that carries its events must not read it.
pub fn run(target: &str, queries: &[&str]) -> Vec<Verdict> {
    let job = |(id, query): (usize, &&str)| {
        json!({ "id": id.to_string(), "query": query, "now": "1970-01-01T00:00:00.000Z",
        "tables": {}, "watchlists": {}, "events": [], "lookups": {} })
    };
    let jobs: Vec<Value> = queries.iter().enumerate().map(job).collect();
    let (program, request) = match target {
        "esql" => ("esql-node/run", json!({ "version": 1, "jobs": jobs })),
        "kql" => ("kql-model/run", json!({ "version": 1, "jobs": jobs })),
        _ => ("spl-model/run", json!({ "version": 1, "now": 0, "assume": ASSUMED, "jobs": jobs })),
    };
    let answer = ask_once(program, &request);
    let verdict = |result: &Value| match result["error"].as_str().or(result["fault"].as_str()) {
        Some(error) => Verdict::Error(error.to_owned()),
        None => Verdict::Rows(result["rows"].as_array().expect("rows").clone()),
    };
    let verdicts: Vec<Verdict> = answer["results"].as_array().expect("results").iter().map(verdict).collect();
    assert_eq!(verdicts.len(), queries.len());
    verdicts
}
