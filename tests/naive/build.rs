//! Rules and events put together by hand, so that the naive evaluator can be tested without a parser or a checker.

use siemc::eval::alert::Alert;
use siemc::eval::event::Event;
use siemc::ir::{
    About, Alert as Words, Analytic, Baseline, CompareOp, Confidence, Context, ContextForm, ContextId, Empty,
    Event as Selection, EventId, Expr, ExprKind, GapMeasure, Input, Key, Keys, Leaf, Level, Measure, MeasureFunction,
    MeasureRef, Novelty, Raise, Rule, Schedule, Sequence, Signal, SignalId, Statistic, Step, StreamRef, Template,
    TemplatePiece, Tier, Window,
};
use siemc::pack::schema::{Field, FieldId, Presence, Schema, Source, SourceId};
use siemc::source::Span;
use siemc::value::{Type, Value};
use std::sync::Arc;

/// Fields of the one source; `seq` breaks ties.
pub const FIELDS: [(&str, Type); 4] =
    [("kind", Type::STRING), ("user", Type::STRING), ("n", Type::INTEGER), ("seq", Type::INTEGER)];

pub fn schema() -> Schema {
    let field = |ty| Field {
        ty,
        unit: None,
        values: Vec::new(),
        lower: false,
        max: None,
        about: String::new(),
        span: Span::default(),
    };
    let source = Source {
        fields: (0..FIELDS.len()).map(|i| (FieldId(i as u32), Presence::Optional)).collect(),
        tiebreaker: Some(FieldId(3)),
        data_components: Vec::new(),
        about: String::new(),
        span: Span::default(),
    };
    Schema {
        fields: FIELDS.iter().map(|(name, ty)| ((*name).to_owned(), field(*ty))).collect(),
        sources: [("log".to_owned(), source)].into_iter().collect(),
    }
}

/// A rule over events `a`, `b`, `x` (in this order), each those of that `kind`.
pub fn rule(contexts: Vec<Context>, signals: Vec<Analytic>) -> Rule {
    let signal = |(i, analytic): (usize, Analytic)| Signal { name: format!("s{i}"), analytic, span: Span::default() };
    let selection = |name: &str| Selection {
        name: name.to_owned(),
        source: SourceId(0),
        filter: Some(is("kind", name)),
        span: Span::default(),
    };
    Rule {
        name: "by-hand".to_owned(),
        id: "id".to_owned(),
        about: About { severity: Level::Low, ..About::default() },
        schedule: Schedule { every: 1, delay: 0 },
        environment: "default".to_owned(),
        schema: Arc::new(schema()),
        lookups: Vec::new(),
        params: Vec::new(),
        lets: Vec::new(),
        events: ["a", "b", "x"].map(selection).into(),
        contexts,
        detect: SignalId(signals.len() as u32 - 1),
        signals: signals.into_iter().enumerate().map(signal).collect(),
        confidence: None,
        alert: Words::default(),
        exceptions: Vec::new(),
        tier: Tier::default(),
    }
}

pub const A: StreamRef = StreamRef::Event(EventId(0));
pub const B: StreamRef = StreamRef::Event(EventId(1));
pub const X: StreamRef = StreamRef::Event(EventId(2));

pub fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, nullable: true, span: Span::default() }
}

pub fn field(name: &str) -> Expr {
    let at = FIELDS.iter().position(|(n, _)| *n == name).unwrap();
    expr(ExprKind::Leaf(Leaf::Field(FieldId(at as u32))), FIELDS[at].1)
}

pub fn integer(i: i64) -> Expr {
    expr(ExprKind::Const(Value::Integer(i)), Type::INTEGER)
}

pub fn is(name: &str, text: &str) -> Expr {
    compare(CompareOp::Equal, field(name), expr(ExprKind::Const(Value::string(text)), Type::STRING))
}

pub fn not(inner: Expr) -> Expr {
    expr(ExprKind::Not(Box::new(inner)), Type::BOOLEAN)
}

pub fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, fold: false, left: Box::new(left), right: Box::new(right) }, Type::BOOLEAN)
}

pub fn held(context: u32) -> Expr {
    expr(ExprKind::Leaf(Leaf::Context(ContextId(context))), Type::BOOLEAN)
}

pub fn by_user() -> Keys {
    key("user")
}

pub fn key(name: &str) -> Keys {
    let read = field(name);
    let ty = read.ty;
    Keys(vec![Key { name: name.to_owned(), by_source: vec![(SourceId(0), read)], ty, span: Span::default() }])
}

pub fn input(stream: StreamRef) -> Input {
    Input { stream, filter: None }
}

pub fn matching(stream: StreamRef, filter: Option<Expr>) -> Analytic {
    Analytic::Match { of: Input { stream, filter }, keys: by_user() }
}

/// `measure >= least` in each window, by user.
pub fn threshold(of: StreamRef, window: Window, function: MeasureFunction, least: i64, signal: u32) -> Analytic {
    let argument = (function != MeasureFunction::Count).then(|| field("n"));
    let measure = plain(function, argument, Type::INTEGER);
    let having = compare(CompareOp::GreaterEqual, asked(signal, 0, Type::INTEGER), integer(least));
    Analytic::Threshold { of: input(of), keys: by_user(), window, measures: vec![measure], having }
}

