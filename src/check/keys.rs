//! Group keys: which field of each source gives them.

use super::checker::Checker;
use super::codes;
use super::consts::with_article;
use super::expr::{Site, SiteKind};
use super::names::with_nearest;
use super::rows::{Facts, Rows};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Keys, LetId};
use crate::pack::schema::{FieldId, SourceId};
use crate::pack::word;
use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind};
use crate::syntax::rule::{By, Key, Name};
use crate::value::Type;
use std::collections::BTreeSet;

/// What the fields are for, in messages.
struct Role {
    noun: &'static str,
    verb: &'static str,
    place: &'static str,
}

const KEY: Role = Role { noun: "key", verb: "group by", place: "`by`" };
const VALUE: Role = Role { noun: "value", verb: "compare", place: "`value`" };

impl Checker<'_> {
    /// The keys for rows of some streams. `whose` names the streams in messages.
    pub fn keys(&mut self, by: Option<&By>, rows: &[&Rows], whose: &str) -> Option<Keys> {
        let Some(by) = by else { return Some(Keys::default()) };
        self.each_key(by, rows, whose, &KEY)
    }

    /// The values that a `novelty` has seen or not, written as keys are.
    pub fn values(&mut self, value: &By, rows: &Rows, whose: &str) -> Option<Keys> {
        self.each_key(value, &[rows], whose, &VALUE)
    }

    fn each_key(&mut self, by: &By, rows: &[&Rows], whose: &str, role: &Role) -> Option<Keys> {
        let keys: Vec<Option<ir::Key>> = by.value.iter().map(|k| self.key(k, rows, whose, role)).collect();
        let keys: Vec<ir::Key> = keys.into_iter().collect::<Option<_>>()?;
        for (place, key) in keys.iter().enumerate() {
            if let Some(first) = keys.iter().take(place).find(|k| word(&k.name) == word(&key.name)) {
                let message = match first.name == key.name {
                    true => format!("the {} `{}` is listed twice", role.noun, key.name),
                    false => format!("`{}` and `{}` are one name in a query: label one of them", first.name, key.name),
                };
                return self.error(codes::TWICE, key.span, message);
            }
        }
        Some(Keys(keys))
    }

    fn key(&mut self, written: &Key, rows: &[&Rows], whose: &str, role: &Role) -> Option<ir::Key> {
        self.known_fields(written)?;
        let name = written.label.as_ref().or(written.fields.first())?;
        let mut key = ir::Key { name: name.value.clone(), by_source: Vec::new(), ty: Type::STRING, span: written.span };
        let mut sources: Vec<(SourceId, &Rows)> = Vec::new();
        for rows in rows {
            for source in rows.sources() {
                if !sources.iter().any(|(s, _)| *s == source) {
                    sources.push((source, rows));
                }
            }
        }
        let mut good = true;
        for (source, rows) in sources {
            match self.key_of_source(written, source, rows, whose, role) {
                Some(expr) => good &= self.add_to_key(&mut key, source, expr).is_some(),
                None => good = false,
            }
        }
        good.then_some(key)
    }

    fn add_to_key(&mut self, key: &mut ir::Key, source: SourceId, expr: ir::Expr) -> Option<()> {
        if let Some((first, _)) = key.by_source.first()
            && expr.ty != key.ty
        {
            let (a, b) = (self.source_name(*first), self.source_name(source));
            let message = format!(
                "the key `{}` is {} in `{a}` and {} in `{b}`",
                key.name,
                with_article(key.ty),
                with_article(expr.ty)
            );
            return self.error_help(codes::KEY_TYPE, key.span, message, "`string(x)` in a let makes them one type");
        }
        key.ty = expr.ty;
        key.by_source.push((source, expr));
        Some(())
    }

    /// Every alternative names something, whether a source has it or not.
    fn known_fields(&mut self, written: &Key) -> Option<()> {
        let mut good = Some(());
        for field in &written.fields {
            let name = &field.value;
            if name == "time" || self.schema.field(name).is_some() || self.names.lets.id(name).is_some() {
                continue;
            }
            good = None;
            if self.names.left_out.contains(name.as_str()) {
                continue;
            }
            if self.names.contexts.id(name).is_some() {
                let message = format!("the context `{name}` cannot be a key");
                self.error_help::<()>(codes::NOT_HERE, field.span, message, "keys are fields and lets");
                continue;
            }
            let found =
                Diagnostic::error(codes::UNKNOWN_NAME, field.span, format!("no field or let is named `{name}`"));
            let names: Vec<String> =
                self.schema.fields.keys().cloned().chain(self.names.lets.names().map(str::to_owned)).collect();
            self.report(with_nearest(found, name, names.iter().map(String::as_str)));
        }
        good
    }

    fn key_of_source(
        &mut self,
        written: &Key,
        source: SourceId,
        rows: &Rows,
        whose: &str,
        role: &Role,
    ) -> Option<ir::Expr> {
        let fitting = written.fields.iter().find(|f| self.source_has(source, &f.value));
        let Some(field) = fitting else {
            let names = super::checker::listed(written.fields.iter().map(|f| f.value.as_str()));
            let source_name = self.source_name(source);
            let message = format!("{whose} reads `{source_name}`, which has no {names} to {}", role.verb);
            let help = format!(
                "give the {} an alternative that `{source_name}` has: `label: [{}, ...]`",
                role.noun,
                first_name(written)
            );
            return self.error_help(codes::KEY_MISSING, written.span, message, help);
        };
        let rows = Rows { variants: rows.variants.iter().filter(|v| v.source == source).cloned().collect() };
        let site = Site { place: role.place, rows: &rows, kind: SiteKind::Row };
        let expr = self.value(&site, &name_expr(field))?;
        if let Type::List(_) = expr.ty {
            let message = format!("the list `{}` cannot be a {}", field.value, role.noun);
            let help = format!("{} a field that holds one value", role.verb);
            return self.error_help(codes::KEY_TYPE, field.span, message, help);
        }
        Some(expr)
    }

    fn source_has(&self, source: SourceId, name: &str) -> bool {
        let fields: BTreeSet<FieldId> = if let Some(field) = self.schema.field(name) {
            BTreeSet::from([field])
        } else if let Some(id) = self.names.lets.id(name) {
            let info = self.lets.get(LetId(id).index()).and_then(Option::as_ref);
            info.map(|l| l.fields.clone()).unwrap_or_default()
        } else {
            BTreeSet::new()
        };
        fields.iter().all(|f| self.schema.slot(source, *f).is_some())
    }

    /// Rows of a group: its keys are there.
    pub fn grouped(&self, rows: &Rows, keys: &Keys) -> Rows {
        let mut rows = rows.clone();
        for variant in &mut rows.variants {
            for key in &keys.0 {
                if let Some(expr) = key.of(variant.source) {
                    variant.facts.add(&Facts::of_present(expr, &|id| self.let_body(id)));
                }
            }
        }
        rows
    }

    /// Lets the rows of other sources ask by the same keys: used where a context is read.
    pub fn extend_keys(&mut self, keys: &mut Keys, by: &By, source: SourceId, whose: &str, at: Span) -> Option<()> {
        let rows = Rows::of(source);
        for (key, written) in keys.0.iter_mut().zip(&by.value) {
            if key.of(source).is_some() {
                continue;
            }
            let mut asked = written.clone();
            asked.span = at;
            let expr = self.key_of_source(&asked, source, &rows, whose, &KEY)?;
            self.add_to_key(key, source, expr)?;
        }
        Some(())
    }
}

fn first_name(written: &Key) -> &str {
    written.fields.first().map_or("", |f| f.value.as_str())
}

fn name_expr(name: &Name) -> Expr {
    Expr { kind: ExprKind::Name(name.value.clone()), span: name.span }
}
