//! A rule's sequence as Elasticsearch's, row by row.
//!
//! Elasticsearch keeps at most one started chain per key and step, the newest replacing an older one, and a match uses it up. At a final
//! event that gives the chain with the latest start, and one hit per start: what a rule means. Which event stands for a step between may
//! differ (Elasticsearch takes the first, a rule the newest); no part of an alert that fidelity compares depends on it here.
//!
//! Differences that are taken care of: an `until` event that is itself a step between does not end a chain there, so such steps leave
//! those events out; ties are ordered by the tiebreaker alone, an assumption; an absence at the end does not wait for its deadline, one at
//! the beginning may lie before what a run reads, and one before more than the last step may hide a chain: losses. No other chain depends on
//! what happened before its first event, so the runs that read all of it find the same one.

use super::codes;
use super::cond::{Cond, and, not};
use super::query::{Row, Shape};
use super::streams::{Reader, Selection, whole};
use crate::diagnostic::Diagnostic;
use crate::ir::{Keys, Sequence, Step, StreamRef};
use crate::pack::schema::SourceId;
use crate::source::Span;

/// A sequence and what it loses.
pub(super) struct Lowered {
    /// The query.
    pub shape: Shape,
    /// Why it may alert too much: an absence ends or begins it.
    pub too_much: Vec<Diagnostic>,
    /// It may miss a chain that another one stands before.
    pub hidden: Option<Diagnostic>,
}

/// Which steps leave out what exceptions on hits except.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    /// The last one, whose event is the hit's.
    LastStep,
    /// All of them.
    EveryStep,
}

/// Nothing where it is refused (in `reader.found`).
pub(super) fn lower(reader: &mut Reader<'_>, sequence: &Sequence, excepted: Extra) -> Option<Lowered> {
    let steps: Vec<Vec<Selection>> = sequence.steps.iter().map(|step| of_step(reader, step)).collect();
    let until = sequence.until.as_ref().map(|u| (reader.selections(u.stream, &[], u.span), u));
    let last = steps.len().saturating_sub(1);
    let mut rows = Vec::new();
    if let Some(absence) = &sequence.absent_first {
        rows.push(absent(reader, absence.stream, &absence.keys, absence.span));
    }
    for (place, (step, mut selections)) in sequence.steps.iter().zip(steps).enumerate() {
        for gap in &step.absent_before {
            rows.push(absent(reader, gap.stream, &gap.keys, gap.span));
        }
        if let Some((ends, until)) = until.as_ref().filter(|_| place > 0 && place < last) {
            without(reader, &mut selections, step, ends, &until.keys, until.span);
        }
        if place == last || excepted == Extra::EveryStep {
            for selection in &mut selections {
                let later = sequence.absent_last.as_ref().map_or(0, |absence| absence.within);
                let more = super::alerts::not_excepted(reader, selection.source, later);
                selection.cond = and([selection.cond.clone(), more]);
            }
        }
        rows.push(row(reader, true, &selections, &step.keys, step.span));
    }
    if let Some(absence) = &sequence.absent_last {
        rows.push(absent(reader, absence.stream, &absence.keys, absence.span));
    }
    let until_row = until.as_ref().map(|(selections, u)| row(reader, true, selections, &u.keys, u.span));
    checked_absences(reader, sequence);
    checked_limits(reader, sequence);
    let rows: Vec<Row> = rows.into_iter().collect::<Option<_>>()?;
    let until = match until_row {
        Some(row) => Some(row?),
        None => None,
    };
    checked_keys(reader, &rows, until.as_ref(), sequence)?;
    let beside = sequence.absent_first.as_ref().or(sequence.absent_last.as_ref());
    let maxspan = beside.filter(|_| sequence.steps.len() == 1).map_or(sequence.within, |a| a.within);
    let early = sequence.absent_last.as_ref().map(|absence| {
        let message = "a hit is reported as soon as its event is read, not when the absence's time is over: a run that \
                       ends before that may alert although the event still comes";
        codes::loss(codes::EARLY, Some(absence.span), message).help(
            "`spl`, `kql` and `esql` wait; here, a search that keeps the hits that the header names (`hits of a run`) waits too",
        )
    });
    let cut = sequence.absent_first.as_ref().map(|absence| {
        let message = "what a run does not read cannot be seen to be absent: Elastic's rules report events at the beginning of \
                       what they read, though what has to be absent came before";
        codes::loss(codes::BEGINNING, Some(absence.span), message).help(
            "`spl`, `kql` and `esql` leave those out; here, a search that keeps the hits that the header names (`hits of a run`) does too",
        )
    });
    let hidden = hidden(sequence);
    let too_much = early.into_iter().chain(cut).collect();
    Some(Lowered { shape: Shape::Sequence { maxspan, rows, until }, too_much, hidden })
}

/// With steps after the one that an absence stands before, a chain that the absence rules out takes the place of an older one that it does not.
/// No manual says whether Elasticsearch drops such a chain before it does.
fn hidden(sequence: &Sequence) -> Option<Diagnostic> {
    let gap = sequence.steps.iter().find_map(|step| step.absent_before.first())?;
    let message = "a newer chain that holds what is to be absent may take the place of an older one that does not: the older is missed";
    let help = "`spl`, `kql` and `esql` find both; here, a sequence that ends with the step behind the absence";
    (sequence.steps.len() > 2).then(|| codes::loss(codes::ABSENCE, Some(gap.span), message).help(help))
}

