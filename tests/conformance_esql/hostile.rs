//! Texts that try to leave their quotes, as a literal of a rule, in a pattern, as a cell of a lookup that the query carries, and as a key of a
//! lookup index: the node finds the events that the evaluator finds, and gives the texts back as they were.

use super::bench::{Bench, Place, actual, expected};
use super::engine::{Job, run};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use siemc::eval::event::Event;
use siemc::value::Value;

const HAND_WRITTEN: [&str; 24] = [
    "it's",
    "say \"no\"",
    "back\\slash",
    "ends in \\",
    "\\\" OR TRUE //",
    "a | DROP user",
    "; drop",
    "two\nlines",
    "carriage\rreturn\tand tab",
    "`tick`",
    "[brackets] ['and'] {braces}",
    "$x$ ${y} {{z}} {{{w}}} ?param ??x",
    "100% _ * ? %s %{key}",
    "// a comment",
    "/* another */ \"\"\"three\"\"\"",
    "\u{1}\u{1b}[31m\u{7f}\u{85}",
    "\u{202e}turned\u{202c} \u{feff} \u{2028}\u{2029}",
    "é ß 中文 \u{1f600} \u{10ffff}",
    "~&@#<1-5>\"^$.|(){}[]+",
    "\\u0041 \\x41 \\n",
    " leading and trailing ",
    "\u{212a}elvin",
    "a,b,,c",
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
  seq: { type: integer, about: the record's number }
sources:
  s: { about: a source, tiebreaker: seq, fields: { user: optional, seq: required } }
";
const HEAD: &str = "rule: r\nid: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11\ntitle: a test\nstatus: test\nseverity: low\n\
                    description: a test\nschedule: { every: 15m, delay: 5m }\n";
/// 2090-01-01T00:00:00Z.
const START: i64 = 3_786_912_000_000;

/// Texts drawn from characters that mean something somewhere.
fn drawn() -> Vec<String> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let hostile = r#"[\\"'`|;/*\[\]{}()$%#@~^&<>=!,.:?+\n\r\t\x01-\x1f\x7f-\u{9f} a-zA-Z0-9é\u{2028}\u{202e}\u{feff}\u{1f600}]{1,16}"#;
    (0..40).map(|_| hostile.new_tree(&mut runner).expect("a text").current()).collect()
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

/// A CSV cell.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// What was compared.
pub struct Tally {
    pub texts: usize,
    pub queries: usize,
    pub alerts: usize,
    pub differences: Vec<String>,
}

/// Runs each text in each place over events that hold all of the texts.
pub fn compare() -> Tally {
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
    let inline = bench.place(None);
    let joined = Place { delivered: vec![("names".to_owned(), "names-by-name".to_owned())], ..bench.place(None) };
    let mut jobs = Vec::new();
    let mut wanted = Vec::new();
    let mut add = |place: &Place, filter: &str, keep: &str| {
        let text = format!(
            "{HEAD}{keep}events:\n  e:\n    source: s\n    where: |\n      {filter}\ndetect: {{ match: e, by: [user] }}\n\
             confidence: {{ base: 50, raise: [{{ when: exists(user), by: 10, because: 'seen {{{{user}}}}' }}] }}\n\
             alert: {{ once_per: 1m }}\n"
        );
        let rule = bench.check(&text, 0).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
        let events = events(&bench, &texts);
        let query = bench.compile(&rule, place, START + 600_000).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
        jobs.push(bench.job(&query.text, place, &events));
        wanted.push((text, expected(&siemc::eval::run(&rule, events, Some(START + 600_000)))));
    };
    for text in &texts {
        let text = literal(text);
        add(&inline, &format!("user == {text} or user contains {text} or user in [{text}, \"x\"]"), "");
        add(&inline, &format!("user startswith {text} or user endswith {text} or (user =~ \"x\")"), "");
    }
    add(&inline, "names[user].kind == user", "");
    add(&joined, "names[user].kind == user", "");
    add(&joined, "user in names", "");
    judge(&jobs, &wanted, texts.len())
}

fn judge(jobs: &[Job], wanted: &[(String, Vec<String>)], texts: usize) -> Tally {
    let mut tally = Tally { texts, queries: 0, alerts: 0, differences: Vec::new() };
    for ((answer, (rule, want)), job) in run(jobs).into_iter().zip(wanted).zip(jobs) {
        tally.queries += 1;
        tally.alerts += want.len();
        assert!(!want.is_empty(), "{rule} finds nothing");
        match answer.map(|rows| actual(&rows, &["user".to_owned()])) {
            Ok(got) if got == *want => {}
            Ok(got) => tally.differences.push(format!(
                "{rule}\n{}\n--- the evaluator\n{}\n--- the query\n{}",
                job.query,
                want.join("\n"),
                got.join("\n")
            )),
            Err(why) => tally.differences.push(format!("{rule}: {why}\n{}", job.query)),
        }
    }
    tally
}

/// One event for each text, and one without.
fn events(bench: &Bench, texts: &[String]) -> Vec<Event> {
    let source = bench.pack.schema.source("s").expect("the source");
    let (_, declared) = bench.pack.schema.source_at(source).expect("the source");
    let all = texts.iter().map(String::as_str).chain([""]);
    all.enumerate()
        .map(|(i, text)| {
            let value = |name: &str| if name == "user" { Value::string(text) } else { Value::Integer(i as i64) };
            let names = declared.fields.keys().map(|f| bench.pack.schema.field_at(*f).expect("a field").0);
            let values: Vec<Value> = names.map(value).collect();
            Event { source, time: START + i as i64 * 1000, line: i as u64 + 1, values: values.into() }
        })
        .collect()
}
