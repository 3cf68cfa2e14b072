//! Names of targets in an environment. The pack that reads them must not know which there are.

use crate::backend::Target;
use crate::diagnostic::{Diagnostic, Findings};
use crate::pack::{Pack, codes};
use crate::syntax::decode::kit;
use crate::syntax::rule::Name;

/// Reports each name under `mappings`, `tables` and `lookups` of an environment that is no target's: what stands there would go unused.
pub fn check(pack: &Pack, findings: &mut Findings) {
    for environment in pack.environments.values() {
        let mappings = environment.mappings.iter().map(|(target, _)| target);
        let tables = environment.tables.iter().map(|(target, _)| target);
        let lookups = environment.lookups.iter().flat_map(|(_, names)| names).map(|(target, _)| target);
        mappings.chain(tables).chain(lookups).for_each(|target| known(target, findings));
    }
}

fn known(target: &Name, findings: &mut Findings) {
    let names = Target::ALL.map(Target::name);
    if !names.contains(&target.value.as_str()) {
        let message = format!("unknown target `{}`", target.value);
        let found = Diagnostic::error(codes::UNKNOWN_NAME, target.span, message);
        findings.push(found.help(kit::suggestion(&target.value, &names)));
    }
}
