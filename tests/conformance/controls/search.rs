//! One bug over all layers, the cheap ones first: which notice it, and after how much.

use super::corpus::{Case, Corpus};
use crate::outcome::{Outcome, Trial, outcomes};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// What notices a bug, in the order of their cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The official parser has something against a text.
    Parser,
    /// A file of `tests/regressions/` gives other alerts.
    Regressions,
    /// A random rule over a random stream does.
    Random,
    /// A fixture of a bundled rule does.
    Fixtures,
}

impl Layer {
    pub fn name(self) -> &'static str {
        match self {
            Layer::Parser => "parser",
            Layer::Regressions => "regressions",
            Layer::Random => "random",
            Layer::Fixtures => "fixtures",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a layer noticed a bug.
#[derive(Debug, Clone)]
pub struct Noticed {
    pub layer: Layer,
    /// So many queries (for the parser) or streams, with those whose text the bug leaves as it is.
    pub after: usize,
    /// In which case, and what differs.
    pub how: String,
    /// The text is no query, for the executor.
    pub broken: bool,
}

/// What came of one bug.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts that the bug changes, of so many.
    pub changed: usize,
    pub texts: usize,
    pub noticed: Vec<Noticed>,
    /// How many cases each layer ran.
    pub ran: Vec<(Layer, usize)>,
}

impl Found {
    /// The cheapest layer that noticed the bug.
    pub fn caught(&self) -> Option<Layer> {
        self.noticed.iter().map(|n| n.layer).min()
    }

    pub fn by(&self, layer: Layer) -> Option<&Noticed> {
        self.noticed.iter().find(|n| n.layer == layer)
    }

    /// What a run of unpatched texts says.
    pub fn unpatched(&self) -> String {
        let ran: Vec<String> = self.ran.iter().map(|(layer, n)| format!("{n} of {layer}")).collect();
        format!("unpatched, nothing is noticed: {}", ran.join(", "))
    }
}

/// So many texts are read by the parser: a bug that makes texts which are no queries does so everywhere.
const READ: usize = 6;
/// Cases of a first request; each next one is larger.
const FIRST: usize = 12;

/// The bug as a function from a text to what it becomes, where it becomes another.
pub type Bug<'b> = &'b (dyn Fn(&str) -> Option<String> + Sync);

/// A case whose text the bug changes.
struct Changed {
    case: Case,
    /// Its place among all cases of its layer, from one.
    place: usize,
}

/// Tries a bug. Fixtures, which cost most, are asked where no other alerts differed.
pub fn search(corpus: &Corpus<'_>, bug: Bug<'_>) -> Found {
    let (regressions, random, fixtures) =
        (changed(&corpus.regressions, bug), changed(&corpus.random, bug), changed(&corpus.fixtures, bug));
    let mut found = Found::default();
    for (cases, changed) in
        [(&corpus.regressions, &regressions), (&corpus.random, &random), (&corpus.fixtures, &fixtures)]
    {
        found.texts += texts(cases.iter());
        found.changed += texts(changed.iter().map(|c| &c.case));
    }
    found.parsed(corpus, &[&random, &regressions]);
    found.executed(corpus, Layer::Regressions, &regressions);
    found.executed(corpus, Layer::Random, &random);
    if found.noticed.iter().all(|n| n.layer == Layer::Parser) {
        found.executed(corpus, Layer::Fixtures, &fixtures);
    }
    found
}

/// The texts as they are: the regressions, and each case in which one of these was noticed.
pub fn unpatched(corpus: &Corpus<'_>, found: &[&Found]) -> Found {
    let of = |layer: Layer, cases: &[Case]| -> Vec<Changed> {
        let noticed = found.iter().filter_map(|f| f.by(layer)).map(|n| n.after);
        let places: BTreeSet<usize> = noticed.filter(|n| layer != Layer::Parser && *n > 0).collect();
        let all = changed(cases, &|text| Some(text.to_owned()));
        all.into_iter().filter(|c| layer == Layer::Regressions || places.contains(&c.place)).collect()
    };
    let layers = [
        (Layer::Regressions, of(Layer::Regressions, &corpus.regressions)),
        (Layer::Random, of(Layer::Random, &corpus.random)),
        (Layer::Fixtures, of(Layer::Fixtures, &corpus.fixtures)),
    ];
    let mut same = Found::default();
    for (layer, cases) in &layers {
        same.parsed(corpus, &[cases]);
        same.executed(corpus, *layer, cases);
    }
    same
}

/// How many queries there are among cases.
fn texts<'c>(cases: impl Iterator<Item = &'c Case>) -> usize {
    cases.map(|c| (c.home, c.query_number)).collect::<BTreeSet<_>>().len()
}

