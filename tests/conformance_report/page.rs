//! The page, in Markdown.

use super::controls;
use super::records::{Records, Sum, TARGETS, Target, refusals};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How the line about recorded answers of the real Kusto engine begins.
pub const RECORDINGS: &str = "- Recorded answers of the real Kusto engine";
/// What it says where there are none.
pub const NO_RECORDINGS: &str = "not here";

const DRAWN: &str = "This page is of one run: ";

/// Heading, and the constructs that stand under it: those that begin with one of these. The first heading that takes one has it.
const SECTIONS: [(&str, &[&str]); 8] = [
    ("Contexts", &["context"]),
    ("Lookups", &["lookup"]),
    ("Operators and functions", &["expression: "]),
    ("Measures", &["measure", "all(c)", "any(c)", "matched(x)"]),
    ("Keys", &["keys"]),
    ("From hits to alerts", &["confidence", "exception", "once_per", "throttle"]),
    ("Environments and selections", &["environment", "parameter set", "scope", "selection of"]),
    ("Analytics and windows", &[""]),
];

/// What of the page's first lines says what the random pairs were drawn from.
pub fn drawn_from(line: &str) -> Option<String> {
    line.strip_prefix(DRAWN).and_then(|rest| rest.strip_suffix('.')).map(str::to_owned)
}

/// The page.
pub fn page(records: &Records) -> String {
    let reasons = Reasons::of(records);
    let mut out = String::from(HEAD);
    let _ = writeln!(out, "\n{DRAWN}{}.\n", records.drawn);
    out.push_str(&targets(records));
    out.push_str("\n## The bundled rules\n\n");
    out.push_str(
        "Cases of their fixtures, in every environment and with every set of mappings that the target has.\n\n",
    );
    out.push_str(&fixtures(records));
    out.push_str("\n## Other parts\n\n");
    out.push_str(&others(records));
    out.push_str(&controls::section(&TARGETS));
    out.push_str(&constructs(records, &reasons));
    out.push_str("\n## Why rules are refused\n\nNames of a rule are left out.\n");
    out.push_str(&reasons.listed());
    out
}

const HEAD: &str = "# Conformance

What the emitted queries do, executed, compared with the reference evaluator. Written by `tests/conformance/report` from what that run
recorded, and compared with what continuous integration records; nothing here is written by hand.

- **engine**: others wrote what executed the queries. **independent model**: we did, from the vendor's manual alone, in another language,
  without having read the backends. Agreement with a model is not agreement with the product: `siemc verify` asks the product itself.
- `✓ 412 (120)`: 412 cases were executed and each gave what the query's fidelity promises of the evaluator's alerts (time, group, confidence,
  reasons), 120 of them with alerts. `✗`: some did not. A case is a rule with a stream of events.
- `refused 3 ¹`: so many rules were refused for this, and why. `not run`: no case had it, so nothing is known.
- `12 not executed`: what executes the target's queries does not know a function that they use, and says so.
";

fn targets(records: &Records) -> String {
    let mut out = String::from(
        "| target | read by | executed on | kind | random rules | refused | pairs executed | with alerts | as promised | not executed |\n\
         |---|---|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for target in &records.targets {
        let text = |key: &str| target.head[key].as_str().map(escaped);
        let Some(random) = target.part("random") else {
            let _ = writeln!(out, "| {} | | | not run | | | | | | |", escaped(target.title));
            continue;
        };
        let executor = text("executor").unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            escaped(target.title),
            text("parser").unwrap_or_else(|| "what executes it".to_owned()),
            executor,
            text("kind").unwrap_or_default(),
            thousands(random.rules),
            thousands(random.refused),
            thousands(random.executed),
            thousands(random.with_alerts),
            thousands(random.equal),
            thousands(random.cases - random.executed)
        );
    }
    out
}

