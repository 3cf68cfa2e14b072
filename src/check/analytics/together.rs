//! `together`: several streams in one window.

use super::Typed;
use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::rows::Rows;
use crate::ir;
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Name, Windowed};

impl Checker<'_> {
    pub(super) fn together(
        &mut self,
        of: &[Name],
        at_least: Option<&Expr>,
        after: Option<&Name>,
        windowed: &Windowed,
        span: Span,
    ) -> Option<Typed> {
        self.no_measures(windowed, "together");
        let window = self.window(windowed, "together", span);
        if of.is_empty() {
            return self.error(codes::PART_MISSING, span, "`together` needs streams in `of`");
        }
        let once = self.each_once(of.iter());
        let at_least = match at_least {
            Some(n) => self.integer(n, "`at_least`", 1, of.len() as i64),
            None => Some(of.len() as i64),
        };
        let place = "the `where` of `together`";
        let inputs: Vec<_> = of.iter().map(|n| self.input(n, windowed.filter.as_ref(), place)).collect();
        let after = after.map(|name| (name, self.stream(&name.value, name.span)));
        let inputs: Vec<(ir::Input, Rows)> = inputs.into_iter().collect::<Option<_>>()?;
        let mut named: Vec<(&Name, &Rows)> = of.iter().zip(inputs.iter().map(|(_, r)| r)).collect();
        let after_rows = match after {
            Some((_, stream)) => Some(self.stream_rows(stream?)?.clone()),
            None => None,
        };
        named.extend(after.map(|(n, _)| n).zip(after_rows.as_ref()));
        let (keys, _) = self.grouped_inputs(windowed.by.as_ref(), &named)?;
        let consumed = Rows::union(inputs.iter().map(|(_, r)| r));
        let rows = self.grouped(&consumed, &keys);
        once?;
        let analytic = ir::Analytic::Together {
            of: inputs.into_iter().map(|(i, _)| i).collect(),
            keys,
            window: window?,
            at_least: at_least? as u32,
            after: after.and_then(|(_, s)| s),
        };
        Some(Typed { analytic, range: rows.clone(), rows })
    }
}
