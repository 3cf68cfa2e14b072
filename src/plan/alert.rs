//! Last pass: from hits to alerts. Exceptions, confidence, thinning, the reported interval, and the columns of the output.

use super::analytic::members;
use super::build::{Builder, Hits, Keyed, Range};
use super::deadline;
use super::output::{output, text_of};
use super::thin::thin;
use super::{Column, Expr, Stage, make};
use crate::ir::{self, CompareOp, ExprKind, Function, Leaf, MeasureRef, Rule, Template, TemplatePiece};
use crate::value::Type;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every expression over a hit: confidence, exceptions, thinning, title, details, entities.
pub(super) fn expressions(rule: &Rule) -> Vec<&ir::Expr> {
    let mut all = deciding(rule);
    all.extend(rule.alert.details.iter().map(|(_, e)| e));
    all.extend(rule.alert.entities.iter().map(|(_, e)| e));
    all
}

/// Those that decide whether an alert comes out and what it says.
fn deciding(rule: &Rule) -> Vec<&ir::Expr> {
    let mut all = Vec::new();
    if let Some(confidence) = &rule.confidence {
        all.extend(confidence.raise.iter().map(|r| &r.when));
        all.extend(confidence.raise.iter().filter_map(|r| r.because.as_ref()).flat_map(template));
    }
    all.extend(rule.exceptions.iter().map(|e| &e.when));
    all.extend(template(&rule.alert.title));
    if let Some(keys) = rule.alert.once_per.as_ref().and_then(|o| o.keys.as_ref()) {
        all.extend(keys.0.iter().flat_map(|k| k.by_source.iter().map(|(_, e)| e)));
    }
    all
}

fn template(template: &Template) -> impl Iterator<Item = &ir::Expr> {
    template.0.iter().filter_map(|p| match p {
        TemplatePiece::Value(expr) => Some(expr),
        TemplatePiece::Text(_) => None,
    })
}

/// The ranges that confidence and alert ask for, each once.
pub(super) fn ranges(rule: &Rule) -> Vec<Range> {
    let mut found: Vec<Range> = Vec::new();
    for expr in expressions(rule) {
        ir::walk::rows(rule, expr, &mut |e| {
            let range = match &e.kind {
                ExprKind::Leaf(Leaf::AnyInRange(c)) => Range { all: false, condition: (**c).clone() },
                ExprKind::Leaf(Leaf::AllInRange(c)) => Range { all: true, condition: (**c).clone() },
                _ => return,
            };
            if !found.contains(&range) {
                found.push(range);
            }
        });
    }
    found
}

/// Measures whose value decides an alert or stands in its title.
pub(super) fn deciding_measures(rule: &Rule) -> BTreeSet<MeasureRef> {
    let mut found = BTreeSet::new();
    for expr in deciding(rule) {
        ir::walk::rows(rule, expr, &mut |e| {
            if let ExprKind::Leaf(Leaf::Measure(m)) = &e.kind {
                found.insert(*m);
            }
        });
    }
    found
}

/// Makes every column that the alert reads of a row, before rows are grouped away.
pub(super) fn prepare(b: &mut Builder) {
    let rule = b.rule;
    for expr in expressions(rule) {
        let mut leaves = Vec::new();
        ir::walk::rows(rule, expr, &mut |e| {
            if matches!(&e.kind, ExprKind::Leaf(Leaf::Field(_) | Leaf::Let(_))) {
                leaves.push(e.clone());
            }
        });
        for leaf in leaves {
            b.lower(&leaf);
        }
    }
}

