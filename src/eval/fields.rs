//! Which fields a rule uses: they order events of equal time, and a reader materialises no others.

use crate::ir::{
    Analytic, ContextForm, Expr, ExprKind, Keys, Leaf, Measure, Rule, Sequence, StreamRef, Template, TemplatePiece,
};
use crate::pack::schema::{FieldId, SourceId};
use std::collections::BTreeSet;

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

/// The streams that an analytic consumes, absences and `until` included.
pub fn streams(analytic: &Analytic) -> Vec<StreamRef> {
    match analytic {
        Analytic::Match { of, .. } | Analytic::Threshold { of, .. } => vec![of.stream],
        Analytic::Any { of, .. } => of.clone(),
        Analytic::Together { of, after, .. } => of.iter().map(|i| i.stream).chain(*after).collect(),
        Analytic::Evidence { of, .. } => of.iter().map(|w| w.what.stream).collect(),
        Analytic::Sequence(s) => {
            let steps =
                s.steps.iter().flat_map(|s| s.of.iter().copied().chain(s.absent_before.iter().map(|g| g.stream)));
            let ends = s.absent_first.iter().chain(&s.absent_last).map(|a| a.stream);
            steps.chain(ends).chain(s.until.iter().map(|u| u.stream)).collect()
        }
    }
}

/// Each leaf of an expression, those inside ranges and measures included.
pub fn leaves<'a>(expr: &'a Expr, seen: &mut dyn FnMut(&'a Leaf)) {
    if let ExprKind::Leaf(leaf) = &expr.kind {
        seen(leaf);
        match leaf {
            Leaf::AnyInRange(inner) | Leaf::AllInRange(inner) => leaves(inner, seen),
            Leaf::OverRange(measure) => {
                measure.argument.iter().chain(&measure.filter).for_each(|e| leaves(e, seen));
            }
            _ => {}
        }
    }
    for child in children(expr) {
        leaves(child, seen);
    }
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Param(_) | ExprKind::Leaf(_) => Vec::new(),
        ExprKind::Not(e) | ExprKind::Exists(e) => vec![e],
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Coalesce(parts) => parts.iter().collect(),
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => vec![left, right],
        ExprKind::Between { item, low, high } => vec![item, low, high],
        ExprKind::Test { item, needle, .. } => vec![item, needle],
        ExprKind::Like { item, .. } | ExprKind::Matches { item, .. } | ExprKind::InNets { item, .. } => vec![item],
        ExprKind::InList { item, list, .. } => std::iter::once(&**item).chain(list).collect(),
        ExprKind::InField { item, list, .. } => vec![item, list],
        ExprKind::InLookup { keys, .. } | ExprKind::Lookup { keys, .. } => keys.iter().collect(),
        ExprKind::AnyItem { list, test } => vec![list, test],
        ExprKind::Call { args, .. } => args.iter().collect(),
        ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
    }
}

fn each_expr<'a>(rule: &'a Rule, see: &mut dyn FnMut(&'a Expr)) {
    rule.lets.iter().for_each(|l| see(&l.expr));
    rule.events.iter().filter_map(|e| e.filter.as_ref()).for_each(&mut *see);
    for context in &rule.contexts {
        keys(&context.keys, see);
        context.filter.iter().for_each(&mut *see);
        match &context.form {
            ContextForm::LastValue(expr) => see(expr),
            ContextForm::Measure { measure: m, .. } => measure(m, see),
            _ => {}
        }
    }
    rule.signals.iter().for_each(|s| analytic(&s.analytic, see));
    for raise in rule.confidence.iter().flat_map(|c| &c.raise) {
        see(&raise.when);
        raise.because.iter().for_each(|t| template(t, see));
    }
    template(&rule.alert.title, see);
    rule.alert.details.iter().chain(&rule.alert.entities).for_each(|(_, e)| see(e));
    rule.alert.once_per.iter().filter_map(|o| o.keys.as_ref()).for_each(|k| keys(k, see));
    rule.exceptions.iter().for_each(|e| see(&e.when));
}

fn analytic<'a>(analytic: &'a Analytic, see: &mut dyn FnMut(&'a Expr)) {
    match analytic {
        Analytic::Match { of, keys: k } => {
            of.filter.iter().for_each(&mut *see);
            keys(k, see);
        }
        Analytic::Any { keys: k, .. } => {
            if let Some(k) = k {
                keys(k, see);
            }
        }
        Analytic::Threshold { of, keys: k, measures, having, .. } => {
            of.filter.iter().for_each(&mut *see);
            keys(k, see);
            for m in measures {
                measure(m, see);
            }
            see(having);
        }
        Analytic::Together { of, keys: k, .. } => {
            of.iter().filter_map(|i| i.filter.as_ref()).for_each(&mut *see);
            keys(k, see);
        }
        Analytic::Evidence { of, when, keys: k, .. } => {
            of.iter().filter_map(|w| w.what.filter.as_ref()).for_each(&mut *see);
            let because = of.iter().map(|w| &w.because).chain(when.iter().map(|w| &w.because));
            because.flatten().for_each(|t| template(t, see));
            keys(k, see);
        }
        Analytic::Sequence(s) => sequence(s, see),
    }
}

fn sequence<'a>(s: &'a Sequence, see: &mut dyn FnMut(&'a Expr)) {
    for step in &s.steps {
        step.filter.iter().for_each(&mut *see);
        keys(&step.keys, see);
        step.absent_before.iter().for_each(|g| keys(&g.keys, see));
    }
    s.absent_first.iter().chain(&s.absent_last).for_each(|a| keys(&a.keys, see));
    s.until.iter().for_each(|u| keys(&u.keys, see));
}

fn keys<'a>(keys: &'a Keys, see: &mut dyn FnMut(&'a Expr)) {
    keys.0.iter().flat_map(|k| &k.by_source).for_each(|(_, e)| see(e));
}

fn measure<'a>(m: &'a Measure, see: &mut dyn FnMut(&'a Expr)) {
    m.argument.iter().chain(&m.filter).for_each(&mut *see);
}

fn template<'a>(template: &'a Template, see: &mut dyn FnMut(&'a Expr)) {
    for piece in &template.0 {
        if let TemplatePiece::Value(expr) = piece {
            see(expr);
        }
    }
}
