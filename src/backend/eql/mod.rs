//! Elastic's event queries and sequences, straight from the rule.
//!
//! In: a checked rule, the mapping of its environment, the target's data. Out: a [`Query`], or every refusal at once. This room must
//! never know a plan: EQL has no tables, only events and chains of them.
//!
//! | a rule says | EQL says | fidelity |
//! |---|---|---|
//! | `match`, `any` of events of different sources | `any where` | exact |
//! | `any` of events of one source, or with `by` | `any where` | same groups: hits of one instant are merged, or counted twice, by a rule |
//! | `sequence` with `until`, repeats, an absence between two steps | `sequence ... with maxspan` | exact |
//! | an absence after the first of more steps | `[s] ![x] [s] [s]` | may miss: one chain hides another |
//! | one step after an absence | `![x] [s]` | over-reports: what a rule's run does not read keeps no hit from it |
//! | one step before an absence | `[s] ![x]` | over-reports: Elasticsearch does not wait for the deadline |
//! | `threshold` of `count() >= n`, sliding | `[s] with runs=n` | same groups: events of one instant hit once each |
//! | `once_per`, by the group or finer | nothing | same groups |
//! | `once_per` by less than the group | nothing | over-reports |
//! | raises that cannot bring the confidence below `alert_at` | nothing | same groups: no confidence, no reasons |
//! | raises that can | refused | |
//! | an exception on a hit's keys, without an end | part of the last step | exact |
//! | another exception on hits that `any` merges | part of each event | over-reports: an event that is not the last one alerts |
//! | another exception on hits of a sequence | part of the last step | over-reports: a start that an excepted hit used up stays |
//! | all else | refused | |
//!
//! All exact claims rest on assumptions about the index, named in [`Query::assumptions`]. When a query runs, and which hits are a run's
//! own, the language cannot say: [`Search`] says it beside the text.

mod alerts;
pub mod codes;
mod cond;
mod field;
mod header;
mod lookup;
mod lower;

mod needs;
mod query;
mod search;
mod sequence;
mod streams;
mod test;
mod text;

use super::target::{Mapping, TargetData};
use super::{Query, Target};
use crate::diagnostic::Diagnostic;
use crate::ir::{Analytic, Input, Keys, Rule, Sequence, Signal, Step, StreamRef, Window};
use crate::pack::alerts as alerts_source;
use crate::pack::schema::SourceId;
use crate::source::Span;
use alerts::{Closeness, Exceptions};
use cond::{Cond, and};
use query::Shape;
pub use search::{RuleTimes, Search, Span as SearchSpan};
pub(super) use streams::plain_field;
use streams::{Reader, Selection, whole};

/// The query of a rule.
///
/// # Errors
/// Every refusal, each at its place in the rule.
pub fn compile(rule: &Rule, mapping: &Mapping, target: &TargetData) -> Result<Query, Vec<Diagnostic>> {
    compile_to_run(rule, mapping, target).map(|(query, _)| query)
}

/// What has to be known to run a query and to read its answer.
pub(super) struct Running<'a> {
    /// The sources that the query reads.
    pub sources: Vec<SourceId>,
    /// `tiebreaker_field` of the request.
    pub tiebreaker: Option<String>,
    /// A hit's time is this much later than its newest event, milliseconds.
    pub deadline: i64,
    /// The group's keys, read from a hit's last event; none where the event does not tell which they are.
    pub keys: Option<&'a Keys>,
}

/// [`compile`], with what [`super::verify`] needs.
pub(super) fn compile_to_run<'a>(
    rule: &'a Rule,
    mapping: &'a Mapping,
    target: &'a TargetData,
) -> Result<(Query, Running<'a>), Vec<Diagnostic>> {
    let mut reader = Reader { rule, mapping, target, found: needs::refusals(rule, target), events: Vec::new() };
    let mut close = Closeness::default();
    let shape = signal(&mut reader, rule.signals.get(rule.detect.index()), &mut close);
    alerts::confidence(rule, &mut close, &mut reader.found);
    alerts::thinning(rule, &mut close);
    if let Err(refusal) = reader.time_column() {
        reader.found.push(refusal);
    }
    let never = matches!(&shape, Some(Shape::Event(Cond::Always(false)))) && reader.found.is_empty();
    if never {
        let at = rule.signals.get(rule.detect.index()).map_or(Span::default(), |s| s.span);
        reader.found.push(codes::refusal(codes::NEVER, at, "no event can alert with the mapping of the environment"));
    }
    match shape {
        Some(shape) if reader.found.is_empty() => Ok(finished(&reader, &shape, close)),
        _ => Err(ordered(reader.found)),
    }
}

