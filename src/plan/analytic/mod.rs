//! Third pass: one file per analytic. Each reads membership columns and leaves a column that is true on its hits' rows.

mod absence;
mod baseline;
mod cadence;
mod each;
mod gaps;
mod late;
mod novelty;
mod peers;
mod sequence;
mod threshold;
mod together;
mod window;

use super::build::{Builder, Hits, Keyed, Range};
use super::{Column, Expr, Stage, make};
use crate::ir::lookback;
use crate::ir::{self, Analytic, Keys, MeasureFunction, Rule, SignalId, StreamRef};

/// The used signals, inputs before what reads them.
pub(super) fn order(rule: &Rule) -> Vec<SignalId> {
    let mut done = Vec::new();
    visit(rule, rule.detect, &mut done, 0);
    done
}

fn visit(rule: &Rule, id: SignalId, done: &mut Vec<SignalId>, depth: usize) {
    // The checker refuses cycles; the depth keeps a mistake there from becoming a stack overflow here.
    if done.contains(&id) || depth > rule.signals.len() {
        return;
    }
    if let Some(signal) = rule.signals.get(id.index()) {
        for (stream, _) in lookback::inputs(&signal.analytic) {
            if let StreamRef::Signal(inner) = stream {
                visit(rule, inner, done, depth + 1);
            }
        }
    }
    done.push(id);
}

/// Adds the stages of one signal.
pub(super) fn signal(b: &mut Builder, id: SignalId) {
    let rule = b.rule;
    let Some(signal) = rule.signals.get(id.index()) else { return };
    for (stream, _) in lookback::inputs(&signal.analytic) {
        let passes = matches!(signal.analytic, Analytic::Match { .. } | Analytic::Any { keys: None, .. });
        if let StreamRef::Signal(input) = stream
            && !(passes && members(rule).contains(&StreamRef::Signal(id)))
            && b.signals.get(&input).is_some_and(Hits::delayed)
        {
            b.refuse(
                signal.span,
                "a trailing absence that feeds another analytic has no lowering yet",
                "make it `detect`",
            );
        }
    }
    let hits = match &signal.analytic {
        Analytic::Match { of, keys } => each::matches(b, signal, of, keys),
        Analytic::Any { of, keys } => each::any(b, signal, id, of, keys.as_ref()),
        Analytic::Threshold { of, keys, window, measures, having } => {
            let parts = threshold::Parts { of, keys, window: *window, measures, having };
            if measures.iter().any(|m| matches!(m.function, MeasureFunction::Gap(_))) {
                cadence::cadence(b, signal, id, &parts)
            } else {
                threshold::threshold(b, signal, id, &parts)
            }
        }
        Analytic::Together { of, keys, window, at_least, after } => together::together(
            b,
            signal,
            id,
            &together::Parts { of, keys, window: *window, at_least: *at_least, after: *after },
        ),
        Analytic::Evidence { of, when, keys, window, alert_at } => together::evidence(
            b,
            signal,
            id,
            &together::EvidenceParts { of, when, keys, window: *window, alert_at: *alert_at },
        ),
        Analytic::Sequence(sequence) => sequence::sequence(b, signal, id, sequence),
        Analytic::Baseline(baseline) => baseline::baseline(b, signal, id, baseline),
        Analytic::Novelty(novelty) => novelty::novelty(b, signal, id, novelty),
    };
    let hits = match hits.delay > 0 && late::feeds(rule, id) {
        true => late::deadlines(b, signal, id, hits),
        false => hits,
    };
    b.signals.insert(id, hits);
}

/// A stream whose nearest row in time, strictly before or after, an analytic compares with.
pub(super) struct Near {
    pub stream: StreamRef,
    /// The stream's keys.
    pub keys: Keys,
    /// The keys of the rows that ask.
    pub asking: Keys,
    pub after: bool,
}

/// Those of all used analytics.
pub(super) fn neighbours(rule: &Rule) -> Vec<Near> {
    order(rule).into_iter().filter_map(|id| rule.signals.get(id.index())).flat_map(near).collect()
}

