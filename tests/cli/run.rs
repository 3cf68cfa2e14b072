use super::kit::Try;
use std::io::Write;

const START: i64 = 1_772_355_600_000; // 2026-03-01T09:00:00Z

fn failure(seconds: i64) -> String {
    let time = START + seconds * 1000;
    format!(
        r#"{{"source":"auth.login","time":{time},"event.seq":{seconds},"device":{{"id":"d1"}},"auth.result":"failure","user.id":"u"}}"#
    )
}

fn lines(seconds: &[i64]) -> String {
    seconds.iter().map(|s| failure(*s) + "\n").collect()
}

#[test]
fn an_alert_is_one_line_of_json() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&[0, 60, 120]));
    let done = made.run("run --rules p --events e.jsonl").exits(0);
    let expected = concat!(
        r#"{"rule":"many-failures","id":"7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11","time":"2026-03-01T09:02:00.000Z","#,
        r#""first":"2026-03-01T09:00:00.000Z","last":"2026-03-01T09:02:00.000Z","group":{"device.id":"d1"},"#,
        r#""values":{"users":["u"]},"confidence":null,"severity":"medium","title":"d1 fails","because":[],"#,
        r#""entities":{"device":"d1"},"events":[{"source":"auth.login","time":"2026-03-01T09:00:00.000Z","line":1},"#,
        r#"{"source":"auth.login","time":"2026-03-01T09:01:00.000Z","line":2},"#,
        r#"{"source":"auth.login","time":"2026-03-01T09:02:00.000Z","line":3}]}"#,
        "\n"
    );
    assert_eq!(done.out, expected);
    assert!(done.err.is_empty(), "{}", done.err);
}

#[test]
fn input_is_plain_or_compressed_from_a_file_or_standard_input() {
    let made = Try::pack();
    let text = lines(&[0, 60, 120]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for bytes in [text.clone().into_bytes(), gzip.clone(), zstd] {
        // The name says nothing.
        made.write("events", &bytes);
        assert_eq!(made.run("run --rules p --events events").exits(0).out.lines().count(), 1);
        assert_eq!(made.run_with("run --rules p --events -", &bytes).exits(0).out.lines().count(), 1);
    }
    made.write("cut", &gzip[..gzip.len() - 9]);
    let done = made.run("run --rules p --events cut").exits(2);
    assert!(done.err.contains("reading `cut`"), "{}", done.err);
    made.write("empty", "");
    assert!(made.run("run --rules p --events empty").exits(0).out.is_empty());
}

#[test]
fn bad_lines_are_told_with_their_number_and_skipped() {
    let made = Try::pack();
    let text = format!("{}nonsense\n\n{{\"source\":\"auth.logn\",\"time\":1}}\n{}", lines(&[0, 60]), lines(&[120]));
    made.write("e.jsonl", text);
    let done = made.run("run --rules p --events e.jsonl").exits(1);
    assert_eq!(done.out.lines().count(), 1);
    assert!(done.err.contains("line 3: not one JSON object"), "{}", done.err);
    assert!(done.err.contains("line 5: `auth.logn` is no source of the schema, did you mean `auth.login`?"));
    assert!(done.err.contains("2 bad lines of 6 were skipped"), "{}", done.err);
}

#[test]
fn a_flood_of_bad_lines_is_counted_not_printed() {
    let made = Try::pack();
    made.write("e.jsonl", "x\n".repeat(5_000));
    let done = made.run("run --rules p --events e.jsonl").exits(1);
    assert!(done.err.contains("5000 bad lines of 5000 were skipped"), "{}", done.err);
    assert!(done.err.lines().count() < 200);
}

#[test]
fn order_is_asked_for_allowed_or_made() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&[0, 120, 60]));
    let done = made.run("run --rules p --events e.jsonl").exits(1);
    assert!(done.out.is_empty() && done.err.contains("line 3: 1m older"), "{}", done.err);
    for order in ["--lateness 1m", "--sort"] {
        let done = made.run(&format!("run --rules p --events e.jsonl {order}")).exits(0);
        assert_eq!(done.out.lines().count(), 1, "{order}");
    }
    let done = made.run("run --rules p --events e.jsonl --lateness 59s").exits(1);
    assert!(done.err.contains("line 3: 1m older"), "{}", done.err);
    made.run("run --rules p --events e.jsonl --lateness soon").exits(2);
}

#[test]
fn until_leaves_later_events_out() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&[0, 60, 120]));
    for (until, alerts) in [("2026-03-01T09:02:00Z", 1), ("2026-03-01T09:01:59.999Z", 0), ("1772355720000", 1)] {
        for order in ["", "--sort", "--lateness 5m"] {
            let done = made.run(&format!("run --rules p --events e.jsonl --until {until} {order}")).exits(0);
            assert_eq!(done.out.lines().count(), alerts, "{until} {order}");
        }
    }
}

#[test]
fn rules_with_errors_do_not_run() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&[0, 60, 120]));
    made.run("run --rules p --events nowhere.jsonl").exits(2);
    made.run("run --rules p --events p").exits(2);
    made.write("p/auth/broken.yaml", "rule: broken\nevents: 7\n");
    let done = made.run("run --rules p --events e.jsonl").exits(1);
    assert!(done.out.is_empty() && done.err.contains("broken.yaml"), "{}", done.err);
    made.run("run --rules p/auth/many-failures.yaml --events e.jsonl").exits(0);
}

