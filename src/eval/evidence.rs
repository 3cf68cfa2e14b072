//! `evidence`: the weights of the streams with an event in the window, and of the contexts that hold at the newest event, reach
//! `alert_at`. The sum is the hit's confidence.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::KeyCode;
use super::row::{Bundle, Hit, Item};
use super::template::TemplateCode;
use super::together::{Newest, in_order_once};
use super::window::{Decision, Windows};
use crate::ir::{ContextId, Input, Keys, SignalId, StreamRef, Weighed, Window};

/// Ports are the streams in written order.
pub fn build(
    signal: SignalId,
    of: &[Weighed<Input>],
    when: &[Weighed<ContextId>],
    keys: &Keys,
    window: Window,
    alert_at: i64,
    compiler: &Compiler<'_>,
) -> (Vec<Port>, Box<dyn Analytic>) {
    let because = |t: &Option<crate::ir::Template>| t.as_ref().map(|t| TemplateCode::new(t, compiler));
    let decision = Evidence {
        streams: of.iter().map(|w| (w.what.stream, w.weight, because(&w.because))).collect(),
        contexts: when.iter().map(|w| (Code::Context(w.what.index()), w.weight, because(&w.because))).collect(),
        alert_at,
    };
    let ports = of.iter().map(|w| Port::input(&w.what, compiler)).collect();
    (ports, Box::new(Windows::new(signal, window, KeyCode::new(keys, compiler), decision)))
}

#[derive(Debug)]
struct Evidence {
    streams: Vec<(StreamRef, i64, Option<TemplateCode>)>,
    contexts: Vec<(Code, i64, Option<TemplateCode>)>,
    alert_at: i64,
}

impl Decision for Evidence {
    type Memory = Newest;

    fn memory(&self) -> Newest {
        Newest::new(self.streams.len())
    }

    fn admit(&self, memory: &mut Newest, arrival: &Arrival, _lets: &[Code]) -> bool {
        memory.admit(arrival)
    }

    fn forget(&self, memory: &mut Newest, from: i64) {
        memory.forget(from);
    }

    fn newest<'m>(&self, memory: &'m Newest) -> Option<&'m Item> {
        memory.last()
    }

    fn is_empty(&self, memory: &Newest) -> bool {
        memory.is_empty()
    }

    fn decide(&self, memory: &mut Newest, lets: &[Code]) -> Option<Hit> {
        let frame = memory.last()?.frame(lets);
        let streams: Vec<_> = memory.seen().filter_map(|(port, item)| Some((item, self.streams.get(port)?))).collect();
        let contexts: Vec<_> = self.contexts.iter().filter(|(context, ..)| context.test(&frame)).collect();
        let weights = streams.iter().map(|(_, s)| s.1).chain(contexts.iter().map(|c| c.1));
        let sum = weights.fold(0i64, i64::saturating_add);
        if sum < self.alert_at {
            return None;
        }
        let because = streams.iter().map(|(_, s)| &s.2).chain(contexts.iter().map(|c| &c.2));
        let items: Vec<Item> = streams.iter().map(|(item, _)| (*item).clone()).collect();
        Some(Hit {
            matched: streams.iter().map(|(_, s)| s.0).collect(),
            sum: Some(sum),
            reasons: because.flatten().map(|t| t.render(&frame)).collect(),
            // A hit and the event that it is at are one row, but the hit rests on more.
            events: Bundle::Items(items.clone().into()),
            range: Bundle::Items(in_order_once(items).into()),
            ..Hit::default()
        })
    }
}
