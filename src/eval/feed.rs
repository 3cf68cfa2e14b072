//! Rules over alerts: what the others alert on is an event to them.
//!
//! One level: an alert of a rule over alerts is an event to nobody. An alert becomes an event of the source `alerts` at the alert's
//! time, with `alert.*` of the alert, and with every field of the source that is a group key of the alert or, plainly, one of its
//! entities. Its line is that of the alert in the output.

use super::alert::Alert;
use super::engine::{Engine, OutOfOrder};
use super::event::Event;
use crate::ir::{ExprKind, Leaf, Rule};
use crate::pack::alerts;
use crate::pack::schema::{FieldId, Schema, SourceId};
use crate::value::{Scalar, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// An [`Engine`] for rules over events, and one behind it for those over alerts.
#[derive(Debug)]
pub struct Feed {
    events: Engine,
    over: Option<Over>,
    /// Alerts that came out, of both.
    told: u64,
}

#[derive(Debug)]
struct Over {
    engine: Engine,
    source: SourceId,
    schema: Arc<Schema>,
    /// The rules over events.
    rules: Vec<Arc<Rule>>,
}

impl Feed {
    /// Nothing seen yet.
    pub fn new(rules: &[Arc<Rule>]) -> Feed {
        let (over, events): (Vec<Arc<Rule>>, Vec<Arc<Rule>>) = rules.iter().cloned().partition(|r| reads_alerts(r));
        let engine = Engine::new(&events);
        let source = over.first().and_then(|rule| Some((rule.schema.clone(), rule.schema.source(alerts::SOURCE)?)));
        let over = source.map(|(schema, source)| Over { engine: Engine::new(&over), source, schema, rules: events });
        Feed { events: engine, over, told: 0 }
    }

    /// As [`Engine::push`]; an event may be an alert that another tool made.
    pub fn push(&mut self, event: &Rc<Event>, alert: &mut impl FnMut(Alert)) -> Result<(), OutOfOrder> {
        let Some(over) = &self.over else { return self.events.push(event, alert) };
        if event.source != over.source {
            self.advance(event.time, alert)?;
            // Nothing comes out: both have seen its time.
            return self.events.push(event, alert);
        }
        self.advance(event.time, alert)?;
        self.over.as_mut().map_or(Ok(()), |over| over.engine.push(event, alert))
    }

    /// As [`Engine::advance`].
    pub fn advance(&mut self, time: i64, alert: &mut impl FnMut(Alert)) -> Result<(), OutOfOrder> {
        if self.over.is_none() {
            return self.events.advance(time, alert);
        }
        let mut made = Vec::new();
        self.events.advance(time, &mut |a| made.push(a))?;
        self.feed(made, alert);
        let told = &mut self.told;
        self.over.as_mut().map_or(Ok(()), |over| over.engine.advance(time, &mut counted(told, alert)))
    }

    /// As [`Engine::finish`]; an event that is pushed afterwards is out of order.
    pub fn finish(&mut self, until: Option<i64>, alert: &mut impl FnMut(Alert)) {
        if self.over.is_none() {
            return self.events.end(until, alert);
        }
        let mut made = Vec::new();
        self.events.end(until, &mut |a| made.push(a));
        self.feed(made, alert);
        if let Some(over) = &mut self.over {
            over.engine.end(until, alert);
        }
    }

    /// Alerts in the order of time: each comes out, after what the rules over alerts had to say before it.
    fn feed(&mut self, made: Vec<Alert>, alert: &mut impl FnMut(Alert)) {
        let Some(over) = &mut self.over else { return };
        for one in made {
            // The alerts of a stream come in order, so none is older than the one before it.
            let _ = over.engine.advance(one.time, &mut counted(&mut self.told, alert));
            self.told += 1;
            let _ = over.engine.push(&Rc::new(over.event(&one, self.told)), alert);
            alert(one);
        }
    }
}

/// Whether a rule is over alerts.
pub fn reads_alerts(rule: &Rule) -> bool {
    let source = rule.schema.source(alerts::SOURCE);
    rule.events.iter().any(|event| Some(event.source) == source)
}

fn counted<'a>(told: &'a mut u64, alert: &'a mut impl FnMut(Alert)) -> impl FnMut(Alert) + 'a {
    move |a| {
        *told += 1;
        alert(a);
    }
}

impl Over {
    fn event(&self, alert: &Alert, line: u64) -> Event {
        let rule = self.rules.iter().find(|rule| rule.name == alert.rule);
        let fields = self.schema.source_at(self.source).into_iter().flat_map(|(_, source)| source.fields.keys());
        let named = fields.map(|id| self.schema.field_at(*id).map(|(name, field)| (*id, name, field.ty)));
        let value = |field: Option<(FieldId, &str, Type)>| {
            let Some((id, name, ty)) = field else { return Value::Missing };
            match name {
                alerts::RULE => Value::string(&alert.rule),
                alerts::ID => Value::string(&alert.id),
                alerts::SEVERITY => Value::string(alert.severity.to_string()),
                alerts::CONFIDENCE => alert.confidence.map_or(Value::Missing, Value::Integer),
                alerts::TITLE => Value::string(&alert.title),
                _ => {
                    let of_group = alert.group.iter().find(|(key, _)| key == name).map(|(_, value)| value);
                    let plain = |label: &str| {
                        let entity = rule.and_then(|r| r.alert.entities.iter().find(|(n, _)| n == label));
                        entity.is_some_and(|(_, e)| matches!(&e.kind, ExprKind::Leaf(Leaf::Field(f)) if *f == id))
                    };
                    let of_entity = || alert.entities.iter().find(|(label, _)| plain(label)).map(|(_, value)| value);
                    let found = of_group.or_else(of_entity).cloned().unwrap_or(Value::Missing);
                    // A label may have the name of a field that it is not.
                    if is_of(&found, ty) { found } else { Value::Missing }
                }
            }
        };
        Event { source: self.source, time: alert.time, line, values: named.map(value).collect() }
    }
}

fn is_of(value: &Value, ty: Type) -> bool {
    let Type::Scalar(scalar) = ty else { return false };
    matches!(
        (value, scalar),
        (Value::String(_), Scalar::String)
            | (Value::Integer(_), Scalar::Integer)
            | (Value::Number(_), Scalar::Number)
            | (Value::Boolean(_), Scalar::Boolean)
            | (Value::Timestamp(_), Scalar::Timestamp)
            | (Value::Duration(_), Scalar::Duration)
            | (Value::Ip(_), Scalar::Ip)
    )
}
