//! Expressions: two-valued logic, missing values, case, patterns, lookups, functions.

use super::kit::*;
use crate::eval::run;
use crate::ir::*;
use crate::pack::lookup::{Lookup, LookupKey, Matching};
use crate::value::{Scalar, Type, Value};
use std::sync::Arc;

fn rule_with(details: Vec<Expr>) -> Rule {
    let mut rule = rule(&[(S, "")], vec![matching(stream(0))]);
    rule.alert.details = details.into_iter().map(|e| (String::new(), e)).collect();
    rule
}

/// An expression over one event.
fn of(expr: Expr, event: &str) -> Value {
    run(&rule_with(vec![expr]), [s(0, event)], None)[0].values[0].1.clone()
}

fn call(function: Function, ty: Type, args: Vec<Expr>) -> Expr {
    typed(ExprKind::Call { function, args }, ty)
}

fn arithmetic(op: ArithmeticOp, ty: Type, left: Expr, right: Expr) -> Expr {
    typed(ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, ty)
}

fn holds(expr: Expr, event: &str) -> bool {
    of(expr, event).is_true()
}

#[test]
fn a_comparison_with_missing_is_false_and_not_flips() {
    for op in [CompareOp::Equal, CompareOp::Less, CompareOp::LessEqual, CompareOp::Greater, CompareOp::GreaterEqual] {
        assert!(!holds(compare(op, field("n"), int(0)), "g:1"), "{op:?}");
        assert!(holds(not(compare(op, field("n"), int(0))), "g:1"), "{op:?}");
    }
    assert!(!holds(eq(field("n"), field("n")), "g:1"));
    let both = |event: &str| {
        holds(boolean(ExprKind::And(vec![not(eq(field("n"), int(1))), eq(field("g"), text("1"))])), event)
    };
    assert!(both("g:1") && both("g:1 n:2") && !both("g:1 n:1"));
}

#[test]
fn integers_and_numbers_compare_by_size() {
    assert!(holds(eq(field("x"), int(3)), "x:3") && holds(compare(CompareOp::Less, field("n"), num(2.5)), "n:2"));
    let list = boolean(ExprKind::InList { fold: false, item: Box::new(field("x")), list: (0..20).map(int).collect() });
    assert!(holds(list.clone(), "x:7") && !holds(list.clone(), "x:7.5") && !holds(list, "g:1"));
    let between = |event: &str| {
        holds(
            boolean(ExprKind::Between { item: Box::new(field("n")), low: Box::new(int(1)), high: Box::new(int(3)) }),
            event,
        )
    };
    assert!(between("n:1") && between("n:3") && !between("n:4") && !between("g:1"));
}

#[test]
fn case_folds_ascii_only_where_asked() {
    let test = |op, fold, needle: &str, event: &str| {
        let item = Box::new(field("g"));
        holds(boolean(ExprKind::Test { op, fold, item, needle: Box::new(text(needle)) }), event)
    };
    assert!(test(StringTest::Contains, true, "BC", "g:abcd") && !test(StringTest::Contains, false, "BC", "g:abcd"));
    assert!(test(StringTest::StartsWith, true, "AB", "g:abc") && !test(StringTest::StartsWith, true, "ABCD", "g:abc"));
    assert!(test(StringTest::EndsWith, false, "bc", "g:abc") && !test(StringTest::EndsWith, false, "BC", "g:abc"));
    assert!(!test(StringTest::Contains, true, "É", "g:é"));
    let matches = |fold, regex: &str, event: &str| {
        holds(boolean(ExprKind::Matches { fold, item: Box::new(field("g")), regex: regex.into() }), event)
    };
    assert!(matches(true, "^KEY$", "g:key"));
    // The Kelvin sign folds to k in Unicode, not here.
    assert!(!matches(true, "^key$", "g:\u{212a}ey") && !matches(true, "s", "g:\u{17f}"));
    assert!(matches(true, "^.ey$", "g:\u{212a}ey"));
}

#[test]
fn patterns_are_re2_with_ascii_classes() {
    let matches = |regex: &str, value: &str| {
        let code = super::super::pattern(regex, false).unwrap();
        code.is_match(value)
    };
    assert!(matches(r"^\d+$", "42") && !matches(r"^\d+$", "٤٢"));
    assert!(matches(r"^[\d.]+$", "1.2") && !matches(r"^[\w-]+$", "é") && matches(r"^\W$", "é"));
    assert!(matches("^a.b$", "a\nb") && !matches("^a$", "a\n") && matches(r"^\\d$", r"\d"));
}

