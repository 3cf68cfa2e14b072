//! Codes of what is wrong with a line of events; each has a page in `diagnostic/pages`.

use crate::diagnostic::Code;

/// A line longer than [`super::LONGEST_LINE`].
pub const TOO_LONG: Code = Code("E1001");
/// A line that is not text.
pub const NOT_UTF8: Code = Code("E1002");
/// A line that is not one JSON object.
pub const NOT_JSON: Code = Code("E1003");
/// An event without `source`.
pub const NO_SOURCE: Code = Code("E1004");
/// An event without `time`.
pub const NO_TIME: Code = Code("E1005");
/// A source that the schema does not have.
pub const UNKNOWN_SOURCE: Code = Code("E1006");
/// A value that is not of its field's type.
pub const WRONG_TYPE: Code = Code("E1007");
/// An event that is older than one before it, by more than was allowed.
pub const LATE: Code = Code("E1008");
/// A field without a value that every event of the source has.
pub const NO_VALUE: Code = Code("E1009");
/// A key that stands twice.
pub const TWICE: Code = Code("E1010");
