//! Conditions that can never hold: on each name, the conjuncts leave no value.

use super::natural::{Natural, natural};
use crate::check::checker::Checker;
use crate::check::codes;
use crate::ir::{self, CompareOp, Expr, ExprKind, Leaf, SignalId};
use crate::source::Span;
use crate::value::{Type, Value};

impl Checker<'_> {
    /// Reports a conjunction that no value can meet. `having`: the signal whose measures it reads.
    pub(super) fn contradiction(&mut self, condition: Option<&Expr>, rule: &ir::Rule, having: Option<SignalId>) {
        let Some(condition) = condition else { return };
        let mut found: Vec<(Span, String)> = Vec::new();
        search(condition, rule, having, &mut found);
        for (span, message) in found {
            self.error::<()>(codes::NEVER_HOLDS, span, message);
        }
    }
}

/// Looks at the conjunction and at each alternative inside it, never below a `not`.
fn search(condition: &Expr, rule: &ir::Rule, having: Option<SignalId>, found: &mut Vec<(Span, String)>) {
    let parts: Vec<&Expr> =
        if let ExprKind::And(all) = &condition.kind { all.iter().collect() } else { vec![condition] };
    let mut bounds: Vec<Bounds> = Vec::new();
    for part in &parts {
        if let ExprKind::Or(all) = &part.kind {
            all.iter().for_each(|e| search(e, rule, having, found));
            continue;
        }
        for (leaf, limit) in limits(part, rule) {
            let place = bounds.iter().position(|b| b.leaf.kind == leaf.kind);
            let place = place.unwrap_or_else(|| {
                bounds.push(Bounds::of(leaf, rule, having));
                bounds.len() - 1
            });
            if let Some(known) = bounds.get_mut(place)
                && !known.empty
            {
                known.meet(limit);
                if known.is_empty() {
                    known.empty = true;
                    found.push((part.span, known.message(parts.len() == 1)));
                }
            }
        }
    }
}

/// What one conjunct says of one name.
enum Limit {
    OneOf(Vec<Value>),
    Not(Value),
    /// `exists(x)`.
    There,
    /// `not exists(x)`.
    Missing,
    /// At least, strictly where true.
    Above(f64, bool),
    /// At most, strictly where true.
    Below(f64, bool),
}

fn limits<'e>(part: &'e Expr, rule: &ir::Rule) -> Vec<(&'e Expr, Limit)> {
    match &part.kind {
        ExprKind::Compare { op, fold: false, left, right } => {
            if let (true, Some(value)) = (named(left), constant(right, rule)) {
                return limit(*op, value, false).map(|l| (&**left, l)).into_iter().collect();
            }
            if let (true, Some(value)) = (named(right), constant(left, rule)) {
                return limit(*op, value, true).map(|l| (&**right, l)).into_iter().collect();
            }
            Vec::new()
        }
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Compare { op: CompareOp::Equal, fold: false, left, right } if named(left) => {
                constant(right, rule).map(|v| (&**left, Limit::Not(v))).into_iter().collect()
            }
            ExprKind::Exists(value) if named(value) => vec![(&**value, Limit::Missing)],
            _ => Vec::new(),
        },
        ExprKind::Exists(value) if named(value) => vec![(&**value, Limit::There)],
        ExprKind::InList { fold: false, item, list } if named(item) => {
            let values: Option<Vec<Value>> = list.iter().map(|e| constant(e, rule)).collect();
            let flat = values.map(|v| {
                v.into_iter().flat_map(|v| if let Value::List(items) = v { items.to_vec() } else { vec![v] }).collect()
            });
            flat.map(|v| (&**item, Limit::OneOf(v))).into_iter().collect()
        }
        ExprKind::Between { item, low, high } if named(item) => {
            let number = |e: &Expr| constant(e, rule).and_then(|v| v.as_number());
            let low = number(low).map(|n| (&**item, Limit::Above(n, false)));
            let high = number(high).map(|n| (&**item, Limit::Below(n, false)));
            low.into_iter().chain(high).collect()
        }
        _ => Vec::new(),
    }
}

fn limit(op: CompareOp, value: Value, swapped: bool) -> Option<Limit> {
    let number = value.as_number();
    Some(match (op, swapped) {
        (CompareOp::Equal, _) => Limit::OneOf(vec![value]),
        (CompareOp::Less, false) | (CompareOp::Greater, true) => Limit::Below(number?, true),
        (CompareOp::LessEqual, false) | (CompareOp::GreaterEqual, true) => Limit::Below(number?, false),
        (CompareOp::Greater, false) | (CompareOp::Less, true) => Limit::Above(number?, true),
        (CompareOp::GreaterEqual, false) | (CompareOp::LessEqual, true) => Limit::Above(number?, false),
    })
}

fn named(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Leaf(
            Leaf::Field(_) | Leaf::Let(_) | Leaf::Context(_) | Leaf::ContextField(..) | Leaf::Measure(_) | Leaf::Time
        )
    )
}

