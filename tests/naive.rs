//! The naive evaluator: its own tests, by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// Arms repeat where a choice is drawn by weight, and text is put together piece by piece.
#![allow(clippy::match_same_arms, clippy::similar_names, clippy::format_push_string, clippy::needless_for_each)]
#![allow(missing_docs, dead_code)]

#[path = "naive/mod.rs"]
mod naive;
