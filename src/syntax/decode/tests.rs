use super::*;
use crate::source::FileId;
use crate::syntax::rule::{AnalyticKind, ContextForm, StepKind, Window};

fn read(text: &str) -> (Rule, Vec<(&'static str, String)>) {
    let mut findings = Findings::default();
    let node = crate::source::yaml::parse(FileId(0), text, &mut findings).unwrap();
    let rule = rule(&node, &mut findings);
    (rule, findings.all.iter().map(|found| (found.code.0, found.message.clone())).collect())
}

fn good(text: &str) -> Rule {
    let (rule, found) = read(&format!("rule: r\n{text}"));
    assert_eq!(found, [], "{text}");
    rule
}

fn detect(text: &str) -> AnalyticKind {
    good(&format!("detect: {text}\n")).detect.unwrap().kind
}

fn names(all: &[crate::syntax::rule::Name]) -> Vec<&str> {
    all.iter().map(|name| name.value.as_str()).collect()
}

#[test]
fn a_whole_rule_is_read() {
    let rule = good(include_str!("testdata/whole.yaml"));
    assert_eq!(
        rule.attack.iter().map(|(key, ids)| (key.value.as_str(), ids.len())).collect::<Vec<_>>(),
        [("techniques", 1), ("analytics", 1), ("strategies", 1)]
    );
    assert_eq!(rule.shared.params.len(), 2);
    assert_eq!(rule.shared.lets.len(), 2);
    assert_eq!(rule.shared.events.len(), 2);
    assert!(
        matches!(&rule.shared.contexts.first().unwrap().1.form, ContextForm::None(name) if name.value == "mismatch")
    );
    let AnalyticKind::Threshold { windowed, .. } = &rule.signals.first().unwrap().1.kind else { panic!("a threshold") };
    assert_eq!(windowed.by.as_ref().unwrap().value.len(), 4);
    assert!(windowed.filter.is_some() && windowed.having.is_some() && windowed.measures.len() == 1);
    let confidence = rule.confidence.unwrap();
    assert_eq!((confidence.raise.len(), confidence.levels.len()), (2, 2));
    let alert = rule.alert.unwrap();
    assert_eq!((alert.details.len(), alert.entities.len()), (2, 2));
    assert!(alert.once_per.unwrap().by.is_some());
}

#[test]
fn every_spelling_of_an_analytic_is_read() {
    assert!(matches!(detect("s"), AnalyticKind::Stream(name) if name.value == "s"));
    assert!(matches!(
        detect("{match: s, where: idle, by: [a.b]}"),
        AnalyticKind::Match { filter: Some(_), by: Some(_), .. }
    ));
    assert!(matches!(detect("{any: [a, b]}"), AnalyticKind::Any { of, by: None } if names(&of) == ["a", "b"]));
    let hopping = detect("{threshold: {of: s, within: 1h, window: {every: 10m}, having: count() > 3}}");
    assert!(
        matches!(hopping, AnalyticKind::Threshold { windowed, .. } if matches!(windowed.window, Some(Window::Every(_, _))))
    );
    let rise = detect("{threshold: {of: s, within: $w, window: tumbling, fires: rise, having: count() > 3}}");
    assert!(
        matches!(rise, AnalyticKind::Threshold { windowed, .. } if windowed.fires.is_some() && matches!(windowed.window, Some(Window::Word(_))))
    );
    let together = detect("{together: {of: [a, b], at_least: 2, after: c, by: [d], within: 5m}}");
    assert!(matches!(together, AnalyticKind::Together { of, at_least: Some(_), after: Some(_), .. } if of.len() == 2));
    let evidence = detect(
        "{evidence: {of: {a: {weight: 40, because: why}, b: 10}, when: {idle: {weight: 5}}, by: [d], within: 5m, alert_at: 40}}",
    );
    assert!(matches!(evidence, AnalyticKind::Evidence { of, when, .. } if of.len() == 2 && when.len() == 1));
}

#[test]
fn every_spelling_of_a_step_is_read() {
    let steps = "[a, {any: [a, b], repeat: 2}, {event: s, repeat: $n, by: [x.y]}, {absent: q}, {event: z}, {absent: x, within: 5m}]";
    let AnalyticKind::Sequence { steps, until, filter, .. } =
        detect(&format!("{{sequence: {{by: [d], within: 1h, steps: {steps}, until: u, where: idle}}}}"))
    else {
        panic!("a sequence")
    };
    assert!(until.is_some() && filter.is_some());
    let kinds: Vec<&str> = steps
        .iter()
        .map(|step| match &step.kind {
            StepKind::Event { repeat: None, .. } => "event",
            StepKind::Event { .. } => "repeated",
            StepKind::Any { of, .. } if of.len() == 2 => "any",
            StepKind::Any { .. } => "one of",
            StepKind::Absent { within: None, .. } => "gap",
            StepKind::Absent { .. } => "absence",
        })
        .collect();
    assert_eq!(kinds, ["event", "any", "repeated", "gap", "event", "absence"]);
    assert!(steps.get(2).unwrap().by.is_some());
}

#[test]
fn keys_of_a_group_have_labels_and_alternatives() {
    let AnalyticKind::Match { by: Some(by), .. } = detect("{match: s, by: [a.b, {device: [device.id, host.id]}]}")
    else {
        panic!("by")
    };
    let keys: Vec<_> =
        by.value.iter().map(|key| (key.label.as_ref().map(|label| label.value.clone()), key.fields.len())).collect();
    assert_eq!(keys, [(None, 1), (Some("device".to_owned()), 2)]);
    let AnalyticKind::Match { by: Some(by), .. } = detect("{match: s, by: a.b}") else { panic!("by") };
    assert_eq!(by.value.len(), 1);
}

#[test]
fn parameters_are_literals() {
    let rule = good(
        "detect: s\nparams:\n  a: { default: 1h, min: 1m }\n  b: { default: \"1h\" }\n  c: { default: [443, 8443] }\n  d: { default: -5 }\n",
    );
    let kinds: Vec<String> = rule.shared.params.iter().map(|(_, param)| format!("{:?}", param.default.kind)).collect();
    assert!(kinds.first().unwrap().contains("Duration(3600000)"));
    assert!(kinds.get(1).unwrap().contains("String(\"1h\")"));
    assert!(kinds.get(2).unwrap().starts_with("List"));
    let (_, found) = read("rule: r\ndetect: s\nparams: { p: { default: tls }, q: { default: 1 + 2 } }\n");
    assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), ["E0310", "E0310"]);
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let (_, found) = read(
        "rule: A b\nevnts: 1\nuse: []\nevents:\n  a: { source: x, of: y }\n  b: {}\n  and: { source: x }\nseverity: urgent\n",
    );
    let codes: Vec<&str> = found.iter().map(|found| found.0).collect();
    assert_eq!(codes, ["E0306", "E0308", "E0304", "E0305", "E0302", "E0306", "E0302", "E0301"]);
}
