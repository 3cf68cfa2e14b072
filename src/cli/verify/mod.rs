//! `siemc verify`: a fixture's cases as queries that carry their own events, for the product to judge; and the probes of what queries
//! rest on.
//!
//! A case is verified against the alerts that the evaluator gives, all of each, after the fixture's own expectations have passed: an
//! expectation says only what its author cared for. A rule that a target refuses is refused here as `compile` refuses it. A case that no
//! query can carry (a query that is only close, too many events) is a note, and an error where no case of the rule can be carried.

mod collect;
mod probes;
mod trial;
mod write;

use super::Exit;
use super::args::VerifyArgs;
use super::console::{Console, counted};
use super::workspace::Workspace;
use crate::backend::Target;
use crate::backend::verify::Carried;
use crate::diagnostic::{Diagnostic, Severity};
use anyhow::Result;
use collect::{Wish, collect};

/// A case that a dialect carries.
#[derive(Debug)]
struct Made {
    rule: String,
    /// The case's place in its fixture, from 1.
    place: usize,
    target: Target,
    carried: Carried,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, console: &mut Console) -> Result<Exit> {
    let wish = Wish::of(args);
    let mut workspace = Workspace::load(&args.path);
    let mut failed = false;
    if args.assumptions {
        probes::print(&probes::read(&wish.tried(), &mut workspace), console)?;
    } else {
        let (made, sound) = collect(&wish, &mut workspace, console);
        failed |= !sound || made.is_empty();
        write::all(args.out.as_deref(), &made, console)?;
        console.note(&counted(made.len(), "query"));
    }
    console.flush()?;
    let is_error = |f: &&Diagnostic| f.severity == Severity::Error;
    let errors: Vec<Diagnostic> = workspace.findings.all.iter().filter(is_error).cloned().collect();
    console.findings(&errors, &workspace.files);
    let exit = Exit::of(&errors);
    Ok(if failed { exit.max(Exit::Findings) } else { exit })
}
