//! SPL from a plan: one search over all sources, a stage a line, never a join or an append.
//!
//! In: a plan, the mapping of the environment, the target's data and stage shapes. Out: the query's text, or refusals. `streamstats`
//! groups rows wherever they stand, so rows are sorted by time only, and once for as many stages as share an order.

mod dialect;
mod lookup;
mod measure;
mod output;
mod read;
mod stage;
pub(super) mod text;

use super::print::Printer;
use super::{Compiled, Inputs};
use crate::diagnostic::Diagnostic;
use crate::ir::Rule;
use crate::plan::{Column, Direction, Plan};
use crate::value::Type;
use dialect::Spl;
use serde_json::Value;
use std::collections::BTreeMap;

/// A query being written.
struct Writer<'a> {
    rule: &'a Rule,
    plan: &'a Plan,
    inputs: &'a Inputs<'a>,
    printer: &'a Printer<'a>,
    pipe: Vec<String>,
    types: BTreeMap<Column, Type>,
    /// The order that the rows are in.
    order: Vec<(Column, Direction)>,
    made: usize,
    faults: Vec<Diagnostic>,
}

/// The query of a plan.
///
/// # Errors
/// Every refusal.
pub fn compile(rule: &Rule, plan: &Plan, inputs: &Inputs<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    let dialect = Spl { data: inputs.data };
    let printer = Printer::new(&dialect);
    let mut w = Writer {
        rule,
        plan,
        inputs,
        printer: &printer,
        pipe: Vec::new(),
        types: BTreeMap::new(),
        order: Vec::new(),
        made: 0,
        faults: Vec::new(),
    };
    read::reads(&mut w);
    for note in &plan.stages {
        w.note(&note.comment);
        stage::stage(&mut w, &note.stage);
    }
    output::output(&mut w);
    let mut faults = std::mem::take(&mut w.faults);
    faults.extend(printer.refusals.take());
    if !faults.is_empty() {
        return Err(faults);
    }
    let assumptions: Vec<&str> = printer.rests_on(plan).into_iter().collect();
    let mut text = read::head(rule, plan, &assumptions);
    text.push_str(&w.pipe.join("\n"));
    text.push('\n');
    Ok(Compiled { text, assumptions })
}

impl Writer<'_> {
    fn add(&mut self, template: &str, view: &Value) {
        match self.inputs.templates.fill(template, view) {
            Ok(text) => self.pipe.push(text),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// A comment on the stage that follows, where the plan has words.
    fn note(&mut self, comment: &str) {
        if !comment.is_empty() {
            self.pipe.push(format!("```{}```", text::comment(comment)));
        }
    }

    fn fresh(&mut self, wish: &str) -> String {
        self.plan.names.fresh(wish, &mut self.made)
    }

    fn name(&self, column: &Column) -> String {
        self.printer.dialect.column(&column.0)
    }

    fn ty(&self, column: &Column) -> Type {
        self.types.get(column).copied().unwrap_or(Type::STRING)
    }

    fn know(&mut self, column: &Column, ty: Type) {
        self.types.insert(column.clone(), ty);
    }
}
