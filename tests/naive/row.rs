//! Events as rows, and their order: time, place, tiebreaker, used fields, input.

use super::context::Found;
use super::expression::{Here, holds};
use super::hit::Hit;
use siemc::eval::event::Event;
use siemc::ir::{
    Analytic, ContextForm, ContextId, EventId, Expr, ExprKind, Input, Keys, Leaf, Measure, Rule, SignalId, Template,
    TemplatePiece,
};
use siemc::pack::schema::{FieldId, SourceId};
use siemc::value::Value;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// One event that at least one of the rule's events selects. Its number in [`World::rows`] is its rank in the order.
pub struct Row<'a> {
    pub event: &'a Event,
    pub members: Vec<EventId>,
}

/// All that is asked while a rule is evaluated over one input.
pub struct World<'a> {
    pub rule: &'a Rule,
    pub until: i64,
    pub rows: Vec<Row<'a>>,
    /// Sources of which nothing is known.
    pub unknown: &'a [SourceId],
    /// What was computed already; only for speed.
    pub contexts: RefCell<HashMap<(ContextId, usize), Rc<Found>>>,
    pub hits: RefCell<HashMap<SignalId, Rc<Vec<Hit>>>>,
}

impl<'a> World<'a> {
    pub fn new(rule: &'a Rule, unknown: &'a [SourceId], deployed: &Rule, events: &'a [Event], until: i64) -> World<'a> {
        let mut world =
            World { rule, until, unknown, rows: Vec::new(), contexts: RefCell::default(), hits: RefCell::default() };
        let mut rows: Vec<Row<'a>> = Vec::new();
        for event in events {
            let members = world.members(event);
            if !members.is_empty() {
                rows.push(Row { event, members });
            }
        }
        // A stable sort: what is still equal keeps the order of the input.
        let used = used_fields(deployed);
        let places = places(rule, deployed);
        rows.sort_by(|a, b| order(rule, &used, &places, a, b));
        world.rows = rows;
        world
    }

    /// The rule's events that select this one.
    fn members(&self, event: &Event) -> Vec<EventId> {
        let all = self.rule.events.iter().enumerate();
        all.filter(|(_, e)| e.source == event.source && !self.unknown.contains(&e.source))
            .filter(|(_, e)| e.filter.as_ref().is_none_or(|f| holds(self, f, &Here::event(event))))
            .map(|(index, _)| EventId(index as u32))
            .collect()
    }

    /// The field of an event; missing where its source does not have it.
    pub fn field(&self, event: &Event, field: FieldId) -> Value {
        field_of(self.rule, event, field)
    }
}

fn field_of(rule: &Rule, event: &Event, field: FieldId) -> Value {
    match rule.schema.slot(event.source, field) {
        Some(slot) => event.values[slot].clone(),
        None => Value::Missing,
    }
}

/// The place of each event's name among those of the rule as it is deployed.
fn places(rule: &Rule, deployed: &Rule) -> Vec<Option<usize>> {
    rule.events.iter().map(|e| deployed.events.iter().position(|d| d.name == e.name)).collect()
}

fn order(rule: &Rule, used: &BTreeSet<FieldId>, places: &[Option<usize>], a: &Row<'_>, b: &Row<'_>) -> Ordering {
    let place = |row: &Row<'_>| row.members.iter().filter_map(|e| places[e.index()]).min();
    let tiebreaker = |row: &Row<'_>| {
        let (_, source) = rule.schema.source_at(row.event.source).expect("a source of the schema");
        source.tiebreaker.map_or(Value::Missing, |field| field_of(rule, row.event, field))
    };
    let by_fields = || {
        let each = used.iter().map(|f| field_of(rule, a.event, *f).order(&field_of(rule, b.event, *f)));
        each.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    (a.event.time.cmp(&b.event.time))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| tiebreaker(a).order(&tiebreaker(b)))
        .then_with(by_fields)
}

/// The fields that the rule names, in schema order.
pub fn used_fields(rule: &Rule) -> BTreeSet<FieldId> {
    let mut used = BTreeSet::new();
    rule.lets.iter().for_each(|l| expr(&mut used, &l.expr));
    for event in &rule.events {
        event.filter.iter().for_each(|f| expr(&mut used, f));
    }
    for context in &rule.contexts {
        context.filter.iter().for_each(|f| expr(&mut used, f));
        keys(&mut used, &context.keys);
        match &context.form {
            ContextForm::LastValue(value) => expr(&mut used, value),
            ContextForm::Measure { measure: m, .. } => measure(&mut used, m),
            ContextForm::LastEvent | ContextForm::None { .. } | ContextForm::Some | ContextForm::Count => {}
        }
    }
    rule.signals.iter().for_each(|s| analytic(&mut used, &s.analytic));
    if let Some(confidence) = &rule.confidence {
        for raise in &confidence.raise {
            expr(&mut used, &raise.when);
            raise.because.iter().for_each(|t| template(&mut used, t));
        }
    }
    template(&mut used, &rule.alert.title);
    rule.alert.details.iter().chain(&rule.alert.entities).for_each(|(_, e)| expr(&mut used, e));
    if let Some(once) = &rule.alert.once_per {
        once.keys.iter().for_each(|k| keys(&mut used, k));
    }
    rule.exceptions.iter().for_each(|e| expr(&mut used, &e.when));
    used
}

