//! The reference evaluator: what [`crate::ir`] says, computed in one pass over ordered events.
//!
//! In: an [`ir::Rule`](crate::ir::Rule) and events. Out: alerts. This room must never know a target, a file format or a terminal.

pub mod alert;
pub mod event;

pub use alert::{Alert, Evidence};
pub use event::Event;
