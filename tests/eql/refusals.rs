//! What EQL cannot say, each at its place, all at once.

use super::kit::{compile, compile_with, refused};

const EVENTS: &str = "events:
  timer: { source: mobile.timer_event, where: timer.kind == \"alarm\" }
  service: { source: mobile.service_start, where: service.foreground }
  touch: { source: mobile.user_interaction }
";

fn codes(rest: &str) -> Vec<(String, String)> {
    refused(&format!("{EVENTS}{rest}"))
}

fn code(rest: &str) -> Vec<String> {
    codes(rest).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn all_refusals_of_a_rule_come_at_once() {
    let found = refused(
        "events:
  s: { source: mobile.network_session, where: network.bytes_out > network.bytes_in and network.bytes_out * 2 > 5 and length(app.version) > 3 }
detect: { threshold: { of: s, by: device.id, within: 1h, having: sum(network.bytes_out) > 5MB } }",
    );
    let codes: Vec<_> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes.iter().filter(|c| **c == "R1140").count(), 1, "{found:?}");
    let alone = refused(
        "events:
  s: { source: mobile.network_session, where: network.bytes_out > network.bytes_in and network.bytes_out * 2 > 5 and length(app.version) > 3 }
detect: { match: s }",
    );
    let said = [
        ("R1141", "network.bytes_out > network.bytes_in"),
        ("R1142", "network.bytes_out * 2"),
        ("R1142", "length(app.version)"),
    ];
    assert_eq!(alone, said.map(|(code, at)| (code.to_owned(), at.to_owned())));
}

#[test]
fn analytics_without_a_counterpart() {
    for analytic in [
        "together: { of: [timer, service], by: device.id, within: 1h }",
        "evidence: { of: { timer: { weight: 20 }, service: { weight: 30 } }, by: device.id, within: 1h, alert_at: 40 }",
        "threshold: { of: timer, by: device.id, within: 1h, having: count() == 3 }",
        "threshold: { of: timer, by: device.id, within: 1h, window: tumbling, having: count() >= 3 }",
        "sequence: { by: device.id, within: 1h, steps: [timer, service, {absent: touch}, timer] }",
        "sequence: { by: device.id, within: 1h, steps: [{absent: touch, within: 1m}, timer, service] }",
    ] {
        let found = code(&format!("detect: {{ {analytic} }}"));
        assert!(!found.is_empty() && found.iter().all(|c| c == "R1140"), "{analytic}: {found:?}");
    }
}

#[test]
fn a_confidence_that_decides_is_refused_where_it_is_written() {
    let found = codes(
        "detect: { match: timer }\nconfidence: { base: 20, alert_at: 40, raise: [{ when: device.supervised, by: 30, because: ours }] }",
    );
    assert_eq!(found[0].0, "R1153");
}

#[test]
fn an_absence_needs_one_tiebreaker() {
    let own = "default:
  table: x
  time: \"@timestamp\"
  column: \"{field}\"
  types: { duration: { as: integer, unit: ms } }
sources:
  mobile.timer_event: { fields: { event.seq: other } }
";
    let rule = format!(
        "{EVENTS}detect: {{ sequence: {{ by: device.id, within: 1h, steps: [timer, {{absent: touch}}, service] }} }}"
    );
    let found = compile_with(&rule, None, Some(own)).unwrap_err();
    assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["R1148"]);
    let rule = format!("{EVENTS}detect: {{ sequence: {{ by: device.id, within: 1h, steps: [timer, service] }} }}");
    let query = compile_with(&rule, None, Some(own)).unwrap();
    assert!(query.assumptions.iter().any(|a| a == "ties-without-tiebreaker"));
}

#[test]
fn a_computed_key_cannot_join() {
    let found = refused(
        "let: { peer: \"coalesce(destination.domain, string(destination.ip))\" }
events:
  s: { source: mobile.network_session }
detect: { threshold: { of: s, by: [device.id, peer], within: 1h, having: count() >= 3 } }",
    );
    assert!(found.iter().any(|(code, _)| code == "R1149"), "{found:?}");
}

#[test]
fn what_the_mapping_does_not_name_is_an_error_where_the_rule_uses_it() {
    let own = "sources:\n  mobile.timer_event: { table: x, time: t, fields: { device.id: d } }\n";
    let found = compile_with(&format!("{EVENTS}detect: {{ any: [timer, touch] }}"), None, Some(own)).unwrap_err();
    let said: Vec<_> = found.iter().map(|(code, at, _)| (code.as_str(), at.as_str())).collect();
    assert!(said.contains(&("E1114", "timer.kind")), "{said:?}");
    assert!(said.iter().any(|(code, _)| *code == "E1113"), "{said:?}");
}

#[test]
fn a_context_cannot_be_asked() {
    let rest = "context: { idle: { none: touch, by: device.id, within: 10m } }
signals: { quiet: { match: timer, where: idle } }
detect: { sequence: { by: device.id, within: 5s, steps: [quiet, service] } }";
    assert_eq!(code(rest), ["R1143"]);
    // In a confidence that decides nothing it is only a reason that is not given.
    let rest = "context: { idle: { none: touch, by: device.id, within: 10m } }
detect: { match: timer }
confidence: { base: 50, raise: [{ when: idle, by: 20, because: nobody was there }] }";
    assert!(compile(&format!("{EVENTS}{rest}")).is_ok());
}

#[test]
fn an_exception_on_a_threshold_s_events_would_change_the_count() {
    let rest = |when: &str| {
        format!(
            "detect: {{ threshold: {{ of: timer, by: [device.id, app.bundle_id], within: 1h, having: count() >= 3 }} }}
exceptions: [{{ name: e, when: '{when}', owner: o, reason: r, expires: 2099-01-01 }}]"
        )
    };
    assert!(code(&rest("timer.id == \"x\"")).contains(&"R1151".to_owned()));
}

#[test]
fn times_that_no_request_orders_by_are_refused() {
    let own = |time: &str| {
        format!(
            "default: {{ table: x, select: {{ kind: \"{{source}}\" }}, time: t, column: \"{{field}}\" }}
sources:
  mobile.service_start: {{ time: {time} }}
"
        )
    };
    let rule = format!("{EVENTS}detect: {{ sequence: {{ by: device.id, within: 1h, steps: [timer, service] }} }}");
    let refused = |time: &str| compile_with(&rule, None, Some(&own(time))).err().unwrap_or_default();
    assert_eq!(refused("t"), []);
    let found = refused("u");
    assert_eq!(found[0].0, "R1145");
    assert!(found[0].1 == "service" && found[0].2.contains("`t`, `u`"), "{found:?}");
    assert_eq!(refused("{ column: t, unit: ms }")[0].0, "R1145");
}
