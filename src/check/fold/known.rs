//! What is left of a rule where a field has one value in every event, as the platform has for a device.

use super::{Fold, Unavailable, Until, confidence};
use crate::check::rows::constant;
use crate::diagnostic::Findings;
use crate::ir::{CompareOp, Expr, ExprKind, Leaf, Rule};
use crate::pack::schema::FieldId;
use crate::value::{Type, Value};

/// Whether the rule can alert on events whose field has this value, all else unknown. It errs towards yes: a condition that says more
/// of the field than equality (`==`, `in` a list, without `~`) is one that may hold.
pub fn fires_where(rule: &Rule, field: FieldId, value: &Value) -> bool {
    let mut rule = rule.clone();
    let known = |e: &Expr| matches!(&e.kind, ExprKind::Leaf(Leaf::Field(f)) if *f == field);
    let params: Vec<Value> = rule.params.iter().map(|p| p.value.clone()).collect();
    let constants = |e: &Expr| match &e.kind {
        ExprKind::Const(value) => Some(vec![value.clone()]),
        ExprKind::Param(id) => params.get(id.index()).map(|value| match value {
            Value::List(all) => all.to_vec(),
            one => vec![one.clone()],
        }),
        _ => None,
    };
    for expr in rule.exprs_mut() {
        expr.visit_mut(&mut |e| {
            let among: Option<Vec<Value>> = match &e.kind {
                ExprKind::Compare { op: CompareOp::Equal, fold: false, left, right } if known(left) => constants(right),
                ExprKind::Compare { op: CompareOp::Equal, fold: false, left, right } if known(right) => constants(left),
                ExprKind::InList { fold: false, item, list } if known(item) => {
                    list.iter().map(constants).collect::<Option<Vec<_>>>().map(|all| all.concat())
                }
                ExprKind::Exists(inner) if known(inner) => Some(vec![value.clone()]),
                _ => None,
            };
            if let Some(among) = among {
                *e = constant(Value::Boolean(among.contains(value)), Type::BOOLEAN, e.span);
            }
        });
    }
    let (unavailable, mut findings) = (Unavailable::default(), Findings::default());
    // What this rule would be is nobody's to deploy.
    let fold = Fold::through(&mut rule, &unavailable, Until::Ignore, &mut findings);
    let is_dead = fold.signals.contains(&rule.detect);
    let alert_at = rule.confidence.as_ref().map_or(0, |c| c.alert_at);
    !is_dead && confidence::reachable(&rule).is_none_or(|reach| reach >= alert_at)
}
