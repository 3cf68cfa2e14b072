//! Whether a refusal is about what is in the rule: a construct that the rule has, at a place in it.

use super::constructs::Constructs;
use siemc::backend::Target;
use siemc::diagnostic::{Diagnostic, Severity};

/// Words of a message, and the constructs of which the rule has to have one that begins so. The first row that fits counts.
const ROWS: [(&str, &[&str]); 28] = [
    ("buckets of", &["baseline", "threshold: hopping", "threshold: tumbling", "cadence"]),
    ("empty buckets of a season", &["baseline: season"]),
    ("steps with different keys", &["sequence: keys of a step"]),
    ("whose keys are other fields", &["sequence"]),
    ("a measure of a hit that was merged", &["any: by"]),
    ("merging these hits of evidence", &["evidence read by another"]),
    ("re-keying the hits", &["any: by"]),
    ("several hits of", &["any read by another"]),
    ("in fixed windows", &["together: after"]),
    ("over a `together` with `after`", &["together: after"]),
    ("trailing absence", &["sequence: absent last"]),
    ("`after` beside hits", &["together: after"]),
    ("an absence beside hits", &["sequence: absent", "sequence: until"]),
    ("once_per", &["once_per"]),
    ("where it includes the asking event", &["context: measure, include self"]),
    ("percentile", &["measure: percentile", "measure: history: percentile", "context: measure", "measure: gap.median"]),
    ("this measure is only known", &["measure of", "measure over a range"]),
    ("windows that overlap", &["threshold: hopping", "together: hopping", "evidence: hopping", "cadence: hopping"]),
    ("a deviation over an aligned window", &["cadence: hopping", "cadence: tumbling"]),
    ("time zone", &["expression: hour_of_day in a zone", "expression: day_of_week"]),
    ("events in an order", &["sequence"]),
    ("time between consecutive events", &["cadence"]),
    ("a bucket against the buckets", &["baseline"]),
    ("a value that was not seen", &["novelty"]),
    ("merged hits as the input", &["any read by another"]),
    ("what comes after", &["together: after"]),
    ("true before an event", &["context"]),
    ("slides", &SLIDING),
];

const SLIDING: [&str; 8] = [
    "threshold: sliding",
    "together: sliding",
    "evidence: sliding",
    "cadence: sliding",
    "threshold: fires: rise",
    "together: fires: rise",
    "evidence: fires: rise",
    "cadence: fires: rise",
];

/// What is not true of the refusals of a rule; `text` is the rule's file.
pub fn untrue(target: Target, why: &[Diagnostic], text: &str, constructs: &Constructs) -> Vec<String> {
    if why.is_empty() {
        return vec!["a refusal without a reason".to_owned()];
    }
    why.iter().flat_map(|d| [place(d, text), kind(target, d), construct(d, constructs)].into_iter().flatten()).collect()
}

fn place(refusal: &Diagnostic, text: &str) -> Option<String> {
    let at = refusal.span.and_then(|s| text.get(s.start as usize..s.end as usize)).map(str::trim);
    // An exception of the environment stands in another file.
    let named = refusal.message.split_once("the exception `").and_then(|(_, rest)| rest.split_once('`'));
    let elsewhere = named.is_some_and(|(name, _)| !text.contains(&format!("name: {name},")));
    let here = elsewhere || at.is_some_and(|at| !at.is_empty());
    (!here).then(|| format!("{} at no place of the rule: {}", refusal.code, refusal.message))
}

/// Codes of refusals: the plan's and the printer's 01 to 09, EQL's 40 to 59, those of ES|QL 60 to 79.
fn kind(target: Target, refusal: &Diagnostic) -> Option<String> {
    let number: Option<u32> = refusal.code.0.strip_prefix("R11").and_then(|n| n.parse().ok());
    let known = number.is_some_and(|n| match n {
        0..=9 => target != Target::Eql,
        40..=59 => target == Target::Eql,
        60..=79 => target == Target::Esql,
        _ => false,
    });
    let good = known && refusal.severity == Severity::Error;
    (!good).then(|| format!("{} is no refusal of {}: {}", refusal.code, target.name(), refusal.message))
}

/// The constructs of a rule that a refusal is about; none where no row says so.
pub fn about(refusal: &Diagnostic, constructs: &Constructs) -> Vec<String> {
    let row = ROWS.iter().find(|(words, _)| refusal.message.contains(words));
    let wanted = row.map(|(_, wanted)| *wanted).unwrap_or_default();
    constructs.iter().filter(|c| wanted.iter().any(|w| c.starts_with(w))).cloned().collect()
}

fn construct(refusal: &Diagnostic, constructs: &Constructs) -> Option<String> {
    let (_, wanted) = ROWS.iter().find(|(words, _)| refusal.message.contains(words))?;
    let has = !about(refusal, constructs).is_empty();
    (!has).then(|| {
        format!("{} is about none of {wanted:?}, of which the rule has none: {}", refusal.code, refusal.message)
    })
}

/// A message without what is the rule's own.
pub fn reason(why: &Diagnostic) -> String {
    let mut out = String::new();
    for (i, part) in why.message.split('`').enumerate() {
        out.push_str(if i % 2 == 0 { part } else { "_" });
    }
    format!("{} {out}", why.code)
}
