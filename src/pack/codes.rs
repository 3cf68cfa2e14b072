//! Codes of what loading a pack can find; each has a page in `diagnostic/pages`.

use crate::diagnostic::Code;

/// A path that leaves the pack's directory.
pub const OUTSIDE: Code = Code("E0401");
/// A directory or a file that the pack names and that is not there.
pub const NOTHING_THERE: Code = Code("E0402");
/// A file of the pack that is not read.
pub const NOT_READ: Code = Code("W0403");
/// A type that fields or columns do not have.
pub const UNKNOWN_TYPE: Code = Code("E0404");
/// A field or source that is declared twice.
pub const TWICE: Code = Code("E0405");
/// A field that the schema does not declare.
pub const UNKNOWN_FIELD: Code = Code("E0406");
/// A name that events need for themselves, or that is a part of another.
pub const TAKEN: Code = Code("E0407");
/// A property that does not go with the field's type.
pub const WRONG_PROPERTY: Code = Code("E0408");
/// A tiebreaker that cannot break every tie.
pub const TIEBREAKER: Code = Code("E0409");
/// Keys of a lookup that cannot be searched.
pub const LOOKUP_KEYS: Code = Code("E0410");
/// A header that is not the declared columns.
pub const HEADER: Code = Code("E0411");
/// A row with too few or too many cells.
pub const ROW_LENGTH: Code = Code("E0412");
/// A cell that is not of its column's type.
pub const CELL: Code = Code("E0413");
/// Two rows for one key.
pub const DUPLICATE_ROW: Code = Code("E0414");
/// A quote that is not closed, or stands inside a cell without quotes.
pub const CSV_QUOTE: Code = Code("E0415");
/// A column that is not declared.
pub const EXTRA_COLUMN: Code = Code("W0416");
/// A lookup file without a header.
pub const NO_HEADER: Code = Code("E0417");
/// A source, field, lookup, rule or environment that the pack does not have.
pub const UNKNOWN_NAME: Code = Code("E0418");
/// Two rules with one name or one id.
pub const RULE_TWICE: Code = Code("E0419");
/// A rule whose name is not its file's.
pub const RULE_FILE: Code = Code("E0420");
/// A required field that an environment says it does not have.
pub const REQUIRED_UNAVAILABLE: Code = Code("E0421");
/// A source `alerts` that no alert fits.
pub const ALERTS: Code = Code("E0422");
