//! Analytics: each reads streams that were checked before it, and says what rows its hits are.

mod baseline;
mod evidence;
mod novelty;
mod sequence;
mod threshold;
mod together;
mod window;

use super::checker::{Checker, SignalInfo};
use super::codes;
use super::events::streams_of;
use super::expr::Site;
use super::names::{order_of, with_nearest};
use super::rows::Rows;
use crate::diagnostic::{Diagnostic, Findings};
use crate::ir::{self, EventId, Input, Keys, SignalId, StreamRef};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Analytic, AnalyticKind, By, Name};

/// An analytic with the rows of its hits.
struct Typed {
    analytic: ir::Analytic,
    rows: Rows,
    range: Rows,
}

/// Most ways in which a signal may read events through other signals: what a query says of each it says once a way.
const MOST_WAYS: u64 = 1000;

impl Checker<'_> {
    /// Checks every signal, those that others read first, then `detect`; gives the signal that alerts.
    pub fn check_signals(&mut self) -> Option<SignalId> {
        let mut cycles = Findings::default();
        let needs = |i: usize| {
            let kind = self.names.signals.items.get(i).map(|d| &d.item.kind);
            let names = kind.map(streams_of).unwrap_or_default();
            names.into_iter().filter_map(|n| self.names.signals.id(&n.value)).map(|i| i as usize).collect()
        };
        let order = order_of(&self.names.signals, "signal", needs, &mut cycles);
        for found in cycles.all {
            self.report(found);
        }
        self.signals.resize_with(self.names.signals.items.len(), || None);
        let mut ways: Vec<u64> = vec![0; self.names.signals.items.len()];
        for place in order {
            let Some(declared) = self.names.signals.get(place as u32) else { continue };
            let down = self.ways_down(&declared.item.kind, &ways);
            if let Some(slot) = ways.get_mut(place) {
                *slot = if down > MOST_WAYS { u64::MAX } else { down };
            }
            // What reads a signal with too many has that fault only.
            if down == u64::MAX {
                continue;
            }
            if down > MOST_WAYS {
                let message = format!(
                    "`{}` reads its events in {down} ways through other signals, and {MOST_WAYS} is the most",
                    declared.name.value
                );
                let help = "let each signal be read by one other, or by few";
                self.error_help::<()>(codes::TOO_LARGE, declared.name.span, message, help);
                continue;
            }
            let id = SignalId(place as u32);
            let info = self.signal(id, &declared.name.value, declared.name.span, declared.item);
            if let Some(slot) = self.signals.get_mut(place) {
                *slot = info;
            }
        }
        self.check_detect()
    }

    /// In how many ways an analytic reaches events, through signals whose ways are known.
    fn ways_down(&self, kind: &AnalyticKind, ways: &[u64]) -> u64 {
        let of_stream = |name: &&Name| match self.names.signals.id(&name.value) {
            Some(id) if self.names.events.id(&name.value).is_none() => ways.get(id as usize).copied().unwrap_or(0),
            _ => 1,
        };
        streams_of(kind).iter().map(of_stream).fold(0, u64::saturating_add)
    }

    fn check_detect(&mut self) -> Option<SignalId> {
        let Some(detect) = &self.rule.detect else {
            let help = "an analytic, the name of a signal, or `{ any: [...] }`";
            return self.error_help(codes::PART_MISSING, self.rule.span, "the rule needs `detect`", help);
        };
        if let AnalyticKind::Stream(name) = &detect.kind
            && let Some(id) = self.names.signals.id(&name.value)
        {
            return self.signals.get(id as usize)?.as_ref().map(|_| SignalId(id));
        }
        let id = SignalId(self.signals.len() as u32);
        let info = self.signal(id, "detect", detect.span, detect);
        self.signals.push(info);
        self.signals.last()?.as_ref().map(|_| id)
    }

    fn signal(&mut self, id: SignalId, name: &str, span: Span, analytic: &Analytic) -> Option<SignalInfo> {
        let typed = self.analytic(id, analytic)?;
        if let ir::Analytic::Threshold { measures, .. } = &typed.analytic {
            for (index, measure) in measures.iter().enumerate() {
                self.measures.extend(measure.name.clone().map(|n| (n, ir::MeasureRef { signal: id, index })));
            }
        }
        let signal = ir::Signal { name: name.to_owned(), analytic: typed.analytic, span };
        Some(SignalInfo { signal, rows: typed.rows, range: typed.range })
    }

    fn analytic(&mut self, id: SignalId, analytic: &Analytic) -> Option<Typed> {
        match &analytic.kind {
            AnalyticKind::Faulty => None,
            AnalyticKind::Stream(of) => self.matching(of, None, None),
            AnalyticKind::Match { of, filter, by } => self.matching(of, filter.as_ref(), by.as_ref()),
            AnalyticKind::Any { of, by } => self.any(of, by.as_ref(), analytic.span),
            AnalyticKind::Threshold { of, windowed } => self.threshold(id, of.as_ref(), windowed, analytic.span),
            AnalyticKind::Cadence { of, windowed } => self.cadence(id, of.as_ref(), windowed, analytic.span),
            AnalyticKind::Baseline(written) => self.baseline(id, written),
            AnalyticKind::Novelty(written) => self.novelty(written),
            AnalyticKind::Together { of, at_least, after, windowed } => {
                self.together(of, at_least.as_ref(), after.as_ref(), windowed, analytic.span)
            }
            AnalyticKind::Evidence { of, when, alert_at, windowed } => {
                self.evidence(of, when, alert_at.as_ref(), windowed, analytic.span)
            }
            AnalyticKind::Sequence { by, within, steps, until, filter } => {
                let written = sequence::Written {
                    by: by.as_ref(),
                    within: within.as_ref(),
                    steps,
                    until: until.as_ref(),
                    filter: filter.as_ref(),
                    span: analytic.span,
                };
                self.sequence(&written)
            }
        }
    }

    fn matching(&mut self, of: &Name, filter: Option<&Expr>, by: Option<&By>) -> Option<Typed> {
        let (input, rows) = self.input(of, filter, "the `where` of `match`")?;
        let keys = self.keys(by, &[&rows], &stream_text(of))?;
        let rows = self.grouped(&rows, &keys);
        Some(Typed { analytic: ir::Analytic::Match { of: input, keys }, range: rows.clone(), rows })
    }

    fn any(&mut self, of: &[Name], by: Option<&By>, span: Span) -> Option<Typed> {
        if of.is_empty() {
            return self.error(codes::PART_MISSING, span, "`any` needs at least one stream");
        }
        let streams = self.streams(of)?;
        let rows: Vec<Rows> = streams.iter().map(|s| self.stream_rows(*s).cloned()).collect::<Option<_>>()?;
        let ranges: Vec<Rows> = streams.iter().map(|s| self.stream_range(*s)).collect::<Option<_>>()?;
        let rows = Rows::union(&rows);
        let keys = match by {
            Some(_) => Some(self.keys(by, &[&rows], "`any`")?),
            None => None,
        };
        let rows = keys.as_ref().map_or_else(|| rows.clone(), |k| self.grouped(&rows, k));
        Some(Typed { analytic: ir::Analytic::Any { of: streams, keys }, rows, range: Rows::union(&ranges) })
    }

    /// A stream as an analytic consumes it, with its rows.
    fn input(&mut self, of: &Name, filter: Option<&Expr>, place: &'static str) -> Option<(Input, Rows)> {
        let stream = self.stream(&of.value, of.span);
        let rows = stream.and_then(|s| self.stream_rows(s).cloned());
        let Some((stream, rows)) = stream.zip(rows) else {
            // Without the stream it is still known which names there are.
            filter.and_then(|filter| self.condition(&Site::analytic(place, &Rows::default()), filter));
            return None;
        };
        // Where the condition has errors, the stream is checked without it.
        let filter = filter.and_then(|filter| self.condition(&Site::analytic(place, &rows), filter));
        let rows = rows.narrowed(filter.as_ref(), &|l| self.let_body(l));
        Some((Input { stream, filter }, rows))
    }

    /// A stream by its name.
    pub fn stream(&mut self, name: &str, span: Span) -> Option<StreamRef> {
        if let Some(id) = self.names.events.id(name) {
            return Some(StreamRef::Event(EventId(id)));
        }
        if let Some(id) = self.names.signals.id(name) {
            return Some(StreamRef::Signal(SignalId(id)));
        }
        if self.names.contexts.id(name).is_some() {
            let message = format!("`{name}` is a context, where an event or a signal is needed");
            let help = "contexts stand in `where`, in `confidence` and in the `when` of `evidence`";
            return self.error_help(codes::WRONG_KIND, span, message, help);
        }
        if self.schema.source(name).is_some() {
            let message = format!("`{name}` is a source, where an event is needed");
            let help = format!("declare an event: `events: {{ name: {{ source: {name} }} }}`");
            return self.error_help(codes::WRONG_KIND, span, message, help);
        }
        let found = Diagnostic::error(codes::UNKNOWN_STREAM, span, format!("no event or signal is named `{name}`"));
        let names: Vec<&str> = self.names.events.names().chain(self.names.signals.names()).collect();
        self.report(with_nearest(found, name, names));
        None
    }

    /// Streams by their names, each once.
    fn streams(&mut self, names: &[Name]) -> Option<Vec<StreamRef>> {
        self.each_once(names.iter())?;
        let streams: Vec<Option<StreamRef>> = names.iter().map(|n| self.stream(&n.value, n.span)).collect();
        streams.into_iter().collect()
    }

    fn each_once<'n>(&mut self, names: impl Iterator<Item = &'n Name>) -> Option<()> {
        let mut seen: Vec<&str> = Vec::new();
        let mut good = Some(());
        for name in names {
            if seen.contains(&name.value.as_str()) {
                good = self.error(codes::TWICE, name.span, format!("the stream `{}` is listed twice", name.value));
            }
            seen.push(&name.value);
        }
        good
    }

    /// Rows of the ranges of a stream's hits; an event's range is itself.
    fn stream_range(&self, stream: StreamRef) -> Option<Rows> {
        match stream {
            StreamRef::Event(_) => self.stream_rows(stream).cloned(),
            StreamRef::Signal(id) => self.signals.get(id.index())?.as_ref().map(|s| s.range.clone()),
        }
    }

    /// Keys of several streams, each with its rows narrowed to the group.
    fn grouped_inputs(&mut self, by: Option<&By>, inputs: &[(&Name, &Rows)]) -> Option<(Keys, Rows)> {
        let mut good = true;
        for (name, rows) in inputs {
            good &= self.keys(by, &[rows], &stream_text(name)).is_some();
        }
        if !good {
            return None;
        }
        let rows: Vec<&Rows> = inputs.iter().map(|(_, r)| *r).collect();
        let all = Rows::union(rows.iter().copied());
        let keys = self.keys(by, &[&all], "the analytic")?;
        let grouped = self.grouped(&all, &keys);
        Some((keys, grouped))
    }
}

fn stream_text(name: &Name) -> String {
    format!("`{}`", name.value)
}
