//! Events through the evaluator, alerts out.

use super::alert::AlertLine;
use crate::cli::console::Console;
use crate::diagnostic::Code;
use crate::eval::reader::codes;
use crate::eval::{Alert, Event, Feed, Lateness, Line, Reader};
use crate::ir::Rule;
use crate::pack::schema::{Schema, SourceId};
use crate::syntax::print;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

/// Bad lines that are printed; the others are only counted.
pub const MOST_REPORTED: usize = 100;

/// Stands for an event that no rule uses: it only tells the time.
const UNUSED: SourceId = SourceId(u32::MAX);

/// How events come.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How much later than a newer event one may come, milliseconds.
    pub lateness: i64,
    /// All are read first.
    pub sort: bool,
    /// Later ones are left out, and every one up to then is there; milliseconds, inclusive.
    pub until: Option<i64>,
    /// Each alert goes on at once.
    pub prompt: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Lines that were read, blank ones included.
    pub lines: u64,
    /// Lines that were skipped.
    pub bad: usize,
}

/// What ended a run before its input did.
#[derive(Debug)]
pub enum Fault {
    /// The input cannot be read on.
    Input(io::Error),
    /// Standard output takes nothing more.
    Output(io::Error),
}

/// Reads all, and prints alerts as they come.
pub fn run(
    input: Box<dyn Read>,
    schema: &Arc<Schema>,
    rules: &[Arc<Rule>],
    settings: Settings,
    console: &mut Console,
) -> Result<Told, Fault> {
    let mut reader = Reader::new(input, schema, rules);
    let mut run = Run { engine: Feed::new(rules), settings, console, failed: None, told: Told::default() };
    if settings.sort {
        run.sorted(&mut reader)?;
    } else if settings.lateness == 0 {
        run.straight(&mut reader)?;
    } else {
        run.late(&mut reader)?;
    }
    let Run { mut engine, console, mut failed, mut told, .. } = run;
    engine.finish(settings.until, &mut |alert| print_alert(console, settings, &mut failed, &alert));
    // The program ends: what was remembered goes with it, and need not be given back piece by piece.
    std::mem::forget(engine);
    failed.map_or(Ok(()), Err).map_err(Fault::Output)?;
    told.lines = reader.lines_read();
    Ok(told)
}

struct Run<'c> {
    engine: Feed,
    settings: Settings,
    console: &'c mut Console,
    failed: Option<io::Error>,
    told: Told,
}

impl Run<'_> {
    /// Sorted input: nothing is held.
    fn straight(&mut self, reader: &mut Reader<Box<dyn Read>>) -> Result<(), Fault> {
        while let Some(line) = reader.next_line().map_err(Fault::Input)? {
            match line {
                Line::Event(event) => self.give(event),
                Line::Unused { time } => self.advance(time),
                Line::Bad(bad) => self.bad(bad.problem.code(), &bad.to_string()),
            }
            self.written()?;
        }
        Ok(())
    }

    /// Events that come a little late are held until nothing earlier may come.
    fn late(&mut self, reader: &mut Reader<Box<dyn Read>>) -> Result<(), Fault> {
        let mut lateness = Lateness::new(self.settings.lateness);
        loop {
            let number = reader.lines_read() + 1;
            let Some(line) = reader.next_line().map_err(Fault::Input)? else { break };
            let event = match line {
                Line::Event(event) => Event::clone(event),
                Line::Unused { time } => Event { source: UNUSED, time, line: number, values: Box::default() },
                Line::Bad(bad) => {
                    self.bad(bad.problem.code(), &bad.to_string());
                    continue;
                }
            };
            let number = event.line;
            if let Err(late) = lateness.push(event, &mut |event| self.give(&Rc::new(event))) {
                let behind = print::duration(late.behind);
                self.bad(
                    codes::LATE,
                    &format!("line {number}: {behind} older than an event before it, and `--lateness` allows less"),
                );
            }
            self.written()?;
        }
        lateness.finish(&mut |event| self.give(&Rc::new(event)));
        self.written()
    }

    /// Reads all, then sorts. Events of one time keep their order, which no rule asks for.
    fn sorted(&mut self, reader: &mut Reader<Box<dyn Read>>) -> Result<(), Fault> {
        let mut events = Vec::new();
        let mut newest = None;
        while let Some(line) = reader.next_line().map_err(Fault::Input)? {
            match line {
                Line::Event(event) => events.push(Rc::clone(event)),
                Line::Unused { time } => newest = newest.max(Some(time)),
                Line::Bad(bad) => self.bad(bad.problem.code(), &bad.to_string()),
            }
        }
        events.sort_by_key(|event| event.time);
        for event in &events {
            self.give(event);
            self.written()?;
        }
        let last = events.last().map(|event| event.time);
        if let Some(time) = newest.filter(|time| Some(*time) > last) {
            self.advance(time);
        }
        self.written()
    }

    fn written(&mut self) -> Result<(), Fault> {
        self.failed.take().map_or(Ok(()), |error| Err(Fault::Output(error)))
    }

    fn give(&mut self, event: &Rc<Event>) {
        if event.source == UNUSED {
            self.advance(event.time);
            return;
        }
        if self.is_after(event.time) {
            return;
        }
        let Run { engine, settings, console, failed, .. } = self;
        let pushed = engine.push(event, &mut |alert| print_alert(console, *settings, failed, &alert));
        if let Err(late) = pushed {
            let behind = print::duration(late.newest.saturating_sub(late.time));
            let line = event.line;
            self.bad(codes::LATE, &format!(
                "line {line}: {behind} older than an event before it; `--lateness {behind}` or `--sort` would take it"
            ));
        }
    }

    /// An event that no rule uses moves the clock; where it is late nothing is lost.
    fn advance(&mut self, time: i64) {
        if self.is_after(time) {
            return;
        }
        let Run { engine, settings, console, failed, .. } = self;
        let _ = engine.advance(time, &mut |alert| print_alert(console, *settings, failed, &alert));
    }

    fn is_after(&self, time: i64) -> bool {
        self.settings.until.is_some_and(|until| time > until)
    }

    fn bad(&mut self, code: Code, text: &str) {
        self.told.bad += 1;
        match self.told.bad.cmp(&(MOST_REPORTED + 1)) {
            std::cmp::Ordering::Less => self.console.note(&format!("error[{code}]: {text}")),
            std::cmp::Ordering::Equal => self.console.note("more bad lines follow, and are only counted"),
            std::cmp::Ordering::Greater => {}
        }
    }
}

fn print_alert(console: &mut Console, settings: Settings, failed: &mut Option<io::Error>, alert: &Alert) {
    if failed.is_some() {
        return;
    }
    let line = serde_json::to_string(&AlertLine::from(alert)).map_err(io::Error::from);
    let written = line.and_then(|line| console.data(&line)).and_then(|()| console.data("\n"));
    let given = written.and_then(|()| if settings.prompt { console.flush() } else { Ok(()) });
    *failed = given.err();
}
