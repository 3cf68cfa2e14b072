//! `novelty`: the first sight of a value.

use super::{Typed, stream_text};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::params::duration_text;
use crate::check::rows::Rows;
use crate::ir;
use crate::syntax::rule::{Name, Novelty as Written};

impl Checker<'_> {
    /// A part that is not there was reported when the rule was read.
    pub(super) fn novelty(&mut self, written: &Written) -> Option<Typed> {
        let of = written.of.as_ref();
        let input = of.and_then(|of| self.input(of, written.filter.as_ref(), "the `where` of `novelty`"));
        let known = self.known(written.known.as_ref());
        let times = self.memory(written);
        let (of, (input, rows)) = (of?, input?);
        let value = written.value.as_ref().and_then(|v| self.values(v, &rows, &stream_text(of)));
        let known = known?;
        let mut named: Vec<(&Name, &Rows)> = vec![(of, &rows)];
        named.extend(written.known.as_ref().zip(known.as_ref().map(|(_, rows)| rows)));
        let (keys, _) = self.grouped_inputs(written.by.as_ref(), &named)?;
        let grouped = self.grouped(&rows, &keys);
        let value = value?;
        // With `known` it asks for the first event of a known group, which is a question.
        if known.is_none() && value.0.iter().all(|v| keys.0.iter().any(|k| k.by_source == v.by_source)) {
            let message = "this never hits: the group's own keys are never new in the group";
            let help = "leave the value out of `by`, or say with `known: stream` what shows that the group is known";
            return self.error_help(codes::NEVER_HOLDS, written.value.as_ref()?.span, message, help);
        }
        let rows = self.grouped(&grouped, &value);
        let (history, learn) = times?;
        let known = known.map(|(stream, _)| stream);
        let analytic = ir::Analytic::Novelty(ir::Novelty { of: input, keys, value, history, learn, known });
        Some(Typed { analytic, range: rows.clone(), rows })
    }

    fn known(&mut self, written: Option<&Name>) -> Option<Option<(ir::StreamRef, Rows)>> {
        let Some(name) = written else { return Some(None) };
        let stream = self.stream(&name.value, name.span)?;
        Some(Some((stream, self.stream_rows(stream)?.clone())))
    }

    /// `history` and `learn`.
    fn memory(&mut self, written: &Written) -> Option<(i64, i64)> {
        let history = written.history.as_ref().and_then(|e| self.duration(e, "`history`", 1));
        let learn = written.learn.as_ref().map(|e| (self.duration(e, "`learn`", 0), e.span));
        let (learn, span) = learn?;
        let (history, learn) = (history?, learn?);
        if learn > history {
            let message = format!(
                "`learn` must not be longer than `history`, `{}`: what is older than that is forgotten",
                duration_text(history)
            );
            let help =
                "a group counts as known once an event of it is that old; a value is new if `history` has not shown it";
            return self.error_help(codes::OUT_OF_RANGE, span, message, help);
        }
        Some((history, learn))
    }
}
