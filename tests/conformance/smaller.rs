//! A pair that differs, made smaller while it still does: fewer events, fewer fields, fewer parts of the rule.

use super::pairs::{Pair, Tiny};
use serde_yaml::Value as Yaml;
use siemc::pack::schema::{Presence, Schema};
use siemc::value::Value;

/// So many steps at most: each runs everything that could be left out next.
const STEPS: usize = 80;
/// What a rule is nothing without.
const KEPT: [&str; 5] = ["rule", "id", "title", "severity", "detect"];

/// The smallest pair that still differs in the same way, as far as leaving out one thing at a time finds it.
pub fn smallest(tiny: &Tiny<'_>, pair: &Pair) -> Pair {
    let mut now = pair.clone();
    let ran = runs(tiny, std::slice::from_ref(&now)).first() == Some(&Some(true));
    for _ in 0..STEPS {
        let found = [fewer_events(&now), smaller_rules(tiny, &now), fewer_fields(tiny, &now)]
            .into_iter()
            .find_map(|all| first(tiny, all, ran));
        match found {
            Some(smaller) => now = smaller,
            None => break,
        }
    }
    now
}

/// The first that is still wrong: none, or whether it ran.
fn first(tiny: &Tiny<'_>, all: Vec<Pair>, ran: bool) -> Option<Pair> {
    let wrong = runs(tiny, &all);
    all.into_iter().zip(wrong).find(|(_, wrong)| *wrong == Some(ran)).map(|(pair, _)| pair)
}

/// Of each pair that is wrong, whether it ran.
fn runs(tiny: &Tiny<'_>, all: &[Pair]) -> Vec<Option<bool>> {
    let wrong =
        |o: super::outcome::Outcome| o.fault(tiny.dialect).map(|_| matches!(o, super::outcome::Outcome::Ran { .. }));
    tiny.outcomes(all).into_iter().map(wrong).collect()
}

fn fewer_events(pair: &Pair) -> Vec<Pair> {
    let (mut all, count) = (Vec::new(), pair.events.len());
    let mut size = count.div_ceil(2);
    while size > 0 {
        for start in (0..count).step_by(size) {
            let mut smaller = pair.clone();
            smaller.events.drain(start..count.min(start + size));
            all.push(smaller);
        }
        size /= 2;
    }
    all
}

/// Without a field that no event has to have.
fn fewer_fields(tiny: &Tiny<'_>, pair: &Pair) -> Vec<Pair> {
    let schema = &tiny.bench.pack.schema;
    let optional = (0..pair.events.len()).flat_map(|e| (0..pair.events[e].values.len()).map(move |f| (e, f)));
    let there = optional.filter(|(e, f)| is_optional(schema, pair, *e, *f) && !pair.events[*e].values[*f].is_missing());
    there
        .map(|(e, f)| {
            let mut smaller = pair.clone();
            smaller.events[e].values[f] = Value::Missing;
            smaller
        })
        .collect()
}

fn is_optional(schema: &Schema, pair: &Pair, event: usize, field: usize) -> bool {
    let declared = schema.source_at(pair.events[event].source).map(|(_, s)| s);
    declared.and_then(|s| s.fields.get_index(field)).is_some_and(|(_, presence)| *presence == Presence::Optional)
}

/// The rule without one of its parts, or with half of a condition; the largest parts first.
fn smaller_rules(tiny: &Tiny<'_>, pair: &Pair) -> Vec<Pair> {
    let Ok(rule) = serde_yaml::from_str::<Yaml>(&pair.text) else { return Vec::new() };
    let mut texts: Vec<String> = less(&rule).iter().filter_map(|y| serde_yaml::to_string(y).ok()).collect();
    texts.sort_by_key(String::len);
    texts.dedup();
    texts.into_iter().filter(|t| t.len() < pair.text.len() + 40).filter_map(|text| again(tiny, pair, text)).collect()
}

/// The pair with another rule, where that is one.
fn again(tiny: &Tiny<'_>, pair: &Pair, text: String) -> Option<Pair> {
    let rule = tiny.bench.check(&text, pair.environment).ok()?;
    let query = tiny.bench.compile(&rule, &tiny.place, pair.until).ok()?;
    Some(Pair { text, rule, query, ..pair.clone() })
}

/// A tree with one thing less, in all ways.
fn less(tree: &Yaml) -> Vec<Yaml> {
    match tree {
        Yaml::Mapping(entries) => {
            let mut all = Vec::new();
            for (key, value) in entries {
                if !key.as_str().is_some_and(|k| KEPT.contains(&k)) {
                    let mut without = entries.clone();
                    without.shift_remove(key);
                    all.push(Yaml::Mapping(without));
                }
                for smaller in less(value) {
                    let mut with = entries.clone();
                    with.insert(key.clone(), smaller);
                    all.push(Yaml::Mapping(with));
                }
            }
            all
        }
        Yaml::Sequence(items) => {
            let mut all = Vec::new();
            for (place, item) in items.iter().enumerate() {
                let mut without = items.clone();
                without.remove(place);
                all.push(Yaml::Sequence(without));
                for smaller in less(item) {
                    let mut with = items.clone();
                    with[place] = smaller;
                    all.push(Yaml::Sequence(with));
                }
            }
            all
        }
        Yaml::String(text) => parts(text).into_iter().map(Yaml::String).collect(),
        _ => Vec::new(),
    }
}

/// The operands of a condition's outermost `and`, `or` or `not`.
fn parts(text: &str) -> Vec<String> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("not ") {
        return vec![inner.to_owned()];
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).filter(|t| is_whole(t)) {
        return vec![inner.to_owned()];
    }
    let mut all = Vec::new();
    for (at, word) in [" and ", " or "].iter().flat_map(|w| text.match_indices(w)) {
        let (left, right) = (&text[..at], &text[at + word.len()..]);
        if is_whole(left) && is_whole(right) {
            all.extend([left.to_owned(), right.to_owned()]);
        }
    }
    all
}

/// Whether every bracket and quote that begins here ends here.
fn is_whole(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_falls_into_its_outermost_parts() {
        for (text, wanted) in [
            ("a == 1 and b == 2", vec!["a == 1", "b == 2"]),
            ("(a or b) and c", vec!["(a or b)", "c"]),
            ("(a or b)", vec!["a or b"]),
            ("not a", vec!["a"]),
            ("x == \" and \"", vec![]),
            ("(a) or (b)", vec!["(a)", "(b)"]),
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_tree_loses_one_thing_at_a_time() {
        let tree: Yaml = serde_yaml::from_str("rule: r\nby: [a, b]\nwhere: a and b").expect("YAML");
        let all: Vec<String> = less(&tree).iter().map(|t| serde_yaml::to_string(t).expect("YAML")).collect();
        assert_eq!(all.len(), 6, "{all:?}");
        assert!(all.iter().all(|t| t.contains("rule: r")), "{all:?}");
    }
}
