use super::*;
use crate::diagnostic::{Code, Findings};
use crate::source::{FileId, Span};

fn read(text: &str) -> (Option<Node>, Vec<(Code, String)>) {
    let mut findings = Findings::default();
    let node = parse(FileId(0), text, &mut findings);
    let place = |span: Span| text.get(span.start as usize..span.end as usize).unwrap().to_owned();
    (node, findings.all.iter().map(|found| (found.code, found.span.map(place).unwrap_or_default())).collect())
}

fn good(text: &str) -> Node {
    let (node, findings) = read(text);
    assert_eq!(findings, [], "{text}");
    node.unwrap()
}

fn faults(text: &str) -> Vec<(Code, String)> {
    read(text).1
}

/// Each character of the decoded value, with the text that it was written as.
fn written(text: &str) -> Vec<(String, String)> {
    let node = good(text);
    let scalar = node.get("k").unwrap().scalar().unwrap();
    let value = &scalar.text.value;
    let span = |at: usize, c: char| scalar.text.span(at..at + c.len_utf8());
    let show = |span: Span| text.get(span.start as usize..span.end as usize).unwrap().to_owned();
    value.char_indices().map(|(at, c)| (c.to_string(), show(span(at, c)))).collect()
}

/// Where the characters differ from what was written.
fn differing(text: &str) -> Vec<(String, String)> {
    written(text).into_iter().filter(|(value, source)| value != source).collect()
}

