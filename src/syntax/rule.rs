//! A rule file as written, key by key, every value with its place.

pub use super::analytic::{Analytic, AnalyticKind, Baseline, Novelty, Step, StepKind, Weight, Window, Windowed};

use super::expr::Expr;
use crate::source::Span;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A name with its place.
pub type Name = At<String>;

/// One rule file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rule {
    /// `rule:`, equal to the file's stem.
    pub name: Option<Name>,
    /// `id:`, a UUID that never changes.
    pub id: Option<Name>,
    /// `title:`.
    pub title: Option<Name>,
    /// `status:` experimental | test | stable | deprecated.
    pub status: Option<Name>,
    /// `severity:` informational | low | medium | high | critical.
    pub severity: Option<Name>,
    /// `attack: { techniques, analytics, strategies, software, data_components }`.
    pub attack: Vec<(Name, Vec<Name>)>,
    /// `description:`.
    pub description: Option<Name>,
    /// `false_positives:`.
    pub false_positives: Vec<Name>,
    /// `blind_spots:`.
    pub blind_spots: Vec<Name>,
    /// `response:`.
    pub response: Option<Name>,
    /// `references:`.
    pub references: Vec<Name>,
    /// `use:`, names of files in `shared/`.
    pub uses: Vec<Name>,
    /// `requires:`, sources without which an environment does not deploy the rule.
    pub requires: Vec<Name>,
    /// `if_unavailable: ignore`: an `until` over a missing source is dropped instead of refused.
    pub if_unavailable: Option<Name>,
    /// `schedule: { every, delay }`.
    pub schedule: Option<Schedule>,
    /// What may also stand in `shared/`.
    pub shared: Shared,
    /// `scope:`, a condition on every event that detect consumes.
    pub scope: Option<Expr>,
    /// `signals:`, in written order.
    pub signals: Vec<(Name, Analytic)>,
    /// `detect:`.
    pub detect: Option<Analytic>,
    /// `confidence:`.
    pub confidence: Option<Confidence>,
    /// `alert:`.
    pub alert: Option<Alert>,
    /// `exceptions:`.
    pub exceptions: Vec<Exception>,
    /// Every key of the file, whatever became of its value.
    pub keys: Vec<String>,
    /// The whole file.
    pub span: Span,
}

/// What a rule and a `shared/` file have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shared {
    /// `params:`.
    pub params: Vec<(Name, Param)>,
    /// `let:`.
    pub lets: Vec<(Name, Expr)>,
    /// `events:`.
    pub events: Vec<(Name, Event)>,
    /// `context:`.
    pub contexts: Vec<(Name, Context)>,
    /// True where something of the file could not be read, which was reported: it has no meaning, and is checked for further faults only.
    pub faulty: bool,
    /// True where definitions may be missing here because they could not be read: a name that seems unknown may be one of those.
    pub open: bool,
}

/// `{ default, min, max, about }`; the literals are expressions, so `1h` and `[443, 8443]` both work.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The value where no environment sets one; gives the parameter its type.
    pub default: Expr,
    /// Smallest allowed value, inclusive.
    pub min: Option<Expr>,
    /// Largest allowed value, inclusive.
    pub max: Option<Expr>,
    /// What it tunes.
    pub about: Option<Name>,
}

/// `{ source | of, where }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `source:`.
    pub source: Option<Name>,
    /// `of:`, the event that this one is derived from.
    pub of: Option<Name>,
    /// `where:`.
    pub filter: Option<Expr>,
    /// The whole value.
    pub span: Span,
}

/// `schedule:`.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// How often the query runs.
    pub every: Option<Expr>,
    /// How late an event may arrive.
    pub delay: Option<Expr>,
    /// The whole value.
    pub span: Span,
}

/// One key of `by`: `device.id`, or `label: [device.id, host.id]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The label, where one was written.
    pub label: Option<Name>,
    /// Alternatives in order; a single one in the plain form.
    pub fields: Vec<Name>,
    /// The whole key.
    pub span: Span,
}

/// `by:`.
pub type By = At<Vec<Key>>;

/// `{ last | none | some | count | measure, of, value, where, by, within, known, include }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// Which of the five forms, and its argument.
    pub form: ContextForm,
    /// `value:` of `last`.
    pub value: Option<Expr>,
    /// `where:`, a further condition on the events that are read.
    pub filter: Option<Expr>,
    /// `by:`.
    pub by: Option<By>,
    /// `within:`.
    pub within: Option<Expr>,
    /// `known:` of `none`.
    pub known: Option<Expr>,
    /// `include: self`.
    pub include: Option<Name>,
    /// The whole value.
    pub span: Span,
}

/// The form of a context.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextForm {
    /// `last: event`.
    Last(Name),
    /// `none: event`.
    None(Name),
    /// `some: event`.
    Some(Name),
    /// `count: event`.
    Count(Name),
    /// `measure: distinct(device.id), of: event`.
    Measure(Expr, Option<Name>),
    /// None of them was written (already reported).
    Absent,
}

/// `confidence:`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confidence {
    /// `base:`.
    pub base: Option<Expr>,
    /// `raise:`.
    pub raise: Vec<Raise>,
    /// `alert_at:`.
    pub alert_at: Option<Expr>,
    /// `levels: { medium: 40 }`.
    pub levels: Vec<(Name, Expr)>,
    /// The key's place.
    pub span: Span,
}

/// `{ when, by, because }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// The condition.
    pub when: Option<Expr>,
    /// Points; may be negative.
    pub by: Option<Expr>,
    /// The reason.
    pub because: Option<Name>,
    /// The whole entry.
    pub span: Span,
}

/// `alert:`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alert {
    /// `title:`, with `{{field}}` and `$param`.
    pub title: Option<Name>,
    /// `details:`.
    pub details: Vec<(Name, Expr)>,
    /// `entities:`.
    pub entities: Vec<(Name, Expr)>,
    /// `once_per: d` or `{ every, by }`.
    pub once_per: Option<OncePer>,
    /// `throttle: d`.
    pub throttle: Option<Expr>,
    /// The key's place.
    pub span: Span,
}

/// `once_per:`.
#[derive(Debug, Clone, PartialEq)]
pub struct OncePer {
    /// The bucket's length.
    pub every: Option<Expr>,
    /// A coarser key.
    pub by: Option<By>,
    /// The whole value.
    pub span: Span,
}

/// `{ name, when, on, owner, reason, expires }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// `name:`.
    pub name: Option<Name>,
    /// `rule:` in a pack's or environment's list: which rule it is for (all rules that know its fields otherwise).
    pub rule: Option<Name>,
    /// `when:`.
    pub when: Option<Expr>,
    /// `on:` event | hit.
    pub on: Option<Name>,
    /// `owner:`.
    pub owner: Option<Name>,
    /// `reason:`.
    pub reason: Option<Name>,
    /// `expires:`, a date or a timestamp.
    pub expires: Option<Name>,
    /// The whole entry.
    pub span: Span,
}
