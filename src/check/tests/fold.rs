use super::{Checked, checked, good_in};
use crate::ir::{Analytic, ExprKind};
use crate::value::Value;

const TIERS: &str = "
events:
  net: { source: session }
  state: { source: app.state, where: state == \"background\" }
  touched: { source: touch }
context:
  idle: { none: touched, by: [device.id], within: 10m }
  in_front: { last: state, value: state, by: [device.id, app.id], within: 12h }
signals:
  direct: { sequence: { steps: [state, net], by: [device.id, app.id], within: 5m } }
  indirect: { match: net }
detect: { any: [direct, indirect] }
confidence:
  base: 30
  raise:
    - { when: matched(direct), by: 30 }
    - { when: idle, by: 20 }
    - { when: 'not (in_front == \"front\")', by: 10 }
";

#[test]
fn what_an_environment_lacks_is_unknown_and_lowers_what_can_be_reached() {
    let whole = good_in(TIERS, "prod");
    assert_eq!(whole.tier.reachable, Some(90));
    assert!(whole.tier.missing_sources.is_empty());
    let rule = good_in(TIERS, "lab");
    assert_eq!(rule.tier.missing_sources, ["app.state"]);
    assert_eq!(rule.tier.lost_signals, ["direct"]);
    assert_eq!(rule.tier.lost_contexts, ["in_front"]);
    assert_eq!(rule.tier.reachable, Some(60));
    assert_eq!(rule.events.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["net", "touched"]);
    assert_eq!(rule.signals.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["indirect", "detect"]);
    let raises = &rule.confidence.as_ref().unwrap().raise;
    assert_eq!(raises.len(), 2, "the raise on a lost stream is gone");
    assert!(matches!(&raises[1].when.kind, ExprKind::Const(v) if v.is_true()), "a negation of what is missing holds");
    let Analytic::Any { of, .. } = &rule.signals[1].analytic else { panic!() };
    assert_eq!(of.len(), 1);
}

#[test]
fn a_rule_that_cannot_fire_says_so_and_one_that_requires_more_is_left_out() {
    let body = "events: { s: { source: app.state }, n: { source: session } }
detect: { sequence: { steps: [s, n], within: 5m, by: [device.id] } }\n";
    let (found, text) = checked(body, "lab");
    assert!(matches!(found, Checked::Invalid), "{text}");
    assert!(text.contains("E0715"), "{text}");
    let (found, _) = checked(&format!("requires: [app.state]\n{body}"), "lab");
    assert!(matches!(found, Checked::NotDeployed { missing } if missing == ["app.state"]));
}

#[test]
fn an_until_over_a_missing_source_is_refused_unless_the_rule_says_otherwise() {
    let body = "events: { n: { source: session }, t: { source: touch } }
detect: { sequence: { steps: [n, n], within: 5m, by: [device.id], until: t } }\n";
    let (found, text) = checked(body, "touchless");
    assert!(matches!(found, Checked::Invalid) && text.contains("E0716"), "{text}");
    let rule = good_in(&format!("if_unavailable: ignore\n{body}"), "touchless");
    let Analytic::Sequence(sequence) = &rule.signals[0].analytic else { panic!() };
    assert!(sequence.until.is_none());
    assert_eq!(rule.events.len(), 1);
}

#[test]
fn an_absence_over_a_missing_source_is_impossible() {
    let body = "events: { n: { source: session }, t: { source: touch } }
detect: { sequence: { steps: [n, { absent: t, within: 1m }], within: 5m, by: [device.id] } }\n";
    let (found, text) = checked(body, "touchless");
    assert!(matches!(found, Checked::Invalid) && text.contains("E0715"), "{text}");
}

#[test]
fn a_field_that_one_source_lacks_is_missing_there() {
    let body = "events: { n: { source: session, where: 'net.bytes > 3 or destination.port == 443' } }\ndetect: n\n";
    let rule = good_in(body, "portless");
    assert!(matches!(rule.events[0].filter.as_ref().unwrap().kind, ExprKind::Compare { .. }));
    assert_eq!(rule.tier.missing_sources, ["destination.port"]);
}

#[test]
fn together_and_evidence_lose_streams_until_too_few_are_left() {
    let body = |at_least: u32| {
        format!(
            "events: {{ n: {{ source: session }}, t: {{ source: touch }}, p: {{ source: app.state }} }}
detect: {{ together: {{ of: [n, t, p], within: 5m, by: [device.id], at_least: {at_least} }} }}\n"
        )
    };
    let rule = good_in(&body(2), "touchless");
    assert!(matches!(&rule.signals[0].analytic, Analytic::Together { of, at_least: 2, .. } if of.len() == 2));
    assert!(checked(&body(3), "touchless").1.contains("E0715"));
    let evidence = |alert_at: u32| {
        format!(
            "events: {{ n: {{ source: session }}, t: {{ source: touch }} }}
detect: {{ evidence: {{ of: {{ n: {{ weight: 30 }}, t: {{ weight: 30 }} }}, within: 5m, by: [device.id], alert_at: {alert_at} }} }}\n"
        )
    };
    assert_eq!(good_in(&evidence(30), "touchless").tier.reachable, Some(30));
    assert!(checked(&evidence(31), "touchless").1.contains("E0715"));
}

#[test]
fn a_field_that_one_source_lacks_is_no_key_of_its_groups_and_meets_no_condition_there() {
    let body = |of_session: &str| {
        format!(
            "let: {{ os: lower(device.platform), family: 'coalesce(device.platform, \"other\")' }}
events: {{ n: {{ source: session }}, t: {{ source: touch }} }}
signals:
  s: {of_session}
  t1: {{ threshold: {{ of: t, by: [device.platform], within: 1h, having: count() > 3 }} }}
detect: {{ any: [s, t1] }}\n"
        )
    };
    let lost = [
        "{ threshold: { of: n, by: [device.platform], within: 1h, having: count() > 3 } }",
        "{ threshold: { of: n, by: [os], within: 1h, having: count() > 3 } }",
        "{ match: n, where: device.platform == \"ios\" }",
        "{ baseline: { of: n, by: [device.id, os], measure: count(), per: 1h, history: 2d, having: samples > 3 and zscore > 3 } }",
        "{ novelty: { of: n, by: [device.id], value: [app.id, device.platform], history: 2d, learn: 1d } }",
        "{ sequence: { steps: [t, n], by: [device.platform], within: 1h } }",
        "{ sequence: { steps: [t, { absent: n }, t], by: [device.platform], within: 1h } }",
        "{ together: { of: [n, t], by: [os], within: 1h } }",
    ];
    for signal in lost {
        let rule = good_in(&body(signal), "blind");
        assert_eq!(rule.tier.lost_signals, ["s"], "{signal}");
        assert_eq!(rule.tier.missing_sources, ["session.device.platform"], "{signal}");
    }
    let kept = [
        "{ match: n, where: not (device.platform == \"ios\") }",
        "{ threshold: { of: n, by: [family], within: 1h, having: count() > 3 } }",
        "{ together: { of: [n, t], by: [os], within: 1h, at_least: 1 } }",
    ];
    for signal in kept {
        assert!(good_in(&body(signal), "blind").tier.lost_signals.is_empty(), "{signal}");
    }
}

#[test]
fn an_until_whose_group_cannot_be_seen_is_refused() {
    let body = "events: { n: { source: session }, t: { source: touch } }
detect: { sequence: { steps: [t, t], within: 5m, by: [device.platform], until: n } }\n";
    let (found, text) = checked(body, "blind");
    assert!(matches!(found, Checked::Invalid) && text.contains("E0716"), "{text}");
}

/// A rule that one platform's events cannot make fire, however it says so.
#[test]
fn a_rule_fires_where_its_conditions_leave_something_to_fire() {
    let fires = |body: &str| {
        let rule = good_in(body, "prod");
        let field = rule.schema.field("device.platform").unwrap();
        ["ios", "android"].map(|name| crate::check::fold::fires_where(&rule, field, &Value::string(name)))
    };
    let net = |of: &str| format!("{{ source: session, where: {of:?} }}");
    for (condition, on) in [
        ("net.bytes > 5", [true, true]),
        ("device.platform == \"ios\"", [true, false]),
        ("device.platform != \"android\" and net.bytes > 5", [true, false]),
        ("not (device.platform in [\"ios\", \"android\"])", [false, false]),
        ("device.platform in $both", [true, true]),
        ("device.platform == \"ios\" or net.bytes > 5", [true, true]),
        ("ours", [false, true]),
        ("exists(device.platform)", [true, true]),
        ("device.platform startswith \"i\"", [true, true]),
    ] {
        let body = format!(
            "params: {{ both: {{ default: [\"ios\", \"android\"], about: all }} }}
let: {{ ours: 'net.bytes > 5 and device.platform == \"android\"' }}
events: {{ n: {} }}\ndetect: {{ match: n }}\n",
            net(condition)
        );
        assert_eq!(fires(&body), on, "{condition}");
    }
    // The other stream's weight does not reach.
    let body = "events:
  n: { source: session, where: device.platform == \"ios\" }
  s: { source: app.state }
detect: { evidence: { of: { n: { weight: 40 }, s: { weight: 40 } }, by: [device.id], within: 5m, alert_at: 60 } }\n";
    assert_eq!(fires(body), [true, false]);
    // Nor does the confidence, without what raises it.
    let body = "events:
  n: { source: session, where: device.platform == \"ios\" }
  s: { source: app.state }
detect: { any: [n, s] }
confidence: { base: 30, alert_at: 50, raise: [{ when: matched(n), by: 30 }] }\n";
    assert_eq!(fires(body), [true, false]);
}