#[test]
fn a_reader_that_goes_away_ends_a_run_quietly() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&(0..2_000).map(|n| n * 4_000).flat_map(|n| [n, n + 1, n + 2]).collect::<Vec<_>>()));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let done = made.command("run --rules p --events e.jsonl").stdout(writer).output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), err.as_ref()), (Some(0), ""));
}

/// A full disk behind standard output is not the fault of the file that is read.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told_as_such() {
    let made = Try::pack();
    made.write("e.jsonl", lines(&(0..2_000).map(|n| n * 4_000).flat_map(|n| [n, n + 1, n + 2]).collect::<Vec<_>>()));
    let commands = [
        "run --rules p --events e.jsonl",
        "run --rules p --events e.jsonl --sort",
        "compile p --target kql",
        "check p --format json",
        "test p --format json",
        "simulate --devices 2 --days 1",
        "explain many-failures",
    ];
    for line in commands {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = made.command(line).stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{line}: {err}");
        assert!(err.ends_with("error: standard output cannot be written: no space left\n"), "{line}: {err}");
    }
    let done = made.run("simulate --devices 2 --days 1 --out /dev/full").exits(2);
    assert_eq!(done.err, "error: `/dev/full` cannot be written: no space left\n");
}

const OVER: &str = r#"rule: three-of-a-kind
id: 9d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c13
title: Three rules alert on one device
status: test
severity: high
attack: { techniques: [T1110] }
description: d
false_positives: [f]
blind_spots: [b]
response: r
schedule: { every: 15m, delay: 1h }
events:
  any: { source: alerts, where: 'alert.severity in ["medium", "low"]' }
detect:
  threshold: { of: any, by: [device.id, user.id], within: 1d, having: distinct(alert.rule) >= 2 }
alert:
  title: "{{device.id}}: {{alert.title}}"
  details: { rules: "values(alert.rule, 5)", last: alert.confidence }
  once_per: 1d
"#;

#[test]
fn alerts_of_rules_are_events_of_rules_over_alerts() {
    let made = Try::pack();
    let schema = made.read("p/schema/auth.yaml");
    let (fields, sources) = schema.split_once("sources:").unwrap();
    let declared = format!(
        "{fields}  alert.rule: {{ type: string, about: rule }}
  alert.severity: {{ type: string, about: how bad }}
  alert.confidence: {{ type: integer, about: how sure }}
  alert.title: {{ type: string, about: a line }}
sources:
  alerts:
    about: alerts
    fields: {{ alert.rule: required, alert.severity: optional, alert.confidence: optional, alert.title: optional, device.id: optional, user.id: optional }}
{sources}"
    );
    made.write("p/schema/auth.yaml", declared);
    made.write("p/auth/three-of-a-kind.yaml", OVER);
    // One rule has the account among its entities; the other is an evidence, by both.
    made.write(
        "p/auth/many-failures.yaml",
        super::kit::RULE.replace("{ device: device.id }", "{ device: device.id, who: user.id }"),
    );
    made.write("p/auth/both.yaml", super::kit::EVIDENCE.replace("by: [device.id]", "by: [device.id, user.id]"));
    let success = failure(150).replace("failure", "success");
    made.write("e.jsonl", format!("{}{success}\n{}", lines(&[0, 60, 120]), lines(&[7200])));
    for options in ["", " --sort", " --lateness 1m"] {
        let done = made.run(&format!("run --rules p --events e.jsonl{options}")).exits(0);
        let alerts: Vec<serde_json::Value> = done.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let told: Vec<(&str, &str)> =
            alerts.iter().map(|a| (a["rule"].as_str().unwrap(), a["time"].as_str().unwrap())).collect();
        let at = |minute: &str| format!("2026-03-01T09:{minute}.000Z");
        let (first, second) = (at("02:00"), at("02:30"));
        let expected = [("many-failures", &*first), ("both", &*second), ("three-of-a-kind", &*second)];
        assert_eq!(told, expected, "{options}");
        let over = &alerts[2];
        assert_eq!(over["title"], "d1: both");
        assert_eq!(over["group"], serde_json::json!({ "device.id": "d1", "user.id": "u" }));
        assert_eq!(over["values"], serde_json::json!({ "rules": ["both", "many-failures"], "last": 80 }));
        // The alerts that it rests on, by their lines in the output.
        let events: Vec<(&str, u64)> = over["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["source"].as_str().unwrap(), e["line"].as_u64().unwrap()))
            .collect();
        assert_eq!(events, [("alerts", 1), ("alerts", 2)]);
    }
}

#[test]
fn alerts_of_other_tools_come_as_events() {
    let made = Try::pack();
    made.write(
        "p/schema/alerts.yaml",
        "fields:
  alert.rule: { type: string, values: [edr], about: rule }
  alert.severity: { type: string, about: how bad }
  alert.confidence: { type: integer, about: how sure }
  alert.title: { type: string, about: a line }
sources:
  alerts:
    about: alerts
    fields: { alert.rule: required, alert.severity: optional, alert.confidence: optional, alert.title: optional, device.id: optional, user.id: optional }
",
    );
    made.write("p/auth/three-of-a-kind.yaml", OVER.replace("by: [device.id, user.id]", "by: [device.id]"));
    let edr = format!(
        r#"{{"source":"alerts","time":{},"alert":{{"rule":"edr","severity":"low"}},"device":{{"id":"d1"}}}}"#,
        START + 30_000
    );
    made.write("e.jsonl", format!("{}{edr}\n{}", lines(&[0]), lines(&[60, 120])));
    let done = made.run("run --rules p --events e.jsonl").exits(0);
    let rules: Vec<String> = done
        .out
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["rule"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(rules, ["many-failures", "three-of-a-kind"]);
}
