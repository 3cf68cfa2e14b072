//! Second pass: what was true strictly before (or after) each row. One sort and one carry per group that contexts share.
//!
//! A row that only feeds a context sorts after all events of its time, so that "up to this row" is "strictly before"; a row that
//! is both an event and read by a context becomes two. After this pass only events are left.

use super::build::{Builder, Keyed};
use super::{Carried, Column, Direction, Expr, Measured, Stage, analytic, make};
use crate::ir::{self, CompareOp, ContextForm, ContextId, EventId, ExprKind, MeasureFunction, StreamRef};
use crate::pack::schema::FieldId;
use crate::value::Type;
use std::collections::BTreeMap;

mod measure;

/// What is known of a context.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its value on every event row.
    pub value: Expr,
    /// Whether it is there at all (a missing key, an agent that is silent).
    pub there: Expr,
    /// Fields of the newest event.
    pub fields: BTreeMap<FieldId, Expr>,
}

/// The nearest event of a stream in a group, strictly before or strictly after a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Neighbour {
    pub stream: StreamRef,
    /// Its own keys.
    pub keys: Vec<Column>,
    /// The keys of the rows that ask.
    pub asking: Vec<Column>,
    pub after: bool,
    pub at: Column,
}

/// One thing to read for a row.
struct Want {
    context: Option<ContextId>,
    event: EventId,
    keys: Vec<Keyed>,
    /// Keys that what is read and what asks have in different columns: the column for both, and each one's value.
    mixed: Vec<(Column, Expr, Expr)>,
    after: bool,
    /// Rows that are read.
    member: Expr,
    at: Column,
    values: Vec<(Column, Expr)>,
    /// Rows that show the group, whether or not the context's condition holds, and when the newest was.
    shown: Option<(Expr, Column)>,
}

/// Reads every context that the rule uses, and the neighbours that its sequences ask for.
pub(super) fn read(b: &mut Builder) {
    let mut wants = Vec::new();
    for id in crate::ir::lookback::used_contexts(b.rule) {
        want_context(b, id, &mut wants);
    }
    for near in analytic::neighbours(b.rule) {
        // The hits of a signal are not known yet: their analytic looks for them.
        if let StreamRef::Event(event) = near.stream {
            want_neighbour(b, event, &near, &mut wants);
        }
    }
    if wants.is_empty() {
        return;
    }
    let role = Column(std::sync::Arc::from("role"));
    split(b, &role, &wants);
    for (column, own, other) in wants.iter().flat_map(|w| w.mixed.clone()) {
        b.push("", Stage::Compute(vec![(column, make::choose(role_is(&role, 1), own, other))]));
    }
    carry_all(b, &role, &wants);
    for want in &wants {
        if let Some(id) = want.context {
            know(b, id, want, &role);
        }
    }
    b.push("only events go on", Stage::Filter(role_is(&role, 0)));
}

fn want_context(b: &mut Builder, id: ContextId, wants: &mut Vec<Want>) {
    let Some(context) = b.rule.contexts.get(id.index()) else { return };
    let keys = b.keys(&context.keys);
    let mut member = b.consumed(StreamRef::Event(context.of), context.filter.as_ref(), &keys);
    let mut values = Vec::new();
    match &context.form {
        ContextForm::LastValue(expr) => {
            let value = b.lower(expr);
            member = make::and([member, make::exists(value.clone())]);
            values.push((b.column(&format!("{}_value", context.name)), value));
        }
        ContextForm::LastEvent => {
            for field in crate::ir::lookback::context_fields(b.rule, id) {
                let source = b.field(field);
                let name = format!("{}_{}", context.name, source.0);
                let ty = b.rule.schema.field_at(field).map_or(Type::STRING, |(_, f)| f.ty);
                values.push((b.column(&name), make::maybe(&source, ty)));
            }
        }
        ContextForm::None { .. } | ContextForm::Some | ContextForm::Count | ContextForm::Measure { .. } => {}
    }
    let columns = |w: &Want| w.keys.iter().map(|k| k.column.clone()).collect::<Vec<_>>();
    let own: Vec<Column> = keys.iter().map(|k| k.column.clone()).collect();
    // Contexts that read the same rows share the time of the newest one.
    let known = wants.iter().find(|w| !w.after && w.member == member && columns(w) == own).map(|w| w.at.clone());
    let at = known.unwrap_or_else(|| b.column(&format!("{}_at", context.name)));
    let mut shown = None;
    if matches!(context.form, ContextForm::None { known: Some(_) }) {
        shown = Some(match context.filter {
            None => (member.clone(), at.clone()),
            Some(_) => {
                let any = b.consumed(StreamRef::Event(context.of), None, &keys);
                (any, b.column(&format!("{}_shown_at", context.name)))
            }
        });
    }
    let (event, mixed) = (context.of, Vec::new());
    wants.push(Want { context: Some(id), event, keys, mixed, after: false, member, at, values, shown });
}