fn pair(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

#[test]
fn every_character_knows_how_it_was_written() {
    assert_eq!(differing("k: a == é # c\n"), []);
    assert_eq!(differing("k: a\n  b\n\n  c\n"), [pair(" ", "\n  "), pair("\n", "\n\n  ")]);
    assert_eq!(differing("k: 'it''s é'\n"), [pair("'", "''")]);
    assert_eq!(differing("k: \"x\\ty\\u00e9\\\"z\"\n"), [pair("\t", "\\t"), pair("é", "\\u00e9"), pair("\"", "\\\"")]);
    assert_eq!(differing("k: \"a\\\n  b  \\\n\n   c\"\n"), [pair("\n", "\\\n\n   ")]);
    assert_eq!(
        differing("k: |\n  one\n    two\n\n  é\n"),
        [pair("\n", "\n  "), pair("\n", "\n\n  "), pair("\n", "\n\n  ")]
    );
    assert_eq!(differing("k: |-\n\n  x\n\n"), [pair("\n", "")]);
    assert_eq!(
        differing("k: >\n  a\n  b\n\n  c\n   d\n"),
        [pair(" ", "\n  "), pair("\n", "\n\n  "), pair("\n", "\n  ")]
    );
    assert_eq!(differing("k: |\r\n  a\r\n  b\r\n"), [pair("\n", "\r\n  "), pair("\n", "\r\n")]);
    assert_eq!(differing("k: |2\n    a\n  b\n"), [pair("\n", "\n  ")]);
}

#[test]
fn a_span_of_several_characters_reaches_over_folds_and_its_ends_are_exact() {
    let text = "k: |\n  a ==\n  \"b\" or c\n";
    let node = good(text);
    let scalar = node.get("k").unwrap().scalar().unwrap();
    let slice = |range| text.get(Span::start_end(scalar.text.span(range))).unwrap();
    assert_eq!(slice(0..8), "a ==\n  \"b\"");
    assert_eq!(slice(5..8), "\"b\"");
    assert_eq!(slice(12..13), "c");
    let end = scalar.text.span(13..13);
    assert_eq!(text.get(end.start as usize..).unwrap(), "\n");
}

impl Span {
    fn start_end(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[test]
fn types_are_those_of_the_core_schema() {
    let node = good(
        "[yes, on, true, False, 12, -3, 0x1F, 1.5, 1e3, .inf, '1', ~, null, 2026-01-01, inf, +7, 99999999999999999999]",
    );
    let Kind::Seq(items) = &node.kind else { panic!("a list") };
    let core: Vec<_> = items.iter().map(|item| item.scalar().unwrap().core()).collect();
    assert_eq!(
        core,
        [
            Core::Text("yes"),
            Core::Text("on"),
            Core::Boolean(true),
            Core::Boolean(false),
            Core::Integer(12),
            Core::Integer(-3),
            Core::Integer(31),
            Core::Number(1.5),
            Core::Number(1000.0),
            Core::Number(f64::INFINITY),
            Core::Text("1"),
            Core::Null,
            Core::Null,
            Core::Text("2026-01-01"),
            Core::Text("inf"),
            Core::Integer(7),
            Core::Number(1e20),
        ]
    );
}

#[test]
fn spans_of_collections_reach_from_first_to_last() {
    let text = "a:\n  - b: 1\n    c: [x, {y: 2}]\nd: e\n";
    let node = good(text);
    let slice = |node: &Node| text.get(node.span.start as usize..node.span.end as usize).unwrap();
    assert_eq!(slice(node.get("a").unwrap()), "b: 1\n    c: [x, {y: 2}]");
    let Kind::Seq(items) = &node.get("a").unwrap().kind else { panic!("a list") };
    let list = items.first().unwrap().get("c").unwrap();
    assert_eq!((slice(list), list.flow), ("[x, {y: 2}]", true));
    assert!(!node.flow);
}

#[test]
fn what_yaml_lets_pass_in_silence_is_reported_all_at_once() {
    let (node, found) = read("a: 1\na: 2\n1: x\n<<: y\nb: &n z\nc: *n\nd: !t v\n~: x\n? [p]\n: q\n");
    assert!(node.is_some());
    let expected = [
        (DUPLICATE_KEY, "a"),
        (KEY_NOT_TEXT, "1"),
        (ALIAS, "<<"),
        (ALIAS, "&n z"),
        (ALIAS, "*n"),
        (TAG, "!t v"),
        (KEY_NOT_TEXT, "~"),
        (KEY_NOT_TEXT, "[p]"),
    ];
    assert_eq!(found, expected.map(|(code, text)| (code, text.to_owned())));
    assert_eq!(faults("a: 1\n---\nb: 2\n"), [(SEVERAL_DOCUMENTS, "---".to_owned())]);
    assert_eq!(faults("---\na: 1\n"), []);
}

#[test]
fn a_value_that_a_comma_cut_is_underlined_as_a_whole() {
    assert_eq!(faults("{a: f(x, y, 3), b: 1}"), [(CUT_VALUE, "f(x, y, 3)".to_owned())]);
    assert_eq!(faults("{a: x == \"p, q\", b: 1}"), [(CUT_VALUE, "x == \"p, q\"".to_owned())]);
    assert_eq!(faults("[a, f(b, c), d]"), [(CUT_VALUE, "f(b, c)".to_owned())]);
    assert_eq!(faults("{a:1, b: 2}"), [(CUT_VALUE, "a:1".to_owned())]);
    assert_eq!(faults("{a: 1, b, c: }"), [(CUT_VALUE, "b".to_owned()), (CUT_VALUE, "c".to_owned())]);
    assert_eq!(faults("{a: null, b: ~, c: '', d: f(x)}"), []);
    let (node, _) = read("{a: f(x, y, 3), b: 1}");
    assert_eq!(node.unwrap().get("a").map(|a| a.kind.clone()), Some(Kind::Refused));
}

#[test]
fn syntax_errors_and_limits_have_places() {
    assert_eq!(faults("a:\n\tb: 1\n\tc: 2\n"), [(TAB, "\t".to_owned()), (TAB, "\t".to_owned())]);
    assert_eq!(faults("a: b: c\n"), [(NOT_YAML, ":".to_owned())]);
    assert_eq!(faults("a: 'x\nb: 2\n"), [(NOT_YAML, "'".to_owned())]);
    assert_eq!(faults("é: @x\n"), [(NOT_YAML, "@".to_owned())]);
    assert_eq!(faults("\n# nothing\n").first().map(|found| found.0), Some(super::parse::EMPTY_FILE));
    let deep = "[".repeat(70);
    assert_eq!(faults(&deep).first().map(|found| found.0), Some(TOO_DEEP));
    let many = format!("[{}]", "1,".repeat(200_001));
    assert_eq!(faults(&many).first().map(|found| found.0), Some(TOO_MANY_NODES));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_the_door_fall(text in "[ -~\\n\\té]{0,60}") {
        let mut findings = Findings::default();
        let node = parse(FileId(0), &text, &mut findings);
        proptest::prop_assert!(node.is_some() || findings.has_errors());
        for found in &findings.all {
            let span = found.span.unwrap();
            proptest::prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }

    #[test]
    fn every_scalar_can_be_followed_back(lines in proptest::collection::vec("[a-zé\"'\\\\ ]{0,6}", 1..5), style in 0..4) {
        let text = match style {
            0 => format!("k: |\n  {}\n", lines.join("\n  ")),
            1 => format!("k: >-\n  {}\n", lines.join("\n  ")),
            2 => format!("k: '{}'\n", lines.join("\n  ").replace('\'', "''")),
            _ => format!("k: \"{}\"\n", lines.join("\n  ").replace('\\', "\\\\").replace('"', "\\\"")),
        };
        let mut findings = Findings::default();
        let Some(node) = parse(FileId(0), &text, &mut findings) else { return Ok(()) };
        let Some(scalar) = node.get("k").and_then(Node::scalar) else { return Ok(()) };
        for (at, c) in scalar.text.value.char_indices().filter(|(_, c)| c.is_alphabetic()) {
            let span = scalar.text.span(at..at + c.len_utf8());
            proptest::prop_assert_eq!(text.get(span.start as usize..span.end as usize).unwrap(), c.to_string(), "{}", text);
        }
    }
}

/// What another reader and writer of YAML makes of a value must be what this door makes of it.
mod cross_check {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[ -~]{0,12}",
            "[a-z\\n\\t'\"#:,é日 \\\\-]{0,16}",
            prop::sample::select(vec![
                "yes",
                "on",
                "null",
                "~",
                "1",
                "0x1f",
                "1e3",
                ".inf",
                "true",
                "2026-01-01",
                "",
                "*a",
                "&b",
                "- c"
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            text.prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map("[a-z.]{1,6}x", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn value(node: &Node) -> Value {
        match &node.kind {
            Kind::Map(entries) => entries.iter().map(|entry| (entry.key.value.clone(), value(&entry.value))).collect(),
            Kind::Seq(items) => items.iter().map(value).collect(),
            Kind::Refused => Value::String("refused".to_owned()),
            Kind::Scalar(scalar) => match scalar.core() {
                Core::Null => Value::Null,
                Core::Boolean(value) => Value::Bool(value),
                Core::Integer(value) => Value::from(value),
                Core::Number(value) => Value::from(value),
                Core::Text(value) => Value::String(value.to_owned()),
            },
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn what_was_written_is_read(written in values()) {
            let written = serde_json::json!({ "k": written });
            let text = serde_yaml::to_string(&written).unwrap();
            let mut findings = Findings::default();
            let node = parse(FileId(0), &text, &mut findings);
            prop_assert!(findings.all.is_empty(), "{text}\n{:?}", findings.all);
            prop_assert_eq!(value(&node.unwrap()), written, "{}", text);
        }
    }
}
