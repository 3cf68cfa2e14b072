//! Functions of values: one table row each.

use super::{Called, Typer};
use crate::check::codes;
use crate::check::consts::with_article;
use crate::ir::{self, ExprKind, Function};
use crate::syntax::expr::{Expr, ExprKind as Written, Literal};
use crate::value::{Scalar, Type, Value};

/// A function as its users see it.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    name: &'static str,
    takes: &'static [Takes],
    /// How many of `takes` must be given; the last one repeats where `repeats`.
    least: usize,
    repeats: bool,
    shape: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Text,
    Integer,
    Number,
    Timestamp,
    Scalar,
    /// A literal text.
    Literal,
    /// A literal name of a time zone.
    Zone,
}

const SIGNATURES: &[Signature] = &[
    of("lower", &[Takes::Text], 1, "one text: `lower(s)`"),
    of("upper", &[Takes::Text], 1, "one text: `upper(s)`"),
    of("length", &[Takes::Text], 1, "one text: `length(s)`"),
    Signature {
        name: "concat",
        takes: &[Takes::Text],
        least: 2,
        repeats: true,
        shape: "two texts or more: `concat(a, b)`",
    },
    of(
        "substring",
        &[Takes::Text, Takes::Integer, Takes::Integer],
        2,
        "a text, a start from 0, and a length where wanted: `substring(s, 0, 4)`",
    ),
    of("split", &[Takes::Text, Takes::Literal], 2, "a text and a literal separator: `split(s, \",\")`"),
    of(
        "replace",
        &[Takes::Text, Takes::Text, Takes::Text],
        3,
        "a text, what is replaced, and with what: `replace(s, a, b)`",
    ),
    of("trim", &[Takes::Text], 1, "one text: `trim(s)`"),
    of("abs", &[Takes::Number], 1, "one number: `abs(n)`"),
    of("round", &[Takes::Number, Takes::Integer], 1, "a number, and digits where wanted: `round(n, 2)`"),
    of("floor", &[Takes::Number], 1, "one number: `floor(n)`"),
    of("ceil", &[Takes::Number], 1, "one number: `ceil(n)`"),
    Signature {
        name: "min",
        takes: &[Takes::Scalar],
        least: 2,
        repeats: true,
        shape: "two values or more: `min(a, b)`",
    },
    Signature {
        name: "max",
        takes: &[Takes::Scalar],
        least: 2,
        repeats: true,
        shape: "two values or more: `max(a, b)`",
    },
    of("string", &[Takes::Scalar], 1, "one value: `string(x)`"),
    of("number", &[Takes::Scalar], 1, "one text or integer: `number(s)`"),
    of("ip", &[Takes::Text], 1, "one text: `ip(s)`"),
    of(
        "hour_of_day",
        &[Takes::Timestamp, Takes::Zone],
        2,
        "a timestamp and a zone: `hour_of_day(time, \"Europe/Berlin\")`",
    ),
    of("day_of_week", &[Takes::Timestamp, Takes::Zone], 2, "a timestamp and a zone: `day_of_week(time, \"UTC\")`"),
    of("domain", &[Takes::Text], 1, "one host name: `domain(s)`"),
];

const fn of(name: &'static str, takes: &'static [Takes], least: usize, shape: &'static str) -> Signature {
    Signature { name, takes, least, repeats: false, shape }
}

/// The function of a name.
pub(super) fn find(name: &str) -> Option<Signature> {
    SIGNATURES.iter().find(|s| s.name == name).copied()
}

/// All functions' names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SIGNATURES.iter().map(|s| s.name)
}

