//! The source `alerts`: what rules alert on, as events of rules over alerts.
//!
//! A pack that declares a source of this name has it filled by `siemc run` and by the product's own alerts. It has no sensor, so the
//! pack's common fields are not its own; it lists what it has. What is in `alert.*` comes from the alert, every other field from a
//! group key or an entity that is that very field.

use super::RuleFile;
use super::codes;
use super::declare::article;
use super::schema::{FieldId, Presence, Schema, Source, SourceFields};
use crate::diagnostic::{Diagnostic, Findings};
use crate::value::Type;

/// The source's name.
pub const SOURCE: &str = "alerts";
/// The rule's name; every event of the source has it.
pub const RULE: &str = "alert.rule";
/// The rule's UUID.
pub const ID: &str = "alert.id";
/// `informational`, `low`, `medium`, `high` or `critical`.
pub const SEVERITY: &str = "alert.severity";
/// 0 to 100; missing where the rule says none.
pub const CONFIDENCE: &str = "alert.confidence";
/// One line.
pub const TITLE: &str = "alert.title";

/// Fields that come from the alert itself, with their types and whether each alert has them.
const OWN: [(&str, Type, bool); 5] = [
    (RULE, Type::STRING, true),
    (ID, Type::STRING, true),
    (SEVERITY, Type::STRING, true),
    (CONFIDENCE, Type::INTEGER, false),
    (TITLE, Type::STRING, false),
];

/// Reports a declaration of the source that no alert fits.
pub(super) fn check_declared(source: &Source, schema: &Schema, findings: &mut Findings) {
    let named = |id: &FieldId| schema.field_at(*id);
    if source
        .fields
        .iter()
        .all(|(id, presence)| named(id).is_none_or(|(n, _)| n != RULE || *presence == Presence::Optional))
    {
        let message = format!("the source `{SOURCE}` needs `{RULE}: required`");
        let help = "it says which rule alerted, and every alert has it";
        findings.push(Diagnostic::error(codes::ALERTS, source.span, message).help(help));
    }
    for (id, presence) in &source.fields {
        let Some((name, field)) = named(id) else { continue };
        let own = OWN.iter().find(|(own, ..)| *own == name);
        if let Some((_, ty, _)) = own
            && field.ty != *ty
        {
            let message = format!("`{name}` is {} in every alert, not {}", article(*ty), article(field.ty));
            findings.push(Diagnostic::error(codes::ALERTS, field.span, message).help(format!("write `type: {ty}`")));
        }
        if own.is_none() && name.starts_with("alert.") {
            let names: Vec<&str> = OWN.iter().map(|(own, ..)| *own).collect();
            let found = Diagnostic::error(codes::ALERTS, field.span, format!("an alert has no `{name}`"));
            findings.push(found.help(crate::syntax::decode::kit::suggestion(name, &names)));
        } else if *presence == Presence::Required && !own.is_some_and(|(.., always)| *always) {
            let message = format!("`{name}` is required in `{SOURCE}`, and an alert may lack it");
            let help = "it has what its rule groups by or lists under `entities`: say `optional`";
            findings.push(Diagnostic::error(codes::ALERTS, source.span, message).help(help));
        }
    }
}

/// Makes the names of the pack's rules values of `alert.rule`, beside those that the schema lists (rules of other tools). Rules that
/// read alerts themselves make no alerts that are read.
pub(super) fn name_rules(schema: &mut Schema, rules: &[RuleFile]) {
    let Some(id) = schema.source(SOURCE).and_then(|_| schema.field(RULE)) else { return };
    let over_events = rules.iter().filter(|file| !reads_alerts(file));
    let names: Vec<String> = over_events.filter_map(|file| file.rule.name.as_ref()).map(|n| n.value.clone()).collect();
    let Some((_, field)) = schema.fields.get_index_mut(id.0 as usize) else { return };
    for name in names {
        if !field.values.contains(&name) {
            field.values.push(name);
        }
    }
}

/// Whether a rule declares an event of the source.
pub fn reads_alerts(file: &RuleFile) -> bool {
    let mut sources = file.rule.shared.events.iter().filter_map(|(_, event)| event.source.as_ref());
    sources.any(|source| source.value == SOURCE)
}

/// The fields that every source of the pack has, for a source of this name.
pub(super) fn common<'c>(name: &str, common: &'c SourceFields, none: &'c SourceFields) -> &'c SourceFields {
    if name == SOURCE { none } else { common }
}
