//! What can only be checked with the whole pack at hand: names that environments use, and rules beside each other.

use super::load::stem;
use super::schema::{Presence, Unavailable};
use super::{Environment, Pack, codes};
use crate::diagnostic::{Diagnostic, Findings, nearest};
use crate::source::Span;
use crate::syntax::rule::Name;
use rustc_hash::FxHashMap;

/// Reports names that the pack does not have, and rules that collide.
pub fn check(pack: &Pack, findings: &mut Findings) {
    if let Some(name) = &pack.defaults.environment {
        known("environment", name, pack.environments.keys(), findings);
    }
    for environment in pack.environments.values() {
        check_environment(pack, environment, findings);
    }
    check_rules(pack, findings);
}

fn known<'a>(what: &str, name: &Name, names: impl Iterator<Item = &'a String> + Clone, findings: &mut Findings) {
    if names.clone().any(|known| *known == name.value) {
        return;
    }
    let error = Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown {what} `{}`", name.value));
    findings.push(match nearest(&name.value, names.map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    });
}

fn check_environment(pack: &Pack, environment: &Environment, findings: &mut Findings) {
    for name in &environment.unavailable {
        check_unavailable(pack, name, findings);
    }
    let rules: Vec<String> = pack.rules.iter().filter_map(|file| stem(&file.path)).chain(["all".to_owned()]).collect();
    for (rule, _) in &environment.params {
        known("rule", rule, rules.iter(), findings);
    }
    for (lookup, _) in &environment.lookups {
        known("lookup", lookup, pack.lookups.keys(), findings);
    }
    for (source, _) in environment.tables.iter().flat_map(|(_, tables)| tables) {
        known("source", source, pack.schema.sources.keys(), findings);
    }
    let exceptions = pack.exceptions.iter().chain(&environment.exceptions);
    for rule in exceptions.filter_map(|exception| exception.rule.as_ref()) {
        known("rule", rule, rules.iter(), findings);
    }
}

fn check_unavailable(pack: &Pack, name: &Name, findings: &mut Findings) {
    let schema = &pack.schema;
    let Some(found) = schema.unavailable(&name.value) else {
        known("source or field", name, schema.sources.keys().chain(schema.fields.keys()), findings);
        return;
    };
    let Unavailable::Field(only, field) = found else { return };
    let sources = schema.sources.iter().enumerate().filter(|(i, _)| only.is_none_or(|s| s.0 as usize == *i));
    let required = sources.filter(|(_, (_, source))| source.fields.get(&field) == Some(&Presence::Required));
    if let Some((_, (source, _))) = required.into_iter().next() {
        let message = format!("`{}` is unavailable here, but required in `{source}`", name.value);
        let help = "every event of the source has a required field: make it `optional` in the schema, or leave the whole source out";
        findings.push(Diagnostic::error(codes::REQUIRED_UNAVAILABLE, name.span, message).help(help));
    }
}

fn check_rules(pack: &Pack, findings: &mut Findings) {
    let mut names: FxHashMap<String, Span> = FxHashMap::default();
    let mut ids: FxHashMap<String, Span> = FxHashMap::default();
    for file in &pack.rules {
        if let (Some(name), Some(stem)) = (&file.rule.name, stem(&file.path)) {
            if name.value != stem {
                let message = format!("the rule `{}` stands in a file named `{stem}.yaml`", name.value);
                let help = format!("rename the file to `{}.yaml`, or the rule", name.value);
                findings.push(Diagnostic::error(codes::RULE_FILE, name.span, message).help(help));
            }
            once("name", name, name.value.clone(), &mut names, findings);
        }
        if let Some(id) = &file.rule.id {
            once("id", id, id.value.to_ascii_lowercase(), &mut ids, findings);
        }
    }
}

fn once(what: &str, name: &Name, key: String, seen: &mut FxHashMap<String, Span>, findings: &mut Findings) {
    match seen.get(&key) {
        Some(first) => {
            let message = format!("two rules have the {what} `{}`", name.value);
            findings.push(Diagnostic::error(codes::RULE_TWICE, name.span, message).related(*first, "the first one"));
        }
        None => drop(seen.insert(key, name.span)),
    }
}
