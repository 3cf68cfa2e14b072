//! Expressions: every name resolved, every operand typed, every part that may be missing known.
//!
//! A conjunct narrows those after it: in `exists(x) and x == "a"` the second `x` is never missing.

mod arithmetic;
mod call;
mod compare;
mod function;
mod gap;
mod history;
mod leaf;
mod literal;
mod lookup;
mod measure;
mod membership;
mod regex;
mod strings;

pub(super) use literal::typed;
pub(super) use membership::literals;

use super::checker::Checker;
use super::codes;
use super::consts::with_article;
use super::rows::{Facts, Rows, nullable};
use crate::ir::{self, ExprKind, LetId, SignalId};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr, ExprKind as Written, UnaryOp};
use crate::value::{Scalar, Type};

/// Where an expression stands, and so what it may read.
pub(super) struct Site<'r> {
    /// For messages: ``an event's `where` ``.
    pub place: &'static str,
    /// The rows that it is read on.
    pub rows: &'r Rows,
    pub kind: SiteKind<'r>,
}

/// What may be read.
#[derive(Clone, Copy)]
pub(super) enum SiteKind<'r> {
    /// Literals and parameters only.
    Constant,
    /// Fields and lets of whatever source: a let is bound to a source where it is used.
    Let,
    /// Fields and lets that every row has.
    Row,
    /// Those and contexts.
    Analytic,
    /// Measures of this signal only.
    Having(SignalId),
    /// Everything at a hit; a field that only some rows have may be missing. `details`: measures over the range too.
    Hit { range: &'r Rows, details: bool },
    /// Inside `any(c)` and `all(c)`: fields, lets and contexts of the range's events.
    Range,
}

impl<'r> Site<'r> {
    pub fn constant(place: &'static str, rows: &'r Rows) -> Self {
        Site { place, rows, kind: SiteKind::Constant }
    }

    pub fn row(place: &'static str, rows: &'r Rows) -> Self {
        Site { place, rows, kind: SiteKind::Row }
    }

    pub fn analytic(place: &'static str, rows: &'r Rows) -> Self {
        Site { place, rows, kind: SiteKind::Analytic }
    }

    pub fn hit(place: &'static str, rows: &'r Rows, range: &'r Rows) -> Self {
        Site { place, rows, kind: SiteKind::Hit { range, details: false } }
    }
}

/// One expression while it is typed.
struct Typer<'c, 'a, 'r> {
    check: &'c mut Checker<'a>,
    site: &'r Site<'r>,
    facts: Facts,
    /// The element type inside `any(list, ...)`.
    it: Option<Scalar>,
    having: Option<Having<'r>>,
}

/// The measures that a `having` may read, and those that it writes in place.
struct Having<'r> {
    rows: &'r Rows,
    kind: Measures,
    measures: Vec<ir::Measure>,
}

/// What a `having` asks about.
#[derive(Clone, Copy)]
pub(super) enum Measures {
    /// A window's events.
    Window,
    /// How many events a window has, and the gaps between them.
    Gaps,
    /// A bucket's value, of this type, and its history.
    History { value: Type, nullable: bool },
}

impl<'a> Checker<'a> {
    /// A value of any type.
    pub fn value(&mut self, site: &Site, expr: &Expr) -> Option<ir::Expr> {
        self.bounded(expr)?;
        self.typer(site).value(expr)
    }

    /// A boolean.
    pub fn condition(&mut self, site: &Site, expr: &Expr) -> Option<ir::Expr> {
        self.bounded(expr)?;
        self.typer(site).condition(expr)
    }

    /// Conditions that hold together, each narrowing those after it. None where one had errors.
    pub fn conditions(&mut self, site: &Site, all: &[&Expr]) -> Option<Vec<ir::Expr>> {
        let mut typer = self.typer(site);
        let each: Vec<Option<Vec<ir::Expr>>> = all
            .iter()
            .map(|e| {
                typer.check.bounded(e)?;
                typer.conjuncts(e)
            })
            .collect();
        each.into_iter().collect::<Option<Vec<_>>>().map(|v| v.into_iter().flatten().collect())
    }

    /// A measure over rows of the site.
    pub fn measure(&mut self, site: &Site, name: Option<String>, expr: &Expr) -> Option<ir::Measure> {
        self.bounded(expr)?;
        self.typer(site).measure(name, expr)
    }

    /// A condition over measures; gives the measures with those that it wrote in place at their end.
    pub fn having(
        &mut self,
        rows: &Rows,
        kind: Measures,
        signal: SignalId,
        measures: Vec<ir::Measure>,
        expr: &Expr,
    ) -> Option<(ir::Expr, Vec<ir::Measure>)> {
        self.bounded(expr)?;
        let site = Site { place: "`having`", rows, kind: SiteKind::Having(signal) };
        let mut typer = self.typer(&site);
        typer.having = Some(Having { rows, kind, measures });
        let condition = typer.condition(expr);
        let measures = typer.having.map(|h| h.measures).unwrap_or_default();
        Some((condition?, measures))
    }

