//! `match: s`: every event of `s` where the condition holds.

use super::analytic::{Analytic, Arrival, Port};
use super::expression::{Code, Compiler};
use super::keys::KeyCode;
use super::row::{Bundle, Hit, Item};
use crate::ir::{Input, Keys, StreamRef};
use std::rc::Rc;

/// Without keys its group is empty; an event with a missing key gives no hit.
pub fn build(of: &Input, keys: &Keys, compiler: &Compiler<'_>) -> (Vec<Port>, Box<dyn Analytic>) {
    let state = Match { stream: of.stream, keys: KeyCode::new(keys, compiler) };
    (vec![Port::input(of, compiler)], Box::new(state))
}

#[derive(Debug)]
struct Match {
    stream: StreamRef,
    keys: KeyCode,
}

impl Analytic for Match {
    fn step(&mut self, _now: i64, arrivals: &[Arrival], lets: &[Code], hits: &mut Vec<Item>) {
        for Arrival { item, .. } in arrivals {
            let Some(group) = self.keys.group(&item.frame(lets)) else { continue };
            let hit = Hit { group, range: Bundle::one(item), ..passed(item, self.stream) };
            hits.push(Item { hit: Some(Rc::new(hit)), ..item.clone() });
        }
    }
}

/// A hit that only passes an item on: what made the item is what made the hit.
pub fn passed(item: &Item, stream: StreamRef) -> Hit {
    let mut hit = match &item.hit {
        Some(hit) => Hit::clone(hit),
        None => Hit { range: Bundle::one(item), events: Bundle::one(item), ..Hit::default() },
    };
    if !hit.matched.contains(&stream) {
        hit.matched.push(stream);
    }
    hit
}
