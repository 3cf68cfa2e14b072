//! From [`ir::Expr`](crate::ir::Expr) to [`Code`], once per rule.

use super::function::FunctionCode;
use super::like::Like;
use super::lookup::Table;
use super::pattern::Pattern;
use super::{Code, Frame};
use crate::eval::keys::Groups;
use crate::eval::measure::MeasureCode;
use crate::ir::{Expr, ExprKind, Leaf, Measure, Rule};
use crate::pack::schema::{FieldId, SourceId};
use crate::value::{Scalar, Type, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// From so many constants on, a set is asked and not each of them.
const MANY: usize = 8;

/// What compiling needs to know of a rule.
#[derive(Debug)]
pub struct Compiler<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The sources that it uses; their places are the rule's own numbers of them.
    pub sources: &'a [SourceId],
    /// Its lookups.
    pub tables: &'a [Rc<Table>],
    /// The groups of all rules.
    pub groups: &'a Rc<RefCell<Groups>>,
}

impl Compiler<'_> {
    /// Ready to run.
    pub fn expr(&self, expr: &Expr) -> Code {
        match &expr.kind {
            ExprKind::Const(value) => Code::Const(value.clone()),
            ExprKind::Param(id) => {
                Code::Const(self.rule.params.get(id.index()).map_or(Value::Missing, |p| p.value.clone()))
            }
            ExprKind::Leaf(leaf) => self.leaf(leaf),
            ExprKind::Not(inner) => Code::Not(Box::new(self.expr(inner))),
            ExprKind::And(parts) => Code::And(self.all(parts)),
            ExprKind::Or(parts) => Code::Or(self.all(parts)),
            ExprKind::Compare { op, fold, left, right } => Code::Compare(*op, *fold, self.pair(left, right)),
            ExprKind::Between { item, low, high } => {
                Code::Between(Box::new([self.expr(item), self.expr(low), self.expr(high)]))
            }
            ExprKind::Test { op, fold, item, needle } => Code::Test(*op, *fold, self.pair(item, needle)),
            ExprKind::Like { fold, item, pattern } => Code::Like(self.boxed(item), Like::new(*fold, pattern)),
            ExprKind::Matches { fold, item, regex } => Code::Matches(self.boxed(item), Pattern::new(regex, *fold)),
            ExprKind::InList { fold, item, list } => self.in_list(*fold, item, list),
            ExprKind::InField { fold, item, list } => Code::InField(*fold, self.pair(item, list)),
            ExprKind::InNets { item, nets } => Code::InNets(self.boxed(item), nets.as_slice().into()),
            ExprKind::InLookup { lookup, keys } => match self.tables.get(lookup.index()) {
                Some(table) => Code::InLookup(Rc::clone(table), self.all(keys).into()),
                None => Code::Const(Value::Boolean(false)),
            },
            ExprKind::Lookup { lookup, keys, column } => match self.tables.get(lookup.index()) {
                Some(table) => Code::Lookup(Rc::clone(table), self.all(keys).into(), table.cell(*column)),
                None => Code::Const(Value::Missing),
            },
            ExprKind::Exists(inner) => Code::Exists(self.boxed(inner)),
            ExprKind::AnyItem { list, test } => Code::AnyItem(self.pair(list, test)),
            ExprKind::Arithmetic { op, left, right } => {
                let (Type::Scalar(ty) | Type::List(ty)) = expr.ty;
                Code::Arithmetic(*op, ty, self.pair(left, right))
            }
            ExprKind::Call { function, args } => {
                Code::Call(FunctionCode::new(function, expr.ty), self.all(args).into())
            }
            ExprKind::If { condition, then, otherwise } => {
                Code::If(Box::new([self.expr(condition), self.expr(then), self.expr(otherwise)]))
            }
            ExprKind::Coalesce(parts) => Code::Coalesce(self.all(parts).into()),
        }
    }

    /// An optional condition.
    pub fn condition(&self, expr: Option<&Expr>) -> Option<Code> {
        expr.map(|e| self.expr(e))
    }

    /// A measure.
    pub fn measure(&self, measure: &Measure) -> MeasureCode {
        let (Type::Scalar(ty) | Type::List(ty)) = measure.ty;
        MeasureCode {
            function: measure.function,
            argument: self.condition(measure.argument.as_ref()),
            filter: self.condition(measure.filter.as_ref()),
            exact: matches!(ty, Scalar::Integer | Scalar::Duration),
            whole: measure
                .argument
                .as_ref()
                .is_some_and(|a| matches!(a.ty, Type::Scalar(Scalar::Integer | Scalar::Duration))),
            ty,
        }
    }

    fn leaf(&self, leaf: &Leaf) -> Code {
        match leaf {
            Leaf::Field(field) => Code::Field(self.slots(*field)),
            Leaf::Time => Code::Time,
            Leaf::Let(id) => Code::Let(id.index()),
            Leaf::Context(id) => Code::Context(id.index()),
            Leaf::ContextField(id, field) => Code::ContextField(id.index(), self.slots(*field)),
            Leaf::Measure(m) => Code::Measure(m.signal, m.index),
            Leaf::Matched(stream) => Code::Matched(*stream),
            Leaf::AnyInRange(inner) => Code::AnyInRange(self.boxed(inner)),
            Leaf::AllInRange(inner) => Code::AllInRange(self.boxed(inner)),
            Leaf::OverRange(measure) => Code::OverRange(Box::new(self.measure(measure))),
            Leaf::It => Code::It,
        }
    }

    fn slots(&self, field: FieldId) -> Box<[Option<u32>]> {
        self.sources.iter().map(|s| self.rule.schema.slot(*s, field).map(|n| n as u32)).collect()
    }

    fn all(&self, parts: &[Expr]) -> Vec<Code> {
        parts.iter().map(|p| self.expr(p)).collect()
    }

    fn boxed(&self, expr: &Expr) -> Box<Code> {
        Box::new(self.expr(expr))
    }

    fn pair(&self, left: &Expr, right: &Expr) -> Box<[Code; 2]> {
        Box::new([self.expr(left), self.expr(right)])
    }

    fn in_list(&self, fold: bool, item: &Expr, list: &[Expr]) -> Code {
        let mut values = Vec::new();
        for code in self.all(list) {
            match code {
                // A parameter may itself be a list.
                Code::Const(Value::List(items)) => values.extend(items.iter().cloned()),
                Code::Const(value) if !value.is_missing() => values.push(value),
                _ => {}
            }
        }
        let item = self.boxed(item);
        if !fold && values.len() >= MANY {
            return Code::InMany(item, values.into_iter().collect());
        }
        Code::InFew(fold, item, values.into())
    }
}

/// Lets in order. One that names itself or a later one (the checker refuses it) would never end, so it is missing.
pub fn lets(compiler: &Compiler<'_>) -> Vec<Code> {
    let mut codes = Vec::new();
    for (number, definition) in compiler.rule.lets.iter().enumerate() {
        let mut earlier_only = true;
        crate::eval::fields::leaves(&definition.expr, &mut |leaf| {
            earlier_only &= !matches!(leaf, Leaf::Let(id) if id.index() >= number);
        });
        codes.push(if earlier_only { compiler.expr(&definition.expr) } else { Code::Const(Value::Missing) });
    }
    codes
}

/// Whether an optional condition holds.
pub fn holds<'a>(condition: Option<&'a Code>, frame: &Frame<'a>) -> bool {
    condition.is_none_or(|c| c.test(frame))
}
