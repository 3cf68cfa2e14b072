//! The door to the node of `tests/engines/esql-node`. One node for many queries.

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A query with the indices that it reads.
pub struct Job {
    pub query: String,
    /// Name to fields with types and documents.
    pub indices: Json,
}

/// Rows of each job, or the node's fault.
pub fn run(jobs: &[Job]) -> Vec<Result<Vec<Json>, String>> {
    let jobs: Vec<Json> = jobs.iter().map(|job| json!({ "query": job.query, "indices": job.indices })).collect();
    if jobs.is_empty() {
        return Vec::new();
    }
    let answer = ask(&json!({ "version": 1, "jobs": jobs }));
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), jobs.len());
    let outcome = |result: &Json| match result["fault"].as_str() {
        Some(fault) => Err(fault.to_owned()),
        None => Ok(result["rows"].as_array().expect("rows").clone()),
    };
    results.iter().map(outcome).collect()
}

fn ask(request: &Json) -> Json {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines");
    let setup = Command::new(engines.join("setup")).stdout(Stdio::null()).status().expect("setup");
    assert!(setup.success(), "the engines could not be set up: see tests/engines/README.md");
    let mut child = Command::new(engines.join("esql-node/run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut input = child.stdin.take().expect("standard input");
    let text = request.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("an answer");
    writer.join().expect("the writer").expect("the request is read");
    serde_json::from_slice(&output.stdout).expect("an answer in JSON")
}