fn signal(reader: &mut Reader<'_>, detect: Option<&Signal>, close: &mut Closeness) -> Option<Shape> {
    let detect = detect?;
    match &detect.analytic {
        Analytic::Match { of, keys } => {
            let selections = reader.selections(of.stream, &of.filter.iter().collect::<Vec<_>>(), detect.span);
            Some(events(reader, selections, Some(keys)))
        }
        Analytic::Any { of, keys: None } if of.len() == 1 => only(reader, of, detect.span, close),
        Analytic::Any { of, keys } => {
            let selections: Vec<_> = of.iter().flat_map(|s| reader.selections(*s, &[], detect.span)).collect();
            let mut sources: Vec<_> = selections.iter().map(|s| s.source).collect();
            sources.sort_unstable();
            sources.dedup();
            if keys.is_some() || sources.len() < selections.len() {
                close.repeats(
                    detect.span,
                    "hits of one time and group are not merged, and an event that two streams hold hits once",
                );
            }
            if let Some(keys) = keys {
                close.over_report_if(
                    Exceptions::of(reader.rule, keys).changing(),
                    "of the events of one time and group only the last decides in a rule: here one of the others alerts",
                );
            }
            Some(events(reader, selections, keys.as_ref()))
        }
        Analytic::Threshold { of, keys, window, measures, having } => {
            let count = needs::least_count(reader.rule, measures, having)?;
            threshold(reader, detect, of, keys, *window, count, close)
        }
        Analytic::Sequence(sequence) => chain(reader, sequence, close),
        Analytic::Together { .. } | Analytic::Evidence { .. } | Analytic::Baseline(_) | Analytic::Novelty(_) => None,
    }
}

/// `any` of one stream is that stream.
fn only(reader: &mut Reader<'_>, of: &[StreamRef], at: Span, close: &mut Closeness) -> Option<Shape> {
    match of.first()? {
        StreamRef::Signal(id) => {
            let rule = reader.rule;
            signal(reader, rule.signals.get(id.index()), close)
        }
        event @ StreamRef::Event(_) => {
            let selections = reader.selections(*event, &[], at);
            Some(events(reader, selections, None))
        }
    }
}

fn events(reader: &mut Reader<'_>, mut selections: Vec<Selection>, keys: Option<&Keys>) -> Shape {
    for selection in &mut selections {
        let present = keys.map_or(Cond::Always(true), |keys| reader.keys_exist(selection.source, keys));
        let excepted = alerts::not_excepted(reader, selection.source, 0);
        selection.cond = and([selection.cond.clone(), present, excepted]);
    }
    Shape::Event(whole(&selections))
}

fn chain(reader: &mut Reader<'_>, sequence: &Sequence, close: &mut Closeness) -> Option<Shape> {
    let beside = sequence.absent_first.is_some() || sequence.absent_last.is_some();
    if let ([step], false) = (sequence.steps.as_slice(), beside) {
        let filters: Vec<_> = step.filter.iter().collect();
        let selections: Vec<_> = step.of.iter().flat_map(|s| reader.selections(*s, &filters, step.span)).collect();
        return Some(events(reader, selections, Some(&step.keys)));
    }
    let last = sequence.steps.last();
    if let Some(step) = last {
        let exceptions = Exceptions::of(reader.rule, &step.keys);
        close.over_report_if(
            exceptions.changing(),
            "the hits that it excepts still use up a start in a rule: a later hit of that start \
                                                     is reported here",
        );
    }
    let lowered = sequence::lower(reader, sequence, sequence::Extra::LastStep)?;
    for loss in lowered.too_much {
        close.over_reports(loss);
    }
    if let Some(hidden) = lowered.hidden {
        close.misses(hidden);
    }
    Some(lowered.shape)
}

