//! `siemc verify`: a fixture's cases as queries that carry their own events, for the product to judge; and the probes of what queries
//! rest on. With an endpoint, the product judges here.
//!
//! A case is verified against the alerts that the evaluator gives, all of each, after the fixture's own expectations have passed: an
//! expectation says only what its author cared for. A rule that a target refuses is refused here as `compile` refuses it. A case that no
//! query can carry (a query that is only close, too many events) is a note, and an error where no case of the rule can be carried.
//!
//! A query that the product does not take fails its case, and the others go on; what keeps the product from being asked at all ends the
//! command.

mod collect;
mod judge;
mod probes;
mod report;
mod trial;
mod write;

pub use report::Report;

use super::Exit;
use super::args::{VerifyArgs, VerifyFormat};
use super::console::{Console, counted};
use super::workspace::Workspace;
use crate::backend::Target;
use crate::backend::verify::Carried;
use crate::diagnostic::{Diagnostic, Severity};
use anyhow::Result;
use collect::{Wish, collect};
use std::time::Duration;

/// A case that a dialect carries.
#[derive(Debug)]
struct Made {
    rule: String,
    case: String,
    /// The case's place in its fixture, from 1.
    place: usize,
    target: Target,
    carried: Carried,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.path);
    let failed = match &args.endpoint {
        Some(url) => asked(args, url, &mut workspace, console)?,
        None => printed(args, &mut workspace, console)?,
    };
    console.flush()?;
    let is_error = |f: &&Diagnostic| f.severity == Severity::Error;
    let errors: Vec<Diagnostic> = workspace.findings.all.iter().filter(is_error).cloned().collect();
    if args.endpoint.is_none() || args.format == VerifyFormat::Text {
        console.findings(&errors, &workspace.files);
    }
    let exit = Exit::of(&errors);
    Ok(if failed { exit.max(Exit::Findings) } else { exit })
}

/// A time to wait, more than none.
pub fn patience(text: &str) -> Result<Duration, String> {
    match super::run::duration(text)? {
        0 => Err("expected more than no time".to_owned()),
        milliseconds => Ok(Duration::from_millis(milliseconds.unsigned_abs())),
    }
}

/// Prints queries or probes; true where there is nothing to print, or a fixture fails.
fn printed(args: &VerifyArgs, workspace: &mut Workspace, console: &mut Console) -> Result<bool> {
    let wish = Wish::of(&args.target, args);
    if args.assumptions {
        probes::print(&probes::read(&wish.tried(), workspace), console)?;
        return Ok(false);
    }
    let (made, sound) = collect(&wish, workspace, console);
    write::all(args.out.as_deref(), &made, console)?;
    console.note(&counted(made.len(), "query"));
    Ok(!sound || made.is_empty())
}

/// Has the product judge; true where something fails.
fn asked(args: &VerifyArgs, url: &str, workspace: &mut Workspace, console: &mut Console) -> Result<bool> {
    let opened = judge::open(args, url)?;
    let (names, endpoint) = match opened {
        Ok(opened) => opened,
        Err(fault) => {
            workspace.findings.push(fault);
            if args.format == VerifyFormat::Json {
                report::print(&judge::Judged::default(), args, workspace, console)?;
            }
            return Ok(true);
        }
    };
    let wish = Wish::of(&names, args);
    let mut judged = judge::Judged::new(&endpoint, url);
    let mut sound = true;
    if args.assumptions {
        judged.probes(&endpoint, probes::read(&wish.tried(), workspace), console);
    } else {
        let (made, all) = collect(&wish, workspace, console);
        sound = all && !made.is_empty();
        judged.cases(&endpoint, &made, console);
    }
    workspace.findings.extend(std::mem::take(&mut judged.faults));
    report::print(&judged, args, workspace, console)?;
    Ok(!sound || judged.failed() > 0)
}
