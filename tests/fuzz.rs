//! No bytes make a reader panic, hang, or point outside of its file. See `tests/fuzz/README.md`.

// A test that cannot set up its own pack has nothing better to do than to stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../benches/support/fleet.rs"]
mod fleet;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/pack.rs"]
mod pack;

use mutate::Input;
use pack::Scratch;
use proptest::test_runner::{Config, TestRunner};
use siemc::diagnostic::{Diagnostic, Findings};
use siemc::eval::{Engine, Lateness, Line, Reader};
use siemc::source::Files;
use std::path::Path;

/// Cases per reader, times a reader's own factor: a pack takes far longer to read than an expression.
fn cases(factor: u32) -> u32 {
    let asked = std::env::var("SIEMC_FUZZ").ok().and_then(|n| n.parse::<u32>().ok());
    asked.unwrap_or(40).saturating_mul(factor)
}

fn run(factor: u32, seeds: Vec<Vec<u8>>, mut read: impl FnMut(&Input)) {
    // What fails is printed and becomes a test of its room; a file of seeds would only hide that this was not done.
    let config = Config { cases: cases(factor), failure_persistence: None, ..Config::default() };
    let read = std::cell::RefCell::new(&mut read);
    let result = TestRunner::new(config).run(&mutate::input(seeds), |input| {
        (read.borrow_mut())(&input);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Every finding names a place inside its file, and every rendering takes it.
fn show(findings: &Findings, files: &Files) {
    for found in &findings.all {
        let related = found.related.iter().map(|(span, _)| *span);
        for span in found.span.into_iter().chain(related) {
            let text = files.text(span.file);
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(text.get(start..end).is_some(), "{start}..{end} of {}: {found:?}", text.len());
        }
    }
    let all: &[Diagnostic] = &findings.all;
    let rendered = [
        siemc::diagnostic::text(all, files, false),
        siemc::diagnostic::text(all, files, true),
        siemc::diagnostic::github(all, files),
    ];
    assert!(all.is_empty() || rendered.iter().all(|text| !text.is_empty()));
    for json in [siemc::diagnostic::json(all, files), siemc::diagnostic::sarif(all, files)] {
        serde_json::from_str::<serde_json::Value>(&json).expect("valid JSON");
    }
}

#[test]
fn rules() {
    let seeds = pack::bundled(pack::is_rule);
    let seeds = seeds.into_iter().chain([include_bytes!("fuzz/windows.yaml").to_vec()]).collect();
    let scratch = Scratch::without_rules();
    run(2, seeds, |input| scratch.check("mobile/fuzzed.yaml", input));
}

#[test]
fn manifest_schema_and_shared_parts() {
    for name in ["pack.yaml", "schema/mobile.yaml", "shared/mobile.yaml"] {
        let scratch = Scratch::with_one_rule();
        run(1, pack::bundled(|path| path == Path::new(name)), |input| scratch.check(name, input));
    }
}

#[test]
fn lookups() {
    let scratch = Scratch::with_one_rule();
    for name in ["lookups/approved_ports.csv", "lookups/known_services.csv", "lookups/corporate_networks.csv"] {
        let before = pack::bundled(|path| path == Path::new(name)).remove(0);
        let others = pack::bundled(|path| path.starts_with("lookups"));
        run(1, std::iter::once(before.clone()).chain(others).collect(), |input| scratch.check(name, input));
        scratch.write(name, &before);
    }
}

#[test]
fn fixtures() {
    let scratch = Scratch::with_all_rules();
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let pack = siemc::pack::load(scratch.root(), &mut files, &mut findings).expect("the bundled pack");
    run(1, pack::bundled(pack::is_fixture), |input| {
        let path = scratch.write("mobile/fuzzed.test.yaml", &input.0);
        let (mut files, mut findings) = (files.clone(), Findings::default());
        if let Some(fixture) = siemc::fixture::load(&path, &pack, &mut files, &mut findings) {
            siemc::fixture::run(&pack, &fixture, None);
        }
        show(&findings, &files);
    });
}

#[test]
fn expressions() {
    let seeds = pack::expressions().into_iter().map(String::into_bytes).collect();
    run(40, seeds, |input| {
        let text = String::from_utf8_lossy(&input.0).into_owned();
        let mut files = Files::default();
        let file = files.add("expression", text.clone());
        let place =
            |range: std::ops::Range<usize>| siemc::source::Span::new(file, range.start as u32, range.end as u32);
        let mut findings = Findings::default();
        match siemc::syntax::parse::parse(&text, &place) {
            Ok(expr) => drop(format!("{expr:?}")),
            Err(found) => findings.all = found,
        }
        show(&findings, &files);
    });
}

/// Times at the ends of the numbers included: windows and deadlines must not overflow, nor be walked one by one.
#[test]
fn events() {
    let (schema, rules) = Scratch::typed_rules(include_str!("fuzz/windows.yaml"));
    let mut lines = Vec::new();
    fleet::Fleet { events: 60, devices: 2, gap: 40_000, seed: 3 }.write(&mut lines).expect("memory takes it");
    let more = br#"{"source":"mobile.device_state","time":"2026-03-01T00:00:00Z","device":{"id":"a","locked":true},"event.seq":-9223372036854775808}
{"source":"mobile.network_session","time":1e15,"device.id":["a"],"destination.ip":"::ffff:1.2.3.4","session.duration":"30m","network":{"bytes_out":1e300}}
"#;
    let times = br#"{"source":"mobile.user_interaction","time":-9223372036854775808,"event.seq":1,"device.id":"a"}
{"source":"mobile.network_session","time":0,"event.seq":2,"device.id":"a","network.direction":"outbound","destination.domain":"x.example"}
{"source":"mobile.network_session","time":9223372036854775807,"event.seq":3,"device.id":"a","network.direction":"outbound","destination.domain":"x.example"}
"#;
    run(10, vec![lines, more.to_vec(), times.to_vec()], |input| {
        let mut reader = Reader::new(input.0.as_slice(), &schema, &rules);
        let (mut engine, mut lateness) = (Engine::new(&rules), Lateness::new(60_000));
        let mut held = Vec::new();
        while let Some(line) = reader.next_line().expect("memory reads") {
            match line {
                // What comes too early is refused, and that is all.
                Line::Event(event) => {
                    let _ = engine.push(event, &mut |_| ());
                    let _ = lateness
                        .push(siemc::eval::Event::clone(event), &mut |event| held.push(std::rc::Rc::new(event)));
                }
                Line::Unused { time } => {
                    let _ = engine.advance(time, &mut |_| ());
                }
                Line::Bad(error) => assert!(!error.to_string().is_empty()),
            }
        }
        engine.finish(None, &mut |_| ());
        lateness.finish(&mut |event| held.push(std::rc::Rc::new(event)));
        let mut engine = Engine::new(&rules);
        assert!(held.iter().all(|event| engine.push(event, &mut |_| ()).is_ok()), "lateness gives events in order");
        engine.finish(Some(i64::MAX), &mut |_| ());
    });
}
