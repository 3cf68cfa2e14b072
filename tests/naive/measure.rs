//! Measures over rows, in order.

use super::expression::{Here, holds, typed, typed_whole, value};
use super::row::World;
use siemc::ir::{Measure, MeasureFunction};
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
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_number).collect();
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
        MeasureFunction::Avg => typed(measure.ty, numbers.iter().sum::<f64>() / numbers.len() as f64),
        MeasureFunction::Min => sorted(&values)[0].clone(),
        MeasureFunction::Max => sorted(&values)[values.len() - 1].clone(),
        MeasureFunction::Stddev => stddev(&numbers),
        MeasureFunction::Percentile(p) => percentile(&sorted(&values), p),
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

fn stddev(numbers: &[f64]) -> Value {
    if numbers.len() < 2 {
        return Value::Missing;
    }
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares: f64 = numbers.iter().map(|n| (n - mean) * (n - mean)).sum();
    Value::number((squares / (numbers.len() - 1) as f64).sqrt())
}

/// The nearest rank: the smallest r >= 1 with 100 r >= p n.
fn percentile(sorted: &[Value], p: f64) -> Value {
    let n = sorted.len() as f64;
    let rank = (1..=sorted.len()).find(|r| 100.0 * *r as f64 >= p * n).unwrap_or(sorted.len());
    sorted[rank - 1].clone()
}
