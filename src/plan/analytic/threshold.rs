//! `threshold`: a condition over a group's events in a window.
//!
//! `count() >= n` asks only for the time of the event n - 1 places earlier; every other measure is taken over the window. A
//! percentile, minimum or maximum against a constant is two counts, so that no estimating function is needed.

use super::each::range_items;
use super::{asked, columns, consume, plain, range_value, refuse_several, says, window};
use crate::ir::{
    self, ArithmeticOp, CompareOp, ExprKind, Input, Keys, Leaf, Measure, MeasureFunction, Signal, SignalId, Window,
};
use crate::plan::build::{Builder, Hits, Keyed};
use crate::plan::{Carried, Column, Expr, Measured, Stage, make};
use crate::value::{Type, Value};
use std::collections::BTreeMap;

/// A threshold's parts.
pub(super) struct Parts<'a> {
    pub of: &'a Input,
    pub keys: &'a Keys,
    pub window: Window,
    pub measures: &'a [Measure],
    pub having: &'a ir::Expr,
}

pub(super) fn threshold(b: &mut Builder, signal: &Signal, id: SignalId, parts: &Parts) -> Hits {
    let keyed = b.keys(parts.keys);
    refuse_several(b, signal, parts.of.stream);
    let consumed = b.consumed(parts.of.stream, parts.of.filter.as_ref(), &keyed);
    let hits = match parts.window {
        Window::Sliding { within, rise } => {
            let among = consume(b, id, &signal.name, consumed);
            sliding(b, signal, id, parts, keyed, &among, within, rise)
        }
        Window::Tumbling { size } | Window::Hopping { size, .. } => {
            let every = if let Window::Hopping { every, .. } = parts.window { every } else { size };
            let among = consume(b, id, &signal.name, consumed);
            let mut wanted = Wanted::new(parts.measures, id);
            let having = wanted.having(b, parts.having, false);
            wanted.name_all(b);
            let grouped =
                window::Grouped { keys: &keyed, among: &among, size, every, gap: None, measures: wanted.over };
            let (ranges, at) = window::group_or_beside(b, signal, id, grouped);
            let holds = make::and([at, having]);
            let hit = b.compute(&says(signal, "having"), &format!("hit_{}", signal.name), holds);
            plain(hit, keyed, ranges)
        }
    };
    let matched = vec![(parts.of.stream, make::boolean(true))];
    Hits { measured: vec![(id, Some(make::boolean(true)))], matched, ..hits }
}

#[allow(clippy::too_many_arguments)] // the parts of one analytic, used once
fn sliding(
    b: &mut Builder,
    signal: &Signal,
    id: SignalId,
    parts: &Parts,
    keyed: Vec<Keyed>,
    among: &Column,
    within: i64,
    rise: bool,
) -> Hits {
    let mut wanted = Wanted::new(parts.measures, id);
    let having = wanted.having(b, parts.having, true);
    wanted.named_for_alert(b);
    // Rows that are not consumed sort apart, so that "k rows earlier" counts consumed ones only.
    let keys = columns(&keyed);
    let mut apart = keys.clone();
    apart.push(among.clone());
    let number = b.sort(&says(signal, &format!("events in {}", crate::plan::words(within))), &apart);
    let counts = std::mem::take(&mut wanted.counts);
    let mut enough = BTreeMap::new();
    for (n, out) in counts {
        b.push("", Stage::Back { keys: apart.clone(), column: b.time.clone(), k: n - 1, out: out.clone() });
        enough.insert(n, out);
    }
    let ranges = asked(b, id);
    let (items, newest) = range_items(b, &make::flag(among), &ranges);
    if !items.is_empty() {
        b.push("", Stage::Carry { keys: keys.clone(), inclusive: true, items });
    }
    let last = b.column(&format!("last_{}", signal.name));
    b.push("", Stage::LastOfInstant { keys: keys.clone(), among: among.clone(), number, out: last.clone() });
    if !wanted.over.is_empty() {
        b.push(
            "",
            Stage::Over {
                keys: keys.clone(),
                within,
                closed: true,
                among: among.clone(),
                at: last.clone(),
                since: None,
                measures: wanted.over,
                lists: Vec::new(),
            },
        );
    }
    let having = resolve_counts(b, &having, &enough, within);
    let holds = make::and([make::flag(&last), having]);
    let hit = fires(b, signal, &keys, &last, holds, within, rise);
    let now = b.now();
    let ranges =
        ranges.iter().zip(newest).map(|(r, at)| range_value(r, make::within(now.clone(), at, within))).collect();
    plain(hit, keyed, ranges)
}

