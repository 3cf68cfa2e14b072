//! What a cadence asks about gaps, as numbers that can be counted: how many gaps, their sum, the sum of their squares, how many are
//! shorter than a constant. From these come the measures' values, and the order statistics against a constant.

use super::threshold::{Parts, flipped};
use crate::ir::{self, CompareOp, ExprKind, GapMeasure, Leaf, Measure, MeasureFunction, MeasureRef, SignalId};
use crate::plan::build::Builder;
use crate::plan::{Column, Expr, Stage, make};
use crate::source::Span;
use crate::value::{Type, Value};

/// Something that is added up over the gaps of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Counted {
    /// How many gaps.
    Gaps,
    /// Their sum, milliseconds.
    Sum,
    /// The sum of their squares.
    Squares,
    /// How many are shorter than so many milliseconds.
    Below(i64),
    /// How many are in `[low, high]`, milliseconds.
    Between(i64, i64),
}

impl Counted {
    /// Which gaps count; none where all do.
    pub fn test(self, gap: &Expr) -> Option<Expr> {
        match self {
            Counted::Gaps | Counted::Sum | Counted::Squares => None,
            Counted::Below(end) => Some(make::compare(CompareOp::Less, gap.clone(), make::duration(end))),
            Counted::Between(low, high) => Some(make::and([
                make::compare(CompareOp::GreaterEqual, gap.clone(), make::duration(low)),
                make::compare(CompareOp::LessEqual, gap.clone(), make::duration(high)),
            ])),
        }
    }

    /// What a gap that counts adds.
    pub fn adds(self, gap: &Expr) -> Expr {
        match self {
            Counted::Sum => gap.clone(),
            Counted::Squares => make::times(gap.clone(), gap.clone()),
            Counted::Gaps | Counted::Below(_) | Counted::Between(..) => make::integer(1),
        }
    }

    fn name(self) -> String {
        match self {
            Counted::Gaps => "gaps".to_owned(),
            Counted::Sum => "gap_sum".to_owned(),
            Counted::Squares => "gap_squares".to_owned(),
            Counted::Below(end) => format!("gaps_below_{}", crate::plan::words(end)),
            Counted::Between(low, high) => {
                format!("gaps_{}_to_{}", crate::plan::words(low), crate::plan::words(high))
            }
        }
    }
}

/// The measures that are asked for, and the counts that they need.
pub(super) struct Wanted<'a> {
    measures: &'a [Measure],
    signal: SignalId,
    /// How many rows the window has, where it is no count of gaps and one more.
    rows: Option<Column>,
    /// Whether the shortest, the longest and the median gap are there as columns.
    ranked: bool,
    /// What is counted, with its column and the place that asked first.
    pub counted: Vec<(Counted, Column, Span)>,
    /// Order statistics as values, by measure.
    pub ranks: Vec<(Column, GapMeasure, Span)>,
    /// Values by measure.
    values: Vec<(Column, MeasureFunction, Type)>,
}

impl<'a> Wanted<'a> {
    pub fn new(parts: &Parts<'a>, signal: SignalId, rows: Option<Column>, ranked: bool) -> Self {
        let (measures, counted, ranks, values) = (parts.measures, Vec::new(), Vec::new(), Vec::new());
        Self { measures, signal, rows, ranked, counted, ranks, values }
    }

    /// A condition over the measures, as one over columns that [`Wanted::counted`], [`Wanted::ranks`] and [`Wanted::values`] give.
    pub fn condition(&mut self, b: &mut Builder, expr: &ir::Expr) -> Expr {
        match &expr.kind {
            ExprKind::And(parts) => make::and(parts.iter().map(|p| self.condition(b, p)).collect::<Vec<_>>()),
            ExprKind::Or(parts) => make::or(parts.iter().map(|p| self.condition(b, p)).collect::<Vec<_>>()),
            ExprKind::Not(inner) => make::not(self.condition(b, inner)),
            ExprKind::Compare { op, left, right, .. } => match self.rank(b, *op, left, right) {
                Some(done) => done,
                None => self.general(b, expr),
            },
            _ => self.general(b, expr),
        }
    }

