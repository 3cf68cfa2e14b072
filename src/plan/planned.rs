//! A plan that several targets read.

use super::{Plan, plan};
use crate::diagnostic::Diagnostic;
use crate::ir;
use std::cell::OnceCell;

/// A rule with its plan, which is made when it is first asked for: once for all targets.
#[derive(Debug)]
pub struct Planned<'r> {
    /// The rule.
    pub rule: &'r ir::Rule,
    plan: OnceCell<Result<Plan, Vec<Diagnostic>>>,
}

impl<'r> Planned<'r> {
    /// Not planned yet.
    pub fn new(rule: &'r ir::Rule) -> Planned<'r> {
        Planned { rule, plan: OnceCell::new() }
    }

    /// The plan, or every reason why there is none.
    pub fn plan(&self) -> Result<&Plan, Vec<Diagnostic>> {
        self.plan.get_or_init(|| plan(self.rule)).as_ref().map_err(Clone::clone)
    }
}
