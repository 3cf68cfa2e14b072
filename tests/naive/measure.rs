//! Measures over rows, in order.

use super::expression::{Here, holds, typed_whole, value};
use super::row::World;
use super::statistic::Numbers;
use siemc::ir::{GapMeasure, Measure, MeasureFunction};
use siemc::value::{Scalar, Type, Value};
use std::cmp::Ordering;

/// The measure over these rows, given in order; a row that is given twice counts twice.
pub fn measure(world: &World<'_>, measure: &Measure, rows: &[usize]) -> Value {
    let here = |row: &usize| Here::row(world, *row);
    let rows: Vec<usize> =
        rows.iter().filter(|r| measure.filter.as_ref().is_none_or(|f| holds(world, f, &here(r)))).copied().collect();
    let Some(argument) = &measure.argument else { return Value::Integer(rows.len() as i64) };
    let all: Vec<Value> = rows.iter().map(|r| value(world, argument, &here(r))).collect();
    let values: Vec<Value> = all.iter().filter(|v| !v.is_missing()).cloned().collect();
    match measure.function {
        MeasureFunction::Count => Value::Integer(values.len() as i64),
        MeasureFunction::Distinct => Value::Integer(different(&values).len() as i64),
        MeasureFunction::Any => Value::Boolean(all.iter().any(Value::is_true)),
        MeasureFunction::All => Value::Boolean(!all.is_empty() && all.iter().all(Value::is_true)),
        MeasureFunction::First => values.first().cloned().unwrap_or(Value::Missing),
        MeasureFunction::Last => values.last().cloned().unwrap_or(Value::Missing),
        MeasureFunction::Values(most) => Value::list(different(&values).into_iter().take(most as usize)),
        MeasureFunction::Gap(_) | MeasureFunction::History(_) => Value::Missing,
        _ if values.is_empty() => Value::Missing,
        MeasureFunction::Sum => sum(measure.ty, &values),
        MeasureFunction::Avg => Numbers::new(&values).mean(measure.ty),
        MeasureFunction::Min => Numbers::new(&values).min(),
        MeasureFunction::Max => Numbers::new(&values).max(),
        MeasureFunction::Stddev => Numbers::new(&values).stddev(measure.ty),
        MeasureFunction::Percentile(p) => Numbers::new(&values).percentile(p),
    }
}

/// A measure of the time between each hit and the one before it; these are the times in order.
pub fn gaps(of: GapMeasure, times: &[i64]) -> Value {
    if times.len() < 2 {
        return Value::Missing;
    }
    let gaps = Numbers::durations(times.windows(2).map(|pair| pair[1] - pair[0]));
    match of {
        GapMeasure::Mean => gaps.mean(Type::DURATION),
        GapMeasure::Stddev => gaps.stddev(Type::DURATION),
        GapMeasure::Cv => gaps.variation(),
        GapMeasure::Median => gaps.percentile(50.0),
        GapMeasure::Min => gaps.min(),
        GapMeasure::Max => gaps.max(),
        GapMeasure::Share { low, high } => gaps.share(low, high),
    }
}

fn sorted(values: &[Value]) -> Vec<Value> {
    let mut sorted = values.to_vec();
    sorted.sort_by(Value::order);
    sorted
}

fn different(values: &[Value]) -> Vec<Value> {
    let mut found = sorted(values);
    found.dedup_by(|a, b| a.order(b) == Ordering::Equal);
    found
}

fn sum(ty: Type, values: &[Value]) -> Value {
    if ty == Type::Scalar(Scalar::Number) {
        return Value::number(values.iter().filter_map(Value::as_number).sum());
    }
    let whole = values.iter().map(|v| match v {
        Value::Integer(i) | Value::Duration(i) => *i,
        other => panic!("a sum over {other:?}"),
    });
    whole.into_iter().try_fold(0i64, i64::checked_add).map_or(Value::Missing, |total| typed_whole(ty, total))
}
