//! The codes of this room, each with a page in `diagnostic/pages/`.

use crate::diagnostic::Code;

/// A URL that no product can be asked at.
pub const URL: Code = Code("E1301");
/// Nobody answers there.
pub const UNREACHABLE: Code = Code("E1302");
/// A certificate that cannot be trusted, or a file of certificates that cannot be read.
pub const CERTIFICATE: Code = Code("E1303");
/// The answer took longer than it may.
pub const TIMEOUT: Code = Code("E1304");
/// The product does not let the token in, or not there.
pub const FORBIDDEN: Code = Code("E1305");
/// An answer with a status that says that this is not the product's API.
pub const STATUS: Code = Code("E1306");
/// The product is too busy, again and again.
pub const BUSY: Code = Code("E1307");
/// An answer that is not what the product's API gives.
pub const ANSWER: Code = Code("E1308");
/// The product does not take the query.
pub const REJECTED: Code = Code("E1309");
/// An index that was made for a case is still there.
pub const LEFT_BEHIND: Code = Code("E1310");

/// Those after which another query will do no better.
pub const ENDS: [Code; 8] = [URL, UNREACHABLE, CERTIFICATE, TIMEOUT, FORBIDDEN, STATUS, BUSY, ANSWER];
