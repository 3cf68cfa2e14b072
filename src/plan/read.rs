//! First pass: which rows are read, which columns they have, lookups, and which events a row belongs to.

use super::build::{Builder, Keyed};
use super::{Column, Direction, Expr, Read, Stage, make};
use crate::ir::lookback;
use crate::ir::{self, EventId, ExprKind, Leaf, StreamRef};
use crate::pack::alerts;
use crate::pack::schema::{FieldId, SourceId};
use crate::value::{Type, Value};
use std::collections::BTreeSet;

/// Reads, lookups and a membership column per event.
pub(super) fn rows(b: &mut Builder) {
    let events = lookback::used_events(b.rule);
    let sources: BTreeSet<SourceId> = events.iter().filter_map(|e| source_of(b, *e)).collect();
    if sources.len() > 1 {
        b.row_source = Some(b.column("row_source"));
    }
    let spans = lookback::lookback(b.rule);
    let mut members: Vec<(Column, Vec<Expr>)> = Vec::new();
    for source in sources {
        let here: Vec<EventId> = events.iter().copied().filter(|e| source_of(b, *e) == Some(source)).collect();
        let (shared, rests) = conditions(b, &here);
        let keep = keep(b, &shared, &rests).map(|k| b.lower(&k));
        let lookback = here.iter().filter_map(|e| spans.get(e)).copied().max().unwrap_or(0);
        b.reads.push(Read { source, lookback, keep, fields: Vec::new() });
        let only_source = b.row_source.is_none();
        for (event, rest) in here.iter().zip(rests) {
            let mut parts: Vec<Expr> = Vec::new();
            if !only_source {
                parts.push(is_source(b, source));
            }
            // What `keep` already made certain for every row of the source is not asked again.
            let asked = if here.len() == 1 {
                rest.into_iter().chain(shared.iter().cloned()).filter(|c| reads_lookup(b, c)).collect::<Vec<_>>()
            } else {
                rest.into_iter().chain(shared.iter().filter(|c| reads_lookup(b, c)).cloned()).collect()
            };
            for condition in &asked {
                let part = b.lower(condition);
                parts.push(part);
            }
            let name = b.rule.events.get(event.index()).map_or(String::new(), |e| e.name.clone());
            members.push((b.column(&format!("is_{name}")), parts));
            b.events.extend(members.last().map(|(column, _)| (*event, column.clone())));
        }
    }
    share(b, &mut members);
    let flags = members.into_iter().map(|(column, parts)| (column, make::and(parts))).collect();
    b.push("which events a row is", Stage::Compute(flags));
    let certain = b.reads.len() == b.events.len() && !b.stages.iter().any(|n| matches!(n.stage, Stage::Lookup { .. }));
    match (certain, b.events.len()) {
        (true, _) => place(b, None),
        (false, 1) => b.push("", Stage::Filter(make::or(b.events.values().map(make::flag).collect::<Vec<_>>()))),
        (false, _) => {
            place(b, Some(-1));
            let some = b
                .place
                .clone()
                .map(|p| make::compare(ir::CompareOp::GreaterEqual, make::sure(&p, Type::INTEGER), make::integer(0)));
            some.into_iter().for_each(|some| b.push("", Stage::Filter(some)));
        }
    }
}

/// Conditions that three events or more ask together (those of `scope`) are computed once.
fn share(b: &mut Builder, members: &mut [(Column, Vec<Expr>)]) {
    const FEW: usize = 3;
    let parts: Vec<Expr> = members.iter().flat_map(|(_, parts)| parts.clone()).collect();
    let asking = |part: &Expr| -> Vec<bool> { members.iter().map(|(_, all)| all.contains(part)).collect() };
    let mut groups: Vec<(Vec<bool>, Vec<Expr>)> = Vec::new();
    for part in parts {
        let by = asking(&part);
        match groups.iter_mut().find(|(known, _)| *known == by) {
            Some((_, all)) if all.contains(&part) => {}
            Some((_, all)) => all.push(part),
            None => groups.push((by, vec![part])),
        }
    }
    for (by, shared) in groups {
        if shared.len() < 2 || by.iter().filter(|asks| **asks).count() < FEW {
            continue;
        }
        let column = b.column("in_scope");
        b.push("what several events ask", Stage::Compute(vec![(column.clone(), make::and(shared.clone()))]));
        for (_, parts) in members.iter_mut().zip(&by).filter(|(_, asks)| **asks).map(|(m, _)| m) {
            parts.retain(|p| !shared.contains(p));
            parts.push(make::flag(&column));
        }
    }
}

