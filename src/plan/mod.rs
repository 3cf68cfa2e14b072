//! What SPL, KQL and ES|QL share: one relational plan for a rule.
//!
//! In: a checked [`ir::Rule`]. Out: a [`Plan`], a list of stages over one table of rows, or refusals. This room must
//! never know how a dialect spells anything; a dialect never decides what a stage means.
//!
//! One row is one event of one source. Rows carry the canonical fields that the rule uses, a boolean column per event of the
//! rule that says "this row belongs to it", and, stage by stage, what the contexts and signals say about it. A signal whose hits
//! lie at events adds a boolean column, so signals chain without a join: the next analytic reads it as one more stream.
//!
//! The passes, in order: `read` (which rows, which columns, lookups, membership), `context` (what was true before), one file
//! per analytic under `analytic`, `alert` (confidence, reasons, thinning, the reported interval). [`ir::lookback`] says how
//! far back each source is read.

mod alert;
mod analytic;
mod build;
pub mod columns;
mod context;
mod deadline;
mod lower;
pub mod make;
pub mod names;
mod output;
mod planned;
mod read;
mod thin;
mod tidy;

pub use planned::Planned;

use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::pack::schema::{FieldId, SourceId};
use crate::value::Type;
use names::Names;
use std::sync::Arc;

/// Words that no column is named: some dialect reads them as its own.
pub const RESERVED: [&str; 15] = [
    "and",
    "or",
    "not",
    "xor",
    "in",
    "like",
    "by",
    "as",
    "true",
    "false",
    "null",
    "where",
    "output",
    "index",
    "sourcetype",
];

/// A column of the table, by name. Names are plain words (`device_id`), unique in a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column(pub Arc<str>);

/// An expression over columns.
pub type Expr = ir::Expr<Column>;

/// How a rule is computed, stage by stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where rows come from.
    pub reads: Vec<Read>,
    /// Which source a row is of, where there are several: the source's name.
    pub row_source: Option<Column>,
    /// What happens to them, in order.
    pub stages: Vec<Note>,
    /// The columns of an alert, in order.
    pub output: Output,
    /// Facts about a product that the plan rests on, by the names in `targets/*/assumptions.yaml`.
    pub assumptions: Vec<&'static str>,
    /// Why the result is not exact, where it is not.
    pub losses: Vec<Loss>,
    /// The names that are taken: what a query adds of its own goes by another.
    pub names: Names,
}

/// The rows of one source. Time and the listed fields become columns; the rows are the union of all reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Whose events.
    pub source: SourceId,
    /// How long before the reported interval rows still matter, milliseconds.
    pub lookback: i64,
    /// Holds for every row that matters: the parts of the events' conditions that need no lookup.
    pub keep: Option<Expr>,
    /// The fields that become columns, in schema order.
    pub fields: Vec<(FieldId, Column)>,
}

/// A stage, with the words that a reader of the query gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Names the rule's own parts: `context idle`, `signal repeated: at least 3 in 1h`. Empty where the stage goes on.
    pub comment: String,
    /// What happens.
    pub stage: Stage,
}