fn changed(cases: &[Case], bug: Bug<'_>) -> Vec<Changed> {
    let one = |(place, case): (usize, &Case)| {
        let mut query = case.query.clone();
        query.text = bug(&query.text)?;
        let Case { name, query_number, rule, events, until, home, .. } = case;
        let case = Case {
            name: name.clone(),
            query_number: *query_number,
            rule: rule.clone(),
            query,
            events: events.clone(),
            until: *until,
            home: *home,
        };
        Some(Changed { case, place: place + 1 })
    };
    cases.iter().enumerate().filter_map(one).collect()
}

impl Found {
    fn parsed(&mut self, corpus: &Corpus<'_>, layers: &[&Vec<Changed>]) {
        let mut seen = BTreeSet::new();
        let some: Vec<&Changed> = layers
            .iter()
            .flat_map(|l| l.iter())
            .filter(|c| seen.insert((c.case.home, c.case.query_number)))
            .take(READ)
            .collect();
        let mut read = 0;
        for (number, home) in corpus.homes.iter().enumerate() {
            let here: Vec<&&Changed> = some.iter().filter(|c| c.case.home == number).collect();
            let queries: Vec<_> = here.iter().map(|c| (c.case.query.text.as_str(), &home.place)).collect();
            if queries.is_empty() {
                continue;
            }
            for (faults, changed) in corpus.dialect.parse(&home.bench, &queries).into_iter().zip(here) {
                read += 1;
                if let Some(fault) = faults.first() {
                    let how = format!("{}: {fault}", changed.case.name);
                    self.noticed.push(Noticed { layer: Layer::Parser, after: read, how, broken: true });
                    return;
                }
            }
        }
        self.ran.push((Layer::Parser, read));
    }

    fn executed(&mut self, corpus: &Corpus<'_>, layer: Layer, cases: &[Changed]) {
        let (mut rest, mut size, mut ran) = (cases, FIRST, 0);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            if let Some(noticed) = differing(corpus, layer, now) {
                self.noticed.push(noticed);
                return;
            }
            ran += now.len();
            (rest, size) = (later, size * 2);
        }
        self.ran.push((layer, ran));
    }
}

/// The first of the cases whose alerts are others.
fn differing(corpus: &Corpus<'_>, layer: Layer, cases: &[Changed]) -> Option<Noticed> {
    let came = run(corpus, &cases.iter().map(|c| (&c.case, c.case.events.clone())).collect::<Vec<_>>());
    for (outcome, changed) in came.iter().zip(cases) {
        let Some(fault) = outcome.fault(corpus.dialect) else { continue };
        if layer == Layer::Random && differs_by_ties_alone(corpus, &changed.case, outcome) {
            continue;
        }
        let broken = matches!(outcome, Outcome::NotExecuted(_));
        let how = format!("{}: {fault}", changed.case.name);
        if let Some(show) = std::env::var_os("CONTROL").filter(|_| !broken) {
            println!("=== {}\n{}\n{}", show.display(), changed.case.query.text, outcome.shown());
        }
        return Some(Noticed { layer, after: changed.place, how, broken });
    }
    None
}

/// Events of one time that nothing orders may stand in any order.
fn differs_by_ties_alone(corpus: &Corpus<'_>, case: &Case, outcome: &Outcome) -> bool {
    if corpus.dialect.leaves_ties_out() || !matches!(outcome, Outcome::Ran { .. }) {
        return false;
    }
    let mut events = case.events.clone();
    corpus.dialect.leave_ties_out(&corpus.homes[case.home].bench.pack.schema, &mut events);
    run(corpus, &[(case, events)]).iter().all(|o| o.fault(corpus.dialect).is_none())
}

fn run(corpus: &Corpus<'_>, cases: &[(&Case, Vec<siemc::eval::event::Event>)]) -> Vec<Outcome> {
    let trials: Vec<Trial<'_>> = cases
        .iter()
        .map(|(case, events)| {
            let home = &corpus.homes[case.home];
            Trial::new((&home.bench, &home.place), (&case.rule, &case.query), events, case.until)
        })
        .collect();
    outcomes(corpus.dialect, &trials)
}
