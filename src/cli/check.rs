//! `siemc check`: every finding of every file.

use super::args::{CheckArgs, CheckFormat};
use super::console::{Console, counted};
use super::workspace::{Selected, Workspace};
use super::{Exit, codes};
use crate::backend::Target;
use crate::backend::target::{Mapping, MappingRequest};
use crate::check::Expired;
use crate::diagnostic::{self, Diagnostic, Findings, Severity};
use crate::pack::{Environment, RuleFile};
use crate::source::{Files, Span};
use anyhow::Result;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Runs the command.
pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.path);
    let mut checked = 0;
    let mut found = Vec::new();
    let packs = std::mem::take(&mut workspace.packs);
    for selected in &packs {
        let environments = environments(selected, args.env.as_deref(), &mut found);
        checked += selected.rules().count();
        found.extend(of_pack(selected, &environments, &mut workspace.files));
        found.extend(super::test::faults(selected, &mut workspace));
    }
    workspace.findings.extend(found);
    let (findings, files) = (&workspace.findings.all, &workspace.files);
    match args.format {
        CheckFormat::Text => {
            console.findings_as_data(findings, files)?;
            console.flush()?;
            console.note(&summary(checked, findings, files));
        }
        CheckFormat::Json => console.data(&diagnostic::json(findings, files))?,
        CheckFormat::Sarif => console.data(&diagnostic::sarif(findings, files))?,
        CheckFormat::Github => console.data(&diagnostic::github(findings, files))?,
    }
    Ok(Exit::of(findings))
}

fn environments<'a>(selected: &'a Selected, name: Option<&str>, found: &mut Vec<Diagnostic>) -> Vec<&'a Environment> {
    match name {
        None => selected.pack.environments.values().collect(),
        Some(_) => match selected.environment(name) {
            Ok(environment) => vec![environment],
            Err(error) => {
                debug_assert_eq!(error.code, codes::NO_ENVIRONMENT);
                found.push(error);
                Vec::new()
            }
        },
    }
}

/// What is found in the environments. What only some of them show says which.
fn of_pack(selected: &Selected, environments: &[&Environment], files: &mut Files) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Key, (Diagnostic, Vec<&str>)> = BTreeMap::new();
    for environment in environments {
        let mut findings = Findings::default();
        mappings(selected, environment, files, &mut findings);
        let rules: Vec<&RuleFile> = selected.rules().collect();
        let of_rule = |rule: &&RuleFile| {
            let mut findings = Findings::default();
            selected.check(rule, environment, Expired::Error, &mut findings);
            findings.all
        };
        let of_rules: Vec<Vec<Diagnostic>> = rules.par_iter().map(of_rule).collect();
        findings.extend(of_rules.into_iter().flatten());
        for finding in findings.all {
            let (_, names) = found.entry(key(&finding)).or_insert_with(|| (finding, Vec::new()));
            if !names.contains(&environment.name.as_str()) {
                names.push(&environment.name);
            }
        }
    }
    let whole = environments.len();
    found
        .into_values()
        .map(|(finding, names)| if names.len() < whole { told(finding, &names) } else { finding })
        .collect()
}

/// Spans are no part of equality, so a finding is told from another by this.
type Key = (Option<(u32, u32, u32)>, &'static str, String);

fn key(finding: &Diagnostic) -> Key {
    let place = |span: Span| (span.file.0, span.start, span.end);
    (finding.span.map(place), finding.code.0, finding.message.clone())
}

fn told(mut finding: Diagnostic, names: &[&str]) -> Diagnostic {
    if !finding.message.contains("environment") {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let word = if names.len() == 1 { "environment" } else { "environments" };
        finding.message = format!("{} (in the {word} {})", finding.message, names.join(", "));
    }
    finding
}

/// The mapping sets that an environment names are there and fit the schema.
fn mappings(selected: &Selected, environment: &Environment, files: &mut Files, findings: &mut Findings) {
    for target in Target::ALL {
        if environment.mappings.iter().any(|(name, _)| name.value == target.name()) {
            let request = MappingRequest {
                target,
                environment: Some(environment),
                schema: &selected.pack.schema,
                pack_root: Some(&selected.pack.root),
            };
            Mapping::load(request, files, findings);
        }
    }
}

fn summary(rules: usize, findings: &[Diagnostic], files: &Files) -> String {
    let shown = diagnostic::ordered(findings, files);
    let count = |severity| shown.iter().filter(|found| found.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let rules = counted(rules, "rule");
    match (errors, warnings) {
        (0, 0) => format!("{rules} checked: no errors, no warnings"),
        _ => format!("{rules} checked: {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
