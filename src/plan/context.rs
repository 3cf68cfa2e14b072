//! Second pass: what was true strictly before (or after) each row. One sort and one carry per group that contexts share.
//!
//! A row that only feeds a context sorts after all events of its time, so that "up to this row" is "strictly before"; a row that
//! is both an event and read by a context becomes two. After this pass only events are left.

use super::build::{Builder, Keyed};
use super::{Carried, Column, Direction, Expr, Measured, Stage, analytic, make};
use crate::ir::{self, CompareOp, ContextForm, ContextId, EventId, ExprKind, MeasureFunction, StreamRef};
use crate::pack::schema::FieldId;
use crate::source::Span;
use crate::value::Type;
use std::collections::BTreeMap;

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
    pub event: EventId,
    pub keys: Vec<Column>,
    pub after: bool,
    pub at: Column,
}

/// One thing to read for a row.
struct Want {
    context: Option<ContextId>,
    event: EventId,
    keys: Vec<Keyed>,
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
    for (event, keys, after, span) in analytic::neighbours(b.rule) {
        want_neighbour(b, event, &keys, after, span, &mut wants);
    }
    if wants.is_empty() {
        return;
    }
    let role = Column(std::sync::Arc::from("role"));
    split(b, &role, &wants);
    carry_all(b, &role, &wants);
    for want in &wants {
        if let Some(id) = want.context {
            know(b, id, want, &role);
        }
    }
    let is_event = make::equal(make::sure(&role, Type::INTEGER), make::integer(0));
    b.push("only events go on", Stage::Filter(is_event));
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
    let at = b.column(&format!("{}_at", context.name));
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
    wants.push(Want { context: Some(id), event: context.of, keys, after: false, member, at, values, shown });
}

