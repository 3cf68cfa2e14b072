//! Typed expressions.

use super::{ContextId, LetId, LookupId, MeasureRef, ParamId, StreamRef};
use crate::pack::schema::FieldId;
use crate::source::Span;
use crate::value::{Type, Value};

/// An expression whose names are resolved and whose type is known.
///
/// `L` is what its leaves are: [`Leaf`] in a rule, a column in a plan. The operators are the same in both, so there is one tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr<L = Leaf> {
    /// What it computes.
    pub kind: ExprKind<L>,
    /// The type of its value.
    pub ty: Type,
    /// Whether it may be missing. A boolean operator (`and`, a comparison, `in`, `exists`, ...) is never missing: it is two-valued.
    pub nullable: bool,
    /// Where it was written.
    pub span: Span,
}

/// The forms. `!=`, `not in` and the other negated operators are [`ExprKind::Not`] around the plain one.
///
/// A comparison (`Compare` to `InLookup`) with a missing operand is false.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind<L = Leaf> {
    /// A literal, or [`Value::Missing`] where folding left nothing.
    Const(Value),
    /// A parameter; its value is in [`super::Rule::params`].
    Param(ParamId),
    /// Something that the row or the hit gives.
    Leaf(L),
    /// Flips; a missing boolean counts as false first, so `not` of it is true.
    Not(Box<Expr<L>>),
    /// All of them; a missing boolean counts as false. At least two.
    And(Vec<Expr<L>>),
    /// One of them; a missing boolean counts as false. At least two.
    Or(Vec<Expr<L>>),
    /// Equality and order. Strings, booleans and addresses have `Equal` only.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Strings without ASCII case.
        fold: bool,
        /// Left operand.
        left: Box<Expr<L>>,
        /// Right operand.
        right: Box<Expr<L>>,
    },
    /// `low <= item <= high`.
    Between {
        /// The value that is placed.
        item: Box<Expr<L>>,
        /// Lower end, inclusive.
        low: Box<Expr<L>>,
        /// Upper end, inclusive.
        high: Box<Expr<L>>,
    },
    /// `contains`, `startswith`, `endswith`.
    Test {
        /// The operator.
        op: StringTest,
        /// Without ASCII case.
        fold: bool,
        /// The text that is searched.
        item: Box<Expr<L>>,
        /// What is searched for; where it is missing the test is false.
        needle: Box<Expr<L>>,
    },
    /// `like`: `*` is any run of characters (newlines too), `?` exactly one character; the whole text has to fit.
    Like {
        /// Without ASCII case.
        fold: bool,
        /// The text.
        item: Box<Expr<L>>,
        /// The pattern in order.
        pattern: Vec<LikePiece>,
    },
    /// `matches`: an unanchored RE2 expression, checked to lie in the subset.
    Matches {
        /// Without ASCII case.
        fold: bool,
        /// The text.
        item: Box<Expr<L>>,
        /// The expression as written (`.` matches newlines, `$` is the very end, classes are ASCII).
        regex: String,
    },
    /// `x in [a, b]`: constants or parameters of one type; a parameter may itself be a list.
    InList {
        /// Strings without ASCII case.
        fold: bool,
        /// The value that is sought.
        item: Box<Expr<L>>,
        /// The values, none missing; each a `Const` or a `Param`.
        list: Vec<Expr<L>>,
    },
    /// `x in field` where the field is a list.
    InField {
        /// Strings without ASCII case.
        fold: bool,
        /// The value that is sought.
        item: Box<Expr<L>>,
        /// The list.
        list: Box<Expr<L>>,
    },
    /// `ip in "10.0.0.0/8"` or `ip in ["10.0.0.0/8", ...]`.
    InNets {
        /// The address.
        item: Box<Expr<L>>,
        /// The networks.
        nets: Vec<ipnet::IpNet>,
    },
    /// `x in lookup`, `(a, b) in lookup`: one expression per key column.
    InLookup {
        /// The lookup.
        lookup: LookupId,
        /// Its keys.
        keys: Vec<Expr<L>>,
    },
    /// `lookup[a, b].column`; missing where no row matches.
    Lookup {
        /// The lookup.
        lookup: LookupId,
        /// Its keys.
        keys: Vec<Expr<L>>,
        /// The place of the column in [`crate::pack::lookup::Lookup::columns`].
        column: usize,
    },
    /// `exists(x)`: x is not missing.
    Exists(Box<Expr<L>>),
    /// `any(list, test)`: the test holds for one element, which it names `it` ([`Leaf::It`]).
    AnyItem {
        /// The list.
        list: Box<Expr<L>>,
        /// The test.
        test: Box<Expr<L>>,
    },
    /// `+ - * / %` over numbers, durations and timestamps; division yields a number (a duration by a duration too).
    Arithmetic {
        /// The operator.
        op: ArithmeticOp,
        /// Left operand.
        left: Box<Expr<L>>,
        /// Right operand.
        right: Box<Expr<L>>,
    },
    /// A function of its arguments.
    Call {
        /// Which.
        function: Function,
        /// In order.
        args: Vec<Expr<L>>,
    },
    /// `if(condition, then, otherwise)`.
    If {
        /// The condition.
        condition: Box<Expr<L>>,
        /// Where it is true.
        then: Box<Expr<L>>,
        /// Where it is not.
        otherwise: Box<Expr<L>>,
    },
    /// The first that is not missing. At least one.
    Coalesce(Vec<Expr<L>>),
}