fn want_neighbour(b: &mut Builder, event: EventId, near: &analytic::Near, wants: &mut Vec<Want>) {
    let (stream, after) = (near.stream, near.after);
    let (own, asking) = (b.keys(&near.keys), b.keys(&near.asking));
    if b.neighbour(stream, &own, &asking, after).is_some() {
        return;
    }
    let member = b.consumed(stream, None, &own);
    let name = b.rule.stream_name(stream).to_owned();
    let at = b.column(&format!("{name}_{}", if after { "next_at" } else { "before_at" }));
    let columns = |keys: &[Keyed]| keys.iter().map(|k| k.column.clone()).collect::<Vec<_>>();
    let (own_columns, asking_columns) = (columns(&own), columns(&asking));
    let mut mixed = Vec::new();
    let mut keys = own;
    // What is read goes by its own keys, what asks by its own: one column for both.
    for (key, ask) in keys.iter_mut().zip(asking).filter(|(key, ask)| key.column != ask.column) {
        let column = b.column(&format!("{name}_{}", key.name));
        let (value, other) = (make::maybe(&key.column, key.ty), make::maybe(&ask.column, ask.ty));
        mixed.push((column.clone(), value, other));
        key.column = column;
        key.nullable = true;
    }
    b.neighbours.push(Neighbour { stream, keys: own_columns, asking: asking_columns, after, at: at.clone() });
    wants.push(Want { context: None, event, keys, mixed, after, member, at, values: Vec::new(), shown: None });
}

fn split(b: &mut Builder, role: &Column, wants: &[Want]) {
    let asking: Vec<EventId> = crate::ir::lookback::consumed_events(b.rule).into_iter().collect();
    let event = make::or(asking.iter().map(|e| b.member(StreamRef::Event(*e))).collect::<Vec<_>>());
    let read =
        |w: &Want| std::iter::once(w.member.clone()).chain(w.shown.clone().map(|(any, _)| any)).collect::<Vec<_>>();
    let context = make::or(wants.iter().flat_map(read).collect::<Vec<_>>());
    let source = |e: &EventId| b.rule.events.get(e.index()).map(|e| e.source);
    let both = wants.iter().any(|w| asking.iter().any(|a| source(a) == source(&w.event)));
    b.push(
        "events (role 0) and what they read (role 1), which sorts after them at equal times",
        Stage::Split { role: role.clone(), event, context, both },
    );
}

/// One sort and one carry for all that share a group and a direction.
fn carry_all(b: &mut Builder, role: &Column, wants: &[Want]) {
    let mut done: Vec<(Vec<Column>, bool)> = Vec::new();
    for want in wants {
        let keys: Vec<Column> = want.keys.iter().map(|k| k.column.clone()).collect();
        if done.contains(&(keys.clone(), want.after)) {
            continue;
        }
        done.push((keys.clone(), want.after));
        let by = order(b, &keys, role, want.after);
        let same: Vec<&Want> = wants
            .iter()
            .filter(|w| w.after == want.after && w.keys.iter().map(|k| &k.column).eq(keys.iter()))
            .collect();
        let names: Vec<String> = same.iter().map(|w| name_of(b, w)).collect();
        b.push(format!("carried: {}", names.join(", ")), Stage::Sort(by));
        let is_read = role_is(role, 1);
        let mut items: Vec<Carried> = Vec::new();
        let mut carry = |when: Expr, values: Vec<(Column, Expr)>| match items.iter_mut().find(|i| i.when == when) {
            Some(item) => {
                let fresh: Vec<_> = values.into_iter().filter(|v| !item.values.contains(v)).collect();
                item.values.extend(fresh);
            }
            None => items.push(Carried { when, values }),
        };
        for w in same {
            let values = std::iter::once((w.at.clone(), b.now())).chain(w.values.iter().cloned()).collect();
            carry(make::and([is_read.clone(), w.member.clone()]), values);
            if let Some((any, at)) = w.shown.as_ref().filter(|(_, at)| *at != w.at) {
                carry(make::and([is_read.clone(), any.clone()]), vec![(at.clone(), b.now())]);
            }
        }
        b.push("", Stage::Carry { keys, inclusive: true, items });
    }
}

