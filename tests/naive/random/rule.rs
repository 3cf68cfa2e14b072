//! Random rules: the parts put together as YAML.

use super::analytic::{Draw, FORMS, Form, Stream, analytic};
use super::context::{Context, context};
use super::dice::Dice;
use super::expression::{Names, Used, condition};
use super::pack::{ALL, Kind, SOURCES, Sources};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

/// The numbers that a rule is made of, part by part, so that shrinking can leave parts out.
#[derive(Debug, Clone)]
pub struct Tapes {
    pub form: Form,
    /// Signals are written in the opposite order of their use.
    pub reversed: bool,
    /// The environment, by its place in the pack: all sources, without one of them, without two fields, or with others' parameters.
    pub environment: u8,
    /// Spans are of hours, not of seconds.
    pub wide: bool,
    pub events: Vec<Vec<u16>>,
    pub contexts: Vec<Vec<u16>>,
    pub signals: Vec<Vec<u16>>,
    pub detect: Vec<u16>,
    pub scope: Option<Vec<u16>>,
    pub confidence: Option<Vec<u16>>,
    pub alert: Vec<u16>,
    pub exceptions: Option<Vec<u16>>,
}

/// Rules whose detect has this form.
pub fn tapes(form: Form) -> impl Strategy<Value = Tapes> {
    let tape = |n: usize| vec(any::<u16>(), n);
    let parts = (
        (any::<bool>(), prop_oneof![7 => Just(0u8), 2 => 1..=3u8, 2 => 4..=5u8], weighted(0.25, Just(()))),
        vec(tape(12), 1..=4),
        vec(tape(20), 0..=3),
        vec(tape(60), 0..=2),
        tape(60),
        weighted(0.15, tape(12)),
        weighted(0.6, tape(40)),
        tape(16),
        weighted(0.2, tape(12)),
    );
    parts.prop_map(
        move |(
            (reversed, environment, wide),
            events,
            contexts,
            signals,
            detect,
            scope,
            confidence,
            alert,
            exceptions,
        )| {
            Tapes {
                form,
                reversed,
                environment,
                wide: wide.is_some(),
                events,
                contexts,
                signals,
                detect,
                scope,
                confidence,
                alert,
                exceptions,
            }
        },
    )
}

