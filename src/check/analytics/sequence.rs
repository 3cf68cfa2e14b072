//! `sequence`: written steps become a chain, `repeat` unrolled, absences attached to what they stand beside.

use super::{Typed, stream_text};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::expr::Site;
use crate::check::rows::Rows;
use crate::ir::{self, Absence, Gap, Keys, Sequence, StreamRef, Until};
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{By, Name, Step, StepKind};

/// A sequence as written.
pub(super) struct Written<'s> {
    pub by: Option<&'s By>,
    pub within: Option<&'s Expr>,
    pub steps: &'s [Step],
    pub until: Option<&'s Name>,
    pub filter: Option<&'s Expr>,
    pub span: Span,
}

/// Most steps that a sequence may be written with.
const MOST_STEPS: usize = 8;
/// Most repeats of one step.
const MOST_REPEATS: i64 = 32;

/// A step with its place among the written ones.
enum Piece {
    Event { of: Vec<StreamRef>, rows: Rows, keys: Keys, repeat: i64 },
    Absent { stream: StreamRef, keys: Keys, within: Option<i64> },
}

impl Checker<'_> {
    pub(super) fn sequence(&mut self, written: &Written) -> Option<Typed> {
        let within = match written.within {
            Some(within) => self.duration(within, "`within`", 0),
            None => self.error_help(
                codes::PART_MISSING,
                written.span,
                "`sequence` needs `within`",
                "the longest time from its first step to its last, such as `within: 10m`",
            ),
        };
        let shape = self.shape(written);
        let pieces: Vec<Option<Piece>> =
            written.steps.iter().enumerate().map(|(i, s)| self.piece(written, i, s)).collect();
        let until = written.until.map(|name| self.until(name, written.by));
        let pieces: Vec<Piece> = pieces.into_iter().collect::<Option<_>>()?;
        self.same_keys(&pieces, written);
        shape?;
        let mut sequence = Sequence {
            within: within?,
            steps: Vec::new(),
            absent_first: None,
            absent_last: None,
            until: match until {
                Some(until) => Some(until?),
                None => None,
            },
        };
        let rows = assemble(&mut sequence, pieces, written)?;
        if let Some(filter) = written.filter {
            let site = Site::analytic("the `where` of `sequence`", rows.last()?);
            let condition = self.condition(&site, filter)?;
            sequence.steps.last_mut()?.filter = Some(condition);
        }
        let last = rows.last()?.clone();
        let range = Rows::union(&rows);
        Some(Typed { analytic: ir::Analytic::Sequence(sequence), rows: last, range })
    }

    /// Whether the written steps make a sequence at all.
    fn shape(&mut self, written: &Written) -> Option<()> {
        let steps = written.steps;
        let events = steps.iter().filter(|s| !matches!(s.kind, StepKind::Absent { .. })).count();
        if !(2..=MOST_STEPS).contains(&steps.len()) {
            let message = format!("a sequence has 2 to {MOST_STEPS} steps, not {}", steps.len());
            let repeated = |s: &Step| match &s.kind {
                StepKind::Event { repeat, .. } | StepKind::Any { repeat, .. } => repeat.is_some(),
                StepKind::Absent { .. } => false,
            };
            if steps.iter().any(repeated) {
                let message = format!("a sequence is written with 2 to {MOST_STEPS} steps, not {}", steps.len());
                let help = "the same event several times is a threshold: `having: count() >= 3`";
                return self.error_help(codes::STEPS, written.span, message, help);
            }
            return self.error(codes::STEPS, written.span, message);
        }
        if events == 0 {
            let message = "a sequence needs a step that happens";
            return self.error(codes::STEPS, written.span, message);
        }
        let absent = |s: Option<&Step>| s.is_some_and(|s| matches!(s.kind, StepKind::Absent { .. }));
        if absent(steps.first()) && absent(steps.get(1)) {
            let message = "only one absence may stand before the first step that happens";
            return self.error(codes::STEPS, steps.get(1).map_or(written.span, |s| s.span), message);
        }
        if absent(steps.last()) && absent(steps.get(steps.len().wrapping_sub(2))) {
            let message = "only one absence may stand after the last step that happens";
            return self.error(codes::STEPS, steps.last().map_or(written.span, |s| s.span), message);
        }
        Some(())
    }

    fn piece(&mut self, written: &Written, place: usize, step: &Step) -> Option<Piece> {
        let by = step.by.as_ref().or(written.by);
        let mut piece = self.piece_by(written, place, step, by)?;
        if let (Some(_), Some(names)) = (&step.by, written.by) {
            named_as(&mut piece, names);
        }
        Some(piece)
    }

    fn piece_by(&mut self, written: &Written, place: usize, step: &Step, by: Option<&By>) -> Option<Piece> {
        match &step.kind {
            StepKind::Event { of, repeat } => {
                self.event_piece(std::slice::from_ref(of), repeat.as_ref(), by, step.span)
            }
            StepKind::Any { of, repeat } => self.event_piece(of, repeat.as_ref(), by, step.span),
            StepKind::Absent { of, within } => {
                let at_end = place == 0 || place + 1 == written.steps.len();
                let within = self.absence_length(within.as_ref(), at_end, of, step.span);
                let stream = self.stream(&of.value, of.span)?;
                let rows = self.stream_rows(stream)?.clone();
                let keys = self.keys(by, &[&rows], &stream_text(of))?;
                Some(Piece::Absent { stream, keys, within: within? })
            }
        }
    }

    #[allow(clippy::option_option)] // wrong, left out, or there
    fn absence_length(&mut self, within: Option<&Expr>, at_end: bool, of: &Name, span: Span) -> Option<Option<i64>> {
        match (within, at_end) {
            (Some(within), true) => self.duration(within, "the `within` of an absence", 1).map(Some),
            (None, false) => Some(None),
            (None, true) => {
                let message = format!("the absence of `{}` needs `within` as first or last step", of.value);
                self.error_help(
                    codes::PART_MISSING,
                    span,
                    message,
                    "how long it stays away: `{ absent: x, within: 5m }`",
                )
            }
            (Some(within), false) => {
                let message = "an absence between two steps has no `within`: it holds from one to the other";
                self.error(codes::PART_NOT_HERE, within.span, message)
            }
        }
    }

    fn event_piece(&mut self, of: &[Name], repeat: Option<&Expr>, by: Option<&By>, span: Span) -> Option<Piece> {
        let repeat = match repeat {
            Some(repeat) => self.integer(repeat, "`repeat`", 1, MOST_REPEATS),
            None => Some(1),
        };
        if of.is_empty() {
            return self.error(codes::PART_MISSING, span, "`any` needs at least one stream");
        }
        let streams = self.streams(of)?;
        let rows: Vec<Rows> = streams.iter().map(|s| self.stream_rows(*s).cloned()).collect::<Option<_>>()?;
        let named: Vec<(&Name, &Rows)> = of.iter().zip(&rows).collect();
        let (keys, rows) = self.grouped_inputs(by, &named)?;
        Some(Piece::Event { of: streams, rows, keys, repeat: repeat? })
    }

    fn until(&mut self, name: &Name, by: Option<&By>) -> Option<Until> {
        let stream = self.stream(&name.value, name.span)?;
        let rows = self.stream_rows(stream)?.clone();
        let keys = self.keys(by, &[&rows], &stream_text(name))?;
        Some(Until { stream, keys, span: name.span })
    }

    /// Every step groups by as many keys, of the same types.
    fn same_keys(&mut self, pieces: &[Piece], written: &Written) {
        let keys = |p: &Piece| match p {
            Piece::Event { keys, .. } | Piece::Absent { keys, .. } => keys.clone(),
        };
        let all: Vec<Keys> = pieces.iter().map(keys).collect();
        let Some(first) = all.first() else { return };
        for (keys, step) in all.iter().zip(written.steps) {
            if keys.0.len() != first.0.len() {
                let message = format!("this step groups by {} keys, the first one by {}", keys.0.len(), first.0.len());
                self.error::<()>(codes::KEY_TYPE, step.by.as_ref().map_or(step.span, |b| b.span), message);
                continue;
            }
            for (a, b) in keys.0.iter().zip(&first.0) {
                if a.ty != b.ty {
                    let message = format!("the key `{}` is {}, that of the first step {}", a.name, a.ty, b.ty);
                    self.error::<()>(codes::KEY_TYPE, step.by.as_ref().map_or(a.span, |b| b.span), message);
                }
            }
        }
    }
}

