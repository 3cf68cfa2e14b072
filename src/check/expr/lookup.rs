//! Lookups: keys and columns.

use super::Typer;
use super::compare::is_number;
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::consts::with_article;
use crate::check::names::with_nearest;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExprKind, LookupId};
use crate::pack::lookup::{LookupKey, Matching};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::value::Type;

impl Checker<'_> {
    /// The lookup of a name.
    pub fn lookup_id(&self, name: &str) -> Option<LookupId> {
        self.pack.lookups.get_index_of(name).map(|i| LookupId(i as u32))
    }
}

impl Typer<'_, '_, '_> {
    /// `lookup[keys].column`.
    pub(super) fn lookup_read(
        &mut self,
        (name, name_span): (&str, Span),
        keys: &[Expr],
        (column, column_span): (&str, Span),
        span: Span,
    ) -> Option<ir::Expr> {
        let Some(id) = self.check.lookup_id(name) else {
            let found = Diagnostic::error(codes::UNKNOWN_LOOKUP, name_span, format!("no lookup is named `{name}`"));
            let pack = self.check.pack;
            self.check.report(with_nearest(found, name, pack.lookups.keys().map(String::as_str)));
            return None;
        };
        let keys: Vec<&Expr> = keys.iter().collect();
        let keys = self.lookup_keys(id, &keys, span);
        let lookup = self.check.lookups.get(id.index())?.clone();
        let Some(place) = lookup.columns.iter().position(|(n, _)| n == column) else {
            let is_key = lookup.keys.iter().any(|k| k.column == column);
            let message = if is_key {
                format!("`{column}` is a key of `{name}`: what it would give is what was asked with")
            } else {
                format!("the lookup `{name}` has no column `{column}`")
            };
            let found = Diagnostic::error(codes::UNKNOWN_LOOKUP, column_span, message);
            self.check.report(with_nearest(found, column, lookup.columns.iter().map(|(n, _)| n.as_str())));
            return None;
        };
        let ty = lookup.columns.get(place)?.1;
        Some(Self::node(ExprKind::Lookup { lookup: id, keys: keys?, column: place }, ty, span))
    }

    /// Keys typed against the lookup's.
    pub(super) fn lookup_keys(&mut self, id: LookupId, keys: &[&Expr], span: Span) -> Option<Vec<ir::Expr>> {
        let typed: Vec<Option<ir::Expr>> = keys.iter().map(|e| self.value(e)).collect();
        let lookup = self.check.lookups.get(id.index())?.clone();
        if typed.len() != lookup.keys.len() {
            let columns = crate::check::checker::listed(lookup.keys.iter().map(|k| k.column.as_str()));
            let (wanted, given) = (lookup.keys.len(), typed.len());
            let message = format!(
                "`{}` has {wanted} key{} ({columns}), not {given}",
                lookup.name,
                if wanted == 1 { "" } else { "s" }
            );
            return self.check.error(codes::LOOKUP_KEY, span, message);
        }
        let checked: Vec<Option<ir::Expr>> =
            typed.into_iter().zip(&lookup.keys).map(|(e, k)| self.lookup_key(e?, k)).collect();
        checked.into_iter().collect()
    }

    fn lookup_key(&mut self, mut expr: ir::Expr, key: &LookupKey) -> Option<ir::Expr> {
        let wanted = match key.matching {
            Matching::Cidr => Type::IP,
            Matching::Suffix | Matching::Nocase => Type::STRING,
            Matching::Exact => key.ty,
        };
        self.scalar(&expr, "a key of a lookup")?;
        if wanted == Type::IP && expr.ty == Type::STRING && Self::is_constant(&expr) {
            let probe = crate::check::rows::constant(crate::value::Value::Missing, Type::IP, expr.span);
            expr = self.meet(probe, expr)?.1;
        }
        if expr.ty == wanted || (is_number(expr.ty) && is_number(wanted)) {
            return Some(expr);
        }
        let (given, wanted_text) = (with_article(expr.ty), with_article(wanted));
        let message = format!("the key `{}` is asked with {wanted_text}, not {given}", key.column);
        let help = match (expr.ty, wanted) {
            (Type::STRING, Type::IP) => "a `cidr` key is asked with an address: `ip(x)` reads one from a text",
            (_, Type::STRING) => "`string(x)` writes a value as text",
            _ => "the key's type is declared in `pack.yaml`",
        };
        self.check.error_help(codes::LOOKUP_KEY, expr.span, message, help)
    }
}