fn name_of(b: &Builder, want: &Want) -> String {
    match want.context.and_then(|id| b.rule.contexts.get(id.index())) {
        Some(context) => format!("context {}", context.name),
        None => format!(
            "{} {}",
            if want.after { "next" } else { "previous" },
            b.rule.stream_name(StreamRef::Event(want.event))
        ),
    }
}

/// From the carried columns to the context's value.
fn know(b: &mut Builder, id: ContextId, want: &Want, role: &Column) {
    let Some(context) = b.rule.contexts.get(id.index()) else { return };
    let at = make::maybe(&want.at, Type::TIMESTAMP);
    let keyed = make::and(
        want.keys.iter().filter(|k| k.nullable).map(|k| make::exists(make::maybe(&k.column, k.ty))).collect::<Vec<_>>(),
    );
    let recent = make::within(b.now(), at.clone(), context.within);
    let mut fields = BTreeMap::new();
    let (value, known) = match &context.form {
        ContextForm::LastValue(_) => {
            let carried = want.values.first().map(|(c, e)| make::maybe(c, e.ty));
            let carried = carried.unwrap_or_else(|| make::missing(context.ty));
            let value = make::choose(recent, carried, make::missing(context.ty));
            let column = b.compute("", &context.name, value);
            let value = make::maybe(&column, context.ty);
            (value.clone(), make::exists(value))
        }
        ContextForm::LastEvent => {
            let column = b.compute("", &context.name, recent);
            for (field, (carried, expr)) in
                crate::ir::lookback::context_fields(b.rule, id).into_iter().zip(&want.values)
            {
                let value = make::choose(make::flag(&column), make::maybe(carried, expr.ty), make::missing(expr.ty));
                let read = b.compute("", &format!("{}_last", carried.0), value);
                fields.insert(field, make::maybe(&read, expr.ty));
            }
            (make::flag(&column), make::flag(&column))
        }
        ContextForm::Some => {
            let column = b.compute("", &context.name, recent);
            (make::flag(&column), keyed)
        }
        ContextForm::None { known } => {
            let shown = want.shown.as_ref().map(|(_, column)| make::maybe(column, Type::TIMESTAMP));
            let seen = known.zip(shown.clone()).map(|(k, shown)| make::within(b.now(), shown, k));
            let known = make::and(std::iter::once(keyed).chain(seen));
            // One time answers both: it is there, and older than `within`.
            let none = match shown == Some(at.clone()) {
                true => make::compare(CompareOp::Greater, make::elapsed(b.now(), at), make::duration(context.within)),
                false => make::not(recent),
            };
            let column = b.compute("", &context.name, make::and([known.clone(), none]));
            (make::flag(&column), known)
        }
        ContextForm::Count => {
            let count = Measured { function: MeasureFunction::Count, argument: None, filter: None, ty: context.ty };
            let value = over(b, context, want, role, vec![count]).pop().unwrap_or_else(|| make::integer(0));
            (make::choose(keyed.clone(), value, make::missing(context.ty)), keyed)
        }
        ContextForm::Measure { measure, include_self } => {
            let asked = measure::Asked {
                function: measure.function,
                argument: measure.argument.as_ref().map(|a| b.lower(a)),
                filter: measure.filter.as_ref().map(|f| b.lower(f)),
            };
            let value = match include_self {
                true => {
                    // What the asking row adds may read its time, and a hit at it may come later.
                    let value = measure::with_self(b, context, want, role, &asked);
                    let column = b.compute("", &context.name, value.clone());
                    Expr { nullable: value.nullable, ..make::maybe(&column, context.ty) }
                }
                false => {
                    let measure::Asked { function, argument, filter } = asked;
                    let measured = Measured { function, argument, filter, ty: context.ty };
                    over(b, context, want, role, vec![measured]).pop().unwrap_or_else(|| make::missing(context.ty))
                }
            };
            let value = make::choose(keyed, value, make::missing(context.ty));
            (value.clone(), make::exists(value))
        }
    };
    b.contexts.insert(id, Known { value, there: known, fields });
}

