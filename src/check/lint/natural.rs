//! What holds of a measure without being written: a count is not negative, a share is at most 1.

use crate::check::params::duration_text;
use crate::ir::{self, Analytic, Baseline, GapMeasure, MeasureFunction, MeasureRef, Rule, Statistic, Window};

/// Closed bounds with the reason for each.
#[derive(Default)]
pub(super) struct Natural {
    pub low: Option<(f64, String)>,
    pub high: Option<(f64, String)>,
}

/// The bounds of a measure. `in_having`: it is read in its own signal, whose windows hold an event.
pub(super) fn natural(rule: &Rule, measure: MeasureRef, in_having: bool) -> Natural {
    let analytic = rule.signals.get(measure.signal.index()).map(|s| &s.analytic);
    let Some((analytic, measure)) = analytic.zip(rule.measures(measure.signal).get(measure.index)) else {
        return Natural::default();
    };
    match measure.function {
        MeasureFunction::Count if in_having && measure.filter.is_none() => {
            low(1.0, "a window without an event never hits, so a count is at least 1")
        }
        MeasureFunction::Count | MeasureFunction::Distinct => low(0.0, "a count is never negative"),
        MeasureFunction::Gap(gap) => of_gap(gap, analytic),
        MeasureFunction::History(statistic) => match analytic {
            Analytic::Baseline(baseline) => of_history(statistic, baseline),
            _ => Natural::default(),
        },
        _ => Natural::default(),
    }
}

fn low(bound: f64, why: &str) -> Natural {
    Natural { low: Some((bound, why.to_owned())), high: None }
}

fn of_gap(gap: GapMeasure, analytic: &Analytic) -> Natural {
    match gap {
        GapMeasure::Cv => low(0.0, "a deviation is never negative"),
        GapMeasure::Share { .. } => Natural {
            low: Some((0.0, "a share is never negative".to_owned())),
            high: Some((1.0, "a share is at most 1".to_owned())),
        },
        _ => {
            let longest = match analytic {
                Analytic::Threshold { window: Window::Sliding { within, .. }, .. } => Some(*within),
                // The end of such a window is open.
                Analytic::Threshold { window: Window::Tumbling { size } | Window::Hopping { size, .. }, .. } => {
                    Some(size.saturating_sub(1))
                }
                _ => None,
            };
            let why = |ms: i64| format!("no gap in the window is longer than `{}`", duration_text(ms));
            Natural { high: longest.map(|ms| (ms as f64, why(ms))), ..low(0.0, "a gap is never negative") }
        }
    }
}

fn of_history(statistic: Statistic, baseline: &Baseline) -> Natural {
    match statistic {
        Statistic::Stddev => low(0.0, "a deviation is never negative"),
        Statistic::Samples => {
            let most = most_samples(baseline);
            let why = |n: i64| format!("`samples` is at most {n}, the buckets of the history that are compared");
            Natural { high: most.map(|n| (n as f64, why(n))), ..low(0.0, "a count is never negative") }
        }
        Statistic::Value if matches!(baseline.measure.function, MeasureFunction::Count | MeasureFunction::Distinct) => {
            low(0.0, "a count is never negative")
        }
        _ => Natural::default(),
    }
}

/// Peers have buckets of their own, as many as there are peers.
fn most_samples(baseline: &ir::Baseline) -> Option<i64> {
    if baseline.against.is_some() {
        return None;
    }
    let Some(season) = baseline.season else { return baseline.history.checked_div(baseline.per) };
    let cycles = baseline.history.checked_add(season.cycle() - 1)?.checked_div(season.cycle())?;
    cycles.checked_mul(season.unit().checked_div(baseline.per)?)
}
