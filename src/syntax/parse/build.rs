//! From the grammar's pairs to the tree: precedence, literals, and the forms that parse but that a reader would misread.

use super::codes;
use super::grammar::{PRATT, Rule, compares, operator_of};
use super::literal::{self, Fault};
use super::report::{Report, excerpt};
use crate::syntax::expr::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};
use pest::iterators::Pair;
use std::cell::Cell;
use std::ops::Range;

/// Most operators in one expression; what recurses over a tree is at most this deep, plus the brackets.
pub const MAX_OPERATORS: usize = 256;

/// Builds the tree of an `expr` pair; what is wrong goes to the report, and the tree then has placeholders.
pub fn expression(pair: Pair<'_, Rule>, report: &Report<'_>) -> Expr {
    Builder { report, operators: Cell::new(0) }.built(pair).expr
}

/// A tree with what parentheses around it would hide.
struct Built {
    expr: Expr,
    range: Range<usize>,
    bare: Bare,
}

/// The operator at the top of a tree that is not in parentheses.
enum Bare {
    /// A value, a call, something in brackets, arithmetic.
    Value,
    Not,
    Comparison,
    /// `and` or `or`, with the first and the last of its operands.
    Logic(BinaryOp, Range<usize>, Range<usize>),
}

struct Builder<'a, 'r> {
    report: &'a Report<'r>,
    operators: Cell<usize>,
}

/// Its bytes; pest counts the blanks before a part that is left out (`name ~ subscript?`).
fn range_of(pair: &Pair<'_, Rule>) -> Range<usize> {
    let start = pair.as_span().start();
    start..start + pair.as_str().trim_end().len()
}

impl Builder<'_, '_> {
    fn expr(&self, pair: Pair<'_, Rule>) -> Expr {
        self.built(pair).expr
    }

    fn built(&self, pair: Pair<'_, Rule>) -> Built {
        let range = range_of(&pair);
        let operators = pair.clone().into_inner().filter(|p| is_operator(p.as_rule())).count();
        let before = self.operators.replace(self.operators.get().saturating_add(operators));
        if self.operators.get() > MAX_OPERATORS {
            if before <= MAX_OPERATORS {
                let message = format!("expression has more than {MAX_OPERATORS} operators");
                let help = "compare with a list (`x in [...]`) or a lookup, or name parts of it in `let`";
                self.report.push(self.report.error(codes::TOO_LARGE, range.clone(), message).help(help));
            }
            return self.value(range, ExprKind::Literal(Literal::Boolean(false)));
        }
        PRATT
            .map_primary(|primary| self.primary(primary))
            .map_prefix(|op, operand| self.prefix(&op, operand))
            .map_infix(|left, op, right| self.infix(left, &op, right))
            .parse(pair.into_inner())
    }

    fn value(&self, range: Range<usize>, kind: ExprKind) -> Built {
        Built { expr: Expr { kind, span: self.report.span(range.clone()) }, range, bare: Bare::Value }
    }

    fn primary(&self, pair: Pair<'_, Rule>) -> Built {
        let range = range_of(&pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::boolean => ExprKind::Literal(Literal::Boolean(text == "true")),
            Rule::param => ExprKind::Param(text.trim_start_matches('$').to_owned()),
            Rule::raw => ExprKind::Literal(Literal::String(literal::raw(text))),
            Rule::string => self.literal(&range, literal::string(text).map(Literal::String)),
            Rule::number => self.literal(&range, literal::number(text)),
            Rule::ip6 => self.literal(&range, literal::ip(text)),
            Rule::timestamp => self.literal(&range, literal::timestamp(text)),
            Rule::list => ExprKind::List(pair.into_inner().map(|item| self.expr(item)).collect()),
            Rule::paren => return self.paren(pair, range),
            _ => self.reference(pair),
        };
        self.value(range, kind)
    }

    fn literal(&self, range: &Range<usize>, decoded: Result<Literal, Fault>) -> ExprKind {
        ExprKind::Literal(decoded.unwrap_or_else(|fault| {
            let at = match fault.part {
                Some(part) => range.start + part.start..range.start + part.end,
                None => range.clone(),
            };
            let mut error = self.report.error(fault.code, at, fault.message);
            error.help = fault.help;
            self.report.push(error);
            Literal::Integer(0)
        }))
    }

    /// A group is its content, no longer bare; its place is the content's, which its parentheses do not belong to.
    fn paren(&self, pair: Pair<'_, Rule>, range: Range<usize>) -> Built {
        let mut items: Vec<Expr> = pair.into_inner().map(|item| self.expr(item)).collect();
        match (items.pop(), items.is_empty()) {
            (Some(expr), true) => Built { expr, range, bare: Bare::Value },
            (last, _) => {
                items.extend(last);
                self.value(range, ExprKind::Tuple(items))
            }
        }
    }

