//! What the controls change: every regression, random (rule, stream) pairs of a fixed seed, and the bundled rules' fixtures, each compiled once.
//!
//! Each compiled text is kept as it is emitted; a control changes a copy. This room never knows what a control is.

use super::sequences::Sequences;
use crate::bench::{Bench, Place};
use crate::pairs::{Draws, Pair, Tiny};
use crate::{Dialect, packs};
use rayon::prelude::*;
use siemc::backend::Query;
use siemc::backend::target::mapping::sets;
use siemc::diagnostic::Findings;
use siemc::eval::event::Event;
use siemc::fixture::{self, FixtureFile};
use siemc::ir::Rule;
use siemc::source::Files;
use std::path::Path;

/// What random rules are drawn from, so that the number of streams is the same in every run.
pub const SEED: u64 = 1;
/// So many streams of rules as the dialect's own test draws them.
const STREAMS: usize = 500;
/// So many more of sequences: what is said of one is the most of what can be said wrongly.
const OF_SEQUENCES: usize = 200;
/// Rounds of rules at most: a dialect may refuse nearly all of a form.
const ROUNDS: usize = 12;

/// A pack over one place.
pub struct Home {
    pub bench: Bench,
    pub place: Place,
}

/// One query with a stream.
pub struct Case {
    /// Which rule it is of, for a reader.
    pub name: String,
    /// The number of its query: queries of one rule over several streams are one.
    pub query_number: usize,
    pub rule: Rule,
    pub query: Query,
    pub events: Vec<Event>,
    pub until: Option<i64>,
    /// Which of the corpus's homes it is of.
    pub home: usize,
}

/// All there is to change and run for one target.
pub struct Corpus<'d> {
    pub dialect: &'d dyn Dialect,
    pub homes: Vec<Home>,
    pub regressions: Vec<Case>,
    pub random: Vec<Case>,
    pub fixtures: Vec<Case>,
}

impl<'d> Corpus<'d> {
    pub fn new(dialect: &'d dyn Dialect) -> Corpus<'d> {
        let (regressions, random, fixtures) = (Vec::new(), Vec::new(), Vec::new());
        let mut corpus = Corpus { dialect, homes: Vec::new(), regressions, random, fixtures };
        for pack in packs::unpacked() {
            let cases = corpus.cases_of(pack.path(), "canonical");
            corpus.regressions.extend(cases);
        }
        corpus.draw();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        for set in sets(dialect.target(), None) {
            let cases = corpus.cases_of(&root, &set);
            corpus.fixtures.extend(cases);
        }
        corpus
    }

    fn draw(&mut self) {
        let tiny = Tiny::new(self.dialect);
        let (mut rules, home) = (0, self.homes.len());
        let mut more = |tiny: &Tiny<'_>, seed: u64, most: usize, random: &mut Vec<Case>| {
            let (mut draws, most) = (Draws::new(seed), random.len() + most);
            for _ in 0..ROUNDS {
                for pairs in draws.round(tiny).into_iter().filter_map(|d| d.pairs.ok()) {
                    rules += 1;
                    let name = format!("random rule {rules}");
                    let case = |Pair { rule, query, events, until, .. }: Pair| {
                        let (name, until) = (name.clone(), Some(until));
                        Case { name, query_number: rules, rule, query, events, until, home }
                    };
                    random.extend(pairs.into_iter().map(case));
                }
                if random.len() >= most {
                    break;
                }
            }
            random.truncate(most);
        };
        more(&tiny, SEED, STREAMS, &mut self.random);
        let Tiny { bench, place, .. } = tiny;
        let sequences = Sequences(self.dialect);
        let tiny = Tiny { dialect: &sequences, bench, place };
        more(&tiny, SEED + 1, OF_SEQUENCES, &mut self.random);
        let Tiny { bench, place, .. } = tiny;
        self.homes.push(Home { bench, place });
    }

    /// The fixtures of a pack in its first environment, with this set of mappings.
    fn cases_of(&mut self, root: &Path, set: &str) -> Vec<Case> {
        let bench = Bench::new(self.dialect, root);
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let fixtures: Vec<FixtureFile> = fixture::find(root)
            .iter()
            .filter_map(|p| fixture::load(p, &bench.pack, &mut files, &mut findings))
            .collect();
        assert!(!findings.has_errors(), "{:#?}", findings.all);
        let all: Vec<(&FixtureFile, &fixture::Case)> =
            fixtures.iter().flat_map(|f| f.cases.iter().map(move |c| (f, c))).collect();
        let (_, first) = bench.pack.environments.first().expect("an environment");
        let environment = bench.with_set(first, set);
        let place = bench.place(Some(&environment));
        let home = self.homes.len();
        let case = |(file, case): &(&FixtureFile, &fixture::Case)| {
            if case.environment != first.name {
                return None;
            }
            let query_number = bench
                .pack
                .rules
                .iter()
                .position(|r| r.rule.name.as_ref().is_some_and(|n| n.value == file.rule.value))?;
            let mut own = environment.clone();
            own.params = fixture::environment(&bench.pack, file, case).params;
            let rule = bench.checked(&bench.pack.rules[query_number].rule, &own)?;
            let events = bench.kept(&place, fixture::events(case));
            let newest = events.iter().map(|e| e.time).max().unwrap_or(case.start);
            let query = bench.compile(&rule, &place, case.until.unwrap_or(newest)).ok()?;
            let name = format!("{} over {set}: {}", rule.name, case.name.value);
            Some(Case { name, query_number, rule, query, events, until: case.until, home })
        };
        let cases = all.par_iter().filter_map(case).collect();
        self.homes.push(Home { bench, place });
        cases
    }

    /// Every text once, a file each.
    pub fn dump(&self, folder: &Path) {
        let all = [("regression", &self.regressions), ("random", &self.random), ("fixture", &self.fixtures)];
        for (layer, cases) in all {
            let folder = folder.join(self.dialect.target().name());
            std::fs::create_dir_all(&folder).expect("a folder");
            for (number, case) in cases.iter().enumerate() {
                let is_first = number == 0 || cases[number - 1].query_number != case.query_number;
                if is_first {
                    std::fs::write(folder.join(format!("{layer}-{number:04}.txt")), &case.query.text).expect("a text");
                }
            }
        }
    }
}