/// From hits to alerts.
pub(super) fn alert(b: &mut Builder) {
    let Some(hits) = b.signals.get(&b.rule.detect).cloned() else { return };
    b.push("hits", Stage::Filter(make::flag(&hits.hit)));
    let hits = one_row_per_hit(b, hits);
    b.hit = Some(hits.clone());
    for exception in &b.rule.exceptions {
        let mut applies = vec![b.lower(&exception.when)];
        if let Some(expires) = exception.expires {
            let end = make::value(crate::value::Value::Timestamp(expires), Type::TIMESTAMP);
            applies.push(make::compare(CompareOp::Less, b.now(), end));
        }
        b.push(format!("exception {}", exception.name), Stage::Filter(make::not(make::and(applies))));
    }
    confidence(b, &hits);
    thin(b, &hits);
    b.push("only the interval of this run", Stage::Report);
    output(b, &hits);
}

/// `any` without keys: one row per member that hit, numbered in `via`. Then the hit's time.
fn one_row_per_hit(b: &mut Builder, hits: Hits) -> Hits {
    let mut flat = Vec::new();
    flatten(&hits, &mut flat);
    if flat.len() < 2 {
        let mut only = flat.into_iter().next().unwrap_or(hits);
        // Without a key a row is in no group, so it is no hit.
        only.keys.iter_mut().for_each(|k| k.nullable = false);
        if only.delay > 0 {
            deadline::before(b, std::slice::from_mut(&mut only));
            let time = make::add(b.now(), make::duration(only.delay));
            let column = b.time.clone();
            b.push("the deadline is the hit's time", Stage::Compute(vec![(column, time)]));
        }
        return only;
    }
    let via = Column(Arc::from("via"));
    let values = flat.iter().enumerate().map(|(i, h)| (i as i64, make::flag(&h.hit))).collect();
    b.push("one row per member that hit", Stage::Expand { out: via.clone(), values });
    let is = |i: usize| make::equal(make::sure(&via, Type::INTEGER), make::integer(i as i64));
    if flat.iter().any(|h| h.delay > 0) {
        deadline::before(b, &mut flat);
        let mut time = b.now();
        for (i, h) in flat.iter().enumerate().filter(|(_, h)| h.delay > 0) {
            time = make::choose(is(i), make::add(b.now(), make::duration(h.delay)), time);
        }
        let column = b.time.clone();
        b.push("a deadline is its hit's time", Stage::Compute(vec![(column, time)]));
        deadline::rank(b, &flat, &is);
    }
    let ranges = (0..b.ranges.len())
        .map(|r| {
            let by_member = flat
                .iter()
                .enumerate()
                .filter_map(|(i, h)| h.ranges.get(r).map(|value| make::and([is(i), value.clone()])));
            make::or(by_member.collect::<Vec<_>>())
        })
        .collect();
    let keys = shared_keys(b, &flat, &is);
    let evidence = shared_evidence(b, &flat, &is);
    let (mut matched, mut measured) = (Vec::new(), Vec::new());
    for (i, h) in flat.iter().enumerate() {
        matched.extend(h.matched.iter().map(|(stream, took)| (*stream, make::and([is(i), took.clone()]))));
        measured.extend(h.measured.iter().map(|(s, has)| (*s, has.clone().map(|has| make::and([is(i), has])))));
    }
    let Hits { hit, members, .. } = hits;
    Hits { hit, keys, ranges, matched, measured, evidence, made_by: None, delay: 0, members }
}

fn flatten(hits: &Hits, flat: &mut Vec<Hits>) {
    if hits.members.is_empty() {
        flat.push(hits.clone());
    }
    for (_, member) in &hits.members {
        flatten(member, flat);
    }
}

/// A key column for each name that some member has; missing on the hits of others.
fn shared_keys(b: &mut Builder, flat: &[Hits], is: &dyn Fn(usize) -> Expr) -> Vec<Keyed> {
    let mut names: Vec<(String, Type)> = Vec::new();
    for key in flat.iter().flat_map(|h| &h.keys) {
        if !names.iter().any(|(n, _)| *n == key.name) {
            names.push((key.name.clone(), key.ty));
        }
    }
    let mut keys = Vec::new();
    for (name, ty) in names {
        let find = |h: &Hits| h.keys.iter().find(|k| k.name == name).map(|k| k.column.clone());
        let first = flat.first().and_then(find);
        if let Some(column) = first.clone().filter(|_| flat.iter().all(|h| find(h) == first)) {
            keys.push(Keyed { name, column, ty, nullable: false });
            continue;
        }
        let mut chosen = make::missing(ty);
        for (i, h) in flat.iter().enumerate().rev() {
            if let Some(column) = find(h) {
                chosen = make::choose(is(i), make::maybe(&column, ty), chosen);
            }
        }
        let column = b.compute("", &format!("group_{name}"), chosen);
        keys.push(Keyed { name, column, ty, nullable: true });
    }
    keys
}

