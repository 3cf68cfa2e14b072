//! Conditions as EQL can say them, and their text.
//!
//! A condition is two-valued here as in a rule: each atom is a comparison of one field with constants, which Elasticsearch runs as a
//! query of its index, so that a missing field makes it false and its negation true. Only `cidrMatch`, a function, needs a guard below `not`.

use super::text;
use crate::backend::target::TargetData;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cond {
    /// Always, or never.
    Always(bool),
    /// All of them; at least two.
    And(Vec<Cond>),
    /// One of them; at least two.
    Or(Vec<Cond>),
    /// Not it.
    Not(Box<Cond>),
    /// A field against constants.
    Atom {
        /// Key in the target's table of operators.
        operator: &'static str,
        /// The column, not quoted yet.
        column: String,
        /// The column may not exist in every index: printed with `?`.
        optional: bool,
        /// What stands right of the operator (or after the column in a call), printed; in parentheses where there are several.
        values: Vec<String>,
    },
}

/// All of them.
pub(super) fn and(parts: impl IntoIterator<Item = Cond>) -> Cond {
    joined_flat(parts, true)
}

/// One of them.
pub(super) fn or(parts: impl IntoIterator<Item = Cond>) -> Cond {
    joined_flat(parts, false)
}

/// The parts of one conjunction (or disjunction), each once. `neutral` is the constant that changes nothing; the other one decides.
fn joined_flat(parts: impl IntoIterator<Item = Cond>, neutral: bool) -> Cond {
    let mut all: Vec<Cond> = Vec::new();
    for part in parts {
        match (part, neutral) {
            (Cond::Always(value), _) if value == neutral => {}
            (Cond::Always(_), _) => return Cond::Always(!neutral),
            (Cond::And(inner), true) | (Cond::Or(inner), false) => all.extend(inner),
            (other, _) => all.push(other),
        }
    }
    dedup(&mut all);
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            if neutral { Cond::And(all) } else { Cond::Or(all) }
        }
        _ => Cond::Always(neutral),
    }
}

pub(super) fn not(inner: Cond) -> Cond {
    match inner {
        Cond::Always(value) => Cond::Always(!value),
        Cond::Not(inner) => *inner,
        Cond::Atom { operator: "exists", column, optional, values } => {
            Cond::Atom { operator: "missing", column, optional, values }
        }
        Cond::Atom { operator: "missing", column, optional, values } => {
            Cond::Atom { operator: "exists", column, optional, values }
        }
        other => Cond::Not(Box::new(guarded(other))),
    }
}

/// A function of a missing field is null, and no manual says what `not` makes of null: below a `not`, a call asks first whether the field is
/// there.
fn guarded(cond: Cond) -> Cond {
    match cond {
        Cond::And(parts) => and(parts.into_iter().map(guarded)),
        Cond::Or(parts) => or(parts.into_iter().map(guarded)),
        Cond::Atom { operator: "in_nets", column, optional: true, values } => {
            let there = Cond::Atom { operator: "exists", column: column.clone(), optional: true, values: Vec::new() };
            and([there, Cond::Atom { operator: "in_nets", column, optional: true, values }])
        }
        other => other,
    }
}

/// True where a comparison in it leaves case out.
pub(super) fn folds(cond: &Cond) -> bool {
    match cond {
        Cond::Always(_) => false,
        Cond::And(parts) | Cond::Or(parts) => parts.iter().any(folds),
        Cond::Not(inner) => folds(inner),
        Cond::Atom { operator, .. } => operator.ends_with("_fold"),
    }
}

/// The text of a condition; every mix of `and` and `or` stands in parentheses.
pub(super) fn print(cond: &Cond, target: &TargetData) -> String {
    match cond {
        Cond::Always(value) => value.to_string(),
        Cond::And(parts) => joined(parts, " and ", target),
        Cond::Or(parts) => joined(parts, " or ", target),
        Cond::Not(inner) => match negated(inner, target) {
            Some(text) => text,
            None => format!("{} {}", spelling(target, "not"), operand(inner, target, true)),
        },
        Cond::Atom { operator, column, optional, values } => atom(operator, column, *optional, values, target),
    }
}

fn joined(parts: &[Cond], word: &str, target: &TargetData) -> String {
    let texts: Vec<String> = parts.iter().map(|part| operand(part, target, false)).collect();
    texts.join(word)
}

fn operand(cond: &Cond, target: &TargetData, under_not: bool) -> String {
    let is_call = |o: &str| target.operator(o).is_some_and(|o| o.form == crate::backend::target::Form::Call);
    match cond {
        Cond::And(_) | Cond::Or(_) => format!("({})", print(cond, target)),
        Cond::Atom { operator, .. } if under_not && !is_call(operator) => format!("({})", print(cond, target)),
        _ => print(cond, target),
    }
}

/// `!=` and `not in` where the dialect has them: they match where the field is missing, as `not (a == b)` does.
fn negated(inner: &Cond, target: &TargetData) -> Option<String> {
    let Cond::Atom { operator, column, optional, values } = inner else { return None };
    let operator = match *operator {
        "equal" => "not_equal",
        "in" => "not_in",
        "in_fold" => "not_in_fold",
        _ => return None,
    };
    target.operator(operator)?;
    Some(atom(operator, column, *optional, values, target))
}

fn atom(operator: &str, column: &str, optional: bool, values: &[String], target: &TargetData) -> String {
    let name = text::name(column, optional, target);
    let spelled = spelling(target, operator);
    match operator {
        "exists" | "missing" => format!("{name} {spelled}"),
        "in_nets" => format!("{spelled}({name}, {})", values.join(", ")),
        "in" | "in_fold" | "not_in" | "not_in_fold" => format!("{name} {spelled} ({})", values.join(", ")),
        _ if values.len() > 1 => format!("{name} {spelled} ({})", values.join(", ")),
        _ => format!("{name} {spelled} {}", values.concat()),
    }
}

fn spelling<'a>(target: &'a TargetData, key: &'a str) -> &'a str {
    target.operator(key).map_or(key, |o| o.spelling.as_str())
}

fn dedup(all: &mut Vec<Cond>) {
    let mut seen: Vec<Cond> = Vec::new();
    all.retain(|cond| {
        let is_new = !seen.contains(cond);
        if is_new {
            seen.push(cond.clone());
        }
        is_new
    });
}
