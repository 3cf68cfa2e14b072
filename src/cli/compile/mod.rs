//! `siemc compile`: queries, or why not.

mod elastic;
mod queries;
mod report;
mod table;
mod write;

pub use elastic::{LANGUAGES, choose};
pub use queries::{Compiled, Outcome, Products};
pub use report::Report;
pub use write::{fresh, whole};

use super::args::{CompileArgs, CompileFormat, TargetName};
use super::console::Console;
use super::workspace::{Selected, Workspace};
use super::{Exit, codes};
use crate::backend::{Fidelity, Query, Target};
use crate::check::{Checked, Expired, HAS_EXPIRED};
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::pack::{Environment, RuleFile};
use crate::plan::Planned;
use anyhow::Result;
use rayon::prelude::*;

/// Runs the command.
pub fn run(args: &CompileArgs, console: &mut Console) -> Result<Exit> {
    let mut workspace = Workspace::load(&args.path);
    let wish = Wish::of(args);
    let packs = std::mem::take(&mut workspace.packs);
    let mut compiled = Vec::new();
    for selected in &packs {
        compiled.extend(pack(selected, &wish, args.env.as_deref(), &mut workspace));
    }
    unsaid(&compiled, &wish, &mut workspace.findings);
    if let Some(dir) = &args.out {
        write::all(dir, &mut compiled, &mut workspace.findings, console)?;
    }
    match args.format {
        CompileFormat::Json => {
            let report = Report::new(&compiled, &workspace.findings.all, &workspace.files);
            console.data(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        }
        CompileFormat::Table => console.data(&table::table(&compiled))?,
        CompileFormat::Text if args.out.is_none() => print(&compiled, console)?,
        CompileFormat::Text => {}
    }
    console.flush()?;
    if args.format == CompileFormat::Text {
        let told = |found: &&Diagnostic| found.severity != Severity::Warning || found.code == HAS_EXPIRED;
        let shown: Vec<Diagnostic> = workspace.findings.all.iter().filter(told).cloned().collect();
        console.findings(&shown, &workspace.files);
        for one in &compiled {
            console.note(&one.line());
        }
    }
    Ok(Exit::of(&workspace.findings.all))
}

/// What was asked for, of every rule.
#[derive(Debug)]
struct Wish {
    targets: Vec<Target>,
    /// `--target elastic`: the better of two languages.
    elastic: bool,
    /// `--target all`: one that can is enough.
    any: bool,
    approximate: bool,
}

impl Wish {
    fn of(args: &CompileArgs) -> Wish {
        let own = args.target.iter().filter(|t| **t != TargetName::Elastic);
        let mut targets: Vec<Target> = own.flat_map(|t| t.targets()).collect();
        targets.sort_unstable();
        targets.dedup();
        let elastic = args.target.contains(&TargetName::Elastic);
        Wish { targets, elastic, any: args.target.contains(&TargetName::All), approximate: args.accept.is_some() }
    }

    /// Every language that is tried.
    fn tried(&self) -> Vec<Target> {
        let mut all = self.targets.clone();
        all.extend(LANGUAGES.iter().filter(|t| self.elastic && !self.targets.contains(t)));
        all
    }
}

fn pack(selected: &Selected, wish: &Wish, environment: Option<&str>, workspace: &mut Workspace) -> Vec<Compiled> {
    let environment = match selected.environment(environment) {
        Ok(environment) => environment,
        Err(error) => {
            workspace.findings.push(error);
            return Vec::new();
        }
    };
    let Workspace { files, findings, .. } = workspace;
    let products = Products::load(&selected.pack, environment, &wish.tried(), files, findings);
    let rules: Vec<&RuleFile> = selected.rules().collect();
    let one = |rule: &&RuleFile| of_rule(selected, rule, environment, &products, wish);
    let all: Vec<(Vec<Compiled>, Findings)> = rules.par_iter().map(one).collect();
    all.into_iter()
        .flat_map(|(compiled, found)| {
            findings.extend(found.all);
            compiled
        })
        .collect()
}

/// One rule for every target, with what was found in it.
fn of_rule(
    selected: &Selected,
    rule: &RuleFile,
    environment: &Environment,
    products: &Products,
    wish: &Wish,
) -> (Vec<Compiled>, Findings) {
    let mut findings = Findings::default();
    let checked = selected.check(rule, environment, Expired::Lint, &mut findings);
    let name = Selected::name_of(rule);
    let one = |target, outcome: Outcome| Compiled {
        rule: name.clone(),
        id: rule.rule.id.as_ref().map(|id| id.value.clone()).unwrap_or_default(),
        path: rule.path.clone(),
        environment: environment.name.clone(),
        target,
        throttle: match &checked {
            Checked::Rule(typed) => typed.alert.throttle,
            _ => None,
        },
        ledger: match &outcome {
            Outcome::Compiled(query) => products.ledger(query),
            _ => Vec::new(),
        },
        outcome,
        choice: None,
        written: None,
    };
    let planned = match &checked {
        Checked::Rule(typed) => Some(Planned::new(typed)),
        _ => None,
    };
    let outcome = |target: Target| match (&planned, &checked) {
        (Some(planned), _) => match products.query(planned, target) {
            Some(Ok(query)) => accepted(query, wish, &planned.rule.name),
            Some(Err(refusals)) => Outcome::Refused(refusals),
            None => Outcome::Invalid,
        },
        (None, Checked::NotDeployed { missing }) => Outcome::NotDeployed(missing.clone()),
        (None, Checked::Invalid | Checked::Rule(_)) => Outcome::Invalid,
    };
    let mut all: Vec<Compiled> = wish.targets.iter().map(|target| one(*target, outcome(*target))).collect();
    if wish.elastic {
        let tried = LANGUAGES.map(|target| (target, outcome(target)));
        let (chosen, why) = choose(&tried.each_ref().map(|(target, outcome)| (*target, outcome)));
        // A language that was asked for by name is there already; where neither says the rule, both say why.
        let wanted = tried.into_iter().filter(|(t, _)| chosen.is_none_or(|c| c == *t) && !wish.targets.contains(t));
        all.extend(wanted.map(|(t, outcome)| Compiled { choice: Some(why.clone()), ..one(t, outcome) }));
    }
    (all, findings)
}
/// A query that may miss or over-report needs leave.
fn accepted(query: Query, wish: &Wish, rule: &str) -> Outcome {
    if wish.approximate || !matches!(query.fidelity, Fidelity::Approximate { .. }) {
        return Outcome::Compiled(query);
    }
    let message = format!("the query of `{rule}` for {} is only {}", query.target.name(), query.fidelity);
    let at = query.losses.first().and_then(|loss| loss.span);
    let first = Diagnostic::new(codes::NOT_ACCEPTED, Severity::Error, at, message)
        .help("`--accept approximate` takes it as it is");
    let mut refusals = vec![first];
    // No lints, which `compile` leaves to `check`: they say why there is no query.
    refusals.extend(query.losses.into_iter().map(|loss| Diagnostic { severity: Severity::Note, ..loss }));
    Outcome::NotAccepted(query.fidelity, refusals)
}

/// Refusals become findings: errors, or notes where another target says the rule.
fn unsaid(compiled: &[Compiled], wish: &Wish, findings: &mut Findings) {
    let said = |rule: &Compiled| {
        let same = |other: &&Compiled| other.path == rule.path && other.environment == rule.environment;
        compiled.iter().filter(same).any(|other| matches!(other.outcome, Outcome::Compiled(_)))
    };
    for one in compiled {
        if let Outcome::Refused(refusals) | Outcome::NotAccepted(_, refusals) = &one.outcome
            && !(wish.any && said(one))
        {
            findings.extend(refusals.iter().cloned());
            if refusals.is_empty() {
                let message = format!("there is no query of `{}` for {}", one.rule, one.target.name());
                findings.push(Diagnostic::new(codes::NOT_ACCEPTED, Severity::Error, None, message));
            }
        }
    }
}

fn print(compiled: &[Compiled], console: &mut Console) -> std::io::Result<()> {
    let queries =
        compiled.iter().filter_map(|one| if let Outcome::Compiled(query) = &one.outcome { Some(query) } else { None });
    for (place, query) in queries.enumerate() {
        if place > 0 {
            console.data("\n")?;
        }
        console.data(query.text.trim_end())?;
        console.data("\n")?;
    }
    Ok(())
}
