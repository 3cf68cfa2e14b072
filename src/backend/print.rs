//! One printer for SPL's and KQL's expressions: parentheses and null guards are its own, spelling is the target's table.
//!
//! In a condition, null and false are the same until a `not` turns them round. So a guard is needed in one place only: where the
//! operand of a `not`, or a stored boolean, may be null.

use super::target::{Missing, Operator, TargetData};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{ArithmeticOp, CompareOp, ExprKind, StringTest, regex, walk};
use crate::plan::{Column, Expr, Plan};
use crate::source::Span;
use crate::value::{Scalar, Type, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// An operator or function that the dialect does not have, or not with this meaning.
pub const CANNOT_SAY: Code = Code("R1102");

/// Binds as tightly as a name.
pub const ATOM: u8 = 100;

/// Text with how tightly its outermost operator binds.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// Larger is tighter.
    pub binding: u8,
}

impl Printed {
    /// A name, a literal or a call.
    pub fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: ATOM }
    }

    /// In parentheses where it binds less tightly than `outer`.
    pub fn inside(&self, outer: u8) -> String {
        if self.binding <= outer { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// What two dialects say differently beyond spelling.
pub trait Dialect {
    /// The tables.
    fn data(&self) -> &TargetData;
    /// A column's name as an expression reads it.
    fn column(&self, name: &str) -> String;
    /// A literal; none where the dialect cannot write the value.
    fn literal(&self, value: &Value, ty: Type) -> Option<String>;
    /// A boolean column as a condition.
    fn truth(&self, column: &str) -> Printed;
    /// A boolean value as a condition.
    fn holds(&self, value: Printed) -> Printed {
        value
    }
    /// A condition as a value that may be stored; `nullable` where the condition may be null.
    fn stored(&self, condition: Printed, nullable: bool) -> Printed;
    /// The negation of a condition that may be null, two-valued.
    fn negated(&self, condition: Printed) -> Printed;
    /// Whether a value is there.
    fn exists(&self, value: Printed, ty: Type) -> Printed;
    /// What the dialect prints in its own way; none where the common way will do.
    fn special(&self, printer: &Printer<'_>, expr: &Expr) -> Option<Printed>;
}

/// Prints expressions and keeps what could not be said.
pub struct Printer<'a> {
    /// The dialect.
    pub dialect: &'a dyn Dialect,
    /// Every refusal so far.
    pub refusals: RefCell<Vec<Diagnostic>>,
    /// The facts that what was printed rests on, by the names in `targets/*/assumptions.yaml`.
    pub assumptions: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Printer<'a> {
    /// A printer for a dialect.
    pub fn new(dialect: &'a dyn Dialect) -> Self {
        Self { dialect, refusals: RefCell::default(), assumptions: RefCell::default() }
    }

    /// Notes a fact that the query rests on.
    pub fn assume(&self, name: &'static str) {
        self.assumptions.borrow_mut().insert(name);
    }

    /// The facts that a query of the plan rests on, with those of what was printed.
    pub fn rests_on(&self, plan: &Plan) -> BTreeSet<&'static str> {
        plan.assumptions.iter().chain(self.assumptions.borrow().iter()).copied().collect()
    }

    /// A function that changes the case of a text: a rule changes that of ASCII letters alone, products that of every letter.
    pub fn folded(&self, function: &str, value: &str) -> String {
        self.assume("folded-texts-are-ascii");
        format!("{function}({value})")
    }

    /// Notes what an expression that ignores case rests on, where Unicode's way of ignoring it makes a difference.
    pub fn assume_folds(&self, expression: &str) {
        if regex::folds_beyond_ascii(expression) {
            self.assume("expressions-fold-ascii-alone");
        }
    }

    /// Notes that something cannot be said.
    pub fn refuse(&self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Printed {
        let finding = Diagnostic::error(CANNOT_SAY, span, message).help(help);
        self.refusals.borrow_mut().push(finding);
        Printed::atom("null")
    }

    /// An operator by its key, or a refusal.
    pub fn operator(&self, key: &str, span: Span) -> Operator {
        if let Some(operator) = self.dialect.data().operator(key) {
            return operator.clone();
        }
        let title = &self.dialect.data().title;
        self.refuse(span, format!("{title} has no exact `{key}`"), "compare in another way, or choose another target");
        Operator {
            spelling: key.to_owned(),
            form: super::target::Form::Call,
            binding: ATOM,
            missing: Missing::Missing,
            requires: None,
        }
    }

    /// The expression's value, as it may stand in an assignment or as an operand.
    pub fn value(&self, expr: &Expr) -> Printed {
        if expr.ty == Type::BOOLEAN {
            return match &expr.kind {
                ExprKind::Leaf(column) => Printed::atom(self.dialect.column(&column.0)),
                ExprKind::Const(value) => self.constant(value, expr),
                ExprKind::If { .. } | ExprKind::Coalesce(_) => self.plain(expr),
                _ => self.dialect.stored(self.condition(expr), self.may_be_null(expr)),
            };
        }
        self.plain(expr)
    }

    /// The expression as a condition; null where it may be null counts as false.
    pub fn condition(&self, expr: &Expr) -> Printed {
        match &expr.kind {
            ExprKind::Leaf(column) => self.dialect.truth(&column.0),
            ExprKind::Not(inner) => match self.dialect.special(self, expr) {
                Some(special) => special,
                None => self.not(inner),
            },
            ExprKind::And(parts) => self.junction("and", parts),
            ExprKind::Or(parts) => self.junction("or", parts),
            ExprKind::Exists(inner) => self.dialect.exists(self.value(inner), inner.ty),
            ExprKind::If { .. } | ExprKind::Coalesce(_) => self.dialect.holds(self.plain(expr)),
            _ => self.plain(expr),
        }
    }

    fn not(&self, inner: &Expr) -> Printed {
        let condition = self.condition(inner);
        if self.may_be_null(inner) {
            return self.dialect.negated(condition);
        }
        let operator = self.operator("not", inner.span);
        call_or_prefix(&operator, &condition)
    }

    /// Mixed `and` and `or` always stand in parentheses: not every command of every product binds them alike.
    fn junction(&self, key: &str, parts: &[Expr]) -> Printed {
        let span = parts.first().map_or(Span::default(), |p| p.span);
        let operator = self.operator(key, span);
        let texts: Vec<String> = parts
            .iter()
            .map(|p| {
                let printed = self.condition(p);
                let mixed = matches!(p.kind, ExprKind::And(_) | ExprKind::Or(_));
                if mixed { format!("({})", printed.text) } else { printed.inside(operator.binding) }
            })
            .collect();
        Printed { text: texts.join(&format!(" {} ", operator.spelling)), binding: operator.binding }
    }

    fn plain(&self, expr: &Expr) -> Printed {
        if let Some(special) = self.dialect.special(self, expr) {
            return special;
        }
        match &expr.kind {
            ExprKind::Const(value) => self.constant(value, expr),
            ExprKind::Leaf(column) => Printed::atom(self.dialect.column(&column.0)),
            ExprKind::Compare { op, fold, left, right } => {
                let key = compare_key(*op, *fold);
                self.infix(key, left, right, expr.span)
            }
            ExprKind::Test { op, fold, item, needle } => {
                let key = match (op, fold) {
                    (StringTest::Contains, false) => "contains",
                    (StringTest::Contains, true) => "contains_fold",
                    (StringTest::StartsWith, false) => "starts_with",
                    (StringTest::StartsWith, true) => "starts_with_fold",
                    (StringTest::EndsWith, false) => "ends_with",
                    (StringTest::EndsWith, true) => "ends_with_fold",
                };
                self.infix(key, item, needle, expr.span)
            }
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, expr.span),
            ExprKind::If { condition, then, otherwise } => {
                let spelling = self.operator("if", expr.span).spelling;
                let (c, t, o) = (self.condition(condition), self.value(then), self.value(otherwise));
                Printed::atom(format!("{spelling}({}, {}, {})", c.text, t.text, o.text))
            }
            ExprKind::Coalesce(parts) => {
                let spelling = self.operator("coalesce", expr.span).spelling;
                let texts: Vec<String> = parts.iter().map(|p| self.value(p).text).collect();
                Printed::atom(format!("{spelling}({})", texts.join(", ")))
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Exists(_) => self.condition(expr),
            _ => {
                let title = &self.dialect.data().title;
                self.refuse(
                    expr.span,
                    format!("this has no exact form in {title} yet"),
                    "say it with comparisons, or choose another target",
                )
            }
        }
    }

    /// A literal of a value.
    pub fn constant(&self, value: &Value, expr: &Expr) -> Printed {
        match self.dialect.literal(value, expr.ty) {
            // A leading minus is an operator in some places.
            Some(text) if text.starts_with('-') => Printed { text, binding: 1 },
            Some(text) => Printed::atom(text),
            None => self.refuse(
                expr.span,
                format!("{} cannot write this {} as a literal", self.dialect.data().title, expr.ty),
                "choose another value",
            ),
        }
    }

    /// `left op right`.
    pub fn infix(&self, key: &str, left: &Expr, right: &Expr, span: Span) -> Printed {
        let operator = self.operator(key, span);
        let (left, right) = (self.value(left), self.value(right));
        let text =
            format!("{} {} {}", left.inside(operator.binding), operator.spelling, right.inside(operator.binding));
        Printed { text, binding: operator.binding }
    }

    /// `left op right` of numbers.
    pub fn arithmetic(&self, op: ArithmeticOp, left: &Expr, right: &Expr, span: Span) -> Printed {
        let key = match op {
            ArithmeticOp::Add => "add",
            ArithmeticOp::Subtract => "subtract",
            ArithmeticOp::Multiply => "multiply",
            ArithmeticOp::Divide => "divide",
            ArithmeticOp::Modulo => "modulo",
        };
        let operator = self.operator(key, span);
        let (left, right) = (self.value(left), self.value(right));
        // Left to right: the right operand is put in parentheses at equal binding, the left one is not.
        let text = format!(
            "{} {} {}",
            left.inside(operator.binding.saturating_sub(1)),
            operator.spelling,
            right.inside(operator.binding)
        );
        Printed { text, binding: operator.binding }
    }

    /// Whether a condition may be null in the dialect.
    pub fn may_be_null(&self, expr: &Expr) -> bool {
        let any_missing = |parts: &[&Expr]| parts.iter().any(|p| p.nullable);
        match &expr.kind {
            ExprKind::Leaf(_) => expr.nullable,
            ExprKind::Const(_) | ExprKind::Exists(_) | ExprKind::Not(_) => false,
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(|p| self.may_be_null(p)),
            ExprKind::Compare { op, fold, left, right } => {
                any_missing(&[left, right]) && self.gives_null(compare_key(*op, *fold))
            }
            ExprKind::InList { fold, item, .. } => {
                item.nullable && self.gives_null(if *fold { "in_fold" } else { "in" })
            }
            ExprKind::If { then, otherwise, .. } => self.may_be_null(then) || self.may_be_null(otherwise),
            _ => walk::children(expr).iter().any(|c| c.nullable),
        }
    }

    fn gives_null(&self, key: &str) -> bool {
        self.dialect.data().operator(key).is_none_or(|o| o.missing == Missing::Missing)
    }
}

fn call_or_prefix(operator: &Operator, operand: &Printed) -> Printed {
    match operator.form {
        super::target::Form::Call => Printed::atom(format!("{}({})", operator.spelling, operand.text)),
        _ => Printed { text: format!("{} {}", operator.spelling, operand.inside(ATOM - 1)), binding: operator.binding },
    }
}

/// A comparison's key in the operator table.
pub fn compare_key(op: CompareOp, fold: bool) -> &'static str {
    match (op, fold) {
        (CompareOp::Equal, false) => "equal",
        (CompareOp::Equal, true) => "equal_fold",
        (CompareOp::Less, _) => "less",
        (CompareOp::LessEqual, _) => "less_equal",
        (CompareOp::Greater, _) => "greater",
        (CompareOp::GreaterEqual, _) => "greater_equal",
    }
}

/// The columns that an expression reads.
pub fn reads(expr: &Expr, found: &mut Vec<Column>) {
    if let ExprKind::Leaf(column) = &expr.kind
        && !found.contains(column)
    {
        found.push(column.clone());
    }
    for child in walk::children(expr) {
        reads(child, found);
    }
}

/// True for the types whose values are texts in a product without a type of their own for them.
pub fn is_text(ty: Type) -> bool {
    matches!(ty, Type::Scalar(Scalar::String | Scalar::Ip))
}
