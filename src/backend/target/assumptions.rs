//! Facts about a product that no manual settles, each with a query that does.

use super::decode::entries;
use crate::diagnostic::Findings;
use crate::source::yaml::Node;
use crate::syntax::decode::kit::Fields;
use indexmap::IndexMap;

/// A fact about a product that a lowering rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumption {
    /// What has to be true.
    pub fact: String,
    /// What goes wrong where it is false.
    pub otherwise: String,
    /// How a team settles it in its own product: a self-contained query, or a request.
    pub probe: Option<String>,
    /// What the probe gives where the fact is true.
    pub expected: Option<String>,
}

pub(super) fn decode(node: &Node, findings: &mut Findings) -> IndexMap<String, Assumption> {
    let mut all = IndexMap::new();
    for entry in entries(node, "a list of assumptions", findings) {
        if let Some(assumption) = one(&entry.value, findings) {
            all.insert(entry.key.value.clone(), assumption);
        }
    }
    all
}

fn one(node: &Node, findings: &mut Findings) -> Option<Assumption> {
    let mut fields = Fields::of(node, "an assumption", findings)?;
    let at = fields.span;
    let fact = fields.require("fact", at, findings).and_then(|n| crate::syntax::decode::kit::text(n, findings));
    let otherwise =
        fields.require("otherwise", at, findings).and_then(|n| crate::syntax::decode::kit::text(n, findings));
    let probe = fields.text("probe", findings).map(|n| n.value);
    let expected = fields.text("expected", findings).map(|n| n.value);
    fields.finish(findings);
    Some(Assumption { fact: fact?.value, otherwise: otherwise?.value, probe, expected })
}
