//! From the hits of `detect` to alerts: exceptions, confidence, thinning, words.

use super::expression::{Here, holds, value};
use super::function::printed;
use super::hit::{Group, Hit, group_of};
use super::row::World;
use super::signal::hits;
use siemc::eval::alert::{Alert, Evidence};
use siemc::ir::{Level, OncePer, Template, TemplatePiece};
use siemc::value::Value;

pub fn alerts(world: &World<'_>) -> Vec<Alert> {
    let mut kept: Vec<(Group, i64)> = Vec::new();
    let mut alerts = Vec::new();
    for hit in hits(world, world.rule.detect).iter() {
        let (confidence, because) = confidence(world, hit);
        let least = world.rule.confidence.as_ref().map_or(0, |c| c.alert_at);
        if confidence.is_some_and(|c| c < least) || excepted(world, hit) {
            continue;
        }
        if let Some(once) = &world.rule.alert.once_per
            && let Some(key) = bucket(world, once, hit)
        {
            if kept.contains(&key) {
                continue;
            }
            kept.push(key);
        }
        alerts.push(alert(world, hit, confidence, because));
    }
    alerts
}

fn confidence(world: &World<'_>, hit: &Hit) -> (Option<i64>, Vec<String>) {
    let here = Here::hit(world, hit);
    let (sum, mut because) = match &hit.evidence {
        Some((sum, reasons)) => (Some(*sum), reasons.clone()),
        None => (None, Vec::new()),
    };
    let Some(written) = &world.rule.confidence else {
        return (sum.map(|s| s.clamp(0, 100)), because);
    };
    let mut points = sum.unwrap_or(written.base);
    for raise in written.raise.iter().filter(|r| holds(world, &r.when, &here)) {
        points += raise.by;
        because.extend(raise.because.iter().map(|t| print(world, t, &here)));
    }
    (Some(points.clamp(0, 100)), because)
}

fn excepted(world: &World<'_>, hit: &Hit) -> bool {
    let here = Here::hit(world, hit);
    world.rule.exceptions.iter().any(|e| e.expires.is_none_or(|end| hit.time() < end) && holds(world, &e.when, &here))
}

/// What only the first hit may have; none where a key is missing.
fn bucket(world: &World<'_>, once: &OncePer, hit: &Hit) -> Option<(Group, i64)> {
    let group = match &once.keys {
        Some(keys) => group_of(world, keys, hit.last)?,
        None => hit.group.clone(),
    };
    Some((group, hit.time().div_euclid(once.every)))
}

/// A template with its holes filled.
pub fn print(world: &World<'_>, template: &Template, here: &Here<'_>) -> String {
    let piece = |piece: &TemplatePiece| match piece {
        TemplatePiece::Text(text) => text.clone(),
        TemplatePiece::Value(e) => printed(&value(world, e, here)),
    };
    template.0.iter().map(piece).collect()
}

fn alert(world: &World<'_>, hit: &Hit, confidence: Option<i64>, because: Vec<String>) -> Alert {
    let rule = world.rule;
    let here = Here::hit(world, hit);
    let named = |(name, e): &(String, siemc::ir::Expr)| (name.clone(), value(world, e, &here));
    let values: Vec<(String, Value)> = rule.alert.details.iter().map(named).collect();
    let entities: Vec<(String, Value)> = rule.alert.entities.iter().map(named).collect();
    let events: Vec<Evidence> = hit.events.iter().map(|row| evidence(world, *row)).collect();
    Alert {
        rule: rule.name.clone(),
        id: rule.id.clone(),
        time: hit.time(),
        first: events.iter().map(|e| e.time).min().unwrap_or(hit.time()),
        group: hit.group.clone(),
        values,
        confidence,
        severity: severity(world, confidence),
        title: print(world, &rule.alert.title, &here),
        because,
        entities,
        events,
    }
}

/// The highest level whose lower bound is reached, else the rule's.
fn severity(world: &World<'_>, confidence: Option<i64>) -> Level {
    let levels = world.rule.confidence.as_ref().map(|c| c.levels.as_slice()).unwrap_or_default();
    let reached = levels.iter().filter(|(_, bound)| confidence.is_some_and(|c| c >= *bound));
    reached.max_by_key(|(_, bound)| *bound).map_or(world.rule.about.severity, |(level, _)| *level)
}

fn evidence(world: &World<'_>, row: usize) -> Evidence {
    let event = world.rows[row].event;
    let source = world.rule.schema.source_at(event.source).map_or(String::new(), |(name, _)| name.to_owned());
    Evidence { source, time: event.time, line: event.line }
}
