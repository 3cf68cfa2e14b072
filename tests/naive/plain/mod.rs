//! Random typed rules over the builder's one source, without the front end: whatever parser and checker say, the two evaluators
//! have to agree on these.

mod analytic;
mod history;
mod rule;
mod stream;

use super::agreed::compared;
use super::build::{by_user, shown};
use super::census::Census;
use super::constructs::constructs;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rayon::prelude::*;
use rule::{is_wide, random_rule};
use std::cell::RefCell;
use stream::random_stream;

/// The numbers of a rule: contexts, signals, the rest; then the stream and its clock.
type Drawn = ((Vec<Vec<u16>>, Vec<Vec<u16>>, Vec<u16>), Vec<Vec<u16>>, u16);

fn drawn() -> impl Strategy<Value = Drawn> {
    let tape = |n: usize| vec(any::<u16>(), n);
    ((vec(tape(6), 0..=2), vec(tape(40), 1..=3), tape(20)), vec(tape(8), 0..=30), any::<u16>())
}

/// Pairs that are drawn one after another; parts are drawn side by side, each from a seed of its own.
const PART: usize = 500;

/// Compares so many pairs.
pub fn agree(pairs: usize, seed: u64) -> Census {
    let parts = (0..pairs.div_ceil(PART)).into_par_iter();
    let parts: Vec<Census> = parts.map(|part| agree_part(PART.min(pairs - part * PART), seed, part as u32)).collect();
    let mut all = Census::default();
    parts.iter().for_each(|part| all.add(part));
    all
}

fn agree_part(pairs: usize, seed: u64, part: u32) -> Census {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&part.to_le_bytes());
    let config = Config { failure_persistence: None, max_shrink_iters: 50_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let census = RefCell::new(Census::default());
    for _ in 0..pairs {
        let tree = drawn().new_tree(&mut runner).expect("numbers");
        let result = runner.run_one(tree, |((contexts, signals, rest), stream, clock)| {
            let rule = random_rule(&contexts, &signals, &rest);
            let (events, until) = random_stream(&stream, clock, is_wide(&rest));
            let naive = crate::naive::alerts(&rule, &events, until);
            let real = siemc::eval::run(&rule, events, Some(until));
            census.borrow_mut().count(&constructs(&rule), !naive.is_empty());
            if compared(&rule, real) == compared(&rule, naive) {
                Ok(())
            } else {
                Err(TestCaseError::fail("the alerts differ"))
            }
        });
        if let Err(TestError::Fail(reason, ((contexts, signals, rest), stream, clock))) = result {
            let rule = random_rule(&contexts, &signals, &rest);
            let (events, until) = random_stream(&stream, clock, is_wide(&rest));
            let naive = crate::naive::alerts(&rule, &events, until);
            let real = std::panic::catch_unwind(|| siemc::eval::run(&rule, events.clone(), Some(until)));
            let pair = real.as_ref().ok().and_then(|real| real.iter().zip(&naive).find(|(real, naive)| real != naive));
            let first = pair.map_or(String::new(), |(real, naive)| format!("first: {real:?}\n   and {naive:?}"));
            let (real, naive) = (real.map(|real| shown(&real)), shown(&naive));
            let words: Vec<String> = events.iter().map(|e| format!("{} {:?}", e.time, e.values)).collect();
            let parts = [plainly(&rule.contexts), plainly(&rule.signals), plainly(&rule.confidence)];
            panic!(
                "SIEMC_SEED={seed} {reason}\n{}\nonce {:?}\n{}\nuntil {until}\nreal  {real:#?}\nnaive {naive:#?}\n{first}",
                parts.join("\n"),
                rule.alert.once_per,
                words.join("\n")
            );
        }
    }
    census.into_inner()
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
