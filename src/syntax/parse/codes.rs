//! Codes of the expression parser's findings; each has a page in `diagnostic/pages`.

use crate::diagnostic::Code;

/// Text that the grammar does not expect where it stands.
pub const UNEXPECTED: Code = Code("E0201");
/// A string that is not closed.
pub const UNCLOSED_STRING: Code = Code("E0202");
/// A bracket that is not closed, closed by another kind, or closes nothing.
pub const BRACKETS: Code = Code("E0203");
/// `and` and `or` side by side.
pub const MIXED: Code = Code("E0204");
/// `a < b < c`.
pub const CHAINED: Code = Code("E0205");
/// A backslash that does not begin an escape.
pub const ESCAPE: Code = Code("E0206");
/// A number, duration, timestamp or address that is not one.
pub const LITERAL: Code = Code("E0207");
/// A literal too large for its type.
pub const RANGE: Code = Code("E0208");
/// Too many levels or operators.
pub const TOO_LARGE: Code = Code("E0209");
/// An operator or word of another language.
pub const FOREIGN: Code = Code("E0210");
/// `between` without `(low, high)`.
pub const BETWEEN: Code = Code("E0211");
/// `lookup[key]` without `.column`.
pub const NO_COLUMN: Code = Code("E0212");
/// A network that is not in quotes.
pub const BARE_NETWORK: Code = Code("E0213");
/// `a == not b`.
pub const BARE_NOT: Code = Code("E0214");
/// No expression at all.
pub const EMPTY: Code = Code("E0215");
