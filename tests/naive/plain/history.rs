//! Cadences, baselines and novelties put together from numbers.

use super::super::build::*;
use super::analytic::Draw;
use siemc::ir::{
    Analytic, Baseline, CompareOp, Empty, Expr, ExprKind, GapMeasure, Input, Keys, Measure, MeasureFunction, Novelty,
    Season, Statistic,
};
use siemc::value::Type;

pub fn cadence(draw: &mut Draw<'_>) -> Analytic {
    let all = [
        GapMeasure::Min,
        GapMeasure::Max,
        GapMeasure::Mean,
        GapMeasure::Median,
        GapMeasure::Stddev,
        GapMeasure::Cv,
        GapMeasure::Share { low: 5000 * draw.scale, high: 10_000 * draw.scale },
        GapMeasure::Share { low: 0, high: 5000 * draw.scale },
    ];
    let mut measures = Vec::new();
    for _ in 0..=draw.dice.below(2) {
        let of = *draw.dice.pick(&all);
        let fraction = matches!(of, GapMeasure::Cv | GapMeasure::Share { .. });
        measures.push(plain(MeasureFunction::Gap(of), None, if fraction { Type::NUMBER } else { Type::DURATION }));
    }
    measures.push(plain(MeasureFunction::Count, None, Type::INTEGER));
    let having = having(draw, &measures);
    let of = Input { stream: draw.stream(), filter: draw.filter() };
    Analytic::Threshold { of, keys: draw.keys(), window: draw.window(), measures, having }
}

pub fn baseline(draw: &mut Draw<'_>) -> Baseline {
    let measure = measured(draw);
    let counts = matches!(measure.function, MeasureFunction::Count | MeasureFunction::Distinct | MeasureFunction::Sum);
    let ty = measure.ty;
    let all = [
        (Statistic::Value, ty),
        (Statistic::Mean, Type::NUMBER),
        (Statistic::Samples, Type::INTEGER),
        (Statistic::Zscore, Type::NUMBER),
        (Statistic::Stddev, Type::NUMBER),
        (Statistic::Percentile(50.0), ty),
        (Statistic::Percentile(90.0), ty),
        (Statistic::Min, ty),
        (Statistic::Max, ty),
    ];
    let mut statistics = Vec::new();
    for _ in 0..=draw.dice.below(3) {
        let (statistic, ty) = *draw.dice.pick(&all);
        statistics.push(plain(MeasureFunction::History(statistic), None, ty));
    }
    let having = having(draw, &statistics);
    let (per, history) = spans(draw);
    let season = (draw.scale > 1 && draw.dice.chance(60))
        .then(|| *draw.dice.pick(&[Season::HourOfDay, Season::HourOfWeek, Season::DayOfWeek]));
    let mut keys = draw.keys();
    let against = draw.dice.chance(35).then(|| {
        keys.0.extend(key("n").0);
        if keys.0.len() > 1 && draw.dice.chance(70) { vec![draw.dice.below(2)] } else { Vec::new() }
    });
    let empty = if counts && draw.dice.chance(70) { Empty::Zero } else { Empty::Skip };
    let of = Input { stream: draw.stream(), filter: draw.filter() };
    Baseline { of, keys, against, measure, per, history, empty, season, statistics, having }
}

/// A bucket's length and a multiple of it. Those of hours divide every season's unit.
fn spans(draw: &mut Draw<'_>) -> (i64, i64) {
    let (per, buckets): (i64, &[i64]) =
        if draw.scale > 1 { (3_600_000, &[24, 48, 7 * 24, 8 * 24, 14 * 24, 3]) } else { (5000, &[2, 3, 6, 12, 1]) };
    let per = per * *draw.dice.pick(if draw.scale > 1 { &[1] } else { &[2, 1, 3] });
    (per, per * *draw.dice.pick(buckets))
}

fn measured(draw: &mut Draw<'_>) -> Measure {
    let (function, argument, ty) = match draw.dice.below(10) {
        0..=3 => (MeasureFunction::Count, None, Type::INTEGER),
        4 => (MeasureFunction::Distinct, Some(field("n")), Type::INTEGER),
        5..=6 => (MeasureFunction::Sum, Some(field("n")), Type::INTEGER),
        7 => (MeasureFunction::Avg, Some(field("n")), Type::NUMBER),
        8 => (MeasureFunction::Min, Some(field("n")), Type::INTEGER),
        _ => (MeasureFunction::Max, Some(field("n")), Type::INTEGER),
    };
    Measure { filter: draw.filter(), ..plain(function, argument, ty) }
}

pub fn novelty(draw: &mut Draw<'_>) -> Novelty {
    let history = *draw.dice.pick(&[20, 10, 40, 5]) * 1000 * draw.scale;
    let learn = *draw.dice.pick(&[5000 * draw.scale, 0, 10_000 * draw.scale, history]);
    let value = *draw.dice.pick::<&str>(&["n", "user", "kind", "n"]);
    let mut value = key(value);
    if draw.dice.chance(30) {
        value.0.extend(key("seq").0);
    }
    let keys = if draw.dice.chance(60) { by_user() } else { Keys::default() };
    let known = draw.dice.chance(30).then(|| draw.stream());
    let of = Input { stream: draw.stream(), filter: draw.filter() };
    Novelty { of, keys, value, history, learn: learn.min(history), known }
}

/// A condition on these measures of the signal that is being drawn.
fn having(draw: &mut Draw<'_>, measures: &[Measure]) -> Expr {
    let signal = draw.signals as u32;
    let one = |draw: &mut Draw<'_>| {
        let index = draw.dice.below(measures.len());
        draw.on_measure(signal, index, measures[index].ty)
    };
    let first = one(draw);
    let read = |index: usize| asked(signal, index, measures[index].ty);
    match draw.dice.below(8) {
        0..=3 => first,
        4 => not(first),
        5 if measures.len() > 1 && measures[0].ty == measures[1].ty => {
            compare(CompareOp::GreaterEqual, read(0), read(1))
        }
        5..=6 => expr(ExprKind::Or(vec![first, one(draw)]), Type::BOOLEAN),
        _ => expr(ExprKind::And(vec![first, one(draw)]), Type::BOOLEAN),
    }
}
