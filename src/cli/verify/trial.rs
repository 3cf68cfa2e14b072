//! A fixture's case as a backend carries it.

use crate::backend::verify::{Trial, TrialAlert, TrialEvent};
use crate::check::{Checked, Options, check_for};
use crate::diagnostic::Findings;
use crate::eval::{self, Alert, Event};
use crate::fixture::{self, Case, FixtureFile};
use crate::ir::Rule;
use crate::pack::schema::Schema;
use crate::pack::{Environment, Pack};

/// The checked rule, and the case with the evaluator's alerts; none where the case fails or the rule is not deployed.
pub fn of(pack: &Pack, file: &FixtureFile, case: &Case, environment: &Environment) -> Option<(Rule, Trial)> {
    let alone = FixtureFile { cases: vec![case.clone()], ..file.clone() };
    let passed = fixture::run(pack, &alone, None).cases.iter().all(fixture::CaseReport::passed);
    let written = pack.rules.iter().find(|r| r.rule.name.as_ref().is_some_and(|n| n.value == file.rule.value))?;
    let Checked::Rule(rule) = check_for(pack, &written.rule, environment, Options::default(), &mut Findings::default())
    else {
        return None;
    };
    let events = fixture::events(case);
    let until = case.until.or_else(|| events.iter().map(|e| e.time).max()).unwrap_or(case.start);
    let alerts = eval::run(&rule, events.clone(), Some(until)).iter().map(alert).collect();
    let trial = Trial {
        name: case.name.value.clone(),
        events: events.iter().map(|event| carried(&pack.schema, event)).collect(),
        alerts,
        until,
    };
    passed.then_some((*rule, trial))
}

fn carried(schema: &Schema, event: &Event) -> TrialEvent {
    let fields = schema.source_at(event.source).map(|(_, source)| source.fields.iter()).into_iter().flatten();
    let values = fields.zip(event.values.iter()).filter(|(_, value)| !value.is_missing());
    TrialEvent {
        source: event.source,
        time: event.time,
        values: values.map(|((field, _), value)| (*field, value.clone())).collect(),
    }
}

fn alert(alert: &Alert) -> TrialAlert {
    TrialAlert {
        time: alert.time,
        group: alert.group.clone(),
        confidence: alert.confidence,
        because: alert.because.clone(),
    }
}