    fn typer<'c, 'r>(&'c mut self, site: &'r Site<'r>) -> Typer<'c, 'a, 'r> {
        Typer { check: self, site, facts: Facts::default(), it: None, having: None }
    }
}

impl Typer<'_, '_, '_> {
    fn value(&mut self, expr: &Expr) -> Option<ir::Expr> {
        let span = expr.span;
        match &expr.kind {
            Written::Faulty => None,
            Written::Literal(literal) => self.literal(literal, span),
            Written::Name(name) => self.name(name, span),
            Written::Param(name) => self.param(name, span),
            Written::List(_) => {
                self.check.error(codes::LIST_HERE, span, "a list literal stands on the right of `in` only")
            }
            Written::Tuple(_) => self.check.error(
                codes::LIST_HERE,
                span,
                "a tuple stands on the left of `in lookup` and on the right of `between` only",
            ),
            Written::Unary(UnaryOp::Not, inner) => {
                let inner = self.condition(inner)?;
                self.lint_not_in(&inner, span);
                Some(Self::boolean(ExprKind::Not(Box::new(inner)), span))
            }
            Written::Unary(UnaryOp::Negate, inner) => self.negate(inner, span),
            Written::Binary { op, fold, op_span, left, right } => {
                self.binary(&Operation { op: *op, fold: *fold, op_span: *op_span, span }, left, right)
            }
            Written::Call { name, name_span, args, filter } => {
                self.call(&Called { name, name_span: *name_span, args, filter: filter.as_deref(), span })
            }
            Written::Lookup { lookup, lookup_span, keys, column, column_span } => {
                self.lookup_read((lookup, *lookup_span), keys, (column, *column_span), span)
            }
        }
    }

    fn condition(&mut self, expr: &Expr) -> Option<ir::Expr> {
        let typed = self.value(expr)?;
        if typed.ty == Type::BOOLEAN {
            return Some(typed);
        }
        let message = format!("{} needs a condition, not {}", self.site.place, with_article(typed.ty));
        let help = match typed.ty {
            Type::List(_) => "`exists(x)` asks whether a list has items, `any(x, it == ...)` whether one fits",
            Type::Scalar(_) => "compare it, or ask `exists(x)` whether it is there",
        };
        self.check.error_help(codes::NOT_BOOLEAN, typed.span, message, help)
    }

    /// The parts of an `and` chain; facts stay known afterwards.
    fn conjuncts(&mut self, expr: &Expr) -> Option<Vec<ir::Expr>> {
        if let Written::Binary { op: BinaryOp::And, left, right, .. } = &expr.kind {
            let left = self.conjuncts(left);
            let right = self.conjuncts(right);
            let mut all = left?;
            all.extend(right?);
            return Some(all);
        }
        let typed = self.condition(expr)?;
        let facts = self.facts_of(&typed);
        self.facts.add(&facts);
        // A conjunct in parentheses that is itself an `and` joins the chain.
        Some(if let ExprKind::And(inner) = typed.kind { inner } else { vec![typed] })
    }

    fn facts_of(&self, condition: &ir::Expr) -> Facts {
        Facts::of(condition, &|id| self.let_body(id))
    }

    fn let_body(&self, id: LetId) -> Option<ir::Expr> {
        self.check.let_body(id)
    }

    fn binary(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        match operation.op {
            BinaryOp::And => {
                let before = self.facts.clone();
                let left = self.conjuncts(left);
                let right = self.conjuncts(right);
                self.facts = before;
                let mut all = left?;
                all.extend(right?);
                Some(Self::boolean(ExprKind::And(all), operation.span))
            }
            BinaryOp::Or => {
                let (left, right) = (self.condition(left), self.condition(right));
                let mut all = alternatives(left?);
                all.extend(alternatives(right?));
                Some(Self::boolean(ExprKind::Or(all), operation.span))
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => self.compare(operation, left, right),
            BinaryOp::Between => self.between(operation, left, right),
            BinaryOp::In | BinaryOp::NotIn => self.membership(operation, left, right),
            BinaryOp::Contains | BinaryOp::StartsWith | BinaryOp::EndsWith => self.string_test(operation, left, right),
            BinaryOp::Like => self.like(operation, left, right),
            BinaryOp::Matches => self.matches(operation, left, right),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                self.arithmetic(operation, left, right)
            }
        }
    }

    /// Both operands, each with its own findings.
    fn both(&mut self, left: &Expr, right: &Expr) -> Option<(ir::Expr, ir::Expr)> {
        let (left, right) = (self.value(left), self.value(right));
        Some((left?, right?))
    }

    fn boolean(kind: ExprKind, span: Span) -> ir::Expr {
        ir::Expr { kind, ty: Type::BOOLEAN, nullable: false, span }
    }

    fn node(kind: ExprKind, ty: Type, span: Span) -> ir::Expr {
        let nullable = nullable(&kind, &|e| e.nullable);
        ir::Expr { kind, ty, nullable, span }
    }
}

fn alternatives(expr: ir::Expr) -> Vec<ir::Expr> {
    if let ExprKind::Or(all) = expr.kind { all } else { vec![expr] }
}

/// An infix operator with its places.
struct Operation {
    op: BinaryOp,
    fold: bool,
    op_span: Span,
    span: Span,
}

/// A call with its places.
struct Called<'e> {
    name: &'e str,
    name_span: Span,
    args: &'e [Expr],
    filter: Option<&'e Expr>,
    span: Span,
}

/// An operator as it is written.
fn written(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Between => "between",
        BinaryOp::Contains => "contains",
        BinaryOp::StartsWith => "startswith",
        BinaryOp::EndsWith => "endswith",
        BinaryOp::Like => "like",
        BinaryOp::Matches => "matches",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}
