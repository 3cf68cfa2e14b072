//! Random analytics over streams.

use super::dice::Dice;
use super::expression::{Names, Used, condition, on_value};
use super::history;
use super::pack::{Kind, Sources};

/// A stream that an analytic may consume.
#[derive(Clone)]
pub struct Stream {
    pub name: String,
    /// The sources of its last events.
    pub last: Sources,
    /// The sources of its ranges.
    pub range: Sources,
    pub measures: Vec<(String, Kind)>,
    pub matched: Vec<String>,
    pub evidence: bool,
}

impl Stream {
    pub fn event(name: &str, source: Sources) -> Stream {
        let (name, measures, matched) = (name.to_owned(), Vec::new(), Vec::new());
        Stream { name, last: source, range: source, measures, matched, evidence: false }
    }
}

/// The forms that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Match,
    Any,
    Threshold,
    Together,
    Evidence,
    Sequence,
    Cadence,
    Baseline,
    Novelty,
}

pub const FORMS: [Form; 9] = [
    Form::Match,
    Form::Any,
    Form::Threshold,
    Form::Together,
    Form::Evidence,
    Form::Sequence,
    Form::Cadence,
    Form::Baseline,
    Form::Novelty,
];

/// What the drawing of one analytic knows.
pub struct Draw<'a, 'b> {
    pub dice: &'a mut Dice<'b>,
    pub streams: &'a [Stream],
    /// Contexts that `where` may read.
    pub contexts: &'a [(String, Kind, Option<Sources>)],
    pub used: &'a mut Used,
    /// Spans are of hours, not of seconds.
    pub wide: bool,
}

/// The lines of an analytic, and the stream that it makes under this name.
pub fn analytic(draw: &mut Draw<'_, '_>, name: &str, form: Form) -> (Vec<String>, Stream) {
    match form {
        Form::Match => matches(draw, name),
        Form::Any => any(draw, name),
        Form::Threshold => threshold(draw, name),
        Form::Together => together(draw, name),
        Form::Evidence => evidence(draw, name),
        Form::Sequence => sequence(draw, name),
        Form::Cadence => history::cadence(draw, name),
        Form::Baseline => history::baseline(draw, name),
        Form::Novelty => history::novelty(draw, name),
    }
}

const SPANS: [u64; 6] = [20, 10, 30, 60, 5, 15];

/// A span of so many seconds, or of 720 times as many: five seconds are an hour then.
pub fn span(wide: bool, seconds: u64) -> String {
    match (wide, seconds) {
        (_, 0) => "0ms".to_owned(),
        (true, _) => format!("{}m", seconds * 12),
        (false, _) => format!("{seconds}s"),
    }
}

impl Draw<'_, '_> {
    pub fn span(&self, seconds: u64) -> String {
        span(self.wide, seconds)
    }

    pub fn stream(&mut self) -> Stream {
        let signals: Vec<&Stream> = self.streams.iter().filter(|s| s.name.starts_with('s')).collect();
        // Chaining is where two readings of the meaning part most easily.
        let one = if !signals.is_empty() && self.dice.chance(35) {
            (*self.dice.pick(&signals)).clone()
        } else {
            self.dice.pick(self.streams).clone()
        };
        self.used.mark(&one.name);
        one
    }

    fn some(&mut self, least: usize, most: usize) -> Vec<Stream> {
        let picked = self.dice.some_of(self.streams.len(), least, most);
        let picked: Vec<Stream> = picked.into_iter().map(|i| self.streams[i].clone()).collect();
        for stream in &picked {
            self.used.mark(&stream.name);
        }
        picked
    }

    pub fn filter(&mut self, sources: Sources, percent: usize) -> Option<String> {
        if !self.dice.chance(percent) {
            return None;
        }
        let names = Names { sources, contexts: self.contexts.to_vec(), ..Names::default() };
        Some(format!("where: '{}'", condition(self.dice, &names, self.used, 1)))
    }

