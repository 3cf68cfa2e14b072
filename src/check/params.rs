//! Parameters: typed by their default, bounded, set by the environment.

use super::checker::Checker;
use super::codes;
use super::consts::with_article;
use super::expr::literals;
use super::names::nearest;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ParamId};
use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind};
use crate::syntax::rule::{Name, Param};
use crate::value::{Scalar, Type, Value};
use std::collections::BTreeSet;

impl<'a> Checker<'a> {
    /// Gives every parameter its value in this environment.
    pub fn check_params(&mut self) {
        for place in 0..self.names.params.items.len() {
            let param = self.names.params.get(place as u32).and_then(|d| self.check_param(d.name, d.item));
            self.params.push(param);
        }
        self.unknown_overrides();
    }

    fn check_param(&mut self, name: &Name, written: &Param) -> Option<ir::Param> {
        let (default, ty) = self.param_value(&written.default)?;
        let given = self.override_of(&name.value);
        let bounds = [(&written.min, true), (&written.max, false)];
        let bounds: Vec<(Value, bool)> = bounds
            .into_iter()
            .filter_map(|(bound, least)| Some((self.bound(bound.as_ref()?, ty, &name.value)?, least)))
            .collect();
        let is_good = self.in_bounds(&default, &bounds, written.default.span, &name.value);
        if written.about.is_none() {
            let message = format!("the parameter `{}` has no `about`", name.value);
            self.warn(codes::MISSING_METADATA, name.span, message, "say what it tunes");
        }
        let value = match given {
            Some(given) => {
                let value = self.override_value(given, ty, &name.value)?;
                self.in_bounds(&value, &bounds, given.span, &name.value)?;
                value
            }
            None => default,
        };
        is_good?;
        let about = written.about.as_ref().map(|a| a.value.clone()).unwrap_or_default();
        Some(ir::Param {
            name: name.value.clone(),
            text: text_of(&value),
            value,
            ty,
            about,
            overridden: given.is_some(),
        })
    }

    /// A literal or a list of literals.
    fn param_value(&mut self, expr: &Expr) -> Option<(Value, Type)> {
        if let Some(param) = first_param(expr) {
            return self.error(codes::CONSTANT, param, "a parameter's value is a literal and names no other parameter");
        }
        let ExprKind::List(items) = &expr.kind else {
            let (value, ty, span) = self.constant(expr, "a parameter")?;
            if matches!(ty, Type::List(_)) {
                return self.error(codes::LIST_HERE, span, "a list parameter is written `[a, b]`");
            }
            return Some((value, ty));
        };
        let Some(items) = literals(items) else {
            return self.error(codes::CONSTANT, expr.span, "a list parameter holds literals only");
        };
        let typed: Vec<(Value, Type)> = items.into_iter().map(super::expr::typed).collect();
        let Some((_, Type::Scalar(first))) = typed.first().cloned() else {
            return self.error(codes::LIST_ITEMS, expr.span, "an empty list has no type: give it one item");
        };
        if let Some((_, odd)) = typed.iter().find(|(_, t)| *t != Type::Scalar(first)) {
            let message = format!("the list mixes {} and {}", with_article(Type::Scalar(first)), with_article(*odd));
            return self.error(codes::LIST_ITEMS, expr.span, message);
        }
        Some((Value::list(typed.into_iter().map(|(v, _)| v)), Type::List(first)))
    }

    fn override_value(&mut self, expr: &Expr, ty: Type, name: &str) -> Option<Value> {
        let empty = matches!(&expr.kind, ExprKind::List(items) if items.is_empty());
        if empty && matches!(ty, Type::List(_)) {
            return Some(Value::Missing);
        }
        let (value, given) = self.param_value(expr)?;
        match (ty, given) {
            (a, b) if a == b => Some(value),
            (Type::NUMBER, Type::INTEGER) => Some(value),
            _ => {
                let message = format!("`{name}` is {}, not {}", with_article(ty), with_article(given));
                self.error(codes::PARAM_VALUE, expr.span, message)
            }
        }
    }