fn of_step(reader: &mut Reader<'_>, step: &Step) -> Vec<Selection> {
    let filters: Vec<_> = step.filter.iter().collect();
    step.of.iter().flat_map(|stream| reader.selections(*stream, &filters, step.span)).collect()
}

fn absent(reader: &mut Reader<'_>, stream: StreamRef, keys: &Keys, at: Span) -> Option<Row> {
    let selections = reader.selections(stream, &[], at);
    row(reader, false, &selections, keys, at)
}

fn row(reader: &mut Reader<'_>, present: bool, selections: &[Selection], keys: &Keys, at: Span) -> Option<Row> {
    let mut sources: Vec<SourceId> = selections.iter().map(|s| s.source).collect();
    sources.dedup();
    let keys = reader.key_columns(keys, &sources, at)?;
    let cond = whole(selections);
    if present && cond == Cond::Always(false) && reader.found.is_empty() {
        reader.found.push(codes::refusal(
            codes::NEVER,
            at,
            "no event can be this step with the mapping of the environment",
        ));
    }
    Some(Row { present, cond, keys })
}

/// Takes the `until` events out of a step between the first and the last.
fn without(
    reader: &mut Reader<'_>,
    selections: &mut [Selection],
    step: &Step,
    ends: &[Selection],
    until: &Keys,
    at: Span,
) {
    for selection in selections {
        let here = ends.iter().filter(|end| end.source == selection.source && !are_disjoint(reader, selection, end));
        for end in here.collect::<Vec<_>>() {
            let same_keys = step.keys.0.len() == until.0.len()
                && step.keys.0.iter().zip(&until.0).all(|(a, b)| a.of(selection.source) == b.of(selection.source));
            if same_keys {
                selection.cond = and([selection.cond.clone(), not(end.cond.clone())]);
            } else {
                let message = "an event that is a step and ends another group's chain cannot be said";
                reader.found.push(codes::refusal(codes::CANNOT_SAY, at, message));
            }
        }
    }
}

/// True where one column would have to hold two values.
fn are_disjoint(reader: &Reader<'_>, a: &Selection, b: &Selection) -> bool {
    let is_list = |column: &str| {
        let fields = reader.mapping.source(a.source).map(|s| s.fields.values());
        fields.into_iter().flatten().any(|f| f.list && f.column == column)
    };
    let sets = |cond: &Cond| -> Vec<(String, Vec<String>)> {
        let parts = match cond {
            Cond::And(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        parts.iter().filter_map(exact_set).collect()
    };
    let theirs = sets(&b.cond);
    sets(&a.cond).iter().any(|(column, values)| {
        let others = theirs.iter().filter(|(other, _)| other == column && !is_list(column));
        others.into_iter().any(|(_, others)| values.iter().all(|v| !others.contains(v)))
    })
}

fn exact_set(cond: &Cond) -> Option<(String, Vec<String>)> {
    match cond {
        Cond::Atom { operator: "equal" | "in", column, values, .. } => Some((column.clone(), values.clone())),
        _ => None,
    }
}

fn checked_absences(reader: &mut Reader<'_>, sequence: &Sequence) {
    let between = sequence.steps.iter().flat_map(|s| &s.absent_before).map(|g| g.span);
    let ends = sequence.absent_first.iter().chain(&sequence.absent_last).map(|a| a.span);
    let spans: Vec<Span> = between.chain(ends).collect();
    let Some(first) = spans.first().copied() else { return };
    if reader.tiebreaker().is_none() {
        let found = codes::refusal(
            codes::ABSENCE,
            first,
            "an absence needs a tiebreaker, in one column of all sources of the rule",
        );
        reader.found.push(found.help("name a `tiebreaker` for the sources in the schema, and map it to one column"));
    }
    if let (Some(until), true) = (&sequence.until, sequence.absent_first.is_some() || sequence.absent_last.is_some()) {
        let message = "`until` beside an absence with a length cannot be said";
        reader.found.push(codes::refusal(codes::ABSENCE, until.span, message).related(first, "the absence"));
    }
}

fn checked_limits(reader: &mut Reader<'_>, sequence: &Sequence) {
    let at = sequence.steps.first().map_or(Span::default(), |s| s.span);
    let absence = sequence.absent_first.as_ref().or(sequence.absent_last.as_ref());
    if sequence.within < 1 && (sequence.steps.len() > 1 || absence.is_none()) {
        reader.found.push(codes::refusal(
            codes::CANNOT_SAY,
            at,
            "a sequence within one instant cannot be said: `maxspan` is at least 1ms",
        ));
    }
    let most = reader.target.limits.sequence_steps.unwrap_or(usize::MAX);
    if sequence.steps.len() > most {
        let message =
            format!("a sequence of {} steps is more than the {most} that a repeat can have", sequence.steps.len());
        reader.found.push(codes::refusal(codes::CANNOT_SAY, at, &message));
    }
}

/// Values join where they are equal and of one type.
fn checked_keys(reader: &mut Reader<'_>, rows: &[Row], until: Option<&Row>, sequence: &Sequence) -> Option<()> {
    let at = sequence.steps.first().map_or(Span::default(), |s| s.span);
    let types = |row: &Row| row.keys.iter().map(|(_, ty)| *ty).collect::<Vec<_>>();
    let mut all = rows.iter().chain(until).map(types);
    let first = all.next()?;
    if all.all(|other| other == first) {
        return Some(());
    }
    reader.found.push(codes::refusal(
        codes::KEYS,
        at,
        "the keys of the steps are kept as different types, which never join",
    ));
    None
}
