//! Which fields a rule uses: they order events of equal time, and a reader materialises no others, and the events of a run have no room for others.

use crate::ir::{Expr, ExprKind, Leaf, Rule};
use crate::pack::schema::{FieldId, Schema, SourceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The fields named by the rule's filters, lets, keys, measures, contexts, confidence, alert and exceptions, in schema order.
pub fn used_fields(rule: &Rule) -> BTreeSet<FieldId> {
    let mut used = BTreeSet::new();
    each_expr(rule, &mut |expr| {
        leaves(expr, &mut |leaf| match leaf {
            Leaf::Field(field) | Leaf::ContextField(_, field) => {
                used.insert(*field);
            }
            _ => {}
        });
    });
    used
}

/// The fields of events that rules of one schema read: those that they use, and what orders events of equal time.
pub(super) fn read_fields<'r>(schema: &Schema, rules: impl IntoIterator<Item = &'r Rule>) -> BTreeSet<FieldId> {
    let tiebreakers = schema.sources.values().filter_map(|source| source.tiebreaker);
    rules.into_iter().flat_map(used_fields).chain(tiebreakers).collect()
}

/// Rules of one schema over events that hold what these rules read and no more, with the schema of such events. A reader of such
/// events has to be made with this schema.
pub fn narrowed(schema: &Schema, rules: Vec<Rule>) -> (Arc<Schema>, Vec<Arc<Rule>>) {
    let kept = read_fields(schema, &rules);
    let schema = Arc::new(schema.keeping(&kept));
    let narrow = |rule| Arc::new(Rule { schema: Arc::clone(&schema), ..rule });
    let rules = rules.into_iter().map(narrow).collect();
    (schema, rules)
}

/// The sources of the rule's events, each once, in the order of events.
pub fn used_sources(rule: &Rule) -> Vec<SourceId> {
    let mut sources = Vec::new();
    for event in &rule.events {
        if !sources.contains(&event.source) {
            sources.push(event.source);
        }
    }
    sources
}

/// Each leaf of an expression, those inside ranges and measures included.
pub fn leaves<'a>(expr: &'a Expr, seen: &mut dyn FnMut(&'a Leaf)) {
    expr.visit(&mut |part| {
        if let ExprKind::Leaf(leaf) = &part.kind {
            seen(leaf);
        }
    });
}

fn each_expr<'a>(rule: &'a Rule, see: &mut dyn FnMut(&'a Expr)) {
    rule.lets.iter().for_each(|l| see(&l.expr));
    rule.events.iter().filter_map(|e| e.filter.as_ref()).for_each(&mut *see);
    for context in &rule.contexts {
        context.keys.exprs().into_iter().chain(&context.filter).chain(context.form.exprs()).for_each(&mut *see);
    }
    rule.signals.iter().flat_map(|s| s.analytic.exprs()).for_each(&mut *see);
    rule.hit_exprs().into_iter().for_each(see);
}
