//! What the rows of a stream look like: their sources, and what is known to be there.

use crate::ir::{ContextId, Expr, ExprKind, Function, Leaf, LetId};
use crate::pack::schema::{FieldId, Presence, Schema, SourceId};
use crate::value::Value;
use std::collections::BTreeSet;

/// The kinds of rows that may come.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub variants: Vec<Variant>,
}

/// Rows of one source, with what a selection says of them.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub source: SourceId,
    pub facts: Facts,
}

/// What is known not to be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts(BTreeSet<Fact>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    Field(FieldId),
    Let(LetId),
    Context(ContextId),
    ContextField(ContextId, FieldId),
}

/// Most variants of one source.
const MOST_VARIANTS: usize = 64;

impl Rows {
    /// Rows of one source.
    pub fn of(source: SourceId) -> Rows {
        Rows { variants: vec![Variant { source, facts: Facts::default() }] }
    }

    /// The sources, each once.
    pub fn sources(&self) -> Vec<SourceId> {
        let mut sources: Vec<SourceId> = Vec::new();
        for variant in &self.variants {
            if !sources.contains(&variant.source) {
                sources.push(variant.source);
            }
        }
        sources
    }

    /// Rows of either.
    pub fn union<'r>(all: impl IntoIterator<Item = &'r Rows>) -> Rows {
        let mut variants: Vec<Variant> = Vec::new();
        for variant in all.into_iter().flat_map(|r| &r.variants) {
            if variants.iter().any(|v| v.source == variant.source && v.facts == variant.facts) {
                continue;
            }
            // Signals over signals can tell rows apart in more ways than there is room for: beyond some, what holds for both stays.
            let of_source = variants.iter().filter(|v| v.source == variant.source).count();
            match variants.iter_mut().rev().find(|v| v.source == variant.source) {
                Some(last) if of_source >= MOST_VARIANTS => last.facts.keep(&variant.facts),
                _ => variants.push(variant.clone()),
            }
        }
        Rows { variants }
    }

    /// These rows where the condition holds too.
    #[must_use]
    pub fn narrowed(mut self, condition: Option<&Expr>, lets: &dyn Fn(LetId) -> Option<Expr>) -> Rows {
        if let Some(condition) = condition {
            let facts = Facts::of(condition, lets);
            for variant in &mut self.variants {
                variant.facts.add(&facts);
            }
        }
        self
    }
}

impl Facts {
    /// What holds where the condition does.
    pub fn of(condition: &Expr, lets: &dyn Fn(LetId) -> Option<Expr>) -> Facts {
        let mut facts = Facts::default();
        facts.learn(condition, lets);
        facts
    }

    /// What holds where the value is there.
    pub fn of_present(value: &Expr, lets: &dyn Fn(LetId) -> Option<Expr>) -> Facts {
        let mut facts = Facts::default();
        facts.present(value, lets);
        facts
    }

    /// Adds other facts.
    pub fn add(&mut self, other: &Facts) {
        self.0.extend(other.0.iter().copied());
    }

    /// Leaves what both know.
    fn keep(&mut self, other: &Facts) {
        self.0.retain(|fact| other.0.contains(fact));
    }

    /// Whether the leaf is known to be there.
    pub fn knows(&self, leaf: &Leaf) -> bool {
        fact_of(leaf).is_some_and(|f| self.0.contains(&f))
    }

    fn learn(&mut self, condition: &Expr, lets: &dyn Fn(LetId) -> Option<Expr>) {
        match &condition.kind {
            ExprKind::And(all) => all.iter().for_each(|e| self.learn(e, lets)),
            ExprKind::Or(all) => {
                let mut each = all.iter().map(|e| Facts::of(e, lets));
                if let Some(first) = each.next() {
                    let common = each.fold(first, |a, b| Facts(a.0.intersection(&b.0).copied().collect()));
                    self.add(&common);
                }
            }
            ExprKind::Exists(e) => self.present(e, lets),
            ExprKind::AnyItem { list, .. } => self.present(list, lets),
            ExprKind::Compare { .. }
            | ExprKind::Between { .. }
            | ExprKind::Test { .. }
            | ExprKind::Like { .. }
            | ExprKind::Matches { .. }
            | ExprKind::InList { .. }
            | ExprKind::InField { .. }
            | ExprKind::InNets { .. }
            | ExprKind::InLookup { .. } => condition.children().into_iter().for_each(|e| self.present(e, lets)),
            ExprKind::Leaf(Leaf::Let(id)) => {
                self.present(condition, lets);
                if let Some(body) = lets(*id) {
                    self.learn(&body, lets);
                }
            }
            ExprKind::Leaf(_) => self.present(condition, lets),
            _ => {}
        }
    }

