//! Texts that try to leave their quotes, and how a rule, a YAML file and a CSV file hold them.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

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
pub fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Those that a CSV file can hold: its reader takes spaces off.
pub fn cells(texts: &[String]) -> Vec<&String> {
    texts.iter().filter(|t| t.trim() == t.as_str()).collect()
}