    /// Measures that the alert reads, where their value is known.
    pub fn named(&mut self, b: &mut Builder) {
        for (index, measure) in self.measures.iter().enumerate() {
            let order = matches!(measure.function, MeasureFunction::Gap(g) if is_rank(g));
            if measure.name.is_some() && (self.ranked || !order) {
                self.value(b, index);
            }
        }
        for reference in crate::plan::alert::deciding_measures(b.rule) {
            if reference.signal == self.signal {
                self.value(b, reference.index);
            }
        }
    }

    /// `gap.median >= c` is `2 * (gaps below c) < gaps`; the shortest and the longest gap likewise.
    fn rank(&mut self, b: &mut Builder, op: CompareOp, left: &ir::Expr, right: &ir::Expr) -> Option<Expr> {
        let (measure, op, constant) = match (self.order_statistic(left), self.order_statistic(right)) {
            (Some(m), None) => (m, op, b.constant(right)?),
            (None, Some(m)) => (m, flipped(op), b.constant(left)?),
            _ => return None,
        };
        let Value::Duration(limit) = constant else { return None };
        let (which, span) = measure;
        let gaps = make::sure(&self.count(b, Counted::Gaps, span), Type::INTEGER);
        // The statistic is at least `end` where this holds.
        let mut at_least = |end: i64| {
            let below = make::sure(&self.count(b, Counted::Below(end), span), Type::INTEGER);
            match which {
                GapMeasure::Min => make::equal(below, make::integer(0)),
                GapMeasure::Max => make::compare(CompareOp::Less, below, gaps.clone()),
                _ => make::compare(CompareOp::Less, make::times(make::integer(2), below), gaps.clone()),
            }
        };
        let above = limit.saturating_add(1);
        let holds = match op {
            CompareOp::GreaterEqual => at_least(limit),
            CompareOp::Greater => at_least(above),
            CompareOp::Less => make::not(at_least(limit)),
            CompareOp::LessEqual => make::not(at_least(above)),
            CompareOp::Equal => make::and([at_least(limit), make::not(at_least(above))]),
        };
        Some(make::and([make::compare(CompareOp::Greater, gaps, make::integer(0)), holds]))
    }

    fn order_statistic(&self, expr: &ir::Expr) -> Option<(GapMeasure, Span)> {
        let ExprKind::Leaf(Leaf::Measure(m)) = &expr.kind else { return None };
        let measure = self.measures.get(m.index).filter(|_| m.signal == self.signal)?;
        match measure.function {
            MeasureFunction::Gap(gap) if is_rank(gap) => Some((gap, expr.span)),
            _ => None,
        }
    }

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

    /// A column for what is counted.
    fn count(&mut self, b: &mut Builder, counted: Counted, span: Span) -> Column {
        if let Some((_, column, _)) = self.counted.iter().find(|(c, _, _)| *c == counted) {
            return column.clone();
        }
        let column = b.column(&counted.name());
        self.counted.push((counted, column.clone(), span));
        column
    }

    /// A column for a measure's value.
    fn value(&mut self, b: &mut Builder, index: usize) {
        let reference = MeasureRef { signal: self.signal, index };
        let Some(measure) = self.measures.get(index) else { return };
        if b.measures.contains_key(&reference) {
            return;
        }
        let span = measure.span;
        let wish = measure.name.clone().unwrap_or_else(|| wish(measure.function).to_owned());
        match measure.function {
            MeasureFunction::Gap(gap) if is_rank(gap) => {
                // Where it is read, its place is refused.
                if !self.ranked {
                    return;
                }
                let column = b.column(&wish);
                self.ranks.push((column.clone(), gap, span));
                b.measures.insert(reference, column);
                return;
            }
            MeasureFunction::Gap(GapMeasure::Share { low, high }) => {
                self.count(b, Counted::Between(low, high), span);
            }
            MeasureFunction::Gap(GapMeasure::Mean) => {
                self.count(b, Counted::Sum, span);
            }
            MeasureFunction::Gap(_) => {
                self.count(b, Counted::Sum, span);
                self.count(b, Counted::Squares, span);
            }
            _ => {}
        }
        self.count(b, Counted::Gaps, span);
        let column = b.column(&wish);
        self.values.push((column.clone(), measure.function, measure.ty));
        b.measures.insert(reference, column);
    }