fn near(signal: &ir::Signal) -> Vec<Near> {
    match &signal.analytic {
        Analytic::Sequence(sequence) => sequence::near(sequence),
        Analytic::Together { keys, after: Some(after), .. } => {
            vec![Near { stream: *after, keys: keys.clone(), asking: keys.clone(), after: false }]
        }
        _ => Vec::new(),
    }
}

/// Looks for the nearest hits that the signal compares with.
fn nearest_hits(b: &mut Builder, signal: &ir::Signal) {
    let asking: Vec<StreamRef> = lookback::inputs(&signal.analytic).into_iter().map(|(s, _)| s).collect();
    late::refuse_absences(b, signal, &near(signal), &asking, signal.span);
    for near in near(signal).iter().filter(|n| matches!(n.stream, StreamRef::Signal(_))) {
        absence::nearest(b, signal, near);
    }
}

/// What a signal is asked for: its hits are those of `detect`, so confidence and alert may ask for ranges.
fn asked(b: &Builder, id: SignalId) -> Vec<Range> {
    let makes_hits = id == b.rule.detect || members(b.rule).contains(&StreamRef::Signal(id));
    if makes_hits { b.ranges.clone() } else { Vec::new() }
}

/// The members of `detect` where it is an `any`, through nested ones.
pub(super) fn members(rule: &Rule) -> Vec<StreamRef> {
    let mut found = Vec::new();
    let mut open = vec![StreamRef::Signal(rule.detect)];
    while let Some(stream) = open.pop() {
        if found.contains(&stream) {
            continue;
        }
        found.push(stream);
        if let StreamRef::Signal(id) = stream
            && let Some(Analytic::Any { of, .. }) = rule.signals.get(id.index()).map(|s| &s.analytic)
        {
            open.extend(of.iter().copied());
        }
    }
    found
}

/// True where nothing after this signal reads rows that it does not consume.
fn is_last(b: &Builder, id: SignalId) -> bool {
    id == b.rule.detect
}

/// A column that says which rows are consumed; where nothing else needs the others, they go.
fn consume(b: &mut Builder, id: SignalId, name: &str, consumed: Expr) -> Column {
    let column = b.compute(&format!("consumed by {name}"), &format!("in_{name}"), consumed);
    if is_last(b, id) {
        b.push("", Stage::Filter(make::flag(&column)));
    }
    column
}

fn columns(keys: &[Keyed]) -> Vec<Column> {
    keys.iter().map(|k| k.column.clone()).collect()
}

/// Each range's condition on a row, as a boolean that is true where it counts: `c` for `any`, `not c` for `all`.
fn range_conditions(b: &mut Builder, ranges: &[Range]) -> Vec<Expr> {
    ranges
        .iter()
        .map(|r| {
            let condition = b.lower(&r.condition);
            if r.all { make::not(condition) } else { condition }
        })
        .collect()
}

/// Refuses a stream in which several hits may lie at one event, for an analytic that counts rows.
fn refuse_several(b: &mut Builder, signal: &ir::Signal, stream: StreamRef) {
    if let StreamRef::Signal(input) = stream
        && b.signals.get(&input).is_some_and(|h| h.members.len() > 1)
    {
        b.refuse(
            signal.span,
            format!(
                "several hits of `{}` may lie at one event, and counting them has no lowering yet",
                b.rule.stream_name(stream)
            ),
            "give the `any` a `by`, which merges them",
        );
    }
}

/// From "one counted" to the range's value.
fn range_value(range: &Range, one: Expr) -> Expr {
    if range.all { make::not(one) } else { one }
}

/// Hits without anything to add.
fn plain(hit: Column, keys: Vec<Keyed>, ranges: Vec<Expr>) -> Hits {
    let (matched, measured, members) = (Vec::new(), Vec::new(), Vec::new());
    Hits { hit, keys, ranges, matched, measured, evidence: None, made_by: None, delay: 0, members }
}

/// Names the signal for a comment.
fn says(signal: &ir::Signal, words: &str) -> String {
    format!("signal {}: {words}", signal.name)
}
