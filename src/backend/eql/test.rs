//! What a condition asks of one value, and its answer where the value is known.

use crate::ir::{CompareOp, LikePiece, StringTest};
use crate::value::Value;
use ipnet::IpNet;

/// A question about one value; false where the value is missing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// It is not missing.
    Exists,
    /// It is one of these.
    In { fold: bool, values: Vec<Value> },
    /// It is ordered so against a value.
    Order(CompareOp, Value),
    /// It contains, starts or ends with the text.
    Text { op: StringTest, fold: bool, needle: String },
    /// It fits the pattern.
    Like { fold: bool, pattern: Vec<LikePiece> },
    /// It matches the expression.
    Matches { fold: bool, regex: String },
    /// It is an address of one of these networks.
    Nets(Vec<IpNet>),
}

impl Test {
    /// The boolean true.
    pub(super) fn is_true() -> Test {
        Test::In { fold: false, values: vec![Value::Boolean(true)] }
    }

    /// The answer for a value; none where it takes an engine (patterns, expressions) to say.
    pub(super) fn holds(&self, value: &Value) -> Option<bool> {
        if value.is_missing() {
            return Some(false);
        }
        Some(match self {
            Test::Exists => true,
            Test::In { fold, values } => values.iter().any(|v| equal(v, value, *fold)),
            Test::Order(op, bound) => ordered(*op, value, bound)?,
            Test::Text { op, fold, needle } => {
                let Value::String(text) = value else { return Some(false) };
                let (text, needle) = if *fold {
                    (text.to_ascii_lowercase(), needle.to_ascii_lowercase())
                } else {
                    (text.to_string(), needle.clone())
                };
                match op {
                    StringTest::Contains => text.contains(&needle),
                    StringTest::StartsWith => text.starts_with(&needle),
                    StringTest::EndsWith => text.ends_with(&needle),
                }
            }
            Test::Nets(nets) => match value {
                Value::Ip(ip) => nets.iter().any(|net| net.contains(ip)),
                _ => false,
            },
            Test::Like { .. } | Test::Matches { .. } => return None,
        })
    }

    /// The question to ask of a text whose ASCII letters are folded to lower (or upper) case as it is read: the same one without case,
    /// and nothing that holds an ASCII letter of the other case. None where that is not so simple.
    pub(super) fn of_folded(&self, upper: bool) -> Option<Test> {
        let other_case = |c: char| if upper { c.is_ascii_lowercase() } else { c.is_ascii_uppercase() };
        let is_met = |text: &str, fold: bool| fold || !text.contains(other_case);
        Some(match self {
            Test::In { fold, values } => {
                let meets = |v: &&Value| matches!(v, Value::String(s) if is_met(s, *fold));
                Test::In { fold: true, values: values.iter().filter(meets).cloned().collect() }
            }
            Test::Text { op, fold, needle } if is_met(needle, *fold) => {
                Test::Text { op: *op, fold: true, needle: needle.clone() }
            }
            Test::Text { .. } => Test::In { fold: false, values: Vec::new() },
            Test::Like { fold, pattern } => {
                let meets = |p: &LikePiece| !matches!(p, LikePiece::Text(t) if !is_met(t, *fold));
                if pattern.iter().all(meets) {
                    Test::Like { fold: true, pattern: pattern.clone() }
                } else {
                    Test::In { fold: false, values: Vec::new() }
                }
            }
            Test::Matches { fold: true, .. } | Test::Exists => self.clone(),
            _ => return None,
        })
    }
}

fn equal(a: &Value, b: &Value, fold: bool) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) if fold => a.eq_ignore_ascii_case(b),
        _ => a == b,
    }
}

fn ordered(op: CompareOp, value: &Value, bound: &Value) -> Option<bool> {
    let order = value.as_number()?.partial_cmp(&bound.as_number()?)?;
    Some(match op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterEqual => order.is_ge(),
    })
}
