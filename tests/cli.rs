//! The command line, run as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "cli/kit.rs"]
mod kit;

#[path = "cli/check.rs"]
mod check;
#[path = "cli/compile.rs"]
mod compile;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/fits.rs"]
mod fits;
#[path = "cli/fixtures.rs"]
mod fixtures;
#[path = "cli/fresh.rs"]
mod fresh;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/schemas.rs"]
mod schemas;
#[path = "cli/simulate.rs"]
mod simulate;
