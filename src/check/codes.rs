//! The codes of this room. A code is never reused; each has a page in `diagnostic/pages/`.

use crate::diagnostic::Code;

/// A name in an expression that is no field, let, context or measure.
pub const UNKNOWN_NAME: Code = Code("E0501");
/// A source that the schema does not have.
pub const UNKNOWN_SOURCE: Code = Code("E0502");
/// A stream that is neither an event nor a signal.
pub const UNKNOWN_STREAM: Code = Code("E0503");
/// A parameter that is not declared.
pub const UNKNOWN_PARAM: Code = Code("E0504");
/// A lookup or a column that does not exist.
pub const UNKNOWN_LOOKUP: Code = Code("E0505");
/// A function that does not exist.
pub const UNKNOWN_FUNCTION: Code = Code("E0506");
/// Two things of one name.
pub const CLASH: Code = Code("E0507");
/// `use` of a file that is not in `shared/`.
pub const UNKNOWN_SHARED: Code = Code("E0508");
/// Definitions that need each other.
pub const CYCLE: Code = Code("E0509");
/// A field that the source of these events does not have.
pub const NOT_IN_SOURCE: Code = Code("E0510");
/// A name of something else than what stands here.
pub const WRONG_KIND: Code = Code("E0511");
/// An environment that names a rule, parameter or source that does not exist.
pub const UNKNOWN_IN_ENVIRONMENT: Code = Code("E0512");
/// A context that is not declared.
pub const UNKNOWN_CONTEXT: Code = Code("E0514");

/// Operands whose types do not fit the operator.
pub const OPERANDS: Code = Code("E0601");
/// An order on a type that has none.
pub const NO_ORDER: Code = Code("E0602");
/// A list where one value is needed.
pub const LIST_HERE: Code = Code("E0603");
/// `~` on something that is not a string.
pub const FOLD: Code = Code("E0604");
/// A non-ASCII literal under `~`.
pub const FOLD_ASCII: Code = Code("E0605");
/// A literal that is none of the values that the schema declares.
pub const NOT_A_VALUE: Code = Code("E0606");
/// A literal with capitals against a lower-case field.
pub const NEVER_LOWER: Code = Code("E0607");
/// A text that is no address or network.
pub const ADDRESS: Code = Code("E0608");
/// A regular expression outside the portable subset.
pub const REGEX: Code = Code("E0609");
/// Too few or too many arguments.
pub const ARITY: Code = Code("E0610");
/// An argument of the wrong type.
pub const ARGUMENT: Code = Code("E0611");
/// An argument that must be a certain literal.
pub const LITERAL: Code = Code("E0612");
/// Keys that do not fit the lookup's.
pub const LOOKUP_KEY: Code = Code("E0613");
/// A condition that is not a boolean.
pub const NOT_BOOLEAN: Code = Code("E0614");
/// Something else than the constant that is needed.
pub const CONSTANT: Code = Code("E0615");
/// An empty string, which is the same as missing.
pub const EMPTY_STRING: Code = Code("E0616");
/// A parameter's value of the wrong type or outside its bounds.
pub const PARAM_VALUE: Code = Code("E0617");
/// Constant arithmetic without a result.
pub const OVERFLOW: Code = Code("E0618");
/// A key that cannot group, or whose types differ.
pub const KEY_TYPE: Code = Code("E0619");
/// A list literal that is empty or mixes types.
pub const LIST_ITEMS: Code = Code("E0620");
/// An expression, or a chain of definitions, that grows too large once lets are written out.
pub const TOO_LARGE: Code = Code("E0621");

/// A name that cannot be read at this place.
pub const NOT_HERE: Code = Code("E0701");
/// A part that this construct needs.
pub const PART_MISSING: Code = Code("E0702");
/// A part that this construct does not have.
pub const PART_NOT_HERE: Code = Code("E0703");
/// A number or duration outside its range.
pub const OUT_OF_RANGE: Code = Code("E0704");
/// A stream without a key that its analytic groups by.
pub const KEY_MISSING: Code = Code("E0705");
/// A condition that no event can meet.
pub const NEVER_HOLDS: Code = Code("E0706");
/// An `alert_at` that nothing reaches.
pub const OUT_OF_REACH: Code = Code("E0707");
/// Levels whose bounds do not rise with them.
pub const LEVELS: Code = Code("E0708");
/// Steps that make no sequence.
pub const STEPS: Code = Code("E0709");
/// A `base` or `alert_at` of confidence beside evidence.
pub const BESIDE_EVIDENCE: Code = Code("E0710");
/// A measure where none can be computed, or one inside another.
pub const MEASURE_HERE: Code = Code("E0711");
/// A text whose holes cannot be read.
pub const TEMPLATE: Code = Code("E0712");
/// An exception that has expired.
pub const EXPIRED: Code = Code("E0713");
/// An expiry that is no date.
pub const DATE: Code = Code("E0714");
/// A rule that cannot fire in this environment.
pub const CANNOT_FIRE: Code = Code("E0715");
/// An `until` over telemetry that the environment does not have.
pub const UNTIL_UNAVAILABLE: Code = Code("E0716");
/// A `known` that is not longer than `within`.
pub const KNOWN_WITHIN: Code = Code("E0720");
/// A stream that is listed twice.
pub const TWICE: Code = Code("E0723");
/// A rule over alerts that reads something else too.
pub const ALERTS_BESIDE: Code = Code("E0724");

/// Metadata that a reader of the alert needs.
pub const MISSING_METADATA: Code = Code("W0801");
/// A definition that nothing uses.
pub const UNUSED: Code = Code("W0802");
/// `not in` a lookup with a key that may be missing.
pub const NOT_IN_LOOKUP: Code = Code("W0803");
/// An exception that expires within 14 days.
pub const EXPIRES_SOON: Code = Code("W0804");
/// Neither `once_per` nor `throttle`.
pub const NO_THINNING: Code = Code("W0805");
/// An exception without owner, reason or expiry.
pub const EXCEPTION_METADATA: Code = Code("W0806");
/// Evidence of which each part alone is enough.
pub const ALONE_ENOUGH: Code = Code("W0807");
/// A level above every confidence that the rule can reach.
pub const LEVEL_UNREACHED: Code = Code("W0808");
/// A condition on context that this environment cannot know.
pub const CONTEXT_UNKNOWN: Code = Code("W0810");
/// Telemetry that this environment lacks, and what remains.
pub const TIER: Code = Code("W0811");
/// A beat or a baseline over next to nothing.
pub const LITTLE_SUPPORT: Code = Code("W0812");
/// A rule over alerts that runs before the alerts are there.
pub const ALERTS_LATE: Code = Code("W0813");
/// An exception that has expired, to a command that goes on without it.
pub const HAS_EXPIRED: Code = Code("W0814");
