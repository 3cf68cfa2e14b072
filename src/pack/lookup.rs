//! Tables that a team keeps beside its rules: inventories, approvals, known services.

use crate::source::Span;
use crate::value::{Type, Value};

/// A lookup with its rows.
///
/// A read gives the row whose every key matches; at most one key column matches by suffix or network, and among several rows that
/// match by it the longest suffix or prefix wins. A missing key matches no row.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Its name in expressions.
    pub name: String,
    /// Key columns in order: `lookup[a, b]` gives one expression for each.
    pub keys: Vec<LookupKey>,
    /// Other columns by name; a cell may be missing.
    pub columns: Vec<(String, Type)>,
    /// Rows as they stand in the file: key cells, then the other columns.
    pub rows: Vec<Vec<Value>>,
    /// Where it was declared.
    pub span: Span,
}

/// A key column.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupKey {
    /// Its name in the file.
    pub column: String,
    /// The type of its cells (a `cidr` key has cells of type string and is asked with an IP).
    pub ty: Type,
    /// How a value meets a cell.
    pub matching: Matching,
}

/// How a value meets a key's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matching {
    /// Equal.
    Exact,
    /// Equal without ASCII case.
    Nocase,
    /// The cell is the value, or the value ends in `.` and the cell: `x.example.com` meets `example.com`. Without ASCII case.
    Suffix,
    /// The IP lies in the cell's network.
    Cidr,
}