    fn reference(&self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let (name, name_range) = inner.next().map_or((String::new(), 0..0), |n| (n.as_str().to_owned(), range_of(&n)));
        match inner.next() {
            None => self.name(name, name_range),
            Some(follows) if follows.as_rule() == Rule::subscript => self.lookup(name, name_range, follows),
            Some(follows) => self.call(name, name_range, follows),
        }
    }

    fn name(&self, name: String, range: Range<usize>) -> ExprKind {
        let help = match name.as_str() {
            "True" | "TRUE" | "False" | "FALSE" => format!("write `{}`", name.to_ascii_lowercase()),
            "null" | "NULL" | "nil" | "None" => {
                "a missing value is tested with `exists(field)` or `not exists(field)`".into()
            }
            _ => return ExprKind::Name(name),
        };
        self.report.push(
            self.report.error(codes::FOREIGN, range, format!("`{name}` is not a value of this language")).help(help),
        );
        ExprKind::Name(name)
    }

    fn call(&self, name: String, name_range: Range<usize>, arguments: Pair<'_, Rule>) -> ExprKind {
        let mut args = Vec::new();
        let mut filter = None;
        for argument in arguments.into_inner() {
            if argument.as_rule() == Rule::filter {
                let condition = argument.into_inner().find(|p| p.as_rule() == Rule::expr);
                filter = condition.map(|c| Box::new(self.expr(c)));
            } else {
                args.push(self.expr(argument));
            }
        }
        ExprKind::Call { name, name_span: self.report.span(name_range), args, filter }
    }

    fn lookup(&self, lookup: String, name_range: Range<usize>, subscript: Pair<'_, Rule>) -> ExprKind {
        let whole = range_of(&subscript);
        let mut keys = Vec::new();
        let mut column = None;
        for part in subscript.into_inner() {
            if part.as_rule() == Rule::column {
                column = Some((part.as_str().to_owned(), range_of(&part)));
            } else {
                keys.push(self.expr(part));
            }
        }
        let (column, column_range) = column.unwrap_or_else(|| {
            let message = format!("`{lookup}[...]` does not say which column is read");
            let help = format!("write `{lookup}[...].column`, or `... in {lookup}` to ask whether there is a row");
            self.report.push(self.report.error(codes::NO_COLUMN, name_range.start..whole.end, message).help(help));
            (String::new(), whole.end..whole.end)
        });
        let (lookup_span, column_span) = (self.report.span(name_range), self.report.span(column_range));
        ExprKind::Lookup { lookup, lookup_span, keys, column, column_span }
    }

    fn prefix(&self, op: &Pair<'_, Rule>, operand: Built) -> Built {
        let range = range_of(op).start..operand.range.end;
        if op.as_rule() == Rule::not {
            let kind = ExprKind::Unary(UnaryOp::Not, Box::new(operand.expr));
            return Built { bare: Bare::Not, ..self.value(range, kind) };
        }
        self.refuse_bare_not(&operand);
        let kind = match operand.expr.kind {
            ExprKind::Literal(Literal::Integer(n)) => ExprKind::Literal(Literal::Integer(n.saturating_neg())),
            ExprKind::Literal(Literal::Number(n)) => ExprKind::Literal(Literal::Number(-n)),
            ExprKind::Literal(Literal::Duration(n)) => ExprKind::Literal(Literal::Duration(n.saturating_neg())),
            kind => ExprKind::Unary(UnaryOp::Negate, Box::new(Expr { kind, span: operand.expr.span })),
        };
        self.value(range, kind)
    }

    fn infix(&self, left: Built, op: &Pair<'_, Rule>, right: Built) -> Built {
        let op_range = range_of(op);
        let fold = op.as_str().ends_with('~');
        let Some((op, negated)) = operator(op) else {
            return left;
        };
        let bare = self.bare(&left, op, &op_range, &right);
        self.check_operands(op, &left, &right);
        let range = left.range.start..right.range.end;
        let op_span = self.report.span(op_range);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        let mut kind = ExprKind::Binary { op, fold, op_span, left, right };
        if negated {
            kind = ExprKind::Unary(UnaryOp::Not, Box::new(self.value(range.clone(), kind).expr));
        }
        Built { bare, ..self.value(range, kind) }
    }

