//! `siemc run`: the evaluator over real events.

mod alert;
mod input;
mod stream;

pub use alert::{AlertLine, EventLine};
pub use stream::MOST_REPORTED;

use super::args::RunArgs;
use super::console::{Console, counted};
use super::workspace::{Workspace, reason};
use super::{Exit, codes};
use crate::check::{Checked, Expired, HAS_EXPIRED};
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::eval;
use crate::ir::Rule;
use crate::pack::schema::Schema;
use crate::syntax::expr::Literal;
use crate::syntax::parse::literal;
use anyhow::{Error, Result};
use std::sync::Arc;
use stream::Fault;

/// Runs the command.
pub fn run(args: &RunArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.rules);
    let rules = rules(&mut workspace, args.env.as_deref());
    console.findings(&told(&workspace.findings), &workspace.files);
    let (exit, Some((schema, rules))) = (Exit::of(&workspace.findings.all), rules) else {
        return Ok(Exit::of(&workspace.findings.all));
    };
    if exit != Exit::Good {
        return Ok(exit);
    }
    let input = match input::open(&args.events, console.is_watched()) {
        Ok(input) => input,
        Err(error) => {
            console.note(&format!("error: `{}` cannot be read: {}", args.events.display(), reason(&error)));
            return Ok(Exit::Unusable);
        }
    };
    let settings =
        stream::Settings { lateness: args.lateness, sort: args.sort, until: args.until, prompt: input.is_live };
    let told = stream::run(input.read, &schema, &rules, settings, console).map_err(|fault| match fault {
        Fault::Input(error) => Error::new(error).context(format!("reading `{}`", args.events.display())),
        Fault::Output(error) => Error::new(error),
    })?;
    console.flush()?;
    if told.bad > 0 {
        let skipped = if told.bad == 1 { "was skipped" } else { "were skipped" };
        console.note(&format!("{} of {} {skipped}", counted(told.bad, "bad line"), told.lines));
        return Ok(Exit::Findings);
    }
    Ok(Exit::Good)
}

/// Lints are for `check`; here only what stops the run is told, and which exceptions are over.
pub(super) fn told(findings: &Findings) -> Vec<Diagnostic> {
    let told = |found: &&Diagnostic| found.severity == Severity::Error || found.code == HAS_EXPIRED;
    findings.all.iter().filter(told).cloned().collect()
}

/// The rules that were asked for, of one pack, with the schema of events that hold what they read; none where something is in the way, which the findings tell.
pub(super) fn rules(workspace: &mut Workspace, environment: Option<&str>) -> Option<(Arc<Schema>, Vec<Arc<Rule>>)> {
    if workspace.packs.len() > 1 {
        let message = "the rules are of several packs, and events of one schema are read".to_owned();
        workspace.findings.push(Diagnostic::new(codes::SEVERAL_PACKS, Severity::Error, None, message));
        return None;
    }
    let selected = workspace.packs.first()?;
    let environment = match selected.environment(environment) {
        Ok(environment) => environment,
        Err(error) => {
            workspace.findings.push(error);
            return None;
        }
    };
    let mut findings = Findings::default();
    let checked = selected.rules().map(|rule| selected.check(rule, environment, Expired::Lint, &mut findings));
    let rules = checked.filter_map(|c| if let Checked::Rule(rule) = c { Some(*rule) } else { None });
    // Windows hold many events: each holds what the rules read of it, and no more.
    let found = eval::narrowed(&selected.pack.schema, rules.collect());
    workspace.findings.extend(findings.all);
    Some(found)
}

/// A duration of the rule language, in milliseconds.
pub fn duration(text: &str) -> Result<i64, String> {
    match literal(text) {
        Some(Literal::Duration(milliseconds)) if milliseconds >= 0 => Ok(milliseconds),
        Some(Literal::Integer(0)) => Ok(0),
        _ => Err("expected a duration such as `90s`, `5m` or `1h30m`".to_owned()),
    }
}

/// A time, in milliseconds since the epoch.
pub fn time(text: &str) -> Result<i64, String> {
    let whole = text.parse::<i64>().ok();
    let written = text.parse::<jiff::Timestamp>().map(|time| {
        let part = i64::from(time.subsec_nanosecond().rem_euclid(1_000_000) != 0 && time.as_nanosecond() < 0);
        time.as_millisecond() - part
    });
    whole.or(written.ok()).ok_or_else(|| "expected a time such as `2026-03-01T09:00:00Z`, or milliseconds".to_owned())
}
