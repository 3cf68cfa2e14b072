//! Bugs that are fixed stay fixed: each file of `tests/regressions/` is a rule with a fixture that showed one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "regressions/packs.rs"]
mod packs;

use siemc::diagnostic::{Findings, text};
use siemc::fixture::{self, report};
use siemc::source::Files;

#[test]
fn the_evaluator_gives_what_every_regression_expects() {
    let mut cases = 0;
    for pack in packs::unpacked() {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let root = pack.path();
        let loaded = siemc::pack::load(root, &mut files, &mut findings).expect("a pack");
        let fixtures: Vec<_> = fixture::find(root)
            .iter()
            .filter_map(|path| fixture::load(path, &loaded, &mut files, &mut findings))
            .collect();
        assert!(!findings.has_errors(), "{}", text(&findings.all, &files, false));
        let reports = fixture::run_all(&loaded, &fixtures, None);
        let (passed, failed) = report::counts(&reports);
        assert_eq!(failed, 0, "{}", report::text(&reports, &files, false));
        cases += passed;
        let named = |rule: &str| reports.iter().find(|report| report.rule == rule);
        for rule in &loaded.rules {
            let name = &rule.rule.name.as_ref().expect("a name").value;
            let alerts = named(name).is_some_and(|report| report.cases.iter().any(|case| !case.alerts.is_empty()));
            assert!(alerts, "no case of `{name}` alerts");
        }
    }
    assert!(cases >= 20, "only {cases} cases");
}
