//! EQL: rules written in YAML, compiled, and every text read by a parser that this project did not write.

mod eql {
    mod conditions;
    mod hostile;
    pub mod kit;
    mod mappings;
    mod refusals;
    mod sequences;
}
