//! A rule as its schedule runs it: each run sees only what its look-back reaches, and reports only its own interval.
//!
//! If every event arrives within the rule's `delay` and no run is left out, the runs together report what one continuous run does:
//! nothing twice, and nothing missed.

use super::alert::Alert;
use super::event::Event;
use crate::ir::{Rule, lookback};
use crate::pack::schema::SourceId;
use std::collections::BTreeMap;

/// One run of a rule.
#[derive(Debug, Clone)]
pub struct Run {
    /// Hits after this time are reported, milliseconds since the epoch.
    pub after: i64,
    /// Hits up to this time are reported, and every event up to it is there; milliseconds, inclusive.
    pub until: i64,
    /// By source: how long before the first reported time its events are read, milliseconds.
    reach: BTreeMap<SourceId, i64>,
}

impl Run {
    /// The rule's run at a time, milliseconds since the epoch; it reports hits in `(at - delay - every, at - delay]`. A time that is no
    /// multiple of `every` stands for the last one before it.
    pub fn at(rule: &Rule, at: i64) -> Run {
        let (after, until) = rule.schedule.reported(at);
        Run { after, until, reach: lookback::by_source(rule) }
    }

    /// Whether it reads an event of this source and time.
    pub fn reads(&self, source: SourceId, time: i64) -> bool {
        let from = self.reach.get(&source).map(|reach| self.after.saturating_add(1).saturating_sub(*reach));
        time <= self.until && from.is_some_and(|from| time >= from)
    }
}

/// The alerts that the rule's run at a time (milliseconds since the epoch) reports. The events may be more than it reads, in any order.
pub fn run_at(rule: &Rule, events: impl IntoIterator<Item = Event>, at: i64) -> Vec<Alert> {
    let run = Run::at(rule, at);
    let read = events.into_iter().filter(|e| run.reads(e.source, e.time));
    let mut alerts = super::run(rule, read, Some(run.until));
    alerts.retain(|alert| alert.time > run.after);
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::kit::*;
    use crate::ir::{Schedule, Window};

    fn pairs(window: Window, every: i64, delay: i64) -> Rule {
        let mut rule = rule(&[(S, "a"), (S, "b")], vec![threshold(window, vec![count()], at_least(measured(0), 2))]);
        rule.schedule = Schedule { every, delay };
        rule
    }

    #[test]
    fn a_run_reads_exactly_what_its_first_reported_hit_may_need() {
        // The run at 125 stands for the one at 120: it reports (80, 100], and the window of 81 begins at 71.
        let run = Run::at(&pairs(sliding(10), 20, 20), 125);
        assert_eq!((run.after, run.until), (80, 100));
        assert!(run.reads(S, 71) && !run.reads(S, 70) && run.reads(S, 100) && !run.reads(S, 101));
        // A source that the rule does not use is not read at all.
        assert!(!run.reads(T, 90));
        let run = Run::at(&pairs(Window::Sliding { within: 10, rise: true }, 20, 20), 120);
        assert!(run.reads(S, 61) && !run.reads(S, 60));
        let run = Run::at(&pairs(Window::Tumbling { size: 30 }, 20, 20), 120);
        assert!(run.reads(S, 51) && !run.reads(S, 50));
    }

    #[test]
    fn each_hit_is_reported_by_one_run() {
        let rule = pairs(sliding(10), 20, 5);
        let events = [s(70, "g:1 k:a"), s(80, "g:1 k:a"), s(81, "g:1 k:a"), s(100, "g:1 k:a"), s(101, "g:1 k:a")];
        let reported = |at| run_at(&rule, events.clone(), at).iter().map(|a| a.time).collect::<Vec<_>>();
        // Intervals are (55, 75], (75, 95] and (95, 115].
        assert_eq!((reported(80), reported(100), reported(120)), (vec![], vec![80, 81], vec![101]));
        assert_eq!(reported(119), reported(100));
    }
}