/// One step of the computation. All comparisons are two-valued ([`ir`] section on values); a stage never changes the meaning
/// of missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Reads a lookup: `found` says whether a row matches, `columns` give its cells.
    Lookup {
        /// Place in [`ir::Rule::lookups`].
        lookup: ir::LookupId,
        /// One per key column.
        keys: Vec<Expr>,
        /// A boolean column, where it is used.
        found: Option<Column>,
        /// Column of the lookup (its place) and the column that it becomes.
        columns: Vec<(usize, Column)>,
    },
    /// New columns, none reading another one of the same stage.
    Compute(Vec<(Column, Expr)>),
    /// Keeps the rows where it holds.
    Filter(Expr),
    /// Gives every row a number in `role`: 0 where `event` holds, 1 where `context` holds, two copies where both do.
    Split {
        /// The number's column.
        role: Column,
        /// The row is an event that asks.
        event: Expr,
        /// The row is read by a context.
        context: Expr,
        /// False where no row can be both, so that no copy is needed.
        both: bool,
    },
    /// Orders the rows; missing first.
    Sort(Vec<(Column, Direction)>),
    /// The place of the row in the order, from 1.
    Number(Column),
    /// For each item: its values from the newest row (before this one, or up to it) of the group where `when` held.
    Carry {
        /// The group. The rows are sorted by it first.
        keys: Vec<Column>,
        /// Whether the row itself counts.
        inclusive: bool,
        /// What is carried.
        items: Vec<Carried>,
    },
    /// The value of a never missing column `k` rows earlier in the group; missing where there is none.
    Back {
        /// The group. The rows are sorted by it first.
        keys: Vec<Column>,
        /// What is read.
        column: Column,
        /// How many rows earlier, at least 1.
        k: u32,
        /// The result.
        out: Column,
    },
    /// Keeps the first row of each group, and every row with a missing key. The rows are sorted by the group first.
    FirstOf {
        /// The group.
        keys: Vec<Column>,
        /// A row without a key is kept: one of its keys is missing.
        keyless: Option<Expr>,
    },
    /// `out` is true on the last row of each (keys, time) among those where `among` holds; `number` is the order. The rows are sorted
    /// by keys, then `among`, then time.
    LastOfInstant {
        /// The group.
        keys: Vec<Column>,
        /// Only these rows.
        among: Column,
        /// The row number.
        number: Column,
        /// The result.
        out: Column,
    },
    /// Measures over the rows of the group with `among`, with a time in `[t - within, t]` (or `[t - within, t)`), read on rows with
    /// `at`. On other rows the results mean nothing.
    Over {
        /// The group.
        keys: Vec<Column>,
        /// Milliseconds.
        within: i64,
        /// Whether rows of the same instant count.
        closed: bool,
        /// A boolean column: the rows that are measured.
        among: Column,
        /// A boolean column: the rows that ask.
        at: Column,
        /// Where only rows of the reported interval matter, or so long before it (milliseconds).
        since: Option<i64>,
        /// Results.
        measures: Vec<(Column, Measured)>,
        /// Results that are the sorted list of an expression's values, for [`Stage::Rank`].
        lists: Vec<(Column, Expr)>,
    },
    /// One row per value of a list: `out` is the value, for each entry whose condition holds; no row where none holds.
    Expand {
        /// The column.
        out: Column,
        /// Values with their conditions, in order.
        values: Vec<(i64, Expr)>,
    },
    /// One row per window that holds the row's time: `out` is the window's end.
    Windows {
        /// The column, a timestamp.
        out: Column,
        /// Milliseconds.
        size: i64,
        /// Milliseconds; equal to `size` for tumbling windows.
        every: i64,
    },
    /// One row per key: measures, and the listed columns of the last row by `number`.
    Group {
        /// The key.
        keys: Vec<Column>,
        /// Results.
        measures: Vec<(Column, Measured)>,
        /// The order.
        number: Column,
        /// Columns that keep the last row's value under their own name.
        last: Vec<Column>,
    },
    /// Running totals of whole numbers over the rows of the group, up to this row and with it.
    Running {
        /// The group. The rows are sorted by it first.
        keys: Vec<Column>,
        /// Results.
        totals: Vec<Total>,
    },
    /// The square root of a number; what rounding put below 0 counts as 0.
    Root {
        /// The number.
        of: Expr,
        /// The result, a number; missing where `of` is.
        out: Column,
    },
    /// The nearest rank among the values of a list and so many zeros more; missing where there is none.
    Rank {
        /// The list.
        list: Column,
        /// How many values there are, zeros beside the list included.
        all: Expr,
        /// How many zeros there are beside it.
        zeros: Option<Expr>,
        /// How many values of the list are below 0, where some may be.
        below: Option<Expr>,
        /// The percentile.
        percentile: f64,
        /// The result.
        out: Column,
        /// The type of the values.
        ty: Type,
    },
    /// Keeps rows with a time in the reported interval.
    Report,
}

/// A sort key's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// What one item of a carry takes along: all of its values together.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// The rows that give values.
    pub when: Expr,
    /// The result and what it takes; a value may be missing.
    pub values: Vec<(Column, Expr)>,
}

/// A running total.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// The result.
    pub out: Column,
    /// What a row adds, never missing.
    pub add: Expr,
    /// What the total never exceeds, so that a dialect can tell whether it stays exact.
    pub most: i128,
}

/// A measure over columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it computes.
    pub function: ir::MeasureFunction,
    /// What it measures; none for a count.
    pub argument: Option<Expr>,
    /// Only where this holds.
    pub filter: Option<Expr>,
    /// The type of its value.
    pub ty: Type,
}

/// What an alert's row holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    /// Key's name in the rule, and its column.
    pub group: Vec<(String, Column)>,
    /// The confidence, where the rule has one.
    pub confidence: Option<Column>,
    /// The severity as a word.
    pub severity: Option<Column>,
    /// Each reason that can be given: the boolean column that says so, and its text.
    pub because: Vec<(Column, ReasonText)>,
    /// The title.
    pub title: Vec<TextPiece>,
    /// Details and entities: name and column.
    pub values: Vec<(String, Column)>,
    /// Details that the plan leaves out, since their cost would be that of another join.
    pub left_out: Vec<String>,
}

/// The text of a reason.
pub type ReasonText = Vec<TextPiece>;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPiece {
    /// As it is.
    Text(String),
    /// A column's value, `-` where missing.
    Column {
        /// Which.
        column: Column,
        /// Of its value.
        ty: Type,
        /// Whether it can be missing.
        nullable: bool,
    },
}

/// Why a plan's result is not exactly the rule's.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// What it loses.
    pub kind: LossKind,
    /// Where and why.
    pub diagnostic: Diagnostic,
}

/// In which way a result differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// The same groups alert in the same windows; hits may repeat.
    SameGroups,
    /// Something may be missed.
    MayMiss,
    /// Something may be reported too much.
    MayOverReport,
}

/// A plan for the rule, or every reason why there is none.
pub fn plan(rule: &ir::Rule) -> Result<Plan, Vec<Diagnostic>> {
    build::build(rule)
}

/// A duration in words, as a rule writes it: `1h30m`.
pub fn words(milliseconds: i64) -> String {
    const UNITS: [(i64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = milliseconds;
    let mut out = String::new();
    for (size, unit) in UNITS {
        if rest >= size {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if out.is_empty() { "0ms".to_owned() } else { out }
}
