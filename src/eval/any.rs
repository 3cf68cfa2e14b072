//! `any: [a, b]`: every hit of each. With `by`, those of one (time, group) are one hit.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::KeyCode;
use super::matching::passed;
use super::row::{Bundle, Group, Hit, Item, in_order};
use crate::ir::{Keys, StreamRef};
use std::rc::Rc;

/// Each hit keeps its own group where there are no keys.
pub fn build(of: &[StreamRef], keys: Option<&Keys>, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    let keys = keys.map(|k| KeyCode::new(k, compiler));
    // A hit that is no evidence's counts with the rule's base where it is merged with one that is.
    let base = compiler.rule.confidence.as_ref().map_or(0, |c| c.base);
    (of.iter().map(|s| Port::whole(*s)).collect(), Box::new(Any { of: of.to_vec(), keys, base }))
}

#[derive(Debug)]
struct Any {
    of: Vec<StreamRef>,
    keys: Option<KeyCode>,
    base: i64,
}

impl Analytic for Any {
    fn step(&mut self, _now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        let members = arrivals.iter().filter_map(|a| Some((&a.item, passed(&a.item, *self.of.get(a.port)?))));
        let Some(keys) = &self.keys else {
            hits.extend(members.map(|(item, hit)| Item { hit: Some(Rc::new(hit)), ..item.clone() }));
            return;
        };
        let mut groups: Vec<(Group, Vec<(&Item, Hit)>)> = Vec::new();
        for (item, hit) in members {
            let Some(group) = keys.group(&item.frame(lets)) else { continue };
            match groups.iter_mut().find(|(g, _)| *g == group) {
                Some((_, merged)) => merged.push((item, hit)),
                None => groups.push((group, vec![(item, hit)])),
            }
        }
        for (group, members) in groups {
            if let Some((last, _)) = members.last() {
                let last = Item::clone(last);
                hits.push(Item { hit: Some(Rc::new(self.merge(group, members))), ..last });
            }
        }
    }
}

impl Any {
    /// Members are in order, so the hit's last event is the last member's.
    fn merge(&self, group: Group, members: Vec<(&Item, Hit)>) -> Hit {
        let mut merged = Hit { group, ..Hit::default() };
        let mut rows = Vec::new();
        let mut events = Vec::new();
        if members.iter().any(|(_, h)| h.sum.is_some()) {
            merged.sum = members.iter().map(|(_, h)| h.sum.unwrap_or(self.base)).max();
        }
        for (item, hit) in members {
            rows.extend(hit.range.rows().cloned());
            item.collect_events(&mut events);
            for measures in hit.measures {
                if !merged.measures.iter().any(|(s, _)| *s == measures.0) {
                    merged.measures.push(measures);
                }
            }
            let new = hit.matched.into_iter().filter(|s| !merged.matched.contains(s)).collect::<Vec<_>>();
            merged.matched.extend(new);
            for reason in hit.reasons {
                if !merged.reasons.contains(&reason) {
                    merged.reasons.push(reason);
                }
            }
        }
        merged.range = Bundle::Rows(in_order(rows).into());
        merged.events = Bundle::Rows(in_order(events).into());
        merged
    }
}
