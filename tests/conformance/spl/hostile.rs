//! Whatever a rule's texts hold comes back as it was: literals find the event that has just that text, reasons and titles show it.

use super::Spl;
use crate::bench::Bench;
use crate::outcome::{Outcome, Trial, outcomes};
use crate::random::pack::write;
use crate::record;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::eval::event::Event;
use siemc::value::Value;
use std::fmt::Write;

const SPECIAL: [&str; 36] = [
    "\"",
    "\\",
    "'",
    "`",
    "```",
    "|",
    "| delete",
    "\n",
    "\r",
    "\t",
    "*",
    "?",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{feff}",
    "\u{1f600}",
    "[",
    "]",
    "[search index=x]",
    "\" OR 1=1 OR \"",
    "é",
    "$x$",
    "$$",
    "{{x}}",
    "%",
    "%60",
    "1e3",
    "1000",
    "0x10",
    "-5",
    " ",
    "\\|",
    "\\\"",
];

fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(SPECIAL.to_vec());
    let part = prop_oneof![3 => special.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

/// An expression's literal.
fn literal(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut out, c| {
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        out
    });
    format!("\"{escaped}\"")
}

fn rule(text: &str) -> String {
    let json = |text: &str| serde_json::to_string(text).expect("a text");
    // In a template `{{` and `$` have a meaning of their own, and a line break is refused.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200b}'..='\u{200f}')
    };
    let param: String = text.chars().filter(|c| !hidden(*c)).chain(['.']).collect();
    let shown: String = text.chars().map(|c| if matches!(c, '{' | '}' | '$') || hidden(c) { '_' } else { c }).collect();
    let condition = format!("user == {} or user in [{}, \"zz\"] or user == $p", literal(text), literal(text));
    let raise = format!("user contains {} and not (user startswith {})", literal(text), literal(&format!("{text}x")));
    format!(
        "rule: random\nid: 0d4a2f6e-5c1b-4a7e-9f36-2b8e7d1c9a10\ntitle: Random\nstatus: test\nseverity: medium\n\
         attack: {{ techniques: [T1509] }}\ndescription: drawn\nfalse_positives: [none]\nblind_spots: [all]\nresponse: nothing\n\
         params:\n  p: {{ default: {}, about: a text }}\n\
         events:\n  e: {{ source: t.beta, where: {} }}\n\
         detect: {{ match: e, by: [user] }}\n\
         confidence:\n  base: 10\n  raise:\n    - {{ when: {}, by: 20, because: {} }}\n    - {{ when: '(user, n) in approved', by: 7 }}\n\
         alert:\n  title: {}\n",
        json(&param),
        json(&condition),
        json(&raise),
        json(&format!("<{shown}>")),
        json(&format!("({shown})")),
    )
}

#[test]
fn hostile_texts_come_back_as_they_were() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut texts: Vec<String> = SPECIAL.iter().map(|s| (*s).to_owned()).collect();
    for _ in 0..120 {
        texts.push(hostile().new_tree(&mut runner).expect("a text").current());
    }
    // As cells of a lookup that the query carries, too.
    let root = tempfile::tempdir().expect("a directory");
    write(root.path()).expect("the pack's files");
    let mut csv = String::from("user,n\n");
    let mut cells: Vec<&String> =
        texts.iter().filter(|t| t.trim() == t.as_str() && !t.contains(['\0', '\r', '\n'])).collect();
    cells.sort();
    cells.dedup();
    for text in cells.iter().take(150) {
        let _ = writeln!(csv, "\"{}\",1", text.replace('"', "\"\""));
    }
    std::fs::write(root.path().join("lookups/approved.csv"), csv).expect("the lookup");
    let bench = Bench::new(&Spl, root.path());
    let place = bench.place(None);
    let (mut compiled, mut refused) = (Vec::new(), Vec::new());
    for text in &texts {
        let rule = match bench.check(&rule(text), 0) {
            Ok(rule) => rule,
            Err(why) => {
                refused.push(format!(
                    "{text:?}: {}",
                    why.iter().map(|d| d.message.as_str()).collect::<Vec<_>>().join("; ")
                ));
                continue;
            }
        };
        let others =
            [text.clone(), format!("{text}x"), format!("x{text}"), text.to_uppercase(), text.replace('\\', "")];
        let events: Vec<Event> = others.iter().enumerate().map(|(i, user)| event(&bench, user, i as i64)).collect();
        let query = bench.compile(&rule, &place, 10_000).expect("a query");
        compiled.push((text, rule, query, events));
    }
    println!("refused: {}", refused.join("\n"));
    assert!(refused.len() * 10 < texts.len(), "{} of {} texts are refused", refused.len(), texts.len());
    let trials: Vec<Trial<'_>> = compiled
        .iter()
        .map(|(_, rule, query, events)| Trial::new((&bench, &place), (rule, query), events, Some(10_000)))
        .collect();
    let mut failed = Vec::new();
    for ((outcome, trial), (text, ..)) in outcomes(&Spl, &trials).iter().zip(&trials).zip(&compiled) {
        assert!(!trial.alerts.is_empty(), "{text:?} is found by no literal");
        let titles: Vec<&str> = trial.alerts.iter().map(|a| a.title.as_str()).collect();
        let shown: Vec<&str> = match outcome {
            Outcome::Ran { rows, .. } => rows.iter().filter_map(|r| r["alert_title"].as_str()).collect(),
            Outcome::NotExecuted(_) => Vec::new(),
        };
        let fault = outcome.fault(&Spl);
        if fault.is_some() || !matches!(outcome, Outcome::Ran { .. }) || titles != shown {
            let what = format!("{fault:?}, {shown:?} instead of {titles:?}");
            failed.push(format!("{text:?}: {what}\n{}\n{}", outcome.shown(), trial.query.text));
        }
    }
    println!("SPL: {} hostile texts came back through the model", trials.len() - failed.len());
    record::write_counts(
        &Spl,
        "hostile",
        &[("texts", trials.len()), ("queries executed", trials.len() - failed.len())],
    );
    assert!(failed.is_empty(), "{} of {} differ:\n{}", failed.len(), trials.len(), failed.join("\n"));
}

fn event(bench: &Bench, user: &str, place: i64) -> Event {
    let schema = &bench.pack.schema;
    let source = schema.source("t.beta").expect("a source");
    let (_, declared) = schema.source_at(source).expect("a source");
    let values = declared.fields.keys().map(|field| match schema.field_at(*field).map_or("", |(name, _)| name) {
        "user" => Value::string(user),
        "host" => Value::string("h1"),
        "n" => Value::Integer(1),
        _ => Value::Missing,
    });
    Event { source, time: 1000 * (place + 1), line: place as u64 + 1, values: values.collect() }
}
