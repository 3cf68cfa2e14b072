//! A small pack in a directory of its own, and commands on it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub const RULE: &str = r#"rule: many-failures
id: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11
title: Many failed logins
status: test
severity: medium
attack: { techniques: [T1110] }
description: somebody guesses
false_positives: [a forgotten password]
blind_spots: [slow guesses]
response: ask
params:
  least: { default: 3, min: 1, about: failures that alert }
events:
  failure: { source: auth.login, where: auth.result == "failure" }
detect:
  threshold: { of: failure, by: [device.id], within: 10m, having: count() >= $least }
alert:
  title: "{{device.id}} fails"
  details: { users: "values(user.id, 5)" }
  entities: { device: device.id }
  once_per: 1h
"#;

/// EQL has no evidence.
pub const EVIDENCE: &str = r#"rule: both
id: 8d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c12
title: Failures and successes
status: test
severity: low
attack: { techniques: [T1110] }
description: both
false_positives: [x]
blind_spots: [x]
response: ask
events:
  failure: { source: auth.login, where: auth.result == "failure" }
  success: { source: auth.login, where: auth.result == "success" }
detect:
  evidence:
    by: [device.id]
    within: 10m
    of: { failure: { weight: 40, because: it failed }, success: { weight: 40, because: it worked } }
    alert_at: 60
alert: { title: both, once_per: 1h }
"#;

const PACK: &str = "name: try\nversion: \"1\"\nenvironments: { lab: {}, bare: { unavailable: [user.id] } }\n";

const SCHEMA: &str = r#"fields:
  event.seq: { type: integer, about: "counts events" }
  device.id: { type: string, about: "the device" }
  user.id: { type: string, about: "the account" }
  auth.result: { type: string, values: [success, failure], about: "how it ended" }
sources:
  auth.login:
    about: logins
    data_components: [DC0002]
    tiebreaker: event.seq
    fields: { event.seq: required, device.id: required, user.id: optional, auth.result: required }
"#;

const FIXTURE: &str = "rule: many-failures
each: { auth.login: { device.id: d1, auth.result: failure } }
cases:
  - name: three
    events: [{ at: 0m, every: 1m, times: 3, source: auth.login }]
    expect: [{ at: 2m, group: { device.id: d1 } }]
  - name: two
    events: [{ at: 0m, every: 1m, times: 2, source: auth.login }]
    expect: none
";

/// A directory.
pub struct Try {
    pub dir: tempfile::TempDir,
}

/// What a command did.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Try {
    pub fn empty() -> Try {
        Try { dir: tempfile::tempdir().unwrap() }
    }

    /// With the pack `p`.
    pub fn pack() -> Try {
        let made = Try::empty();
        made.write("p/pack.yaml", PACK);
        made.write("p/schema/auth.yaml", SCHEMA);
        made.write("p/auth/many-failures.yaml", RULE);
        made.write("p/auth/many-failures.test.yaml", FIXTURE);
        made
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siemc"));
        command.args(line.split_whitespace()).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs `siemc` with arguments that hold no spaces.
    pub fn run(&self, line: &str) -> Done {
        Done::of(self.command(line).output().unwrap())
    }

    pub fn run_with(&self, line: &str, input: &[u8]) -> Done {
        let mut child =
            self.command(line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that refuses its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        Done::of(child.wait_with_output().unwrap())
    }
}

impl Done {
    fn of(output: Output) -> Done {
        let done = Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!done.err.contains("panicked"), "{}", done.err);
        done
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, code, "out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}
