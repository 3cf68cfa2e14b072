//! Lines that are events, and lines that are not.

use super::*;
use crate::eval::tests::kit::{at_least, field, matching, rule, stream, test_schema};
use crate::eval::text_of;
use crate::ir;
use crate::pack::schema::FieldId;
use std::collections::BTreeSet;

/// A rule that uses every field of source `s` that a test reads.
fn all_fields() -> Arc<Rule> {
    let mut rule = rule(&[(SourceId(0), "")], vec![matching(stream(0))]);
    let names = ["g", "k", "n", "x", "tags", "peer", "at", "took"];
    rule.alert.details = names.iter().map(|n| ((*n).to_owned(), field(n))).collect();
    Arc::new(rule)
}

/// Each line as the reader says it.
fn said(input: &[u8]) -> Vec<String> {
    let schema = Arc::new(test_schema());
    let mut reader = Reader::new(input, &schema, &[all_fields()]);
    let mut out = Vec::new();
    while let Some(line) = reader.next_line().unwrap() {
        out.push(match line {
            Line::Event(e) => {
                let values: Vec<_> = e.values.iter().map(text_of).collect();
                format!("{} @{} {}", e.line, e.time, values.join("|"))
            }
            Line::Unused { time } => format!("unused @{time}"),
            Line::Bad(error) => error.to_string(),
        });
    }
    out
}

fn one(line: &str) -> String {
    said(line.as_bytes()).join("\n")
}