    pub fn by(&mut self, sources: Sources) -> Option<&'static str> {
        match self.dice.below(20) {
            0..=8 => Some("by: [user]"),
            9..=11 => Some("by: { box: [host, agent] }"),
            12 => Some("by: { user: user, box: [host, agent] }"),
            13..=14 => {
                self.used.mark("who");
                Some("by: [who]")
            }
            15 if sources & 0b011 == sources => Some("by: [host]"),
            16 if sources & 0b101 == sources => Some("by: [proc, user]"),
            17 if sources & 0b011 == sources => Some("by: [n]"),
            18 => Some("by: [state]"),
            15..=17 => Some("by: [user]"),
            _ => None,
        }
    }

    /// `within`, and maybe `window` or `fires`; gives the window's length in seconds.
    pub fn window(&mut self, lines: &mut Vec<String>) -> u64 {
        let form = self.dice.below(10);
        if form == 5 && !self.wide {
            self.used.mark("$near");
            lines.push("within: $near".to_owned());
            return 10;
        }
        let (size, every) = *self.dice.pick(&[(30, 10), (20, 10), (60, 20), (60, 30), (15, 5)]);
        let within = if form == 9 { size } else { *self.dice.pick(&SPANS) };
        lines.push(format!("within: {}", self.span(within)));
        lines.extend(match form {
            6..=7 => Some("fires: rise".to_owned()),
            8 => Some("window: tumbling".to_owned()),
            9 => Some(format!("window: {{ every: {} }}", self.span(every))),
            _ => None,
        });
        within
    }
}

pub fn stream_of(name: &str, last: Sources, range: Sources) -> Stream {
    Stream { range, ..Stream::event(name, last) }
}

pub fn indent(key: &str, lines: Vec<String>) -> Vec<String> {
    std::iter::once(format!("{key}:")).chain(lines.into_iter().map(|l| format!("  {l}"))).collect()
}

fn matches(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.stream();
    let mut lines = vec![format!("match: {}", of.name)];
    lines.extend(draw.filter(of.last, 70));
    if draw.dice.chance(60) {
        lines.extend(draw.by(of.last).map(str::to_owned));
    }
    // What made a hit is kept by those that pass it on.
    (lines, Stream { measures: of.measures, ..stream_of(name, of.last, of.last) })
}

fn any(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.some(1, 3);
    let names: Vec<&str> = of.iter().map(|s| s.name.as_str()).collect();
    let last = of.iter().fold(0, |all, s| all | s.last);
    let range = of.iter().fold(0, |all, s| all | s.range);
    let mut lines = vec![format!("any: [{}]", names.join(", "))];
    if draw.dice.chance(60) {
        lines.extend(draw.by(last).map(str::to_owned));
    }
    let stream = Stream {
        measures: of.iter().flat_map(|s| s.measures.clone()).collect(),
        matched: of.iter().map(|s| s.name.clone()).collect(),
        evidence: false,
        ..stream_of(name, last, range)
    };
    (lines, stream)
}

