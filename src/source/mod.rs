//! Files and places in them: the one door through which bytes come in.
//!
//! In: paths and bytes. Out: [`Files`] (every text that was read, by [`FileId`]), [`Span`]s into them, and YAML as [`yaml::Node`]s
//! that know where each key and value stands. This room must never know what a rule is.

mod align;
mod files;
pub mod span;
mod text;
pub mod yaml;

pub use files::{Files, LOOKUP_LIMIT, Place, YAML_LIMIT};
pub use files::{INVALID_UTF8, TOO_LARGE, UNREADABLE};
pub use span::{FileId, Span};
pub use text::Text;
