//! Sequences, thresholds, and how close they are.

use super::kit::{Outcome, body, compile, parsed};
use siemc::backend::Fidelity;

const EVENTS: &str = "events:
  timer: { source: mobile.timer_event, where: timer.kind == \"alarm\" }
  service: { source: mobile.service_start, where: service.foreground }
  touch: { source: mobile.user_interaction }
  job: { source: mobile.job_event, where: job.action == \"created\" }
  run: { source: mobile.job_event, where: job.action == \"executed\" }
  stop: { source: mobile.job_event, where: job.action == \"cancelled\" }
  ended: { source: mobile.job_event, where: 'job.action in [\"finished\", \"executed\"]' }
";

const MISS: Fidelity = Fidelity::Approximate { may_miss: true, may_over_report: false };
const OVER: Fidelity = Fidelity::Approximate { may_miss: false, may_over_report: true };

fn rule(rest: &str) -> Outcome {
    compile(&format!("{EVENTS}{rest}"))
}

/// The rest of a rule, its text and its fidelity.
fn cases() -> Vec<(&'static str, &'static str, Fidelity)> {
    vec![
        (
            "detect: { sequence: { by: [device.id, app.bundle_id], within: 5s, steps: [timer, service] } }",
            "sequence by device.id, app.bundle_id with maxspan=5s\n  [any where event.dataset == \"mobile.timer_event\" and ?timer.kind == \"alarm\"]\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]",
            Fidelity::Exact,
        ),
        (
            "detect: { sequence: { by: device.id, within: 90s, steps: [timer, {absent: touch}, service], until: stop } }",
            "sequence by device.id with maxspan=90s\n  [any where event.dataset == \"mobile.timer_event\" and ?timer.kind == \"alarm\"]\n  ![any where event.dataset == \"mobile.user_interaction\"]\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]\nuntil [any where event.dataset == \"mobile.job_event\" and job.action == \"cancelled\"]",
            Fidelity::Exact,
        ),
        // A step between that may itself be the `until` event leaves those out; the first and the last step do not.
        (
            "detect: { sequence: { by: device.id, within: 1h, steps: [job, run, service], until: ended } }",
            "sequence by device.id with maxspan=1h\n  [any where event.dataset == \"mobile.job_event\" and job.action == \"created\"]\n  [any where event.dataset == \"mobile.job_event\"\n      and job.action == \"executed\"\n      and job.action not in (\"finished\", \"executed\")]\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]\nuntil [any where event.dataset == \"mobile.job_event\" and job.action in (\"finished\", \"executed\")]",
            Fidelity::Exact,
        ),
        (
            "detect: { sequence: { by: device.id, within: 1500ms, steps: [{event: timer, repeat: 3}, {any: [service, run]}] } }",
            "sequence by device.id with maxspan=1500ms\n  [any where event.dataset == \"mobile.timer_event\" and ?timer.kind == \"alarm\"] with runs=3\n  [any where (event.dataset == \"mobile.service_start\" and service.foreground == true)\n      or (event.dataset == \"mobile.job_event\" and job.action == \"executed\")]",
            Fidelity::Exact,
        ),
        (
            "detect: { sequence: { by: device.id, within: 1h, steps: [{absent: touch, within: 10m}, service] } }",
            "sequence by device.id with maxspan=10m\n  ![any where event.dataset == \"mobile.user_interaction\"]\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]",
            // A rule of Elastic does not read what has to be absent before the first events that it reads.
            OVER,
        ),
        (
            "detect: { sequence: { by: device.id, within: 1h, steps: [service, {absent: touch, within: 10m}] } }",
            "sequence by device.id with maxspan=10m\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]\n  ![any where event.dataset == \"mobile.user_interaction\"]",
            OVER,
        ),
        // A chain that the absence rules out takes an older one's place.
        (
            "detect: { sequence: { by: device.id, within: 1h, steps: [timer, {absent: touch}, service, run] } }",
            "sequence by device.id with maxspan=1h\n  [any where event.dataset == \"mobile.timer_event\" and ?timer.kind == \"alarm\"]\n  ![any where event.dataset == \"mobile.user_interaction\"]\n  [any where event.dataset == \"mobile.service_start\" and service.foreground == true]\n  [any where event.dataset == \"mobile.job_event\" and job.action == \"executed\"]",
            MISS,
        ),
        (
            "detect: { threshold: { of: timer, by: device.id, within: 1h, having: count() >= 3 } }",
            "sequence by device.id with maxspan=1h\n  [any where event.dataset == \"mobile.timer_event\" and ?timer.kind == \"alarm\"] with runs=3",
            Fidelity::SameGroups,
        ),
        ("detect: { match: touch }", "any where event.dataset == \"mobile.user_interaction\"", Fidelity::Exact),
        (
            "detect: { match: touch }\nalert: { once_per: 6h }",
            "any where event.dataset == \"mobile.user_interaction\"",
            Fidelity::SameGroups,
        ),
        // Hits of two kinds of groups share the keys of `once_per`, or have more keys than it.
        (
            "signals: { own: { match: touch, by: device.id } }\ndetect: { any: [own, stop] }\nalert: { once_per: { every: 6h, by: device.id } }",
            "any where event.dataset == \"mobile.user_interaction\"\n  or (event.dataset == \"mobile.job_event\" and job.action == \"cancelled\")",
            OVER,
        ),
        (
            "signals: { own: { match: touch, by: [device.id, app.bundle_id] } }\ndetect: { any: [own] }\nalert: { once_per: { every: 6h, by: device.id } }",
            "any where event.dataset == \"mobile.user_interaction\" and ?app.bundle_id != null",
            OVER,
        ),
        // The group's own keys, one of which an event may lack before it is a key.
        (
            "detect: { match: touch, by: app.bundle_id }\nalert: { once_per: { every: 6h, by: app.bundle_id } }",
            "any where event.dataset == \"mobile.user_interaction\" and ?app.bundle_id != null",
            Fidelity::SameGroups,
        ),
        (
            "detect: { any: [touch, stop] }",
            "any where event.dataset == \"mobile.user_interaction\"\n  or (event.dataset == \"mobile.job_event\" and job.action == \"cancelled\")",
            Fidelity::Exact,
        ),
        (
            "detect: { any: [run, stop] }",
            "any where (event.dataset == \"mobile.job_event\" and job.action == \"executed\")\n  or (event.dataset == \"mobile.job_event\" and job.action == \"cancelled\")",
            Fidelity::SameGroups,
        ),
        (
            "detect: { match: touch }\nconfidence: { base: 50, alert_at: 40, raise: [{ when: device.supervised, by: 20, because: it is ours }] }",
            "any where event.dataset == \"mobile.user_interaction\"",
            Fidelity::SameGroups,
        ),
    ]
}

#[test]
fn each_rule_becomes_its_text_and_the_parser_reads_it() {
    let mut wrong = Vec::new();
    let mut texts = Vec::new();
    for (rest, expected, fidelity) in cases() {
        let query = rule(rest).unwrap_or_else(|e| panic!("{rest}: {e:?}"));
        let found = body(&query);
        if (found.as_str(), query.fidelity) != (expected, fidelity) {
            wrong.push(format!("{rest}\n--- expected {fidelity}\n{expected}\n--- found {}\n{found}", query.fidelity));
        }
        assert_eq!(query.losses.is_empty(), query.fidelity == Fidelity::Exact, "{rest}");
        texts.push(query.text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    parsed(&texts);
}

#[test]
fn the_header_says_how_to_run_it() {
    let query = rule("detect: { sequence: { by: device.id, within: 2h, steps: [timer, service] } }").unwrap();
    let header: Vec<_> = query.text.lines().take_while(|l| l.starts_with("//")).collect();
    assert_eq!(header[1], "// fidelity: exact");
    assert_eq!(
        header[2],
        "// schedule: every 15m, delay 5m; `now` is a run's time, a multiple of 15m (Elastic advises an interval of at least half of maxspan, 1h)"
    );
    assert_eq!(
        header[3..9],
        [
            "// index: logs-mobile.timer_event-*,logs-mobile.service_start-*",
            "// timestamp_field: @timestamp",
            "// tiebreaker_field: event.seq",
            "// filter: {\"range\":{\"@timestamp\":{\"gt\":\"now-140m\",\"lte\":\"now-5m\"}}}",
            "// hits of a run: those whose last event has a @timestamp after now-20m, up to now-5m",
            "// in a rule of Elastic Security: interval 15m, from now-141m, to now-5m",
        ]
    );
    assert!(header[9].starts_with("// assumes: ") && header[9].contains("one-alert-of-one-hit") && header.len() == 10);
    assert_eq!(query.lookback, 7_200_000);
    assert!(query.assumptions.iter().any(|a| a == "ties-follow-the-rule"));
}