/// The hit's column; with `rise`, only where the group's previous event time within the window did not hold.
pub(super) fn fires(
    b: &mut Builder,
    signal: &Signal,
    keys: &[Column],
    last: &Column,
    holds: Expr,
    within: i64,
    rise: bool,
) -> Column {
    let name = format!("hit_{}", signal.name);
    if !rise {
        return b.compute(&says(signal, "hit"), &name, holds);
    }
    let holds = b.compute(&says(signal, "holds"), &format!("holds_{}", signal.name), holds);
    b.sort(&says(signal, "fires where it did not hold at the event time before"), keys);
    let before_at = b.column("held_before_at");
    let before = b.column("held_before");
    let values = vec![(before_at.clone(), b.now()), (before.clone(), make::flag(&holds))];
    let items = vec![Carried { when: make::flag(last), values }];
    b.push("", Stage::Carry { keys: keys.to_vec(), inclusive: false, items });
    let held = make::and([
        make::within(b.now(), make::maybe(&before_at, Type::TIMESTAMP), within),
        make::maybe(&before, Type::BOOLEAN),
    ]);
    b.compute("", &name, make::and([make::flag(&holds), make::not(held)]))
}

/// The measures that a `having` needs: counts that "k rows earlier" answers, and those over the window.
struct Wanted<'a> {
    measures: &'a [Measure],
    signal: SignalId,
    counts: BTreeMap<u32, Column>,
    over: Vec<(Column, Measured)>,
}

impl<'a> Wanted<'a> {
    fn new(measures: &'a [Measure], signal: SignalId) -> Self {
        Self { measures, signal, counts: BTreeMap::new(), over: Vec::new() }
    }

    /// `having` over columns; comparisons that need `Back` stay as a marker until the columns are there.
    fn having(&mut self, b: &mut Builder, expr: &ir::Expr, rows: bool) -> Expr {
        match &expr.kind {
            ExprKind::And(parts) => make::and(parts.iter().map(|p| self.having(b, p, rows)).collect::<Vec<_>>()),
            ExprKind::Or(parts) => make::or(parts.iter().map(|p| self.having(b, p, rows)).collect::<Vec<_>>()),
            ExprKind::Not(inner) => make::not(self.having(b, inner, rows)),
            ExprKind::Compare { op, left, right, .. } => match self.against_constant(b, *op, left, right, rows) {
                Some(done) => done,
                None => self.general(b, expr),
            },
            _ => self.general(b, expr),
        }
    }

    fn against_constant(
        &mut self,
        b: &mut Builder,
        op: CompareOp,
        left: &ir::Expr,
        right: &ir::Expr,
        rows: bool,
    ) -> Option<Expr> {
        let (measure, op, constant) = match (self.measure_of(left), self.measure_of(right)) {
            (Some(m), None) => (m, op, b.constant(right)?),
            (None, Some(m)) => (m, flipped(op), b.constant(left)?),
            _ => return None,
        };
        match (measure.function, &measure.filter) {
            (MeasureFunction::Count, None) if rows => self.count(b, op, &constant),
            (MeasureFunction::Percentile(p), _) => self.percentile(b, measure, p, op, &constant),
            _ => None,
        }
    }

