//! Random rules and streams over one tiny pack.
//!
//! In: tapes of numbers that proptest draws and shrinks (zero is always the plainest choice). Out: the YAML of a rule, and events.

pub mod analytic;
pub mod context;
pub mod dice;
pub mod expression;
pub mod history;
pub mod pack;
pub mod rule;
pub mod stream;
pub mod told;
