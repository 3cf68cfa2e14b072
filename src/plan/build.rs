//! The state that the passes share, and the order in which they run.

use super::names::Names;
use super::{Column, Expr, Loss, Note, Output, Plan, Read, Stage, alert, analytic, context, make, read};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{self, ContextId, EventId, LetId, LookupId, MeasureRef, Rule, SignalId, StreamRef};
use crate::pack::schema::FieldId;
use crate::source::Span;
use crate::value::Type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A construct that the shared plan cannot say (yet), at its place.
pub const NOT_LOWERED: Code = Code("R1101");

/// What is known so far of a plan being built.
pub(super) struct Builder<'r> {
    pub rule: &'r Rule,
    pub reads: Vec<Read>,
    pub stages: Vec<Note>,
    pub refusals: Vec<Diagnostic>,
    pub losses: Vec<Loss>,
    pub assumptions: BTreeSet<&'static str>,
    pub output: Output,
    /// Canonical field columns that some stage reads.
    pub fields: BTreeMap<FieldId, Column>,
    pub lets: BTreeMap<LetId, Column>,
    /// Keys that are computed: what they are by source, and their column.
    pub key_columns: Vec<(Vec<(crate::pack::schema::SourceId, ir::Expr)>, Column)>,
    /// Lookups that were read: keys, the stage's place, found column.
    pub lookups: Vec<(LookupId, Vec<Expr>, usize)>,
    pub events: BTreeMap<EventId, Column>,
    pub signals: BTreeMap<SignalId, Hits>,
    pub contexts: BTreeMap<ContextId, context::Known>,
    /// The newest event strictly before, or the next strictly after: by (stream, keys, direction).
    pub neighbours: Vec<context::Neighbour>,
    pub measures: BTreeMap<MeasureRef, Column>,
    /// The hits, once every signal is lowered.
    pub hit: Option<Hits>,
    /// `any(c)` and `all(c)` that confidence and alert ask for.
    pub ranges: Vec<Range>,
    pub time: Column,
    /// The time of a hit's last event, where the hit has another one.
    pub own_time: Option<Column>,
    /// Where a row that comes late stands among those of its time: 0 for an event.
    pub rank: Option<Column>,
    /// Signals whose hits are rows of their own, later than their last events.
    pub late: BTreeSet<SignalId>,
    /// Which source a row is of; none where there is one source only.
    pub row_source: Option<Column>,
    pub place: Option<Column>,
    names: Names,
}

/// `any(c)` or `all(c)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    pub all: bool,
    pub condition: ir::Expr,
}

/// What is known of a signal's hits, on the rows where `hit` is true.
#[derive(Debug, Clone)]
pub(super) struct Hits {
    pub hit: Column,
    /// The group's keys.
    pub keys: Vec<Keyed>,
    /// One per [`Builder::ranges`], where the signal was asked for them.
    pub ranges: Vec<Expr>,
    /// Whether a stream took part.
    pub matched: Vec<(StreamRef, Expr)>,
    /// Whose measures the hit has, and where it has them; nothing where the plan does not know.
    pub measured: Vec<(SignalId, Option<Expr>)>,
    /// The evidence's sum and its reasons.
    pub evidence: Option<Evidence>,
    /// Whose hits these are, where they wait for a deadline.
    pub made_by: Option<SignalId>,
    /// Added to the row's time: a trailing absence's length.
    pub delay: i64,
    /// Where hits are rows of their own (`any` without keys): each member's hits and its number in `via`.
    pub members: Vec<(SignalOrEvent, Hits)>,
}

impl Hits {
    /// Whether some hit comes later than its row.
    pub fn delayed(&self) -> bool {
        self.delay > 0 || self.members.iter().any(|(_, m)| m.delayed())
    }
}

/// What a member of an `any` is.
pub(super) type SignalOrEvent = StreamRef;

/// The sum of an evidence and what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub sum: Column,
    pub reasons: Vec<(Expr, ir::Template)>,
    /// False where some hits have no sum.
    pub always: bool,
}

/// A group's key as a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Keyed {
    pub name: String,
    pub column: Column,
    pub ty: Type,
    pub nullable: bool,
}

/// Runs the passes.
pub(super) fn build(rule: &Rule) -> Result<Plan, Vec<Diagnostic>> {
    let mut b = Builder::new(rule);
    b.ranges = alert::ranges(rule);
    read::rows(&mut b);
    context::read(&mut b);
    for signal in analytic::order(rule) {
        analytic::signal(&mut b, signal);
    }
    alert::alert(&mut b);
    if !b.refusals.is_empty() {
        return Err(b.refusals);
    }
    read::finish(&mut b);
    Ok(Plan {
        reads: b.reads,
        row_source: b.row_source,
        stages: b.stages,
        output: b.output,
        assumptions: b.assumptions.into_iter().collect(),
        losses: b.losses,
        names: b.names,
    })
}

impl<'r> Builder<'r> {
    fn new(rule: &'r Rule) -> Self {
        Self {
            rule,
            reads: Vec::new(),
            stages: Vec::new(),
            refusals: Vec::new(),
            losses: Vec::new(),
            assumptions: BTreeSet::new(),
            output: Output::default(),
            fields: BTreeMap::new(),
            lets: BTreeMap::new(),
            key_columns: Vec::new(),
            lookups: Vec::new(),
            events: BTreeMap::new(),
            signals: BTreeMap::new(),
            contexts: BTreeMap::new(),
            neighbours: Vec::new(),
            measures: BTreeMap::new(),
            hit: None,
            ranges: Vec::new(),
            time: Column(Arc::from("event_time")),
            own_time: None,
            rank: None,
            late: BTreeSet::new(),
            row_source: None,
            place: None,
            names: Names::new(),
        }
    }

    /// A new column, named after `wish`.
    pub fn column(&mut self, wish: &str) -> Column {
        self.names.column(wish)
    }

    /// A column that every alert has, by its own name.
    pub fn alert_column(name: &'static str) -> Column {
        Column(Arc::from(name))
    }

    pub fn push(&mut self, comment: impl Into<String>, stage: Stage) {
        self.stages.push(Note { comment: comment.into(), stage });
    }

    pub fn refuse(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.refusals.push(Diagnostic::error(NOT_LOWERED, span, message).help(help));
    }

    /// One computed column; an expression that is a column already stays that column.
    pub fn compute(&mut self, comment: &str, wish: &str, expr: Expr) -> Column {
        if let ir::ExprKind::Leaf(column) = &expr.kind {
            return column.clone();
        }
        let column = self.column(wish);
        self.push(comment, Stage::Compute(vec![(column.clone(), expr)]));
        column
    }

    /// `time`, never missing.
    pub fn now(&self) -> Expr {
        make::sure(&self.time, Type::TIMESTAMP)
    }

    /// Whether a row belongs to a stream.
    pub fn member(&self, stream: StreamRef) -> Expr {
        let column = match stream {
            StreamRef::Event(id) => self.events.get(&id),
            StreamRef::Signal(id) => self.signals.get(&id).map(|hits| &hits.hit),
        };
        column.map_or_else(|| make::boolean(false), make::flag)
    }

    /// The column of a field.
    pub fn field(&mut self, id: FieldId) -> Column {
        if let Some(column) = self.fields.get(&id) {
            return column.clone();
        }
        let name = self.rule.schema.field_at(id).map_or("field", |(name, _)| name).to_owned();
        let column = self.column(&name);
        self.fields.insert(id, column.clone());
        column
    }
}