    /// Adds the stages that compute the values from what was counted.
    pub fn compute(&mut self, b: &mut Builder) {
        let values = std::mem::take(&mut self.values);
        if values.is_empty() {
            return;
        }
        let gaps = make::sure(&self.count(b, Counted::Gaps, Span::default()), Type::INTEGER);
        let mut deviation = None;
        if values.iter().any(|(_, f, _)| matches!(f, MeasureFunction::Gap(GapMeasure::Stddev | GapMeasure::Cv))) {
            let sum = make::maybe(&self.count(b, Counted::Sum, Span::default()), Type::INTEGER);
            let squares = make::maybe(&self.count(b, Counted::Squares, Span::default()), Type::INTEGER);
            deviation = Some(deviation_of(b, &gaps, &sum, squares, "gap_deviation"));
        }
        let averaged = |f: &MeasureFunction| matches!(f, MeasureFunction::Gap(GapMeasure::Mean | GapMeasure::Cv));
        let mut mean = make::missing(Type::NUMBER);
        if values.iter().any(|(_, f, _)| averaged(f)) {
            let sum = make::maybe(&self.count(b, Counted::Sum, Span::default()), Type::INTEGER);
            let average = b.compute("", "gap_average", make::divide(sum, gaps.clone()));
            mean = make::maybe(&average, Type::NUMBER);
        }
        let mut columns = Vec::new();
        for (column, function, ty) in values {
            let deviation =
                deviation.as_ref().map_or_else(|| make::missing(Type::NUMBER), |d| make::maybe(d, Type::NUMBER));
            let value = match function {
                MeasureFunction::Gap(GapMeasure::Mean) => make::floor(mean.clone(), ty),
                MeasureFunction::Gap(GapMeasure::Stddev) => make::floor(deviation, ty),
                MeasureFunction::Gap(GapMeasure::Cv) => make::divide(deviation, mean.clone()),
                MeasureFunction::Gap(GapMeasure::Share { low, high }) => {
                    let inside = self.count(b, Counted::Between(low, high), Span::default());
                    make::divide(make::sure(&inside, Type::INTEGER), gaps.clone())
                }
                _ => match &self.rows {
                    Some(rows) => make::sure(rows, Type::INTEGER),
                    None => make::add(gaps.clone(), make::integer(1)),
                },
            };
            columns.push((column, value));
        }
        b.push("", Stage::Compute(columns));
    }
}

/// The sample deviation, unrounded: `n * (sum of squares) - sum^2` by `n * (n - 1)`, in which nothing is rounded but the quotient and
/// the root while `n * (sum of squares)` is below 2^53; whoever cannot promise that assumes `values-vary`. Missing for fewer than two values.
pub(super) fn deviation_of(b: &mut Builder, count: &Expr, sum: &Expr, squares: Expr, wish: &str) -> Column {
    let spread = make::minus(make::multiply(count.clone(), squares), make::multiply(sum.clone(), sum.clone()));
    let pairs = make::times(count.clone(), make::minus(count.clone(), make::integer(1)));
    let out = b.column(wish);
    b.push("", Stage::Root { of: make::divide(spread, pairs), out: out.clone() });
    out
}

fn is_rank(gap: GapMeasure) -> bool {
    matches!(gap, GapMeasure::Min | GapMeasure::Max | GapMeasure::Median)
}

fn wish(function: MeasureFunction) -> &'static str {
    match function {
        MeasureFunction::Gap(GapMeasure::Mean) => "gap_mean",
        MeasureFunction::Gap(GapMeasure::Stddev) => "gap_stddev",
        MeasureFunction::Gap(GapMeasure::Cv) => "gap_cv",
        MeasureFunction::Gap(GapMeasure::Median) => "gap_median",
        MeasureFunction::Gap(GapMeasure::Min) => "gap_min",
        MeasureFunction::Gap(GapMeasure::Max) => "gap_max",
        MeasureFunction::Gap(GapMeasure::Share { .. }) => "gap_share",
        _ => "count_of",
    }
}
