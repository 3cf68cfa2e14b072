//! A rule in a product: how close its query is, what the query rests on, and the query.

use super::words::{one_line, section};
use crate::backend::target::TargetData;
use crate::backend::{Query, Target};
use crate::cli::compile::Products;
use crate::cli::workspace::{Selected, Workspace};
use crate::diagnostic::Diagnostic;
use crate::ir::Rule;
use crate::pack::Environment;
use crate::source::Files;
use crate::syntax::print::duration;

/// What each target makes of the rule.
pub fn explained(
    rule: &Rule,
    selected: &Selected,
    environment: &Environment,
    targets: &[Target],
    workspace: &mut Workspace,
) -> String {
    let Workspace { files, findings, .. } = workspace;
    let products = Products::load(&selected.pack, environment, targets, files, findings);
    let mut out = String::new();
    for target in targets {
        match products.query(rule, *target) {
            Some(Ok(query)) => said(&mut out, &query, products.data(*target), files),
            Some(Err(refusals)) => {
                let title = format!("In {}: refused", target.name());
                let nothing = refusals.is_empty().then(|| "there is no backend for it".to_owned());
                section(&mut out, &title, refusals.iter().flat_map(|r| finding(r, files)).chain(nothing));
            }
            None => {}
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