#[test]
fn like_fits_the_whole_text() {
    let like = |pattern: &str, value: &str| {
        let pieces = pattern
            .chars()
            .map(|c| match c {
                '*' => LikePiece::AnyRun,
                '?' => LikePiece::AnyOne,
                c => LikePiece::Text(c.to_string()),
            })
            .collect();
        let mut event = s(0, "");
        event.values[0] = Value::string(value);
        let like = boolean(ExprKind::Like { fold: false, item: Box::new(field("g")), pattern: pieces });
        run(&rule_with(vec![like]), [event], None)[0].values[0].1.is_true()
    };
    assert!(like("*.example.com", "a.b.example.com") && !like("*.example.com", "example.com"));
    assert!(like("a*b*c", "axxbyybzzc") && !like("a*b*c", "axxbyybzz") && like("a?c", "aéc") && !like("a?c", "ac"));
    assert!(like("*", "x\ny") && like("a**", "a") && !like("a", "ab") && !like("ab", "a") && like("*a*a*a*", "aaa"));
}

#[test]
fn lists_networks_and_missing() {
    let in_list = |event: &str| {
        holds(
            boolean(ExprKind::InField { fold: true, item: Box::new(text("B")), list: Box::new(field("tags")) }),
            event,
        )
    };
    assert!(in_list("tags:a,b") && !in_list("tags:a") && !in_list("g:1"));
    let any = boolean(ExprKind::AnyItem {
        list: Box::new(field("tags")),
        test: Box::new(eq(typed(ExprKind::Leaf(Leaf::It), Type::STRING), field("g"))),
    });
    assert!(holds(any.clone(), "tags:a,b g:b") && !holds(any, "tags:a,b g:c"));
    let nets = |event: &str| {
        let nets = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        holds(boolean(ExprKind::InNets { item: Box::new(field("peer")), nets }), event)
    };
    assert!(nets("peer:10.1.2.3") && nets("peer:::ffff:10.1.2.3") && nets("peer:2001:db8::1"));
    assert!(!nets("peer:11.0.0.1") && !nets("g:1"));
}

#[test]
fn arithmetic_is_checked_and_division_gives_a_number() {
    use ArithmeticOp::*;
    let n = |op, other: i64, event: &str| of(arithmetic(op, Type::INTEGER, field("n"), int(other)), event);
    assert_eq!(n(Add, 1, "n:2"), Value::Integer(3));
    assert_eq!(n(Add, 1, &format!("n:{}", i64::MAX)), Value::Missing);
    assert_eq!(n(Modulo, 3, "n:-7"), Value::Integer(-1));
    assert_eq!((n(Modulo, 0, "n:1"), n(Add, 1, "g:1")), (Value::Missing, Value::Missing));
    assert_eq!(n(Modulo, -1, &format!("n:{}", i64::MIN)), Value::Missing);
    let divided = |by: i64, event: &str| of(arithmetic(Divide, Type::NUMBER, field("n"), int(by)), event);
    assert_eq!((divided(2, "n:7"), divided(0, "n:7")), (Value::Number(3.5), Value::Missing));
    let ago = arithmetic(Subtract, Type::DURATION, field("at"), field("at"));
    assert_eq!(of(ago, "at:5"), Value::Duration(0));
    let half = arithmetic(Multiply, Type::DURATION, field("took"), num(0.5));
    assert_eq!(of(half, "took:5"), Value::Duration(2));
}

#[test]
fn functions() {
    use Function::*;
    let string = |function, args| of(call(function, Type::STRING, args), "g:a\u{e9}B n:-5 at:1500 x:2.5");
    assert_eq!(string(Lower, vec![text("ÉA")]), Value::string("Éa"));
    assert_eq!(string(Concat, vec![field("g"), field("k"), text("!")]), Value::string("aéB!"));
    assert_eq!(string(Substring, vec![field("g"), int(1), int(9)]), Value::string("éB"));
    assert_eq!(string(Substring, vec![field("g"), int(-1)]), Value::Missing);
    assert_eq!(string(Substring, vec![field("g"), int(3)]), Value::Missing);
    assert_eq!(string(Replace, vec![text("aa"), text("a"), text("")]), Value::Missing);
    assert_eq!(string(Trim, vec![text(" \t x\u{a0}\n")]), Value::string("x\u{a0}"));
    assert_eq!(string(ToString, vec![field("at")]), Value::string("1970-01-01T00:00:01.500Z"));
    assert_eq!(string(ToString, vec![num(1e21)]), Value::string("1000000000000000000000"));
    let parts = of(call(Split, Type::List(Scalar::String), vec![text("a,,b"), text(",")]), "");
    assert_eq!(parts, Value::list([Value::string("a"), Value::string("b")]));
    let int_of = |function, args| of(call(function, Type::INTEGER, args), "g:a\u{e9}B n:-5 at:1500 x:2.5");
    assert_eq!(int_of(Length, vec![field("g")]), Value::Integer(3));
    assert_eq!((int_of(Abs, vec![field("n")]), int_of(Abs, vec![int(i64::MIN)])), (Value::Integer(5), Value::Missing));
    assert_eq!(int_of(Round, vec![field("x")]), Value::Integer(3));
    assert_eq!(int_of(Min, vec![field("n"), int(3)]), Value::Integer(-5));
    assert_eq!(int_of(Max, vec![field("n"), field("k")]), Value::Missing);
    assert_eq!(of(call(Round, Type::NUMBER, vec![num(-1.25), int(1)]), ""), Value::Number(-1.3));
    assert_eq!(of(call(ToNumber, Type::NUMBER, vec![text("1e3")]), ""), Value::Number(1000.0));
    let number = |s: &str| of(call(ToNumber, Type::NUMBER, vec![text(s)]), "");
    for (s, n) in [("-1.5E-1", -0.15), ("+7", 7.0), (".5", 0.5), ("5.", 5.0), ("007", 7.0)] {
        assert_eq!(number(s), Value::Number(n), "{s}");
    }
    for s in ["inf", "nan", "1e999", "0x10", "1,000", " 1", "1e", "e3", ".", "+", "1_000", "٣"] {
        assert_eq!(number(s), Value::Missing, "{s}");
    }
    assert_eq!(int_of(HourOfDay("Europe/Berlin".into()), vec![field("at")]), Value::Integer(1));
    assert_eq!(int_of(DayOfWeek("UTC".into()), vec![field("at")]), Value::Integer(4));
    assert_eq!(string(Domain, vec![text("A.b.Example.co.uk.")]), Value::string("example.co.uk"));
    assert_eq!(string(Domain, vec![text("example.com...")]), Value::string("example.com"));
    for host in ["co.uk", "com.", ".", "[::1]", "10.0.0.1."] {
        assert_eq!(string(Domain, vec![text(host)]), Value::Missing, "{host}");
    }
    assert_eq!(
        (string(Domain, vec![text("10.0.0.1")]), string(Domain, vec![text("::1")])),
        (Value::Missing, Value::Missing)
    );
    assert_eq!(of(call(ToIp, Type::IP, vec![text("10.0.0.300")]), ""), Value::Missing);
}

