//! Random typed rules over the builder's one source, without the front end: whatever parser and checker say, the two evaluators
//! have to agree on these.

use super::agreed::compared;
use super::build::*;
use super::random::dice::Dice;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use siemc::eval::event::Event;
use siemc::ir::{
    Absence, Analytic, CompareOp, Context, ContextForm, ContextId, EventId, Expr, ExprKind, Gap, Input, Keys, Leaf,
    MeasureFunction, OncePer, Rule, Sequence, SignalId, StreamRef, Until, Weighed, Window,
};
use siemc::pack::schema::SourceId;
use siemc::source::Span;
use siemc::value::{Type, Value};

/// The numbers of a rule: contexts, signals, the rest; then the stream and its clock.
type Drawn = ((Vec<Vec<u16>>, Vec<Vec<u16>>, Vec<u16>), Vec<Vec<u16>>, u16);

fn drawn() -> impl Strategy<Value = Drawn> {
    let tape = |n: usize| vec(any::<u16>(), n);
    ((vec(tape(6), 0..=2), vec(tape(40), 1..=3), tape(12)), vec(tape(6), 0..=30), any::<u16>())
}

/// Compares so many pairs; gives how many had an alert.
pub fn agree(pairs: usize, seed: u64) -> usize {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, max_shrink_iters: 50_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let alerting = std::cell::Cell::new(0);
    for _ in 0..pairs {
        let tree = drawn().new_tree(&mut runner).expect("numbers");
        let result = runner.run_one(tree, |((contexts, signals, rest), stream, clock)| {
            let rule = random_rule(&contexts, &signals, &rest);
            let (events, until) = random_stream(&stream, clock);
            let naive = crate::naive::alerts(&rule, &events, until);
            let real = siemc::eval::run(&rule, events, Some(until));
            alerting.set(alerting.get() + usize::from(!naive.is_empty()));
            if compared(&rule, real) == compared(&rule, naive) {
                Ok(())
            } else {
                Err(TestCaseError::fail("the alerts differ"))
            }
        });
        if let Err(TestError::Fail(reason, ((contexts, signals, rest), stream, clock))) = result {
            let rule = random_rule(&contexts, &signals, &rest);
            let (events, until) = random_stream(&stream, clock);
            let naive = shown(&crate::naive::alerts(&rule, &events, until));
            let real = std::panic::catch_unwind(|| shown(&siemc::eval::run(&rule, events.clone(), Some(until))));
            let words: Vec<String> = events.iter().map(|e| format!("{} {:?}", e.time, e.values)).collect();
            let parts = [plainly(&rule.contexts), plainly(&rule.signals), plainly(&rule.confidence)];
            panic!(
                "SIEMC_SEED={seed} {reason}\n{}\nonce {:?}\n{}\nuntil {until}\nreal  {real:#?}\nnaive {naive:#?}",
                parts.join("\n"),
                rule.alert.once_per,
                words.join("\n")
            );
        }
    }
    alerting.get()
}

/// A part of a rule without the noise of places, keys and types.
fn plainly(part: &impl std::fmt::Debug) -> String {
    let mut text = format!("{part:?}");
    let key = format!("{:?}", by_user());
    for (noise, short) in [
        (key.as_str(), "user"),
        (", span: Span { file: FileId(0), start: 0, end: 0 }", ""),
        ("nullable: true", ""),
        ("ty: Scalar(String), ", ""),
        ("ty: Scalar(Boolean), ", ""),
        ("ty: Scalar(Integer), ", ""),
    ] {
        text = text.replace(noise, short);
    }
    text.replace("Signal { name", "\n  Signal { name")
}