/// A row for each bundled rule.
fn fixtures(records: &Records) -> String {
    let mut rules: BTreeSet<String> = BTreeSet::new();
    let rule = |r: &Json| r["name"].as_str().unwrap_or("").split(' ').next().unwrap_or("").to_owned();
    let of = |t: &Target| t.parts.get("fixtures").cloned().unwrap_or_default();
    records.targets.iter().for_each(|t| rules.extend(of(t).iter().map(rule)));
    let mut out = table_head("rule", records);
    for name in rules {
        let cells = records.targets.iter().map(|t| {
            let (mut sum, mut fidelity) = (Sum::default(), BTreeSet::new());
            for record in of(t).iter().filter(|r| rule(r) == name) {
                sum.add(record);
                fidelity.extend(record["fidelity"].as_str().map(str::to_owned));
            }
            let cell = cell(&sum, "");
            let fidelity = fidelity.into_iter().collect::<Vec<_>>().join(", ");
            if fidelity.is_empty() { cell } else { format!("{fidelity} {cell}") }
        });
        let _ = writeln!(out, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    out
}

fn others(records: &Records) -> String {
    let mut out = table_head("part", records);
    for (part, title) in [
        ("fixtures", "bundled rules"),
        ("own-fixtures", "rules that need no order of events (`tests/conformance/esql/pack`)"),
        ("regressions", "regressions (`tests/regressions`)"),
    ] {
        let cells = records.targets.iter().map(|t| t.part(part).map_or("not run".to_owned(), |sum| cell(&sum, "")));
        let _ = writeln!(out, "| {title} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    let counted = [
        ("hostile", "hostile texts"),
        ("scheduled", "scheduled runs"),
        ("stages", "single stages on an engine"),
        ("newer", "read by Elastic's ES\\|QL validator (detection-rules-esql-py), release 9.5"),
    ];
    for (part, title) in counted {
        let cells = records.targets.iter().map(|t| {
            let counts = t.counts.get(part).into_iter().flatten();
            let all: Vec<String> = counts.map(|(what, n)| format!("{} {what}", thousands(*n))).collect();
            if all.is_empty() { "not run".to_owned() } else { all.join(", ") }
        });
        let _ = writeln!(out, "| {title} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    out.push_str(&selftests(records));
    out
}

/// What models and parsers say of themselves.
fn selftests(records: &Records) -> String {
    let lines = |name: &str| records.selftests.get(name).map(Vec::as_slice).unwrap_or_default();
    let passed =
        |name: &str| lines(name).iter().rev().find(|l| l.contains(" passed, ")).map_or("not run", String::as_str);
    let mut out = String::from("\nWhat the executors show of themselves, each over its own controls:\n\n");
    let recorded = lines("kql-model").iter().find_map(|l| l.strip_prefix("recorded answers: "));
    let _ = writeln!(out, "{RECORDINGS}, which the model of KQL has to give: {}", recorded.unwrap_or(NO_RECORDINGS));
    for (name, title) in [
        ("kql-model", "Worked examples of Microsoft's manual on the model of KQL, and its other controls"),
        ("spl-model", "Worked examples of Splunk's manuals on the model of SPL, and its other controls"),
        ("eql-model", "Worked examples of Elastic's manual on the model of EQL, and its other controls"),
    ] {
        let shown = if name == "kql-model" { without_recorded(lines(name)) } else { passed(name).to_owned() };
        let manual = lines(name).iter().find(|l| l.contains("printed in the manual"));
        let manual = manual.map_or(String::new(), |l| format!("; {l}"));
        let _ = writeln!(out, "- {title}: {shown}{manual}");
    }
    let _ = writeln!(out, "- Controls of the parsers and of the Elasticsearch node: {}", passed("selftest"));
    out
}

/// The count without the recorded answers, which only some checkouts have.
fn without_recorded(lines: &[String]) -> String {
    let number = |l: &str| l.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    let recorded = lines.iter().find_map(|l| number(l.strip_prefix("recorded answers: ")?)).unwrap_or(0);
    let last = lines.iter().rev().find(|l| l.contains(" passed, "));
    match last.and_then(|l| Some((number(l)?, l.split_once(", ")?.1))) {
        Some((passed, failed)) => format!("{} passed, {failed}", passed - recorded.min(passed)),
        None => "not run".to_owned(),
    }
}

fn constructs(records: &Records, reasons: &Reasons) -> String {
    let listed = include_str!("../naive/constructs.txt").lines().map(str::to_owned);
    let mut all: BTreeSet<String> = listed.collect();
    let told =
        records.targets.iter().flat_map(Target::records).flat_map(|r| r["constructs"].as_array().into_iter().flatten());
    all.extend(told.filter_map(Json::as_str).map(str::to_owned));
    let section = |construct: &str| {
        SECTIONS.iter().position(|(_, begins)| begins.iter().any(|b| construct.starts_with(b))).expect("a section")
    };
    let mut out = String::new();
    // The last section is the language's heart, and stands first.
    for place in std::iter::once(SECTIONS.len() - 1).chain(0..SECTIONS.len() - 1) {
        let _ = writeln!(out, "\n## {}\n", SECTIONS[place].0);
        out.push_str(&table_head("", records));
        for construct in all.iter().filter(|c| section(c) == place) {
            let cells = records.targets.iter().map(|t| {
                let sum = t.construct(construct);
                cell(&sum, &reasons.marks(t.title, &sum.reasons))
            });
            let _ = writeln!(out, "| {} | {} |", shown(construct), cells.collect::<Vec<_>>().join(" | "));
        }
    }
    out
}

fn table_head(first: &str, records: &Records) -> String {
    let titles: Vec<String> = records.targets.iter().map(|t| escaped(t.title)).collect();
    format!("| {first} | {} |\n|---|{}\n", titles.join(" | "), "---|".repeat(titles.len()))
}

/// A tick only where something was executed, all of it was as promised, and every query was read.
fn cell(sum: &Sum, marks: &str) -> String {
    let mut parts = Vec::new();
    if sum.executed > 0 {
        let good = sum.equal == sum.executed && sum.read == sum.queries;
        let (executed, alerts) = (thousands(sum.executed), thousands(sum.with_alerts));
        parts.push(if good {
            format!("✓ {executed} ({alerts})")
        } else {
            format!("✗ {} of {executed} ({alerts})", thousands(sum.equal))
        });
    }
    if sum.cases > sum.executed {
        parts.push(format!("{} not executed", thousands(sum.cases - sum.executed)));
    }
    if sum.refused > 0 {
        parts.push(format!("refused {}{marks}", thousands(sum.refused)));
    }
    if parts.is_empty() { "not run".to_owned() } else { parts.join(", ") }
}

/// Reasons of each target, numbered.
struct Reasons(BTreeMap<&'static str, BTreeMap<String, u64>>);

impl Reasons {
    fn of(records: &Records) -> Reasons {
        let mut all: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
        for target in &records.targets {
            let counts = all.entry(target.title).or_default();
            for (why, _) in target.records().flat_map(refusals) {
                *counts.entry(why).or_default() += 1;
            }
        }
        Reasons(all)
    }

    fn marks(&self, title: &str, some: &BTreeSet<String>) -> String {
        let of = self.0.get(title);
        let place = |why: &String| of.and_then(|all| all.keys().position(|k| k == why)).map(|n| n + 1);
        let places: Vec<usize> = some.iter().filter_map(place).collect();
        let mut shown: Vec<String> = places.iter().take(4).map(ToString::to_string).collect();
        if places.len() > 4 {
            shown.push("…".to_owned());
        }
        if shown.is_empty() { String::new() } else { format!(" <sup>{}</sup>", shown.join(",")) }
    }

    fn listed(&self) -> String {
        let mut out = String::new();
        for (title, all) in &self.0 {
            let _ = writeln!(out, "\n### {}\n", escaped(title));
            if all.is_empty() {
                out.push_str("No rule was refused.\n");
            }
            for (place, (why, count)) in all.iter().enumerate() {
                let _ = writeln!(out, "{}. {} ({} rules)", place + 1, escaped(why), thousands(*count));
            }
        }
        out
    }
}

/// A construct's name in the first column.
pub fn shown(construct: &str) -> String {
    escaped(construct.strip_prefix("expression: ").unwrap_or(construct))
}

pub fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('_', "\\_").replace('<', "\\<").replace('~', "\\~")
}

/// `12,345`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, c) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
