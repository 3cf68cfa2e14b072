//! Exit codes.

use super::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{INVALID_UTF8, TOO_LARGE, UNREADABLE};
use std::process::ExitCode;

/// How a command ended. The worse one of two is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to say: 0.
    Good,
    /// Findings: 1.
    Findings,
    /// Wrong usage, input that cannot be read, or a product that cannot be asked: 2.
    Unusable,
}

impl Exit {
    /// What findings ask for. Warnings and notes ask for nothing.
    pub fn of(findings: &[Diagnostic]) -> Exit {
        let errors = findings.iter().filter(|found| found.severity == Severity::Error);
        errors.map(Exit::of_one).max().unwrap_or(Exit::Good)
    }

    fn of_one(found: &Diagnostic) -> Exit {
        let unreadable = [UNREADABLE, INVALID_UTF8, TOO_LARGE].contains(&found.code);
        let unusable = unreadable || codes::USAGE.contains(&found.code) || crate::endpoint::ends(found);
        if unusable { Exit::Unusable } else { Exit::Findings }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Good => 0,
            Exit::Findings => 1,
            Exit::Unusable => 2,
        })
    }
}