/// The rule's YAML.
pub fn yaml(tapes: &Tapes) -> String {
    let used = &mut Used::default();
    let (event_lines, events) = events(&tapes.events, used);
    let named: Vec<(String, Sources)> = events.iter().map(|s| (s.name.clone(), s.last)).collect();
    let contexts: Vec<Context> = tapes
        .contexts
        .iter()
        .enumerate()
        .map(|(i, tape)| context(&mut Dice::new(tape), format!("c{i}"), &named, used, tapes.wide))
        .collect();
    let readable: Vec<(String, Kind, Option<Sources>)> =
        contexts.iter().map(|c| (c.name.clone(), c.kind, c.fields_of)).collect();

    let mut streams = events.clone();
    let mut signals: Vec<Vec<String>> = Vec::new();
    for (i, tape) in tapes.signals.iter().enumerate() {
        let mut dice = Dice::new(tape);
        let form = *dice.pick(&FORMS);
        let form = if streams.len() < 2 && form == Form::Together { Form::Match } else { form };
        let name = format!("s{i}");
        let mut draw = Draw { dice: &mut dice, streams: &streams, contexts: &readable, used, wide: tapes.wide };
        let (lines, stream) = analytic(&mut draw, &name, form);
        signals.push(nested(&name, &lines));
        streams.push(stream);
    }
    let mut dice = Dice::new(&tapes.detect);
    // Signals first, so that what was drawn is mostly what detect rests on; a form that needs two streams may get only one.
    let (detect, hit) = {
        let form = if streams.len() < 2 && tapes.form == Form::Together { Form::Threshold } else { tapes.form };
        streams.reverse();
        let mut draw = Draw { dice: &mut dice, streams: &streams, contexts: &readable, used, wide: tapes.wide };
        analytic(&mut draw, "detect", form)
    };

    let mut out = head();
    let confidence = tapes.confidence.as_ref().map(|tape| confidence(&mut Dice::new(tape), &hit, &readable, used));
    let alert = alert(&mut Dice::new(&tapes.alert), &hit, &readable, used);
    let exceptions = tapes.exceptions.as_ref().map(|tape| exception(&mut Dice::new(tape), &hit, &readable, used));
    let scope = tapes.scope.as_ref().map(|tape| {
        let names = Names { sources: ALL, ..Names::default() };
        format!("scope: '{}'", condition(&mut Dice::new(tape), &names, used, 1))
    });
    if detect.iter().chain(signals.iter().flatten()).any(|l| l.trim().starts_with("until:")) {
        out.push("if_unavailable: ignore".to_owned());
    }
    out.extend(declared(used));
    out.extend(scope);
    out.push("events:".to_owned());
    out.extend(event_lines.into_iter().map(|l| format!("  {l}")));
    let named: Vec<&Context> = contexts.iter().filter(|c| used.names.contains(&c.name)).collect();
    if !named.is_empty() {
        out.push("context:".to_owned());
        out.extend(named.iter().map(|c| format!("  {}: {}", c.name, c.yaml)));
    }
    if !signals.is_empty() {
        out.push("signals:".to_owned());
        if tapes.reversed {
            signals.reverse();
        }
        out.extend(signals.into_iter().flatten().map(|l| format!("  {l}")));
    }
    out.push("detect:".to_owned());
    out.extend(detect.into_iter().map(|l| format!("  {l}")));
    out.extend(confidence.into_iter().flatten());
    out.extend(alert);
    out.extend(exceptions.into_iter().flatten());
    out.join("\n") + "\n"
}

fn nested(name: &str, lines: &[String]) -> Vec<String> {
    std::iter::once(format!("{name}:")).chain(lines.iter().map(|l| format!("  {l}"))).collect()
}

fn head() -> Vec<String> {
    let lines = "rule: random\nid: 0d4a2f6e-5c1b-4a7e-9f36-2b8e7d1c9a10\ntitle: Random\nstatus: test\nseverity: medium\n\
                 attack: { techniques: [T1509] }\ndescription: drawn\nfalse_positives: [none]\nblind_spots: [all]\n\
                 response: nothing";
    lines.lines().map(str::to_owned).collect()
}

fn events(tapes: &[Vec<u16>], used: &mut Used) -> (Vec<String>, Vec<Stream>) {
    let (mut lines, mut streams) = (Vec::new(), Vec::<Stream>::new());
    for (i, tape) in tapes.iter().enumerate() {
        let mut dice = Dice::new(tape);
        let base = if i > 0 && dice.chance(25) { Some(dice.pick(&streams).clone()) } else { None };
        let (from, sources) = if let Some(base) = base {
            (format!("of: {}", base.name), base.last)
        } else {
            let source = dice.below(3);
            (format!("source: {}", SOURCES[source]), 1 << source)
        };
        let names = Names { sources, ..Names::default() };
        let filter = if dice.chance(if from.starts_with("of") { 100 } else { 50 }) {
            format!(", where: '{}'", condition(&mut dice, &names, used, 1))
        } else {
            String::new()
        };
        lines.push(format!("e{i}: {{ {from}{filter} }}"));
        streams.push(Stream::event(&format!("e{i}"), sources));
    }
    (lines, streams)
}

fn declared(used: &Used) -> Vec<String> {
    let mut lines = Vec::new();
    let declare = |key: &str, all: &[(&str, &str)], lines: &mut Vec<String>| {
        let named: Vec<&(&str, &str)> = all.iter().filter(|(n, _)| used.names.contains(*n)).collect();
        if !named.is_empty() {
            lines.push(format!("{key}:"));
            lines.extend(named.iter().map(|(n, e)| format!("  {}: {e}", n.trim_start_matches('$'))));
        }
    };
    let params = [("$few", "{ default: 2, about: how many }"), ("$near", "{ default: 20s, about: how close }")];
    declare("params", &params, &mut lines);
    declare("let", &[("who", "lower(user)"), ("risk", "'known[proc].risk'")], &mut lines);
    lines
}

