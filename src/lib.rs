//! siemc, a compiler for detection analytics.
//!
//! A detection engineer writes one rule in YAML. siemc checks it, runs it against fixtures with a reference evaluator, and
//! compiles it to Splunk SPL, Microsoft KQL, and Elastic EQL and ES|QL. A compiled query means what the evaluator says, or the compiler
//! refuses and says why.
//!
//! Data flows one way through rooms, and each room's module doc says what it is for and what it must never know:
//!
//! | room | in | out |
//! |---|---|---|
//! | [`source`] | files | text with places, YAML nodes with places |
//! | [`value`] | | types, values, when two are the same |
//! | [`diagnostic`] | plain findings | text, JSON, SARIF, GitHub annotations |
//! | [`syntax`] | YAML nodes | the rule as written, expressions as trees |
//! | [`pack`] | a directory | schema, lookups, environments, mappings, rules as written |
//! | [`ir`] | | the typed rule, and its written meaning |
//! | [`check`] | pack + rule as written | [`ir::Rule`], or every finding |
//! | [`eval`] | [`ir::Rule`] + events | alerts |
//! | [`plan`] | [`ir::Rule`] | the relational plan that SPL, KQL and ES\|QL share, or refusals |
//! | [`backend`] | plan, or rule | query text with its fidelity |
//! | [`endpoint`] | queries that carry their events | what the user's own product says of them |
//! | [`fixture`] | test files | cases, verdicts, reports |
//! | [`simulate`] | a seed | events of a made-up fleet |
//! | [`cli`] | arguments | exit codes |

pub mod backend;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod endpoint;
pub mod eval;
pub mod fixture;
pub mod ir;
pub mod pack;
pub mod plan;
pub mod simulate;
pub mod source;
pub mod syntax;
pub mod value;