/// Measures over what the context reads, each as a value on the asking rows.
fn over(b: &mut Builder, context: &ir::Context, want: &Want, role: &Column, measures: Vec<Measured>) -> Vec<Expr> {
    let among = b.column(&format!("{}_read", context.name));
    let at = b.column(&format!("{}_asks", context.name));
    let columns: Vec<(Column, Measured)> = measures.into_iter().map(|m| (b.column(&context.name), m)).collect();
    let keys: Vec<Column> = want.keys.iter().map(|k| k.column.clone()).collect();
    let by = order(b, &keys, role, false);
    b.push(format!("context {}", context.name), Stage::Sort(by));
    let read = make::and([role_is(role, 1), want.member.clone()]);
    b.push("", Stage::Compute(vec![(among.clone(), read), (at.clone(), role_is(role, 0))]));
    let values = columns.iter().map(|(out, measured)| make::maybe(out, measured.ty)).collect();
    b.push(
        "",
        Stage::Over {
            keys,
            within: context.within,
            closed: false,
            among,
            at,
            since: None,
            measures: columns,
            lists: Vec::new(),
        },
    );
    values
}

/// By group, then time, then what is read after what asks, then the rows' own order.
fn order(b: &mut Builder, keys: &[Column], role: &Column, after: bool) -> Vec<(Column, Direction)> {
    let time = if after { Direction::Descending } else { Direction::Ascending };
    let mut by: Vec<(Column, Direction)> = keys.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    by.push((b.time.clone(), time));
    by.push((role.clone(), Direction::Ascending));
    // Which of two rows of one time is the newest is the order's to say.
    by.extend(b.order().into_iter().skip(1));
    by
}

fn role_is(role: &Column, number: i64) -> Expr {
    make::equal(make::sure(role, Type::INTEGER), make::integer(number))
}

impl Builder<'_> {
    /// A context's value on a row.
    pub fn read_context(&mut self, id: ContextId, expr: &ir::Expr) -> Expr {
        match self.contexts.get(&id) {
            Some(known) => known.value.clone(),
            None => make::missing(expr.ty),
        }
    }

    /// A field of the event that a `last` context found.
    pub fn read_context_field(&mut self, id: ContextId, field: FieldId, expr: &ir::Expr) -> Expr {
        let known = self.contexts.get(&id).and_then(|k| k.fields.get(&field));
        known.cloned().unwrap_or_else(|| make::missing(expr.ty))
    }

    /// `exists(context)`.
    pub fn context_known(&mut self, inner: &ir::Expr) -> Option<Expr> {
        match &inner.kind {
            ExprKind::Leaf(ir::Leaf::Context(id)) => self.contexts.get(id).map(|k| k.there.clone()),
            _ => None,
        }
    }

    /// When the nearest event or hit was, strictly before (or after) the row.
    pub fn neighbour(&self, stream: StreamRef, keys: &[Keyed], asking: &[Keyed], after: bool) -> Option<Expr> {
        let same = |columns: &[Column], keys: &[Keyed]| columns.iter().eq(keys.iter().map(|k| &k.column));
        let found = self
            .neighbours
            .iter()
            .find(|n| n.stream == stream && n.after == after && same(&n.keys, keys) && same(&n.asking, asking))?;
        Some(make::maybe(&found.at, Type::TIMESTAMP))
    }
}

/// `a < b` of two times.
pub(super) fn earlier(a: Expr, b: Expr) -> Expr {
    make::compare(CompareOp::Less, a, b)
}