/// Fills in the fields that later passes asked for.
pub(super) fn finish(b: &mut Builder) {
    // Fields that were first asked for after rows were grouped come along, where something reads them.
    let fields: Vec<Column> = b.fields.values().cloned().collect();
    for note in &mut b.stages {
        if let Stage::Group { keys, last, .. } = &mut note.stage {
            let more = fields.iter().filter(|c| !keys.contains(c) && !last.contains(c)).cloned().collect::<Vec<_>>();
            last.extend(more);
        }
    }
    super::tidy::tidy(&mut b.stages, &b.output);
    let schema = b.rule.schema.clone();
    let mut used = BTreeSet::new();
    b.stages.iter().for_each(|n| super::columns::of_stage(&n.stage, &mut used));
    super::columns::of_output(&b.output, &mut used);
    for note in &mut b.stages {
        if let Stage::Group { last, .. } = &mut note.stage {
            last.retain(|c| used.contains(c));
        }
    }
    for read in &mut b.reads {
        let mut used = used.clone();
        read.keep.iter().for_each(|k| super::columns::of_expr(k, &mut used));
        let asked = only_context(b.rule, read.source);
        let here = b.fields.iter().filter(|(f, c)| {
            used.contains(*c)
                && schema.slot(read.source, **f).is_some()
                && asked.as_ref().is_none_or(|asked| asked.contains(f))
        });
        read.fields = here.map(|(f, column)| (*f, column.clone())).collect();
    }
    // A key may name a field that only rows without that key have: the column has to be there all the same.
    for (field, column) in b.fields.iter().filter(|(_, c)| used.contains(*c)) {
        if !b.reads.iter().any(|r| r.fields.iter().any(|(f, _)| f == field)) {
            for read in b.reads.iter_mut().filter(|r| schema.slot(r.source, *field).is_some()) {
                read.fields.push((*field, column.clone()));
                read.fields.sort_by_key(|(f, _)| *f);
            }
        }
    }
    if let Some((source, rule)) = schema.source(alerts::SOURCE).zip(schema.field(alerts::RULE))
        && b.reads.iter().any(|r| r.source == source && r.fields.iter().any(|(f, _)| *f == rule))
    {
        b.assumptions.insert("alerts-have-the-rules-names");
    }
}

/// The fields that matter of a source whose rows only contexts and absences read; none where its rows may be part of a hit.
fn only_context(rule: &ir::Rule, source: SourceId) -> Option<BTreeSet<FieldId>> {
    let of_source = |id: &EventId| rule.events.get(id.index()).is_some_and(|e| e.source == source);
    if lookback::consumed_events(rule).iter().any(of_source) {
        return None;
    }
    let mut exprs: Vec<ir::Expr> = Vec::new();
    let mut keys: Vec<ir::Keys> = Vec::new();
    let mut fields: BTreeSet<FieldId> =
        rule.schema.source_at(source).and_then(|(_, s)| s.tiebreaker).into_iter().collect();
    exprs.extend(
        lookback::used_events(rule)
            .iter()
            .filter(|e| of_source(e))
            .filter_map(|e| rule.events.get(e.index())?.filter.clone()),
    );
    for id in lookback::used_contexts(rule) {
        let Some(context) = rule.contexts.get(id.index()).filter(|c| of_source(&c.of)) else { continue };
        exprs.extend(context.filter.iter().cloned());
        match &context.form {
            ir::ContextForm::LastValue(value) => exprs.push(value.clone()),
            ir::ContextForm::Measure { measure, .. } => {
                exprs.extend(measure.argument.iter().chain(&measure.filter).cloned());
            }
            _ => {}
        }
        keys.push(context.keys.clone());
        fields.extend(lookback::context_fields(rule, id));
    }
    keys.extend(super::analytic::neighbours(rule).into_iter().flat_map(|n| [n.keys, n.asking]));
    exprs.extend(
        keys.iter().flat_map(|k| &k.0).flat_map(|k| &k.by_source).filter(|(s, _)| *s == source).map(|(_, e)| e.clone()),
    );
    for expr in &exprs {
        ir::walk::rows(rule, expr, &mut |e| {
            if let ExprKind::Leaf(Leaf::Field(id)) = &e.kind {
                fields.insert(*id);
            }
        });
    }
    Some(fields)
}

