//! A rule in a product: how close its query is, what the query rests on, and the query.

use super::words::{one_line, section};
use crate::backend::target::TargetData;
use crate::backend::{Query, Target};
use crate::cli::args::TargetName;
use crate::cli::compile::{Outcome, Products, choose};
use crate::cli::workspace::{Selected, Workspace};
use crate::diagnostic::Diagnostic;
use crate::ir::Rule;
use crate::pack::Environment;
use crate::plan::Planned;
use crate::source::Files;
use crate::syntax::print::duration;

/// What each target makes of the rule.
pub fn explained(
    rule: &Rule,
    selected: &Selected,
    environment: &Environment,
    target: TargetName,
    workspace: &mut Workspace,
) -> String {
    let Workspace { files, findings, .. } = workspace;
    let targets = target.targets();
    let products = Products::load(&selected.pack, environment, &targets, files, findings);
    let planned = Planned::new(rule);
    let outcome = |target: &Target| match products.query(&planned, *target)? {
        Ok(query) => Some((*target, Outcome::Compiled(query))),
        Err(refusals) => Some((*target, Outcome::Refused(refusals))),
    };
    let outcomes: Vec<(Target, Outcome)> = targets.iter().filter_map(outcome).collect();
    let mut out = String::new();
    if target == TargetName::Elastic {
        let all: Vec<(Target, &Outcome)> = outcomes.iter().map(|(target, outcome)| (*target, outcome)).collect();
        let (chosen, why) = choose(&all);
        let chosen = chosen.map_or("neither language says it", Target::name);
        section(&mut out, &format!("In Elastic: {chosen}"), std::iter::once(why));
    }
    for (target, outcome) in &outcomes {
        match outcome {
            Outcome::Compiled(query) => said(&mut out, query, products.data(*target), files),
            Outcome::Refused(refusals) => {
                let title = format!("In {}: refused", target.name());
                let nothing = refusals.is_empty().then(|| "there is no backend for it".to_owned());
                section(&mut out, &title, refusals.iter().flat_map(|r| finding(r, files)).chain(nothing));
            }
            Outcome::NotAccepted(..) | Outcome::NotDeployed(_) | Outcome::Invalid => {}
        }
    }
    out
}

fn said(out: &mut String, query: &Query, data: Option<&TargetData>, files: &Files) {
    let name = query.target.name();
    let read = match query.lookback {
        0 => "it reads the reported interval alone".to_owned(),
        back => format!("it reads from {} before the reported interval on", duration(back)),
    };
    let losses = query.losses.iter().flat_map(|loss| finding(loss, files));
    section(out, &format!("In {name}: {}", query.fidelity), std::iter::once(read).chain(losses));
    let assumption = |key: &String| {
        let known = data.and_then(|data| data.assumptions.get(key));
        let mut lines = vec![known.map_or_else(|| key.clone(), |a| one_line(&a.fact))];
        if let Some(known) = known {
            lines.push(format!("    otherwise: {}", one_line(&known.otherwise)));
            lines.extend(known.probe.iter().map(|probe| format!("    to see: {}", one_line(probe))));
            lines.extend(known.expected.iter().map(|expected| format!("    which gives: {}", one_line(expected))));
        }
        lines
    };
    section(out, &format!("What the {name} query rests on"), query.assumptions.iter().flat_map(assumption));
    section(out, &format!("The {name} query"), query.text.trim_end().lines().map(str::to_owned));
}

fn finding(found: &Diagnostic, files: &Files) -> Vec<String> {
    let at = found.span.map(|span| format!("{}:{}: ", files.name(span.file), files.start(span).line));
    let first = format!("{}{} ({})", at.unwrap_or_default(), found.message, found.code);
    std::iter::once(first).chain(found.help.iter().map(|help| format!("    {help}"))).collect()
}
