//! The typed rule, and what it means.
//!
//! In: nothing; the checker builds these types, later rooms read them. This room must never know how a rule is written, how it is
//! evaluated, nor a target.
//!
#![doc = include_str!("meaning.md")]

pub mod analytic;
pub mod expr;
pub mod history;
pub mod lookback;
pub mod parts;
pub mod regex;
pub mod walk;

pub use analytic::{
    Absence, Analytic, Gap, GapMeasure, Input, Key, Keys, Measure, MeasureFunction, Sequence, Signal, Step, Until,
    Weighed, Window,
};
pub use expr::{ArithmeticOp, CompareOp, Expr, ExprKind, Function, Leaf, LikePiece, StringTest};
pub use history::{Baseline, Empty, Novelty, Season, Statistic};

use crate::pack::lookup::Lookup;
use crate::pack::schema::{Schema, SourceId};
use crate::source::Span;
use crate::value::{Type, Value};
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As a place in a list.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(/// An event of a rule, by its place in [`Rule::events`].
    EventId);
id!(/// A signal of a rule, by its place in [`Rule::signals`].
    SignalId);
id!(/// A context of a rule, by its place in [`Rule::contexts`].
    ContextId);
id!(/// A let of a rule, by its place in [`Rule::lets`].
    LetId);
id!(/// A parameter of a rule, by its place in [`Rule::params`].
    ParamId);
id!(/// A lookup that a rule reads, by its place in [`Rule::lookups`].
    LookupId);

/// A stream: an event or the hits of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamRef {
    /// Events that were selected.
    Event(EventId),
    /// Hits of an analytic.
    Signal(SignalId),
}

/// A measure of a signal, by its place in the signal's measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeasureRef {
    /// The signal.
    pub signal: SignalId,
    /// The measure.
    pub index: usize,
}

/// A rule that was checked for one environment: every name resolved, every type known, every parameter set, and (after
/// [`crate::check`]'s folding) no source left that the environment does not have. The only rule that later rooms accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its UUID.
    pub id: String,
    /// What people read.
    pub about: About,
    /// When it runs.
    pub schedule: Schedule,
    /// The environment that it was checked for.
    pub environment: String,
    /// The pack's schema.
    pub schema: Arc<Schema>,
    /// The lookups that it reads.
    pub lookups: Vec<Arc<Lookup>>,
    /// Its parameters with their values.
    pub params: Vec<Param>,
    /// Names for expressions. A let may use earlier ones only.
    pub lets: Vec<Let>,
    /// Selections, in the order that settles ties. `shared/` ones that the rule does not use are left out; used ones come after
    /// the rule's own, in the order of `use` and file.
    pub events: Vec<Event>,
    /// What was true when an event happened. `shared/` ones that are not used are left out.
    pub contexts: Vec<Context>,
    /// Analytics in written order, `detect` last. An input may be any signal without a cycle: the checker refuses those.
    pub signals: Vec<Signal>,
    /// The one whose hits alert.
    pub detect: SignalId,
    /// How sure an alert is; none where the rule does not say.
    pub confidence: Option<Confidence>,
    /// What an alert says.
    pub alert: Alert,
    /// Known good behaviour on hits, in order (those on events are in the events' `filter` already).
    pub exceptions: Vec<Exception>,
    /// What the environment's telemetry takes from the rule.
    pub tier: Tier,
}

/// What people read about a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    /// `title:`.
    pub title: String,
    /// `status:`.
    pub status: String,
    /// `severity:`.
    pub severity: Level,
    /// `attack:`, by kind.
    pub attack: Vec<(String, Vec<String>)>,
    /// `description:`.
    pub description: String,
    /// `false_positives:`.
    pub false_positives: Vec<String>,
    /// `blind_spots:`.
    pub blind_spots: Vec<String>,
    /// `response:`.
    pub response: String,
    /// `references:`.
    pub references: Vec<String>,
}

/// How bad an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(missing_docs)]
pub enum Level {
    Informational,
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        })
    }
}

/// When a rule runs. The run at T (a multiple of `every`) reports the hits in `(T - delay - every, T - delay]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Milliseconds.
    pub every: i64,
    /// How late an event may arrive, milliseconds.
    pub delay: i64,
}

impl Schedule {
    /// What the run at `at` reports: hits after the first time and up to the second, milliseconds since the epoch. A run that comes at
    /// no multiple of `every` stands for the last one before it.
    pub fn reported(&self, at: i64) -> (i64, i64) {
        let every = self.every.max(1);
        let until = (at.div_euclid(every) * every).saturating_sub(self.delay);
        (until.saturating_sub(every), until)
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, without `$`.
    pub name: String,
    /// Its value in this environment; a list parameter holds a [`Value::List`].
    pub value: Value,
    /// Its type.
    pub ty: Type,
    /// How the value is written in the rule language, for titles and headers: `1h`, `"tls"`.
    pub text: String,
    /// What it tunes.
    pub about: String,
    /// True where the environment overrides the default.
    pub overridden: bool,
}

/// A name for an expression over a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub expr: Expr,
}

