//! Random boolean expressions, as text.

use super::dice::Dice;
use super::pack::{Kind, Sources, fields};
use std::collections::BTreeSet;

/// What an expression may name.
#[derive(Clone, Default)]
pub struct Names {
    /// Fields that all of these sources have.
    pub sources: Sources,
    /// Contexts with what they hold, and the sources of `last` events whose fields are read.
    pub contexts: Vec<(String, Kind, Option<Sources>)>,
    /// Measures of the hit.
    pub measures: Vec<(String, Kind)>,
    /// Streams that `matched` may ask.
    pub matched: Vec<String>,
    /// The sources of the events of `any(c)` and `all(c)`, where they may stand.
    pub range: Option<Sources>,
}

/// What was named, so that the rule declares what it uses and no more.
#[derive(Default)]
pub struct Used {
    pub names: BTreeSet<String>,
}

impl Used {
    pub fn mark(&mut self, name: &str) -> String {
        self.names.insert(name.to_owned());
        name.to_owned()
    }
}

/// One without summer time, one whose clock jumps, one whose day is another.
const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];

/// A condition.
pub fn condition(dice: &mut Dice<'_>, names: &Names, used: &mut Used, depth: usize) -> String {
    let form = if depth == 0 { dice.below(70) } else { dice.below(100) };
    match form {
        0..=69 => simple(dice, names, used),
        70..=79 => format!("not ({})", condition(dice, names, used, depth - 1)),
        80..=89 => {
            let left = condition(dice, names, used, depth - 1);
            format!("({left}) and ({})", condition(dice, names, used, depth - 1))
        }
        _ => {
            let left = condition(dice, names, used, depth - 1);
            format!("({left}) or ({})", condition(dice, names, used, depth - 1))
        }
    }
}

fn simple(dice: &mut Dice<'_>, names: &Names, used: &mut Used) -> String {
    if !names.contexts.is_empty() && dice.chance(40) {
        return on_context(dice, names, used);
    }
    if !names.measures.is_empty() && dice.chance(30) {
        let (name, kind) = dice.pick(&names.measures).clone();
        return on_measure(dice, &name, kind, used);
    }
    if !names.matched.is_empty() && dice.chance(30) {
        return format!("matched({})", dice.pick(&names.matched));
    }
    if let Some(range) = names.range
        && dice.chance(40)
    {
        let row = Names { sources: range, contexts: names.contexts.clone(), ..Names::default() };
        let over = if dice.chance(50) { "all" } else { "any" };
        return format!("{over}({})", condition(dice, &row, used, 1));
    }
    match dice.below(100) {
        0..=65 => on_field(dice, names.sources),
        66..=79 => on_function(dice, names.sources),
        80..=84 => format!("{} == \"ann\"", used.mark("who")),
        85..=87 => format!("time >= 2090-01-01T00:00:{:02}Z", dice.below(4) * 15),
        88 => format!("hour_of_day(time, \"{}\") {}", dice.pick(&ZONES), dice.pick(&["in [0, 1, 5]", "<= 2", "!= 0"])),
        89 => format!("day_of_week(time, \"{}\") {}", dice.pick(&ZONES), dice.pick(&["== 7", ">= 6", "!= 7"])),
        90..=92 if names.sources & 0b101 == names.sources => "proc in known".to_owned(),
        93..=94 if names.sources & 0b101 == names.sources => format!("{} >= 2", used.mark("risk")),
        95..=96 if names.sources & 0b101 == names.sources => "known[proc].kind == \"good\"".to_owned(),
        90..=92 if names.sources & 0b011 == names.sources => "(user, n) in approved".to_owned(),
        93..=96 if names.sources & 0b011 == names.sources => format!("n * 2 - 1 >= {}", used.mark("$few")),
        _ => "coalesce(user, \"none\") != \"bob\"".to_owned(),
    }
}

/// What functions and arithmetic make of fields.
fn on_function(dice: &mut Dice<'_>, sources: Sources) -> String {
    let has = |mask: Sources| sources & mask == sources;
    let test = match dice.below(24) {
        8 if has(0b011) => "abs(n) == 1",
        9 if has(0b011) => "min(n, 1) >= 1",
        10 if has(0b011) => "max(n, 1) == 1",
        11 if has(0b011) => "n + 1 >= 2",
        12 if has(0b011) => "n / 2 >= 0.7",
        13 if has(0b011) => "number(string(n)) >= 1",
        14 if has(0b011) => "ip(concat(\"10.0.0.\", string(n))) in \"10.0.0.0/31\"",
        15..=16 if has(0b011) => "concat(host, \".acme.example\") in sites",
        17..=18 if has(0b011) => "sites[concat(host, \".acme.example\")].tier == \"two\"",
        8..=10 if has(0b101) => "round(x) >= 2",
        11..=12 if has(0b101) => "floor(x) >= 1",
        13..=14 if has(0b101) => "ceil(x) >= 1",
        15..=16 if has(0b101) => "round(x, 1) < 0.6",
        17..=18 if has(0b101) => "abs(x) / 2 > 1.1",
        19 if has(0b110) => "took + 500ms >= 2s",
        20 if has(0b110) => "took / 1s >= 1.5",
        0 | 8 => "concat(user, \"-\", string(state)) == \"ann-true\"",
        1 | 9 => "substring(user, 1, 1) =~ \"N\"",
        2 | 10 => "any(split(user, \"n\"), it == \"a\")",
        3 | 11 => "replace(user, \"nn\", \"m\") == \"am\"",
        4 | 12 => "trim(concat(\" \", user, \" \")) == \"ann\"",
        5 | 13 => "if(state, user, \"none\") =~ \"ann\"",
        6 | 14 => "domain(concat(\"a.\", coalesce(user, \"x\"), \".com\")) == \"ann.com\"",
        _ => "time + 1h >= 2090-01-01T01:00:45Z",
    };
    test.to_owned()
}

