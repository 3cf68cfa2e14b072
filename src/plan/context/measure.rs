//! A measure that counts the asking row too: the measure over the others, and what the row adds to it.

use super::{Want, order, over, role_is};
use crate::ir::{self, ArithmeticOp, ExprKind, Function, MeasureFunction};
use crate::plan::build::Builder;
use crate::plan::{Carried, Column, Expr, Measured, Stage, make};
use crate::value::{Scalar, Type, Value};

/// What a context measures, over columns.
pub(super) struct Asked {
    pub function: MeasureFunction,
    pub argument: Option<Expr>,
    pub filter: Option<Expr>,
}

/// The asking row counts where it is of the read source, and the context's and the measure's conditions hold for it.
pub(super) fn with_self(b: &mut Builder, context: &ir::Context, want: &Want, role: &Column, asked: &Asked) -> Expr {
    let source = b.rule.events.get(context.of.index()).map(|e| e.source);
    let mut mine: Vec<Expr> = source.map(|s| crate::plan::read::is_source(b, s)).into_iter().collect();
    mine.extend(context.filter.as_ref().map(|f| b.lower(f)));
    mine.extend(asked.filter.clone());
    let mine = make::and(mine);
    let argument = asked.argument.clone().unwrap_or_else(|| make::boolean(true));
    let there = make::and([mine.clone(), make::exists(argument.clone())]);
    let measured =
        |function, ty| Measured { function, argument: asked.argument.clone(), filter: asked.filter.clone(), ty };
    let rows =
        Measured { function: MeasureFunction::Count, argument: None, filter: asked.filter.clone(), ty: Type::INTEGER };
    let ty = context.ty;
    let one = |when: Expr| make::choose(when, make::integer(1), make::integer(0));
    let sure = |e: &Expr| Expr { nullable: false, ..e.clone() };
    let value = sure(&argument);
    let mut all = |measures: Vec<Measured>| over(b, context, want, role, measures);
    match asked.function {
        MeasureFunction::Count => match all(vec![rows]).as_slice() {
            [count] => make::add(sure(count), one(mine)),
            _ => make::missing(ty),
        },
        MeasureFunction::Distinct => {
            let others = all(vec![measured(MeasureFunction::Distinct, ty)]);
            let known = seen(b, context, want, role, asked);
            match others.as_slice() {
                [count] => make::add(sure(count), one(make::and([there, make::not(known)]))),
                _ => make::missing(ty),
            }
        }
        MeasureFunction::Sum => match all(vec![measured(MeasureFunction::Sum, ty)]).as_slice() {
            [sum] => make::choose(there, make::add(or_zero(sum), value), sum.clone()),
            _ => make::missing(ty),
        },
        MeasureFunction::Avg if ty == Type::NUMBER => {
            let counted = Measured {
                filter: Some(make::and(asked.filter.clone().into_iter().chain([make::exists(argument.clone())]))),
                ..rows
            };
            let summed = measured(MeasureFunction::Sum, argument.ty);
            match all(vec![measured(MeasureFunction::Avg, ty), summed, counted]).as_slice() {
                [avg, sum, count] => {
                    let all = make::add(or_zero(sum), value);
                    let count = make::add(sure(count), make::integer(1));
                    make::choose(there, divided(all, count), avg.clone())
                }
                _ => make::missing(ty),
            }
        }
        MeasureFunction::Min | MeasureFunction::Max => match all(vec![measured(asked.function, ty)]).as_slice() {
            [best] => {
                let function = if asked.function == MeasureFunction::Min { Function::Min } else { Function::Max };
                let kind = ExprKind::Call { function, args: vec![sure(best), value.clone()] };
                let both = Expr { kind, ty, nullable: false, span: context.span };
                make::choose(there, make::choose(make::exists(best.clone()), both, value), best.clone())
            }
            _ => make::missing(ty),
        },
        MeasureFunction::Any => match all(vec![measured(MeasureFunction::Any, ty)]).as_slice() {
            [any] => make::or([any.clone(), make::and([mine, argument])]),
            _ => make::missing(ty),
        },
        MeasureFunction::All => match all(vec![measured(MeasureFunction::All, ty), rows]).as_slice() {
            [every, count] => {
                let none = make::equal(sure(count), make::integer(0));
                let with = make::and([mine.clone(), argument, make::or([none, every.clone()])]);
                make::or([with, make::and([make::not(mine), every.clone()])])
            }
            _ => make::missing(ty),
        },
        MeasureFunction::First => match all(vec![measured(MeasureFunction::First, ty)]).as_slice() {
            [first] => {
                let only = make::and([there, make::not(make::exists(first.clone()))]);
                make::choose(only, value, first.clone())
            }
            _ => make::missing(ty),
        },
        MeasureFunction::Last => match all(vec![measured(MeasureFunction::Last, ty)]).as_slice() {
            [last] => make::choose(there, value, last.clone()),
            _ => make::missing(ty),
        },
        MeasureFunction::Avg
        | MeasureFunction::Stddev
        | MeasureFunction::Percentile(_)
        | MeasureFunction::Values(_)
        | MeasureFunction::Gap(_)
        | MeasureFunction::History(_) => {
            b.refuse(
                context.span,
                "this measure has no lowering yet where it includes the asking event",
                "leave `include: self` out, or measure a count, a sum, a minimum or a maximum",
            );
            make::missing(ty)
        }
    }
}

/// Whether the row's own value is among those of the others: when it was read last, by group and value.
fn seen(b: &mut Builder, context: &ir::Context, want: &Want, role: &Column, asked: &Asked) -> Expr {
    let Some(argument) = &asked.argument else { return make::boolean(false) };
    let value = b.compute("", &format!("{}_of", context.name), argument.clone());
    let mut keys: Vec<Column> = want.keys.iter().map(|k| k.column.clone()).collect();
    if !keys.contains(&value) {
        keys.push(value.clone());
    }
    let by = order(b, &keys, role, false);
    b.push(format!("context {}: the value's newest time", context.name), Stage::Sort(by));
    let read = std::iter::once(role_is(role, 1))
        .chain([want.member.clone()])
        .chain(asked.filter.clone())
        .chain([make::exists(Expr { nullable: argument.nullable, ..make::maybe(&value, argument.ty) })]);
    let at = b.column(&format!("{}_of_at", context.name));
    let items = vec![Carried { when: make::and(read), values: vec![(at.clone(), b.now())] }];
    b.push("", Stage::Carry { keys, inclusive: true, items });
    make::within(b.now(), make::maybe(&at, Type::TIMESTAMP), context.within)
}

fn or_zero(sum: &Expr) -> Expr {
    let zero = match sum.ty {
        Type::Scalar(Scalar::Number) => Value::Number(0.0),
        Type::Scalar(Scalar::Duration) => Value::Duration(0),
        _ => Value::Integer(0),
    };
    let kind = ExprKind::Coalesce(vec![sum.clone(), make::value(zero, sum.ty)]);
    Expr { kind, ty: sum.ty, nullable: false, span: sum.span }
}

fn divided(all: Expr, count: Expr) -> Expr {
    let span = all.span;
    let kind = ExprKind::Arithmetic { op: ArithmeticOp::Divide, left: Box::new(all), right: Box::new(count) };
    Expr { kind, ty: Type::NUMBER, nullable: false, span }
}