fn shared_evidence(b: &mut Builder, flat: &[Hits], is: &dyn Fn(usize) -> Expr) -> Option<super::build::Evidence> {
    if flat.iter().all(|h| h.evidence.is_none()) {
        return None;
    }
    // A rule without a confidence has one where evidence gives it, and nowhere else.
    let base = b.rule.confidence.as_ref().map(|c| c.base);
    let mut sum = base.map_or_else(|| make::missing(Type::INTEGER), make::integer);
    let mut reasons = Vec::new();
    for (i, h) in flat.iter().enumerate().rev() {
        if let Some(evidence) = &h.evidence {
            let own = Expr { nullable: !evidence.always, ..make::sure(&evidence.sum, Type::INTEGER) };
            sum = make::choose(is(i), own, sum);
            for (holds, text) in &evidence.reasons {
                reasons.push((make::and([is(i), holds.clone()]), text.clone()));
            }
        }
    }
    let sum = b.compute("the evidence's sum is its hits' base", "base", sum);
    Some(super::build::Evidence {
        sum,
        reasons,
        always: base.is_some() || flat.iter().all(|h| h.evidence.as_ref().is_some_and(|e| e.always)),
    })
}

fn confidence(b: &mut Builder, hits: &Hits) {
    let rule = b.rule;
    let mut parts = Vec::new();
    let mut reasons = Vec::new();
    let (mut lowest, mut highest);
    if let Some(evidence) = &hits.evidence {
        parts.push(Expr { nullable: !evidence.always, ..make::sure(&evidence.sum, Type::INTEGER) });
        (lowest, highest) = (0, i64::from(i32::MAX));
        for (holds, text) in &evidence.reasons {
            let column = b.compute("", "reason", holds.clone());
            reasons.push((column, text.clone()));
        }
    } else if let Some(confidence) = &rule.confidence {
        parts.push(make::integer(confidence.base));
        (lowest, highest) = (confidence.base, confidence.base);
    } else {
        severity(b, None);
        return;
    }
    let raises = rule.confidence.as_ref().map_or(&[][..], |c| &c.raise);
    for (i, raise) in raises.iter().enumerate() {
        let when = b.lower(&raise.when);
        let column = b.column(&format!("raise_{}", i + 1));
        b.push(if i == 0 { "confidence" } else { "" }, Stage::Compute(vec![(column.clone(), when)]));
        parts.push(make::choose(make::flag(&column), make::integer(raise.by), make::integer(0)));
        lowest += raise.by.min(0);
        highest += raise.by.max(0);
        reasons.extend(raise.because.clone().map(|text| (column, text)));
    }
    let mut sum = make::sum(parts);
    if highest > 100 {
        sum = limit(Function::Min, sum, 100);
    }
    if lowest < 0 {
        sum = limit(Function::Max, sum, 0);
    }
    let column = Builder::alert_column("confidence");
    b.push("", Stage::Compute(vec![(column.clone(), sum)]));
    let alert_at = rule.confidence.as_ref().map_or(0, |c| c.alert_at);
    if alert_at > lowest.max(0) {
        let enough =
            make::compare(CompareOp::GreaterEqual, make::sure(&column, Type::INTEGER), make::integer(alert_at));
        b.push("", Stage::Filter(enough));
    }
    for (holds, text) in reasons {
        let text = text_of(b, &text);
        b.output.because.push((holds, text));
    }
    severity(b, Some(&column));
    b.output.confidence = Some(column);
}

