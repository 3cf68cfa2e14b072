//! `target.yaml`, key by key.

use super::{Form, Limits, Missing, Operator, TargetData};
use crate::backend::Target;
use crate::diagnostic::{Code, Diagnostic, Findings};
use crate::source::yaml::{Entry, Node};
use crate::syntax::decode::kit::{self, Fields};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// A number of a target's data that is out of its range, or a duration that is none.
pub const BAD_VALUE: Code = Code("E1111");

pub(super) fn target(target: Target, node: &Node, findings: &mut Findings) -> Option<TargetData> {
    let mut fields = Fields::of(node, "a target", findings)?;
    let at = fields.span;
    let title = fields.require("title", at, findings).and_then(|n| kit::text(n, findings)).map(|n| n.value);
    let limits = fields.take("limits", findings).and_then(|n| limits(n, findings)).unwrap_or_default();
    let capabilities = fields.texts("capabilities", findings).into_iter().map(|n| n.value).collect();
    let mut operators = IndexMap::new();
    for key in ["operators", "functions"] {
        if let Some(node) = fields.require(key, at, findings) {
            operators.extend(table(node, key == "functions", findings));
        }
    }
    let reserved: BTreeSet<String> = fields.texts("reserved", findings).into_iter().map(|n| n.value).collect();
    let literals = fields.take("literals", findings).map(|n| texts_by_key(n, findings)).unwrap_or_default();
    fields.finish(findings);
    let title = title?;
    Some(TargetData {
        target,
        title,
        limits,
        capabilities,
        operators,
        reserved,
        literals,
        assumptions: IndexMap::new(),
    })
}

/// The entries of a map whose keys are free; empty (reported) where it is no map.
pub(super) fn entries<'a>(node: &'a Node, what: &'static str, findings: &mut Findings) -> &'a [Entry] {
    kit::map(node, what, findings).unwrap_or_default()
}

/// A duration such as `14d` or `500ms`, in milliseconds.
pub(super) fn duration(node: &Node, findings: &mut Findings) -> Option<i64> {
    let text = kit::text(node, findings)?;
    let digits = text.value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match text.value.strip_prefix(digits) {
        Some("ms") => 1,
        Some("s") => 1_000,
        Some("m") => 60_000,
        Some("h") => 3_600_000,
        Some("d") => 86_400_000,
        _ => 0,
    };
    let value = digits.parse::<i64>().ok().and_then(|n| n.checked_mul(scale)).filter(|_| scale > 0);
    if value.is_none() {
        let message =
            format!("`{}` is not a duration: expected a whole number and `ms`, `s`, `m`, `h` or `d`", text.value);
        findings.push(Diagnostic::error(BAD_VALUE, text.span, message));
    }
    value
}

fn limits(node: &Node, findings: &mut Findings) -> Option<Limits> {
    let mut fields = Fields::of(node, "the limits", findings)?;
    let mut count = |key, findings: &mut Findings| {
        let node = fields.take(key, findings)?;
        let value = kit::integer(node, findings)?;
        usize::try_from(value).ok()
    };
    let query_characters = count("query_characters", findings);
    let inline_rows = count("inline_rows", findings);
    let sequence_steps = count("sequence_steps", findings);
    let lookback = fields.take("lookback", findings).and_then(|n| duration(n, findings));
    let shortest_interval = fields.take("shortest_interval", findings).and_then(|n| duration(n, findings));
    fields.finish(findings);
    Some(Limits { query_characters, lookback, shortest_interval, inline_rows, sequence_steps })
}

fn table(node: &Node, calls: bool, findings: &mut Findings) -> IndexMap<String, Operator> {
    let mut operators = IndexMap::new();
    for entry in entries(node, "a table of operators", findings) {
        if let Some(operator) = operator(&entry.value, calls, findings) {
            operators.insert(entry.key.value.clone(), operator);
        }
    }
    operators
}

/// A function may be given by its spelling alone.
fn operator(node: &Node, call: bool, findings: &mut Findings) -> Option<Operator> {
    if call && node.scalar().is_some() {
        let spelling = kit::text(node, findings)?.value;
        return Some(Operator {
            spelling,
            form: Form::Call,
            binding: u8::MAX,
            missing: Missing::Missing,
            requires: None,
        });
    }
    let mut fields = Fields::of(node, "an operator", findings)?;
    let at = fields.span;
    let spelling = fields.require("spelling", at, findings).and_then(|n| kit::text(n, findings));
    let form = match fields.word("form", &["infix", "prefix", "call"], findings).as_ref().map(|n| n.value.as_str()) {
        Some("call") => Form::Call,
        Some("prefix") => Form::Prefix,
        None if call => Form::Call,
        _ => Form::Infix,
    };
    let missing =
        match fields.word("missing", &["false", "null", "handled"], findings).as_ref().map(|n| n.value.as_str()) {
            Some("false") => Missing::False,
            Some("handled") => Missing::Handled,
            _ => Missing::Missing,
        };
    let binding = fields.take("binding", findings).and_then(|n| Some((kit::integer(n, findings)?, n.span)));
    let requires = fields.text("requires", findings).map(|n| n.value);
    fields.finish(findings);
    let binding = match binding.map(|(value, span)| (u8::try_from(value), span)) {
        Some((Ok(value), _)) => value,
        Some((Err(_), span)) => {
            findings.push(Diagnostic::error(BAD_VALUE, span, "a binding strength is a number from 0 to 255"));
            return None;
        }
        None => u8::MAX,
    };
    Some(Operator { spelling: spelling?.value, form, binding, missing, requires })
}

fn texts_by_key(node: &Node, findings: &mut Findings) -> IndexMap<String, String> {
    let mut all = IndexMap::new();
    for entry in entries(node, "the literals", findings) {
        if let Some(text) = kit::text(&entry.value, findings) {
            all.insert(entry.key.value.clone(), text.value);
        }
    }
    all
}