impl Typer<'_, '_, '_> {
    pub(super) fn function(&mut self, signature: Signature, called: &Called) -> Option<ir::Expr> {
        let args: Vec<Option<ir::Expr>> = called.args.iter().map(|a| self.argument(a, called)).collect();
        let most = if signature.repeats { usize::MAX } else { signature.takes.len() };
        if called.args.len() < signature.least || called.args.len() > most {
            return self.arity(called, signature.shape);
        }
        let args: Vec<ir::Expr> = args.into_iter().collect::<Option<_>>()?;
        let takes = signature.takes.iter().chain(signature.takes.last().into_iter().cycle());
        let fits: Vec<Option<()>> = args.iter().zip(takes).map(|(a, t)| self.fits(a, *t, called)).collect();
        fits.into_iter().collect::<Option<Vec<()>>>()?;
        self.applied(called, args)
    }

    /// A value that a call is given. An empty text among them is told what it would do there.
    pub(super) fn argument(&mut self, arg: &Expr, called: &Called) -> Option<ir::Expr> {
        let Written::Literal(Literal::String(text)) = &arg.kind else { return self.value(arg) };
        if !text.is_empty() {
            return self.value(arg);
        }
        let (message, help) = match called.name {
            "replace" if called.args.get(2).is_some_and(|with| std::ptr::eq(with, arg)) => (
                "an empty string is the same as missing, so `replace` cannot remove a text",
                "put in a text that occurs nowhere else, such as `\"_\"`, or test the value as it is with `like` or `matches`",
            ),
            "concat" | "coalesce" => ("an empty string is the same as missing, so it adds nothing", "leave it out"),
            "if" => (
                "an empty string is the same as missing, and cannot be written as a value",
                "give a text that says so, such as `\"none\"`",
            ),
            _ => ("an empty string is the same as missing, so the function gives nothing for it", "give it a text"),
        };
        self.check.error_help(codes::EMPTY_STRING, arg.span, message, help)
    }

    fn fits(&mut self, arg: &ir::Expr, takes: Takes, called: &Called) -> Option<()> {
        let good = match takes {
            Takes::Text | Takes::Literal | Takes::Zone => arg.ty == Type::STRING,
            Takes::Integer => arg.ty == Type::INTEGER,
            Takes::Number => super::compare::is_number(arg.ty) || (arg.ty == Type::DURATION && called.name == "abs"),
            Takes::Timestamp => arg.ty == Type::TIMESTAMP,
            Takes::Scalar => matches!(arg.ty, Type::Scalar(_)),
        };
        if !good {
            let wants = match takes {
                Takes::Text | Takes::Literal | Takes::Zone => "a string",
                Takes::Integer => "an integer",
                Takes::Number => "a number",
                Takes::Timestamp => "a timestamp",
                Takes::Scalar => "one value",
            };
            let message = format!("`{}` needs {wants} here, not {}", called.name, with_article(arg.ty));
            return self.check.error(codes::ARGUMENT, arg.span, message);
        }
        match takes {
            Takes::Literal if self.constant_behind(arg).is_none() => {
                self.literal_needed(&format!("the separator of `{}`", called.name), arg.span)
            }
            Takes::Zone => self.zone(arg).map(|_| ()),
            _ => Some(()),
        }
    }

    fn zone(&mut self, arg: &ir::Expr) -> Option<String> {
        let Some(Value::String(name)) = self.constant_behind(arg) else {
            return self.literal_needed("a time zone", arg.span);
        };
        if jiff::tz::TimeZone::get(&name).is_ok() {
            return Some(name.to_string());
        }
        let help = "a name of the IANA data base, such as `Europe/Berlin` or `UTC`";
        self.check.error_help(codes::LITERAL, arg.span, format!("no time zone is named `{name}`"), help)
    }

    fn applied(&mut self, called: &Called, mut args: Vec<ir::Expr>) -> Option<ir::Expr> {
        let first = args.first()?.ty;
        let (function, ty) = match called.name {
            "lower" => (Function::Lower, Type::STRING),
            "upper" => (Function::Upper, Type::STRING),
            "length" => (Function::Length, Type::INTEGER),
            "concat" => (Function::Concat, Type::STRING),
            "substring" => (Function::Substring, Type::STRING),
            "split" => (Function::Split, Type::List(Scalar::String)),
            "replace" => (Function::Replace, Type::STRING),
            "trim" => (Function::Trim, Type::STRING),
            "abs" => (Function::Abs, first),
            "round" => (Function::Round, if args.len() == 1 { Type::INTEGER } else { Type::NUMBER }),
            "floor" => (Function::Floor, Type::INTEGER),
            "ceil" => (Function::Ceil, Type::INTEGER),
            "min" => (Function::Min, self.ordered_type(&args, called)?),
            "max" => (Function::Max, self.ordered_type(&args, called)?),
            "string" => (Function::ToString, Type::STRING),
            "number" => (Function::ToNumber, self.number_type(first, called)?),
            "ip" => (Function::ToIp, Type::IP),
            "hour_of_day" => (Function::HourOfDay(self.zone(&args.pop()?)?), Type::INTEGER),
            "day_of_week" => (Function::DayOfWeek(self.zone(&args.pop()?)?), Type::INTEGER),
            _ => (Function::Domain, Type::STRING),
        };
        Some(Self::node(ExprKind::Call { function, args }, ty, called.span))
    }

    fn number_type(&mut self, ty: Type, called: &Called) -> Option<Type> {
        if ty == Type::STRING || super::compare::is_number(ty) {
            return Some(Type::NUMBER);
        }
        let help = if ty == Type::DURATION { "divide by a unit: `x / 1s`" } else { "it reads a text or an integer" };
        self.check.error_help(codes::ARGUMENT, called.span, format!("`number` cannot read {}", with_article(ty)), help)
    }

    /// One type that has an order.
    fn ordered_type(&mut self, args: &[ir::Expr], called: &Called) -> Option<Type> {
        let first = args.first()?.ty;
        let number = super::compare::is_number;
        for arg in args {
            let ordered = number(arg.ty) || matches!(arg.ty, Type::DURATION | Type::TIMESTAMP);
            if !ordered || !(arg.ty == first || (number(arg.ty) && number(first))) {
                let message =
                    format!("`{}` needs values of one type with an order, not {}", called.name, with_article(arg.ty));
                return self.check.error(codes::ARGUMENT, arg.span, message);
            }
        }
        Some(if args.iter().all(|a| a.ty == first) { first } else { Type::NUMBER })
    }
}