fn threshold(
    reader: &mut Reader<'_>,
    detect: &Signal,
    of: &Input,
    keys: &Keys,
    window: Window,
    count: i64,
    close: &mut Closeness,
) -> Option<Shape> {
    let Window::Sliding { within, rise } = window else { return None };
    close.repeats(detect.span, "events of one time and group hit once each, not together");
    if rise {
        close.repeats(detect.span, "`fires: rise` is not said: every event that holds it hits");
    }
    for exception in Exceptions::of(reader.rule, keys).changing() {
        let message = format!("the exception `{}` would change what is counted", exception.name);
        let found = codes::refusal(codes::EXCEPTION, exception.span, &message);
        reader.found.push(found.help("say `on: event`, or ask about the group's keys alone, without an end"));
    }
    if count <= 1 {
        let selections = reader.selections(of.stream, &of.filter.iter().collect::<Vec<_>>(), detect.span);
        return Some(events(reader, selections, Some(keys)));
    }
    let most = reader.target.limits.sequence_steps.unwrap_or(usize::MAX);
    let runs = usize::try_from(count).ok().filter(|n| *n <= most);
    let Some(runs) = runs else {
        let message = format!("a count of at least {count} is more than the {most} that a repeat can have");
        reader.found.push(codes::refusal(codes::CANNOT_SAY, detect.span, &message));
        return None;
    };
    let step = Step {
        of: vec![of.stream],
        filter: of.filter.clone(),
        keys: keys.clone(),
        absent_before: Vec::new(),
        written: 0,
        span: detect.span,
    };
    let steps = vec![step; runs];
    let sequence = Sequence { within, steps, absent_first: None, absent_last: None, until: None };
    // An exception on keys takes the whole group away, wherever it stands.
    sequence::lower(reader, &sequence, sequence::Extra::EveryStep).map(|lowered| lowered.shape)
}

fn finished<'a>(reader: &Reader<'a>, shape: &Shape, close: Closeness) -> (Query, Running<'a>) {
    let rule = reader.rule;
    let sources = reader.sources();
    let tiebreaker = reader.tiebreaker();
    let maxspan = match shape {
        Shape::Sequence { maxspan, .. } => Some(*maxspan),
        Shape::Event(_) => None,
    };
    let deadline = rule.signals.get(rule.detect.index()).and_then(|s| match &s.analytic {
        Analytic::Sequence(sequence) => sequence.absent_last.as_ref().map(|a| a.within),
        _ => None,
    });
    let lookback = maxspan.unwrap_or(0);
    let mut search = Search::new(rule.schedule, lookback, deadline.unwrap_or(0), maxspan.is_some());
    search.index = reader.indices();
    search.timestamp_field = reader.time_column().unwrap_or_default();
    search.tiebreaker_field = tiebreaker.clone().filter(|_| maxspan.is_some());
    let body = query::print(shape, reader.target);
    let (fidelity, assumptions) = (close.fidelity(), assumptions(reader, shape));
    let facts = header::Facts { fidelity, search: &search, maxspan, deadline, assumptions: &assumptions };
    let text = format!("{}{body}\n", header::header(rule, &facts));
    let query = Query {
        target: Target::Eql,
        text,
        fidelity,
        losses: close.losses,
        assumptions,
        lookback,
        schedule: rule.schedule,
        search: Some(search),
    };
    let keys = alerts::group_keys(rule, rule.signals.get(rule.detect.index()));
    (query, Running { sources, tiebreaker, deadline: deadline.unwrap_or(0), keys })
}

fn assumptions(reader: &Reader<'_>, shape: &Shape) -> Vec<String> {
    let mut names = vec![
        "single-values",
        "exact-strings",
        "empty-texts-are-not-stored",
        "all-hits-are-read",
        "one-alert-of-one-hit",
    ];
    if let Shape::Sequence { .. } = shape {
        names.push("times-are-milliseconds");
        names.push(if reader.tiebreaker().is_some() { "tiebreaker-is-configured" } else { "ties-without-tiebreaker" });
        if reader.events.len() > 1 {
            names.push("ties-follow-the-rule");
        }
    }
    if query::conditions(shape).into_iter().any(cond::folds) {
        names.push("case-folds-ascii-alone");
    }
    let body = query::print(shape, reader.target);
    if body
        .match_indices("Z\"")
        .any(|(at, _)| body.get(..at).is_some_and(|b| b.ends_with(|c: char| c.is_ascii_digit())))
    {
        names.push("dates-are-iso");
    }
    let schema = &reader.rule.schema;
    let name = schema.source(alerts_source::SOURCE).zip(schema.field(alerts_source::RULE));
    let name = name.filter(|(source, _)| reader.sources().contains(source));
    if name.and_then(|(s, f)| reader.mapping.field(s, f)).is_some_and(|field| body.contains(&field.column)) {
        names.push("alerts-have-the-rules-names");
    }
    names.into_iter().map(str::to_owned).collect()
}

/// Each finding once, in the order of the rule.
fn ordered(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut all: Vec<Diagnostic> = Vec::new();
    for one in found {
        let at = |d: &Diagnostic| d.span.map(|s| (s.file, s.start, s.end));
        if !all.iter().any(|other| *other == one && at(other) == at(&one)) {
            all.push(one);
        }
    }
    all.sort_by_key(|d| d.span.map(|s| (s.file, s.start)));
    all
}
