//! What was true when an event happened: read over `[t - within, t)` of the asking event's group.

use super::expression::{Here, holds, value};
use super::hit::{Group, group_of, same_values};
use super::measure::measure;
use super::row::World;
use siemc::ir::{Context, ContextForm, ContextId};
use siemc::value::Value;
use std::rc::Rc;

/// What a context says at a row.
pub struct Found {
    pub value: Value,
    /// The newest event that was read, for `name.field`.
    pub newest: Option<usize>,
}

pub fn read(world: &World<'_>, id: ContextId, asking: usize) -> Rc<Found> {
    if let Some(known) = world.contexts.borrow().get(&(id, asking)) {
        return known.clone();
    }
    let found = Rc::new(find(world, &world.rule.contexts[id.index()], asking));
    world.contexts.borrow_mut().insert((id, asking), found.clone());
    found
}

fn find(world: &World<'_>, context: &Context, asking: usize) -> Found {
    let source = world.rule.events[context.of.index()].source;
    let group = group_of(world, &context.keys, asking).filter(|_| !world.unknown.contains(&source));
    let Some(group) = group else { return Found { value: Value::Missing, newest: None } };
    let mut rows = shown(world, context, &group, asking, context.within);
    rows.retain(|row| condition(world, context, *row));
    let newest = rows.last().copied();
    let value = match &context.form {
        ContextForm::LastValue(what) => {
            let values = rows.iter().rev().map(|row| value(world, what, &Here::row(world, *row)));
            values.into_iter().find(|v| !v.is_missing()).unwrap_or(Value::Missing)
        }
        ContextForm::LastEvent => newest.map_or(Value::Missing, |_| Value::Boolean(true)),
        ContextForm::None { known: Some(known) } if shown(world, context, &group, asking, *known).is_empty() => {
            Value::Missing
        }
        ContextForm::None { .. } => Value::Boolean(rows.is_empty()),
        ContextForm::Some => Value::Boolean(!rows.is_empty()),
        ContextForm::Count => Value::Integer(rows.len() as i64),
        ContextForm::Measure { measure: over, include_self } => {
            if *include_self && world.rows[asking].event.source == source && condition(world, context, asking) {
                rows.push(asking);
            }
            measure(world, over, &rows)
        }
    };
    Found { value, newest }
}

/// The stream's rows of the group in `[t - within, t)`, in order, whatever the context's own condition says.
fn shown(world: &World<'_>, context: &Context, group: &Group, asking: usize, within: i64) -> Vec<usize> {
    let t = world.rows[asking].event.time;
    let all = world.rows.iter().enumerate();
    all.filter(|(_, row)| row.members.contains(&context.of))
        .filter(|(_, row)| t - within <= row.event.time && row.event.time < t)
        .map(|(rank, _)| rank)
        .filter(|rank| group_of(world, &context.keys, *rank).is_some_and(|g| same_values(&g, group)))
        .collect()
}

fn condition(world: &World<'_>, context: &Context, row: usize) -> bool {
    context.filter.as_ref().is_none_or(|f| holds(world, f, &Here::row(world, row)))
}