pub fn measure(draw: &mut Draw<'_, '_>, sources: Sources) -> (String, Kind) {
    let has = |mask: Sources| sources & mask == sources;
    let names = Names { sources, contexts: draw.contexts.to_vec(), ..Names::default() };
    let (call, argument, kind) = match draw.dice.below(24) {
        0..=5 => ("count", "", Kind::Integer),
        6..=7 => ("distinct", "user", Kind::Integer),
        8 if has(0b101) => ("distinct", "proc", Kind::Integer),
        9 if has(0b011) => ("sum", "n", Kind::Integer),
        10 if has(0b011) => ("avg", "n", Kind::Number),
        11 if has(0b011) => ("min", "n", Kind::Integer),
        12 if has(0b011) => ("max", "n", Kind::Integer),
        13 if has(0b011) => ("stddev", "n", Kind::Number),
        14 if has(0b011) => ("median", "n", Kind::Integer),
        9 if has(0b110) => ("avg", "took", Kind::Duration),
        10 | 11 if has(0b110) => ("sum", "took", Kind::Duration),
        12 if has(0b110) => ("max", "took", Kind::Duration),
        13 if has(0b110) => ("stddev", "took", Kind::Duration),
        14 if has(0b110) => ("median", "took", Kind::Duration),
        9..=10 if has(0b101) => ("avg", "x", Kind::Number),
        15 => ("any", "state", Kind::Boolean),
        16..=17 => ("all", "state", Kind::Boolean),
        18 => ("first", "user", Kind::String),
        19 => ("last", "user", Kind::String),
        20 => ("values", "user, 2", Kind::List),
        21 if has(0b011) => ("percentile", "n, 75", Kind::Integer),
        22 if !draw.contexts.is_empty() => {
            let (context, kind, _) = draw.dice.pick(draw.contexts).clone();
            if kind == Kind::Boolean {
                draw.used.mark(&context);
                return (format!("any({context})"), Kind::Boolean);
            }
            ("count", "", Kind::Integer)
        }
        _ => ("count", "", Kind::Integer),
    };
    if draw.dice.chance(30) {
        let filter = condition(draw.dice, &names, draw.used, 1);
        let space = if argument.is_empty() { "" } else { " " };
        return (format!("{call}({argument}{space}where {filter})"), kind);
    }
    (format!("{call}({argument})"), kind)
}

fn threshold(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.stream();
    let mut lines = vec![format!("of: {}", of.name)];
    lines.extend(draw.filter(of.last, 30));
    lines.extend(draw.by(of.last).map(str::to_owned));
    draw.window(&mut lines);
    let count = 1 + draw.dice.below(3);
    let drawn: Vec<(String, Kind)> = (0..count).map(|_| measure(draw, of.last)).collect();
    let named: Vec<(String, Kind)> =
        drawn.iter().enumerate().map(|(i, (_, kind))| (format!("{name}_m{i}"), *kind)).collect();
    let measures: Vec<String> = drawn.iter().zip(&named).map(|((call, _), (n, _))| format!("{n}: '{call}'")).collect();
    lines.push(format!("measures: {{ {} }}", measures.join(", ")));
    let mut having = String::new();
    for (measure, kind) in &named {
        let one = if *kind == Kind::Integer && draw.dice.chance(20) {
            format!("{measure} >= {}", draw.used.mark("$few"))
        } else {
            on_value(draw.dice, measure, *kind)
        };
        having = match (having.is_empty(), draw.dice.chance(50)) {
            (true, _) => one,
            (false, true) => format!("({having}) or ({one})"),
            (false, false) => format!("({having}) and ({one})"),
        };
    }
    if draw.dice.chance(25) {
        having = format!("({having}) or (count() >= 4)");
    }
    lines.push(format!("having: '{having}'"));
    (indent("threshold", lines), Stream { measures: named, ..stream_of(name, of.last, of.last) })
}

fn together(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.some(2, 3);
    let names: Vec<String> = of.iter().map(|s| s.name.clone()).collect();
    let last = of.iter().fold(0, |all, s| all | s.last);
    let mut lines = vec![format!("of: [{}]", names.join(", "))];
    if draw.dice.chance(60) {
        lines.push(format!("at_least: {}", 1 + draw.dice.below(of.len())));
    }
    let mut keyed = last;
    if draw.dice.chance(30) {
        let after = draw.stream();
        keyed |= after.last;
        lines.push(format!("after: {}", after.name));
    }
    lines.extend(draw.filter(last, 20));
    lines.extend(draw.by(keyed).map(str::to_owned));
    draw.window(&mut lines);
    (indent("together", lines), Stream { matched: names, ..stream_of(name, last, last) })
}