fn random_stream(stream: &[Vec<u16>], clock: u16) -> (Vec<Event>, i64) {
    let event = |(i, tape): (usize, &Vec<u16>)| {
        let mut dice = Dice::new(tape);
        let time = dice.below(12) as i64 * 5000 + dice.weighed(&[(6, 0), (1, 1), (1, -1)]);
        let kind = Value::string(dice.pick(&["a", "b", "x"]));
        let user = Value::string(dice.pick(&["u", "u", "u", "v", ""]));
        let number = |dice: &mut Dice<'_>| match dice.below(5) {
            4 => Value::Missing,
            n => Value::Integer(n as i64 - 1),
        };
        let values = Box::new([kind, user, number(&mut dice), number(&mut dice)]);
        Event { source: SourceId(0), time, line: i as u64 + 1, values }
    };
    let events: Vec<Event> = stream.iter().enumerate().map(event).collect();
    let newest = events.iter().map(|e| e.time).max().unwrap_or(0);
    (events, newest + Dice::new(&[clock]).pick(&[0, 600_000, 5000]))
}

fn random_rule(contexts: &[Vec<u16>], signals: &[Vec<u16>], rest: &[u16]) -> Rule {
    let contexts: Vec<Context> = contexts.iter().map(|tape| random_context(&mut Dice::new(tape))).collect();
    let count = contexts.len();
    let mut made = Vec::new();
    for tape in signals {
        let mut draw = Draw { dice: Dice::new(tape), signals: made.len(), contexts: count };
        made.push(draw.analytic());
    }
    let mut rule = rule(contexts, made);
    let mut draw = Draw { dice: Dice::new(rest), signals: 0, contexts: count };
    if draw.dice.chance(50) {
        let asked = draw.condition();
        let ranged = match draw.dice.below(3) {
            0 => asked,
            1 => expr(ExprKind::Leaf(Leaf::AnyInRange(Box::new(asked))), Type::BOOLEAN),
            _ => expr(ExprKind::Leaf(Leaf::AllInRange(Box::new(asked))), Type::BOOLEAN),
        };
        let mut confidence = raise(ranged, *draw.dice.pick(&[25, 70, -30]));
        confidence.alert_at = *draw.dice.pick(&[0, 30, 60]);
        rule.confidence = Some(confidence);
    }
    if draw.dice.chance(30) {
        let keys = if draw.dice.chance(50) { Some(by_user()) } else { None };
        rule.alert.once_per = Some(OncePer { every: 20_000, keys, span: Span::default() });
    }
    rule
}

fn random_context(dice: &mut Dice<'_>) -> Context {
    let form = match dice.below(5) {
        0 => ContextForm::Some,
        1 => ContextForm::None { known: None },
        2 => ContextForm::None { known: Some(40_000) },
        3 => ContextForm::LastEvent,
        _ => ContextForm::LastValue(compare(CompareOp::Greater, field("n"), integer(0))),
    };
    let mut context = context(form, EventId(dice.below(3) as u32), *dice.pick(&[10, 5, 20]));
    if dice.chance(30) {
        context.filter = Some(compare(CompareOp::Greater, field("n"), integer(0)));
    }
    if dice.chance(20) {
        context.keys = Keys::default();
    }
    context
}

struct Draw<'a> {
    dice: Dice<'a>,
    signals: usize,
    contexts: usize,
}

