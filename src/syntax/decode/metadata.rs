//! What a rule says about itself: name, id, severity, ATT&CK, texts for people.

use super::kit::{self, Fields, NOT_A_NAME, missing};
use crate::diagnostic::{Code, Diagnostic, Findings, shortened};
use crate::source::Span;
use crate::source::yaml::Node;
use crate::syntax::rule::{Name, Rule};

/// An `id` that is not a UUID.
pub const NOT_A_UUID: Code = Code("E0311");
/// An id that is not one of ATT&CK's for its list.
pub const NOT_AN_ATTACK_ID: Code = Code("E0312");

const STATUSES: &[&str] = &["experimental", "test", "stable", "deprecated"];
const SEVERITIES: &[&str] = &["informational", "low", "medium", "high", "critical"];

pub(super) fn read(rule: &mut Rule, fields: &mut Fields<'_>, top: Span, findings: &mut Findings) {
    if !fields.has("rule") {
        findings.push(
            missing("rule", "a rule file", top).help("the first line is `rule: name`, the same name as the file's"),
        );
    }
    rule.name = fields.text("rule", findings).and_then(|name| rule_name(name, findings));
    rule.id = fields.text("id", findings).and_then(|id| uuid(id, findings));
    rule.title = fields.text("title", findings);
    rule.status = fields.word("status", STATUSES, findings);
    rule.severity = fields.word("severity", SEVERITIES, findings);
    rule.attack = fields.take("attack", findings).map(|node| attack(node, findings)).unwrap_or_default();
    rule.description = fields.text("description", findings);
    rule.false_positives = fields.texts("false_positives", findings);
    rule.blind_spots = fields.texts("blind_spots", findings);
    rule.response = fields.text("response", findings);
    rule.references = fields.texts("references", findings);
}

fn rule_name(name: Name, findings: &mut Findings) -> Option<Name> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.value.chars().all(good) && !name.value.starts_with('-') && !name.value.ends_with('-') {
        return Some(name);
    }
    let message = format!("`{}` is not a rule's name", shortened(&name.value));
    findings.push(
        Diagnostic::error(NOT_A_NAME, name.span, message)
            .help("write small letters, digits and `-`, as in the file's name"),
    );
    None
}

fn uuid(id: Name, findings: &mut Findings) -> Option<Name> {
    if uuid::Uuid::try_parse(&id.value).is_ok() {
        return Some(id);
    }
    let message = format!("`{}` is not a UUID", shortened(&id.value));
    findings.push(Diagnostic::error(NOT_A_UUID, id.span, message).help("`siemc new` makes one"));
    None
}

/// Each list of `attack`, with the shape of its ids: letters, then a fixed number of digits (ATT&CK's object ids).
const ATTACK: &[(&str, &str, usize, &str)] = &[
    ("techniques", "T", 4, "T1509"),
    ("analytics", "AN", 4, "AN1828"),
    ("strategies", "DET", 4, "DET0706"),
    ("software", "S", 4, "S0545"),
    ("data_components", "DC", 4, "DC0085"),
];

fn attack(node: &Node, findings: &mut Findings) -> Vec<(Name, Vec<Name>)> {
    let Some(mut fields) = Fields::of(node, "`attack`", findings) else { return Vec::new() };
    let mut lists = Vec::new();
    for (key, letters, digits, example) in ATTACK {
        let ids: Vec<Name> = fields.texts(key, findings);
        for id in ids.iter().filter(|id| !is_attack_id(&id.value, letters, *digits)) {
            let message = format!("`{}` is not an id of ATT&CK's {}", shortened(&id.value), key.replace('_', " "));
            findings.push(
                Diagnostic::error(NOT_AN_ATTACK_ID, id.span, message).help(format!("such an id reads `{example}`")),
            );
        }
        if let (Some(entry), false) = (fields.entry(key), ids.is_empty()) {
            lists.push((kit::key_text(&entry.key), ids));
        }
    }
    fields.finish(findings);
    lists
}

fn is_attack_id(id: &str, letters: &str, digits: usize) -> bool {
    let all_digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = id.strip_prefix(letters) else { return false };
    match number.split_once('.') {
        Some((technique, part)) => letters == "T" && all_digits(technique, digits) && all_digits(part, 3),
        None => all_digits(number, digits),
    }
}
