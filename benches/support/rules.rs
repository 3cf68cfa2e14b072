//! Three rules of the kinds that the pack holds: repeats in a window with lookups and contexts, a sequence of effects, a short
//! sequence with nobody touching the device.

use siemc::ir::{
    About, Alert, Analytic, CompareOp, Confidence, Context, ContextForm, ContextId, Event, EventId, Expr, ExprKind,
    Input, Key, Keys, Leaf, Level, LookupId, Measure, MeasureFunction, MeasureRef, OncePer, Raise, Rule, Schedule,
    Sequence, Signal, SignalId, Step, StreamRef, Template, TemplatePiece, Tier, Window,
};
use siemc::pack::Pack;
use siemc::pack::schema::Schema;
use siemc::source::Span;
use siemc::value::{Type, Value};
use std::sync::Arc;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The pack in `rules/`.
pub fn pack() -> Pack {
    let (mut files, mut findings) = (siemc::source::Files::default(), siemc::diagnostic::Findings::default());
    siemc::pack::load(std::path::Path::new("rules"), &mut files, &mut findings).expect("the pack is readable")
}

/// The three rules.
pub fn rules(pack: &Pack) -> Vec<Arc<Rule>> {
    let build = Build { pack, schema: &pack.schema };
    vec![Arc::new(build.unapproved_port()), Arc::new(build.background_effects()), Arc::new(build.timer_service())]
}

struct Build<'a> {
    pack: &'a Pack,
    schema: &'a Schema,
}

