//! Expressions as written.

use crate::source::Span;

/// An expression with its place in the file (already mapped through YAML's quoting and block indentation).
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What was written.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A text that could not be read, which was reported: whoever comes later passes over it, and over what rests on it.
    Faulty,
    /// A literal value.
    Literal(Literal),
    /// A dotted name: field, let, context, measure, lookup, event or signal (which one is the checker's to say).
    Name(String),
    /// `$name`.
    Param(String),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `(a, b)`, two or more.
    Tuple(Vec<Expr>),
    /// `not e`, `-e`.
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`; `fold` where the operator had a trailing `~`. `span` of the operator itself is `op_span`.
    Binary {
        /// Which operator.
        op: BinaryOp,
        /// Compares strings without (ASCII) case.
        fold: bool,
        /// The operator's own place.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `f(a, b where c)`: a function, a measure, `exists`, `any`, `all`, `if`, `coalesce`, `matched`.
    Call {
        /// The function's name.
        name: String,
        /// The name's place.
        name_span: Span,
        /// Arguments in order.
        args: Vec<Expr>,
        /// The `where` of a measure: `sum(network.bytes_out where network.protocol == "tls")`, `count(where ...)`.
        filter: Option<Box<Expr>>,
    },
    /// `lookup[k1, k2].column`.
    Lookup {
        /// The lookup's name.
        lookup: String,
        /// The name's place.
        lookup_span: Span,
        /// One expression per key column.
        keys: Vec<Expr>,
        /// The column read.
        column: String,
        /// The column's place.
        column_span: Span,
    },
}

/// A literal as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Decoded text of `"..."` or `r"..."`.
    String(String),
    /// An integer, its `kB MB GB` (powers of 1000) or `KiB MiB GiB` (powers of 1024) suffix applied.
    Integer(i64),
    /// A number with a fraction or exponent.
    Number(f64),
    /// `true`, `false`.
    Boolean(bool),
    /// A duration in milliseconds: `500ms 90s 10m 1h30m 14d`.
    Duration(i64),
    /// A UTC timestamp in milliseconds since the epoch, written as RFC 3339 with a zone: `2026-03-01T09:00:00Z`.
    Timestamp(i64),
    /// A bare IP address: `10.0.0.1`, `2001:db8::1`.
    Ip(std::net::IpAddr),
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`.
    Not,
    /// `-`.
    Negate,
}

/// Infix operators; `not in` is its own so that a message can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Between,
    Contains,
    StartsWith,
    EndsWith,
    Like,
    Matches,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}