fn evidence(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.some(1, 3);
    let last = of.iter().fold(0, |all, s| all | s.last);
    let mut lines = vec!["of:".to_owned()];
    let mut reach = 0;
    for stream in &of {
        let weight = (1 + draw.dice.below(4)) * 15;
        reach += weight;
        let because = *draw.dice.pick(&[", because: saw it", "", ", because: '{{user}} was seen'"]);
        lines.push(format!("  {}: {{ weight: {weight}{because} }}", stream.name));
    }
    let boolean: Vec<String> =
        draw.contexts.iter().filter(|(_, k, _)| *k == Kind::Boolean).map(|(n, _, _)| n.clone()).collect();
    if !boolean.is_empty() && draw.dice.chance(60) {
        let context = draw.dice.pick(&boolean).clone();
        draw.used.mark(&context);
        lines.push("when:".to_owned());
        lines.push(format!("  {context}: {{ weight: 20, because: it was so }}"));
        reach += 20;
    }
    let least = *draw.dice.pick(&[reach / 2, reach, reach / 3, reach.saturating_sub(20)]);
    lines.push(format!("alert_at: {}", least.clamp(1, 100)));
    lines.extend(draw.filter(last, 20));
    lines.extend(draw.by(last).map(str::to_owned));
    draw.window(&mut lines);
    (indent("evidence", lines), Stream { evidence: true, ..stream_of(name, last, last) })
}

fn sequence(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let count = 2 + draw.dice.weighed(&[(6, 0), (3, 1), (1, 2)]);
    let absent = [(); 2].map(|()| draw.dice.chance(15));
    let count = if (absent[0] || absent[1]) && draw.dice.chance(25) { 1 } else { count };
    let (mut steps, mut all, mut range, mut last) = (Vec::new(), 0, 0, 0);
    let length = |draw: &mut Draw<'_, '_>| {
        let seconds = *draw.dice.pick(&[10, 5, 20, 60]);
        draw.span(seconds)
    };
    if absent[0] {
        let of = draw.stream();
        all |= of.last;
        steps.push(format!("- {{ absent: {}, within: {} }}", of.name, length(draw)));
    }
    for index in 0..count {
        if index > 0 && draw.dice.chance(15) {
            let of = draw.stream();
            all |= of.last;
            steps.push(format!("- {{ absent: {} }}", of.name));
        }
        let repeat = if draw.dice.chance(15) { ", repeat: 2" } else { "" };
        let own = draw.dice.chance(8);
        if draw.dice.chance(25) {
            let of = draw.some(1, 2);
            last = of.iter().fold(0, |all, s| all | s.last);
            let names: Vec<&str> = of.iter().map(|s| s.name.as_str()).collect();
            steps.push(format!("- {{ any: [{}]{repeat} }}", names.join(", ")));
        } else {
            let of = draw.stream();
            last = of.last;
            if own && last & 0b101 == last {
                steps.push(format!("- {{ event: {}{repeat}, by: [proc] }}", of.name));
            } else if repeat.is_empty() {
                steps.push(format!("- {}", of.name));
            } else {
                steps.push(format!("- {{ event: {}{repeat} }}", of.name));
            }
        }
        all |= last;
        range |= last;
    }
    if absent[1] {
        let of = draw.stream();
        all |= of.last;
        steps.push(format!("- {{ absent: {}, within: {} }}", of.name, length(draw)));
    }
    let mut lines = Vec::new();
    let until = draw.dice.chance(25).then(|| draw.stream());
    all |= until.as_ref().map_or(0, |u| u.last);
    let own = steps.iter().any(|s| s.contains("by: ["));
    lines.extend(if own { Some("by: [user]") } else { draw.by(all) }.map(str::to_owned));
    let within = *draw.dice.pick(&[60, 120, 60, 30, 20, 10, 0]);
    lines.push(format!("within: {}", draw.span(within)));
    lines.push("steps:".to_owned());
    lines.extend(steps.into_iter().map(|s| format!("  {s}")));
    lines.extend(until.map(|u| format!("until: {}", u.name)));
    lines.extend(draw.filter(last, 20));
    (indent("sequence", lines), stream_of(name, last, range))
}
