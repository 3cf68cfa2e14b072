//! Novelty: each row is held against all others of its group.

use super::hit::{Group, Hit, group_of, same_values};
use super::row::World;
use super::signal::{consumed, grouped, stream};
use siemc::ir::Novelty;
use std::collections::{BTreeMap, BTreeSet};

pub fn hits(world: &World<'_>, novelty: &Novelty) -> Vec<Hit> {
    let all = grouped(world, consumed(world, &novelty.of), &novelty.keys);
    let showing = match novelty.known {
        None => all.clone(),
        Some(known) => grouped(world, stream(world, known).to_vec(), &novelty.keys),
    };
    let values: Vec<Option<Group>> = all.iter().map(|(_, h)| group_of(world, &novelty.value, h.last)).collect();
    let mut found = Vec::new();
    for (i, (group, hit)) in all.iter().enumerate() {
        let Some(value) = &values[i] else { continue };
        let t = hit.time();
        let same =
            |j: &usize| all[*j].0 == *group && values[*j].as_ref().is_some_and(|other| same_values(other, value));
        let time = |j: usize| all[j].1.time();
        let seen = (0..all.len()).filter(same).any(|j| t - novelty.history <= time(j) && time(j) < t);
        let last = !(i + 1..all.len()).filter(same).any(|j| time(j) == t);
        let known = showing
            .iter()
            .filter(|(g, _)| same_values(g, group))
            .any(|(_, h)| t - novelty.history <= h.time() && h.time() <= t - novelty.learn);
        if known && last && !seen {
            found.push(Hit {
                group: group.clone(),
                range: BTreeSet::from([hit.last]),
                measures: BTreeMap::new(),
                matched: BTreeSet::from([novelty.of.stream]),
                evidence: None,
                ..hit.clone()
            });
        }
    }
    found
}
