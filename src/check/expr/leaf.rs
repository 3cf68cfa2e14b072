//! Names: which field, let, context or measure one means, and whether it may be read here.

use super::{Measures, SiteKind, Typer, gap, history};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::check::names::{nearest, with_nearest};
use crate::check::rows::nullable_at;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ContextForm, ContextId, ExprKind, Leaf, LetId, MeasureRef, ParamId};
use crate::pack::schema::{FieldId, SourceId};
use crate::source::Span;
use crate::syntax::rule::AnalyticKind;
use crate::value::{Type, Value};
use std::collections::BTreeSet;

impl Typer<'_, '_, '_> {
    pub(super) fn name(&mut self, name: &str, span: Span) -> Option<ir::Expr> {
        if name == "it" {
            return match self.it {
                Some(scalar) => {
                    Some(ir::Expr { kind: ExprKind::Leaf(Leaf::It), ty: Type::Scalar(scalar), nullable: false, span })
                }
                None => self.check.error(codes::NOT_HERE, span, "`it` names an element inside `any(list, ...)` only"),
            };
        }
        if let Some(read) = self.gap_name(name, span).or_else(|| self.statistic_name(name, span)) {
            return read;
        }
        if name == "time" {
            self.allow_row(name, span)?;
            return Some(ir::Expr { kind: ExprKind::Leaf(Leaf::Time), ty: Type::TIMESTAMP, nullable: false, span });
        }
        if let Some(field) = self.check.schema.field(name) {
            return self.field(field, name, span);
        }
        if let Some(id) = self.check.names.lets.id(name) {
            return self.let_name(LetId(id), name, span);
        }
        if let Some(id) = self.check.names.contexts.id(name) {
            return self.context(ContextId(id), name, span);
        }
        self.dotted_context(name, span).unwrap_or_else(|| self.measure_name(name, span))
    }

    pub(super) fn param(&mut self, name: &str, span: Span) -> Option<ir::Expr> {
        let Some(id) = self.check.names.params.id(name) else {
            let found = Diagnostic::error(codes::UNKNOWN_PARAM, span, format!("`${name}` is not declared in `params`"));
            let near: Vec<&str> = self.check.names.params.names().collect();
            let found = match nearest(name, near) {
                Some(near) => found.help(format!("did you mean `${near}`?")),
                None => found,
            };
            self.check.report(found);
            return None;
        };
        let id = ParamId(id);
        self.check.used_params.insert(id);
        let param = self.check.params.get(id.index())?.as_ref()?;
        Some(ir::Expr { kind: ExprKind::Param(id), ty: param.ty, nullable: param.value.is_missing(), span })
    }

    /// Whether rows may be read here at all.
    fn allow_row(&mut self, name: &str, span: Span) -> Option<()> {
        match self.site.kind {
            SiteKind::Constant => {
                let message = format!("{} needs a constant: `{name}` differs from event to event", self.site.place);
                self.check.error_help(
                    codes::CONSTANT,
                    span,
                    message,
                    "literals and parameters (`$name`) may stand here",
                )
            }
            SiteKind::Having(_) => {
                let message = format!("`having` reads measures: `{name}` differs from event to event");
                let help = match self.having.as_ref().map(|h| h.kind) {
                    Some(Measures::Gaps) => "move the condition to `where`, beside `of`".to_owned(),
                    Some(Measures::History { .. }) => {
                        format!("measure it, such as `measure: max({name})`, or move the condition to `where`")
                    }
                    _ => format!(
                        "measure it, such as `max({name})` or `count(where ...)`, or move the condition to `where`"
                    ),
                };
                self.check.error_help(codes::NOT_HERE, span, message, help)
            }
            _ => Some(()),
        }
    }

    fn field(&mut self, field: FieldId, name: &str, span: Span) -> Option<ir::Expr> {
        self.allow_row(name, span)?;
        self.has(&BTreeSet::from([field]), name, span)?;
        let (_, declared) = self.check.schema.field_at(field)?;
        let leaf = Leaf::Field(field);
        let nullable = self.nullable_leaf(&leaf, declared.ty);
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty: declared.ty, nullable, span })
    }

    fn let_name(&mut self, id: LetId, name: &str, span: Span) -> Option<ir::Expr> {
        self.allow_row(name, span)?;
        let info = self.check.lets.get(id.index())?.as_ref()?;
        let (ty, fields) = (info.expr.ty, info.fields.clone());
        self.has(&fields, name, span)?;
        let leaf = Leaf::Let(id);
        let nullable = self.nullable_leaf(&leaf, ty);
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty, nullable, span })
    }

    /// Whether the rows of the site have the fields: every source of them, or at a hit one of them.
    fn has(&mut self, fields: &BTreeSet<FieldId>, name: &str, span: Span) -> Option<()> {
        if matches!(self.site.kind, SiteKind::Let) || self.site.rows.variants.is_empty() {
            return Some(());
        }
        let sources = self.site.rows.sources();
        let lacking: Vec<(SourceId, FieldId)> = sources
            .iter()
            .filter_map(|s| fields.iter().find(|f| self.check.schema.slot(*s, **f).is_none()).map(|f| (*s, *f)))
            .collect();
        let lenient = matches!(self.site.kind, SiteKind::Hit { .. } | SiteKind::Range);
        let Some((source, field)) = lacking.first().copied() else { return Some(()) };
        if lenient && lacking.len() < sources.len() {
            return Some(());
        }
        self.lacks(source, field, name, span)
    }

    fn lacks<T>(&mut self, source: SourceId, field: FieldId, name: &str, span: Span) -> Option<T> {
        let source_name = self.check.source_name(source);
        let field_name = self.check.schema.field_at(field).map_or("", |(n, _)| n);
        let message = if field_name == name {
            format!("the source `{source_name}` has no field `{name}`")
        } else {
            format!("`{name}` reads `{field_name}`, which the source `{source_name}` does not have")
        };
        let of_source = self.check.schema.source_at(source).into_iter().flat_map(|(_, s)| s.fields.keys());
        let names: Vec<&str> = of_source.filter_map(|f| self.check.schema.field_at(*f).map(|(n, _)| n)).collect();
        let found = Diagnostic::error(codes::NOT_IN_SOURCE, span, message);
        self.check.report(with_nearest(found, field_name, names));
        None
    }

    /// Whether a leaf may be missing on the rows of the site.
    fn nullable_leaf(&self, leaf: &Leaf, ty: Type) -> bool {
        if self.facts.knows(leaf) {
            return false;
        }
        let expr = ir::Expr { kind: ExprKind::Leaf(leaf.clone()), ty, nullable: true, span: Span::default() };
        let variants = &self.site.rows.variants;
        variants.is_empty()
            || variants.iter().any(|v| nullable_at(&expr, self.check.schema, v, &|id| self.check.let_body(id)))
    }

    fn allow_context(&mut self, name: &str, span: Span) -> Option<()> {
        match self.site.kind {
            SiteKind::Analytic | SiteKind::Hit { .. } | SiteKind::Range => Some(()),
            SiteKind::Having(_) | SiteKind::Constant => self.allow_row(name, span),
            SiteKind::Let | SiteKind::Row => {
                let message = format!("the context `{name}` cannot be read in {}", self.site.place);
                let help = "contexts may stand in the `where` of an analytic and in `confidence`";
                self.check.error_help(codes::NOT_HERE, span, message, help)
            }
        }
    }

    pub(super) fn context(&mut self, id: ContextId, name: &str, span: Span) -> Option<ir::Expr> {
        self.allow_context(name, span)?;
        let sources = self.site.rows.sources();
        self.check.ask_context(id, &sources, span)?;
        let context = self.check.contexts.get(id.index())?.as_ref()?;
        let own = match &context.form {
            ContextForm::Some | ContextForm::Count | ContextForm::None { known: None } => false,
            ContextForm::Measure { measure, .. } => measure.nullable,
            _ => true,
        };
        let keys = context.keys.exprs().into_iter().any(|e| e.nullable);
        let leaf = Leaf::Context(id);
        let nullable = (own || keys) && !self.facts.knows(&leaf);
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty: context.ty, nullable, span })
    }

    /// `name.field` of a `last` context without `value`; none where no context has such a name.
    fn dotted_context(&mut self, name: &str, span: Span) -> Option<Option<ir::Expr>> {
        let (id, rest) = name.match_indices('.').rev().find_map(|(at, _)| {
            let (head, tail) = name.split_at(at);
            self.check.names.contexts.id(head).map(|id| (ContextId(id), tail.trim_start_matches('.')))
        })?;
        Some(self.context_field(id, rest, name, span))
    }

    fn context_field(&mut self, id: ContextId, field: &str, name: &str, span: Span) -> Option<ir::Expr> {
        self.context(id, name, span)?;
        let context = self.check.contexts.get(id.index())?.as_ref()?;
        let (of, is_event) = (context.of, matches!(context.form, ContextForm::LastEvent));
        let head = self.check.context_name(id);
        if !is_event {
            let message = format!("`{head}` is a value: only a `last` context without `value` has fields");
            return self.check.error(codes::WRONG_KIND, span, message);
        }
        let Some(found) = self.check.schema.field(field) else {
            let of_schema: Vec<String> = self.check.schema.fields.keys().cloned().collect();
            let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, span, format!("no field `{field}` in the schema"));
            self.check.report(with_nearest(diagnostic, field, of_schema.iter().map(String::as_str)));
            return None;
        };
        let source = self.check.events.get(of.index())?.as_ref()?.event.source;
        if self.check.schema.slot(source, found).is_none() {
            return self.lacks(source, found, field, span);
        }
        let ty = self.check.schema.field_at(found)?.1.ty;
        let leaf = Leaf::ContextField(id, found);
        let nullable = !self.facts.knows(&leaf);
        Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty, nullable, span })
    }

    fn measure_name(&mut self, name: &str, span: Span) -> Option<ir::Expr> {
        if let (SiteKind::Having(signal), Some(having)) = (self.site.kind, &self.having) {
            if let Some(index) = having.measures.iter().position(|m| m.name.as_deref() == Some(name)) {
                let measure = having.measures.get(index)?;
                let leaf = Leaf::Measure(MeasureRef { signal, index });
                return Some(ir::Expr { kind: ExprKind::Leaf(leaf), ty: measure.ty, nullable: measure.nullable, span });
            }
        } else if let SiteKind::Hit { .. } = self.site.kind {
            match (self.hit_measure(name).as_slice(), self.hit_statistics(name).as_slice()) {
                ([], []) => {}
                ([one], []) => return self.read_measure(*one, span),
                ([], [(signal, statistic)]) => return self.read_statistic(*signal, *statistic, span),
                _ => {
                    let message = format!("several signals have a measure `{name}`");
                    let help = format!("name the signal too: `signal.{name}`");
                    return self.check.error_help(codes::CLASH, span, message, help);
                }
            }
        } else if self.check.measures.iter().any(|(n, _)| n == name) || !self.hit_statistics(name).is_empty() {
            let message = format!("the measure `{name}` cannot be read in {}", self.site.place);
            let help = "measures may stand in `having` of their signal, in `confidence` and in `alert`";
            return self.check.error_help(codes::NOT_HERE, span, message, help);
        }
        self.unknown(name, span)
    }

    fn hit_measure(&self, name: &str) -> Vec<MeasureRef> {
        let by_signal = |r: &MeasureRef, n: &str| {
            name.strip_prefix(self.check.stream_name(ir::StreamRef::Signal(r.signal)))
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| rest == n)
        };
        self.check.measures.iter().filter(|(n, r)| n == name || by_signal(r, n)).map(|(_, r)| *r).collect()
    }

    fn read_measure(&mut self, measure: MeasureRef, span: Span) -> Option<ir::Expr> {
        let info = self.check.signals.get(measure.signal.index())?.as_ref()?;
        let measures = match &info.signal.analytic {
            ir::Analytic::Threshold { measures, .. } => measures,
            ir::Analytic::Baseline(baseline) => &baseline.statistics,
            _ => return None,
        };
        let ty = measures.get(measure.index)?.ty;
        // Missing on hits that another signal made.
        Some(ir::Expr { kind: ExprKind::Leaf(Leaf::Measure(measure)), ty, nullable: true, span })
    }

    /// Whether a name at a hit is a measure or a statistic of a signal that had errors of its own.
    fn is_of_failed_signal(&self, name: &str) -> bool {
        // A signal that is only yet to be checked has failed in nothing.
        let failed = self.check.is_faulty() && self.check.signals.iter().any(Option::is_none);
        if !failed || !matches!(self.site.kind, SiteKind::Hit { .. }) {
            return false;
        }
        let rule = self.check.rule;
        let word = name.rsplit('.').next().unwrap_or(name);
        let head = name.strip_suffix(word).and_then(|head| head.strip_suffix('.'));
        let signals = rule.signals.iter().map(|(signal, analytic)| (Some(signal.value.as_str()), analytic));
        let mut analytics = signals.chain(rule.detect.iter().map(|analytic| (None, analytic)));
        self.is_of_baseline(word)
            || analytics.any(|(signal, analytic)| match &analytic.kind {
                // It may have named any measure.
                AnalyticKind::Faulty => head.is_none() || head == signal,
                AnalyticKind::Threshold { windowed, .. } | AnalyticKind::Cadence { windowed, .. } => {
                    windowed.measures.iter().any(|(n, _)| n.value == word)
                }
                _ => false,
            })
    }

    fn unknown(&mut self, name: &str, span: Span) -> Option<ir::Expr> {
        if self.check.names.left_out.contains(name) || self.is_of_failed_signal(name) {
            return None;
        }
        if gap::is_gap(name) {
            return self.gaps_elsewhere(name, span);
        }
        if self.is_of_baseline(name) && self.having.is_none() {
            let message = format!("`{name}` asks about a baseline's history, which {} does not know", self.site.place);
            let help = "it may stand in `having` of the baseline, in `confidence` and in `alert`";
            return self.check.error_help(codes::NOT_HERE, span, message, help);
        }
        let names = &self.check.names;
        let other = if names.events.id(name).is_some() {
            Some(("an event", format!("`matched({name})` asks whether it took part in a hit")))
        } else if names.signals.id(name).is_some() {
            Some(("a signal", format!("`matched({name})` asks whether it took part in a hit")))
        } else if names.params.id(name).is_some() {
            Some(("a parameter", format!("a parameter is written `${name}`")))
        } else if self.check.pack.lookups.contains_key(name) {
            Some(("a lookup", format!("write `x in {name}` or `{name}[x].column`")))
        } else {
            None
        };
        if let Some((kind, help)) = other {
            return self.check.error_help(
                codes::WRONG_KIND,
                span,
                format!("`{name}` is {kind}, where a value is needed"),
                help,
            );
        }
        let message = match self.having.as_ref().map(|h| h.kind) {
            Some(Measures::History { .. }) => format!("a baseline's history has no `{name}`"),
            Some(_) => format!("no measure is named `{name}`"),
            None => format!("no field, let or context is named `{name}`"),
        };
        let found = Diagnostic::error(codes::UNKNOWN_NAME, span, message);
        let candidates = self.candidates();
        self.check.report(with_nearest(found, name, candidates.iter().map(String::as_str)));
        None
    }

    /// What may be named here.
    fn candidates(&self) -> Vec<String> {
        if let Some(having) = &self.having {
            let named = having.measures.iter().filter_map(|m| m.name.clone());
            return match having.kind {
                Measures::Window => named.collect(),
                Measures::Gaps => named.chain(gap::names()).collect(),
                Measures::History { .. } => history::names().collect(),
            };
        }
        let schema = self.check.schema;
        let sources = self.site.rows.sources();
        let fields = schema.fields.keys().enumerate().filter(|(i, _)| {
            sources.is_empty() || sources.iter().any(|s| schema.slot(*s, FieldId(*i as u32)).is_some())
        });
        let mut all: Vec<String> = fields.map(|(_, n)| n.clone()).collect();
        all.extend(self.check.names.lets.names().map(str::to_owned));
        all.extend(self.check.names.contexts.names().map(str::to_owned));
        if matches!(self.site.kind, SiteKind::Hit { .. }) {
            all.extend(self.check.measures.iter().map(|(n, _)| n.clone()));
            all.extend(self.of_baselines());
        }
        all
    }

    /// The declared field behind an expression, through lets and contexts that only rename it.
    pub(super) fn field_behind(&self, expr: &ir::Expr) -> Option<FieldId> {
        match &expr.kind {
            ExprKind::Leaf(Leaf::Field(f) | Leaf::ContextField(_, f)) => Some(*f),
            ExprKind::Leaf(Leaf::Let(id)) => self.field_behind(&self.let_body(*id)?),
            ExprKind::Leaf(Leaf::Context(id)) => match &self.check.contexts.get(id.index())?.as_ref()?.form {
                ContextForm::LastValue(value) => self.field_behind(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The constant behind an expression: a literal or a parameter's value.
    pub(super) fn constant_behind(&self, expr: &ir::Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Param(id) => self.check.params.get(id.index())?.as_ref().map(|p| p.value.clone()),
            _ => None,
        }
    }

    /// One value, not a list.
    pub(super) fn scalar(&mut self, expr: &ir::Expr, what: &str) -> Option<()> {
        match expr.ty {
            Type::Scalar(_) => Some(()),
            Type::List(_) => self.check.error_help(
                codes::LIST_HERE,
                expr.span,
                format!("{what} needs one value, not {}", with_article(expr.ty)),
                "a list stands in `any(list, ...)`, `exists(list)` and `x in list` only",
            ),
        }
    }
}
