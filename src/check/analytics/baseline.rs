//! `baseline`: a bucket against its history. What is asked about the history is typed in `check/expr/history.rs`.

use super::{Typed, stream_text};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::consts::with_article;
use crate::check::expr::{Measures, Site};
use crate::check::names::nearest;
use crate::check::params::duration_text;
use crate::check::rows::Rows;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Empty, Keys, MeasureFunction, Season, SignalId};
use crate::syntax::rule::{Baseline as Written, Name};
use crate::value::Type;

/// Most buckets that a history may have: each takes a place in memory for every group.
const MOST_BUCKETS: i64 = 100_000;

const SEASONS: [Season; 3] = [Season::HourOfDay, Season::HourOfWeek, Season::DayOfWeek];

impl Checker<'_> {
    /// A part that is not there was reported when the rule was read.
    pub(super) fn baseline(&mut self, id: SignalId, written: &Written) -> Option<Typed> {
        let of = written.of.as_ref();
        let input = of.and_then(|of| self.input(of, written.filter.as_ref(), "the `where` of `baseline`"));
        let season = self.season(written.season.as_ref());
        let times = self.buckets(written, season.flatten());
        // Without the stream it is still known which names there are.
        let (input, rows) = input.map_or_else(|| (None, Rows::default()), |(input, rows)| (Some(input), rows));
        let keys = self.keys(written.by.as_ref(), &[&rows], &of.map(stream_text).unwrap_or_default());
        let grouped = keys.as_ref().map_or_else(|| rows.clone(), |k| self.grouped(&rows, k));
        let against = keys.as_ref().and_then(|keys| self.against(&written.against, keys));
        let site = Site::analytic("the `measure` of `baseline`", &grouped);
        let measure = written.measure.as_ref().and_then(|m| self.measure(&site, Some("value".to_owned()), m));
        let measure = measure.and_then(|m| self.measurable(m));
        let empty = measure.as_ref().and_then(|m| self.empty(written.empty.as_ref(), m));
        let measure = measure?;
        let kind = Measures::History { value: measure.ty, nullable: measure.nullable };
        let (having, statistics) = self.having(&grouped, kind, id, Vec::new(), written.having.as_ref()?)?;
        let (per, history) = times?;
        let baseline = ir::Baseline {
            of: input?,
            keys: keys?,
            against: against?,
            measure,
            per,
            history,
            empty: empty?,
            season: season?,
            statistics,
            having,
        };
        Some(Typed { analytic: ir::Analytic::Baseline(Box::new(baseline)), range: grouped.clone(), rows: grouped })
    }

    /// `per` and `history`.
    fn buckets(&mut self, written: &Written, season: Option<Season>) -> Option<(i64, i64)> {
        let per = written.per.as_ref().map(|e| (self.duration(e, "`per`", 1), e.span));
        let history = written.history.as_ref().map(|e| (self.duration(e, "`history`", 1), e.span));
        let ((per, per_span), (history, span)) = per.zip(history)?;
        let (per, history) = (per?, history?);
        if history % per != 0 {
            let message = format!(
                "`history` must be a multiple of `per`: `{}` is no whole number of buckets of `{}`",
                duration_text(history),
                duration_text(per)
            );
            let near = (history / per).max(1).saturating_mul(per);
            return self.error_help(codes::OUT_OF_RANGE, span, message, format!("such as `{}`", duration_text(near)));
        }
        if history / per > MOST_BUCKETS {
            let message = format!("this history has {} buckets, and {MOST_BUCKETS} is the most", history / per);
            let least = duration_text(history / MOST_BUCKETS + i64::from(history % MOST_BUCKETS != 0));
            let help = format!("take buckets of `{least}` or longer, or a shorter `history`");
            return self.error_help(codes::OUT_OF_RANGE, per_span, message, help);
        }
        let Some(season) = season else { return Some((per, history)) };
        if season.unit() % per != 0 {
            let message = format!(
                "with `season: {}` a bucket must divide `{}`, and `{}` does not",
                season.name(),
                duration_text(season.unit()),
                duration_text(per)
            );
            let help = format!("such as `per: {}`", duration_text(season.unit()));
            return self.error_help(codes::OUT_OF_RANGE, per_span, message, help);
        }
        if history < season.cycle() {
            let message = format!(
                "`history` must hold a bucket to compare with: with `season: {}` they are `{}` apart",
                season.name(),
                duration_text(season.cycle())
            );
            let help = format!("such as `{}`", duration_text(season.cycle().saturating_mul(4)));
            return self.error_help(codes::OUT_OF_RANGE, span, message, help);
        }
        Some((per, history))
    }

    fn season(&mut self, written: Option<&Name>) -> Option<Option<Season>> {
        let Some(word) = written else { return Some(None) };
        match SEASONS.into_iter().find(|s| s.name() == word.value) {
            Some(season) => Some(Some(season)),
            None => self.unknown_word(word, "season", &SEASONS.map(Season::name)),
        }
    }

    /// Places of the keys that the peers share.
    fn against(&mut self, written: &[Name], keys: &Keys) -> Option<Option<Vec<usize>>> {
        if written.is_empty() {
            return Some(None);
        }
        let mut places: Vec<Option<usize>> = Vec::new();
        for name in written {
            let place = keys.0.iter().position(|k| k.name == name.value);
            if place.is_none() {
                let message = format!("`{}` is not a key of this baseline's `by`", name.value);
                let found = Diagnostic::error(codes::UNKNOWN_NAME, name.span, message);
                let names: Vec<&str> = keys.0.iter().map(|k| k.name.as_str()).collect();
                self.report(match nearest(&name.value, names) {
                    Some(near) => found.help(format!("did you mean `{near}`?")),
                    None => found.help("the peers are the groups that share some of the keys of `by`"),
                });
            } else if places.contains(&place) {
                let message = format!("the key `{}` is listed twice", name.value);
                return self.error(codes::TWICE, name.span, message);
            }
            places.push(place);
        }
        let places: Vec<usize> = places.into_iter().collect::<Option<_>>()?;
        if places.len() == keys.0.len() {
            let span = written.iter().map(|n| n.span).reduce(crate::source::Span::to)?;
            let help = "leave `against` out, or leave a key out of it to compare with the peers that share the others";
            return self.error_help(
                codes::PART_NOT_HERE,
                span,
                "`against` lists every key of `by`, which is what a baseline compares with as it is",
                help,
            );
        }
        Some(Some(places))
    }

    fn measurable(&mut self, measure: ir::Measure) -> Option<ir::Measure> {
        if matches!(measure.ty, Type::INTEGER | Type::NUMBER | Type::DURATION) {
            return Some(measure);
        }
        let message = format!("a baseline compares numbers or durations, not {}", with_article(measure.ty));
        let help = "measure an amount, such as `count()`, `distinct(x)`, `sum(x)` or `avg(x)`";
        self.error_help(codes::ARGUMENT, measure.span, message, help)
    }

    fn empty(&mut self, written: Option<&Name>, measure: &ir::Measure) -> Option<Empty> {
        let counts =
            matches!(measure.function, MeasureFunction::Count | MeasureFunction::Distinct | MeasureFunction::Sum);
        match written {
            Some(word) if word.value == "skip" => Some(Empty::Skip),
            Some(word) if word.value == "zero" && !counts => self.error_help(
                codes::PART_NOT_HERE,
                word.span,
                "`empty: zero` is for `count`, `distinct` and `sum`: without an event any other measure is unknown, not 0",
                "leave `empty` out: such buckets are skipped",
            ),
            Some(word) if word.value != "zero" => self.unknown_word(word, "value of `empty`", &["zero", "skip"]),
            _ => Some(if counts { Empty::Zero } else { Empty::Skip }),
        }
    }
}