    /// What the operator leaves bare, having refused what reads two ways.
    fn bare(&self, left: &Built, op: BinaryOp, op_range: &Range<usize>, right: &Built) -> Bare {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(left, op, op_range, right),
            _ => {
                self.refuse_bare_not(right);
                if !compares(op) {
                    return Bare::Value;
                }
                if matches!(left.bare, Bare::Comparison) {
                    let message = format!(
                        "comparisons do not chain: `{}` compares a comparison",
                        self.report.text(op_range.clone())
                    );
                    let help = "compare twice and join with `and`, or use `between (low, high)`";
                    self.report.push(self.report.error(codes::CHAINED, op_range.clone(), message).help(help));
                }
                Bare::Comparison
            }
        }
    }

    fn logic(&self, left: &Built, op: BinaryOp, op_range: &Range<usize>, right: &Built) -> Bare {
        let parts = |built: &Built| match &built.bare {
            Bare::Logic(inner, first, last) => (Some(*inner), first.clone(), last.clone()),
            _ => (None, built.range.clone(), built.range.clone()),
        };
        let (left_op, left_first, left_last) = parts(left);
        let (right_op, right_first, right_last) = parts(right);
        if op == BinaryOp::Or && (left_op == Some(BinaryOp::And) || right_op == Some(BinaryOp::And)) {
            let text = |range: Range<usize>| excerpt(self.report.text(range));
            let group = |built: &Built, inner: Option<BinaryOp>| match inner {
                Some(BinaryOp::And) => format!("({})", text(built.range.clone())),
                _ => text(built.range.clone()),
            };
            let and_first = format!("{} or {}", group(left, left_op), group(right, right_op));
            // The other reading joins the operands beside `or` first.
            let (before, near) = if left_op == Some(BinaryOp::And) {
                (text(left.range.start..left_last.start), left_last)
            } else {
                (String::new(), left.range.clone())
            };
            let (beside, after) = if right_op == Some(BinaryOp::And) {
                (right_first.clone(), text(right_first.end..right.range.end))
            } else {
                (right.range.clone(), String::new())
            };
            let or_first = format!("{before} ({} or {}) {after}", text(near), text(beside));
            let error = self
                .report
                .error(codes::MIXED, op_range.clone(), "`and` and `or` are mixed without parentheses")
                .help(format!("write `{and_first}` or `{}`", or_first.trim()));
            self.report.push(error);
            return Bare::Value;
        }
        Bare::Logic(op, left_first, right_last)
    }

    fn refuse_bare_not(&self, operand: &Built) {
        if matches!(operand.bare, Bare::Not) {
            let text = excerpt(self.report.text(operand.range.clone()));
            let error = self.report.error(
                codes::BARE_NOT,
                operand.range.clone(),
                format!("`{text}` is an operand without parentheses"),
            );
            self.report.push(error.help(format!("write `({text})`")));
        }
    }

    fn check_operands(&self, op: BinaryOp, left: &Built, right: &Built) {
        let text = |built: &Built| excerpt(self.report.text(built.range.clone()));
        match (op, &left.expr.kind, &right.expr.kind) {
            (BinaryOp::Between, _, ExprKind::Tuple(ends)) if ends.len() == 2 => {}
            (BinaryOp::Between, ..) => {
                let error = self.report.error(
                    codes::BETWEEN,
                    right.range.clone(),
                    format!("`between` expects `(low, high)`, found `{}`", text(right)),
                );
                self.report.push(error.help("write `x between (1, 5)`; both ends belong to it"));
            }
            (BinaryOp::Divide, ExprKind::Literal(Literal::Ip(_)), ExprKind::Literal(Literal::Integer(_))) => {
                let network = format!("{}/{}", text(left), text(right));
                let whole = left.range.start..right.range.end;
                let error =
                    self.report.error(codes::BARE_NETWORK, whole, format!("the network `{network}` is not in quotes"));
                self.report.push(error.help(format!("write `in \"{network}\"`")));
            }
            _ => {}
        }
    }
}

fn is_operator(rule: Rule) -> bool {
    matches!(rule, Rule::not | Rule::negate) || operator_of(rule).is_some()
}

/// The operator of a pair, and whether its result is negated (`not contains`; `not in` is an operator of its own).
fn operator(pair: &Pair<'_, Rule>) -> Option<(BinaryOp, bool)> {
    if pair.as_rule() != Rule::negated {
        return operator_of(pair.as_rule()).map(|op| (op, false));
    }
    match pair.clone().into_inner().next()?.as_rule() {
        Rule::is_in => Some((BinaryOp::NotIn, false)),
        rule => operator_of(rule).map(|op| (op, true)),
    }
}
