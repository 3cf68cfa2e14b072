//! `in` and `not in`: literal lists, list fields, networks and lookups.

use super::compare::is_number;
use super::{Operation, Typer, written};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::ir::{self, ExprKind, Leaf, LookupId};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr, ExprKind as Written, Literal};
use crate::value::{Scalar, Type, Value, network};
use ipnet::IpNet;

impl Typer<'_, '_, '_> {
    pub(super) fn membership(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        let inside = self.inside(operation, left, right)?;
        if operation.op != BinaryOp::NotIn {
            return Some(inside);
        }
        self.lint_not_in(&inside, operation.span);
        Some(Self::boolean(ExprKind::Not(Box::new(inside)), operation.span))
    }

    fn inside(&mut self, operation: &Operation, left: &Expr, right: &Expr) -> Option<ir::Expr> {
        if let Some(lookup) = self.lookup_named(right) {
            return self.in_lookup(operation, lookup, left);
        }
        if let Written::Tuple(_) = &left.kind {
            let message = "a tuple is looked up: `(a, b) in lookup`";
            return self.check.error(codes::LIST_HERE, left.span, message);
        }
        let item = self.value(left);
        let right = match &right.kind {
            Written::List(items) => Right::Items(self.items(items, right.span)),
            _ => Right::One(self.value(right)),
        };
        let item = item?;
        self.scalar(&item, &format!("`{}`", written(operation.op)))?;
        match right {
            Right::Items(items) => self.in_items(operation, item, items?),
            Right::One(one) => self.in_value(operation, item, one?),
        }
    }

    /// The lookup that a bare name on the right means.
    fn lookup_named(&self, right: &Expr) -> Option<LookupId> {
        let Written::Name(name) = &right.kind else { return None };
        let is_value = self.check.schema.field(name).is_some() || self.check.names.lets.id(name).is_some();
        if is_value { None } else { self.check.lookup_id(name) }
    }

    fn in_lookup(&mut self, operation: &Operation, lookup: LookupId, left: &Expr) -> Option<ir::Expr> {
        if operation.fold {
            return self.check.error_help(
                codes::FOLD,
                operation.op_span,
                "`~` does not reach into a lookup",
                "declare the key as `nocase` in `pack.yaml`",
            );
        }
        let parts: Vec<&Expr> =
            if let Written::Tuple(parts) = &left.kind { parts.iter().collect() } else { vec![left] };
        let keys = self.lookup_keys(lookup, &parts, left.span)?;
        Some(Self::boolean(ExprKind::InLookup { lookup, keys }, operation.span))
    }

    /// A literal list's items, all of one type.
    fn items(&mut self, items: &[Expr], span: Span) -> Option<Vec<ir::Expr>> {
        if items.is_empty() {
            return self.check.error(codes::LIST_ITEMS, span, "nothing is in an empty list");
        }
        let typed: Vec<Option<ir::Expr>> = items.iter().map(|e| self.item(e)).collect();
        let typed: Vec<ir::Expr> = typed.into_iter().collect::<Option<_>>()?;
        let first = typed.first()?.ty;
        if let Some(odd) = typed.iter().find(|e| !same_kind(first, e.ty)) {
            let message = format!("the list mixes {} and {}", with_article(first), with_article(odd.ty));
            return self.check.error(codes::LIST_ITEMS, odd.span, message);
        }
        Some(typed)
    }

    fn item(&mut self, item: &Expr) -> Option<ir::Expr> {
        let typed = self.value(item)?;
        if !Self::is_constant(&typed) {
            return self.check.error_help(
                codes::LIST_ITEMS,
                typed.span,
                "a list holds literals and parameters only",
                "compare with `==` and join with `or`",
            );
        }
        Some(typed)
    }

    fn in_items(&mut self, operation: &Operation, item: ir::Expr, items: Vec<ir::Expr>) -> Option<ir::Expr> {
        let ty = items.first()?.ty;
        if item.ty == Type::IP && matches!(ty, Type::Scalar(Scalar::String) | Type::List(Scalar::String)) {
            return self.in_nets(operation, item, &items);
        }
        let (Type::Scalar(scalar) | Type::List(scalar)) = ty;
        self.element_fits(&item, scalar, operation)?;
        let operands: Vec<&ir::Expr> = std::iter::once(&item).chain(&items).collect();
        self.check_fold(operation.fold, &operands, operation.op_span)?;
        let known: Vec<Option<()>> = items.iter().map(|e| self.can_equal(&item, e, operation.fold, true)).collect();
        known.into_iter().collect::<Option<Vec<()>>>()?;
        let kind = ExprKind::InList { fold: operation.fold, item: Box::new(item), list: items };
        Some(Self::boolean(kind, operation.span))
    }

    fn in_value(&mut self, operation: &Operation, item: ir::Expr, right: ir::Expr) -> Option<ir::Expr> {
        if item.ty == Type::IP && matches!(right.ty, Type::Scalar(Scalar::String) | Type::List(Scalar::String)) {
            if Self::is_constant(&right) {
                return self.in_nets(operation, item, &[right]);
            }
            let help = "networks are literals, parameters, or `cidr` keys of a lookup";
            return self.check.error_help(codes::ADDRESS, right.span, "networks must be known at compile time", help);
        }
        let Type::List(scalar) = right.ty else {
            let message = format!("`{}` needs a list, not {}", written(operation.op), with_article(right.ty));
            let help = match right.kind {
                ExprKind::Const(_) => "write the value in brackets: `in [...]`, or compare with `==`",
                ExprKind::Leaf(Leaf::Field(_)) if right.ty == Type::STRING => {
                    "`contains` looks for a text in a text, `==` compares two values"
                }
                _ => "the right side of `in` is a list literal, a list field, a list parameter, a network or a lookup",
            };
            return self.check.error_help(codes::OPERANDS, right.span, message, help);
        };
        if Self::is_constant(&right) {
            return self.in_items(operation, item, vec![right]);
        }
        self.element_fits(&item, scalar, operation)?;
        self.check_fold(operation.fold, &[&item, &right], operation.op_span)?;
        self.can_equal(&right, &item, operation.fold, true)?;
        let kind = ExprKind::InField { fold: operation.fold, item: Box::new(item), list: Box::new(right) };
        Some(Self::boolean(kind, operation.span))
    }

    fn element_fits(&mut self, item: &ir::Expr, scalar: Scalar, operation: &Operation) -> Option<()> {
        if same_kind(item.ty, Type::Scalar(scalar)) {
            return Some(());
        }
        let message = format!("{} is never in a list of {scalar}", with_article(item.ty));
        let help = match (item.ty, scalar) {
            (Type::STRING, Scalar::Integer | Scalar::Number) => {
                "write the items in quotes, or convert with `number(x)`"
            }
            (_, Scalar::String) => "write the items without quotes",
            (Type::DURATION, _) => "durations need a unit, such as `30m`",
            _ => "the item and the list need one type",
        };
        self.check.error_help(codes::OPERANDS, operation.op_span, message, help)
    }

    fn in_nets(&mut self, operation: &Operation, item: ir::Expr, texts: &[ir::Expr]) -> Option<ir::Expr> {
        if operation.fold {
            return self.check.error(codes::FOLD, operation.op_span, "`~` compares strings, not addresses");
        }
        let mut nets = Vec::new();
        let mut good = true;
        for text in texts {
            let values = match self.constant_behind(text) {
                Some(Value::List(items)) => items.to_vec(),
                Some(value) => vec![value],
                None => Vec::new(),
            };
            for value in values {
                match network_of(&value) {
                    Ok(net) => nets.push(net),
                    Err((message, help)) => {
                        good = false;
                        self.check.error_help::<()>(codes::ADDRESS, text.span, message, help);
                    }
                }
            }
        }
        if !good {
            return None;
        }
        let kind = ExprKind::InNets { item: Box::new(item), nets };
        Some(Self::boolean(kind, operation.span))
    }

    /// `not x in lookup` holds where x is missing, which surprises.
    pub(super) fn lint_not_in(&mut self, inside: &ir::Expr, span: Span) {
        let ExprKind::InLookup { keys, lookup } = &inside.kind else { return };
        let Some(key) = keys.iter().find(|k| k.nullable) else { return };
        let name = self.check.lookups.get(lookup.index()).map(|l| l.name.clone()).unwrap_or_default();
        let text = self.text_of(key);
        self.check.warn(
            codes::NOT_IN_LOOKUP,
            span,
            format!("`not in {name}` also holds where {text} is missing"),
            format!("add `exists(...)` for {text} before it where that is not wanted"),
        );
    }

    fn text_of(&self, key: &ir::Expr) -> String {
        let name = match &key.kind {
            ExprKind::Leaf(Leaf::Field(f)) => self.check.schema.field_at(*f).map(|(n, _)| n.to_owned()),
            ExprKind::Leaf(Leaf::Let(l)) => self.check.names.lets.get(l.0).map(|d| d.name.value.clone()),
            _ => None,
        };
        name.map_or_else(|| "a key".to_owned(), |n| format!("`{n}`"))
    }
}

enum Right {
    Items(Option<Vec<ir::Expr>>),
    One(Option<ir::Expr>),
}

fn same_kind(a: Type, b: Type) -> bool {
    let scalar = |t: Type| match t {
        Type::Scalar(s) | Type::List(s) => Type::Scalar(s),
    };
    let (a, b) = (scalar(a), scalar(b));
    a == b || (is_number(a) && is_number(b))
}

fn network_of(value: &Value) -> Result<IpNet, (String, String)> {
    match value {
        Value::String(text) => network(text),
        Value::Ip(ip) => Ok(IpNet::from(*ip)),
        _ => Err(("this is no network".to_owned(), "such as `\"10.0.0.0/8\"`".to_owned())),
    }
}

/// A list parameter's literal, for parameters.
pub(in crate::check) fn literals(items: &[Expr]) -> Option<Vec<&Literal>> {
    items.iter().map(|e| if let Written::Literal(l) = &e.kind { Some(l) } else { None }).collect()
}
