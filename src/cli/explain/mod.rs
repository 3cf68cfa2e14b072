//! `siemc explain`: what a rule means in plain words, and what a code means.

mod alert;
mod product;
mod signals;
mod words;
mod written;

use super::Exit;
use super::args::ExplainArgs;
use super::codes;
use super::console::Console;
use super::run::told;
use super::workspace::{Selected, Workspace};
use crate::check::{Checked, Expired};
use crate::diagnostic::{self, Diagnostic, Findings, Severity, nearest};
use crate::pack::RuleFile;
use crate::source::Files;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(args: &ExplainArgs, console: &mut Console) -> Result<Exit> {
    if is_code(&args.what) {
        return code(&args.what, console);
    }
    let path = Path::new(&args.what);
    let is_path = path.exists() || path.extension().is_some_and(|e| e == "yaml") || args.what.contains(['/', '\\']);
    let paths: Vec<PathBuf> = if is_path { vec![path.to_owned()] } else { args.rules.clone() };
    let mut workspace = Workspace::load(&paths);
    let packs = std::mem::take(&mut workspace.packs);
    let mut explained = 0;
    for selected in &packs {
        for rule in selected.rules().filter(|rule| is_path || Selected::name_of(rule) == args.what) {
            explained += 1;
            explain(args, selected, rule, &mut workspace, console)?;
        }
    }
    if explained == 0 && Exit::of(&workspace.findings.all) != Exit::Unusable {
        workspace.findings.push(unknown(&args.what, &packs));
    }
    console.flush()?;
    let mine = told(&workspace.findings);
    console.findings(&mine, &workspace.files);
    Ok(Exit::of(&mine))
}

fn explain(
    args: &ExplainArgs,
    selected: &Selected,
    file: &RuleFile,
    workspace: &mut Workspace,
    console: &mut Console,
) -> Result<()> {
    let environment = match selected.environment(args.env.as_deref()) {
        Ok(environment) => environment,
        Err(error) => {
            workspace.findings.push(error);
            return Ok(());
        }
    };
    let mut findings = Findings::default();
    let checked = selected.check(file, environment, Expired::Lint, &mut findings);
    workspace.findings.extend(findings.all);
    match checked {
        Checked::Invalid => {}
        Checked::NotDeployed { missing } => console.data(&format!(
            "{} is not deployed in the environment {}, which has no {}.\n",
            Selected::name_of(file),
            environment.name,
            missing.join(", ")
        ))?,
        Checked::Rule(rule) => {
            console.data(&words::rule(&rule))?;
            if let Some(target) = args.target {
                let text = product::explained(&rule, selected, environment, target, workspace);
                console.data(&text)?;
            }
        }
    }
    Ok(())
}

/// A letter and four digits.
fn is_code(what: &str) -> bool {
    let mut characters = what.chars();
    let letter = characters.next().is_some_and(|c| "EWRewr".contains(c));
    let rest = characters.as_str();
    letter && rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_digit())
}

fn code(code: &str, console: &mut Console) -> Result<Exit> {
    if let Some(page) = diagnostic::page(code) {
        console.data(&format!("{}: {}\n", code.to_uppercase(), page.trim_start_matches("# ").trim_end()))?;
        return Ok(Exit::Good);
    }
    let known = diagnostic::all_codes();
    let message = format!("there is no code `{code}`");
    let found = Diagnostic::new(codes::NO_RULE, Severity::Error, None, message);
    let found = match nearest(&code.to_uppercase(), known.iter().copied()) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    };
    console.findings(&[found], &Files::default());
    Ok(Exit::Unusable)
}

fn unknown(name: &str, packs: &[Selected]) -> Diagnostic {
    let names: Vec<String> = packs.iter().flat_map(Selected::rules).map(Selected::name_of).collect();
    let error = Diagnostic::new(codes::NO_RULE, Severity::Error, None, format!("there is no rule `{name}`"));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}
