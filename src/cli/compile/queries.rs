//! The door to the backends: what they need is read once per pack, environment and target.

use crate::backend::target::{Assumption, Mapping, MappingRequest, TargetData};
use crate::backend::template::Templates;
use crate::backend::verify::{Carried, Trial, verify};
use crate::backend::{self, Fidelity, Inputs, Query, Target, limits};
use crate::diagnostic::{Diagnostic, Findings};
use crate::ir::Rule;
use crate::pack::{Environment, Pack};
use crate::plan::Planned;
use crate::source::{Files, Span};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One rule for one target.
#[derive(Debug)]
pub struct Compiled {
    /// The rule's name.
    pub rule: String,
    /// The rule's UUID.
    pub id: String,
    /// The rule's file.
    pub path: PathBuf,
    /// The environment that it was compiled for.
    pub environment: String,
    /// The target.
    pub target: Target,
    /// What came of it.
    pub outcome: Outcome,
    /// For how long the product is asked to hold back repeats, milliseconds.
    pub throttle: Option<i64>,
    /// What the query rests on: each name in the target's ledger with what stands there.
    pub ledger: Vec<(String, Assumption)>,
    /// What each of a product's languages makes of the rule, where the product was asked for.
    pub choice: Option<String>,
    /// Where the query was written.
    pub written: Option<PathBuf>,
}

/// What came of a rule for a target.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each rule and target, and most are queries")]
pub enum Outcome {
    /// A query.
    Compiled(Query),
    /// The target cannot say it: every reason.
    Refused(Vec<Diagnostic>),
    /// The query is only as close as this, and was not asked for: what keeps it from being closer.
    NotAccepted(Fidelity, Vec<Diagnostic>),
    /// The environment lacks sources that the rule requires.
    NotDeployed(Vec<String>),
    /// The rule, the pack or the mapping has errors, which are among the findings.
    Invalid,
}

impl Compiled {
    /// One line for a person.
    pub fn line(&self) -> String {
        let said = match &self.outcome {
            Outcome::Compiled(query) => match &self.choice {
                Some(why) => format!("{}, chosen for elastic: {why}", query.fidelity),
                None => query.fidelity.to_string(),
            },
            Outcome::Refused(refusals) | Outcome::NotAccepted(_, refusals) => {
                format!(
                    "refused: {} (`siemc explain {} --target {}`)",
                    reasons(refusals),
                    self.rule,
                    self.target.name()
                )
            }
            Outcome::NotDeployed(missing) => {
                format!("not deployed: `{}` has no {}", self.environment, missing.join(", "))
            }
            Outcome::Invalid => "not compiled: it has errors".to_owned(),
        };
        format!("{} {}: {said}", self.rule, self.target.name())
    }
}

fn reasons(refusals: &[Diagnostic]) -> String {
    match refusals {
        [one] => one.message.clone(),
        all => super::super::console::counted(all.len(), "reason"),
    }
}

/// What the targets need, for one environment of one pack.
#[derive(Debug)]
pub struct Products {
    all: Vec<Product>,
    /// Where each rule's schedule was written: how often it runs, else the whole of it, else the pack's.
    schedules: BTreeMap<String, Span>,
}

/// What one target needs.
#[derive(Debug)]
struct Product {
    data: TargetData,
    mapping: Mapping,
    templates: Templates,
    /// Lookups that the product has itself.
    delivered: Vec<(String, String)>,
}

impl Products {
    /// Reads it. A target with faults is left out, its faults reported.
    pub fn load(
        pack: &Pack,
        environment: &Environment,
        targets: &[Target],
        files: &mut Files,
        findings: &mut Findings,
    ) -> Products {
        let mut all = Vec::new();
        for target in targets {
            let mut found = Findings::default();
            let product = product(pack, environment, *target, files, &mut found);
            if !found.has_errors() {
                all.extend(product);
            }
            findings.extend(found.all);
        }
        let schedules = pack.rules.iter().filter_map(|file| {
            let written = file.rule.schedule.as_ref().or(pack.defaults.schedule.as_ref())?;
            Some((file.rule.name.as_ref()?.value.clone(), written.every.as_ref().map_or(written.span, |e| e.span)))
        });
        Products { all, schedules: schedules.collect() }
    }

    /// The rule's query, where the product's scheduler takes it; none where the target could not be read.
    pub fn query(&self, planned: &Planned<'_>, target: Target) -> Option<Result<Query, Vec<Diagnostic>>> {
        let rule = planned.rule;
        let Product { data, mapping, templates, delivered } = self.of(target)?;
        let inputs = Inputs { data, mapping, templates, delivered: delivered.clone(), standing: None };
        let beyond = limits::exceeded(rule, data, self.schedules.get(&rule.name).copied());
        Some(match backend::compile(planned, &inputs) {
            Ok(query) if beyond.is_empty() => Ok(query),
            Ok(_) => Err(beyond),
            Err(refusals) => Err(refusals.into_iter().chain(beyond).collect()),
        })
    }

    /// The rule's query with a case's events and answer in it; none where the target could not be read.
    pub fn verification(&self, rule: &Rule, target: Target, trial: &Trial) -> Option<Result<Carried, Vec<Diagnostic>>> {
        let Product { data, mapping, templates, .. } = self.of(target)?;
        let inputs = Inputs { data, mapping, templates, delivered: Vec::new(), standing: None };
        Some(verify(rule, &inputs, trial))
    }

    /// What a query rests on.
    pub fn ledger(&self, query: &Query) -> Vec<(String, Assumption)> {
        let known = self.data(query.target).map(|data| &data.assumptions);
        let entry = |name: &String| Some((name.clone(), known?.get(name)?.clone()));
        query.assumptions.iter().filter_map(entry).collect()
    }

    /// A target's data.
    pub fn data(&self, target: Target) -> Option<&TargetData> {
        self.of(target).map(|product| &product.data)
    }

    fn of(&self, target: Target) -> Option<&Product> {
        self.all.iter().find(|product| product.data.target == target)
    }
}

fn product(
    pack: &Pack,
    environment: &Environment,
    target: Target,
    files: &mut Files,
    findings: &mut Findings,
) -> Option<Product> {
    let root = Some(pack.root.as_path());
    let request = MappingRequest { target, environment: Some(environment), schema: &pack.schema, pack_root: root };
    let data = TargetData::load(target, root, files, findings);
    let mapping = Mapping::load(request, files, findings);
    let templates = Templates::load(target, root, files).map_err(|found| findings.extend(found)).ok();
    let delivered = environment.lookups.iter().filter_map(|(lookup, names)| {
        let (_, name) = names.iter().find(|(t, _)| t.value == target.name())?;
        Some((lookup.value.clone(), name.value.clone()))
    });
    Some(Product { data: data?, mapping: mapping?, templates: templates?, delivered: delivered.collect() })
}
