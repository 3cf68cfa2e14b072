//! The bundled pack, as the commands read it.

use siemc::backend::Target;
use siemc::check::{Checked as Outcome, Options, check_for, check_pack};
use siemc::cli::compile::Products;
use siemc::diagnostic::Findings;
use siemc::ir::Rule;
use siemc::pack::Pack;
use siemc::plan::Planned;
use siemc::source::Files;
use std::path::Path;
use std::sync::Arc;

/// 2026-03-01T00:00:00Z, within the exceptions' dates.
const TODAY: i64 = 1_772_323_200_000;

/// A pack with its rules in its default environment.
pub struct Checked {
    /// As read.
    pub pack: Pack,
    /// As typed.
    pub rules: Vec<Arc<Rule>>,
}

impl Checked {
    /// Reads and checks `rules/`.
    pub fn load() -> Checked {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let pack = siemc::pack::load(Path::new("rules"), &mut files, &mut findings).expect("the pack is readable");
        check_pack(&pack, &mut findings);
        let environment = pack.environments.values().next().expect("an environment");
        let options = Options { today: Some(TODAY), ..Options::default() };
        let checked = pack.rules.iter().map(|r| check_for(&pack, &r.rule, environment, options, &mut findings));
        let rules =
            checked.map(|c| if let Outcome::Rule(rule) = c { Arc::from(rule) } else { panic!("a rule is bad") });
        Checked { rules: rules.collect(), pack }
    }
}

/// Compiles every rule for every target; gives the bytes of the queries.
pub fn compile(checked: &Checked) -> usize {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let environment = checked.pack.environments.values().next().expect("an environment");
    let targets = [Target::Spl, Target::Kql, Target::Eql];
    let products = Products::load(&checked.pack, environment, &targets, &mut files, &mut findings);
    assert!(!findings.has_errors(), "the targets are readable");
    let all = checked.rules.iter().map(|rule| Planned::new(rule));
    let queries =
        |rule: Planned| targets.map(|target| products.query(&rule, target)?.ok().map(|query| query.text.len()));
    all.flat_map(queries).flatten().sum()
}

/// Reads every YAML file of the pack into plain values.
pub fn yaml_values() -> usize {
    let files = walkdir::WalkDir::new("rules").into_iter().filter_map(Result::ok);
    let yaml = files.filter(|e| {
        let name = e.file_name().to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    });
    yaml.map(|e| std::fs::read_to_string(e.path()).expect("readable"))
        .filter(|text| serde_yaml::from_str::<serde_yaml::Value>(text).expect("YAML").is_mapping())
        .count()
}
