//! Lets and events: expressions over a row, and the rows that are selected.

use super::checker::{Checker, EventInfo, LetInfo};
use super::codes;
use super::expr::{Site, SiteKind};
use super::names::{order_of, with_nearest};
use super::rows::Rows;
use super::surface::visit;
use crate::diagnostic::{Diagnostic, Findings};
use crate::ir::{self, EventId, ExprKind, Leaf, LetId};
use crate::pack::schema::{FieldId, SourceId};
use crate::source::Span;
use crate::syntax::expr::{BinaryOp, Expr, ExprKind as Written, UnaryOp};
use crate::syntax::rule::{AnalyticKind, Name, StepKind};
use std::collections::BTreeSet;

/// Most parts of an expression with its lets written out. A let that reads another twice doubles it, so a few lines could ask for
/// more than any machine holds; no product takes a query of this size.
const MOST_PARTS: u64 = 10_000;

impl Checker<'_> {
    /// Types every let, those that others use first.
    pub fn check_lets(&mut self) {
        let rows = Rows::union(&self.event_sources().into_iter().map(Rows::of).collect::<Vec<_>>());
        for place in 0..self.names.lets.items.len() {
            let info = self.names.lets.get(place as u32).and_then(|declared| {
                let site = Site { place: "a `let`", rows: &rows, kind: SiteKind::Let };
                let size = self.bounded(declared.item)?;
                let expr = self.value(&site, declared.item)?;
                let fields = self.fields_of(&expr);
                Some((LetInfo { expr, fields }, size))
            });
            self.let_sizes.push(info.as_ref().map_or(0, |(_, size)| *size));
            self.lets.push(info.map(|(info, _)| info));
        }
    }

    /// How many parts an expression has with its lets written out, as backends write them; an error where they are too many.
    pub fn bounded(&mut self, expr: &Expr) -> Option<u64> {
        if matches!(expr.kind, Written::Faulty) {
            return None;
        }
        let mut size = 0u64;
        visit(expr, &mut |part| {
            let of_let = match &part.kind {
                Written::Name(name) => self.names.lets.id(name).and_then(|id| self.let_sizes.get(id as usize)),
                _ => None,
            };
            size = size.saturating_add(of_let.copied().unwrap_or(0)).saturating_add(1);
        });
        if size <= MOST_PARTS {
            return Some(size);
        }
        let message = format!("this has {size} parts once its lets are written out, and {MOST_PARTS} is the most");
        self.error_help(codes::TOO_LARGE, expr.span, message, "read each let once, or less often")
    }

    /// Sources of all events that the rule may speak of.
    fn event_sources(&self) -> Vec<SourceId> {
        let named = self.names.events.items.iter().filter_map(|d| d.item.source.as_ref());
        let mut sources: Vec<SourceId> = named.filter_map(|s| self.schema.source(&s.value)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// The fields that an expression reads, through lets too.
    pub fn fields_of(&self, expr: &ir::Expr) -> BTreeSet<FieldId> {
        let mut fields = BTreeSet::new();
        expr.visit(&mut |e| match &e.kind {
            ExprKind::Leaf(Leaf::Field(f)) => {
                fields.insert(*f);
            }
            ExprKind::Leaf(Leaf::Let(id)) => {
                if let Some(Some(info)) = self.lets.get(id.index()) {
                    fields.extend(info.fields.iter().copied());
                }
            }
            _ => {}
        });
        fields
    }

    /// The events that `detect` consumes, through signals; contexts do not count.
    pub fn consumed_events(&self) -> BTreeSet<EventId> {
        let mut events = BTreeSet::new();
        let mut signals = BTreeSet::new();
        let mut open: Vec<&AnalyticKind> = self.rule.detect.iter().map(|d| &d.kind).collect();
        while let Some(kind) = open.pop() {
            for name in streams_of(kind) {
                if let Some(id) = self.names.events.id(&name.value) {
                    events.insert(EventId(id));
                } else if let Some(id) = self.names.signals.id(&name.value)
                    && signals.insert(id)
                {
                    open.extend(self.names.signals.get(id).map(|d| &d.item.kind));
                }
            }
        }
        events
    }

    /// Selects: each event's condition is the scope, what it is derived from, its own, and the exceptions on events.
    pub fn check_events(&mut self, consumed: &BTreeSet<EventId>) {
        let mut cycles = Findings::default();
        let parents = |i: usize| {
            let of = self.names.events.items.get(i).and_then(|d| d.item.of.as_ref());
            of.and_then(|n| self.names.events.id(&n.value)).map(|i| i as usize).into_iter().collect()
        };
        let order = order_of(&self.names.events, "event", parents, &mut cycles);
        for found in cycles.all {
            self.report(found);
        }
        self.events.resize_with(self.names.events.items.len(), || None);
        for place in order {
            let id = EventId(place as u32);
            let info = self.check_event(id, consumed.contains(&id));
            if let Some(slot) = self.events.get_mut(place) {
                *slot = info;
            }
        }
    }

    fn check_event(&mut self, id: EventId, consumed: bool) -> Option<EventInfo> {
        let declared = self.names.events.get(id.0)?;
        let parent = self.parent_of(declared.name, declared.item);
        let Some(source) = self.source_of(declared.name, declared.item, parent) else {
            // Of which source the rows are is not known; which names there are is.
            let rows = Rows::default();
            let own: Vec<&Expr> = declared.item.filter.iter().collect();
            self.conditions(&Site::row("an event's `where`", &rows), &own);
            return None;
        };
        let mut parts: Vec<Expr> = Vec::new();
        if consumed && let Some(scope) = &self.rule.scope {
            parts.push(scope.clone());
        }
        parts.extend(self.own_conditions(id, 0));
        let rows = Rows::of(source);
        let site = Site::row("an event's `where`", &rows);
        let all: Vec<&Expr> = parts.iter().collect();
        // An event whose condition has errors still has its source: what stands on it is checked too.
        let mut conditions = self.conditions(&site, &all).unwrap_or_default();
        if consumed {
            let narrowed =
                rows.clone().narrowed(all_of(&conditions, declared.item.span).as_ref(), &|l| self.let_body(l));
            conditions.extend(self.event_exceptions(&narrowed));
        }
        let filter = all_of(&conditions, declared.item.span);
        let rows = rows.narrowed(filter.as_ref(), &|l| self.let_body(l));
        let event = ir::Event { name: declared.name.value.clone(), source, filter, span: declared.name.span };
        Some(EventInfo { event, rows })
    }

    /// The event's own condition after those that it is derived from.
    fn own_conditions(&self, id: EventId, depth: usize) -> Vec<Expr> {
        let Some(declared) = self.names.events.get(id.0) else { return Vec::new() };
        let parent = declared.item.of.as_ref().and_then(|n| self.names.events.id(&n.value));
        let mut all = match parent {
            // Cycles were left out before; the depth is a belt against a table that says otherwise.
            Some(parent) if depth < self.names.events.items.len() => self.own_conditions(EventId(parent), depth + 1),
            _ => Vec::new(),
        };
        all.extend(declared.item.filter.clone());
        all
    }

    fn parent_of(&mut self, name: &Name, event: &crate::syntax::rule::Event) -> Option<EventId> {
        let of = event.of.as_ref()?;
        if let Some(source) = &event.source {
            let message = format!("the event `{}` has both `of` and `source`", name.value);
            let help = "a derived event has the source of what it is derived from: leave out `source`";
            return self.error_help(codes::PART_NOT_HERE, source.span, message, help);
        }
        if let Some(id) = self.names.events.id(&of.value) {
            return Some(EventId(id));
        }
        if self.names.signals.id(&of.value).is_some() {
            let message = format!("`{}` is a signal: an event is derived from an event", of.value);
            let help = "`match: { match: signal, where: ... }` selects among hits";
            return self.error_help(codes::WRONG_KIND, of.span, message, help);
        }
        let found = Diagnostic::error(codes::UNKNOWN_STREAM, of.span, format!("no event is named `{}`", of.value));
        let names: Vec<&str> = self.names.events.names().collect();
        self.report(with_nearest(found, &of.value, names));
        None
    }

    fn source_of(
        &mut self,
        name: &Name,
        event: &crate::syntax::rule::Event,
        parent: Option<EventId>,
    ) -> Option<SourceId> {
        if event.of.is_some() {
            return Some(self.events.get(parent?.index())?.as_ref()?.event.source);
        }
        let Some(source) = &event.source else {
            let message = format!("the event `{}` needs a `source`", name.value);
            return self.error_help(
                codes::PART_MISSING,
                name.span,
                message,
                "or `of: event`, to derive it from another",
            );
        };
        self.source_named(source)
    }

    /// A source of the schema.
    pub fn source_named(&mut self, source: &Name) -> Option<SourceId> {
        if let Some(id) = self.schema.source(&source.value) {
            return Some(id);
        }
        let found = Diagnostic::error(
            codes::UNKNOWN_SOURCE,
            source.span,
            format!("the schema has no source `{}`", source.value),
        );
        self.report(with_nearest(found, &source.value, self.schema.sources.keys().map(String::as_str)));
        None
    }

    /// `not (when and time < expires)` for each exception on events whose fields these rows have.
    fn event_exceptions(&mut self, rows: &Rows) -> Vec<ir::Expr> {
        let mut all = Vec::new();
        for (exception, _) in self.exceptions_on("event") {
            let Some(when) = &exception.when else { continue };
            if !self.knows_names(when, rows) {
                continue;
            }
            let site = Site::row("an exception on events", rows);
            let condition = negated(when, self.expiry(exception));
            all.extend(self.condition(&site, &condition));
        }
        all
    }

    /// Whether every name of a condition can be read on the rows.
    fn knows_names(&self, when: &Expr, rows: &Rows) -> bool {
        let mut known = true;
        visit(when, &mut |e| {
            if let Written::Name(name) = &e.kind {
                known &= self.can_read(name, rows);
            }
        });
        known
    }

    fn can_read(&self, name: &str, rows: &Rows) -> bool {
        if matches!(name, "time" | "it") || self.lookup_id(name).is_some() {
            return true;
        }
        let fields = if let Some(field) = self.schema.field(name) {
            BTreeSet::from([field])
        } else if let Some(info) =
            self.names.lets.id(name).and_then(|id| self.lets.get(LetId(id).index())).and_then(Option::as_ref)
        {
            info.fields.clone()
        } else {
            return false;
        };
        rows.sources().iter().all(|s| fields.iter().all(|f| self.schema.slot(*s, *f).is_some()))
    }
}

/// `not (when and time < expires)` as it would be written.
fn negated(when: &Expr, expires: Option<i64>) -> Expr {
    let span = when.span;
    let at = |kind| Expr { kind, span };
    let binary = |op, left: Expr, right: Expr| {
        at(Written::Binary { op, fold: false, op_span: span, left: Box::new(left), right: Box::new(right) })
    };
    let applies = match expires {
        Some(expires) => {
            let time = at(Written::Name("time".to_owned()));
            let end = at(Written::Literal(crate::syntax::expr::Literal::Timestamp(expires)));
            binary(BinaryOp::And, when.clone(), binary(BinaryOp::Less, time, end))
        }
        None => when.clone(),
    };
    at(Written::Unary(UnaryOp::Not, Box::new(applies)))
}

/// One condition out of several; none out of none.
pub(super) fn all_of(conditions: &[ir::Expr], span: Span) -> Option<ir::Expr> {
    match conditions {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(ir::Expr {
            kind: ExprKind::And(many.to_vec()),
            ty: crate::value::Type::BOOLEAN,
            nullable: false,
            span: many.first().zip(many.last()).map_or(span, |(a, b)| a.span.to(b.span)),
        }),
    }
}

/// Every stream that an analytic names.
pub(super) fn streams_of(kind: &AnalyticKind) -> Vec<&Name> {
    match kind {
        AnalyticKind::Faulty => Vec::new(),
        AnalyticKind::Stream(name) => vec![name],
        AnalyticKind::Match { of, .. } => vec![of],
        AnalyticKind::Any { of, .. } => of.iter().collect(),
        AnalyticKind::Threshold { of, .. } | AnalyticKind::Cadence { of, .. } => of.iter().collect(),
        AnalyticKind::Baseline(baseline) => baseline.of.iter().collect(),
        AnalyticKind::Novelty(novelty) => novelty.of.iter().chain(&novelty.known).collect(),
        AnalyticKind::Together { of, after, .. } => of.iter().chain(after).collect(),
        AnalyticKind::Evidence { of, .. } => of.iter().map(|(n, _)| n).collect(),
        AnalyticKind::Sequence { steps, until, .. } => {
            let of_steps = steps.iter().flat_map(|s| match &s.kind {
                StepKind::Event { of, .. } | StepKind::Absent { of, .. } => vec![of],
                StepKind::Any { of, .. } => of.iter().collect(),
            });
            of_steps.chain(until).collect()
        }
    }
}