fn constant(expr: &Expr, rule: &ir::Rule) -> Option<Value> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Param(id) => rule.params.get(id.index()).map(|p| p.value.clone()),
        _ => None,
    }
}

/// The values that are left for one name.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact about the name")]
struct Bounds {
    leaf: Expr,
    name: String,
    integer: bool,
    one_of: Option<Vec<Value>>,
    not: Vec<Value>,
    /// Said to be there; every comparison but `!=` says so too.
    there: bool,
    missing: bool,
    low: Option<(f64, bool)>,
    high: Option<(f64, bool)>,
    /// What holds without being written, and why.
    natural: Natural,
    empty: bool,
}

impl Bounds {
    fn of(leaf: &Expr, rule: &ir::Rule, having: Option<SignalId>) -> Bounds {
        let mut bounds = Bounds {
            leaf: leaf.clone(),
            name: name_of(leaf, rule),
            integer: matches!(leaf.ty, Type::INTEGER | Type::DURATION | Type::TIMESTAMP),
            one_of: None,
            not: Vec::new(),
            there: false,
            missing: false,
            low: None,
            high: None,
            natural: Natural::default(),
            empty: false,
        };
        if let ExprKind::Leaf(Leaf::Measure(m)) = &leaf.kind {
            bounds.natural = natural(rule, *m, having.is_some());
            bounds.low = bounds.natural.low.as_ref().map(|(n, _)| (*n, false));
            bounds.high = bounds.natural.high.as_ref().map(|(n, _)| (*n, false));
        }
        bounds
    }

    fn meet(&mut self, limit: Limit) {
        match &limit {
            Limit::Missing => self.missing = true,
            Limit::Not(_) => {}
            _ => self.there = true,
        }
        match limit {
            Limit::There | Limit::Missing => {}
            Limit::OneOf(values) => {
                self.one_of = Some(match self.one_of.take() {
                    Some(before) => before.into_iter().filter(|v| values.contains(v)).collect(),
                    None => values,
                });
            }
            Limit::Not(value) => self.not.push(value),
            Limit::Above(n, strict) => {
                if self.low.is_none_or(|(m, s)| n > m || (n == m && strict && !s)) {
                    self.low = Some((n, strict));
                    self.natural.low = None;
                }
            }
            Limit::Below(n, strict) => {
                if self.high.is_none_or(|(m, s)| n < m || (n == m && strict && !s)) {
                    self.high = Some((n, strict));
                    self.natural.high = None;
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        if self.there && self.missing {
            return true;
        }
        if let Some(values) = &self.one_of {
            return !values.iter().any(|v| !self.not.contains(v) && self.holds(v));
        }
        let (Some((low, low_strict)), Some((high, high_strict))) = (self.low, self.high) else { return false };
        if self.integer {
            let low = if low_strict { low.floor() + 1.0 } else { low.ceil() };
            let high = if high_strict { high.ceil() - 1.0 } else { high.floor() };
            return low > high;
        }
        low > high || (low == high && (low_strict || high_strict))
    }

    fn holds(&self, value: &Value) -> bool {
        let Some(n) = value.as_number() else { return true };
        let above = self.low.is_none_or(|(m, strict)| if strict { n > m } else { n >= m });
        let below = self.high.is_none_or(|(m, strict)| if strict { n < m } else { n <= m });
        above && below
    }

    fn message(&self, alone: bool) -> String {
        if self.there && self.missing {
            return format!("this never holds: {} is there and missing at once", self.name);
        }
        // Of two natural bounds, the one that what is written lies beyond.
        let below = match &self.one_of {
            Some(values) => {
                values.iter().filter_map(Value::as_number).any(|n| self.low.is_some_and(|(low, _)| n < low))
            }
            None => self.natural.low.is_some(),
        };
        let why = if below { &self.natural.low } else { &self.natural.high };
        match why {
            Some((_, why)) => format!("this never holds: {why}"),
            None if alone => format!("this never holds: no {} can meet it", self.name),
            None => format!("this never holds together with what was said of {} before", self.name),
        }
    }
}

fn name_of(leaf: &Expr, rule: &ir::Rule) -> String {
    let name = match &leaf.kind {
        ExprKind::Leaf(Leaf::Field(f) | Leaf::ContextField(_, f)) => {
            rule.schema.field_at(*f).map(|(n, _)| n.to_owned())
        }
        ExprKind::Leaf(Leaf::Let(id)) => rule.lets.get(id.index()).map(|l| l.name.clone()),
        ExprKind::Leaf(Leaf::Context(id)) => rule.contexts.get(id.index()).map(|c| c.name.clone()),
        ExprKind::Leaf(Leaf::Measure(m)) => rule.measures(m.signal).get(m.index).and_then(|m| m.name.clone()),
        ExprKind::Leaf(Leaf::Time) => Some("time".to_owned()),
        _ => None,
    };
    name.map_or_else(|| "the measure".to_owned(), |n| format!("`{n}`"))
}