impl Build<'_> {
    fn field(&self, name: &str) -> Expr {
        let id = self.schema.field(name).expect("a field of the pack");
        let ty = self.schema.field_at(id).expect("a field of the pack").1.ty;
        Expr { kind: ExprKind::Leaf(Leaf::Field(id)), ty, nullable: true, span: Span::default() }
    }

    fn is(&self, name: &str, value: &str) -> Expr {
        let right = Box::new(Expr { ty: Type::STRING, ..boolean(ExprKind::Const(Value::string(value))) });
        boolean(ExprKind::Compare { op: CompareOp::Equal, fold: false, left: Box::new(self.field(name)), right })
    }

    fn keys(&self, names: &[&str]) -> Keys {
        let sources = 0..self.schema.sources.len() as u32;
        let key = |name: &&str| Key {
            name: (*name).to_owned(),
            by_source: sources
                .clone()
                .map(siemc::pack::schema::SourceId)
                .filter(|s| self.schema.slot(*s, self.schema.field(name).expect("a field")).is_some())
                .map(|s| (s, self.field(name)))
                .collect(),
            ty: self.field(name).ty,
            span: Span::default(),
        };
        Keys(names.iter().map(key).collect())
    }

    fn event(&self, name: &str, source: &str, filter: Option<Expr>) -> Event {
        let source = self.schema.source(source).expect("a source of the pack");
        Event { name: name.to_owned(), source, filter, span: Span::default() }
    }

    fn context(&self, name: &str, form: ContextForm, of: u32, by: &[&str], within: i64) -> Context {
        let (of, keys) = (EventId(of), self.keys(by));
        Context {
            name: name.to_owned(),
            form,
            of,
            filter: None,
            keys,
            within,
            ty: Type::BOOLEAN,
            span: Span::default(),
        }
    }

    fn rule(&self, name: &str, events: Vec<Event>, contexts: Vec<Context>, analytic: Analytic) -> Rule {
        Rule {
            name: name.to_owned(),
            id: String::new(),
            about: About::default(),
            schedule: Schedule { every: 15 * MINUTE, delay: 5 * MINUTE },
            environment: String::new(),
            schema: Arc::clone(&self.pack.schema),
            lookups: ["managed_apps", "approved_ports"].iter().map(|l| Arc::clone(&self.pack.lookups[*l])).collect(),
            params: Vec::new(),
            lets: Vec::new(),
            events,
            contexts,
            signals: vec![Signal { name: "detect".to_owned(), analytic, span: Span::default() }],
            detect: SignalId(0),
            confidence: Some(Confidence {
                base: 40,
                raise: vec![Raise {
                    when: context(0),
                    by: 25,
                    because: Some(Template(vec![TemplatePiece::Text("the first context holds".to_owned())])),
                    span: Span::default(),
                }],
                alert_at: 40,
                levels: vec![(Level::High, 65)],
            }),
            alert: Alert {
                title: Template(vec![TemplatePiece::Value(self.field("device.id"))]),
                once_per: Some(OncePer {
                    every: 6 * HOUR,
                    keys: Some(self.keys(&["device.id", "app.bundle_id"])),
                    span: Span::default(),
                }),
                ..Alert::default()
            },
            exceptions: Vec::new(),
            tier: Tier::default(),
        }
    }

    /// Repeated sessions on a port that the app's role does not have for the protocol.
    fn unapproved_port(&self) -> Rule {
        let role = Expr {
            ty: Type::STRING,
            ..boolean(ExprKind::Lookup { lookup: LookupId(0), keys: vec![self.field("app.bundle_id")], column: 1 })
        };
        let approved = ExprKind::InLookup {
            lookup: LookupId(1),
            keys: vec![role.clone(), self.field("network.protocol"), self.field("destination.port")],
        };
        let mismatch = ExprKind::And(vec![
            self.is("device.platform", "ios"),
            self.is("network.direction", "outbound"),
            boolean(ExprKind::Exists(Box::new(role))),
            boolean(ExprKind::Not(Box::new(boolean(approved)))),
        ]);
        let events = vec![
            self.event("mismatch", "mobile.network_session", Some(boolean(mismatch))),
            self.event("state", "mobile.device_state", None),
            self.event("touch", "mobile.user_interaction", None),
        ];
        let contexts = vec![
            self.context("locked", ContextForm::LastValue(self.field("device.locked")), 1, &["device.id"], 12 * HOUR),
            self.context("idle", ContextForm::None { known: Some(24 * HOUR) }, 2, &["device.id"], 10 * MINUTE),
        ];
        let count = Measure {
            name: None,
            function: MeasureFunction::Count,
            argument: None,
            filter: None,
            ty: Type::INTEGER,
            nullable: false,
            span: Span::default(),
        };
        let sessions = Leaf::Measure(MeasureRef { signal: SignalId(0), index: 0 });
        let having = ExprKind::Compare {
            op: CompareOp::GreaterEqual,
            fold: false,
            left: Box::new(boolean(ExprKind::Leaf(sessions))),
            right: Box::new(boolean(ExprKind::Const(Value::Integer(3)))),
        };
        let analytic = Analytic::Threshold {
            of: input(0),
            keys: self.keys(&["device.id", "app.bundle_id", "destination.port"]),
            window: Window::Sliding { within: HOUR, rise: false },
            measures: vec![count],
            having: boolean(having),
        };
        self.rule("unapproved-port", events, contexts, analytic)
    }

    /// Work is scheduled, the app goes to the background, and then writes or talks.
    fn background_effects(&self) -> Rule {
        let events = vec![
            self.event("scheduled", "mobile.api_call", Some(self.is("device.platform", "ios"))),
            self.event("background", "mobile.app_lifecycle", Some(self.is("app.state", "background"))),
            self.event("write", "mobile.file_write", None),
            self.event("session", "mobile.network_session", Some(self.is("device.platform", "ios"))),
            self.event("touch", "mobile.user_interaction", None),
        ];
        let idle = self.context("idle", ContextForm::None { known: None }, 4, &["device.id"], 10 * MINUTE);
        let steps = vec![self.step(&[0]), self.step(&[1]), self.step(&[2, 3])];
        let sequence = Sequence { within: HOUR, steps, absent_first: None, absent_last: None, until: None };
        self.rule("background-effects", events, vec![idle], Analytic::Sequence(sequence))
    }

    /// A timer fires, and at once the app starts a foreground service.
    fn timer_service(&self) -> Rule {
        let timer = ExprKind::And(vec![self.is("device.platform", "android"), self.is("timer.kind", "react_native")]);
        let events = vec![
            self.event("timer", "mobile.timer_event", Some(boolean(timer))),
            self.event("service", "mobile.service_start", Some(self.field("service.foreground"))),
            self.event("touch", "mobile.user_interaction", Some(self.is("interaction.kind", "touch"))),
        ];
        let idle = self.context("idle", ContextForm::None { known: None }, 2, &["device.id"], 10 * MINUTE);
        let mut steps = vec![self.step(&[0]), self.step(&[1])];
        for step in &mut steps {
            step.filter = Some(context(0));
        }
        let sequence = Sequence { within: MINUTE, steps, absent_first: None, absent_last: None, until: None };
        self.rule("timer-service", events, vec![idle], Analytic::Sequence(sequence))
    }

    fn step(&self, of: &[u32]) -> Step {
        Step {
            of: of.iter().map(|e| StreamRef::Event(EventId(*e))).collect(),
            filter: None,
            keys: self.keys(&["device.id", "app.bundle_id"]),
            absent_before: Vec::new(),
            written: 0,
            span: Span::default(),
        }
    }
}

fn boolean(kind: ExprKind) -> Expr {
    Expr { kind, ty: Type::BOOLEAN, nullable: true, span: Span::default() }
}

fn context(number: u32) -> Expr {
    boolean(ExprKind::Leaf(Leaf::Context(ContextId(number))))
}

fn input(event: u32) -> Input {
    Input { stream: StreamRef::Event(EventId(event)), filter: None }
}
