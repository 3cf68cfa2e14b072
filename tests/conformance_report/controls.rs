//! The deliberate lowering bugs: what caught each, as `tests/conformance/controls/` recorded it.

use super::page::escaped;
use super::records::lines;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = "
## Deliberate bugs

Each is switched on alone, as a change of the emitted text ([`tests/conformance/controls`](../tests/conformance/controls/README.md)), and has to be caught: by the
target's parser, by the regressions, by random streams (of a seed of their own), or, where none of these has such a text, by the bundled rules' fixtures. The tables name the
first of these that noticed it, and after how many queries or streams; in brackets after how many random streams, where another layer was first.
";

/// A table for each target, bugs in their order.
pub fn section(targets: &[(&str, &str)]) -> String {
    let mut out = String::from(HEAD);
    for (name, title) in targets {
        let all = lines(&format!("controls-{name}.jsonl"));
        let Some((head, controls)) = all.split_first() else {
            let _ = write!(out, "\n### {}\nnot run\n", escaped(title));
            continue;
        };
        let caught = controls.iter().filter(|c| c["caught_by"].is_string()).count();
        let tried = controls.iter().filter(|c| c["cannot"].is_null()).count();
        let _ = write!(
            out,
            "\n### {}\n{caught} of {tried} caught, among {} regressions, {} random streams and {} fixture cases.\n\n| bug | as | noticed by | after |\n|---|---|---|---|\n",
            escaped(title),
            head["regressions"],
            head["streams"],
            head["fixtures"]
        );
        let bugs: BTreeSet<&str> = controls.iter().filter_map(|c| c["bug"].as_str()).collect();
        for bug in bugs {
            for control in controls.iter().filter(|c| c["bug"] == bug) {
                let _ = writeln!(out, "| {bug} | {} | {} |", escaped(text(control, "about")), verdict(control));
            }
        }
    }
    out
}

fn verdict(control: &Json) -> String {
    if control["cannot"].is_string() {
        return format!("cannot be written: {} | ", escaped(text(control, "cannot")));
    }
    let Some(layer) = control["caught_by"].as_str() else { return "**not caught** | ".to_owned() };
    let also = match control["after"]["random"].as_u64().filter(|_| layer != "random") {
        Some(stream) => format!(" ({stream})"),
        None => String::new(),
    };
    format!("{layer} | {}{also}", control["after"][layer])
}

fn text<'c>(control: &'c Json, key: &str) -> &'c str {
    control[key].as_str().unwrap_or_default()
}
