//! Confidence, exceptions, `once_per` and texts.

use super::kit::*;
use crate::eval::run;
use crate::ir::*;
use crate::value::Value;

fn raise(when: Expr, by: i64, because: &str) -> Raise {
    Raise {
        when,
        by,
        because: Some(Template(vec![TemplatePiece::Text(because.into())])),
        span: crate::source::Span::default(),
    }
}

fn every_a() -> Rule {
    rule(&[(S, "a")], vec![matching(stream(0))])
}

#[test]
fn confidence_adds_what_holds_clamps_and_names_a_level() {
    let mut rule = every_a();
    rule.confidence = Some(Confidence {
        base: 40,
        raise: vec![
            raise(at_least(field("n"), 1), 30, "some"),
            raise(at_least(field("n"), 2), 50, "more"),
            raise(eq(field("x"), num(1.0)), -60, "but"),
        ],
        alert_at: 30,
        levels: vec![(Level::Low, 30), (Level::High, 70)],
    });
    let a = |time, rest: &str| s(time, &format!("k:a {rest}"));
    let found = run(&rule, [a(0, ""), a(1, "n:1"), a(2, "n:2"), a(3, "x:1"), a(4, "n:2 x:1")], None);
    let said: Vec<_> = found.iter().map(|a| (a.time, a.confidence.unwrap(), a.severity, a.because.join(","))).collect();
    assert_eq!(
        said,
        [
            (0, 40, Level::Low, String::new()),
            (1, 70, Level::High, "some".into()),
            (2, 100, Level::High, "some,more".into()),
            (4, 60, Level::Low, "some,more,but".into())
        ]
    );
}

#[test]
fn once_per_keeps_the_first_of_an_aligned_bucket_and_what_has_no_key() {
    let mut rule = every_a();
    rule.alert.once_per = Some(OncePer { every: 10, keys: Some(keys(&["g"])), span: crate::source::Span::default() });
    let a = |time, g: &str| s(time, &format!("k:a {g}"));
    let events =
        [a(8, "g:1"), a(9, "g:1"), a(9, "g:2"), a(10, "g:1"), a(11, ""), a(12, ""), a(19, "g:1"), a(20, "g:1")];
    let times: Vec<_> = run(&rule, events, None).iter().map(|a| a.time).collect();
    assert_eq!(times, [8, 9, 10, 11, 12, 20]);
}

#[test]
fn an_exception_expires_and_does_not_use_up_the_bucket() {
    let mut rule = every_a();
    rule.alert.once_per = Some(OncePer { every: 100, keys: None, span: crate::source::Span::default() });
    rule.exceptions = vec![Exception {
        name: "known".into(),
        when: at_least(field("n"), 1),
        expires: Some(50),
        span: crate::source::Span::default(),
    }];
    let a = |time, n| s(time, &format!("k:a n:{n}"));
    let times = |events: &[crate::eval::Event]| -> Vec<i64> {
        run(&rule, events.to_vec(), None).iter().map(|a| a.time).collect()
    };
    assert_eq!(times(&[a(0, 1), a(1, 0), a(2, 0)]), [1]);
    assert_eq!(times(&[a(49, 1), a(50, 1)]), [50]);
}

#[test]
fn texts_print_values_as_people_read_them() {
    let mut rule = every_a();
    let hole = |name: &str| TemplatePiece::Value(field(name));
    let bar = || TemplatePiece::Text("|".into());
    rule.alert.title = Template(vec![
        hole("took"),
        bar(),
        hole("tags"),
        bar(),
        hole("x"),
        bar(),
        hole("at"),
        bar(),
        hole("peer"),
        bar(),
        hole("g"),
    ]);
    rule.alert.entities = vec![("peer".into(), field("peer"))];
    let found = run(&rule, [s(0, "k:a took:5400000 tags:a,b x:2 at:1500 peer:::ffff:10.0.0.1")], None);
    assert_eq!(found[0].title, "1h30m|a, b|2|1970-01-01T00:00:01.500Z|10.0.0.1|-");
    assert_eq!(found[0].entities, [("peer".into(), Value::ip("10.0.0.1".parse().unwrap()))]);
}
