//! Elasticsearch itself: the node of `tests/engines/esql-node`, asked over its own HTTP.

use super::programs::ask_once;
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running node; it ends with its standard input.
pub struct Node {
    pub port: u16,
    child: Child,
    _home: tempfile::TempDir,
}

impl Node {
    pub fn start() -> Node {
        // What sets the engines up, where nothing has yet.
        ask_once("esql-node/run", &json!({ "version": 1, "jobs": [] }));
        let home = tempfile::tempdir().expect("a folder");
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/esql-node/target");
        let classes = format!("{0}/classes:{0}/lib/*", target.display());
        let mut child = Command::new("java")
            .args([
                "-Xms512m",
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlog4j2.disable.jmx=true",
                "-cp",
            ])
            .args([&classes, "org.elasticsearch.node.EsqlNode", home.path().to_str().expect("a path")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("java");
        let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let ready = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("READY ")?.parse().ok());
        Node { port: ready.expect("the node starts"), child, _home: home }
    }

    /// Names of the indices that are there.
    pub fn indices(&self) -> Vec<String> {
        let url = format!("http://127.0.0.1:{}/_cat/indices?h=index", self.port);
        let text = ureq::get(url).call().expect("an answer").body_mut().read_to_string().expect("a text");
        text.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