    fn bound(&mut self, expr: &Expr, ty: Type, name: &str) -> Option<Value> {
        let (value, given) = self.param_value(expr)?;
        let ordered =
            matches!(ty, Type::Scalar(Scalar::Integer | Scalar::Number | Scalar::Duration | Scalar::Timestamp));
        if !ordered {
            let message = format!("`{name}` is {}, which has no `min` or `max`", with_article(ty));
            return self.error(codes::PARAM_VALUE, expr.span, message);
        }
        let number = |t: Type| matches!(t, Type::INTEGER | Type::NUMBER);
        if given == ty || (number(given) && number(ty)) {
            return Some(value);
        }
        let message = format!("`{name}` is {}, and its bound {}", with_article(ty), with_article(given));
        self.error(codes::PARAM_VALUE, expr.span, message)
    }

    fn in_bounds(&mut self, value: &Value, bounds: &[(Value, bool)], span: Span, name: &str) -> Option<()> {
        for (bound, least) in bounds {
            let order = value.order(bound);
            if (*least && order.is_lt()) || (!*least && order.is_gt()) {
                let word = if *least { "at least" } else { "at most" };
                let message = format!("`{name}` must be {word} `{}`, not `{}`", text_of(bound), text_of(value));
                return self.error(codes::PARAM_VALUE, span, message);
            }
        }
        Some(())
    }

    /// What the environment sets: for this rule, else for all rules.
    fn override_of(&self, param: &str) -> Option<&'a Expr> {
        let environment = self.environment;
        let rule = self.rule.name.as_ref().map(|n| n.value.as_str());
        let of = |wanted: &str| {
            environment
                .params
                .iter()
                .filter(|(r, _)| r.value == wanted)
                .flat_map(|(_, p)| p)
                .find(|(n, _)| n.value == param)
        };
        rule.and_then(of).or_else(|| of("all")).map(|(_, e)| e)
    }

    fn unknown_overrides(&mut self) {
        let environment = self.environment;
        let Some(rule) = self.rule.name.as_ref() else { return };
        let given = environment.params.iter().filter(|(r, _)| r.value == rule.value).flat_map(|(_, p)| p);
        for (name, _) in given {
            if self.names.params.id(&name.value).is_none() {
                let message = format!("the rule `{}` has no parameter `{}`", rule.value, name.value);
                let found = Diagnostic::error(codes::UNKNOWN_IN_ENVIRONMENT, name.span, message);
                let near = nearest(&name.value, self.names.params.names());
                self.report(match near {
                    Some(near) => found.help(format!("did you mean `{near}`?")),
                    None => found,
                });
            }
        }
    }

    /// Parameters that stay in the rule: its own, and the shared ones that it uses.
    pub fn kept_params(&self) -> BTreeSet<ParamId> {
        let own = self.names.params.items.iter().enumerate().filter(|(_, d)| !d.shared).map(|(i, _)| ParamId(i as u32));
        own.chain(self.used_params.iter().copied()).collect()
    }
}

fn first_param(expr: &Expr) -> Option<Span> {
    let mut found = None;
    super::surface::visit(expr, &mut |e| {
        if matches!(e.kind, ExprKind::Param(_)) {
            found = found.or(Some(e.span));
        }
    });
    found
}

/// A value as it is written in the rule language.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Missing => "[]".to_owned(),
        Value::Boolean(b) => b.to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Number(n) => format!("{n:?}"),
        Value::String(s) => quoted(s),
        Value::Timestamp(t) => timestamp_text(*t),
        Value::Duration(d) => duration_text(*d),
        Value::Ip(ip) => ip.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(text_of).collect::<Vec<_>>().join(", ")),
    }
}

/// A value as a title shows it: as `string(x)` writes it, but durations as literals and lists with commas.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(s) => s.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Missing => "-".to_owned(),
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => text_of(other),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn timestamp_text(milliseconds: i64) -> String {
    match jiff::Timestamp::from_millisecond(milliseconds) {
        Ok(timestamp) => format!("{timestamp:.3}"),
        Err(_) => milliseconds.to_string(),
    }
}

/// A duration as a literal: `1h30m`, `500ms`, `0ms`.
pub(super) fn duration_text(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return "0ms".to_owned();
    }
    let mut left = milliseconds.unsigned_abs();
    let mut text = String::from(if milliseconds < 0 { "-" } else { "" });
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if left >= size {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    text
}