/// Puts the pieces together; gives the rows of each step.
fn assemble(sequence: &mut Sequence, pieces: Vec<Piece>, written: &Written) -> Option<Vec<Rows>> {
    let last = pieces.len().checked_sub(1)?;
    let mut gaps: Vec<Gap> = Vec::new();
    let mut all_rows = Vec::new();
    for (place, (piece, step)) in pieces.into_iter().zip(written.steps).enumerate() {
        match piece {
            Piece::Absent { stream, keys, within: Some(within) } => {
                let absence = Absence { stream, keys, within, span: step.span };
                if place == last {
                    sequence.absent_last = Some(absence);
                } else {
                    sequence.absent_first = Some(absence);
                }
            }
            Piece::Absent { stream, keys, within: None } => gaps.push(Gap { stream, keys, span: step.span }),
            Piece::Event { of, rows, keys, repeat } => {
                for turn in 0..repeat {
                    sequence.steps.push(ir::Step {
                        of: of.clone(),
                        filter: None,
                        keys: keys.clone(),
                        absent_before: if turn == 0 { std::mem::take(&mut gaps) } else { Vec::new() },
                        written: place,
                        span: step.span,
                    });
                }
                all_rows.push(rows);
            }
        }
    }
    Some(all_rows)
}

/// A step's own keys go by the names of the sequence's: they are one group, whatever gives it at a step.
fn named_as(piece: &mut Piece, by: &By) {
    let (Piece::Event { keys, .. } | Piece::Absent { keys, .. }) = piece;
    for (key, written) in keys.0.iter_mut().zip(&by.value) {
        if let Some(name) = written.label.as_ref().or_else(|| written.fields.first()) {
            key.name.clone_from(&name.value);
        }
    }
}
