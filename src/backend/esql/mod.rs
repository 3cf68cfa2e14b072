//! ES|QL from a plan: one pipe over the indices of all sources, a stage a line.
//!
//! In: a checked rule, its plan, the mapping of the environment, the target's data and stage shapes. Out: a [`Query`], or every refusal
//! at once. ES|QL has no order of rows: what the plan says with one is said by groupings (`legal`), where few do (`group`, `grid`) or by
//! rows that meet (`beside`). This room must never change what a stage means.
//!
//! | a rule says | ES|QL says |
//! |---|---|
//! | `match`, `any` without `by` | filters, and a row per member |
//! | `any` with `by`, as `detect` | a group by key and time |
//! | `threshold`, `together`, `evidence`, `cadence` in tumbling or hopping windows | a group by key and window |
//! | `once_per` | the smallest of the packed rows of a bucket |
//! | `baseline` | a group by key and bucket, then one by key and each end that may look at the bucket |
//! | a sliding window, a sequence, a context, `novelty` | rows of a key that meet, and a group by the row that looks |
//! | `distinct(x)` | the values counted, not the product's estimate |
//! | `percentile` against a constant | two counts |
//! | the value of a percentile, outside a baseline | refused |

mod beside;
mod codes;
mod dialect;
mod field;
mod fold;
mod function;
mod grid;
mod group;
mod legal;
mod live;
mod lookup;
mod measure;
mod meet;
mod output;
mod pack;
mod reach;
mod read;
mod stage;
pub(super) mod text;
mod whole;

use super::print::{Dialect as _, Printer};
use super::{Inputs, Query, Target, fidelity, header};
use crate::diagnostic::Diagnostic;
use crate::ir::{ExprKind, MeasureFunction, Rule};
use crate::plan::{Column, Expr, Plan, Planned, words};
use crate::source::Span;
use crate::value::Type;
use dialect::Esql;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A query being written.
struct Writer<'a> {
    rule: &'a Rule,
    plan: &'a Plan,
    inputs: &'a Inputs<'a>,
    dialect: &'a Esql<'a>,
    printer: &'a Printer<'a>,
    pipe: Vec<String>,
    live: &'a live::Live,
    /// Types of the columns so far.
    types: BTreeMap<Column, Type>,
    /// Details that cannot be shown.
    dropped: BTreeSet<Column>,
    /// Columns that no row lacks a value of.
    sure: BTreeSet<Column>,
    /// Boolean columns that are true on every row.
    always: BTreeSet<Column>,
    /// Rows are told apart by the document that they come from.
    documents: bool,
    /// Columns that together tell any two rows apart, where that is asked for.
    identity: Vec<Column>,
    /// Columns that wait in a text.
    folded: Option<fold::Folded>,
    /// Where the stages go on that are not written yet.
    place: usize,
    /// The windows being made: the column of their ends, and how far those lie apart, milliseconds.
    ends: Option<(Column, i64)>,
    /// The rows are those of windows, whose ends lie so far apart.
    grid: Option<i64>,
    /// Rows are no documents any more.
    grouped: bool,
    /// Helper columns made so far, for fresh names.
    made: usize,
    faults: Vec<Diagnostic>,
}

/// The query of a rule.
///
/// # Errors
/// Every refusal, each at its place in the rule.
pub fn compile(planned: &Planned<'_>, inputs: &Inputs<'_>) -> Result<Query, Vec<Diagnostic>> {
    let rule = planned.rule;
    let plan = planned.plan().map_err(each_once)?;
    let dialect = Esql { data: inputs.data, small: RefCell::default() };
    let printer = Printer::new(&dialect);
    let live = live::Live::new(plan);
    let mut w = Writer::new((rule, plan, &live), inputs, &dialect, &printer);
    let steps = legal::steps(plan, &live);
    w.documents = needs_documents(&steps);
    read::reads(&mut w);
    for step in &steps {
        fold::unfold_for(&mut w, step);
        stage::step(&mut w, step);
        w.place = step.next();
    }
    fold::unfold(&mut w);
    output::output(&mut w);
    let mut refusals = std::mem::take(&mut w.faults);
    refusals.extend(printer.refusals.take());
    if !refusals.is_empty() {
        return Err(each_once(refusals));
    }
    let assumptions = w.assumptions();
    let mut text = w.head(&assumptions);
    text.push_str(&w.pipe.join("\n"));
    text.push('\n');
    Ok(Query {
        target: Target::Esql,
        text,
        fidelity: fidelity(plan),
        losses: plan.losses.iter().map(|l| l.diagnostic.clone()).collect(),
        assumptions: assumptions.iter().map(|a| (*a).to_owned()).collect(),
        lookback: plan.reads.iter().map(|r| r.lookback).max().unwrap_or(0),
        schedule: rule.schedule,
        search: None,
    })
}

