//! The evaluator on rules built by hand, so that a test of it rests on no other room.

mod baselines;
mod cadences;
mod chains;
mod clocks;
mod contexts;
mod expressions;
pub mod kit;
mod novelties;
mod outcomes;
mod sequences;
mod windows;