    fn measure_of(&self, expr: &ir::Expr) -> Option<&'a Measure> {
        match &expr.kind {
            ExprKind::Leaf(Leaf::Measure(m)) if m.signal == self.signal => self.measures.get(m.index),
            _ => None,
        }
    }

    /// `count() op n` as "at least n" tests.
    fn count(&mut self, b: &mut Builder, op: CompareOp, constant: &Value) -> Option<Expr> {
        let n = match constant {
            Value::Integer(n) => *n,
            _ => return None,
        };
        let mut at_least = |n: i64| -> Option<Expr> {
            if n <= 1 {
                return Some(make::boolean(true));
            }
            let n = u32::try_from(n).ok()?;
            let column = self.counts.entry(n).or_insert_with(|| b.column(&format!("time_{n}_back"))).clone();
            Some(make::exists(make::maybe(&column, Type::TIMESTAMP)))
        };
        Some(match op {
            CompareOp::GreaterEqual => at_least(n)?,
            CompareOp::Greater => at_least(n.checked_add(1)?)?,
            CompareOp::Less => make::not(at_least(n)?),
            CompareOp::LessEqual => make::not(at_least(n.checked_add(1)?)?),
            CompareOp::Equal => make::and([at_least(n)?, make::not(at_least(n.checked_add(1)?)?)]),
        })
    }

    /// `percentile(x, p) >= c` is `100 * count(x < c) < p * n` with n > 0; `> c` counts `x <= c`.
    fn percentile(
        &mut self,
        b: &mut Builder,
        measure: &Measure,
        p: f64,
        op: CompareOp,
        constant: &Value,
    ) -> Option<Expr> {
        let argument = b.lower(measure.argument.as_ref()?);
        let filter = measure.filter.as_ref().map(|f| b.lower(f));
        let some = make::exists(argument.clone());
        let counted = |extra: Expr| make::and(std::iter::once(extra).chain(filter.clone()));
        let all = self.column_for(
            b,
            "values",
            Measured {
                function: MeasureFunction::Count,
                argument: None,
                filter: Some(counted(some)),
                ty: Type::INTEGER,
            },
        );
        let mut below = |op: CompareOp| {
            let limit = make::value(constant.clone(), argument.ty);
            let test = counted(make::compare(op, argument.clone(), limit));
            let column = self.column_for(
                b,
                "values_below",
                Measured { function: MeasureFunction::Count, argument: None, filter: Some(test), ty: Type::INTEGER },
            );
            let hundred = product(make::integer(100), make::sure(&column, Type::INTEGER));
            let rank = product(make::value(Value::Number(p), Type::NUMBER), make::sure(&all, Type::INTEGER));
            make::compare(CompareOp::Less, hundred, rank)
        };
        let at_least = below(CompareOp::Less);
        let above = below(CompareOp::LessEqual);
        let some = make::compare(CompareOp::Greater, make::sure(&all, Type::INTEGER), make::integer(0));
        let holds = match op {
            CompareOp::GreaterEqual => at_least,
            CompareOp::Greater => above,
            CompareOp::Less => make::not(at_least),
            CompareOp::LessEqual => make::not(above),
            CompareOp::Equal => make::and([at_least, make::not(above)]),
        };
        Some(make::and([some, holds]))
    }

    fn column_for(&mut self, b: &mut Builder, wish: &str, measured: Measured) -> Column {
        if let Some((column, _)) = self.over.iter().find(|(_, m)| *m == measured) {
            return column.clone();
        }
        let column = b.column(wish);
        self.over.push((column.clone(), measured));
        column
    }

    /// Any other expression: each measure in it is taken over the window.
    fn general(&mut self, b: &mut Builder, expr: &ir::Expr) -> Expr {
        let mut wanted = Vec::new();
        ir::walk::rows(b.rule, expr, &mut |e| {
            if let ExprKind::Leaf(Leaf::Measure(m)) = &e.kind {
                wanted.push(m.index);
            }
        });
        for index in wanted {
            self.value(b, index);
        }
        b.lower(expr)
    }

    /// The measure's value as a column.
    fn value(&mut self, b: &mut Builder, index: usize) {
        let reference = ir::MeasureRef { signal: self.signal, index };
        if b.measures.contains_key(&reference) {
            return;
        }
        let Some(measure) = self.measures.get(index) else { return };
        let measured = lower_measure(b, measure);
        let wish = measure.name.clone().unwrap_or_else(|| function_name(measure.function).to_owned());
        let column = self.column_for(b, &wish, measured);
        b.measures.insert(reference, column);
    }

    /// Named measures that the confidence or an exception compares. What only details show is not worth a pass of its own.
    fn named_for_alert(&mut self, b: &mut Builder) {
        for reference in crate::plan::alert::deciding_measures(b.rule) {
            if reference.signal == self.signal {
                self.value(b, reference.index);
            }
        }
    }

    /// Over grouped rows every named measure is free.
    fn name_all(&mut self, b: &mut Builder) {
        for index in 0..self.measures.len() {
            self.value(b, index);
        }
    }
}

pub(super) fn lower_measure(b: &mut Builder, measure: &Measure) -> Measured {
    Measured {
        function: measure.function,
        argument: measure.argument.as_ref().map(|a| b.lower(a)),
        filter: measure.filter.as_ref().map(|f| b.lower(f)),
        ty: measure.ty,
    }
}

fn function_name(function: MeasureFunction) -> &'static str {
    match function {
        MeasureFunction::Count => "count_of",
        MeasureFunction::Distinct => "distinct_of",
        MeasureFunction::Sum => "sum_of",
        MeasureFunction::Avg => "avg_of",
        MeasureFunction::Min => "min_of",
        MeasureFunction::Max => "max_of",
        MeasureFunction::Stddev => "stddev_of",
        MeasureFunction::Percentile(_) => "percentile_of",
        MeasureFunction::Any => "any_of",
        MeasureFunction::All => "all_of",
        MeasureFunction::First => "first_of",
        MeasureFunction::Last => "last_of",
        MeasureFunction::Values(_) => "values_of",
        MeasureFunction::Gap(_) => "gap",
        MeasureFunction::History(_) => "history",
    }
}

fn product(left: Expr, right: Expr) -> Expr {
    let kind = ExprKind::Arithmetic { op: ArithmeticOp::Multiply, left: Box::new(left), right: Box::new(right) };
    Expr { kind, ty: Type::NUMBER, nullable: false, span: crate::source::Span::default() }
}

pub(super) fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
    }
}

/// "There is a time n - 1 rows earlier" becomes "and it lies in the window".
fn resolve_counts(b: &Builder, having: &Expr, enough: &BTreeMap<u32, Column>, within: i64) -> Expr {
    let now = b.now();
    ir::walk::convert(having, &mut |e, _| e.clone(), &mut |e| match &e.kind {
        ExprKind::Exists(inner) => match &inner.kind {
            ExprKind::Leaf(column) if enough.values().any(|c| c == column) => {
                Some(make::within(now.clone(), (**inner).clone(), within))
            }
            _ => None,
        },
        _ => None,
    })
}

impl Builder<'_> {
    /// The value of a constant expression.
    pub fn constant(&self, expr: &ir::Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Param(id) => self.rule.params.get(id.index()).map(|p| p.value.clone()),
            _ => None,
        }
    }
}