fn limit(function: Function, sum: Expr, bound: i64) -> Expr {
    let nullable = sum.nullable;
    let kind = ExprKind::Call { function, args: vec![sum, make::integer(bound)] };
    Expr { kind, ty: Type::INTEGER, nullable, span: crate::source::Span::default() }
}

fn severity(b: &mut Builder, confidence: Option<&Column>) {
    let mut chosen = make::text(&b.rule.about.severity.to_string());
    let levels = b.rule.confidence.as_ref().map_or(&[][..], |c| &c.levels);
    if let Some(confidence) = confidence {
        for (level, bound) in levels {
            let reached =
                make::compare(CompareOp::GreaterEqual, make::sure(confidence, Type::INTEGER), make::integer(*bound));
            chosen = make::choose(reached, make::text(&level.to_string()), chosen);
        }
    }
    let column = Builder::alert_column("severity");
    b.push("", Stage::Compute(vec![(column.clone(), chosen)]));
    b.output.severity = Some(column);
}

impl Builder<'_> {
    /// Whether the column is one of the hit's keys, which no hit is without.
    pub fn is_hit_key(&self, column: &Column) -> bool {
        self.hit.iter().flat_map(|h| &h.keys).any(|k| k.column == *column && !k.nullable)
    }

    /// A measure of the hit: missing on a hit that its signal did not make.
    pub fn hit_measure(&mut self, measure: MeasureRef, value: Expr, span: crate::source::Span) -> Expr {
        let Some(hits) = &self.hit else { return value };
        let ty = value.ty;
        let made: Option<Vec<Expr>> =
            hits.measured.iter().filter(|(s, _)| *s == measure.signal).map(|(_, has)| has.clone()).collect();
        match made {
            Some(made) => make::choose(make::or(made), value, make::missing(ty)),
            None => {
                self.refuse(
                    span,
                    "a measure of a hit that was merged with others has no lowering yet",
                    "leave `by` out of the `any`, or do not read the measure in the alert",
                );
                make::missing(ty)
            }
        }
    }

    /// What a leaf that is about a hit becomes, once there are hits.
    pub fn hit_leaf(&mut self, leaf: &Leaf) -> Option<Expr> {
        let hits = self.hit.clone()?;
        match leaf {
            Leaf::Matched(stream) => {
                let streams: Vec<Expr> =
                    hits.matched.iter().filter(|(s, _)| s == stream).map(|(_, e)| e.clone()).collect();
                if streams.is_empty() && !members(self.rule).contains(stream) { None } else { Some(make::or(streams)) }
            }
            Leaf::AnyInRange(condition) | Leaf::AllInRange(condition) => {
                let all = matches!(leaf, Leaf::AllInRange(_));
                let place = self.ranges.iter().position(|r| r.all == all && r.condition == **condition)?;
                hits.ranges.get(place).cloned()
            }
            _ => None,
        }
    }

    /// The columns that later stages may still read of a group's last row.
    pub fn live_columns(&self) -> Vec<Column> {
        let mut live: Vec<Column> = self.fields.values().chain(self.lets.values()).cloned().collect();
        live.extend(self.own_time.iter().chain(&self.rank).cloned());
        live.extend(self.place.iter().chain(&self.row_source).cloned());
        let mut add = |expr: &Expr| {
            let mut open = vec![expr];
            while let Some(e) = open.pop() {
                if let ExprKind::Leaf(column) = &e.kind {
                    live.push(column.clone());
                }
                open.extend(ir::walk::children(e));
            }
        };
        for known in self.contexts.values() {
            add(&known.value);
            known.fields.values().for_each(&mut add);
        }
        for note in &self.stages {
            if let Stage::Lookup { found, columns, .. } = &note.stage {
                live.extend(found.iter().chain(columns.iter().map(|(_, c)| c)).cloned());
            }
        }
        let mut seen = BTreeSet::new();
        live.retain(|c| c != &self.time && seen.insert(c.0.clone()));
        live
    }
}
