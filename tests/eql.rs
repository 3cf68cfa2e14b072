//! EQL: rules written in YAML, compiled, and every text read by a parser that this project did not write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod eql {
    mod conditions;
    mod hostile;
    pub mod kit;
    mod mappings;
    mod refusals;
    mod sequences;
}