fn source_of(b: &Builder, event: EventId) -> Option<SourceId> {
    b.rule.events.get(event.index()).map(|e| e.source)
}

/// `row_source == "..."`; true where there is one source only.
pub(super) fn is_source(b: &Builder, source: SourceId) -> Expr {
    let name = b.rule.schema.source_at(source).map_or("", |(name, _)| name);
    match &b.row_source {
        Some(column) => make::equal(make::sure(column, Type::STRING), make::text(name)),
        None => make::boolean(true),
    }
}

/// The conditions that all of the events share, and what each has beyond them.
fn conditions(b: &Builder, events: &[EventId]) -> (Vec<ir::Expr>, Vec<Vec<ir::Expr>>) {
    let all: Vec<Vec<ir::Expr>> = events
        .iter()
        .map(|e| b.rule.events.get(e.index()).and_then(|e| e.filter.clone()).map_or_else(Vec::new, conjuncts))
        .collect();
    let shared: Vec<ir::Expr> =
        all.first().into_iter().flatten().filter(|c| all.iter().all(|o| o.contains(c))).cloned().collect();
    let rests = all.into_iter().map(|cs| cs.into_iter().filter(|c| !shared.contains(c)).collect()).collect();
    (shared, rests)
}

fn conjuncts(expr: ir::Expr) -> Vec<ir::Expr> {
    match expr.kind {
        ExprKind::And(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        ExprKind::Const(Value::Boolean(true)) => Vec::new(),
        _ => vec![expr],
    }
}

/// The shared conditions, and one of the rests, without the parts that need a lookup.
fn keep(b: &Builder, shared: &[ir::Expr], rests: &[Vec<ir::Expr>]) -> Option<ir::Expr> {
    let early = |cs: &[ir::Expr]| -> Vec<ir::Expr> {
        cs.iter().filter(|c| !reads_lookup(b, c)).map(|c| inline_lets(b.rule, c)).collect()
    };
    let mut parts = early(shared);
    let rests: Vec<Vec<ir::Expr>> = rests.iter().map(|r| early(r)).collect();
    // An event whose conditions are among those of no other adds nothing to the choice.
    if rests.iter().all(|r| !r.is_empty()) {
        let smallest: Vec<&Vec<ir::Expr>> = rests
            .iter()
            .enumerate()
            .filter(|(i, r)| {
                !rests
                    .iter()
                    .enumerate()
                    .any(|(j, o)| j != *i && o.iter().all(|c| r.contains(c)) && (o != *r || j < *i))
            })
            .map(|(_, r)| r)
            .collect();
        let choices: Vec<ir::Expr> = smallest.into_iter().cloned().filter_map(|r| join(r, ExprKind::And)).collect();
        parts.extend(join(choices, ExprKind::Or));
    }
    join(parts, ExprKind::And)
}

fn join(mut parts: Vec<ir::Expr>, kind: fn(Vec<ir::Expr>) -> ExprKind) -> Option<ir::Expr> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let span = parts.first().map(|p| p.span)?;
    Some(ir::Expr { kind: kind(parts), ty: Type::BOOLEAN, nullable: false, span })
}

fn reads_lookup(b: &Builder, expr: &ir::Expr) -> bool {
    let mut found = false;
    ir::walk::rows(b.rule, expr, &mut |e| {
        found |= matches!(e.kind, ExprKind::Lookup { .. } | ExprKind::InLookup { .. });
    });
    found
}

fn inline_lets(rule: &ir::Rule, expr: &ir::Expr) -> ir::Expr {
    ir::walk::map(expr, &mut |e| match &e.kind {
        ExprKind::Leaf(Leaf::Let(id)) => rule.lets.get(id.index()).map(|l| inline_lets(rule, &l.expr)),
        _ => None,
    })
}

/// The order's second part: the smallest place of the events that a row belongs to; `none` for a row of no event.
fn place(b: &mut Builder, none: Option<i64>) {
    if b.events.len() < 2 {
        return;
    }
    let mut place = none.map(make::integer);
    for (id, column) in b.events.iter().rev() {
        let own = make::integer(i64::from(id.0));
        place = Some(match place {
            Some(rest) => make::choose(make::flag(column), own, rest),
            None => own,
        });
    }
    let column = b.column("place");
    let place = place.unwrap_or_else(|| make::integer(0));
    b.push("order of equal times: place in `events`", Stage::Compute(vec![(column.clone(), place)]));
    b.place = Some(column);
}

