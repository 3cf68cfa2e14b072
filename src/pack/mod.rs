//! A pack: the directory that a team owns. Manifest, environments, schema, lookups, shared parts, rules as written.
//!
//! In: a directory. Out: [`Pack`]. This room must never know what an analytic means, nor a dialect.

pub mod alerts;
pub mod codes;
mod cross;
mod declare;
mod load;
pub mod lookup;
mod manifest;
pub mod schema;
mod table;
#[cfg(test)]
mod tests;
mod word;

pub use load::{find_root, load};
pub use word::word;

use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{At, Exception, Name, Rule, Shared};
use indexmap::IndexMap;
use std::sync::Arc;

/// Everything that was read of one pack; nothing is resolved against rules yet.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The directory that holds `pack.yaml`.
    pub root: std::path::PathBuf,
    /// `name:`.
    pub name: String,
    /// `version:`.
    pub version: String,
    /// Fields and sources of all schema files.
    pub schema: Arc<schema::Schema>,
    /// Lookups by name, rows read and typed.
    pub lookups: IndexMap<String, Arc<lookup::Lookup>>,
    /// `shared/*.yaml` by stem.
    pub shared: IndexMap<String, Shared>,
    /// Rules as written, sorted by path.
    pub rules: Vec<RuleFile>,
    /// Environments by name, in written order. A pack without any has one named `default`.
    pub environments: IndexMap<String, Environment>,
    /// `defaults:`.
    pub defaults: Defaults,
    /// `exceptions:` for all environments.
    pub exceptions: Vec<Exception>,
}

/// One rule file of a pack.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its path as given or found.
    pub path: std::path::PathBuf,
    /// What it says.
    pub rule: Rule,
}

/// `defaults:` of `pack.yaml`.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The environment where none is named; the first otherwise.
    pub environment: Option<Name>,
    /// `schedule: { every, delay }` for rules without one.
    pub schedule: Option<crate::syntax::rule::Schedule>,
    /// `once_per:` for rules that say neither `once_per` nor `throttle`.
    pub once_per: Option<Expr>,
}

/// One environment of `pack.yaml`.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// `params: { rule-name: { param: value } }`, and `all:` for every rule that has the parameter.
    pub params: Vec<(Name, Vec<(Name, Expr)>)>,
    /// `unavailable: [source, field, source.field, ...]`: what it does not have ([`schema::Schema::unavailable`] reads a name).
    pub unavailable: Vec<Name>,
    /// `mappings: { kql: asim, spl: cim }`: which mapping set per target (`canonical` otherwise).
    pub mappings: Vec<(Name, Name)>,
    /// `tables: { kql: { mobile.network_session: MyTable_CL } }`, over the mapping's.
    pub tables: Vec<(Name, Vec<(Name, Name)>)>,
    /// `lookups: { managed_apps: { kql: ManagedApps } }`: delivered by the product under that name; inline otherwise.
    pub lookups: Vec<(Name, Vec<(Name, Name)>)>,
    /// `exceptions:` of this environment.
    pub exceptions: Vec<Exception>,
    /// Where it stands.
    pub span: Span,
}

/// A name with its place, for tables that are keyed by names.
pub type Placed<T> = At<T>;
