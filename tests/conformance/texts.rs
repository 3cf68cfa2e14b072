//! Texts that try to leave their quotes, and how a rule, a YAML file and a CSV file hold them; a pack of a lookup with them, and their events.

use super::bench::Bench;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::eval::event::Event;
use siemc::value::Value;
use tempfile::TempDir;

const PACK: &str = "name: p
version: 1.0.0
lookups:
  names: { file: names.csv, keys: { name: exact }, columns: { kind: string } }
environments:
  whole: {}
";
/// A schema of one source with a text, and a number that tells its events apart.
pub const NUMBERED: &str = "fields:
  user: { type: string, about: who }
  seq: { type: integer, about: the record's number }
sources:
  s: { about: a source, tiebreaker: seq, fields: { user: optional, seq: required } }
";
/// What a rule begins with.
pub const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";
/// When events begin: 2090-01-01T00:00:00Z.
pub const START: i64 = 3_786_912_000_000;

const HAND_WRITTEN: [&str; 27] = [
    "it's",
    "say \"no\"",
    "back\\slash",
    "ends in \\",
    "\\\" or true //",
    "\\\" OR TRUE //",
    "a | project x",
    "a | DROP user",
    "; drop",
    "two\nlines",
    "carriage\rreturn\tand tab",
    "`tick`",
    "[brackets] ['and'] {braces}",
    "$x$ ${y} {{z}} {{{w}}} ?param ??x",
    "100% _ * ? %s %{key}",
    "// a comment",
    "/* another */ ```index``` \"\"\"three\"\"\"",
    "\u{1}\u{1b}[31m\u{7f}\u{85}",
    "\u{202e}turned\u{202c} \u{feff} \u{2028}\u{2029}",
    "é ß 中文 \u{1f600} \u{10ffff}",
    "@\"verbatim\" h'hidden' datetime(2020-01-01)",
    "~&@#<1-5>\"^$.|(){}[]+",
    "\\u0041 \\x41 \\n",
    " leading and trailing ",
    "\u{212a}elvin",
    "a,b,,c '''\"\"\"",
    "<script>&amp;</script>",
];

/// The texts written by hand, and so many drawn from characters that mean something somewhere; sorted.
pub fn all(drawn: usize) -> Vec<String> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let hostile = r#"[\\"'`|;/*\[\]{}()$%#@~^&<>=!,.:?+\n\r\t\x01-\x1f\x7f-\u{9f} a-zA-Z0-9é\u{2028}\u{202e}\u{feff}\u{1f600}]{1,16}"#;
    let mut texts: Vec<String> = HAND_WRITTEN.iter().map(|s| (*s).to_owned()).collect();
    texts.extend((0..drawn).map(|_| hostile.new_tree(&mut runner).expect("a text").current()));
    texts.sort();
    texts.dedup();
    texts
}

/// The text as a literal of the rule language.
pub fn literal(text: &str) -> String {
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
pub fn yaml(text: &str) -> String {
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

/// Those that a CSV file can hold: its reader takes spaces off.
pub fn cells(texts: &[String]) -> Vec<&String> {
    texts.iter().filter(|t| t.trim() == t.as_str()).collect()
}

/// A pack with a schema and the lookup `names`, which holds the texts.
pub fn pack(schema: &str, texts: &[String]) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("pack.yaml", PACK);
    write("schema/s.yaml", schema);
    let rows: String = cells(texts).iter().map(|t| format!("{},{}\n", cell(t), cell(t))).collect();
    write("names.csv", &format!("name,kind\n{rows}"));
    root
}

/// An event of [`NUMBERED`] for each text, a second apart; an empty one is missing.
pub fn events(bench: &Bench, texts: impl Iterator<Item = String>) -> Vec<Event> {
    let source = bench.pack.schema.source("s").expect("the source");
    let (_, declared) = bench.pack.schema.source_at(source).expect("the source");
    texts
        .enumerate()
        .map(|(i, text)| {
            let value = |name: &str| if name == "user" { Value::string(&text) } else { Value::Integer(i as i64) };
            let names = declared.fields.keys().map(|f| bench.pack.schema.field_at(*f).expect("a field").0);
            let values: Vec<Value> = names.map(value).collect();
            Event { source, time: START + i as i64 * 1000, line: i as u64 + 1, values: values.into() }
        })
        .collect()
}