/// A selection: the events of one source where `filter` holds (scope, derivation and exceptions on events included).
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Whose events.
    pub source: SourceId,
    /// The whole condition.
    pub filter: Option<Expr>,
    /// Where it was written.
    pub span: Span,
}

/// What was true when an event happened: read over the events of `of` in `[t - within, t)` of the asking event's group.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// What is read.
    pub form: ContextForm,
    /// Whose events are read.
    pub of: EventId,
    /// Only those where this holds (no context inside).
    pub filter: Option<Expr>,
    /// The group; `by_source` covers the asking sources and the read one. A missing key of the asking event makes it missing.
    pub keys: Keys,
    /// Milliseconds.
    pub within: i64,
    /// The type of its value; a boolean for `None` and `Some`, an integer for `Count`.
    pub ty: Type,
    /// Where it was written.
    pub span: Span,
}

/// What a context reads.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextForm {
    /// The newest value that is not missing.
    LastValue(Expr),
    /// The newest event; its fields are read as [`Leaf::ContextField`], and the context itself is true where there is one.
    LastEvent,
    /// No event. With `known` (milliseconds): missing unless the stream showed the group in `[t - known, t)`.
    None {
        /// Milliseconds.
        known: Option<i64>,
    },
    /// At least one event.
    Some,
    /// How many events.
    Count,
    /// A measure over the events; with `include_self` over the asking event too, where it is an event of `of`'s source and the
    /// context's condition holds for it.
    Measure {
        /// The measure.
        measure: Box<Measure>,
        /// `include: self`.
        include_self: bool,
    },
}

/// How sure an alert is: the base (or the evidence's sum, where the hit is one of an evidence) plus every raise that holds,
/// clamped to 0..=100.
#[derive(Debug, Clone, PartialEq)]
pub struct Confidence {
    /// Points to begin with.
    pub base: i64,
    /// In written order.
    pub raise: Vec<Raise>,
    /// Hits below it are dropped; 0 where not written.
    pub alert_at: i64,
    /// Lower bounds, ascending; below all of them the rule's severity holds.
    pub levels: Vec<(Level, i64)>,
}

/// One raise.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// Missing counts as false.
    pub when: Expr,
    /// Points; may be negative.
    pub by: i64,
    /// The reason that the alert gives.
    pub because: Option<Template>,
    /// Where it was written.
    pub span: Span,
}

/// What an alert says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alert {
    /// One line.
    pub title: Template,
    /// Named values.
    pub details: Vec<(String, Expr)>,
    /// What it is about.
    pub entities: Vec<(String, Expr)>,
    /// Keeps the first per (group, bucket).
    pub once_per: Option<OncePer>,
    /// Left to the product; outside the meaning. Milliseconds.
    pub throttle: Option<i64>,
}

/// Keeps the first hit per (group, bucket `[k * every, (k + 1) * every)`), after `alert_at`. A hit with a missing key is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct OncePer {
    /// Milliseconds.
    pub every: i64,
    /// Read from the hit's last event; none where the hit's own group counts.
    pub keys: Option<Keys>,
    /// Where it was written.
    pub span: Span,
}

/// Text with holes; parameters are filled in already. A missing value prints `-`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template(pub Vec<TemplatePiece>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePiece {
    /// As it is.
    Text(String),
    /// `{{field}}`.
    Value(Expr),
}

/// Known good behaviour: hits where it holds, before it expires, are not reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// When it applies.
    pub when: Expr,
    /// Applies to hits with a time before this, milliseconds since the epoch.
    pub expires: Option<i64>,
    /// Where it was written.
    pub span: Span,
}

/// What the environment's telemetry takes from a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tier {
    /// Sources that the rule names and the environment does not have.
    pub missing_sources: Vec<String>,
    /// Signals that cannot hit without them.
    pub lost_signals: Vec<String>,
    /// Contexts that are always missing without them.
    pub lost_contexts: Vec<String>,
    /// The highest confidence that is left.
    pub reachable: Option<i64>,
}

impl Rule {
    /// The stream's name as written.
    pub fn stream_name(&self, stream: StreamRef) -> &str {
        match stream {
            StreamRef::Event(id) => self.events.get(id.index()).map_or("", |e| &e.name),
            StreamRef::Signal(id) => self.signals.get(id.index()).map_or("", |s| &s.name),
        }
    }

    /// The measures of a signal's hits; empty where it is neither a threshold (a cadence) nor a baseline.
    pub fn measures(&self, signal: SignalId) -> &[Measure] {
        match self.signals.get(signal.index()).map(|s| &s.analytic) {
            Some(Analytic::Threshold { measures, .. }) => measures,
            Some(Analytic::Baseline(baseline)) => &baseline.statistics,
            _ => &[],
        }
    }
}
