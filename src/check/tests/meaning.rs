use super::{Checked, bad, checked, good};
use crate::ir::{Analytic, ExprKind, Leaf, StreamRef, Window};

const THRESHOLD: &str = "
params: { p: { default: 1h, min: 1m, about: window } }
let: { port.text: string(destination.port) }
scope: exists(destination.port)
events:
  all: { source: session }
  tls: { of: all, where: network.protocol == \"tls\" }
  touched: { source: touch }
context:
  busy: { some: touched, by: [device.id], within: 10m }
signals:
  many:
    threshold:
      of: tls
      where: not busy
      by: [device.id, destination.port]
      within: $p
      fires: rise
      measures: { n: count() }
      having: n >= 3 and sum(net.bytes where net.bytes > 0) > 1kB
detect: many
confidence: { base: 40, raise: [ { when: any(busy), by: 20, because: \"busy for $p\" } ], levels: { high: 50 } }
alert: { title: \"{{app.id}} on {{port.text}}\", details: { n: n, ports: \"values(destination.port, 3)\" }, entities: { device: device.id } }
";

#[test]
fn a_threshold_becomes_its_typed_rule() {
    let rule = good(THRESHOLD);
    let names: Vec<&str> = rule.events.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["tls", "touched"]);
    let Analytic::Threshold { keys, window, measures, .. } = &rule.signals[0].analytic else { panic!() };
    assert_eq!(*window, Window::Sliding { within: 3_600_000, rise: true });
    assert_eq!(keys.0.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), ["device.id", "destination.port"]);
    // The scope says that the port exists, so the key is never missing.
    assert!(!keys.0[1].by_source[0].1.nullable);
    assert_eq!(measures.len(), 2);
    let ExprKind::And(conjuncts) = &rule.events[0].filter.as_ref().unwrap().kind else { panic!() };
    assert_eq!(conjuncts.len(), 2);
    assert!(rule.events[1].filter.is_none(), "the scope does not hold for what only contexts read");
    assert_eq!(rule.schedule.every, 600_000);
    assert_eq!(rule.alert.once_per.as_ref().unwrap().every, 21_600_000);
    assert_eq!(rule.tier.reachable, Some(60));
    assert_eq!(rule.confidence.unwrap().raise[0].because.as_ref().unwrap().0.len(), 1);
}

#[test]
fn an_event_as_detect_is_a_match_of_its_own() {
    let rule = good("events: { a: { source: session } }\ndetect: a\n");
    assert_eq!(rule.signals[0].name, "detect");
    assert!(
        matches!(&rule.signals[0].analytic, Analytic::Match { of, .. } if of.stream == StreamRef::Event(crate::ir::EventId(0)))
    );
}

#[test]
fn a_sequence_unrolls_repeats_and_places_its_absences() {
    let rule = good(
        "events: { a: { source: session }, b: { source: touch }, c: { source: proxy } }
detect:
  sequence:
    by: [ { who: [device.id, host.id] } ]
    within: 10m
    until: c
    steps:
      - { absent: b, within: 5m }
      - { event: a, repeat: 3 }
      - { absent: c }
      - b
      - { absent: a, within: 1m }
",
    );
    let Analytic::Sequence(sequence) = &rule.signals[0].analytic else { panic!() };
    assert_eq!(sequence.steps.iter().map(|s| s.written).collect::<Vec<_>>(), [1, 1, 1, 3]);
    assert_eq!(sequence.steps.iter().map(|s| s.absent_before.len()).collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(sequence.absent_first.as_ref().map(|a| a.within), Some(300_000));
    assert_eq!(sequence.absent_last.as_ref().map(|a| a.within), Some(60_000));
    assert_eq!(sequence.until.as_ref().unwrap().keys.0[0].name, "who");
}

#[test]
fn conjuncts_narrow_those_after_them_and_alternatives_do_not() {
    let rule =
        good("events: { a: { source: session, where: 'exists(net.bytes) and not (net.bytes == 3)' } }\ndetect: a\n");
    let ExprKind::And(all) = &rule.events[0].filter.as_ref().unwrap().kind else { panic!() };
    let field = |e: &crate::ir::Expr| {
        let mut found = None;
        e.visit(&mut |e| {
            if matches!(e.kind, ExprKind::Leaf(Leaf::Field(_))) {
                found = Some(e.nullable);
            }
        });
        found.unwrap()
    };
    assert!(field(&all[0]) && !field(&all[1]));
    let rule =
        good("events: { a: { source: session, where: 'exists(net.bytes) or not (net.bytes == 3)' } }\ndetect: a\n");
    let ExprKind::Or(all) = &rule.events[0].filter.as_ref().unwrap().kind else { panic!() };
    assert!(field(&all[1]));
}

/// Each condition with what is said about it.
#[test]
fn conditions_that_mean_nothing_say_why() {
    let mut report = String::new();
    for condition in [
        "network.protocl == \"tls\"",
        "network.protocol == \"tsl\"",
        "app.id == \"Com.Acme\"",
        "app.id < \"b\"",
        "app.id =~ \"ü\"",
        "net.bytes =~ 3",
        "net.bytes == \"3\"",
        "session.duration > 30",
        "destination.ip in \"10.0.0.1/8\"",
        "destination.ip in [\"10.0.0.0/33\", \"10.0.0.0/8\"]",
        "destination.ip == \"10.0.0\"",
        "app.id == \"\"",
        "app.id matches \"(?=a)b\"",
        "app.id matches \"\\\\bword\"",
        "app.id matches \"(a)\\\\1\"",
        "tags == \"a\"",
        "tags",
        "any(app.id, it == \"a\")",
        "lower(3) == \"a\"",
        "substring(app.id) == \"a\"",
        "lenght(app.id) > 3",
        "hour_of_day(time, \"Europe/Berln\") > 3",
        "apps[app.id, app.id].role == \"x\"",
        "apps[app.id].rol == \"x\"",
        "apps[destination.port].role == \"x\"",
        "busy",
        "count() > 3",
        "state == \"x\"",
        "net.bytes > 10 and net.bytes < 11",
        "network.protocol == \"tls\" and network.protocol == \"http\"",
        "net.bytes in []",
        "net.bytes in [1, \"a\"]",
        "net.bytes / 0 > 3",
        "all(busy)",
        "it == 3",
        "touched",
        "$q > 3",
        "app.id + \"x\" == \"y\"",
        "(net.bytes, app.id) in ports",
    ] {
        let body = format!(
            "events:\n  a:\n    source: session\n    where: |\n      {condition}\n  touched: {{ source: touch }}\ncontext: {{ busy: {{ some: touched, by: [device.id], within: 1m }} }}\ndetect: {{ match: a, where: busy }}\n"
        );
        report.push_str(&format!("{condition}\n  {}\n", bad(&body).replace('\n', "\n  ")));
    }
    assert!(!report.contains("NO ERROR"), "{report}");
    insta::assert_snapshot!(report);
}

/// Each rule's parts with what is said about them.
#[test]
fn analytics_that_mean_nothing_say_why() {
    let mut report = String::new();
    let events = "events: { a: { source: session }, b: { source: touch }, c: { source: proxy } }\n";
    for body in [
        "detect: d\n",
        "detect: { threshold: { of: a, within: 1h, having: count() < 1 } }\n",
        "detect: { threshold: { of: a, within: 1h, having: count() >= 5 and count() < 3 } }\n",
        "detect: { threshold: { of: a, within: 0m, window: tumbling, having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: -1h, having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, window: { every: 25m }, having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, window: tumbling, fires: rise, having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, having: net.bytes >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, by: [tags], having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, by: [host.id], having: count() >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, having: 'percentile(net.bytes, 0) >= 5' } }\n",
        "detect: { threshold: { of: a, within: 1h, having: sum(app.id) >= 5 } }\n",
        "detect: { threshold: { of: a, within: 1h, measures: { state: count() }, having: state >= 5 } }\n",
        "detect: { together: { of: [a, b], within: 1h, at_least: 3 } }\n",
        "detect: { together: { of: [a, a], within: 1h } }\n",
        "detect: { together: { of: [a, c], within: 1h, by: [app.id] } }\n",
        "detect: { evidence: { of: { a: { weight: 10 }, b: { weight: 20 } }, within: 1h, alert_at: 40 } }\n",
        "detect: { evidence: { of: { a: { weight: 10 } }, within: 1h, alert_at: 10 } }\nconfidence: { base: 10, alert_at: 20 }\n",
        "detect: { sequence: { steps: [a], within: 1h } }\n",
        "detect: { sequence: { steps: [a, { event: b, repeat: 33 }], within: 1h } }\n",
        "detect: { sequence: { steps: [a, { absent: b }], within: 1h } }\n",
        "detect: { sequence: { steps: [{ event: a, by: [device.id] }, { event: b }], within: 1h } }\n",
        "detect: { sequence: { steps: [a, { absent: c }, b], by: [device.platform, app.id], within: 1h } }\n",
        "signals: { x: { match: y }, y: { match: x } }\ndetect: x\n",
        "detect: a\nconfidence: { base: 10, alert_at: 20 }\n",
        "detect: a\nconfidence: { base: 50, levels: { high: 20, low: 30 } }\n",
        "detect: a\nalert: { title: '{{app.idd}} $x {{'}\n",
        "detect: a\ncontext: { n: { none: a, within: 7d, known: 1d } }\n",
        "detect: { match: a, where: n }\ncontext: { n: { last: c, value: host.id, by: [device.platform], within: 7d } }\n",
        "detect: a\nexceptions: [ { name: e, when: app.id == \"x\", owner: o, reason: r, expires: 2025-01-01 } ]\n",
        "detect: a\nexceptions: [ { name: e, when: app.id == \"x\", owner: o, reason: r, expires: soon } ]\n",
        "detect: a\nparams: { p: { default: 1h, max: 30m, about: x }, q: { default: [1, 1h], about: y } }\n",
        "detect: a\nlet: { x: y, y: x, device.id: net.bytes }\n",
        "detect: a\nconfidence: { base: 1, raise: [ { when: matched(b), by: 3 } ] }\n",
    ] {
        report.push_str(&format!("{body}  {}\n", bad(&format!("{events}{body}")).replace('\n', "\n  ")));
    }
    assert!(!report.contains("NO ERROR"), "{report}");
    insta::assert_snapshot!(report);
}

#[test]
fn lints_say_what_is_likely_not_meant() {
    let mut report = String::new();
    let events = "events: { a: { source: session }, b: { source: touch } }\n";
    for body in [
        "detect: a\nsignals: { s: { match: b } }\nlet: { l: net.bytes }\nparams: { p: { default: 1h } }\ncontext: { c: { none: b, within: 1h } }\n",
        "events: { a: { source: session, where: not destination.port in nothing } }\ndetect: a\n",
        "events: { a: { source: session, where: 'not (app.id, destination.port) in ports' } }\ndetect: a\n",
        "events: { a: { source: session, where: 'exists(destination.port) and not (app.id, destination.port) in ports' } }\ndetect: a\n",
        "detect: { any: [a, b] }\nconfidence: { base: 50, levels: { high: 60 } }\n",
        "detect: { evidence: { of: { a: { weight: 10 }, b: { weight: 20 } }, within: 1h, alert_at: 5 } }\n",
        "detect: { any: [a, b] }\nexceptions: [ { name: e, when: device.id == \"x\", owner: o, reason: r, expires: 2026-03-01 } ]\n",
        "detect: { any: [a, b] }\nexceptions: [ { when: device.id == \"x\", on: event } ]\n",
    ] {
        let text = if body.starts_with("events") { body.to_owned() } else { format!("{events}{body}") };
        report.push_str(&format!("{body}  {}\n", checked(&text, "prod").1.replace('\n', "\n  ")));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn an_environment_sets_parameters_within_their_bounds() {
    let (Checked::Rule(rule), _) = checked(THRESHOLD, "tuned") else { panic!() };
    assert!(rule.params[0].overridden);
    assert_eq!(rule.params[0].text, "2h");
    let Analytic::Threshold { window: Window::Sliding { within, .. }, .. } = &rule.signals[0].analytic else {
        panic!()
    };
    assert_eq!(*within, 7_200_000);
    let (_, found) = checked(THRESHOLD, "mistuned");
    assert!(found.contains("E0617 `10s` `p` must be at least `1m`, not `10s`"), "{found}");
    assert!(found.contains("E0512 `q` the rule `r` has no parameter `q`"), "{found}");
}
