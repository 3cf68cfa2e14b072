//! The programs of `tests/engines`: a request in JSON in, an answer in JSON out.
//!
//! A program that takes `--lines` (a request a line, an answer a line) is started once and asked over and over, since starting costs more than
//! most answers; it ends with this process, with whom its standard input does. It must never know what a query is.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, Once};

/// Who wrote what runs a query: a number of equal runs never claims more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Others did.
    Engine,
    /// We did, from the vendor's manual alone.
    Model,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Engine => "engine",
            Kind::Model => "independent model",
        }
    }
}

/// A program that runs queries.
#[derive(Debug)]
pub struct Executor {
    pub kind: Kind,
    /// What it is, for a report.
    pub name: &'static str,
    /// Its path in `tests/engines`.
    pub program: &'static str,
    /// So many of them at a time.
    pub side_by_side: usize,
    /// So many jobs in one request.
    pub batch: usize,
}

/// The answers to these requests, in their order. Requests are taken by whichever of the processes is idle.
pub fn ask_all(executor: &Executor, requests: &[Json]) -> Vec<Json> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<Json>>> = Mutex::new(requests.iter().map(|_| None).collect());
    std::thread::scope(|threads| {
        for _ in 0..executor.side_by_side.min(requests.len()) {
            threads.spawn(|| {
                while let Some((place, request)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, requests.get(n)?)))
                {
                    let answer = ask(executor, request);
                    answers.lock().expect("answers")[place] = Some(answer);
                }
            });
        }
    });
    answers.into_inner().expect("answers").into_iter().map(|a| a.expect("an answer")).collect()
}

/// The answer of one of the executor's processes, once one is idle.
fn ask(executor: &Executor, request: &Json) -> Json {
    Taken::from(executor).process.as_mut().expect("a process").ask(request)
}

/// The answer of a process that is started for one request.
pub fn ask_once(program: &str, request: &Json) -> Json {
    let mut child = started(program, &[]);
    let mut input = child.stdin.take().expect("standard input");
    let text = request.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("an answer");
    writer.join().expect("the writer").expect("the request is read");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{program} gave no answer in JSON: {e}"))
}

/// A program of `tests/engines`, set up before.
fn started(program: &str, arguments: &[&str]) -> Child {
    static SETUP: Once = Once::new();
    SETUP.call_once(|| {
        let setup = Command::new(engines().join("setup")).stdout(Stdio::null()).status().expect("setup");
        assert!(setup.success(), "the engines could not be set up: see tests/engines/README.md");
    });
    let mut command = Command::new(engines().join(program));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap_or_else(|e| panic!("{program} does not start: {e}"))
}

fn engines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines")
}

/// A process that answers line by line.
struct Process {
    program: &'static str,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _child: Child,
}

impl Process {
    fn start(program: &'static str) -> Process {
        let mut child = started(program, &["--lines"]);
        let input = child.stdin.take().expect("standard input");
        let output = BufReader::new(child.stdout.take().expect("standard output"));
        Process { program, input, output, _child: child }
    }

    fn ask(&mut self, request: &Json) -> Json {
        let mut text = request.to_string();
        text.push('\n');
        self.input.write_all(text.as_bytes()).and_then(|()| self.input.flush()).expect("the request is read");
        text.clear();
        self.output.read_line(&mut text).expect("an answer");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} gave no answer in JSON: {e}", self.program))
    }
}

/// The processes of a program that nobody is asking, and how many there are in all.
#[derive(Default)]
struct Idle {
    waiting: Vec<Process>,
    all: usize,
}

static POOLS: Mutex<BTreeMap<&'static str, Idle>> = Mutex::new(BTreeMap::new());
static RETURNED: Condvar = Condvar::new();

/// A process that someone is asking; back among the idle ones afterwards, unless it failed to answer.
struct Taken {
    program: &'static str,
    process: Option<Process>,
}

impl Taken {
    fn from(executor: &Executor) -> Taken {
        let program = executor.program;
        let mut pools = POOLS.lock().expect("the processes");
        loop {
            let pool = pools.entry(program).or_default();
            if let Some(process) = pool.waiting.pop() {
                return Taken { program, process: Some(process) };
            }
            if pool.all < executor.side_by_side {
                pool.all += 1;
                drop(pools);
                let mut taken = Taken { program, process: None };
                taken.process = Some(Process::start(program));
                return taken;
            }
            pools = RETURNED.wait(pools).expect("the processes");
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut pools = POOLS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let pool = pools.entry(self.program).or_default();
        match self.process.take() {
            Some(process) if !std::thread::panicking() => pool.waiting.push(process),
            _ => pool.all -= 1,
        }
        RETURNED.notify_all();
    }
}
