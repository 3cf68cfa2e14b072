mod literals;
mod trees;

use super::super::expr::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};
use super::parse;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use std::fmt::Write;

fn read(src: &str) -> Result<Expr, Vec<Diagnostic>> {
    parse(src, &|range| Span::new(FileId(0), range.start as u32, range.end as u32))
}

fn ok(src: &str) -> Expr {
    read(src).unwrap_or_else(|found| panic!("{src}: {found:?}"))
}

fn literal(src: &str) -> Literal {
    match ok(src).kind {
        ExprKind::Literal(literal) => literal,
        other => panic!("{src} is {other:?}"),
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn name(text: &str) -> Expr {
    expr(ExprKind::Name(text.into()))
}

fn binary(left: Expr, op: BinaryOp, fold: bool, right: Expr) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    expr(ExprKind::Binary { op, fold, op_span: Span::default(), left, right })
}

fn not(operand: Expr) -> Expr {
    expr(ExprKind::Unary(UnaryOp::Not, Box::new(operand)))
}

/// `code | underlined text | message | label | help` of every finding.
fn findings(src: &str) -> String {
    let Err(found) = read(src) else { panic!("`{src}` has no finding") };
    let mut text = String::new();
    for d in found {
        let span = d.span.unwrap();
        let place = src.get(span.start as usize..span.end as usize).unwrap();
        let _ = write!(text, "{} | {place} | {}", d.code, d.message);
        for part in [d.label, d.help].into_iter().flatten() {
            let _ = write!(text, " | {part}");
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

#[test]
fn every_operator_reads_as_itself() {
    let cases = [
        ("==", BinaryOp::Equal, false),
        ("=~", BinaryOp::Equal, true),
        ("!=", BinaryOp::NotEqual, false),
        ("!~", BinaryOp::NotEqual, true),
        ("<", BinaryOp::Less, false),
        ("<=", BinaryOp::LessEqual, false),
        (">", BinaryOp::Greater, false),
        (">=", BinaryOp::GreaterEqual, false),
        ("in", BinaryOp::In, false),
        ("in~", BinaryOp::In, true),
        ("not in", BinaryOp::NotIn, false),
        ("not  in~", BinaryOp::NotIn, true),
        ("contains", BinaryOp::Contains, false),
        ("contains~", BinaryOp::Contains, true),
        ("startswith", BinaryOp::StartsWith, false),
        ("startswith~", BinaryOp::StartsWith, true),
        ("endswith", BinaryOp::EndsWith, false),
        ("endswith~", BinaryOp::EndsWith, true),
        ("like", BinaryOp::Like, false),
        ("like~", BinaryOp::Like, true),
        ("matches", BinaryOp::Matches, false),
        ("matches~", BinaryOp::Matches, true),
        ("and", BinaryOp::And, false),
        ("or", BinaryOp::Or, false),
        ("+", BinaryOp::Add, false),
        ("-", BinaryOp::Subtract, false),
        ("*", BinaryOp::Multiply, false),
        ("/", BinaryOp::Divide, false),
        ("%", BinaryOp::Modulo, false),
    ];
    for (sign, op, fold) in cases {
        let expected = binary(name("a.b"), op, fold, name("c"));
        assert_eq!(ok(&format!("a.b {sign} c")), expected, "{sign}");
        assert_eq!(ok(&format!("a.b {sign}\n\t(c)")), expected, "{sign}");
        assert_eq!(ok(&expected.to_string()), expected, "{sign}");
    }
}

#[test]
fn a_negated_word_operator_is_the_negation() {
    let expected = not(binary(name("a"), BinaryOp::Contains, true, name("b")));
    assert_eq!(ok("a not contains~ b"), expected);
    assert_eq!(expected.to_string(), "a not contains~ b");
    assert_eq!(ok("not a in b"), not(binary(name("a"), BinaryOp::In, false, name("b"))));
    assert_eq!(ok("not a in b").to_string(), "not a in b");
}

#[test]
fn precedence_is_the_tables() {
    let same = [
        ("not a == b", "not (a == b)"),
        ("not a and b", "(not a) and b"),
        ("a == b + c * -d", "a == (b + (c * (-d)))"),
        ("a - b - c", "(a - b) - c"),
        ("a or b or c", "(a or b) or c"),
        ("a in [b] and c < d", "(a in [b]) and (c < d)"),
        ("not not a", "not (not a)"),
        ("x between (1, 5) and y", "(x between (1, 5)) and y"),
    ];
    for (plain, grouped) in same {
        assert_eq!(ok(plain), ok(grouped), "{plain}");
        assert_eq!(ok(plain).to_string(), plain);
    }
    assert_ne!(ok("a - (b - c)"), ok("a - b - c"));
    assert_eq!(ok("a - (b - c)").to_string(), "a - (b - c)");
}

#[test]
fn calls_and_lookups_have_their_parts() {
    let ExprKind::Call { name: function, args, filter, .. } = ok("sum(network.bytes_out where a and b)").kind.clone()
    else {
        unreachable_case()
    };
    assert_eq!((function.as_str(), args.len()), ("sum", 1));
    assert_eq!(*filter.unwrap(), ok("a and b"));
    assert_eq!(ok("count( where exists(x) )").to_string(), "count(where exists(x))");
    assert_eq!(ok("gap.share(1s, 2s,)").to_string(), "gap.share(1s, 2s)");
    assert_eq!(ok("approved[ a , lower(b) ] . role_name").to_string(), "approved[a, lower(b)].role_name");
    assert_eq!(ok("not (a, b, 443) in approved_ports").to_string(), "not (a, b, 443) in approved_ports");
    assert_eq!(
        ok("infinite == inside.in and notes == ordinal").to_string(),
        "infinite == inside.in and notes == ordinal"
    );
    assert_eq!(ok("x in []").to_string(), "x in []");
}

fn unreachable_case() -> ! {
    panic!("another form than expected")
}

#[test]
fn keywords_are_never_names() {
    for word in super::grammar::KEYWORDS {
        let is_name = |src: &str| matches!(read(src).map(|e| e.kind), Ok(ExprKind::Name(_)));
        assert!(!is_name(word), "{word}");
        assert!(is_name(&format!("{word}s")) && is_name(&format!("a.{word}")), "{word}");
    }
}

#[test]
fn places_are_exact() {
    let src = "  app.role == \"é\" and\n  hosts[peer.host] .kind in~ [a]";
    let at = |span: Span| src.get(span.start as usize..span.end as usize).unwrap();
    let ExprKind::Binary { op_span, left, right, .. } = ok(src).kind else { unreachable_case() };
    assert_eq!(at(op_span), "and");
    assert_eq!(at(left.span), "app.role == \"é\"");
    assert_eq!(at(right.span), "hosts[peer.host] .kind in~ [a]");
    let ExprKind::Binary { left: role, .. } = &left.kind else { unreachable_case() };
    assert_eq!(at(role.span), "app.role");
    let ExprKind::Binary { left, .. } = right.kind else { unreachable_case() };
    let ExprKind::Lookup { lookup_span, column_span, .. } = left.kind else { unreachable_case() };
    assert_eq!((at(lookup_span), at(column_span)), ("hosts", "kind"));
}

#[test]
fn mixed_logic_names_both_readings() {
    insta::assert_snapshot!(findings("a or b and c"), @"E0204 | or | `and` and `or` are mixed without parentheses | write `a or (b and c)` or `(a or b) and c`");
    insta::assert_snapshot!(
        findings("x == 1 and y or z == 2 and w"),
        @"E0204 | or | `and` and `or` are mixed without parentheses | write `(x == 1 and y) or (z == 2 and w)` or `x == 1 and (y or z == 2) and w`"
    );
    insta::assert_snapshot!(findings("a and not b or c or d"), @"E0204 | or | `and` and `or` are mixed without parentheses | write `(a and not b) or c` or `a and (not b or c)`");
    insta::assert_snapshot!(findings("count(where a or b and c)"), @"E0204 | or | `and` and `or` are mixed without parentheses | write `a or (b and c)` or `(a or b) and c`");
    assert!(read("(a or b) and (c or d and (e))").is_err());
    ok("(a or b) and not (c or d)");
}

#[test]
fn every_semantic_fault_is_reported_at_once() {
    insta::assert_snapshot!(findings(r#"a < b < c and x between 1 and m[k] == "\d" and d == 1h2h and not b == not c"#));
}

#[test]
fn messages_speak_the_language() {
    let cases = [
        "a = 1",
        "a && b",
        "a & b",
        "a || b",
        "!a",
        "a AND b",
        "NOT a",
        "a OR b",
        "a <> b",
        "a === b",
        "a is null",
        "a == null",
        "a == True",
        "a ==",
        "",
        "   ",
        "a b",
        "(a",
        "(a]",
        "a)",
        "a == \"x",
        "a == 'x\n'",
        "a == [1, 2",
        "f(a b)",
        "f(, a)",
        "()",
        "contains(a, b)",
        "a contains",
        "# comment",
        "a == {{b}}",
        "a == \u{201c}b\u{201d}",
        "a == b # why",
        "a == $",
        "a[1]",
        "a[1].",
        "10.0.0.0/8",
        "ip in 10.0.0.0/8",
        "ip in 2001:db8::/32",
        "1.2.3",
        "10.0.0.256",
        "1.",
        "007",
        "0xff",
        "1__0",
        "1_",
        "5KB",
        "1.5h",
        "2w",
        "30m1h",
        "1h1h",
        "1h30",
        "5parsecs",
        "9223372036854775808",
        "9223372036854775807kB",
        "999999999999d",
        "1e999",
        "2026-03-01",
        "2026-03-01T09:00:00",
        "2026-13-01T09:00:00Z",
        "\"\\q\"",
        "\"\\u{}\"",
        "\"\\u{D800}\"",
        "\"\\x41\"",
        "a between (1)",
        "a between (1, 2, 3)",
        "a between 1 and 5",
        "a == b in c",
        "a == not b",
        "a ** b",
        "a ? b : c",
        "a.b. == c",
        "a ==~ b",
        "x where y",
        "count(x where)",
        "é == 1",
        "a; b",
    ];
    let mut text = String::new();
    for src in cases {
        let _ = writeln!(text, "{}\n    {}", src.replace('\n', "\\n"), findings(src).replace('\n', "\n    "));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn hostile_sizes_are_refused_and_not_recursed_into() {
    let deep = |n: usize, open: &str, close: &str| format!("{}a{}", open.repeat(n), close.repeat(n));
    for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("m[", "].c"), ("(not -", ")")] {
        ok(&deep(64, open, close));
        assert!(findings(&deep(65, open, close)).contains("E0209"), "{open}");
        assert!(findings(&deep(100_000, open, close)).contains("E0209"), "{open}");
    }
    for chain in ["a and ", "a + ", "not ", "-"] {
        ok(&format!("{}a", chain.repeat(256)));
        assert!(findings(&format!("{}a", chain.repeat(257))).contains("more than 256 operators"), "{chain}");
        assert!(findings(&format!("{}a", chain.repeat(50_000))).contains("more than 256 operators"), "{chain}");
    }
    let spread = vec!["(a and b)"; 300].join(",");
    assert_eq!(findings(&format!("[{spread}]")).lines().count(), 1);
    ok(&format!("x in [{}1]", "1, ".repeat(20_000)));
}
