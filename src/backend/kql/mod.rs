//! KQL from a plan: one pipe over a union of filtered tables, a stage a line.
//!
//! In: a plan, the mapping of the environment, the target's data and stage shapes. Out: the query's text, or refusals.

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
use crate::plan::{Column, Plan, Stage, columns};
use crate::value::Type;
use dialect::Kql;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A query being written.
struct Writer<'a> {
    rule: &'a Rule,
    plan: &'a Plan,
    inputs: &'a Inputs<'a>,
    printer: &'a Printer<'a>,
    /// `let` statements, in order.
    lets: Vec<String>,
    /// Stages of the pipe that is open.
    pipe: Vec<String>,
    /// Types of the columns so far.
    types: BTreeMap<Column, Type>,
    /// Rows are in an order that the functions over rows may rely on.
    ordered: bool,
    /// The group whose rows `same` tells apart now.
    same: Option<Vec<Column>>,
    /// The tables of lookups so far.
    tables: Vec<lookup::Table>,
    /// The columns that a stage or the output reads.
    read_later: BTreeSet<Column>,
    /// Helper columns and steps made so far, for fresh names.
    made: usize,
    faults: Vec<Diagnostic>,
}

/// The query of a plan.
///
/// # Errors
/// Every refusal.
pub fn compile(rule: &Rule, plan: &Plan, inputs: &Inputs<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    let dialect = Kql { data: inputs.data, prefix: "" };
    let printer = Printer::new(&dialect);
    let mut w = Writer {
        rule,
        plan,
        inputs,
        printer: &printer,
        lets: Vec::new(),
        pipe: Vec::new(),
        types: BTreeMap::new(),
        ordered: false,
        same: None,
        tables: Vec::new(),
        read_later: read_later(plan),
        made: 0,
        faults: Vec::new(),
    };
    read::interval(&mut w);
    read::reads(&mut w);
    let numbers = numbers(plan);
    for note in &plan.stages {
        if matches!(&note.stage, Stage::Number(out) if !numbers.contains(out)) {
            continue;
        }
        w.note(&note.comment);
        stage::stage(&mut w, &note.stage);
    }
    output::output(&mut w);
    let mut faults = std::mem::take(&mut w.faults);
    let (lets, pipe) = (std::mem::take(&mut w.lets), std::mem::take(&mut w.pipe));
    faults.extend(printer.refusals.take());
    if !faults.is_empty() {
        return Err(faults);
    }
    let assumptions: Vec<&str> = printer.rests_on(plan).into_iter().collect();
    let mut text = read::head(rule, plan, &assumptions);
    for statement in lets {
        text.push_str(&statement);
        text.push_str(";\n");
    }
    text.push_str(&pipe.join("\n"));
    text.push('\n');
    text.insert_str(0, &too_long(&text, inputs));
    Ok(Compiled { text, assumptions })
}

fn read_later(plan: &Plan) -> BTreeSet<Column> {
    let mut read = BTreeSet::new();
    plan.stages.iter().for_each(|note| columns::of_stage(&note.stage, &mut read));
    columns::of_output(&plan.output, &mut read);
    read
}

/// The row numbers that something reads: the last row of an instant is found by its neighbour here.
fn numbers(plan: &Plan) -> BTreeSet<Column> {
    let mut read = BTreeSet::new();
    for note in &plan.stages {
        match &note.stage {
            Stage::LastOfInstant { keys, among, .. } => read.extend(keys.iter().chain([among]).cloned()),
            stage => columns::of_stage(stage, &mut read),
        }
    }
    read
}

/// A scheduled rule of Sentinel takes so many characters; a longer query is called through a function that is saved once.
fn too_long(text: &str, inputs: &Inputs<'_>) -> String {
    let length = text.chars().count();
    match inputs.data.limits.query_characters.filter(|most| length > *most) {
        Some(most) => format!(
            "// {length} characters, more than the {most} of a scheduled rule: save it as a function and let the rule call that\n"
        ),
        None => String::new(),
    }
}

impl Writer<'_> {
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

    /// Everything so far becomes a table of its own; the pipe goes on from it.
    fn materialize(&mut self, wish: &str) -> String {
        let name = self.fresh(wish);
        let view = json!({ "name": name, "pipe": self.pipe.join("\n") });
        match self.inputs.templates.fill("materialize", &view) {
            Ok(text) => self.lets.push(text),
            Err(fault) => self.faults.push(fault),
        }
        self.pipe = vec![name.clone()];
        self.ordered = false;
        self.same = None;
        name
    }

    fn fresh(&mut self, wish: &str) -> String {
        self.plan.names.fresh(wish, &mut self.made)
    }

    fn name(&self, column: &Column) -> String {
        self.printer.dialect.column(&column.0)
    }

    fn names(&self, columns: &[Column]) -> Vec<String> {
        columns.iter().map(|c| self.name(c)).collect()
    }

    fn ty(&self, column: &Column) -> Type {
        self.types.get(column).copied().unwrap_or(Type::STRING)
    }

    fn know(&mut self, column: &Column, ty: Type) {
        self.types.insert(column.clone(), ty);
    }
}

/// The type of columns that a stage makes without an expression.
fn made_type(stage: &Stage) -> Type {
    match stage {
        Stage::Back { .. } | Stage::Windows { .. } => Type::TIMESTAMP,
        Stage::LastOfInstant { .. } => Type::BOOLEAN,
        _ => Type::INTEGER,
    }
}
