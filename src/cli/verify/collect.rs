//! Every asked case of every asked rule, as each asked dialect carries it.

use super::{Made, trial};
use crate::backend::Target;
use crate::cli::args::{TargetName, VerifyArgs};
use crate::cli::compile::{LANGUAGES, Outcome, Products, choose};
use crate::cli::console::Console;
use crate::cli::test::fixtures;
use crate::cli::workspace::{Selected, Workspace};
use crate::diagnostic::Diagnostic;
use crate::fixture::{self, FixtureFile};
use crate::plan::Planned;

/// What was asked for.
#[derive(Debug)]
pub struct Wish<'a> {
    /// By name, each once.
    targets: Vec<Target>,
    /// `--target elastic`: the better of two languages.
    elastic: bool,
    /// `--target all`: one that can is enough.
    any: bool,
    case: Option<&'a str>,
}

impl Wish<'_> {
    /// `names` are the targets by their names.
    pub fn of<'a>(names: &[TargetName], args: &'a VerifyArgs) -> Wish<'a> {
        let own = names.iter().filter(|t| **t != TargetName::Elastic);
        let mut targets: Vec<Target> = own.flat_map(|t| t.targets()).collect();
        targets.sort_unstable();
        targets.dedup();
        let elastic = names.contains(&TargetName::Elastic);
        Wish { targets, elastic, any: names.contains(&TargetName::All), case: args.case.as_deref() }
    }

    /// Every language that is tried.
    pub fn tried(&self) -> Vec<Target> {
        let mut all = self.targets.clone();
        all.extend(LANGUAGES.iter().filter(|t| self.elastic && !self.targets.contains(t)));
        all
    }
}

/// The cases that are carried; false where a fixture's own expectations fail. Refusals become findings.
pub fn collect(wish: &Wish<'_>, workspace: &mut Workspace, console: &mut Console) -> (Vec<Made>, bool) {
    let packs = std::mem::take(&mut workspace.packs);
    let (mut made, mut sound) = (Vec::new(), true);
    for selected in &packs {
        for file in fixtures(selected, workspace) {
            let mut ledger = Ledger { carried: Vec::new(), refused: Vec::new() };
            sound &= of_file(selected, &file, wish, &mut ledger, workspace, console);
            if !wish.any || ledger.carried.is_empty() {
                let lost = ledger.refused.into_iter().filter(|(target, refusal, _)| {
                    *refusal || !ledger.carried.iter().any(|made| made.target == *target)
                });
                workspace.findings.extend(lost.map(|(_, _, why)| why).collect::<Vec<_>>());
            }
            made.extend(ledger.carried);
        }
    }
    (made, sound)
}

/// What became of a fixture.
struct Ledger {
    carried: Vec<Made>,
    /// Each finding once, with whether it refuses the rule or only a case.
    refused: Vec<(Target, bool, Diagnostic)>,
}

impl Ledger {
    /// True where any of it is new.
    fn refuse(&mut self, target: Target, of_rule: bool, why: Vec<Diagnostic>) -> bool {
        let before = self.refused.len();
        for one in why {
            if !self.refused.iter().any(|(known, _, found)| *known == target && *found == one) {
                self.refused.push((target, of_rule, one));
            }
        }
        self.refused.len() > before
    }
}

fn of_file(
    selected: &Selected,
    file: &FixtureFile,
    wish: &Wish<'_>,
    ledger: &mut Ledger,
    workspace: &mut Workspace,
    console: &mut Console,
) -> bool {
    let mut sound = true;
    for (place, case) in file.cases.iter().enumerate() {
        if wish.case.is_some_and(|part| !case.name.value.contains(part)) {
            continue;
        }
        let environment = fixture::environment(&selected.pack, file, case);
        let Some((rule, trial)) = trial::of(&selected.pack, file, case, &environment) else {
            console.note(&format!("{}: `{}` fails: see `siemc test`", file.rule.value, case.name.value));
            sound = false;
            continue;
        };
        let Workspace { files, findings, .. } = workspace;
        let products = Products::load(&selected.pack, &environment, &wish.tried(), files, findings);
        let planned = Planned::new(&rule);
        for target in targets(wish, &products, &planned) {
            if let Some(Err(refusals)) = products.query(&planned, target) {
                if ledger.refuse(target, true, refusals) {
                    console.note(&format!("{} {}: refused", file.rule.value, target.name()));
                }
                continue;
            }
            match products.verification(&rule, target, &trial) {
                Some(Ok(carried)) => {
                    let (rule, case) = (file.rule.value.clone(), case.name.value.clone());
                    ledger.carried.push(Made { rule, case, place: place + 1, target, carried });
                }
                Some(Err(why)) => {
                    let first = why.first().map_or("", |first| &first.message);
                    console.note(&format!("{} {}: `{}`: {first}", file.rule.value, target.name(), case.name.value));
                    ledger.refuse(target, false, why);
                }
                None => {}
            }
        }
    }
    sound
}

/// Those asked for by name, and of Elastic's two languages the better one, both where neither says the rule.
fn targets(wish: &Wish<'_>, products: &Products, planned: &Planned<'_>) -> Vec<Target> {
    let mut all = wish.targets.clone();
    if wish.elastic {
        let outcome = |target: Target| match products.query(planned, target) {
            Some(Ok(query)) => Outcome::Compiled(query),
            Some(Err(refusals)) => Outcome::Refused(refusals),
            None => Outcome::Invalid,
        };
        let tried = LANGUAGES.map(|target| (target, outcome(target)));
        let (chosen, _) = choose(&tried.each_ref().map(|(target, outcome)| (*target, outcome)));
        all.extend(LANGUAGES.iter().filter(|t| chosen.is_none_or(|c| c == **t) && !wish.targets.contains(t)));
    }
    all
}
