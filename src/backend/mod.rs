//! From a rule or its plan to a query's text, with its fidelity.
//!
//! In: a checked rule (EQL) or its plan (SPL, KQL, ES|QL), the target's data, and the mapping of the environment. Out: a [`Query`], or every
//! refusal at once. This room must never know a file of rules, a fixture or a terminal. A backend never changes what a stage means:
//! what it cannot say it refuses.

mod cases;
pub mod eql;
mod esql;
mod header;
mod kql;
pub mod limits;
mod lucene;
pub mod names;
mod nets;
pub mod print;
mod spl;
pub mod target;
pub mod template;
pub mod verify;

use crate::diagnostic::Diagnostic;
use crate::plan::Planned;

/// A product's query language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Splunk.
    Spl,
    /// Microsoft Sentinel, Defender XDR, Azure Data Explorer.
    Kql,
    /// Elastic's event queries and sequences.
    Eql,
    /// Elastic's piped language.
    Esql,
}

impl Target {
    /// All of them, in the order of reports.
    pub const ALL: [Target; 4] = [Target::Spl, Target::Kql, Target::Eql, Target::Esql];

    /// The name on the command line and of the folder in `targets/`.
    pub fn name(self) -> &'static str {
        match self {
            Target::Spl => "spl",
            Target::Kql => "kql",
            Target::Eql => "eql",
            Target::Esql => "esql",
        }
    }
}

/// How close a query's alerts are to the evaluator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// The same alerts: time, group, confidence, reasons.
    Exact,
    /// The same groups alert in the same windows; hits may repeat.
    SameGroups,
    /// Differs, in the given directions.
    Approximate {
        /// An alert may be missing.
        may_miss: bool,
        /// An alert may be too much.
        may_over_report: bool,
    },
}

impl std::fmt::Display for Fidelity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fidelity::Exact => "exact",
            Fidelity::SameGroups => "same groups",
            Fidelity::Approximate { may_miss: true, may_over_report: true } => "approximate: may miss, may over-report",
            Fidelity::Approximate { may_miss: true, .. } => "approximate: may miss",
            Fidelity::Approximate { .. } => "approximate: may over-report",
        })
    }
}

/// A compiled query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// For which product.
    pub target: Target,
    /// What to run.
    pub text: String,
    /// How close it is.
    pub fidelity: Fidelity,
    /// Why it is not exact, each at its place.
    pub losses: Vec<Diagnostic>,
    /// Facts about the product that it rests on, by the names in `targets/*/assumptions.yaml`.
    pub assumptions: Vec<String>,
    /// How far before the reported interval events are read, milliseconds.
    pub lookback: i64,
    /// When it runs, and which interval a run reports.
    pub schedule: crate::ir::Schedule,
    /// EQL: what a search says beside the text, in which other dialects have it.
    pub search: Option<eql::Search>,
}

/// What a backend needs beside the rule.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The dialect's tables.
    pub data: &'a target::TargetData,
    /// Where the environment keeps sources and fields.
    pub mapping: &'a target::Mapping,
    /// The dialect's stage shapes; EQL needs none.
    pub templates: &'a template::Templates,
    /// Lookups that the product has itself: the lookup's name and the product's.
    pub delivered: Vec<(String, String)>,
    /// A fixed time and given rows instead of the product's own; see [`verify`].
    pub standing: Option<verify::Standing>,
}

impl Inputs<'_> {
    /// The product's name of a lookup, where it has it itself.
    pub fn delivered(&self, lookup: &str) -> Option<&str> {
        self.delivered.iter().find(|(name, _)| name == lookup).map(|(_, own)| own.as_str())
    }
}

/// Text of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Compiled {
    text: String,
    /// Those of the plan, and what the dialect added.
    assumptions: Vec<&'static str>,
}

/// How close a plan's result is.
fn fidelity(plan: &crate::plan::Plan) -> Fidelity {
    use crate::plan::LossKind;
    let has = |kind| plan.losses.iter().any(|l| l.kind == kind);
    let (may_miss, may_over_report) = (has(LossKind::MayMiss), has(LossKind::MayOverReport));
    match (may_miss || may_over_report, has(LossKind::SameGroups)) {
        (true, _) => Fidelity::Approximate { may_miss, may_over_report },
        (false, true) => Fidelity::SameGroups,
        (false, false) => Fidelity::Exact,
    }
}

/// The query of a rule for a target.
///
/// # Errors
/// Every refusal, each at its place in the rule.
pub fn compile(planned: &Planned<'_>, inputs: &Inputs<'_>) -> Result<Query, Vec<Diagnostic>> {
    let (rule, target) = (planned.rule, inputs.data.target);
    match target {
        Target::Eql => return eql::compile(rule, inputs.mapping, inputs.data),
        Target::Esql => return esql::compile(planned, inputs),
        Target::Spl | Target::Kql => {}
    }
    let plan = planned.plan()?;
    let compiled = match target {
        Target::Kql => kql::compile(rule, plan, inputs),
        _ => spl::compile(rule, plan, inputs),
    }?;
    Ok(Query {
        target,
        text: compiled.text,
        fidelity: fidelity(plan),
        losses: plan.losses.iter().map(|l| l.diagnostic.clone()).collect(),
        assumptions: compiled.assumptions.iter().map(|a| (*a).to_owned()).collect(),
        lookback: plan.reads.iter().map(|r| r.lookback).max().unwrap_or(0),
        schedule: rule.schedule,
        search: None,
    })
}