/// Before rows are grouped, rows look at each other, or the first hit of a bucket is asked for where rows without a key all stay.
fn needs_documents(steps: &[legal::Step<'_>]) -> bool {
    let first = steps.iter().find(|s| !matches!(s, legal::Step::Plain(..) | legal::Step::Where(_)));
    match first {
        Some(legal::Step::First(first)) => !first.keyless.is_empty(),
        Some(legal::Step::Beside(_)) => true,
        _ => false,
    }
}

/// Each finding once, in the order of the rule.
fn each_once(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut all: Vec<Diagnostic> = Vec::new();
    let at = |d: &Diagnostic| d.span.map(|s| (s.file, s.start, s.end));
    for one in found {
        if !all.iter().any(|other| *other == one && at(other) == at(&one)) {
            all.push(one);
        }
    }
    all.sort_by_key(|d| d.span.map(|s| (s.file, s.start)));
    all
}

impl<'a> Writer<'a> {
    fn new(
        (rule, plan, live): (&'a Rule, &'a Plan, &'a live::Live),
        inputs: &'a Inputs<'a>,
        dialect: &'a Esql<'a>,
        printer: &'a Printer<'a>,
    ) -> Writer<'a> {
        Writer {
            rule,
            plan,
            live,
            inputs,
            dialect,
            printer,
            pipe: Vec::new(),
            types: BTreeMap::new(),
            dropped: BTreeSet::new(),
            sure: BTreeSet::new(),
            always: BTreeSet::new(),
            documents: false,
            identity: Vec::new(),
            folded: None,
            place: 0,
            ends: None,
            grid: None,
            grouped: false,
            made: 0,
            faults: Vec::new(),
        }
    }

    /// Fills a stage template and adds it to the pipe.
    fn add(&mut self, template: &str, view: &Value) {
        match self.inputs.templates.fill(template, view) {
            Ok(text) => self.pipe.push(text),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// A comment line in the pipe, where the plan has words.
    fn note(&mut self, comment: &str) {
        if !comment.is_empty() {
            self.pipe.push(format!("// {}", text::comment(comment)));
        }
    }

    fn fresh(&mut self, wish: &str) -> String {
        self.plan.names.fresh(wish, &mut self.made)
    }

    fn name(&self, column: &Column) -> String {
        self.dialect.column(&column.0)
    }

    fn names(&self, columns: &[Column]) -> Vec<String> {
        columns.iter().map(|c| self.name(c)).collect()
    }

    fn ty(&self, column: &Column) -> Type {
        self.types.get(column).copied().unwrap_or(Type::STRING)
    }

    fn know(&mut self, column: &Column, ty: Type) {
        self.types.insert(column.clone(), ty);
        // What waits under the name is older.
        let waiting = self.folded.iter_mut().flat_map(|folded| &mut folded.columns);
        waiting.filter(|c| c.as_ref() == Some(column)).for_each(|c| *c = None);
    }

    fn known(&self) -> Vec<Column> {
        self.types.keys().cloned().collect()
    }

    /// After rows were grouped only these columns are left.
    fn forget_all_but(&mut self, keys: &[Column], made: &[&Column], kept: &[Column]) {
        self.types.retain(|c, _| keys.contains(c) || made.contains(&c) || kept.contains(c));
    }

    /// The columns that the stages from this place on and the output read.
    fn used_from(&self, next: usize) -> &'a BTreeSet<Column> {
        self.live.used_from(next)
    }

    /// Those without which the alerts would be others: what is only shown is left out.
    fn deciding_from(&self, next: usize) -> &'a BTreeSet<Column> {
        self.live.deciding_from(next)
    }

    /// The value of an expression for a column of its own.
    fn wide(&self, expr: &Expr) -> String {
        self.dialect.wide(self.printer, expr).text
    }

    /// Whether [`Writer::wide`] leaves it an `integer`.
    fn is_narrow(&self, expr: &Expr) -> bool {
        let small = self.dialect.small.borrow();
        !whole::is_long(expr, &small) && whole::bound(expr, &small).is_some_and(|b| b <= 100)
    }

    fn is_small(&self, column: &Column) -> bool {
        self.dialect.small.borrow().contains(&*column.0)
    }

    fn narrow(&self, column: &Column) {
        self.dialect.small.borrow_mut().insert(column.0.to_string());
    }

    fn widen(&self, column: &Column) {
        self.dialect.small.borrow_mut().remove(&*column.0);
    }

    /// `not exists(c)` of a column that is never missing.
    fn asks_for_sure(&self, expr: &Expr) -> bool {
        let ExprKind::Not(inner) = &expr.kind else { return false };
        let ExprKind::Exists(value) = &inner.kind else { return false };
        matches!(&value.kind, ExprKind::Leaf(column) if self.sure.contains(column))
    }

    fn detect_span(&self) -> Span {
        self.rule.signals.get(self.rule.detect.index()).map_or(Span::default(), |s| s.span)
    }

    /// Where the rule takes such a measure.
    fn measure_span(&self, function: MeasureFunction) -> Span {
        let measures = self.rule.signals.iter().filter_map(|s| match &s.analytic {
            crate::ir::Analytic::Threshold { measures, .. } => Some(measures),
            _ => None,
        });
        let found = measures.flatten().find(|m| m.function == function).map(|m| m.span);
        found.unwrap_or_else(|| self.detect_span())
    }

    fn assumptions(&self) -> Vec<&'static str> {
        let mut all = self.printer.rests_on(self.plan);
        all.extend(["single-values", "fields-are-mapped", "times-are-milliseconds", "at-most-10000-alerts"]);
        all.into_iter().collect()
    }

    fn head(&self, assumptions: &[&'static str]) -> String {
        let rule = self.rule;
        let mut lines = header::beginning(rule, fidelity(self.plan));
        lines.push(format!("schedule: every {}, delay {}", words(rule.schedule.every), words(rule.schedule.delay)));
        lines.extend(header::ending(self.plan, assumptions));
        let dropped: Vec<&str> = self
            .plan
            .output
            .values
            .iter()
            .filter(|(_, column)| self.dropped.contains(column))
            .map(|(name, _)| name.as_str())
            .collect();
        if !dropped.is_empty() {
            lines.push(format!("details left out (no exact form): {}", dropped.join(", ")));
        }
        lines.iter().map(|l| format!("// {}\n", text::comment(l))).collect()
    }
}
