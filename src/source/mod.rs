//! Files and places in them: the one door through which bytes come in.
//!
//! In: paths and bytes. Out: [`Files`] (every text that was read, by [`FileId`]), [`Span`]s into them, and YAML as [`yaml::Node`]s
//! that know where each key and value stands. This room must never know what a rule is.

pub mod span;

pub use span::{FileId, Span};
