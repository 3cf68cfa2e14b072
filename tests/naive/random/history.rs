//! Random cadences, baselines and novelties.

use super::analytic::{Draw, Stream, indent, measure, stream_of};
use super::expression::on_value;
use super::pack::{Kind, Sources};

pub fn cadence(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.stream();
    let mut lines = vec![format!("of: {}", of.name)];
    lines.extend(draw.filter(of.last, 25));
    lines.extend(draw.by(of.last).map(str::to_owned));
    let within = draw.window(&mut lines);
    let gaps = [(); 2].map(|()| gap(draw));
    let mut asked = on_gap(draw, within, &gaps[0]);
    let mut named = Vec::new();
    if draw.dice.chance(60) {
        let (second, count) = (format!("{name}_m0"), format!("{name}_m1"));
        named = vec![(second.clone(), gaps[1].1), (count.clone(), Kind::Integer)];
        lines.push(format!("measures: {{ {second}: '{}', {count}: 'count()' }}", gaps[1].0));
        let other = if draw.dice.chance(60) {
            on_gap(draw, within, &(second, gaps[1].1))
        } else {
            format!("{count} >= {}", 2 + draw.dice.below(2))
        };
        let joined = draw.dice.pick(&["or", "and"]);
        asked = format!("({asked}) {joined} ({other})");
    } else if draw.dice.chance(40) {
        asked = format!("({asked}) and (count() >= {})", 2 + draw.dice.below(2));
    }
    lines.push(format!("having: '{asked}'"));
    (indent("cadence", lines), Stream { measures: named, ..stream_of(name, of.last, of.last) })
}

fn gap(draw: &mut Draw<'_, '_>) -> (String, Kind) {
    let (call, kind) = match draw.dice.below(9) {
        0 => ("gap.min", Kind::Duration),
        1 => ("gap.max", Kind::Duration),
        2 => ("gap.mean", Kind::Duration),
        3 => ("gap.median", Kind::Duration),
        4 => ("gap.stddev", Kind::Duration),
        5..=6 => ("gap.cv", Kind::Number),
        7 => return (format!("gap.share({}, {})", draw.span(5), draw.span(10)), Kind::Number),
        _ => return (format!("gap.share(0ms, {})", draw.span(5)), Kind::Number),
    };
    (call.to_owned(), kind)
}

/// A gap is compared with what the streams' steps make likely, ends included.
fn on_gap(draw: &mut Draw<'_, '_>, within: u64, (name, kind): &(String, Kind)) -> String {
    let not = if draw.dice.chance(10) { "not " } else { "" };
    if *kind == Kind::Duration {
        // No gap is longer than the window.
        let than = *draw.dice.pick(&[5, 10, 1, 5]);
        let than = if than < within { than } else { 1 };
        return format!("{not}({name} {} {})", draw.dice.pick(&[">=", "<=", "<", ">", "=="]), draw.span(than));
    }
    format!("{not}({name} {})", draw.dice.pick(&["<= 0.7", ">= 0.5", "> 0.3", "< 0.5"]))
}

pub fn baseline(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.stream();
    let mut lines = vec![format!("of: {}", of.name)];
    lines.extend(draw.filter(of.last, 25));
    let (by, peers) = keys(draw, of.last);
    lines.extend(by.map(str::to_owned));
    if let Some(keys) = peers
        && draw.dice.chance(70)
    {
        lines.push(format!("against: [{}]", draw.dice.pick(&keys)));
    }
    let (call, kind) = measured(draw, of.last);
    lines.push(format!("measure: '{call}'"));
    let most = spans(draw, &mut lines);
    let counts = ["count", "distinct", "sum"].iter().any(|f| call.starts_with(f));
    lines.extend(match draw.dice.below(10) {
        0..=5 => None,
        6..=8 => Some("empty: skip".to_owned()),
        _ if counts => Some("empty: zero".to_owned()),
        _ => None,
    });
    lines.push(format!("having: '{}'", on_history(draw, kind, most)));
    let measures = ["value", "samples", "zscore", "mean", "max", "median"].map(|word| {
        let kind = match word {
            "samples" => Kind::Integer,
            "zscore" => Kind::Number,
            "mean" if kind == Kind::Integer => Kind::Number,
            _ => kind,
        };
        (format!("{name}.{word}"), kind)
    });
    (indent("baseline", lines), Stream { measures: measures.into(), ..stream_of(name, of.last, of.last) })
}

/// `by`, and the keys that its groups may share with their peers where there are several.
fn keys(draw: &mut Draw<'_, '_>, sources: Sources) -> (Option<&'static str>, Option<[&'static str; 2]>) {
    match draw.dice.below(10) {
        0..=4 => (draw.by(sources), None),
        5..=6 => (Some("by: { user: user, box: [host, agent] }"), Some(["user", "box"])),
        7 if sources & 0b101 == sources => (Some("by: [user, proc]"), Some(["user", "proc"])),
        _ => (Some("by: [user, state]"), Some(["state", "user"])),
    }
}

