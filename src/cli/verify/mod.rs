//! `siemc verify`: a fixture's cases as queries that carry their own events, for the product to judge; and the probes of what queries
//! rest on.
//!
//! A case is verified against the alerts that the evaluator gives, all of each, after the fixture's own expectations have passed: an
//! expectation says only what its author cared for. A case that no query can carry (a refusal, a query that is not exact, too many
//! events) is a note, and an error where no case of the rule can be carried.

mod trial;

use super::Exit;
use super::args::VerifyArgs;
use super::compile::{Products, whole};
use super::console::Console;
use super::test::fixtures;
use super::workspace::{Selected, Workspace, reason};
use crate::backend::Target;
use crate::backend::target::TargetData;
use crate::diagnostic::{Diagnostic, Findings};
use anyhow::{Result, anyhow};
use std::path::Path;

/// Runs the command.
pub fn run(args: &VerifyArgs, console: &mut Console) -> Result<Exit> {
    let mut targets: Vec<Target> = args.target.iter().flat_map(|t| t.targets()).collect();
    targets.sort_unstable();
    targets.dedup();
    let mut workspace = Workspace::load(&args.path);
    let mut failed = false;
    if args.assumptions {
        probes(&targets, &mut workspace, console)?;
    } else {
        let packs = std::mem::take(&mut workspace.packs);
        let mut made = 0;
        for selected in &packs {
            let (queries, sound) = trials(selected, args, &targets, &mut workspace, console);
            failed |= !sound;
            made += queries.len();
            write(args.out.as_deref(), &queries, console)?;
        }
        failed |= made == 0;
        console.note(&super::console::counted(made, "query").replace("querys", "queries"));
    }
    console.flush()?;
    let errors: Vec<Diagnostic> =
        workspace.findings.all.iter().filter(|f| f.severity == crate::diagnostic::Severity::Error).cloned().collect();
    console.findings(&errors, &workspace.files);
    let exit = Exit::of(&errors);
    Ok(if failed { exit.max(Exit::Findings) } else { exit })
}

/// A query and the name of its file.
type Named = (String, String);

/// Every case of the pack's asked rules for every target; false where a fixture's own expectations fail.
fn trials(
    selected: &Selected,
    args: &VerifyArgs,
    targets: &[Target],
    workspace: &mut Workspace,
    console: &mut Console,
) -> (Vec<Named>, bool) {
    let mut queries = Vec::new();
    let mut sound = true;
    for file in fixtures(selected, workspace) {
        let mut carried = 0;
        let mut refused: Vec<Diagnostic> = Vec::new();
        for (place, case) in file.cases.iter().enumerate() {
            if args.case.as_ref().is_some_and(|part| !case.name.value.contains(part)) {
                continue;
            }
            let environment = crate::fixture::environment(&selected.pack, &file, case);
            let Some((rule, trial)) = trial::of(&selected.pack, &file, case, &environment) else {
                console.note(&format!("{}: `{}` fails: see `siemc test`", file.rule.value, case.name.value));
                sound = false;
                continue;
            };
            let Workspace { files, findings, .. } = workspace;
            let products = Products::load(&selected.pack, &environment, targets, files, findings);
            for target in targets {
                match products.verification(&rule, *target, &trial) {
                    Some(Ok(text)) => {
                        carried += 1;
                        queries.push((format!("{}.{}.{}", file.rule.value, place + 1, target.name()), text));
                    }
                    Some(Err(why)) => {
                        let first = why.first().map_or("", |first| &first.message);
                        console.note(&format!("{} {}: `{}`: {first}", file.rule.value, target.name(), case.name.value));
                        refused.extend(why.into_iter().filter(|found| !refused.contains(found)).collect::<Vec<_>>());
                    }
                    None => {}
                }
            }
        }
        if carried == 0 {
            workspace.findings.extend(refused);
        }
    }
    (queries, sound)
}

fn write(out: Option<&Path>, queries: &[Named], console: &mut Console) -> Result<()> {
    let Some(dir) = out else {
        for (place, (_, text)) in queries.iter().enumerate() {
            if place > 0 {
                console.data("\n")?;
            }
            console.data(text)?;
        }
        return Ok(());
    };
    std::fs::create_dir_all(dir).map_err(|error| anyhow!("`{}` cannot be made: {}", dir.display(), reason(&error)))?;
    for (name, text) in queries {
        let path = dir.join(name);
        whole(&path, text.as_bytes())
            .map_err(|error| anyhow!("`{}` cannot be written: {}", path.display(), reason(&error)))?;
    }
    Ok(())
}

/// The ledger of each target, in its order.
fn probes(targets: &[Target], workspace: &mut Workspace, console: &mut Console) -> Result<()> {
    for target in targets {
        let root = workspace.packs.first().map(|selected| selected.pack.root.clone());
        let mut found = Findings::default();
        let data = TargetData::load(*target, root.as_deref(), &mut workspace.files, &mut found);
        workspace.findings.extend(found.all);
        for (name, known) in data.iter().flat_map(|data| &data.assumptions) {
            let mut text = format!("{} {name}\n  {}\n  otherwise: {}\n", target.name(), known.fact, known.otherwise);
            match &known.probe {
                Some(probe) => text.push_str(&format!("  to see: {probe}\n")),
                None => text.push_str("  no query can show it\n"),
            }
            text.extend(known.expected.iter().map(|expected| format!("  which gives: {expected}\n")));
            console.data(&text)?;
        }
    }
    Ok(())
}
