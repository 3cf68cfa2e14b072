//! The executors: a query in, rows out.

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What came of a query.
pub enum Verdict {
    /// Its rows.
    Rows(Vec<Value>),
    /// Why there are none.
    Error(String),
}

/// What the model of SPL is told beyond the manual; each stands in `targets/spl/assumptions.yaml`.
const ASSUMED: [&str; 1] = ["unbounded-streamstats"];

/// Runs the queries over no tables at all. The clock stands at the epoch: a query that carries its events must not read it.
pub fn run(target: &str, queries: &[&str]) -> Vec<Verdict> {
    let job = |(id, query): (usize, &&str)| {
        json!({ "id": id.to_string(), "query": query, "now": "1970-01-01T00:00:00.000Z",
        "tables": {}, "watchlists": {}, "events": [], "lookups": {} })
    };
    let jobs: Vec<Value> = queries.iter().enumerate().map(job).collect();
    let (program, request) = match target {
        "kql" => ("kql-model/run", json!({ "version": 1, "jobs": jobs })),
        _ => ("spl-model/run", json!({ "version": 1, "now": 0, "assume": ASSUMED, "jobs": jobs })),
    };
    let answer = ask(program, &request);
    let verdict = |result: &Value| match result["error"].as_str() {
        Some(error) => Verdict::Error(error.to_owned()),
        None => Verdict::Rows(result["rows"].as_array().expect("rows").clone()),
    };
    let verdicts: Vec<Verdict> = answer["results"].as_array().expect("results").iter().map(verdict).collect();
    assert_eq!(verdicts.len(), queries.len());
    verdicts
}

fn ask(program: &str, request: &Value) -> Value {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines");
    let setup = Command::new(engines.join("setup")).stdout(Stdio::null()).status().expect("setup");
    assert!(setup.success(), "the engines could not be set up: see tests/engines/README.md");
    let mut child = Command::new(engines.join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the executor starts");
    let mut input = child.stdin.take().expect("standard input");
    let text = request.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("an answer");
    writer.join().expect("the writer").expect("the request is read");
    serde_json::from_slice(&output.stdout).expect("an answer in JSON")
}
