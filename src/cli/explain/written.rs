//! A typed expression back in the rule language: what is left of it in an environment, scopes and exceptions included.

use crate::ir::{
    ArithmeticOp, CompareOp, Expr, ExprKind, Function, GapMeasure, Leaf, LikePiece, Measure, MeasureFunction,
    MeasureRef, Rule, Statistic, StringTest,
};
use crate::source::Span;
use crate::syntax::expr::{self as syntax, BinaryOp, Literal, UnaryOp};
use crate::value::Value;

/// The expression's one line of text.
pub fn text(rule: &Rule, expr: &Expr) -> String {
    surface(rule, expr).to_string()
}

/// A condition, one part of its `and` a line.
pub fn lines(rule: &Rule, condition: &Expr) -> Vec<String> {
    match &condition.kind {
        ExprKind::And(parts) => {
            let inside = |part: &Expr| {
                let text = text(rule, part);
                if matches!(part.kind, ExprKind::Or(_)) { format!("({text})") } else { text }
            };
            let line = |(place, part)| if place == 0 { inside(part) } else { format!("and {}", inside(part)) };
            parts.iter().enumerate().map(line).collect()
        }
        _ => vec![text(rule, condition)],
    }
}

/// A measure as it is written.
pub fn measure(rule: &Rule, measure: &Measure) -> String {
    plain(call_of(rule, measure)).to_string()
}

fn surface(rule: &Rule, expr: &Expr) -> syntax::Expr {
    let one = |e: &Expr| surface(rule, e);
    let all = |es: &[Expr]| -> Vec<syntax::Expr> { es.iter().map(one).collect() };
    plain(match &expr.kind {
        ExprKind::Const(value) => constant(value),
        ExprKind::Param(id) => syntax::ExprKind::Param(rule.params.get(id.index()).map_or("", |p| &p.name).to_owned()),
        ExprKind::Leaf(leaf) => return leaf_of(rule, leaf),
        ExprKind::Not(inner) => return negated(one(inner)),
        ExprKind::And(parts) => return chain(BinaryOp::And, all(parts)),
        ExprKind::Or(parts) => return chain(BinaryOp::Or, all(parts)),
        ExprKind::Compare { op, fold, left, right } => return binary(comparison(*op), *fold, one(left), one(right)),
        ExprKind::Between { item, low, high } => {
            let ends = plain(syntax::ExprKind::Tuple(vec![one(low), one(high)]));
            return binary(BinaryOp::Between, false, one(item), ends);
        }
        ExprKind::Test { op, fold, item, needle } => return binary(test(*op), *fold, one(item), one(needle)),
        ExprKind::Like { fold, item, pattern } => {
            return binary(BinaryOp::Like, *fold, one(item), string(&like(pattern)));
        }
        ExprKind::Matches { fold, item, regex } => {
            return binary(BinaryOp::Matches, *fold, one(item), string(regex));
        }
        ExprKind::InList { fold, item, list } => {
            let whole = match list.as_slice() {
                [only] if matches!(only.kind, ExprKind::Param(_)) => one(only),
                list => plain(syntax::ExprKind::List(all(list))),
            };
            return binary(BinaryOp::In, *fold, one(item), whole);
        }
        ExprKind::InField { fold, item, list } => return binary(BinaryOp::In, *fold, one(item), one(list)),
        ExprKind::InNets { item, nets } => {
            let nets = nets.iter().map(|net| string(&net.to_string())).collect();
            return binary(BinaryOp::In, false, one(item), plain(syntax::ExprKind::List(nets)));
        }
        ExprKind::InLookup { lookup, keys } => {
            let name = rule.lookups.get(lookup.index()).map_or("", |l| &l.name);
            let keys = match keys.as_slice() {
                [only] => one(only),
                keys => plain(syntax::ExprKind::Tuple(all(keys))),
            };
            return binary(BinaryOp::In, false, keys, self::name(name));
        }
        ExprKind::Lookup { lookup, keys, column } => {
            let lookup = rule.lookups.get(lookup.index());
            let column = lookup.and_then(|l| l.columns.get(*column)).map_or("", |(name, _)| name);
            syntax::ExprKind::Lookup {
                lookup: lookup.map_or("", |l| &l.name).to_owned(),
                lookup_span: Span::default(),
                keys: all(keys),
                column: column.to_owned(),
                column_span: Span::default(),
            }
        }
        ExprKind::Exists(inner) => call("exists", vec![one(inner)]),
        ExprKind::AnyItem { list, test } => call("any", vec![one(list), one(test)]),
        ExprKind::Arithmetic { op, left, right } => return binary(arithmetic(*op), false, one(left), one(right)),
        ExprKind::Call { function, args } => {
            let mut given = all(args);
            if let Function::HourOfDay(zone) | Function::DayOfWeek(zone) = function {
                given.push(string(zone));
            }
            call(function_name(function), given)
        }
        ExprKind::If { condition, then, otherwise } => call("if", vec![one(condition), one(then), one(otherwise)]),
        ExprKind::Coalesce(parts) => call("coalesce", all(parts)),
    })
}

