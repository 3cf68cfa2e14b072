//! What concerns a pack as a whole rather than one of its rules, and needs what its rules declare.

use super::codes;
use super::names::with_nearest;
use crate::diagnostic::{Diagnostic, Findings};
use crate::pack::Pack;

/// Checks the parameters that environments set for all rules: one rule or shared file at least has to know each.
pub fn check_pack(pack: &Pack, findings: &mut Findings) {
    let for_all = pack.environments.values().flat_map(|e| &e.params).filter(|(rule, _)| rule.value == "all");
    for (param, _) in for_all.flat_map(|(_, params)| params) {
        if !param_names(pack).any(|n| n == param.value) {
            let message = format!("no rule has a parameter `{}`", param.value);
            let found = Diagnostic::error(codes::UNKNOWN_IN_ENVIRONMENT, param.span, message);
            findings.push(with_nearest(found, &param.value, param_names(pack)));
        }
    }
}

fn param_names(pack: &Pack) -> impl Iterator<Item = &str> {
    let own = pack.rules.iter().flat_map(|f| &f.rule.shared.params);
    let shared = pack.shared.values().flat_map(|s| &s.params);
    own.chain(shared).map(|(name, _)| name.value.as_str())
}