impl Draw<'_> {
    fn stream(&mut self) -> StreamRef {
        match self.dice.below(3 + 2 * self.signals) {
            event @ 0..3 => StreamRef::Event(EventId(event as u32)),
            signal => StreamRef::Signal(SignalId((signal as u32 - 3) / 2)),
        }
    }

    fn streams(&mut self, least: usize) -> Vec<StreamRef> {
        let mut all: Vec<StreamRef> = (0..least + self.dice.below(2)).map(|_| self.stream()).collect();
        let mut found = Vec::new();
        all.retain(|s| {
            !found.contains(s) && {
                found.push(*s);
                true
            }
        });
        all
    }

    fn condition(&mut self) -> Expr {
        if self.contexts > 0 && self.dice.chance(50) {
            let held = held(self.dice.below(self.contexts) as u32);
            return if self.dice.chance(30) { not(held) } else { held };
        }
        match self.dice.below(3) {
            0 => compare(CompareOp::Greater, field("n"), integer(0)),
            1 => not(is("user", "v")),
            _ => not(compare(CompareOp::Less, field("n"), integer(2))),
        }
    }

    fn filter(&mut self) -> Option<Expr> {
        if self.dice.chance(25) { Some(self.condition()) } else { None }
    }

    fn keys(&mut self) -> Keys {
        if self.dice.chance(20) { Keys::default() } else { by_user() }
    }

    fn seconds(&mut self) -> i64 {
        *self.dice.pick(&[10, 5, 20, 15])
    }

    fn window(&mut self) -> Window {
        let within = self.seconds() * 1000;
        match self.dice.below(6) {
            0..=2 => Window::Sliding { within, rise: false },
            3 => Window::Sliding { within, rise: true },
            4 => Window::Tumbling { size: within },
            _ => Window::Hopping { size: 2 * within, every: within },
        }
    }

    fn analytic(&mut self) -> Analytic {
        let form = self.dice.below(8);
        let input = |draw: &mut Self| Input { stream: draw.stream(), filter: draw.filter() };
        match form {
            0 => Analytic::Match { of: input(self), keys: self.keys() },
            1 => {
                let of = self.streams(2);
                let keys = if self.dice.chance(60) { Some(self.keys()) } else { None };
                Analytic::Any { of, keys }
            }
            2..=3 => {
                let functions = [
                    MeasureFunction::Count,
                    MeasureFunction::Sum,
                    MeasureFunction::Max,
                    MeasureFunction::Distinct,
                    MeasureFunction::First,
                    MeasureFunction::Last,
                    MeasureFunction::Percentile(50.0),
                ];
                let function = *self.dice.pick(&functions);
                let least = 1 + self.dice.below(3) as i64;
                let window = self.window();
                let mut made = threshold(self.stream(), window, function, least, self.signals as u32);
                if let Analytic::Threshold { of, keys, .. } = &mut made {
                    of.filter = self.filter();
                    *keys = self.keys();
                }
                made
            }
            4 => {
                let of: Vec<Input> =
                    self.streams(2).into_iter().map(|stream| Input { stream, filter: self.filter() }).collect();
                let after = if self.dice.chance(40) { Some(self.stream()) } else { None };
                let at_least = 1 + self.dice.below(of.len()) as u32;
                Analytic::Together { of, keys: self.keys(), window: self.window(), at_least, after }
            }
            5 => {
                let streams = self.streams(1).into_iter();
                let of = streams.map(|stream| Weighed {
                    what: Input { stream, filter: self.filter() },
                    weight: 20 + 20 * self.dice.below(3) as i64,
                    because: None,
                });
                let of = of.collect();
                let when = (0..self.contexts as u32).map(|i| Weighed { what: ContextId(i), weight: 20, because: None });
                let when = when.collect();
                let alert_at = *self.dice.pick(&[40, 20, 60]);
                Analytic::Evidence { of, when, keys: self.keys(), window: self.window(), alert_at }
            }
            _ => Analytic::Sequence(self.sequence()),
        }
    }

    fn sequence(&mut self) -> Sequence {
        let absent = [self.dice.chance(20), self.dice.chance(20)];
        let count = if absent[0] || absent[1] { 1 } else { 2 } + self.dice.below(3);
        let steps: Vec<StreamRef> = (0..count).map(|_| self.stream()).collect();
        let mut made = sequence(*self.dice.pick(&[20, 10, 40, 0]), &steps);
        let keys = self.keys();
        for (index, step) in made.steps.iter_mut().enumerate() {
            step.keys = keys.clone();
            if self.dice.chance(15) {
                step.filter = Some(self.condition());
            }
            if self.dice.chance(15) {
                step.of.extend(self.streams(1));
                step.of.dedup();
            }
            if index > 0 && self.dice.chance(15) {
                step.absent_before.push(Gap { stream: self.stream(), keys: keys.clone(), span: Span::default() });
            }
        }
        let mut absence = |wanted: bool| {
            let (stream, within) = (self.stream(), self.seconds() * 1000);
            wanted.then(|| Absence { stream, keys: keys.clone(), within, span: Span::default() })
        };
        made.absent_first = absence(absent[0]);
        made.absent_last = absence(absent[1]);
        if self.dice.chance(25) {
            made.until = Some(Until { stream: self.stream(), keys, span: Span::default() });
        }
        made
    }
}
