//! What a step reads: the events of one stream, as conditions per source, and the columns that its keys are.

use super::codes;
use super::cond::{Cond, and, or};
use super::lower::Lower;
use super::test::Test;
use crate::backend::target::{Mapping, TargetData};
use crate::diagnostic::Diagnostic;
use crate::ir::{Analytic, EventId, Expr, ExprKind, Input, Keys, Leaf, Rule, StreamRef};
use crate::pack::schema::{FieldId, SourceId};
use crate::source::Span;
use crate::value::Scalar;

/// A rule on its way, with every refusal so far.
pub(super) struct Reader<'a> {
    pub rule: &'a Rule,
    pub mapping: &'a Mapping,
    pub target: &'a TargetData,
    pub found: Vec<Diagnostic>,
    /// The events that the query reads.
    pub events: Vec<EventId>,
}

/// The events of one source that a step takes.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub source: SourceId,
    /// That it is the source's event.
    pub select: Cond,
    /// What the rule asks of it.
    pub cond: Cond,
}

/// A column that joins, with its type there.
pub(super) type KeyColumn = (String, Scalar);

impl Reader<'_> {
    /// The events of a stream where `filter` holds.
    pub(super) fn selections(&mut self, stream: StreamRef, filters: &[&Expr], at: Span) -> Vec<Selection> {
        match stream {
            StreamRef::Event(id) => self.event(id, filters).into_iter().collect(),
            StreamRef::Signal(id) => match self.rule.signals.get(id.index()).map(|s| &s.analytic) {
                Some(Analytic::Match { of, keys }) => self.of_match(of, keys, filters, at),
                Some(Analytic::Any { of, keys: None }) => {
                    of.iter().flat_map(|s| self.selections(*s, filters, at)).collect()
                }
                _ => {
                    let name = self.rule.stream_name(stream);
                    let message = format!("the hits of `{name}` cannot be a step: only events can");
                    self.found.push(codes::refusal(codes::CANNOT_SAY, at, &message));
                    Vec::new()
                }
            },
        }
    }

    fn of_match(&mut self, of: &Input, keys: &Keys, filters: &[&Expr], at: Span) -> Vec<Selection> {
        let all: Vec<&Expr> = of.filter.iter().chain(filters.iter().copied()).collect();
        let mut selections = self.selections(of.stream, &all, at);
        for selection in &mut selections {
            let present = self.keys_exist(selection.source, keys);
            selection.cond = and([selection.cond.clone(), present]);
        }
        selections
    }

    fn event(&mut self, id: EventId, filters: &[&Expr]) -> Option<Selection> {
        let event = self.rule.events.get(id.index())?;
        let source = event.source;
        let Some(mapped) = self.mapping.source(source) else {
            let found = self.mapping.unmapped_source(self.rule, source, event.span);
            self.found.push(found);
            return None;
        };
        if !self.events.contains(&id) {
            self.events.push(id);
        }
        let picks = mapped.select.iter().map(|(column, text)| Cond::Atom {
            operator: "equal",
            column: column.clone(),
            optional: false,
            values: vec![super::text::string(text)],
        });
        let select = and(picks.collect::<Vec<_>>());
        let asked: Vec<&Expr> = event.filter.iter().chain(filters.iter().copied()).collect();
        let mut lower = self.lower(source);
        let cond = and(asked.into_iter().map(|e| lower.cond(e)).collect::<Vec<_>>());
        Some(Selection { source, select, cond })
    }

    /// That none of the keys is missing.
    pub(super) fn keys_exist(&mut self, source: SourceId, keys: &Keys) -> Cond {
        let mut parts = Vec::new();
        for key in &keys.0 {
            if let Some(expr) = key.of(source) {
                parts.push(self.lower(source).ask(expr, &Test::Exists));
            }
        }
        and(parts)
    }

    /// The lowering of a source's conditions.
    pub(super) fn lower(&mut self, source: SourceId) -> Lower<'_> {
        let Reader { rule, mapping, target, found, .. } = self;
        Lower { rule, mapping, target, source, it: None, found }
    }

    /// The columns of a step's keys, the same for all of its sources. Nothing (reported) where a key is no plain column.
    pub(super) fn key_columns(&mut self, keys: &Keys, sources: &[SourceId], at: Span) -> Option<Vec<KeyColumn>> {
        let mut columns = Vec::new();
        for key in &keys.0 {
            let mut here: Vec<KeyColumn> = Vec::new();
            for source in sources {
                let column = self.key_column(&key.name, key.of(*source), *source, key.span)?;
                if !here.contains(&column) {
                    here.push(column);
                }
            }
            if here.len() > 1 {
                let message = format!("the key `{}` stands in different columns of the sources of one step", key.name);
                self.found.push(codes::refusal(codes::KEYS, at, &message));
                return None;
            }
            columns.extend(here);
        }
        Some(columns)
    }

    fn key_column(&mut self, name: &str, expr: Option<&Expr>, source: SourceId, at: Span) -> Option<KeyColumn> {
        let Some(field) = expr.and_then(|e| plain_field(self.rule, e)) else {
            let message = format!("the key `{name}` is computed, and only a field can join events");
            let found = codes::refusal(codes::KEYS, at, &message);
            self.found.push(
                found.help("name a field, or compute the key as events are stored; or choose `spl`, `kql` or `esql`"),
            );
            return None;
        };
        let Some(mapped) = self.mapping.field(source, field) else {
            let found = if self.mapping.is_unavailable(source, field) {
                codes::refusal(codes::KEYS, at, &format!("the product does not have the key `{name}`"))
            } else {
                self.mapping.unmapped_field(self.rule, source, field, at)
            };
            self.found.push(found);
            return None;
        };
        if mapped.lower || mapped.trailing_dot || mapped.list || super::text::is_unspeakable(&mapped.column) {
            let message =
                format!("the key `{name}` is not stored in the one form that joins (capitals, a trailing dot, a list)");
            self.found.push(codes::refusal(codes::KEYS, at, &message));
            return None;
        }
        Some((mapped.column.clone(), mapped.ty))
    }

    /// The one column that breaks ties in all of the query's sources.
    pub(super) fn tiebreaker(&self) -> Option<String> {
        let mut columns: Vec<Option<&str>> = Vec::new();
        for source in self.sources() {
            let column =
                self.mapping.source(source).and_then(|s| s.fields.get(&s.tiebreaker?)).map(|f| f.column.as_str());
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        match columns.as_slice() {
            [Some(only)] => Some((*only).to_owned()),
            _ => None,
        }
    }

    /// The one column that holds the time in all of the query's sources, by which Elasticsearch orders and reads.
    pub(super) fn time_column(&self) -> Result<String, Diagnostic> {
        let mut columns: Vec<&str> = Vec::new();
        let mut at = Span::default();
        for event in self.events.iter().filter_map(|id| self.rule.events.get(id.index())) {
            let Some(time) = self.mapping.source(event.source).map(|mapped| &mapped.time) else { continue };
            if time.unit.is_some() {
                let message =
                    format!("the time `{}` is kept as a number, and only a date can order events", time.column);
                return Err(codes::refusal(codes::COLUMN, event.span, &message));
            }
            if !columns.contains(&time.column.as_str()) {
                columns.push(&time.column);
                at = event.span;
            }
        }
        match columns.as_slice() {
            [] => Ok(String::new()),
            [one] => Ok((*one).to_owned()),
            _ => {
                let columns = columns.join("`, `");
                let message =
                    format!("the times stand in different columns (`{columns}`), and a request orders by one");
                Err(codes::refusal(codes::COLUMN, at, &message)
                    .help("map the times of the rule's sources to one column"))
            }
        }
    }

    /// The indices of the query's sources, each once, in the order of the rule's events.
    pub(super) fn indices(&self) -> Vec<String> {
        let mut indices: Vec<String> = Vec::new();
        for source in self.sources().into_iter().filter_map(|s| self.mapping.source(s)) {
            if !indices.contains(&source.table) {
                indices.push(source.table.clone());
            }
        }
        indices
    }

    /// The sources of the query's events, each once, in the order of the rule's events.
    pub(super) fn sources(&self) -> Vec<SourceId> {
        let mut sources = Vec::new();
        for source in self.events.iter().filter_map(|id| self.rule.events.get(id.index())).map(|e| e.source) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }
}

/// The whole condition of a step.
pub(super) fn whole(selections: &[Selection]) -> Cond {
    or(selections.iter().map(|s| and([s.select.clone(), s.cond.clone()])).collect::<Vec<_>>())
}

/// The field that an expression is.
pub(in crate::backend) fn plain_field(rule: &Rule, expr: &Expr) -> Option<FieldId> {
    match &expr.kind {
        ExprKind::Leaf(Leaf::Field(id)) => Some(*id),
        ExprKind::Leaf(Leaf::Let(id)) => rule.lets.get(id.index()).and_then(|l| plain_field(rule, &l.expr)),
        _ => None,
    }
}
