//! Rules put together from numbers: contexts, signals, and what is made of the hits.

use super::super::build::*;
use super::super::random::dice::Dice;
use super::analytic::Draw;
use siemc::ir::{
    CompareOp, Context, ContextForm, EventId, Exception, Expr, ExprKind, Keys, Leaf, MeasureFunction, OncePer, Rule,
};
use siemc::source::Span;
use siemc::value::Type;

/// A rule whose spans are those of hours and days has seasons, and wants a wide stream.
pub fn is_wide(rest: &[u16]) -> bool {
    Dice::new(rest.get(19..).unwrap_or_default()).chance(15)
}

pub fn random_rule(contexts: &[Vec<u16>], signals: &[Vec<u16>], rest: &[u16]) -> Rule {
    let scale = if is_wide(rest) { 720 } else { 1 };
    let contexts: Vec<Context> = contexts.iter().map(|tape| random_context(&mut Dice::new(tape), scale)).collect();
    let mut made = Vec::new();
    for tape in signals {
        let mut draw = Draw { dice: Dice::new(tape), signals: made.len(), contexts: &contexts, scale };
        made.push(draw.analytic());
    }
    let mut rule = rule(contexts.clone(), made);
    let mut draw = Draw { dice: Dice::new(rest), signals: 0, contexts: &contexts, scale };
    if draw.dice.chance(50) {
        let asked = asked_of_hit(&mut draw, &rule);
        let mut confidence = raise(asked, *draw.dice.pick(&[25, 70, -30]));
        confidence.alert_at = *draw.dice.pick(&[0, 30, 60]);
        rule.confidence = Some(confidence);
    }
    if draw.dice.chance(30) {
        let keys = if draw.dice.chance(50) { Some(by_user()) } else { None };
        rule.alert.once_per = Some(OncePer { every: 20_000 * scale, keys, span: Span::default() });
    }
    if draw.dice.chance(20) {
        let expires = *draw.dice.pick(&[None, Some(25_000 * scale)]);
        let when = asked_of_hit(&mut draw, &rule);
        rule.exceptions = vec![Exception { name: "known".to_owned(), when, expires, span: Span::default() }];
    }
    rule
}

/// A condition on a hit: on its last event, on its range, or on what it measured.
fn asked_of_hit(draw: &mut Draw<'_>, rule: &Rule) -> Expr {
    let measures = rule.measures(rule.detect);
    if !measures.is_empty() && draw.dice.chance(40) {
        let index = draw.dice.below(measures.len());
        return draw.on_measure(rule.detect.0, index, measures[index].ty);
    }
    let streams = rule.signals[rule.detect.index()].analytic.streams();
    if draw.dice.chance(25) {
        let stream = *draw.dice.pick(&streams);
        return expr(ExprKind::Leaf(Leaf::Matched(stream)), Type::BOOLEAN);
    }
    let asked = draw.condition();
    match draw.dice.below(3) {
        0 => asked,
        1 => expr(ExprKind::Leaf(Leaf::AnyInRange(Box::new(asked))), Type::BOOLEAN),
        _ => expr(ExprKind::Leaf(Leaf::AllInRange(Box::new(asked))), Type::BOOLEAN),
    }
}

fn random_context(dice: &mut Dice<'_>, scale: i64) -> Context {
    let mut ty = Type::BOOLEAN;
    let form = match dice.below(8) {
        0 => ContextForm::Some,
        1 => ContextForm::None { known: None },
        2 => ContextForm::None { known: Some(40_000 * scale) },
        3 => ContextForm::LastEvent,
        4 => ContextForm::LastValue(compare(CompareOp::Greater, field("n"), integer(0))),
        5 => {
            ty = Type::INTEGER;
            ContextForm::Count
        }
        _ => {
            ty = Type::INTEGER;
            let function = *dice.pick(&[MeasureFunction::Distinct, MeasureFunction::Sum, MeasureFunction::Last]);
            let measure = Box::new(plain(function, Some(field("n")), ty));
            ContextForm::Measure { measure, include_self: dice.chance(50) }
        }
    };
    let mut context = context(form, EventId(dice.below(3) as u32), *dice.pick(&[10, 5, 20]) * scale);
    context.ty = ty;
    if dice.chance(30) {
        context.filter = Some(compare(CompareOp::Greater, field("n"), integer(0)));
    }
    if dice.chance(20) {
        context.keys = Keys::default();
    }
    context
}