/// What a row or a hit gives. Which leaves may stand where is the checker's to grant:
///
/// | place | leaves |
/// |---|---|
/// | an event's `where`, `scope`, a let, a key | `Field`, `Time`, `Let`, `It` |
/// | `where` of an analytic or a measure, argument of a measure | those and `Context`, `ContextField` |
/// | `having` | `Measure`, `Matched` |
/// | `confidence`, `alert`, exceptions on hits | all (fields are those of the hit's last event) |
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// A field of the event. Missing where the event's source does not have the field.
    Field(FieldId),
    /// `time`: when the event happened.
    Time,
    /// A let: its expression over the same row.
    Let(LetId),
    /// A context, read for the row's event.
    Context(ContextId),
    /// A field of the event that a `last` context without `value` found.
    ContextField(ContextId, FieldId),
    /// A measure of a signal's hit; missing on a hit that the signal did not make.
    Measure(MeasureRef),
    /// `matched(x)`: the stream took part in the hit.
    Matched(StreamRef),
    /// `any(c)`: the boolean expression (over a row, contexts included) holds for one event of the hit's range.
    AnyInRange(Box<Expr>),
    /// `all(c)`: for each event of the range, which is not empty.
    AllInRange(Box<Expr>),
    /// A measure over the hit's range, in `alert.details` (`values(peer.host, 10)`).
    OverRange(Box<super::Measure>),
    /// The element inside `any(list, ...)`.
    It,
}

/// Equality and order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CompareOp {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// Tests of a text against a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum StringTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// A piece of a `like` pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LikePiece {
    /// This text.
    Text(String),
    /// `*`.
    AnyRun,
    /// `?`.
    AnyOne,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// Functions. A missing argument makes the result missing, except in `Concat`, where it counts as an empty text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Function {
    /// `lower(s)`: ASCII letters only.
    Lower,
    /// `upper(s)`: ASCII letters only.
    Upper,
    /// `length(s)`: characters (Unicode code points).
    Length,
    /// `concat(a, b, ...)` of strings; a missing one counts as empty.
    Concat,
    /// `substring(s, start, length)`: from the 0-based code point `start`, at most `length` of them (to the end where left out);
    /// a negative start or length is missing.
    Substring,
    /// `split(s, separator)`: a list of strings, empty parts left out; the separator is a literal that is not empty.
    Split,
    /// `replace(s, from, to)`: every occurrence of a literal text.
    Replace,
    /// `trim(s)`: without spaces, tabs, carriage returns and newlines at both ends.
    Trim,
    /// `abs(n)`.
    Abs,
    /// `round(n, digits)`: half away from zero; digits 0 where left out.
    Round,
    /// `floor(n)`.
    Floor,
    /// `ceil(n)`.
    Ceil,
    /// `min(a, b, ...)` of a row's values (a measure has one argument).
    Min,
    /// `max(a, b, ...)` of a row's values.
    Max,
    /// `string(x)`: integers in decimal, numbers in the shortest decimal form without exponent, `true`/`false`, canonical addresses
    /// (RFC 5952), timestamps as RFC 3339 in UTC with milliseconds, durations in milliseconds.
    ToString,
    /// `number(s)`: an integer, or a decimal number as a text: a sign, digits with a point before, among or after them, an exponent
    /// (`-1.5e3`). Missing where the text is anything else (spaces, `inf`, `0x10`, `1,000`), or too large for a number.
    ToNumber,
    /// `ip(s)`: missing where it is no address.
    ToIp,
    /// `hour_of_day(t, "Europe/Berlin")`: 0 to 23 in an IANA zone.
    HourOfDay(String),
    /// `day_of_week(t, zone)`: 1 is Monday, 7 is Sunday.
    DayOfWeek(String),
    /// `domain(host)`: the registrable domain by the public suffix list, with ASCII letters in lower case, without trailing dots
    /// (however many); missing for an address (in brackets too) or a bare suffix.
    Domain,
}