impl Builder<'_> {
    /// The order of rows inside a group: time, place, tiebreaker, then used fields where a source has no tiebreaker.
    pub fn order(&mut self) -> Vec<(Column, Direction)> {
        let mut order = vec![(self.time.clone(), Direction::Ascending)];
        if let (Some(rank), Some(own)) = (&self.rank, &self.own_time) {
            order.extend([rank, own].map(|c| (c.clone(), Direction::Ascending)));
        }
        order.extend(self.place.clone().map(|p| (p, Direction::Ascending)));
        let schema = self.rule.schema.clone();
        let sources: Vec<SourceId> = self.reads.iter().map(|r| r.source).collect();
        let mut untied = false;
        for source in sources {
            match schema.source_at(source).and_then(|(_, s)| s.tiebreaker) {
                Some(field) => {
                    let column = self.field(field);
                    if !order.iter().any(|(c, _)| *c == column) {
                        order.push((column, Direction::Ascending));
                    }
                }
                None => untied = true,
            }
        }
        if untied {
            self.assumptions.insert("ties-without-tiebreaker");
        }
        order
    }

    /// Sorts by a group and the order, and numbers the rows.
    pub fn sort(&mut self, comment: &str, keys: &[Column]) -> Column {
        let mut by: Vec<(Column, Direction)> = keys.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
        by.extend(self.order());
        if let Some(number) = self.sorted(&by) {
            return number;
        }
        self.push(comment, Stage::Sort(by));
        let number = self.column("n");
        self.push("", Stage::Number(number.clone()));
        number
    }

    /// The rows' numbers, where the rows are in this order still. A filter leaves gaps, which no reader of the numbers minds.
    fn sorted(&self, by: &[(Column, Direction)]) -> Option<Column> {
        let last = self.stages.iter().rposition(|n| matches!(n.stage, Stage::Sort(_)))?;
        let mut since = self.stages.iter().skip(last).map(|n| &n.stage);
        if !matches!(since.next(), Some(Stage::Sort(known)) if known == by) {
            return None;
        }
        let Some(Stage::Number(number)) = since.next() else { return None };
        let keeps = |stage: &Stage| match stage {
            Stage::Compute(columns) => !columns.iter().any(|(c, _)| by.iter().any(|(key, _)| key == c)),
            Stage::Filter(_) | Stage::Carry { .. } | Stage::Back { .. } | Stage::LastOfInstant { .. } => true,
            _ => false,
        };
        since.all(keeps).then(|| number.clone())
    }

    /// The keys of a group as columns.
    pub fn keys(&mut self, keys: &ir::Keys) -> Vec<Keyed> {
        keys.0.iter().map(|key| self.key(key)).collect()
    }

    fn key(&mut self, key: &ir::Key) -> Keyed {
        let read: Vec<(SourceId, ir::Expr)> =
            key.by_source.iter().filter(|(s, _)| self.reads.iter().any(|r| r.source == *s)).cloned().collect();
        let nullable = read.iter().any(|(_, e)| e.nullable);
        if let Some((_, column)) = self.key_columns.iter().find(|(known, _)| *known == read) {
            return Keyed { name: key.name.clone(), column: column.clone(), ty: key.ty, nullable };
        }
        // Whether a source always has the field makes no other column of it.
        let same = read.iter().all(|(_, e)| Some(&e.kind) == read.first().map(|(_, f)| &f.kind));
        let expr = match read.first() {
            Some((_, first)) if same => self.lower(&ir::Expr { nullable, ..first.clone() }),
            _ => {
                let mut chosen = make::missing(key.ty);
                for (source, expr) in read.iter().rev() {
                    let value = self.lower(expr);
                    chosen = make::choose(is_source(self, *source), value, chosen);
                }
                chosen
            }
        };
        let column = self.compute(&format!("key {}", key.name), &key.name, expr);
        self.key_columns.push((read, column.clone()));
        Keyed { name: key.name.clone(), column, ty: key.ty, nullable }
    }

    /// Whether a row is consumed: it belongs to the stream, the filter holds, and no key is missing.
    pub fn consumed(&mut self, stream: StreamRef, filter: Option<&ir::Expr>, keys: &[Keyed]) -> Expr {
        let mut parts = vec![self.member(stream)];
        if let Some(filter) = filter {
            parts.push(self.lower(filter));
        }
        parts.extend(keys.iter().filter(|k| k.nullable).map(|k| make::exists(make::maybe(&k.column, k.ty))));
        make::and(parts)
    }
}
