//! The codes of this room. A code is never reused; each has a page in `diagnostic/pages/`.

use crate::diagnostic::Code;

/// A path that lies in no pack and holds none.
pub const NO_PACK: Code = Code("E1201");
/// An environment that a pack does not have.
pub const NO_ENVIRONMENT: Code = Code("E1202");
/// A path or a name that stands for no rule.
pub const NO_RULE: Code = Code("E1203");
/// Rules of several packs where one is needed.
pub const SEVERAL_PACKS: Code = Code("E1204");
/// Two queries for one file.
pub const SAME_FILE: Code = Code("E1205");
/// A query that is only close, without leave.
pub const NOT_ACCEPTED: Code = Code("E1206");
/// A file that is there already.
pub const EXISTS: Code = Code("E1207");
/// A name or a source from which no rule can be made.
pub const NAME: Code = Code("E1208");

/// Those that tell of a wrong call rather than of a wrong rule.
pub const USAGE: [Code; 5] = [NO_PACK, NO_ENVIRONMENT, NO_RULE, SEVERAL_PACKS, SAME_FILE];
