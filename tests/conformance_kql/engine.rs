//! The doors to the two programs of `tests/engines`: the analyzer and the model. One process each for many queries.

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A query with the tables that it reads.
pub struct Job {
    pub query: String,
    /// Name to columns with types and rows.
    pub tables: Json,
    pub watchlists: Json,
    /// When the query runs, RFC 3339.
    pub now: String,
}

/// Rows of each job, or why there are none.
pub fn run(jobs: &[Job]) -> Vec<Result<Vec<Json>, String>> {
    let all: Vec<Json> = jobs
        .iter()
        .enumerate()
        .map(|(i, job)| {
            json!({ "id": i.to_string(), "query": job.query, "now": job.now, "tables": job.tables,
                    "watchlists": job.watchlists })
        })
        .collect();
    // The analyzer has read each query already; the model need not.
    let request = json!({ "version": 1, "analyze": false, "jobs": all });
    let answer = ask("kql-model/run", &request);
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), jobs.len());
    let outcome = |result: &Json| match result["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(result["rows"].as_array().expect("rows").clone()),
    };
    results.iter().map(outcome).collect()
}

/// What the analyzer says of a query.
pub struct Analyzed {
    pub faults: Vec<String>,
    pub literals: Vec<String>,
}

/// Has queries analyzed, each with its own tables (name to columns with types) and watchlists.
pub fn analyze(queries: &[(String, Json, Json)]) -> Vec<Analyzed> {
    let all: Vec<Json> = queries
        .iter()
        .enumerate()
        .map(|(i, (text, tables, watchlists))| {
            json!({ "id": i.to_string(), "text": text, "tables": tables, "watchlists": watchlists })
        })
        .collect();
    let answer = ask("check-kql", &json!({ "version": 1, "queries": all }));
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), queries.len());
    let texts =
        |list: &Json| list.as_array().into_iter().flatten().map(|l| l.as_str().unwrap_or("").to_owned()).collect();
    results
        .iter()
        .map(|result| Analyzed {
            faults: result["faults"].as_array().expect("faults").iter().map(fault).collect(),
            literals: texts(&result["literals"]),
        })
        .collect()
}

fn fault(fault: &Json) -> String {
    let text = |key: &str| fault[key].as_str().unwrap_or("").to_owned();
    format!("{} {} `{}` at line {}", text("code"), text("message"), text("text"), fault["line"])
}

fn ask(program: &str, request: &Json) -> Json {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines");
    let setup = Command::new(engines.join("setup")).stdout(Stdio::null()).status().expect("setup");
    assert!(setup.success(), "the engines could not be set up: see tests/engines/README.md");
    let mut child = Command::new(engines.join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let mut input = child.stdin.take().expect("standard input");
    let text = request.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("an answer");
    writer.join().expect("the writer").expect("the request is read");
    serde_json::from_slice(&output.stdout).expect("an answer in JSON")
}