/// What is compared is a number or a duration.
fn measured(draw: &mut Draw<'_, '_>, sources: Sources) -> (String, Kind) {
    for _ in 0..3 {
        let (call, kind) = measure(draw, sources);
        if matches!(kind, Kind::Integer | Kind::Number | Kind::Duration) {
            return (call, kind);
        }
    }
    ("count()".to_owned(), Kind::Integer)
}

/// A bucket's length and a multiple of it, and the season where buckets are of hours. Gives how many samples may be asked for.
fn spans(draw: &mut Draw<'_, '_>, lines: &mut Vec<String>) -> usize {
    if draw.wide {
        let (per, history) = *draw.dice.pick(&[
            ("1h", "7d"),
            ("1h", "14d"),
            ("1h", "7d"),
            ("1h", "14d"),
            ("1h", "14d"),
            ("1h", "2d"),
            ("4h", "8d"),
            ("30m", "1d"),
        ]);
        lines.extend([format!("per: {per}"), format!("history: {history}")]);
        if draw.dice.chance(85) {
            let seasons: &[&str] = match (per, history) {
                ("1h", "7d" | "14d") => &["hour_of_week", "hour_of_day", "hour_of_week", "day_of_week"],
                ("1h" | "30m", _) => &["hour_of_day"],
                _ => &["day_of_week"],
            };
            lines.push(format!("season: {}", draw.dice.pick(seasons)));
            return 1;
        }
        return 3;
    }
    let per = *draw.dice.pick(&[10, 5, 15, 20]);
    let buckets = *draw.dice.pick(&[3, 2, 6, 1, 12]);
    lines.push(format!("per: {per}s"));
    if per < 15 && draw.dice.chance(10) {
        draw.used.mark("$near");
        lines.push("history: $near".to_owned());
        return 1;
    }
    lines.push(format!("history: {}s", per * buckets));
    buckets.min(3)
}

fn on_history(draw: &mut Draw<'_, '_>, kind: Kind, most: usize) -> String {
    let one = on_statistic(draw, kind, most);
    match draw.dice.below(10) {
        0..=4 => one,
        5 => format!("not ({one})"),
        6 => format!("({one}) and (samples >= {})", 1 + draw.dice.below(most)),
        7 => format!("({one}) or ({})", on_statistic(draw, kind, most)),
        8 => format!("({one}) or (not exists(zscore))"),
        _ => format!("({one}) and ({})", on_statistic(draw, kind, most)),
    }
}

fn on_statistic(draw: &mut Draw<'_, '_>, kind: Kind, most: usize) -> String {
    let number = if kind == Kind::Duration { Kind::Duration } else { Kind::Number };
    match draw.dice.below(14) {
        0..=1 => on_value(draw.dice, "value", kind),
        // A mean of fractions may differ in its last digit from the way it is added up.
        2..=3 if kind != Kind::Number => "value > mean".to_owned(),
        4 => on_value(draw.dice, "mean", number),
        5 => on_value(draw.dice, "stddev", number),
        6 => "value >= median".to_owned(),
        7 => format!("value {} percentile({})", draw.dice.pick(&[">", ">="]), draw.dice.pick(&["75", "90", "33.3"])),
        8 => format!("value {} max", draw.dice.pick(&[">", ">="])),
        9 => "value < min".to_owned(),
        10..=11 => format!("zscore {}", draw.dice.pick(&["> 0.9", "> 1.7", "< -0.3", ">= 0.3"])),
        _ => format!("samples {} {}", draw.dice.pick(&[">=", "==", "<"]), 1 + draw.dice.below(most)),
    }
}

pub fn novelty(draw: &mut Draw<'_, '_>, name: &str) -> (Vec<String>, Stream) {
    let of = draw.stream();
    let mut lines = vec![format!("of: {}", of.name)];
    lines.extend(draw.filter(of.last, 25));
    let known = draw.dice.chance(35).then(|| draw.stream());
    let keyed = of.last | known.as_ref().map_or(0, |k| k.last);
    let value = match draw.dice.below(12) {
        0..=2 if of.last & 0b101 == of.last => "[proc]",
        3..=4 if of.last & 0b011 == of.last => "[n]",
        5 if of.last & 0b011 == of.last => "[user, n]",
        6 if of.last & 0b110 == of.last => "[took]",
        7 => "{ box: [host, agent], state: state }",
        8 => "[state, user]",
        9 if of.last & 0b101 == of.last => "[proc, state]",
        10 => "[user]",
        11 => {
            draw.used.mark("who");
            "[who, state]"
        }
        _ => "{ box: [host, agent] }",
    };
    let by = draw.by(keyed).filter(|by| {
        // The group's own keys are never new in it.
        known.is_some() || !by.contains(value.trim_matches(['[', ']', '{', '}', ' ']))
    });
    lines.extend(by.map(str::to_owned));
    lines.push(format!("value: {value}"));
    let history = *draw.dice.pick(&[30, 20, 60, 10]);
    let learn = *draw.dice.pick(&[5, 10, 0, history]);
    lines.extend([format!("history: {}", draw.span(history)), format!("learn: {}", draw.span(learn))]);
    lines.extend(known.map(|k| format!("known: {}", k.name)));
    (indent("novelty", lines), stream_of(name, of.last, of.last))
}
