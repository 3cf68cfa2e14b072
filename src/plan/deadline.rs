//! Hits at deadlines: they come later than their last events, whose time is read all the same.

use super::build::{Builder, Hits};
use super::{Expr, Stage, alert, columns, make};
use crate::ir::{self, ExprKind, Leaf};
use crate::value::Type;
use std::collections::BTreeSet;

/// What late hits still have to read of their last events' time is read before they get their own.
pub(super) fn before(b: &mut Builder, flat: &mut [Hits]) {
    b.keep_own_time();
    flat.iter_mut().filter(|h| h.delay > 0).for_each(|hits| hold(b, hits));
}

/// Computes what is said of the hits and reads their rows' time.
pub(super) fn hold(b: &mut Builder, hits: &mut Hits) {
    let reasons = hits.evidence.iter_mut().flat_map(|e| &mut e.reasons).map(|(holds, _)| holds);
    for value in hits.ranges.iter_mut().chain(reasons) {
        let mut read = BTreeSet::new();
        columns::of_expr(value, &mut read);
        if read.contains(&b.time) {
            let column = b.compute("", "range_holds", value.clone());
            *value = Expr { nullable: value.nullable, ..make::maybe(&column, value.ty) };
        }
    }
}

/// What comes at one deadline stands in the order of the signals, which thinning asks for.
pub(super) fn rank(b: &mut Builder, flat: &[Hits], is: &dyn Fn(usize) -> Expr) {
    if b.own_time.is_none() {
        return;
    }
    let mut rank = b.rank.as_ref().map_or_else(|| make::integer(0), |r| make::sure(r, Type::INTEGER));
    for (i, signal) in flat.iter().enumerate().filter_map(|(i, h)| Some((i, h.made_by?))) {
        rank = make::choose(is(i), make::integer(i64::from(signal.0) + 1), rank);
    }
    b.rank = Some(b.compute("", "rank", rank));
}

impl Builder<'_> {
    /// Keeps the time of the last event, before a hit gets another one, where the alert reads it.
    pub fn keep_own_time(&mut self) {
        if self.own_time.is_some() {
            return;
        }
        // Hits of one time stand in the order of their last events, which thinning asks for.
        let mut read = self.rule.alert.once_per.is_some();
        for expr in alert::expressions(self.rule) {
            ir::walk::rows(self.rule, expr, &mut |e| read |= matches!(e.kind, ExprKind::Leaf(Leaf::Time)));
        }
        if read {
            let column = self.column("last_event_time");
            let time = self.now();
            self.push("", Stage::Compute(vec![(column.clone(), time)]));
            self.own_time = Some(column);
        }
    }
}
