//! The text of every bundled rule for every target, kept under `tests/snapshots/` so that a change of it is seen in a review.
//! `INSTA_UPDATE=always cargo test --test snapshots` writes them anew.
#![allow(clippy::expect_used, clippy::panic)]

use siemc::backend::target::{Mapping, MappingRequest, TargetData};
use siemc::backend::template::Templates;
use siemc::backend::{Inputs, Target};
use siemc::check::{Checked, Options, check_for};
use siemc::diagnostic::Findings;
use siemc::plan::Planned;
use siemc::source::Files;
use std::path::Path;

#[test]
fn every_bundled_rule_compiles_to_the_text_that_was_reviewed() {
    every_rule_of("rules", &Target::ALL);
}

/// Most bundled rules ask for an order of events, which ES|QL lacks: these do not.
#[test]
fn rules_that_esql_can_say_compile_to_the_text_that_was_reviewed() {
    every_rule_of("tests/conformance/esql/pack", &[Target::Esql]);
}

fn every_rule_of(folder: &str, targets: &[Target]) {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let pack = siemc::pack::load(&root, &mut files, &mut findings).expect("a pack");
    let environment = pack.environments.get("lab").expect("the environment `lab`");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _kept = settings.bind_to_scope();
    for target in targets.iter().copied() {
        let data = TargetData::load(target, None, &mut files, &mut findings).expect("the target's data");
        let request =
            MappingRequest { target, environment: Some(environment), schema: &pack.schema, pack_root: Some(&root) };
        let mapping = Mapping::load(request, &mut files, &mut findings).expect("a mapping");
        let templates = Templates::load(target, None, &mut files).expect("stage shapes");
        let inputs =
            Inputs { data: &data, mapping: &mapping, templates: &templates, delivered: Vec::new(), standing: None };
        for file in &pack.rules {
            let checked = check_for(&pack, &file.rule, environment, Options::default(), &mut findings);
            let Checked::Rule(rule) = checked else { panic!("{} does not check", file.path.display()) };
            let text = match siemc::backend::compile(&Planned::new(&rule), &inputs) {
                Ok(query) => query.text,
                Err(refusals) => {
                    let line = |d: &siemc::diagnostic::Diagnostic| {
                        format!("{} {} | {}\n", d.code, d.message, d.span.map_or("", |s| files.slice(s)))
                    };
                    format!("refused\n{}", refusals.iter().map(line).collect::<String>())
                }
            };
            insta::assert_snapshot!(format!("{}-{}", rule.name, target.name()), text);
        }
    }
}
