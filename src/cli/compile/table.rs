//! Which target says which rule, and how well, as Markdown: for a README, or for the reader of a change.

use super::{Compiled, Outcome};
use crate::backend::Target;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A row for each rule, a column for each target, and below them what each refusal says.
pub fn table(compiled: &[Compiled]) -> String {
    let mut targets: Vec<Target> = compiled.iter().map(|one| one.target).collect();
    targets.sort_unstable();
    targets.dedup();
    let mut rows: BTreeMap<&str, Vec<&Compiled>> = BTreeMap::new();
    for one in compiled {
        rows.entry(&one.rule).or_default().push(one);
    }
    let mut text = line("rule", targets.iter().map(|t| name(*t).replace('|', "\\|")));
    text.push_str(&line("---", targets.iter().map(|_| "---".to_owned())));
    for (rule, row) in &rows {
        let cell = |target: &Target| row.iter().find(|one| one.target == *target).map_or_else(String::new, |o| word(o));
        text.push_str(&line(&format!("`{rule}`"), targets.iter().map(cell)));
    }
    let mut refusals = String::new();
    for (rule, row) in &rows {
        for one in row {
            refusal(&mut refusals, rule, one);
        }
    }
    if !refusals.is_empty() {
        let _ = write!(text, "\n<details><summary>What each refusal says</summary>\n{refusals}\n</details>\n");
    }
    text
}

fn name(target: Target) -> String {
    match target {
        Target::Esql => "ES|QL".to_owned(),
        _ => target.name().to_uppercase(),
    }
}

fn line(first: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {first} | {} |\n", cells.join(" | "))
}

fn word(one: &Compiled) -> String {
    match &one.outcome {
        Outcome::Compiled(query) => query.fidelity.to_string(),
        Outcome::Refused(_) | Outcome::NotAccepted(..) => "refused".to_owned(),
        Outcome::NotDeployed(_) => "not deployed".to_owned(),
        Outcome::Invalid => "invalid".to_owned(),
    }
}

/// Reasons that several places share are said once.
fn refusal(text: &mut String, rule: &str, one: &Compiled) {
    let (Outcome::Refused(refusals) | Outcome::NotAccepted(_, refusals)) = &one.outcome else { return };
    let prefix = format!("{}: ", one.target.name());
    let mut said: Vec<&str> = Vec::new();
    for found in refusals {
        let message = found.message.strip_prefix(&prefix).unwrap_or(&found.message);
        if !said.contains(&message) {
            said.push(message);
        }
    }
    let _ = write!(text, "\n`{rule}` is refused for {}:\n", name(one.target));
    for message in said {
        let _ = writeln!(text, "- {message}");
    }
}