fn analytic(used: &mut BTreeSet<FieldId>, analytic: &Analytic) {
    let input = |used: &mut BTreeSet<FieldId>, i: &Input| i.filter.iter().for_each(|f| expr(used, f));
    match analytic {
        Analytic::Match { of, keys: k } => {
            input(used, of);
            keys(used, k);
        }
        Analytic::Any { keys: k, .. } => k.iter().for_each(|k| keys(used, k)),
        Analytic::Threshold { of, keys: k, measures, having, .. } => {
            input(used, of);
            keys(used, k);
            measures.iter().for_each(|m| measure(used, m));
            expr(used, having);
        }
        Analytic::Together { of, keys: k, .. } => {
            of.iter().for_each(|i| input(used, i));
            keys(used, k);
        }
        Analytic::Evidence { of, when, keys: k, .. } => {
            of.iter().for_each(|w| input(used, &w.what));
            let because =
                of.iter().filter_map(|w| w.because.as_ref()).chain(when.iter().filter_map(|w| w.because.as_ref()));
            because.for_each(|t| template(used, t));
            keys(used, k);
        }
        Analytic::Baseline(b) => {
            input(used, &b.of);
            keys(used, &b.keys);
            measure(used, &b.measure);
            expr(used, &b.having);
        }
        Analytic::Novelty(n) => {
            input(used, &n.of);
            keys(used, &n.keys);
            keys(used, &n.value);
        }
        Analytic::Sequence(sequence) => {
            for step in &sequence.steps {
                step.filter.iter().for_each(|f| expr(used, f));
                keys(used, &step.keys);
                step.absent_before.iter().for_each(|gap| keys(used, &gap.keys));
            }
            sequence.absent_first.iter().chain(&sequence.absent_last).for_each(|a| keys(used, &a.keys));
            sequence.until.iter().for_each(|u| keys(used, &u.keys));
        }
    }
}

fn keys(used: &mut BTreeSet<FieldId>, keys: &Keys) {
    keys.0.iter().flat_map(|k| &k.by_source).for_each(|(_, e)| expr(used, e));
}

fn measure(used: &mut BTreeSet<FieldId>, measure: &Measure) {
    measure.argument.iter().chain(&measure.filter).for_each(|e| expr(used, e));
}

fn template(used: &mut BTreeSet<FieldId>, template: &Template) {
    for piece in &template.0 {
        if let TemplatePiece::Value(value) = piece {
            expr(used, value);
        }
    }
}

fn expr(used: &mut BTreeSet<FieldId>, e: &Expr) {
    match &e.kind {
        ExprKind::Const(_) | ExprKind::Param(_) => {}
        ExprKind::Leaf(leaf) => match leaf {
            Leaf::Field(field) | Leaf::ContextField(_, field) => {
                used.insert(*field);
            }
            Leaf::AnyInRange(inner) | Leaf::AllInRange(inner) => expr(used, inner),
            Leaf::OverRange(m) => measure(used, m),
            // Every let of the rule is looked at by itself.
            Leaf::Time | Leaf::Let(_) | Leaf::Context(_) | Leaf::Measure(_) | Leaf::Matched(_) | Leaf::It => {}
        },
        ExprKind::Not(inner) | ExprKind::Exists(inner) => expr(used, inner),
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Coalesce(all) => all.iter().for_each(|e| expr(used, e)),
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
            expr(used, left);
            expr(used, right);
        }
        ExprKind::Between { item, low, high } => [item, low, high].into_iter().for_each(|e| expr(used, e)),
        ExprKind::Test { item, needle, .. } => [item, needle].into_iter().for_each(|e| expr(used, e)),
        ExprKind::Like { item, .. } | ExprKind::Matches { item, .. } | ExprKind::InNets { item, .. } => {
            expr(used, item);
        }
        ExprKind::InList { item, list, .. } => {
            expr(used, item);
            list.iter().for_each(|e| expr(used, e));
        }
        ExprKind::InField { item, list, .. } => [item, list].into_iter().for_each(|e| expr(used, e)),
        ExprKind::InLookup { keys, .. } | ExprKind::Lookup { keys, .. } => keys.iter().for_each(|e| expr(used, e)),
        ExprKind::AnyItem { list, test } => [list, test].into_iter().for_each(|e| expr(used, e)),
        ExprKind::Call { args, .. } => args.iter().for_each(|e| expr(used, e)),
        ExprKind::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|e| expr(used, e));
        }
    }
}
