//! What conditions become, and that the parser reads each.

use super::kit::{condition, parsed};

/// A condition of a rule, and what it becomes.
const SAID: &[(&str, &str)] = &[
    // Missing fields: false under a comparison, true under its negation, in both languages. No guard.
    ("network.protocol == \"tls\"", "?network.protocol == \"tls\""),
    ("network.protocol != \"tls\"", "?network.protocol != \"tls\""),
    ("not exists(network.protocol)", "?network.protocol == null"),
    ("exists(network.protocol)", "?network.protocol != null"),
    ("not device.supervised", "?device.supervised != true"),
    ("device.supervised", "?device.supervised == true"),
    // A required field needs no `?`, and always exists.
    ("network.direction == \"outbound\"", "network.direction == \"outbound\""),
    // Case.
    ("app.version =~ \"a\"", "?app.version in~ (\"a\")"),
    ("app.version !~ \"a\"", "?app.version not in~ (\"a\")"),
    ("app.version in~ [\"a\", \"B\"]", "?app.version in~ (\"a\", \"B\")"),
    ("app.version not in [\"a\", \"b\"]", "?app.version not in (\"a\", \"b\")"),
    ("lower(app.version) == \"a\"", "?app.version in~ (\"a\")"),
    // `*` and `?` as text have no escape in `like`.
    ("app.version contains \"a\"", "?app.version like \"*a*\""),
    ("app.version startswith~ \"a\"", "?app.version like~ \"a*\""),
    ("app.version not endswith \"a\"", "not (?app.version like \"*a\")"),
    ("app.version contains \"a*b\"", "?app.version regex \".*a\\\\*b.*\""),
    ("app.version contains~ \"a?\"", "?app.version regex~ \".*a\\\\?.*\""),
    ("app.version like r\"C:\\*\"", "?app.version like \"C:\\\\*\""),
    ("app.version matches r\"^v\\d+$\"", "?app.version regex \"v[0-9]+\""),
    ("app.version matches~ \"ab\"", "?app.version regex \".*[Aa][Bb].*\""),
    // Mixed operators stand in parentheses.
    (
        "app.version == \"a\" or (app.version == \"b\" and network.bytes_out > 5MB)",
        "(?app.version == \"a\" or (?app.version == \"b\" and ?network.bytes_out > 5000000))",
    ),
    // Units: the column is in milliseconds.
    ("session.duration >= 30m", "?session.duration >= 1800000"),
    ("session.duration between (1s, 2s)", "?session.duration >= 1000 and ?session.duration <= 2000"),
    ("destination.port in [443, 8443]", "?destination.port in (443, 8443)"),
    // Addresses: an IPv6 network holds no IPv4 address, though Elasticsearch keeps one as the other.
    ("destination.ip in \"10.0.0.0/8\"", "cidrMatch(?destination.ip, \"10.0.0.0/8\")"),
    (
        "destination.ip in \"::/0\"",
        "cidrMatch(?destination.ip, \"::/0\") and not (?destination.ip != null and cidrMatch(?destination.ip, \"0.0.0.0/0\"))",
    ),
    // Computed values are split into cases.
    (
        "coalesce(destination.domain, tls.server_name) == \"x.org\"",
        "(?destination.domain == \"x.org\" or (?destination.domain == null and ?tls.server_name == \"x.org\"))",
    ),
    (
        "if(device.supervised, app.version, network.interface) == \"vpn\"",
        "((?device.supervised == true and ?app.version == \"vpn\") or (?device.supervised != true and ?network.interface == \"vpn\"))",
    ),
    // Lookups are written out; the longest suffix and the narrowest network decide.
    ("roles[app.bundle_id].role == \"business\"", "?app.bundle_id in (\"com.acme.crm\", \"com.x\")"),
    ("not (app.bundle_id in roles)", "?app.bundle_id not in (\"com.acme.crm\", \"com.acme.chat\", \"com.x\")"),
    ("not roles[app.bundle_id].managed", "?app.bundle_id not in (\"com.acme.crm\", \"com.acme.chat\")"),
    (
        "(roles[app.bundle_id].role, destination.port) in ports",
        "((?app.bundle_id in (\"com.acme.crm\", \"com.x\") and ?destination.port in (443, 8443)) or (?app.bundle_id == \"com.acme.chat\" and ?destination.port == 5223))",
    ),
    (
        "services[destination.domain].kind == \"cloud\"",
        "(((?destination.domain in~ (\"example.com\") or ?destination.domain like~ \"*.example.com\") and not (?destination.domain in~ (\"evil.example.com\") or ?destination.domain like~ \"*.evil.example.com\")) or ?destination.domain in~ (\"plain.org\") or ?destination.domain like~ \"*.plain.org\")",
    ),
    (
        "nets[destination.ip].zone == \"corp\"",
        "cidrMatch(?destination.ip, \"10.0.0.0/8\") and not (?destination.ip != null and cidrMatch(?destination.ip, \"10.9.0.0/16\"))",
    ),
];

#[test]
fn each_condition_says_what_the_rule_says_and_the_parser_reads_it() {
    let mut wrong = Vec::new();
    let mut texts = Vec::new();
    for (filter, expected) in SAID {
        let found = condition(filter);
        texts.push(format!("any where {found}"));
        if found != *expected {
            wrong.push(format!("{filter}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    parsed(&texts);
}

#[test]
fn numbers_have_forms_that_the_parser_reads() {
    let rule = |filter: &str| {
        let rule =
            format!("events:\n  s: {{ source: mobile.device_state, where: {filter} }}\ndetect: {{ match: s }}\n");
        super::kit::body(&super::kit::compile(&rule).unwrap())
    };
    let said = [
        "device.battery > 1.5",
        "device.battery < 0.0000001",
        "device.battery > -20",
        "device.battery < 100000000000000000000.0",
    ];
    let texts: Vec<String> = said.iter().map(|filter| rule(filter)).collect();
    let behind: Vec<_> = texts.iter().map(|t| t.rsplit_once(' ').unwrap().1).collect();
    assert_eq!(behind, ["1.5", "1.0e-7", "-20", "1.0e20"]);
    parsed(&texts);
}

#[test]
fn an_element_of_a_list_is_asked_one_question() {
    let rule = |filter: &str| {
        format!("events:\n  s:\n    source: mobile.job_event\n    where: |\n      {filter}\ndetect: {{ match: s }}\n")
    };
    let said = |filter: &str| super::kit::body(&super::kit::compile(&rule(filter)).unwrap()).replace("\n  ", " ");
    let one = "any where event.dataset == \"mobile.job_event\" and ";
    let tests = [
        ("\"idle\" in schedule.constraints", "?schedule.constraints == \"idle\""),
        (
            "any(schedule.constraints, it in [\"idle\", \"charging\"])",
            "?schedule.constraints in (\"idle\", \"charging\")",
        ),
        ("not any(schedule.constraints, it startswith \"un\")", "not (?schedule.constraints like \"un*\")"),
        ("exists(schedule.constraints)", "?schedule.constraints != null"),
    ];
    let texts: Vec<String> = tests.iter().map(|(filter, _)| said(filter)).collect();
    for ((filter, expected), found) in tests.iter().zip(&texts) {
        assert_eq!(found, &format!("{one}{expected}"), "{filter}");
    }
    parsed(&texts);
    for filter in [
        "any(schedule.constraints, it startswith \"a\" and it endswith \"b\")",
        "any(schedule.constraints, it != \"idle\")",
    ] {
        assert_eq!(super::kit::refused(&rule(filter))[0].0, "R1144", "{filter}");
    }
}
