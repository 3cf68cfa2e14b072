//! Whatever a rule's literal holds comes back from the parser as it was.

use super::kit::{compile, parsed};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\"",
        "\\",
        "'",
        "`",
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
        "//",
        "/*",
        "*/",
        "\\u{41}",
        "]",
        "[",
        "\" or true or x == \"",
        "é",
        "$p",
        "{{x}}",
        "%",
        "~",
        "#",
        "\"\"\"",
    ]);
    prop::collection::vec(prop_oneof![special.prop_map(str::to_owned), any::<char>().prop_map(String::from)], 1..8)
        .prop_map(|parts| parts.concat())
}

#[test]
fn literals_come_back_as_they_were() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut texts, mut values) = (Vec::new(), Vec::new());
    for _ in 0..150 {
        let value = hostile().new_tree(&mut runner).unwrap().current();
        let written: String = value.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
        let written = format!("\"{written}\"");
        let yaml =
            serde_json::to_string(&format!("app.version == {written} or app.version contains {written}")).unwrap();
        let rule =
            format!("events:\n  s: {{ source: mobile.network_session, where: {yaml} }}\ndetect: {{ match: s }}\n");
        texts.push(compile(&rule).unwrap_or_else(|e| panic!("{value:?}: {e:?}")).text);
        values.push(value);
    }
    for ((literals, value), text) in parsed(&texts).into_iter().zip(values).zip(texts) {
        assert_eq!(literals.get(1), Some(&value), "{text}");
        let pattern = literals.get(2).unwrap();
        if value.contains(['*', '?', '\u{1}']) {
            let plain: String = pattern.trim_start_matches(".*").chars().filter(|c| *c != '\\').collect();
            assert_eq!(plain.strip_suffix(".*"), Some(value.replace('\\', "").as_str()), "{text}");
        } else {
            assert_eq!(pattern, &format!("*{value}*"), "{text}");
        }
    }
}