type Contexts<'a> = &'a [(String, Kind, Option<Sources>)];

fn of_hit(hit: &Stream, contexts: Contexts<'_>) -> Names {
    Names {
        sources: hit.last,
        contexts: contexts.to_vec(),
        measures: hit.measures.clone(),
        matched: hit.matched.clone(),
        range: Some(hit.range),
    }
}

fn confidence(dice: &mut Dice<'_>, hit: &Stream, contexts: Contexts<'_>, used: &mut Used) -> Vec<String> {
    let mut lines = vec!["confidence:".to_owned()];
    let mut reach = *dice.pick(&[40, 10, 70, 95]);
    if !hit.evidence {
        lines.push(format!("  base: {reach}"));
    }
    lines.push("  raise:".to_owned());
    for i in 0..=dice.below(3) {
        let when = condition(dice, &of_hit(hit, contexts), used, 1);
        let because = match dice.below(4) {
            0 => format!(", because: reason {i}"),
            1 => format!(", because: 'reason {i} of {{{{user}}}}'"),
            2 if used.names.contains("$near") => format!(", because: 'reason {i} within $near'"),
            _ => String::new(),
        };
        let by: i64 = *dice.pick(&[25, 10, -15, 60]);
        reach += by.max(0);
        lines.push(format!("    - {{ when: '{when}', by: {by}{because} }}"));
    }
    if !hit.evidence && dice.chance(40) {
        lines.push(format!("  alert_at: {}", dice.pick(&[20, 40, 60]).min(&reach)));
    }
    if dice.chance(50) {
        lines.push("  levels: { low: 20, medium: 40, high: 65 }".to_owned());
    }
    lines
}

fn alert(dice: &mut Dice<'_>, hit: &Stream, contexts: Contexts<'_>, used: &mut Used) -> Vec<String> {
    let took = if hit.last & 0b110 == hit.last { " for {{took}}" } else { "" };
    let mut lines = vec!["alert:".to_owned(), format!("  title: 'seen {{{{user}}}} at {{{{time}}}}{took}'")];
    let mut details = Vec::new();
    if let Some((name, _)) = hit.measures.first() {
        details.push(format!("m: {name}"));
    }
    if let (true, Some((name, ..))) = (dice.chance(40), contexts.first()) {
        details.push(format!("c: {}", used.mark(name)));
    }
    if dice.chance(30) {
        details.push("users: 'values(user, 3)'".to_owned());
    }
    if hit.last & 0b110 == hit.last {
        details.push("took: took".to_owned());
    }
    if !details.is_empty() {
        lines.push(format!("  details: {{ {} }}", details.join(", ")));
    }
    lines.push("  entities: { user: user }".to_owned());
    match dice.below(11) {
        0..=5 => {}
        6..=7 => lines.push(format!("  once_per: {}", dice.pick(&["30s", "20s", "1m"]))),
        8 => lines.push("  throttle: 1h".to_owned()),
        _ => lines.push(format!("  once_per: {{ every: {}, by: [user] }}", dice.pick(&["30s", "1m"]))),
    }
    lines
}

fn exception(dice: &mut Dice<'_>, hit: &Stream, contexts: Contexts<'_>, used: &mut Used) -> Vec<String> {
    let expires = *dice.pick(&["2091-01-01", "2090-01-01T00:01:00Z"]);
    let (on, when) = if dice.chance(50) {
        let names = Names { sources: ALL, ..Names::default() };
        ("event", condition(dice, &names, used, 1))
    } else {
        ("hit", condition(dice, &of_hit(hit, contexts), used, 1))
    };
    vec![
        "exceptions:".to_owned(),
        format!("  - {{ name: known, when: '{when}', on: {on}, owner: us, reason: known, expires: {expires} }}"),
    ]
}