#[test]
fn lookups_match_by_their_keys_and_the_longest_wins() {
    let key = |matching| LookupKey { column: String::new(), ty: Type::STRING, matching };
    let row = |cells: &[&str]| cells.iter().map(Value::string).collect();
    let lookup = |keys: &[Matching], rows: &[&[&str]]| {
        Arc::new(Lookup {
            name: "l".into(),
            keys: keys.iter().map(|m| key(*m)).collect(),
            columns: vec![("c".into(), Type::STRING)],
            rows: rows.iter().map(|r| row(r)).collect(),
            span: crate::source::Span::default(),
        })
    };
    let find = |lookup: &Arc<Lookup>, keys: Vec<Expr>, event: &str| {
        let found = typed(ExprKind::Lookup { lookup: LookupId(0), keys, column: 0 }, Type::STRING);
        let mut rule = rule_with(vec![found]);
        rule.lookups = vec![Arc::clone(lookup)];
        run(&rule, [s(0, event)], None)[0].values[0].1.clone()
    };
    let hosts = lookup(
        &[Matching::Nocase, Matching::Suffix],
        &[&["A", "example.com", "short"], &["a", "b.example.com", "long"], &["x", "com", "other"]],
    );
    let host = |event: &str| find(&hosts, vec![field("k"), field("g")], event);
    assert_eq!(host("k:a g:c.B.example.com"), Value::string("long"));
    assert_eq!((host("k:A g:example.com"), host("k:a g:badexample.com")), (Value::string("short"), Value::Missing));
    assert_eq!((host("g:example.com"), host("k:a")), (Value::Missing, Value::Missing));
    let nets = lookup(&[Matching::Cidr], &[&["10.0.0.0/8", "big"], &["10.1.0.0/16", "small"], &["192.0.2.1", "one"]]);
    let net = |event: &str| find(&nets, vec![field("peer")], event);
    assert_eq!((net("peer:10.1.0.1"), net("peer:10.2.0.1")), (Value::string("small"), Value::string("big")));
    assert_eq!((net("peer:192.0.2.1"), net("peer:192.0.2.2")), (Value::string("one"), Value::Missing));
}

#[test]
fn lets_are_computed_per_row() {
    let mut rule = rule_with(vec![typed(ExprKind::Leaf(Leaf::Let(LetId(1))), Type::INTEGER)]);
    let twice = |e| arithmetic(ArithmeticOp::Add, Type::INTEGER, e, field("n"));
    rule.lets = vec![
        Let { name: "one".into(), expr: field("n") },
        Let { name: "two".into(), expr: twice(typed(ExprKind::Leaf(Leaf::Let(LetId(0))), Type::INTEGER)) },
        Let { name: "own".into(), expr: typed(ExprKind::Leaf(Leaf::Let(LetId(2))), Type::INTEGER) },
    ];
    let found = run(&rule, [s(0, "n:1"), s(0, "n:2"), s(1, "")], None);
    let values: Vec<_> = found.iter().map(|a| a.values[0].1.clone()).collect();
    assert_eq!(values, [Value::Integer(2), Value::Integer(4), Value::Missing]);
}
