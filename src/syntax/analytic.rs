//! An analytic as written: which one, and its settings.

use super::expr::Expr;
use super::rule::{By, Name};
use crate::source::Span;

/// An analytic, or the name of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Analytic {
    /// Which.
    pub kind: AnalyticKind,
    /// The key's place (`threshold:`), or the name's.
    pub span: Span,
}

/// The analytics as written. Windows, keys and conditions that several share stand in [`Windowed`].
#[derive(Debug, Clone, PartialEq)]
pub enum AnalyticKind {
    /// What could not be read, which was reported.
    Faulty,
    /// A bare name of an event or a signal.
    Stream(Name),
    /// `match: s`, or `{ match: s, where, by }`.
    Match {
        /// The stream.
        of: Name,
        /// With context.
        filter: Option<Expr>,
        /// The group of its hits; none by default.
        by: Option<By>,
    },
    /// `any: [a, b]`, or `{ any: [...], by }`.
    Any {
        /// The streams.
        of: Vec<Name>,
        /// Re-keys and merges.
        by: Option<By>,
    },
    /// `threshold:`.
    Threshold {
        /// `of:`.
        of: Option<Name>,
        /// Keys, window, conditions.
        windowed: Windowed,
    },
    /// `cadence:`; as a threshold, over the gaps between the events.
    Cadence {
        /// `of:`.
        of: Option<Name>,
        /// Keys, window, conditions.
        windowed: Windowed,
    },
    /// `baseline:`.
    Baseline(Box<Baseline>),
    /// `novelty:`.
    Novelty(Box<Novelty>),
    /// `together:`.
    Together {
        /// `of:`.
        of: Vec<Name>,
        /// `at_least:`.
        at_least: Option<Expr>,
        /// `after:`.
        after: Option<Name>,
        /// Keys, window, conditions.
        windowed: Windowed,
    },
    /// `evidence:`.
    Evidence {
        /// `of: { stream: { weight, because } }`.
        of: Vec<(Name, Weight)>,
        /// `when: { context: { weight, because } }`.
        when: Vec<(Name, Weight)>,
        /// `alert_at:`.
        alert_at: Option<Expr>,
        /// Keys, window, conditions.
        windowed: Windowed,
    },
    /// `sequence:`.
    Sequence {
        /// `by:`.
        by: Option<By>,
        /// `within:`.
        within: Option<Expr>,
        /// `steps:`.
        steps: Vec<Step>,
        /// `until:`.
        until: Option<Name>,
        /// `where:`, with context, on the final step's event.
        filter: Option<Expr>,
    },
}

/// `{ of, where, by, against, measure, per, history, empty, season, having }`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Baseline {
    /// `of:`.
    pub of: Option<Name>,
    /// `where:`, with context, on each event that is consumed.
    pub filter: Option<Expr>,
    /// `by:`.
    pub by: Option<By>,
    /// `against:`, names of keys.
    pub against: Vec<Name>,
    /// `measure:`.
    pub measure: Option<Expr>,
    /// `per:`, a bucket's length.
    pub per: Option<Expr>,
    /// `history:`.
    pub history: Option<Expr>,
    /// `empty: zero | skip`.
    pub empty: Option<Name>,
    /// `season:`.
    pub season: Option<Name>,
    /// `having:`.
    pub having: Option<Expr>,
}

/// `{ of, where, by, value, history, learn, known }`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Novelty {
    /// `of:`.
    pub of: Option<Name>,
    /// `where:`, with context, on each event that is consumed.
    pub filter: Option<Expr>,
    /// `by:`.
    pub by: Option<By>,
    /// `value:`, written as keys are.
    pub value: Option<By>,
    /// `history:`.
    pub history: Option<Expr>,
    /// `learn:`.
    pub learn: Option<Expr>,
    /// `known:`, a stream.
    pub known: Option<Name>,
}

/// What analytics over windows share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Windowed {
    /// `where:`, with context, on each event that is consumed.
    pub filter: Option<Expr>,
    /// `by:`.
    pub by: Option<By>,
    /// `within:`.
    pub within: Option<Expr>,
    /// `window:`.
    pub window: Option<Window>,
    /// `fires: rise`.
    pub fires: Option<Name>,
    /// `measures:`.
    pub measures: Vec<(Name, Expr)>,
    /// `having:`.
    pub having: Option<Expr>,
}

/// `window:`.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// `window: tumbling` or another word (`sliding`).
    Word(Name),
    /// `window: { every: h }`.
    Every(Expr, Span),
}

/// `{ weight, because }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Points.
    pub weight: Option<Expr>,
    /// The reason that the alert gives.
    pub because: Option<Name>,
    /// The whole value.
    pub span: Span,
}

/// One entry of `steps`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// `by:` of the step alone: same number and types as the sequence's.
    pub by: Option<By>,
    /// The whole entry.
    pub span: Span,
}

/// The forms of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `s`, `{ event: s }`, `{ event: s, repeat: n }`.
    Event {
        /// The stream.
        of: Name,
        /// How often.
        repeat: Option<Expr>,
    },
    /// `{ any: [a, b] }`, with `repeat` too.
    Any {
        /// The streams.
        of: Vec<Name>,
        /// How often.
        repeat: Option<Expr>,
    },
    /// `{ absent: x }`, `{ absent: x, within: d }`.
    Absent {
        /// The stream that must not occur.
        of: Name,
        /// For the first and the last step.
        within: Option<Expr>,
    },
}
