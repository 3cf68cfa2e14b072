//! Trees, texts and tokens that nobody thought of: what is printed reads back, and everything else has a place.

use super::{binary, expr, not, read};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};
use proptest::prelude::*;

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::String),
        r#"[\\"'a-c\n\t#r]{0,6}"#.prop_map(Literal::String),
        (-i64::MAX..=i64::MAX).prop_map(Literal::Integer),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Boolean),
        (-i64::MAX..=i64::MAX).prop_map(Literal::Duration),
        (-62_000_000_000_000_i64..253_000_000_000_000).prop_map(Literal::Timestamp),
        any::<std::net::IpAddr>().prop_map(Literal::Ip),
    ]
}

fn operators() -> impl Strategy<Value = (BinaryOp, bool)> {
    let plain = [
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Modulo,
    ];
    let folding = [
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::In,
        BinaryOp::NotIn,
        BinaryOp::Contains,
        BinaryOp::StartsWith,
        BinaryOp::EndsWith,
        BinaryOp::Like,
        BinaryOp::Matches,
    ];
    prop_oneof![
        prop::sample::select(plain.to_vec()).prop_map(|op| (op, false)),
        (prop::sample::select(folding.to_vec()), any::<bool>()),
    ]
}

fn names() -> impl Strategy<Value = String> {
    "[a-z_][a-z0-9_]{0,4}(\\.[a-z_][a-z0-9_]{0,3}){0,2}".prop_filter("a word of the language", |text| {
        !["and", "or", "not", "in", "like", "where", "true", "null", "nil"].contains(&text.as_str())
    })
}

/// Trees that a text can give: the parser folds `-1`, so no literal number stands under a minus.
fn trees() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literals().prop_map(ExprKind::Literal),
        names().prop_map(ExprKind::Name),
        "[a-z_][a-z0-9_]{0,4}".prop_map(ExprKind::Param),
    ];
    leaf.prop_map(expr).prop_recursive(5, 40, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let several = prop::collection::vec(inner.clone(), 2..4);
        let some = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            4 => (inner.clone(), operators(), inner.clone()).prop_map(|(l, (op, fold), r)| binary(l, op, fold, r)),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(x, low, high)| {
                binary(x, BinaryOp::Between, false, expr(ExprKind::Tuple(vec![low, high])))
            }),
            2 => inner.clone().prop_map(not),
            1 => inner.clone().prop_map(|e| match e.kind {
                ExprKind::Literal(_) => e,
                _ => expr(ExprKind::Unary(UnaryOp::Negate, Box::new(e))),
            }),
            1 => items.clone().prop_map(|items| expr(ExprKind::List(items))),
            1 => several.prop_map(|items| expr(ExprKind::Tuple(items))),
            1 => (names(), items, prop::option::of(inner)).prop_map(|(name, args, filter)| {
                let filter = filter.map(Box::new);
                expr(ExprKind::Call { name, name_span: Span::default(), args, filter })
            }),
            1 => (names(), some, names()).prop_map(|(lookup, keys, column)| {
                let (lookup_span, column_span) = (Span::default(), Span::default());
                expr(ExprKind::Lookup { lookup, lookup_span, keys, column, column_span })
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(tree in trees()) {
        let text = tree.to_string();
        let read = read(&text);
        prop_assert_eq!(read.as_ref(), Ok(&tree), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in any::<String>()) {
        for found in read(&text).err().into_iter().flatten() {
            let span = found.span.unwrap();
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }

    #[test]
    fn any_tokens_are_read_or_refused_with_a_place(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "a", "not", "in", "and", "or", "==", "=~", "(", ")", "[", "]", ",", ".", "1h", "0x", "\"", "'", "r\"", "\\", "$", "-",
            " ", "\n", "é", "where", "f(", "::1", "2026-03-01", "between", "~", "1e", "#", "/", "{",
        ]), 0..30)
    ) {
        let text = tokens.concat();
        for found in read(&text).err().into_iter().flatten() {
            let span = found.span.unwrap();
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }
}