fn want_neighbour(b: &mut Builder, stream: StreamRef, keys: &ir::Keys, after: bool, span: Span, wants: &mut Vec<Want>) {
    let StreamRef::Event(event) = stream else {
        b.refuse(
            span,
            format!("an absence of hits (`{}`) has no lowering yet", b.rule.stream_name(stream)),
            "name an event instead of a signal",
        );
        return;
    };
    let keys = b.keys(keys);
    let columns: Vec<Column> = keys.iter().map(|k| k.column.clone()).collect();
    if b.neighbours.iter().any(|n| n.event == event && n.after == after && n.keys == columns) {
        return;
    }
    let member = b.consumed(stream, None, &keys);
    let name = b.rule.stream_name(stream).to_owned();
    let at = b.column(&format!("{name}_{}", if after { "next_at" } else { "before_at" }));
    b.neighbours.push(Neighbour { event, keys: columns, after, at: at.clone() });
    wants.push(Want { context: None, event, keys, after, member, at, values: Vec::new(), shown: None });
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
        let time = if want.after { Direction::Descending } else { Direction::Ascending };
        let mut by: Vec<(Column, Direction)> = keys.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
        by.push((b.time.clone(), time));
        by.push((role.clone(), Direction::Ascending));
        // Which of two rows of one time is the newest is the order's to say.
        by.extend(b.order().into_iter().skip(1));
        let same: Vec<&Want> = wants
            .iter()
            .filter(|w| w.after == want.after && w.keys.iter().map(|k| &k.column).eq(keys.iter()))
            .collect();
        let names: Vec<String> = same.iter().map(|w| name_of(b, w)).collect();
        b.push(format!("carried: {}", names.join(", ")), Stage::Sort(by));
        let is_read = make::equal(make::sure(role, Type::INTEGER), make::integer(1));
        let mut items = Vec::new();
        for w in same {
            items.push(Carried {
                when: make::and([is_read.clone(), w.member.clone()]),
                values: std::iter::once((w.at.clone(), b.now())).chain(w.values.iter().cloned()).collect(),
            });
            if let Some((any, at)) = w.shown.as_ref().filter(|(_, at)| *at != w.at) {
                let when = make::and([is_read.clone(), any.clone()]);
                items.push(Carried { when, values: vec![(at.clone(), b.now())] });
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
    let comment = format!("context {}", context.name);
    let mut fields = BTreeMap::new();
    let (value, known) = match &context.form {
        ContextForm::LastValue(_) => {
            let carried = want.values.first().map(|(c, e)| make::maybe(c, e.ty));
            let carried = carried.unwrap_or_else(|| make::missing(context.ty));
            let value = make::choose(recent, carried, make::missing(context.ty));
            let column = b.compute(&comment, &context.name, value);
            let value = make::maybe(&column, context.ty);
            (value.clone(), make::exists(value))
        }
        ContextForm::LastEvent => {
            let column = b.compute(&comment, &context.name, recent);
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
            let column = b.compute(&comment, &context.name, recent);
            (make::flag(&column), keyed)
        }
        ContextForm::None { known } => {
            let shown = want.shown.as_ref().map_or(at, |(_, column)| make::maybe(column, Type::TIMESTAMP));
            let seen = known.map(|k| make::within(b.now(), shown, k));
            let known = make::and(std::iter::once(keyed).chain(seen));
            let column = b.compute(&comment, &context.name, make::and([known.clone(), make::not(recent)]));
            (make::flag(&column), known)
        }
        ContextForm::Count => {
            let value = over(b, context, want, role, MeasureFunction::Count, None);
            (make::choose(keyed.clone(), value, make::missing(context.ty)), keyed)
        }
        ContextForm::Measure { measure, include_self } => {
            if *include_self {
                b.refuse(
                    context.span,
                    "a measure that includes the asking event has no lowering yet",
                    "leave `include: self` out and compare with one less",
                );
            }
            if measure.filter.is_some() {
                b.refuse(
                    context.span,
                    "a measure's own `where` in a context has no lowering yet",
                    "use the context's `where`",
                );
            }
            let argument = measure.argument.as_ref().map(|a| b.lower(a));
            let value = over(b, context, want, role, measure.function, argument);
            let value = make::choose(keyed, value, make::missing(context.ty));
            (value.clone(), make::exists(value))
        }
    };
    b.contexts.insert(id, Known { value, there: known, fields });
}

fn over(
    b: &mut Builder,
    context: &ir::Context,
    want: &Want,
    role: &Column,
    function: MeasureFunction,
    argument: Option<Expr>,
) -> Expr {
    let role_is = |n| make::equal(make::sure(role, Type::INTEGER), make::integer(n));
    let among = b.column(&format!("{}_read", context.name));
    let at = b.column(&format!("{}_asks", context.name));
    let read = make::and([role_is(1), want.member.clone()]);
    b.push("", Stage::Compute(vec![(among.clone(), read), (at.clone(), role_is(0))]));
    let out = b.column(&context.name);
    let measured = Measured { function, argument, filter: None, ty: context.ty };
    b.push(
        format!("context {}", context.name),
        Stage::Over {
            keys: want.keys.iter().map(|k| k.column.clone()).collect(),
            within: context.within,
            closed: false,
            among,
            at,
            since: None,
            measures: vec![(out.clone(), measured)],
            lists: Vec::new(),
        },
    );
    make::maybe(&out, context.ty)
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

    /// When the nearest event was, strictly before (or after) the row.
    pub fn neighbour(&self, stream: StreamRef, keys: &[Keyed], after: bool) -> Option<Expr> {
        let StreamRef::Event(event) = stream else { return None };
        let columns = keys.iter().map(|k| &k.column);
        let found = self
            .neighbours
            .iter()
            .find(|n| n.event == event && n.after == after && n.keys.iter().eq(columns.clone()))?;
        Some(make::maybe(&found.at, Type::TIMESTAMP))
    }
}

/// `a < b` of two times.
pub(super) fn earlier(a: Expr, b: Expr) -> Expr {
    make::compare(CompareOp::Less, a, b)
}
