//! The independent model of SPL (`tests/engines/spl-model`) as a process: jobs in, rows or errors out.

use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Facts that the model is told beyond the manual; each stands in `targets/spl/assumptions.yaml`.
pub const ASSUME: [&str; 1] = ["unbounded-streamstats"];

/// The clock of every job, seconds: far beyond the random streams, so that one interval covers all of them.
pub const NOW: i64 = 4_000_000_000;

/// A query over events.
pub struct Job {
    pub query: String,
    pub events: Vec<Json>,
    pub lookups: Json,
}

/// The rows of each job, or the model's error.
pub fn run(jobs: &[Job], assume: &[&str]) -> Vec<Result<Vec<Json>, String>> {
    if jobs.is_empty() {
        return Vec::new();
    }
    let listed: Vec<Json> = jobs
        .iter()
        .enumerate()
        .map(|(id, job)| json!({ "id": id.to_string(), "query": job.query, "events": job.events, "lookups": job.lookups }))
        .collect();
    let request = json!({ "version": 1, "now": NOW, "assume": assume, "jobs": listed }).to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/spl-model/run");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3, which the model of SPL is written in");
    let mut input = child.stdin.take().expect("standard input");
    let feed = std::thread::spawn(move || input.write_all(request.as_bytes()));
    let output = child.wait_with_output().expect("the model's answer");
    feed.join().expect("a thread that writes").expect("a request that is read");
    assert!(output.status.success(), "the model ended with {}", output.status);
    let answer: Json = serde_json::from_slice(&output.stdout).expect("JSON from the model");
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), jobs.len());
    results
        .iter()
        .map(|r| match r.get("error") {
            Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
            None => Ok(r["rows"].as_array().cloned().unwrap_or_default()),
        })
        .collect()
}
