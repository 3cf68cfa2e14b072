//! The grammar's generated parser, and the one table of how tightly operators bind.

pub use generated::{Grammar, Rule};

use crate::syntax::expr::{BinaryOp, UnaryOp};
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

mod generated {
    #![allow(missing_docs)]

    /// What pest makes of `grammar/expression.pest`.
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/expression.pest"]
    pub struct Grammar;
}

/// Words that are never a name (a part of a dotted name they may be).
pub const KEYWORDS: [&str; 13] = [
    "and",
    "or",
    "not",
    "in",
    "between",
    "contains",
    "startswith",
    "endswith",
    "like",
    "matches",
    "where",
    "true",
    "false",
];

/// Operators that bind equally; infix ones group from the left.
#[derive(Debug, Clone, Copy)]
enum Level {
    Infix(&'static [Infix]),
    Prefix(Rule, UnaryOp),
}

/// An infix operator.
#[derive(Debug, Clone, Copy)]
struct Infix {
    rule: Rule,
    op: BinaryOp,
    spelling: &'static str,
    /// Its spelling where it compares without case, if it can.
    folded: Option<&'static str>,
}

const fn infix(rule: Rule, op: BinaryOp, spelling: &'static str) -> Infix {
    Infix { rule, op, spelling, folded: None }
}

const fn folding(rule: Rule, op: BinaryOp, spelling: &'static str, folded: &'static str) -> Infix {
    Infix { rule, op, spelling, folded: Some(folded) }
}

/// Loosest first. `and` beside `or` and a comparison of a comparison parse here and are refused in `build`, which can say why.
const TABLE: &[Level] = &[
    Level::Infix(&[infix(Rule::or, BinaryOp::Or, "or")]),
    Level::Infix(&[infix(Rule::and, BinaryOp::And, "and")]),
    Level::Prefix(Rule::not, UnaryOp::Not),
    Level::Infix(&[
        folding(Rule::equal, BinaryOp::Equal, "==", "=~"),
        folding(Rule::not_equal, BinaryOp::NotEqual, "!=", "!~"),
        infix(Rule::less, BinaryOp::Less, "<"),
        infix(Rule::less_equal, BinaryOp::LessEqual, "<="),
        infix(Rule::greater, BinaryOp::Greater, ">"),
        infix(Rule::greater_equal, BinaryOp::GreaterEqual, ">="),
        folding(Rule::is_in, BinaryOp::In, "in", "in~"),
        folding(Rule::negated, BinaryOp::NotIn, "not in", "not in~"),
        infix(Rule::between, BinaryOp::Between, "between"),
        folding(Rule::contains, BinaryOp::Contains, "contains", "contains~"),
        folding(Rule::startswith, BinaryOp::StartsWith, "startswith", "startswith~"),
        folding(Rule::endswith, BinaryOp::EndsWith, "endswith", "endswith~"),
        folding(Rule::like, BinaryOp::Like, "like", "like~"),
        folding(Rule::matches, BinaryOp::Matches, "matches", "matches~"),
    ]),
    Level::Infix(&[infix(Rule::add, BinaryOp::Add, "+"), infix(Rule::subtract, BinaryOp::Subtract, "-")]),
    Level::Infix(&[
        infix(Rule::multiply, BinaryOp::Multiply, "*"),
        infix(Rule::divide, BinaryOp::Divide, "/"),
        infix(Rule::modulo, BinaryOp::Modulo, "%"),
    ]),
    Level::Prefix(Rule::negate, UnaryOp::Negate),
];

/// The parser that the table describes.
pub static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    TABLE.iter().fold(PrattParser::new(), |pratt, level| match level {
        Level::Prefix(rule, _) => pratt.op(Op::prefix(*rule)),
        Level::Infix(operators) => {
            let ops = operators.iter().map(|o| Op::infix(o.rule, Assoc::Left));
            match ops.reduce(|all, op| all | op) {
                Some(ops) => pratt.op(ops),
                None => pratt,
            }
        }
    })
});

fn operators() -> impl Iterator<Item = (usize, &'static Infix)> {
    TABLE.iter().enumerate().flat_map(|(strength, level)| match level {
        Level::Infix(operators) => operators.iter().map(|o| (strength, o)).collect::<Vec<_>>(),
        Level::Prefix(..) => Vec::new(),
    })
}

/// The operator of a grammar rule (`x not in y` for [`Rule::negated`]).
pub fn operator_of(rule: Rule) -> Option<BinaryOp> {
    operators().find(|(_, o)| o.rule == rule).map(|(_, o)| o.op)
}

/// How an operator is written.
pub fn spelling(op: BinaryOp, fold: bool) -> &'static str {
    let found = operators().find(|(_, o)| o.op == op).map(|(_, o)| (o.spelling, o.folded));
    match found {
        Some((_, Some(folded))) if fold => folded,
        Some((plain, _)) => plain,
        None => "",
    }
}

/// How tightly an operator binds; a larger number is tighter.
pub fn strength(op: BinaryOp) -> usize {
    operators().find(|(_, o)| o.op == op).map_or(0, |(strength, _)| strength)
}

/// How tightly a prefix operator binds, in the numbers of [`strength`].
pub fn prefix_strength(op: UnaryOp) -> usize {
    TABLE.iter().position(|level| matches!(level, Level::Prefix(_, o) if *o == op)).unwrap_or(0)
}

/// True for operators that compare: two of them never stand side by side without parentheses.
pub fn compares(op: BinaryOp) -> bool {
    strength(op) == strength(BinaryOp::Equal)
}
