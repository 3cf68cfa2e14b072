//! `pack.yaml` as written.
//!
//! In: its YAML node. Out: [`Manifest`], in which names of sources, fields, lookups and rules are still only names.

use super::lookup::Declaration;
use super::{Defaults, Environment};
use crate::diagnostic::Findings;
use crate::source::Span;
use crate::source::yaml::Node;
use crate::syntax::decode;
use crate::syntax::decode::kit::{self, Fields};
use crate::syntax::rule::{Exception, Name};
use indexmap::IndexMap;

/// What `pack.yaml` says.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// `name:`.
    pub name: String,
    /// `version:`.
    pub version: String,
    /// `schema:`; all of `schema/` where it is left out.
    pub schema: Option<Vec<Name>>,
    /// `lookups:`.
    pub lookups: Vec<(Name, Declaration)>,
    /// `defaults:`.
    pub defaults: Defaults,
    /// `environments:`.
    pub environments: IndexMap<String, Environment>,
    /// `exceptions:`.
    pub exceptions: Vec<Exception>,
}

/// Reads `pack.yaml`. Nothing (reported) where it is not a map.
pub fn read(node: &Node, findings: &mut Findings) -> Option<Manifest> {
    let mut fields = Fields::of(node, "the pack", findings)?;
    let at = Span::new(node.span.file, node.span.start, node.span.start);
    let mut text = |key, findings: &mut Findings| {
        let node = fields.require(key, at, findings)?;
        kit::text(node, findings).map(|name| name.value)
    };
    let name = text("name", findings).unwrap_or_default();
    let version = text("version", findings).unwrap_or_default();
    let schema = fields.take("schema", findings).map(|node| kit::texts(node, findings));
    let lookups = fields.take("lookups", findings);
    let defaults = fields.take("defaults", findings);
    let environments = fields.take("environments", findings);
    let exceptions = fields.take("exceptions", findings);
    fields.finish(findings);
    Some(Manifest {
        name,
        version,
        schema,
        lookups: lookups
            .map(|node| kit::named(node, "lookups", findings, super::lookup::declaration))
            .unwrap_or_default(),
        defaults: defaults.and_then(|node| read_defaults(node, findings)).unwrap_or_default(),
        environments: environments.map(|node| read_environments(node, findings)).unwrap_or_default(),
        exceptions: exceptions.map(|node| decode::exceptions(node, findings)).unwrap_or_default(),
    })
}

fn read_defaults(node: &Node, findings: &mut Findings) -> Option<Defaults> {
    let mut fields = Fields::of(node, "defaults", findings)?;
    let environment = fields.text("environment", findings);
    let schedule = fields.take("schedule", findings).and_then(|node| decode::schedule(node, findings));
    let once_per = fields.take("once_per", findings).and_then(|node| decode::expression(node, findings));
    fields.finish(findings);
    Some(Defaults { environment, schedule, once_per })
}

fn read_environments(node: &Node, findings: &mut Findings) -> IndexMap<String, Environment> {
    let entries = kit::map(node, "environments", findings).unwrap_or_default();
    let mut all = IndexMap::new();
    for entry in entries {
        let name = &entry.key.value;
        let mut environment = Environment { name: name.clone(), span: entry.key.whole, ..Environment::default() };
        // `prod:` alone is an environment that has everything and changes nothing.
        if !entry.value.is_null() {
            read_environment(&entry.value, &mut environment, findings);
        }
        all.insert(name.clone(), environment);
    }
    all
}

fn read_environment(node: &Node, environment: &mut Environment, findings: &mut Findings) {
    let Some(mut fields) = Fields::of(node, "an environment", findings) else { return };
    // An empty list is how a second environment says that it lacks nothing.
    let unavailable = fields.take("unavailable", findings).filter(|node| !is_empty_list(node));
    environment.unavailable = unavailable.map(|node| kit::texts(node, findings)).unwrap_or_default();
    let params = fields.take("params", findings);
    environment.params = table(params, "params", findings, |node, findings| {
        Some(table(Some(node), "a rule's params", findings, decode::literal))
    });
    environment.mappings = table(fields.take("mappings", findings), "mappings", findings, kit::text);
    let tables = fields.take("tables", findings);
    environment.tables = table(tables, "tables", findings, |node, findings| {
        Some(table(Some(node), "a target's tables", findings, kit::text))
    });
    let lookups = fields.take("lookups", findings);
    environment.lookups = table(lookups, "lookups", findings, |node, findings| {
        Some(table(Some(node), "a lookup's names", findings, kit::text))
    });
    let exceptions = fields.take("exceptions", findings).filter(|node| !is_empty_list(node));
    environment.exceptions = exceptions.map(|node| decode::exceptions(node, findings)).unwrap_or_default();
    fields.finish(findings);
}

fn is_empty_list(node: &Node) -> bool {
    matches!(&node.kind, crate::source::yaml::Kind::Seq(items) if items.is_empty())
}

/// A map whose keys may be any text (rule names have hyphens).
fn table<T>(
    node: Option<&Node>,
    what: &'static str,
    findings: &mut Findings,
    mut value: impl FnMut(&Node, &mut Findings) -> Option<T>,
) -> Vec<(Name, T)> {
    let entries = node.and_then(|node| kit::map(node, what, findings)).unwrap_or_default();
    let read = entries.iter().filter_map(|entry| Some((kit::key_text(&entry.key), value(&entry.value, findings)?)));
    read.collect()
}