fn on_field(dice: &mut Dice<'_>, sources: Sources) -> String {
    let (name, kind, literals) = *dice.pick(&fields(sources));
    let literal = *dice.pick(literals);
    match kind {
        Kind::String => on_string(dice, name, literal, literals),
        Kind::Integer => match dice.below(12) {
            0..=3 => format!("{name} >= {literal}"),
            4 => format!("{name} == {literal}"),
            5 => format!("{name} != {literal}"),
            6 => format!("{name} < {literal}"),
            7 => format!("{name} in [1, 2]"),
            8 => format!("{name} not in [0, 2]"),
            9 => format!("{name} between (1, 3)"),
            10 => format!("{name} % 2 == 0"),
            _ => format!("exists({name})"),
        },
        Kind::Number => match dice.below(5) {
            0..=1 => format!("{name} >= {literal}"),
            2 => format!("{name} < {literal}"),
            3 => format!("{name} * 2 == 1"),
            _ => format!("exists({name})"),
        },
        Kind::Boolean => match dice.below(4) {
            0 => name.to_owned(),
            1 => format!("not {name}"),
            2 => format!("{name} == {literal}"),
            _ => format!("exists({name})"),
        },
        Kind::Duration => match dice.below(4) {
            0..=1 => format!("{name} >= {literal}"),
            2 => format!("{name} < {literal}"),
            _ => format!("not exists({name})"),
        },
        Kind::List => match dice.below(4) {
            0 => format!("any({name}, it == \"{literal}\")"),
            1 => format!("\"{literal}\" in~ {name}"),
            2 => format!("\"{literal}\" in {name}"),
            _ => format!("exists({name})"),
        },
        Kind::Ip => match dice.below(6) {
            4 => format!("zones[{name}].zone == \"outer\""),
            5 => format!("{name} not in zones"),
            0 => format!("{name} in \"10.0.0.0/8\""),
            1 => format!("{name} not in [\"10.0.0.0/16\", \"2001:db8::/32\"]"),
            2 => format!("{name} == {literal}"),
            _ => format!("exists({name})"),
        },
    }
}

/// Anchors, choices among other parts, classes, repeats, case.
const MATCHES: [&str; 8] = [
    "matches \"^[a-z]+$\"",
    "matches \"^(?:a|bo)[nb]\"",
    "matches \"(?:n|ob)$\"",
    "matches r\"^(?:h\\d|an{2}|x)$\"",
    "matches~ \"^(?:ANN|x)\"",
    "matches~ \"[^A-M]{2}\"",
    "matches \"^a|b$\"",
    "matches r\"\\s|\\W|^.$\"",
];

fn on_string(dice: &mut Dice<'_>, name: &str, literal: &str, literals: &[&str]) -> String {
    match dice.below(16) {
        0..=1 => format!("{name} == \"{literal}\""),
        2..=3 => format!("{name} =~ \"{literal}\""),
        4 => format!("{name} != \"{literal}\""),
        5 => format!("{name} !~ \"{literal}\""),
        6..=7 => {
            let list: Vec<String> = literals.iter().take(2).map(|l| format!("\"{l}\"")).collect();
            let op = dice.pick(&["in", "not in", "in~", "not in~"]);
            format!("{name} {op} [{}]", list.join(", "))
        }
        8 => format!("{name} contains~ \"N\""),
        9 => format!("{name} startswith \"a\""),
        10 => format!("{name} endswith~ \"{literal}\""),
        11 => format!("{name} like~ \"?N*\""),
        12 => format!("{name} {}", dice.pick(&MATCHES)),
        13 => format!("length({name}) >= 3"),
        14 => format!("upper({name}) == \"ANN\""),
        _ => format!("exists({name})"),
    }
}

fn on_context(dice: &mut Dice<'_>, names: &Names, used: &mut Used) -> String {
    let (name, kind, fields_of) = dice.pick(&names.contexts).clone();
    used.mark(&name);
    if let Some(sources) = fields_of
        && dice.chance(60)
    {
        let readable: Vec<&str> =
            fields(sources).into_iter().filter(|(_, k, _)| *k == Kind::String).map(|(n, _, _)| n).collect();
        return format!("{name}.{} =~ \"ann\"", dice.pick(&readable));
    }
    on_value(dice, &name, kind)
}

fn on_measure(dice: &mut Dice<'_>, name: &str, kind: Kind, used: &mut Used) -> String {
    if kind == Kind::Integer && dice.chance(20) {
        return format!("{name} >= {}", used.mark("$few"));
    }
    on_value(dice, name, kind)
}

/// A test of a context or a measure.
pub fn on_value(dice: &mut Dice<'_>, name: &str, kind: Kind) -> String {
    match kind {
        Kind::Boolean if dice.chance(30) => format!("not {name}"),
        Kind::Boolean => name.to_owned(),
        Kind::Integer => {
            let op = *dice.pick(&[">=", ">=", ">=", "==", ">", "!=", "<"]);
            // A count is at least 1 where there is anything to count.
            let least = if op == "<" { 2 } else { 1 };
            format!("{name} {op} {}", dice.below(3) + least)
        }
        Kind::Number => format!("{name} {} {}", dice.pick(&[">=", ">", "<"]), dice.pick(&["0.9", "0.3", "1.7"])),
        Kind::Duration => format!("{name} >= {}", dice.pick(&["1s", "1500ms", "4s"])),
        Kind::String => format!("{name} {} \"ann\"", dice.pick(&["=~", "==", "!="])),
        Kind::List | Kind::Ip => format!("exists({name})"),
    }
}