    /// The value is there, so are the parts without which it would be missing.
    fn present(&mut self, value: &Expr, lets: &dyn Fn(LetId) -> Option<Expr>) {
        match &value.kind {
            ExprKind::Leaf(leaf) => {
                self.0.extend(fact_of(leaf));
                if let Leaf::Let(id) = leaf
                    && let Some(body) = lets(*id)
                {
                    self.present(&body, lets);
                }
            }
            ExprKind::Call { function: Function::Concat, .. } => {}
            ExprKind::Arithmetic { .. } | ExprKind::Call { .. } | ExprKind::Lookup { .. } => {
                value.children().into_iter().for_each(|e| self.present(e, lets));
            }
            ExprKind::Coalesce(all) if all.len() == 1 => all.iter().for_each(|e| self.present(e, lets)),
            _ => {}
        }
    }
}

fn fact_of(leaf: &Leaf) -> Option<Fact> {
    match leaf {
        Leaf::Field(f) => Some(Fact::Field(*f)),
        Leaf::Let(l) => Some(Fact::Let(*l)),
        Leaf::Context(c) => Some(Fact::Context(*c)),
        Leaf::ContextField(c, f) => Some(Fact::ContextField(*c, *f)),
        _ => None,
    }
}

/// Whether a source's rows may lack a field.
pub(super) fn may_lack(schema: &Schema, source: SourceId, field: FieldId) -> bool {
    schema.source_at(source).and_then(|(_, s)| s.fields.get(&field)) != Some(&Presence::Required)
}

/// Whether an expression may be missing, given whether each of its parts may.
pub(super) fn nullable(kind: &ExprKind, part: &dyn Fn(&Expr) -> bool) -> bool {
    match kind {
        ExprKind::Const(value) => value.is_missing(),
        ExprKind::Leaf(_) | ExprKind::Lookup { .. } => true,
        ExprKind::Arithmetic { op, left, right } => {
            let may_be_zero = match &right.kind {
                ExprKind::Const(value) => value.as_number().is_none_or(|n| n == 0.0),
                _ => true,
            };
            part(left) || part(right) || (op.divides() && may_be_zero)
        }
        ExprKind::Call { function, args } => match function {
            Function::Concat => args.iter().all(part),
            Function::Substring
            | Function::Split
            | Function::Replace
            | Function::Trim
            | Function::Domain
            | Function::ToIp => true,
            Function::ToNumber => args.iter().any(|a| part(a) || a.ty == crate::value::Type::STRING),
            _ => args.iter().any(part),
        },
        ExprKind::If { then, otherwise, .. } => part(then) || part(otherwise),
        ExprKind::Coalesce(all) => all.iter().all(part),
        // A list parameter may be set to no items, a scalar one is never missing: the caller decides for parameters.
        _ => false,
    }
}

/// Whether an expression over one variant's rows may be missing.
pub(super) fn nullable_at(
    expr: &Expr,
    schema: &Schema,
    variant: &Variant,
    lets: &dyn Fn(LetId) -> Option<Expr>,
) -> bool {
    match &expr.kind {
        ExprKind::Leaf(leaf) if variant.facts.knows(leaf) => false,
        ExprKind::Leaf(Leaf::Field(f)) => may_lack(schema, variant.source, *f),
        ExprKind::Leaf(Leaf::Time) => false,
        ExprKind::Leaf(Leaf::Let(id)) => lets(*id).is_none_or(|body| nullable_at(&body, schema, variant, lets)),
        ExprKind::Leaf(_) | ExprKind::Param(_) => expr.nullable,
        kind => nullable(kind, &|e| nullable_at(e, schema, variant, lets)),
    }
}

impl crate::ir::ArithmeticOp {
    /// `/` and `%`, which have no result for a zero divisor.
    fn divides(self) -> bool {
        matches!(self, Self::Divide | Self::Modulo)
    }
}

/// A constant as an expression.
pub(super) fn constant(value: Value, ty: crate::value::Type, span: crate::source::Span) -> Expr {
    Expr { nullable: value.is_missing(), kind: ExprKind::Const(value), ty, span }
}
