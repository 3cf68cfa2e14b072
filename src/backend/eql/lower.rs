//! From a rule's conditions to EQL's: each comparison becomes questions about single fields.
//!
//! EQL runs a comparison of a field with constants as a query of its index, two-valued as a rule means it. Anything computed from
//! fields would run as a script in which a missing value makes the negation fail too, so nothing is computed here: `coalesce`, `if` and
//! lookups are split into cases over plain fields instead, and what cannot be split is refused at its place.

use super::cond::{Cond, and, not, or};
use super::test::Test;
use super::{codes, field, lookup};
use crate::backend::target::{Mapping, TargetData};
use crate::diagnostic::Diagnostic;
use crate::ir::{CompareOp, Expr, ExprKind, Function, Leaf, Rule};
use crate::pack::schema::{FieldId, SourceId};
use crate::value::{Type, Value};

/// What the lowering of one source's conditions reads, and where its refusals go.
pub(super) struct Lower<'a> {
    pub rule: &'a Rule,
    pub mapping: &'a Mapping,
    pub target: &'a TargetData,
    pub source: SourceId,
    /// The list whose element `it` names.
    pub it: Option<FieldId>,
    pub found: &'a mut Vec<Diagnostic>,
}

impl Lower<'_> {
    /// A boolean expression as a condition; a missing boolean is false. After a refusal (in `found`) the result means nothing.
    pub(super) fn cond(&mut self, expr: &Expr) -> Cond {
        match &expr.kind {
            ExprKind::Not(inner) if self.it.is_some() => self.refuse_in_list(inner, "`not` over an element of a list"),
            ExprKind::And(_) | ExprKind::Between { .. } if self.it.is_some() => {
                self.refuse_in_list(expr, "two conditions on one element of a list")
            }
            ExprKind::Not(inner) => not(self.cond(inner)),
            ExprKind::And(parts) => and(parts.iter().map(|p| self.cond(p)).collect::<Vec<_>>()),
            ExprKind::Or(parts) => or(parts.iter().map(|p| self.cond(p)).collect::<Vec<_>>()),
            ExprKind::Compare { op, fold, left, right } => self.compare(expr, *op, *fold, left, right),
            ExprKind::Between { item, low, high } => {
                let ends = (self.constant(low), self.constant(high));
                let (Some(low), Some(high)) = ends else { return self.two_fields(expr) };
                let least = self.ask(item, &Test::Order(CompareOp::GreaterEqual, low));
                and([least, self.ask(item, &Test::Order(CompareOp::LessEqual, high))])
            }
            ExprKind::Test { op, fold, item, needle } => match self.constant(needle) {
                Some(Value::String(needle)) => {
                    self.ask(item, &Test::Text { op: *op, fold: *fold, needle: needle.to_string() })
                }
                Some(_) => Cond::Always(false),
                None => self.two_fields(expr),
            },
            ExprKind::Like { fold, item, pattern } => {
                self.ask(item, &Test::Like { fold: *fold, pattern: pattern.clone() })
            }
            ExprKind::Matches { fold, item, regex } => {
                self.ask(item, &Test::Matches { fold: *fold, regex: regex.clone() })
            }
            ExprKind::InList { fold, item, list } => self.in_list(expr, *fold, item, list),
            ExprKind::InField { fold, item, list } => self.in_field(expr, *fold, item, list),
            ExprKind::InNets { item, nets } => self.ask(item, &Test::Nets(nets.clone())),
            ExprKind::InLookup { lookup, keys } => lookup::contains(self, expr, *lookup, keys),
            ExprKind::Exists(inner) => self.ask(inner, &Test::Exists),
            ExprKind::AnyItem { list, test } => self.any_item(list, test),
            _ => self.ask(expr, &Test::is_true()),
        }
    }

    /// A question about the value of an expression.
    pub(super) fn ask(&mut self, expr: &Expr, test: &Test) -> Cond {
        match &expr.kind {
            ExprKind::Const(value) => self.known(expr, test, value),
            ExprKind::Param(id) => match self.rule.params.get(id.index()) {
                Some(param) => self.known(expr, test, &param.value),
                None => Cond::Always(false),
            },
            ExprKind::Leaf(Leaf::Let(id)) => match self.rule.lets.get(id.index()) {
                Some(named) => self.ask(&named.expr, test),
                None => Cond::Always(false),
            },
            ExprKind::Leaf(Leaf::Field(id)) => field::ask(self, expr, *id, test),
            ExprKind::Leaf(Leaf::It) => match self.it {
                Some(list) => field::ask(self, expr, list, test),
                None => Cond::Always(false),
            },
            ExprKind::Leaf(Leaf::Time) => field::ask_time(self, expr, test),
            ExprKind::Leaf(Leaf::Context(_) | Leaf::ContextField(..)) => {
                self.refuse(expr, codes::NEEDS_HISTORY, "what was true before an event cannot be asked")
            }
            ExprKind::Leaf(_) => {
                self.refuse(expr, codes::HIT, "what a hit rests on cannot be asked, only its last event")
            }
            ExprKind::Coalesce(items) => self.first_of(items, test),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.cond(condition);
                let then = self.ask(then, test);
                let otherwise = self.ask(otherwise, test);
                or([and([condition.clone(), then]), and([not(condition), otherwise])])
            }
            ExprKind::Lookup { lookup, keys, column } => lookup::column(self, expr, *lookup, keys, *column, test),
            ExprKind::Call { function, args } => self.call(expr, function, args, test),
            ExprKind::Arithmetic { .. } => self.refuse(expr, codes::COMPUTED, "arithmetic on fields cannot be said"),
            // What is left is a boolean that is never missing.
            _ => self.boolean(expr, test),
        }
    }

    /// The constant that an expression is.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Param(id) => self.rule.params.get(id.index()).map(|p| p.value.clone()),
            ExprKind::Leaf(Leaf::Let(id)) => self.rule.lets.get(id.index()).and_then(|l| self.constant(&l.expr)),
            _ => None,
        }
    }

    /// Notes a refusal; the condition that stands for it means nothing.
    pub(super) fn refuse(&mut self, expr: &Expr, code: crate::diagnostic::Code, message: &str) -> Cond {
        self.found.push(codes::refusal(code, expr.span, message));
        Cond::Always(true)
    }

    fn compare(&mut self, whole: &Expr, op: CompareOp, fold: bool, left: &Expr, right: &Expr) -> Cond {
        let (item, value, op) = match (self.constant(right), self.constant(left)) {
            (Some(value), _) => (left, value, op),
            (None, Some(value)) => (right, value, flipped(op)),
            (None, None) => return self.two_fields(whole),
        };
        match op {
            _ if value.is_missing() => Cond::Always(false),
            CompareOp::Equal => self.ask(item, &Test::In { fold, values: vec![value] }),
            op => self.ask(item, &Test::Order(op, value)),
        }
    }

    fn in_list(&mut self, whole: &Expr, fold: bool, item: &Expr, list: &[Expr]) -> Cond {
        let mut values = Vec::new();
        for member in list {
            match self.constant(member) {
                Some(Value::List(items)) => values.extend(items.iter().cloned()),
                Some(Value::Missing) => {}
                Some(value) => values.push(value),
                None => return self.two_fields(whole),
            }
        }
        self.ask(item, &Test::In { fold, values })
    }

    /// A field of several values equals a constant where one of them does.
    fn in_field(&mut self, whole: &Expr, fold: bool, item: &Expr, list: &Expr) -> Cond {
        match (self.constant(item), self.list_field(list)) {
            (Some(value), Some(field)) if !value.is_missing() => {
                field::ask(self, list, field, &Test::In { fold, values: vec![value] })
            }
            (Some(_), Some(_)) => Cond::Always(false),
            _ => self.two_fields(whole),
        }
    }

    fn any_item(&mut self, list: &Expr, test: &Expr) -> Cond {
        let Some(field) = self.list_field(list) else {
            return self.refuse(list, codes::COMPUTED, "a list that is computed cannot be said");
        };
        let outer = self.it.replace(field);
        let cond = self.cond(test);
        self.it = outer;
        cond
    }

    fn list_field(&self, list: &Expr) -> Option<FieldId> {
        match &list.kind {
            ExprKind::Leaf(Leaf::Field(id)) => Some(*id),
            ExprKind::Leaf(Leaf::Let(id)) => self.rule.lets.get(id.index()).and_then(|l| self.list_field(&l.expr)),
            _ => None,
        }
    }

    fn known(&mut self, expr: &Expr, test: &Test, value: &Value) -> Cond {
        match test.holds(value) {
            Some(holds) => Cond::Always(holds),
            None => self.refuse(expr, codes::COMPUTED, "a pattern over a constant cannot be decided here"),
        }
    }

    /// The first that is not missing: each counts where all before it are missing.
    fn first_of(&mut self, items: &[Expr], test: &Test) -> Cond {
        let mut cases = Vec::new();
        let mut missing: Vec<Cond> = Vec::new();
        for item in items {
            let asked = self.ask(item, test);
            cases.push(if *test == Test::Exists { asked } else { and(missing.iter().cloned().chain([asked])) });
            missing.push(not(self.ask(item, &Test::Exists)));
        }
        or(cases)
    }

    fn call(&mut self, expr: &Expr, function: &Function, args: &[Expr], test: &Test) -> Cond {
        let folded = match (function, args) {
            (Function::Lower, [arg]) => test.of_folded(false).map(|asked| (arg, asked)),
            (Function::Upper, [arg]) => test.of_folded(true).map(|asked| (arg, asked)),
            (Function::ToString, [arg]) if arg.ty == Type::STRING => Some((arg, test.clone())),
            (Function::ToString, [ip]) if ip.ty == Type::IP && *test == Test::Exists => Some((ip, Test::Exists)),
            _ => None,
        };
        match folded {
            Some((arg, asked)) => self.ask(arg, &asked),
            None => self.refuse(expr, codes::COMPUTED, "a function of a field cannot be said"),
        }
    }

    fn boolean(&mut self, expr: &Expr, test: &Test) -> Cond {
        let holds = self.cond(expr);
        let on_true = test.holds(&Value::Boolean(true)).unwrap_or(false);
        let on_false = test.holds(&Value::Boolean(false)).unwrap_or(false);
        match (on_true, on_false) {
            (true, true) => Cond::Always(true),
            (true, false) => holds,
            (false, true) => not(holds),
            (false, false) => Cond::Always(false),
        }
    }

    fn two_fields(&mut self, expr: &Expr) -> Cond {
        self.refuse(expr, codes::TWO_FIELDS, "a field can be compared with constants only")
    }

    fn refuse_in_list(&mut self, expr: &Expr, what: &str) -> Cond {
        self.refuse(expr, codes::LIST, &format!("{what} cannot be said"))
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
    }
}
