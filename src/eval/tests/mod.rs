//! The evaluator on rules built by hand, so that a test of it rests on no other room.

mod chains;
mod contexts;
mod expressions;
pub mod kit;
mod outcomes;
mod sequences;
mod windows;
