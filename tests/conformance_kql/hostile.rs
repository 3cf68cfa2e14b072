//! Texts that try to leave their quotes: as a literal of a rule, as a parameter and as a cell of a lookup. Microsoft's analyzer reads
//! each query, has nothing against it, and gives back the text that went in.

use super::bench::Bench;
use super::engine::analyze;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

const HAND_WRITTEN: [&str; 23] = [
    "it's",
    "say \"no\"",
    "back\\slash",
    "ends in \\",
    "\\\" or true //",
    "a | project x",
    "; drop",
    "two\nlines",
    "carriage\rreturn\tand tab",
    "`tick`",
    "[brackets] ['and'] {braces}",
    "$x$ ${y} {{z}} {{{w}}}",
    "100% _ * ? %s",
    "// a comment",
    "/* another */ ```index```",
    "\u{1}\u{1b}[31m\u{7f}\u{85}",
    "\u{202e}turned\u{202c} \u{feff} \u{2028}\u{2029}",
    "é ß 中文 \u{1f600} \u{10ffff}",
    "@\"verbatim\" h'hidden' datetime(2020-01-01)",
    "\\u0041 \\x41 \\n",
    " leading and trailing ",
    "'''\"\"\"",
    "<script>&amp;</script>",
];

const PACK: &str = "name: p
version: 1.0.0
lookups:
  names: { file: names.csv, keys: { name: exact }, columns: { kind: string } }
environments:
  whole: {}
";
const SCHEMA: &str = "fields:
  user: { type: string, about: who }
sources:
  s: { about: a source, fields: { user: optional } }
";
const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";

/// Texts drawn from characters that mean something somewhere.
fn drawn() -> Vec<String> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let hostile = r#"[\\"'`|;/*\[\]{}()$%#@~^&<>=!,.:\n\r\t\x01-\x1f\x7f-\u{9f} a-zA-Z0-9é\u{2028}\u{202e}\u{feff}\u{1f600}]{1,16}"#;
    (0..60).map(|_| hostile.new_tree(&mut runner).expect("a text").current()).collect()
}

/// The text as a literal of the rule language.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || ('\u{2000}'..'\u{3000}').contains(&c) || c == '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text as a scalar of YAML.
fn yaml(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

/// A CSV cell.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Compiles each text in each place and has all queries read; gives how many literals came back.
pub fn read_back() -> usize {
    let mut texts: Vec<String> = HAND_WRITTEN.iter().map(|s| (*s).to_owned()).collect();
    texts.extend(drawn());
    texts.sort();
    texts.dedup();
    let root = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("pack.yaml", PACK);
    write("schema/s.yaml", SCHEMA);
    // The reader of a CSV file takes spaces off.
    let cells: Vec<&String> = texts.iter().filter(|t| t.trim() == t.as_str()).collect();
    let rows: String = cells.iter().map(|t| format!("{},{}\n", cell(t), cell(t))).collect();
    write("names.csv", &format!("name,kind\n{rows}"));
    let bench = Bench::new(root.path());
    let place = bench.place(None);
    let tables = Json::Object(Bench::tables(&place));
    let mut queries = Vec::new();
    let mut wanted: Vec<Vec<String>> = Vec::new();
    let mut add = |body: &str, texts: Vec<String>| {
        let rule = bench.check(&format!("{HEAD}{body}"), 0).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        let query = bench.compile_as_scheduled(&rule, &place).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
        queries.push((query.text, tables.clone(), json!({})));
        wanted.push(texts);
    };
    for text in &texts {
        let expression = |of: &str| format!("\n      {of}\n");
        add(
            &format!(
                "events:\n  e:\n    source: s\n    where: |{}detect: {{ match: e }}\n",
                expression(&format!("user == {0} or user contains {0}", literal(text)))
            ),
            vec![text.clone()],
        );
        add(
            &format!(
                "params: {{ p: {{ about: a text, default: {} }} }}\nevents: {{ e: {{ source: s, where: 'user in [$p, \"x\"]' }} }}\n\
                 detect: {{ match: e }}\n",
                yaml(text)
            ),
            vec![text.clone()],
        );
    }
    add(
        "events: { e: { source: s, where: 'names[user].kind == \"x\"' } }\ndetect: { match: e }\n",
        cells.iter().map(|t| (*t).clone()).collect(),
    );
    let mut read = 0;
    for ((answer, texts), (query, ..)) in analyze(&queries).into_iter().zip(&wanted).zip(&queries) {
        assert!(answer.faults.is_empty(), "{}\n{query}", answer.faults.join("\n"));
        for text in texts {
            assert!(answer.literals.contains(text), "{text:?} did not come back: {:?}\n{query}", answer.literals);
            read += 1;
        }
    }
    read
}