#[test]
fn fields_in_any_order_dotted_or_nested() {
    assert_eq!(one(r#"{"n": 4, "time": 5, "g": "a", "source": "s"}"#), "1 @5 a||4||||||");
    let mut schema = test_schema();
    let declared = schema.fields.get("g").unwrap().clone();
    let (id, _) = schema.fields.insert_full("app.bundle.id".into(), declared);
    let id = FieldId(id as u32);
    schema.sources.get_mut("s").unwrap().fields.insert(id, crate::pack::schema::Presence::Optional);
    let (schema, fields) = (Arc::new(schema), BTreeSet::from([id]));
    let mut object = Object::new(&schema, &[true, true], &fields);
    for nested in [
        r#""app.bundle.id": "x""#,
        r#""app": {"bundle": {"id": "x", "time": 9}, "z": [1]}"#,
        r#""app": {"bundle.id": "x"}"#,
    ] {
        let text = format!(r#"{{"source": "s", {nested}, "time": 1}}"#);
        assert!(matches!(object.read(&text, 1), Ok(Outcome::Event(_))), "{text}");
        let event = object.event(SourceId(0)).unwrap();
        assert_eq!((event.time, text_of(event.values.last().unwrap())), (1, "x".into()), "{text}");
    }
}

#[test]
fn values_by_the_types_and_units_of_the_schema() {
    let with = |fields: &str| one(&format!(r#"{{"source": "s", "time": 0, {fields}}}"#));
    assert_eq!(with(r#""n": 3.0, "x": 2, "k": "TLS""#), "1 @0 |tls|3|2|||||");
    assert_eq!(with(r#""took": 1.5, "at": "1970-01-01T00:00:00.0019Z""#), "1 @0 |||||||1970-01-01T00:00:00.001Z|1500");
    assert_eq!(with(r#""took": "1h30m", "at": -1"#), "1 @0 |||||||1969-12-31T23:59:59.999Z|5400000");
    assert_eq!(with(r#""tags": ["a", null, "", "b"], "peer": "::ffff:10.0.0.1""#), "1 @0 |||||a, b|10.0.0.1||");
    assert_eq!(with(r#""tags": "a", "peer": "10.0.0.300""#), "1 @0 |||||a|||");
    assert_eq!(with(r#""g": null, "k": "", "tags": []"#), "1 @0 ||||||||");
    assert_eq!(with(r#""g": "a\u0000b\n\"", "other": {"deep": [1, {"x": 1e300}]}"#), "1 @0 a\0b\n\"||||||||");
}

#[test]
fn times_are_milliseconds_or_rfc_3339_floored() {
    let at = |time: &str| one(&format!(r#"{{"source": "t", "time": {time}}}"#));
    assert_eq!(at(r#""2026-03-01T09:00:00.1239Z""#), "unused @1772355600123");
    assert_eq!(at(r#""2026-03-01T10:00:00+01:00""#), "unused @1772355600000");
    assert_eq!(at(r#""1969-12-31T23:59:59.9999Z""#), "unused @-1");
    assert_eq!(at("12"), "unused @12");
    for wrong in [r#""yesterday""#, "1e300", "9223372036854775807", "true", "{}", "[]", r#""2026-03-01T09:00:00""#] {
        assert!(at(wrong).contains("`time` is"), "{wrong}: {}", at(wrong));
    }
    let told = "expected milliseconds since the epoch, or RFC 3339";
    for text in [r#""2026-03-01T09:00:00""#, r#""2026-03-01""#, r#""2026-03-01 09:00:00.5""#] {
        assert_eq!(at(text), format!("line 1: `time` is a time without a zone, {told}"), "{text}");
    }
    for far in [r#""9999-12-31T23:59:59Z""#, "9223372036854775807", "-9223372036854775808", "1e300"] {
        let told = format!("line 1: `time` is out of the range -9999-01-02 to 9999-12-30, {told}");
        assert_eq!(at(far), told, "{far}");
    }
    assert_eq!(at("253402207199999"), "unused @253402207199999");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert_eq!(one(r#"{"time": 1}"#), "line 1: `source` is missing");
    assert_eq!(one(r#"{"source": "s"}"#), "line 1: `time` is missing");
    assert_eq!(one(r#"{"source": "s", "time": null}"#), "line 1: `time` is missing");
    assert_eq!(one(r#"{"source": 5, "time": 1}"#), "line 1: `source` is a number, expected a string");
    assert_eq!(one(r#"{"source": "q", "time": 1}"#), "line 1: `q` is no source of the schema");
    let with = |fields: &str| one(&format!(r#"{{"source": "s", "time": 0, {fields}}}"#));
    assert_eq!(with(r#""n": 3.5"#), "line 1: `n` is a number, expected an integer");
    assert_eq!(with(r#""n": 18446744073709551615"#), "line 1: `n` is a number, expected an integer");
    assert_eq!(with(r#""n": "3""#), "line 1: `n` is a string, expected an integer");
    assert_eq!(with(r#""g": {"x": 1}"#), "line 1: `g` is an object, expected a string");
    assert_eq!(with(r#""g": ["x"]"#), "line 1: `g` is a list, expected a string");
    assert!(with(r#""took": "soon""#).starts_with("line 1: `took` is a string, expected a duration"));
    assert!(with(r#""tags": ["a", 1]"#).starts_with("line 1: `tags` is a list with an item of another type"));
    for text in
        ["[]", "7", "\"s\"", "{", "{} {}", "{\"source\": \"s\" \"time\": 1}", "{\"time\": 1e999}", "nul", "{'a': 1}"]
    {
        assert!(one(text).starts_with("line 1: not one JSON object"), "{text}: {}", one(text));
    }
}

#[test]
fn a_key_stands_once_dotted_or_nested() {
    let with = |fields: &str| one(&format!(r#"{{"source": "s", "time": 0, {fields}}}"#));
    assert_eq!(with(r#""n": 1, "n": 2"#), "line 1: `n` stands twice");
    assert_eq!(with(r#""n": null, "n": 2"#), "line 1: `n` stands twice");
    assert_eq!(with(r#""time": 0"#), "line 1: `time` stands twice");
    assert_eq!(with(r#""source": "s""#), "line 1: `source` stands twice");
    // What no rule reads, and what stands in another line, is something else.
    assert_eq!(with(r#""other": 1, "other": 2"#), "1 @0 ||||||||");
    let line = "{\"source\": \"s\", \"time\": 0, \"n\": 1}\n";
    assert_eq!(said((line.to_owned() + line).as_bytes()), ["1 @0 ||1||||||", "2 @0 ||1||||||"]);
}

#[test]
fn a_required_field_that_a_rule_reads_has_a_value() {
    let mut schema = test_schema();
    let fields = [("g", "s"), ("n", "s"), ("seq", "s"), ("g", "t")];
    for (field, source) in fields {
        let id = schema.field(field).unwrap();
        schema.sources.get_mut(source).unwrap().fields.insert(id, crate::pack::schema::Presence::Required);
    }
    let (g, seq) = (schema.field("g").unwrap(), schema.field("seq").unwrap());
    let schema = Arc::new(schema);
    // `n` is read by no rule, `seq` breaks ties alone, and `t` is used by none.
    let mut object = Object::new(&schema, &[true, false], &BTreeSet::from([g, seq]));
    let mut read = |text: &str| object.read(text, 1).map_err(|problem| problem.to_string());
    for lacking in ["", r#", "g": null"#, r#", "g": """#] {
        let said = read(&format!(r#"{{"source": "s", "time": 1{lacking}}}"#)).unwrap_err();
        assert_eq!(said, "`g` has no value, and every event of `s` has one");
    }
    assert!(matches!(read(r#"{"source": "s", "time": 1, "g": "a"}"#), Ok(Outcome::Event(_))));
    assert!(read(r#"{"source": "s", "time": 1}"#).is_err(), "nothing is left of the line before");
    assert!(matches!(read(r#"{"source": "t", "time": 1}"#), Ok(Outcome::Unused(1))));
}

#[test]
fn a_field_of_another_source_is_ignored_whatever_it_is() {
    let schema = Arc::new(test_schema());
    let mut rule = rule(&[(SourceId(1), "")], vec![matching(stream(0))]);
    rule.exceptions = vec![ir::Exception {
        name: String::new(),
        when: at_least(field("x"), 1),
        expires: None,
        span: crate::source::Span::default(),
    }];
    let mut reader = Reader::new(&br#"{"source": "t", "time": 1, "x": "text"}"#[..], &schema, &[Arc::new(rule)]);
    assert!(matches!(reader.next_line().unwrap(), Some(Line::Event(_))));
}

#[test]
fn bad_lines_do_not_stop_the_good_ones() {
    let mut input = b"\xef\xbb\xbf{\"source\":\"t\",\"time\":1}\r\n\n  \n\xff\xfe\n".to_vec();
    input.extend(b"{\"source\":\"t\",\"time\":2,\"pad\":\"");
    input.resize(input.len() + LONGEST_LINE, b'x');
    input.extend(b"\"}\n{\"source\":\"t\",\"time\":3}\n{\"source\":\"t\",\"time\":4}");
    assert_eq!(
        said(&input),
        [
            "unused @1",
            "line 4: not valid UTF-8 at byte 0",
            "line 5: longer than 16777216 bytes",
            "unused @3",
            "unused @4"
        ]
    );
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(one(&deep), "line 1: `source` is missing");
    assert!(said(b"").is_empty());
}

#[test]
fn lines_longer_than_the_buffer_are_whole() {
    let long = "y".repeat(1 << 20);
    let input = format!("{{\"source\":\"s\",\"time\":1,\"g\":\"{long}\"}}\n{{\"source\":\"t\",\"time\":2}}\n");
    let out = said(input.as_bytes());
    assert_eq!((out.len(), out[0].len() > 1 << 20, out[1].as_str()), (2, true, "unused @2"));
}

#[test]
fn rules_over_events_that_hold_only_what_they_read_alert_as_before() {
    let mut matching = rule(&[(SourceId(0), "")], vec![matching(stream(0))]);
    matching.alert.details = ["peer", "n"].iter().map(|n| ((*n).to_owned(), field(n))).collect();
    let schema = Arc::clone(&matching.schema);
    let lines = concat!(
        r#"{"source":"s","time":1,"g":"a","k":"K","n":2,"x":1.5,"seq":9,"peer":"10.0.0.1","took":3}"#,
        "\n",
        r#"{"source":"s","time":1,"g":"b","n":7,"seq":4,"tags":["t"],"at":5}"#,
        "\n",
        r#"{"source":"t","time":2,"g":"a","n":1}"#,
    );
    let alerts = |schema: &Arc<Schema>, rule: Arc<Rule>| {
        let rules = [rule];
        let mut reader = Reader::new(lines.as_bytes(), schema, &rules);
        let (mut engine, mut alerts, mut widest) = (Engine::new(&rules), Vec::new(), 0);
        while let Some(line) = reader.next_line().unwrap() {
            match line {
                Line::Event(event) => {
                    widest = widest.max(event.values.len());
                    engine.push(event, &mut |a| alerts.push(a)).unwrap();
                }
                Line::Unused { time } => engine.advance(time, &mut |a| alerts.push(a)).unwrap(),
                Line::Bad(bad) => panic!("{bad}"),
            }
        }
        engine.finish(None, &mut |a| alerts.push(a));
        (widest, format!("{alerts:?}"))
    };
    let (narrow, rules) = crate::eval::narrowed(&schema, vec![matching.clone()]);
    let (all, few) = (alerts(&schema, Arc::new(matching)), alerts(&narrow, rules.into_iter().next().unwrap()));
    assert!(all.1.contains("10.0.0.1") && all.1.matches("rule:").count() == 2, "{}", all.1);
    assert_eq!(few.1, all.1);
    // `peer`, `n`, and `seq`, which orders equal times.
    assert_eq!((all.0, few.0), (9, 3));
}