fn leaf_of(rule: &Rule, leaf: &Leaf) -> syntax::Expr {
    let field = |id| rule.schema.field_at(id).map_or("", |(name, _)| name);
    let context = |id: crate::ir::ContextId| rule.contexts.get(id.index()).map_or("", |c| c.name.as_str());
    match leaf {
        Leaf::Field(id) => name(field(*id)),
        Leaf::Time => name("time"),
        Leaf::Let(id) => name(rule.lets.get(id.index()).map_or("", |l| &l.name)),
        Leaf::Context(id) => name(context(*id)),
        Leaf::ContextField(id, of) => name(&format!("{}.{}", context(*id), field(*of))),
        Leaf::Measure(id) => measured(rule, *id),
        Leaf::Matched(stream) => plain(call("matched", vec![name(rule.stream_name(*stream))])),
        Leaf::AnyInRange(inner) => plain(call("any", vec![surface(rule, inner)])),
        Leaf::AllInRange(inner) => plain(call("all", vec![surface(rule, inner)])),
        Leaf::OverRange(measure) => plain(call_of(rule, measure)),
        Leaf::It => name("it"),
    }
}

fn measured(rule: &Rule, id: MeasureRef) -> syntax::Expr {
    match rule.measures(id.signal).get(id.index) {
        Some(Measure { name: Some(own), .. }) => name(own),
        Some(measure) => plain(call_of(rule, measure)),
        None => name(""),
    }
}

fn call_of(rule: &Rule, measure: &Measure) -> syntax::ExprKind {
    let mut args: Vec<syntax::Expr> = measure.argument.iter().map(|e| surface(rule, e)).collect();
    let number = |n: f64| plain(syntax::ExprKind::Literal(Literal::Number(n)));
    let function = match measure.function {
        MeasureFunction::Count => "count",
        MeasureFunction::Distinct => "distinct",
        MeasureFunction::Sum => "sum",
        MeasureFunction::Avg => "avg",
        MeasureFunction::Min => "min",
        MeasureFunction::Max => "max",
        MeasureFunction::Stddev => "stddev",
        MeasureFunction::Percentile(p) => {
            args.push(number(p));
            "percentile"
        }
        MeasureFunction::Any => "any",
        MeasureFunction::All => "all",
        MeasureFunction::Gap(gap) => return gap_of(gap),
        MeasureFunction::History(statistic) => return statistic_of(statistic),
        MeasureFunction::First => "first",
        MeasureFunction::Last => "last",
        MeasureFunction::Values(most) => {
            args.push(plain(syntax::ExprKind::Literal(Literal::Integer(i64::from(most)))));
            "values"
        }
    };
    let filter = measure.filter.as_ref().map(|e| Box::new(surface(rule, e)));
    syntax::ExprKind::Call { name: function.to_owned(), name_span: Span::default(), args, filter }
}

fn gap_of(gap: GapMeasure) -> syntax::ExprKind {
    let name = match gap {
        GapMeasure::Mean => "gap.mean",
        GapMeasure::Stddev => "gap.stddev",
        GapMeasure::Cv => "gap.cv",
        GapMeasure::Median => "gap.median",
        GapMeasure::Min => "gap.min",
        GapMeasure::Max => "gap.max",
        GapMeasure::Share { low, high } => {
            let args = [low, high].map(|ms| plain(syntax::ExprKind::Literal(Literal::Duration(ms))));
            return call("gap.share", args.into());
        }
    };
    self::name(name).kind
}

fn statistic_of(statistic: Statistic) -> syntax::ExprKind {
    let name = match statistic {
        Statistic::Value => "value",
        Statistic::Mean => "mean",
        Statistic::Stddev => "stddev",
        Statistic::Percentile(p) if p.total_cmp(&50.0).is_eq() => "median",
        Statistic::Percentile(p) => {
            return call("percentile", vec![plain(syntax::ExprKind::Literal(Literal::Number(p)))]);
        }
        Statistic::Min => "min",
        Statistic::Max => "max",
        Statistic::Samples => "samples",
        Statistic::Zscore => "zscore",
    };
    self::name(name).kind
}

