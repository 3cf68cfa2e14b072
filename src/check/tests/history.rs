//! Cadence, baseline and novelty: what they become.

use super::{bad, good};
use crate::ir::{Analytic, Empty, GapMeasure, MeasureFunction, Season, Statistic, StreamRef, Window};
use crate::value::Type;

const EVENTS: &str = "
params: { beat: { default: 180s, about: expected }, span: { default: 14d, about: history } }
events: { a: { source: session, where: exists(net.bytes) }, b: { source: touch } }
";

fn rule(detect: &str, rest: &str) -> crate::ir::Rule {
    good(&format!("{EVENTS}detect: {detect}\n{rest}"))
}

#[test]
fn a_cadence_is_a_threshold_over_gaps() {
    let rule = rule(
        "{ cadence: { of: a, by: [device.id], within: 1h, fires: rise, measures: { beat: gap.median }, having: \"count() >= 6 and gap.median > 1s and gap.share($beat - 10s, 190s) >= 0.7\" } }",
        "confidence: { base: 40, raise: [ { when: beat < 1m, by: 5, because: \"every {{beat}}\" } ] }",
    );
    let Analytic::Threshold { window, measures, .. } = &rule.signals[0].analytic else { panic!() };
    assert_eq!(*window, Window::Sliding { within: 3_600_000, rise: true });
    let functions: Vec<MeasureFunction> = measures.iter().map(|m| m.function).collect();
    let share = GapMeasure::Share { low: 170_000, high: 190_000 };
    assert_eq!(
        functions,
        [MeasureFunction::Gap(GapMeasure::Median), MeasureFunction::Count, MeasureFunction::Gap(share)]
    );
    let types: Vec<(Type, bool)> = measures.iter().map(|m| (m.ty, m.nullable)).collect();
    assert_eq!(types, [(Type::DURATION, true), (Type::INTEGER, false), (Type::NUMBER, true)]);
    assert_eq!(measures[0].name.as_deref(), Some("beat"));
}

#[test]
fn a_baseline_computes_what_its_having_and_its_hits_ask() {
    let rule = rule(
        "{ baseline: { of: a, by: [device.id, app.id], against: [app.id], measure: sum(net.bytes), per: 1h, history: $span, season: hour_of_week, having: zscore >= 3 and samples >= 24 and value > percentile(95) and median > 3 and percentile(50) > 2 } }",
        "confidence: { base: 40, raise: [ { when: detect.mean > 5 and zscore > 9, by: 5 } ] }
alert: { title: \"{{zscore}} of {{value}}\", details: { most: detect.max, tail: percentile(99), half: detect.percentile(95), all: max(net.bytes) } }",
    );
    let Analytic::Baseline(baseline) = &rule.signals[0].analytic else { panic!() };
    assert_eq!((baseline.per, baseline.history), (3_600_000, 14 * 86_400_000));
    assert_eq!((baseline.empty, baseline.season), (Empty::Zero, Some(Season::HourOfWeek)));
    assert_eq!(baseline.against, Some(vec![1]));
    assert_eq!(baseline.measure.function, MeasureFunction::Sum);
    let asked: Vec<MeasureFunction> = baseline.statistics.iter().map(|m| m.function).collect();
    let statistics = [
        Statistic::Zscore,
        Statistic::Samples,
        Statistic::Value,
        Statistic::Percentile(95.0),
        Statistic::Percentile(50.0),
        Statistic::Mean,
        Statistic::Max,
        Statistic::Percentile(99.0),
    ];
    assert_eq!(asked, statistics.map(MeasureFunction::History));
    assert!(baseline.statistics.iter().all(|m| m.argument.is_none() && m.filter.is_none()));
    // The selection says that there is a size, so the sum is never missing; nor is a number of samples.
    let nullable: Vec<bool> = baseline.statistics.iter().take(4).map(|m| m.nullable).collect();
    assert_eq!(nullable, [true, false, false, true]);
}

#[test]
fn a_baseline_of_durations_has_a_mean_that_is_one() {
    let rule = rule(
        "{ baseline: { of: a, measure: avg(session.duration), per: 1h, history: 2d, having: samples > 3 and value > mean + stddev * 2 and zscore > 2 } }",
        "",
    );
    let Analytic::Baseline(baseline) = &rule.signals[0].analytic else { panic!() };
    assert_eq!(baseline.empty, Empty::Skip);
    let types: Vec<Type> = baseline.statistics.iter().map(|m| m.ty).collect();
    assert_eq!(types, [Type::INTEGER, Type::DURATION, Type::DURATION, Type::DURATION, Type::NUMBER]);
}

#[test]
fn a_novelty_has_a_value_of_one_or_more_parts_and_may_know_its_groups_from_elsewhere() {
    let rule = rule(
        "{ novelty: { of: a, by: [device.id], value: [app.id, { to: [destination.ip] }], history: 14d, learn: 3d, known: b } }",
        "",
    );
    let Analytic::Novelty(novelty) = &rule.signals[0].analytic else { panic!() };
    let names: Vec<&str> = novelty.value.0.iter().map(|k| k.name.as_str()).collect();
    assert_eq!(names, ["app.id", "to"]);
    assert_eq!((novelty.history, novelty.learn), (14 * 86_400_000, 3 * 86_400_000));
    assert!(matches!(novelty.known, Some(StreamRef::Event(_))));
    assert_eq!(novelty.keys.0[0].by_source.len(), 2, "both streams have the key");
    assert!(novelty.value.0[1].by_source[0].1.nullable);
}

#[test]
fn a_hit_reads_a_statistic_by_the_names_that_are_its_own() {
    let body = |raise: &str| {
        format!(
            "{EVENTS}signals:
  big: {{ baseline: {{ of: a, measure: sum(net.bytes), per: 1h, history: 2d, having: zscore > 3 and samples > 3 }} }}
  many: {{ threshold: {{ of: a, within: 1h, measures: {{ samples: count() }}, having: samples > 3 }} }}
detect: {{ any: [big, many] }}
confidence: {{ base: 40, raise: [ {{ when: {raise}, by: 5 }} ] }}
"
        )
    };
    good(&body("big.samples > 3 and many.samples > 3 and zscore > 3 and big.value > 3"));
    let said = bad(&body("samples > 3"));
    assert!(said.contains("E0507"), "{said}");
}
