//! The rule as it was written: surface trees with places, nothing resolved.
//!
//! In: YAML nodes and expression text. Out: [`rule::Rule`] and [`expr::Expr`]. This room must never know a schema, a type or a
//! target; a name here is only a name.

pub mod analytic;
pub mod decode;
pub mod expr;
pub mod parse;
pub mod print;
pub mod rule;