fn constant(value: &Value) -> syntax::ExprKind {
    syntax::ExprKind::Literal(match value {
        // The language has no word for it; folding leaves it where an environment lacks a field.
        Value::Missing => return syntax::ExprKind::Name("missing".to_owned()),
        Value::List(items) => return syntax::ExprKind::List(items.iter().map(|v| plain(constant(v))).collect()),
        Value::Boolean(b) => Literal::Boolean(*b),
        Value::Integer(n) => Literal::Integer(*n),
        Value::Number(n) => Literal::Number(*n),
        Value::String(text) => Literal::String(text.to_string()),
        Value::Timestamp(t) => Literal::Timestamp(*t),
        Value::Duration(d) => Literal::Duration(*d),
        Value::Ip(ip) => Literal::Ip(*ip),
    })
}

/// `!=` and `not in` where the language has them.
fn negated(inner: syntax::Expr) -> syntax::Expr {
    let syntax::ExprKind::Binary { op, fold, left, right, .. } = inner.kind else {
        return plain(syntax::ExprKind::Unary(UnaryOp::Not, Box::new(inner)));
    };
    match op {
        BinaryOp::Equal => binary(BinaryOp::NotEqual, fold, *left, *right),
        BinaryOp::In => binary(BinaryOp::NotIn, fold, *left, *right),
        _ => plain(syntax::ExprKind::Unary(UnaryOp::Not, Box::new(binary(op, fold, *left, *right)))),
    }
}

fn chain(op: BinaryOp, parts: Vec<syntax::Expr>) -> syntax::Expr {
    parts.into_iter().reduce(|left, right| binary(op, false, left, right)).unwrap_or_else(|| name("true"))
}

fn binary(op: BinaryOp, fold: bool, left: syntax::Expr, right: syntax::Expr) -> syntax::Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    plain(syntax::ExprKind::Binary { op, fold, op_span: Span::default(), left, right })
}

fn call(name: &str, args: Vec<syntax::Expr>) -> syntax::ExprKind {
    syntax::ExprKind::Call { name: name.to_owned(), name_span: Span::default(), args, filter: None }
}

fn name(text: &str) -> syntax::Expr {
    plain(syntax::ExprKind::Name(text.to_owned()))
}

fn string(text: &str) -> syntax::Expr {
    plain(syntax::ExprKind::Literal(Literal::String(text.to_owned())))
}

fn plain(kind: syntax::ExprKind) -> syntax::Expr {
    syntax::Expr { kind, span: Span::default() }
}

fn like(pattern: &[LikePiece]) -> String {
    let piece = |piece: &LikePiece| match piece {
        LikePiece::Text(text) => text.clone(),
        LikePiece::AnyRun => "*".to_owned(),
        LikePiece::AnyOne => "?".to_owned(),
    };
    pattern.iter().map(piece).collect()
}

fn comparison(op: CompareOp) -> BinaryOp {
    match op {
        CompareOp::Equal => BinaryOp::Equal,
        CompareOp::Less => BinaryOp::Less,
        CompareOp::LessEqual => BinaryOp::LessEqual,
        CompareOp::Greater => BinaryOp::Greater,
        CompareOp::GreaterEqual => BinaryOp::GreaterEqual,
    }
}

fn test(op: StringTest) -> BinaryOp {
    match op {
        StringTest::Contains => BinaryOp::Contains,
        StringTest::StartsWith => BinaryOp::StartsWith,
        StringTest::EndsWith => BinaryOp::EndsWith,
    }
}

fn arithmetic(op: ArithmeticOp) -> BinaryOp {
    match op {
        ArithmeticOp::Add => BinaryOp::Add,
        ArithmeticOp::Subtract => BinaryOp::Subtract,
        ArithmeticOp::Multiply => BinaryOp::Multiply,
        ArithmeticOp::Divide => BinaryOp::Divide,
        ArithmeticOp::Modulo => BinaryOp::Modulo,
    }
}

fn function_name(function: &Function) -> &'static str {
    match function {
        Function::Lower => "lower",
        Function::Upper => "upper",
        Function::Length => "length",
        Function::Concat => "concat",
        Function::Substring => "substring",
        Function::Split => "split",
        Function::Replace => "replace",
        Function::Trim => "trim",
        Function::Abs => "abs",
        Function::Round => "round",
        Function::Floor => "floor",
        Function::Ceil => "ceil",
        Function::Min => "min",
        Function::Max => "max",
        Function::ToString => "string",
        Function::ToNumber => "number",
        Function::ToIp => "ip",
        Function::HourOfDay(_) => "hour_of_day",
        Function::DayOfWeek(_) => "day_of_week",
        Function::Domain => "domain",
    }
}
