//! What literals say, within an expression and alone.

use super::{literal, ok, read};
use crate::syntax::expr::{ExprKind, Literal};
use crate::syntax::parse;

#[test]
fn strings_decode() {
    let text = |src: &str| match literal(src) {
        Literal::String(text) => text,
        other => panic!("{src} is {other:?}"),
    };
    assert_eq!(text(r#""a\"b\\c\n\t\r'\u{1F600}é""#), "a\"b\\c\n\t\r'\u{1F600}é");
    assert_eq!(text(r#"'it\'s "x"'"#), "it's \"x\"");
    assert_eq!(text(r#"r"\d+\""#), r"\d+\");
    assert_eq!(text(r##"r#"say "hi" \"#"##), r#"say "hi" \"#);
    assert_eq!(text(r#"r'"'"#), "\"");
    assert_eq!(text("\"and ( [ # not\""), "and ( [ # not");
    assert_eq!(text("''"), "");
}

#[test]
fn numbers_sizes_durations_times_and_addresses_decode() {
    let cases = [
        ("0", Literal::Integer(0)),
        ("1_000_000", Literal::Integer(1_000_000)),
        ("-7", Literal::Integer(-7)),
        ("9223372036854775807", Literal::Integer(i64::MAX)),
        ("20kB", Literal::Integer(20_000)),
        ("3MB", Literal::Integer(3_000_000)),
        ("1GiB", Literal::Integer(1 << 30)),
        ("4KiB", Literal::Integer(4096)),
        ("0.25", Literal::Number(0.25)),
        ("1e-3", Literal::Number(0.001)),
        ("2E6", Literal::Number(2e6)),
        ("500ms", Literal::Duration(500)),
        ("90s", Literal::Duration(90_000)),
        ("1h30m", Literal::Duration(5_400_000)),
        ("14d", Literal::Duration(1_209_600_000)),
        ("1s500ms", Literal::Duration(1_500)),
        ("0s", Literal::Duration(0)),
        ("2026-03-01T09:00:00Z", Literal::Timestamp(1_772_355_600_000)),
        ("2026-03-01T10:00:00.0019+01:00", Literal::Timestamp(1_772_355_600_001)),
        ("1969-12-31T23:59:59.9999Z", Literal::Timestamp(-1)),
        ("10.0.0.1", Literal::Ip("10.0.0.1".parse().unwrap())),
        ("2001:db8::1", Literal::Ip("2001:db8::1".parse().unwrap())),
        ("fe80::1", Literal::Ip("fe80::1".parse().unwrap())),
        ("::", Literal::Ip("::".parse().unwrap())),
        ("::ffff:10.0.0.1", Literal::Ip("::ffff:10.0.0.1".parse().unwrap())),
    ];
    for (src, value) in cases {
        assert_eq!(literal(src), value, "{src}");
        assert_eq!(literal(&value.to_string()), value, "{src} as {value}");
    }
    assert_eq!(ok("5-3"), ok("5 - 3"));
    assert_eq!(ok("a-1"), ok("a - 1"));
}

/// With and without the way that spares the grammar.
#[test]
fn a_literal_alone_is_what_the_grammar_says() {
    let by_the_grammar = |src: &str| match read(src).ok()?.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    };
    let right = ["0", "15m", "1d12h", "1_000", "5kB", "2KiB", "1.5", "1.5e3", "10.0.0.1", "true", "'15m'", "::1"];
    for src in right {
        assert!(parse::literal(src).is_some(), "{src}");
        assert_eq!(parse::literal(src), by_the_grammar(src), "{src}");
    }
    for src in [
        "",
        "1h30",
        "10.0.0",
        "0xff",
        "007",
        "1m1h",
        "5kb",
        "1__0",
        "1.",
        "1e",
        "1.2.3.4.5",
        "9223372036854775808",
        "15m 2s",
    ] {
        assert_eq!((parse::literal(src), by_the_grammar(src)), (None, None), "{src}");
    }
    assert_eq!(parse::literal("-15m"), Some(Literal::Duration(-900_000)));
    assert_eq!(parse::literal("2026-03-01T09:00:00Z"), by_the_grammar("2026-03-01T09:00:00Z"));
}
