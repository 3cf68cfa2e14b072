//! From YAML nodes to the surface rule, key by key.
//!
//! In: [`crate::source::yaml::Node`]s. Out: the trees of [`super::rule`], and a finding for every key and value that does not fit.
//! This room must never know a schema, nor what a name stands for.

pub mod kit;
