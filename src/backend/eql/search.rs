//! How a run asks Elastic: which events it reads, and which hits are its own.
//!
//! In: a rule's schedule, how far its query looks back. Out: a [`Search`]. The language has no clock, so the bound that other dialects have in
//! their text stands beside it: on all events in the request's `filter`, on hits in what the caller keeps. Whoever searches at T (a multiple of
//! `every`) gets with both exactly the hits in `(T - delay - every, T - delay]`. Elastic's rules know the bound on events alone: they find a
//! sequence again in every run that reads all of it, and make one alert of it (`one-alert-of-one-hit` in the ledger).
//!
//! Date math has whole seconds: a delay takes the next longer one, an interval too, and what is read begins earlier, never later.

use super::text;
use crate::ir::Schedule;
use serde_json::{Value as Json, json};

/// What Elastic advises for a run that does not start on time (Security, "Create a detection rule", additional look-back time), milliseconds.
const MARGIN: i64 = 60_000;
const SECOND: i64 = 1_000;

/// What a search of the run at T says beside the query; `now` is T in all times, which are Elasticsearch's date math.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// The indices to search.
    pub index: Vec<String>,
    /// `timestamp_field` of the request.
    pub timestamp_field: String,
    /// `tiebreaker_field` of the request; none where the query is no sequence, or its sources share none.
    pub tiebreaker_field: Option<String>,
    /// The events that the run reads, in time: open at `gt`, closed at `lte`.
    pub events: Span,
    /// The hits that are the run's own, by the time of the last event that is there; none where those are all that the search gives.
    pub hits: Option<Span>,
    /// The same as a rule of Elastic Security has it.
    pub rule: RuleTimes,
}

/// An interval before now: without its first instant, with its last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// After this time.
    pub gt: String,
    /// Up to this time.
    pub lte: String,
}

/// When a rule of Elastic Security runs, and what it reads, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTimes {
    /// How often.
    pub interval: String,
    /// With a margin for a run that starts late: what is read twice makes no second alert.
    pub from: String,
    /// What holds back the newest events, as they may not all be there yet.
    pub to: String,
}

impl Search {
    /// `lookback`: how far before the reported interval events are read; `deadline`: how much later than its last event a hit's time is; milliseconds.
    pub(super) fn new(schedule: Schedule, lookback: i64, deadline: i64, is_sequence: bool) -> Search {
        let (every, delay) = (whole_seconds(schedule.every), whole_seconds(schedule.delay));
        let reported = every.saturating_add(delay);
        let read = reported.saturating_add(lookback);
        let hits = Span { gt: before(reported.saturating_add(deadline)), lte: before(delay.saturating_add(deadline)) };
        Search {
            index: Vec::new(),
            timestamp_field: String::new(),
            tiebreaker_field: None,
            events: Span { gt: before(read), lte: before(delay) },
            hits: is_sequence.then_some(hits),
            rule: RuleTimes { interval: duration(every), from: before(read.saturating_add(MARGIN)), to: before(delay) },
        }
    }

    /// `filter` of the request.
    pub fn filter(&self) -> Json {
        json!({ "range": { self.timestamp_field.as_str(): self.events.json() } })
    }

    /// The lines of a header.
    pub(super) fn lines(&self) -> Vec<String> {
        let RuleTimes { interval, from, to } = &self.rule;
        let mut lines = vec![format!("filter: {}", self.filter())];
        if let Some(Span { gt, lte }) = &self.hits {
            lines.push(format!(
                "hits of a run: those whose last event has a {} after {gt}, up to {lte}",
                self.timestamp_field
            ));
        }
        lines.push(format!("in a rule of Elastic Security: interval {interval}, from {from}, to {to}"));
        lines
    }
}

impl Span {
    /// As a range query has it.
    pub fn json(&self) -> Json {
        json!({ "gt": self.gt, "lte": self.lte })
    }
}

fn whole_seconds(milliseconds: i64) -> i64 {
    milliseconds.max(0).saturating_add(SECOND - 1) / SECOND * SECOND
}

fn before(milliseconds: i64) -> String {
    let seconds = whole_seconds(milliseconds);
    if seconds == 0 { "now".to_owned() } else { format!("now-{}", duration(seconds)) }
}

/// Whole seconds in the largest unit up to hours: rules have no longer one.
fn duration(milliseconds: i64) -> String {
    const HOUR: i64 = 3_600 * SECOND;
    match milliseconds {
        whole if whole > 0 && whole % HOUR == 0 => format!("{}h", whole / HOUR),
        other => text::span(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(every: i64, delay: i64, lookback: i64, deadline: i64) -> Search {
        let search = Search::new(Schedule { every, delay }, lookback, deadline, true);
        Search { timestamp_field: "@timestamp".to_owned(), ..search }
    }

    fn span(gt: &str, lte: &str) -> Span {
        Span { gt: gt.to_owned(), lte: lte.to_owned() }
    }

    #[test]
    fn a_run_reads_its_interval_and_what_a_sequence_needs_before_it() {
        let search = search(15 * 60_000, 5 * 60_000, 2 * 3_600_000, 0);
        assert_eq!(search.filter(), json!({ "range": { "@timestamp": { "gt": "now-140m", "lte": "now-5m" } } }));
        assert_eq!(search.hits, Some(span("now-20m", "now-5m")));
        let RuleTimes { interval, from, to } = search.rule;
        assert_eq!([interval, from, to], ["15m", "now-141m", "now-5m"]);
    }

    #[test]
    fn the_last_event_of_a_hit_with_a_deadline_lies_that_much_earlier() {
        let search = search(3_600_000, 0, 600_000, 600_000);
        assert_eq!(search.events, span("now-70m", "now"));
        assert_eq!(search.hits, Some(span("now-70m", "now-10m")));
    }

    #[test]
    fn date_math_has_whole_seconds_and_hours_at_most() {
        let search = search(1_000, 1, 1_500, 0);
        assert_eq!(search.events, span("now-4s", "now-1s"));
        assert_eq!(search.hits, Some(span("now-2s", "now-1s")));
        let days = Search::new(Schedule { every: 2 * 86_400_000, delay: i64::MAX }, i64::MAX, 0, false);
        assert_eq!((days.rule.interval.as_str(), days.hits), ("48h", None));
    }
}