/// One measure of the gaps, compared, by user.
pub fn cadence(window: Window, of: GapMeasure, op: CompareOp, than: Expr, signal: u32) -> Analytic {
    let ty = match of {
        GapMeasure::Cv | GapMeasure::Share { .. } => Type::NUMBER,
        _ => Type::DURATION,
    };
    let measure = plain(MeasureFunction::Gap(of), None, ty);
    let having = compare(op, asked(signal, 0, ty), than);
    Analytic::Threshold { of: input(A), keys: by_user(), window, measures: vec![measure], having }
}

/// `count()` of `a` per bucket, by user, of which one statistic is compared; all in seconds.
pub fn baseline(
    (per, history): (i64, i64),
    statistic: Statistic,
    op: CompareOp,
    than: Expr,
    signal: u32,
) -> Box<Baseline> {
    let ty = match statistic {
        Statistic::Mean | Statistic::Stddev | Statistic::Zscore => Type::NUMBER,
        _ => Type::INTEGER,
    };
    Box::new(Baseline {
        of: input(A),
        keys: by_user(),
        against: None,
        measure: plain(MeasureFunction::Count, None, Type::INTEGER),
        per: per * 1000,
        history: history * 1000,
        empty: Empty::Zero,
        season: None,
        statistics: vec![plain(MeasureFunction::History(statistic), None, ty)],
        having: compare(op, asked(signal, 0, ty), than),
    })
}

/// A value of `n` that the user's `a` has not shown; all in seconds.
pub fn novelty(history: i64, learn: i64) -> Novelty {
    Novelty {
        of: input(A),
        keys: by_user(),
        value: key("n"),
        history: history * 1000,
        learn: learn * 1000,
        known: None,
    }
}

/// A measure that nobody named.
pub fn plain(function: MeasureFunction, argument: Option<Expr>, ty: Type) -> Measure {
    Measure { name: None, function, argument, filter: None, ty, nullable: true, span: Span::default() }
}

/// A measure of a signal, as `having` and `confidence` read it.
pub fn asked(signal: u32, index: usize, ty: Type) -> Expr {
    expr(ExprKind::Leaf(Leaf::Measure(MeasureRef { signal: SignalId(signal), index })), ty)
}

pub fn number(n: f64) -> Expr {
    expr(ExprKind::Const(Value::number(n)), Type::NUMBER)
}

pub fn duration(ms: i64) -> Expr {
    expr(ExprKind::Const(Value::Duration(ms)), Type::DURATION)
}

pub fn sliding(seconds: i64) -> Window {
    Window::Sliding { within: seconds * 1000, rise: false }
}

pub fn sequence(seconds: i64, steps: &[StreamRef]) -> Sequence {
    let step = |(written, of): (usize, &StreamRef)| Step {
        of: vec![*of],
        filter: None,
        keys: by_user(),
        absent_before: Vec::new(),
        written,
        span: Span::default(),
    };
    Sequence {
        within: seconds * 1000,
        steps: steps.iter().enumerate().map(step).collect(),
        absent_first: None,
        absent_last: None,
        until: None,
    }
}

pub fn context(form: ContextForm, of: EventId, seconds: i64) -> Context {
    let (within, ty) = (seconds * 1000, Type::BOOLEAN);
    Context { name: "c".to_owned(), form, of, filter: None, keys: by_user(), within, ty, span: Span::default() }
}

pub fn raise(when: Expr, by: i64) -> Confidence {
    let because = Some(Template(vec![TemplatePiece::Text("so".to_owned())]));
    let raise = Raise { when, by, because, span: Span::default() };
    Confidence { base: 40, raise: vec![raise], alert_at: 0, levels: vec![(Level::High, 65)] }
}

/// Events written as `seconds kind [user|-] [n|-] [seq]`, one a word group, separated by `;`. The line is the place from 1.
pub fn events(text: &str) -> Vec<Event> {
    let each = text.split(';').enumerate().map(|(i, one)| {
        let mut words = one.split_whitespace();
        let time = (words.next().unwrap().parse::<f64>().unwrap() * 1000.0) as i64;
        let kind = Value::string(words.next().unwrap());
        let user = words.next().map_or(Value::string("u"), |w| Value::string(w.trim_matches('-')));
        let mut number = || words.next().and_then(|w| w.parse().ok()).map_or(Value::Missing, Value::Integer);
        let values = Box::new([kind, user, number(), number()]);
        Event { source: SourceId(0), time, line: i as u64 + 1, values }
    });
    each.collect()
}

/// Alerts as `seconds user: lines`, sorted as they came.
pub fn shown(alerts: &[Alert]) -> Vec<String> {
    let each = alerts.iter().map(|alert| {
        let group: Vec<String> = alert.group.iter().map(|(_, v)| super::function::text(v)).collect();
        let lines: Vec<String> = alert.events.iter().map(|e| e.line.to_string()).collect();
        let confidence = alert.confidence.map_or(String::new(), |c| format!(" {c}"));
        format!("{} {}{confidence}: {}", alert.time as f64 / 1000.0, group.join(","), lines.join(" "))
    });
    each.collect()
}

/// What the naive evaluator says of these events, with the clock at `until` seconds. The real one has to say the same.
pub fn run(rule: &Rule, text: &str, until: i64) -> Vec<String> {
    let naive = shown(&super::alerts(rule, &events(text), until * 1000));
    let real = shown(&siemc::eval::run(rule, events(text), Some(until * 1000)));
    assert_eq!(real, naive, "the evaluator (left) and the naive one (right) over `{text}`");
    naive
}
