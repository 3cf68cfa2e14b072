//! First pass: which rows are read, which columns they have, lookups, and which events a row belongs to.

use super::build::{Builder, Keyed};
use super::{Column, Direction, Expr, Read, Stage, make};
use crate::ir::lookback;
use crate::ir::{self, EventId, ExprKind, Leaf, StreamRef};
use crate::pack::schema::SourceId;
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
            let member = make::and(parts);
            let column = b.column(&format!("is_{name}"));
            b.push(format!("event {name}"), Stage::Compute(vec![(column.clone(), member)]));
            b.events.insert(*event, column);
        }
    }
    let any = make::or(b.events.values().map(make::flag).collect::<Vec<_>>());
    let certain = b.reads.len() == b.events.len() && !b.stages.iter().any(|n| matches!(n.stage, Stage::Lookup { .. }));
    if !certain {
        b.push("", Stage::Filter(any));
    }
    place(b);
}

/// Fills in the fields that later passes asked for.
pub(super) fn finish(b: &mut Builder) {
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
        let here = b.fields.iter().filter(|(f, c)| used.contains(*c) && schema.slot(read.source, **f).is_some());
        read.fields = here.map(|(f, column)| (*f, column.clone())).collect();
    }
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

/// The order's second part: the smallest place of the events that a row belongs to.
fn place(b: &mut Builder) {
    if b.events.len() < 2 {
        return;
    }
    let mut place = make::integer(0);
    for (id, column) in b.events.iter().rev() {
        place = match place.kind {
            ExprKind::Const(Value::Integer(0)) if id == b.events.keys().next_back().unwrap_or(id) => {
                make::integer(i64::from(id.0))
            }
            _ => make::choose(make::flag(column), make::integer(i64::from(id.0)), place),
        };
    }
    let column = b.column("place");
    b.push("order of equal times: place in `events`", Stage::Compute(vec![(column.clone(), place)]));
    b.place = Some(column);
}

impl Builder<'_> {
    /// The order of rows inside a group: time, place, tiebreaker, then used fields where a source has no tiebreaker.
    pub fn order(&mut self) -> Vec<(Column, Direction)> {
        let mut order = vec![(self.time.clone(), Direction::Ascending)];
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
        self.push(comment, Stage::Sort(by));
        let number = self.column("n");
        self.push("", Stage::Number(number.clone()));
        number
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
