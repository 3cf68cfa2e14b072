//! The checker: a rule as written becomes [`ir::Rule`], the only rule that later rooms accept.
//!
//! In: a pack, one of its rules, an environment. Out: the typed rule, and every finding (one run reports them all). The work is
//! split by concern: names, parameters, expressions, keys, analytics, confidence, alert; then [`fold`] takes away what the
//! environment's telemetry cannot give. This room must never know a target.
//!
//! Decisions beyond DESIGN: nothing shadows (fields, lets and contexts share one space of names, events and signals another); what
//! is a contradiction for every event is an error, a definition that nothing uses is a lint; `avg` and `stddev` of durations are
//! durations, floored to milliseconds; a text literal compared with an address is read as one.

// A `match` with an error arm reads as the two cases that it is; a part that may be left out and may be wrong is two options;
// bounds are compared exactly because they were written exactly; messages are built once per finding.
#![allow(
    clippy::single_match_else,
    clippy::option_option,
    clippy::float_cmp,
    clippy::format_push_string,
    clippy::needless_for_each
)]

mod alert;
mod analytics;
mod checker;
mod codes;
mod confidence;
mod consts;
mod contexts;
mod events;
mod exceptions;
mod expr;
pub mod fold;
mod keys;
mod lint;
mod metadata;
mod names;
mod over_alerts;
mod packs;
mod params;
mod reach;
mod remap;
mod rows;
mod surface;
mod template;
#[cfg(test)]
mod tests;

pub use codes::HAS_EXPIRED;
pub use packs::check_pack;

use crate::diagnostic::Findings;
use crate::ir;
use crate::pack::{Environment, Pack};
use crate::syntax;

/// What may be decided besides the rule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Against which exceptions expire, milliseconds since the epoch; none: expiry is not looked at.
    pub today: Option<i64>,
    /// How an exception that has expired is told.
    pub expired: Expired,
}

/// What an exception that has expired is to whoever checks. It is in the rule all the same: a query or an evaluator ends it by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expired {
    /// An error: somebody renews it, or takes it out.
    #[default]
    Error,
    /// A lint: the rule goes on meaning what it says, and one date must not take every rule of a pack out of service.
    Lint,
}

/// What became of a rule.
#[derive(Debug, Clone)]
pub enum Checked {
    /// It has a meaning in this environment.
    Rule(Box<ir::Rule>),
    /// It `requires` sources that the environment does not have: nothing is deployed, and nothing is wrong.
    NotDeployed {
        /// Those sources.
        missing: Vec<String>,
    },
    /// It has errors, all of them in the findings.
    Invalid,
}

/// Checks a rule for an environment, against today's date; an exception that has expired is a lint. None where it has errors or is not deployed there.
pub fn check(
    pack: &Pack,
    rule: &syntax::rule::Rule,
    environment: &Environment,
    findings: &mut Findings,
) -> Option<ir::Rule> {
    let options = Options { today: Some(jiff::Timestamp::now().as_millisecond()), expired: Expired::Lint };
    match check_for(pack, rule, environment, options, findings) {
        Checked::Rule(rule) => Some(*rule),
        Checked::NotDeployed { .. } | Checked::Invalid => None,
    }
}

/// Checks a rule for an environment and folds through it what the environment does not have.
pub fn check_for(
    pack: &Pack,
    rule: &syntax::rule::Rule,
    environment: &Environment,
    options: Options,
    findings: &mut Findings,
) -> Checked {
    let missing: Vec<String> = rule
        .requires
        .iter()
        .filter(|source| environment.unavailable.iter().any(|u| u.value == source.value))
        .map(|source| source.value.clone())
        .collect();
    let checked = check_unfolded(pack, rule, environment, options, findings);
    if !missing.is_empty() && checked.is_some() {
        return Checked::NotDeployed { missing };
    }
    let until = if rule.if_unavailable.is_some() { fold::Until::Ignore } else { fold::Until::Refuse };
    let unavailable = fold::Unavailable::of(&pack.schema, environment);
    match checked.and_then(|typed| fold::fold(typed, &unavailable, until, rule.span, findings)) {
        Some(typed) => Checked::Rule(Box::new(typed)),
        None => Checked::Invalid,
    }
}

/// Checks a rule as if every source were there.
pub fn check_unfolded(
    pack: &Pack,
    rule: &syntax::rule::Rule,
    environment: &Environment,
    options: Options,
    findings: &mut Findings,
) -> Option<ir::Rule> {
    checker::Checker::new(pack, rule, environment, options, findings).run()
}
