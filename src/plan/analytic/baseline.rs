//! `baseline`: a bucket's value against its history.
//!
//! Rows become one per (group, bucket); each then reads the buckets before it. A bucket without a row is not there, so zeros are counted by
//! arithmetic: how many buckets lie between the group's first one in the history and the one that asks, less those that are there. Mean
//! and deviation follow from the number, the sum and the sum of squares.
//!
//! The sums are whole while they stay below 2^53; beyond, and for fractions, a comparison of fractions that are equal up to their last
//! digits may come out otherwise than in the evaluator.

use super::gaps::deviation_of;
use super::threshold::lower_measure;
use super::{columns, consume, peers, plain, refuse_several, says, window};
use crate::ir::{
    self, Baseline, CompareOp, Empty, ExprKind, Function, Leaf, MeasureFunction, MeasureRef, Season, Signal, SignalId,
    Statistic,
};
use crate::plan::build::{Builder, Hits};
use crate::plan::{Column, Direction, Expr, Measured, Stage, make, words};
use crate::value::{Type, Value};

pub(super) fn baseline(b: &mut Builder, signal: &Signal, id: SignalId, baseline: &Baseline) -> Hits {
    let keyed = b.keys(&baseline.keys);
    refuse_several(b, signal, baseline.of.stream);
    if baseline.against.is_some() && baseline.empty == Empty::Zero && baseline.season.is_some() {
        b.refuse(
            signal.span,
            "how many empty buckets of a season each peer has is not computed",
            "say `empty: skip`, or leave `season` or `against` out",
        );
    }
    let consumed = b.consumed(baseline.of.stream, baseline.of.filter.as_ref(), &keyed);
    let among = consume(b, id, &signal.name, consumed);
    let measured = lower_measure(b, &baseline.measure);
    let value = b.column("value");
    let measures = vec![(value.clone(), measured)];
    let (size, every) = (baseline.per, baseline.per);
    let grouped = window::Grouped { keys: &keyed, among: &among, size, every, gap: None, measures };
    let ranges = window::group(b, signal, id, grouped);
    let value = match baseline.measure.nullable {
        true => make::maybe(&value, baseline.measure.ty),
        false => make::sure(&value, baseline.measure.ty),
    };
    let group = columns(&keyed);
    let peers = match &baseline.against {
        Some(places) => places.iter().filter_map(|place| group.get(*place).cloned()).collect(),
        None => group.clone(),
    };
    let asked = Asked::new(b, baseline, id);
    let history = history(b, signal, id, baseline, &asked, &Read { group, peers, value: value.clone() });
    statistics(b, signal, id, baseline, &value, &history);
    let having = b.lower(&baseline.having);
    let hit = b.compute(&says(signal, "having"), &format!("hit_{}", signal.name), having);
    let matched = vec![(baseline.of.stream, make::boolean(true))];
    Hits { measured: vec![(id, Some(make::boolean(true)))], matched, ..plain(hit, keyed, ranges) }
}

/// What of the history is asked for.
struct Asked {
    statistics: Vec<(usize, Statistic)>,
    deviation: bool,
    sum: bool,
    ends: bool,
}

impl Asked {
    /// Those that the condition or the alert reads; of durations, and of sums, the ends tell whether all values are equal.
    fn new(b: &Builder, baseline: &Baseline, id: SignalId) -> Asked {
        let mut read: Vec<usize> = Vec::new();
        let mut see = |e: &ir::Expr| {
            if let ExprKind::Leaf(Leaf::Measure(m)) = &e.kind
                && m.signal == id
                && !read.contains(&m.index)
            {
                read.push(m.index);
            }
        };
        ir::walk::rows(b.rule, &baseline.having, &mut see);
        for expr in crate::plan::alert::expressions(b.rule) {
            ir::walk::rows(b.rule, expr, &mut see);
        }
        let statistics: Vec<(usize, Statistic)> = read
            .into_iter()
            .filter_map(|index| match baseline.statistics.get(index)?.function {
                MeasureFunction::History(statistic) => Some((index, statistic)),
                _ => None,
            })
            .collect();
        let any = |test: fn(&Statistic) -> bool| statistics.iter().any(|(_, s)| test(s));
        let deviation = any(|s| matches!(s, Statistic::Stddev | Statistic::Zscore));
        let counts = matches!(baseline.measure.function, MeasureFunction::Count | MeasureFunction::Distinct);
        let sum = deviation || any(|s| matches!(s, Statistic::Mean));
        let ends = (deviation && !counts) || any(|s| matches!(s, Statistic::Min | Statistic::Max));
        Asked { statistics, deviation, sum, ends }
    }
}

/// What is read of the buckets.
struct Read {
    group: Vec<Column>,
    /// Whose buckets are the history.
    peers: Vec<Column>,
    value: Expr,
}

type Measures = Vec<(Column, Measured)>;
type List = Option<(Column, Expr)>;

/// What is known of a bucket's history. Zeros are not in it, but in `samples`.
struct History {
    /// How many buckets have a value.
    valued: Expr,
    /// How many are used, zeros included; a whole number.
    samples: Expr,
    sum: Option<Expr>,
    squares: Option<Expr>,
    ends: Option<(Expr, Expr)>,
    /// How many values are below 0, where a percentile with zeros asks.
    below: Option<Expr>,
    percentiles: Vec<(usize, Expr)>,
    zeros: bool,
}

fn history(b: &mut Builder, signal: &Signal, id: SignalId, baseline: &Baseline, asked: &Asked, read: &Read) -> History {
    let season = baseline.season.map(|season| season_key(b, baseline.per, season));
    let zeros = baseline.empty == Empty::Zero;
    let counted = (zeros && baseline.against.is_some())
        .then(|| peers::count(b, signal, baseline, &peers::Groups { group: &read.group, peers: &read.peers }));
    let past = counted.as_ref().map_or_else(|| b.column("past"), |c| c.past.clone());
    let is_past = make::equal(make::sure(&past, Type::INTEGER), make::integer(1));
    let comment = says(signal, &format!("each bucket reads the {} before it (past = 1)", words(baseline.history)));
    if counted.is_none() {
        let values = vec![(0, make::boolean(true)), (1, make::boolean(true))];
        b.push(comment, Stage::Expand { out: past.clone(), values });
        let mut by: Vec<(Column, Direction)> = read.peers.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
        // A bucket is not part of its own history, nor are its peers of the same time.
        by.extend([(b.time.clone(), Direction::Ascending), (past, Direction::Ascending)]);
        b.push("", Stage::Sort(by));
    }
    let (among, at) = (b.column("is_past"), b.column("asks"));
    b.push("", Stage::Compute(vec![(among.clone(), is_past.clone()), (at.clone(), make::not(is_past.clone()))]));
    let (mut measures, list, mut history) = measures(b, baseline, asked, read);
    let over = |keys: Vec<Column>, measures, lists| Stage::Over {
        keys,
        within: baseline.history,
        closed: false,
        among: among.clone(),
        at: at.clone(),
        since: (id == b.rule.detect).then(|| b.rule.alert.once_per.as_ref().map_or(0, |o| o.every)),
        measures,
        lists,
    };
    let alike = [read.peers.clone(), season.iter().map(|(_, key)| key.clone()).collect()].concat();
    let mut stages = Vec::new();
    if let Some(counted) = counted {
        history.samples = counted.buckets;
    } else if zeros {
        let first = b.column("first_bucket");
        let now = Some(b.now());
        let measured = Measured { function: MeasureFunction::Min, argument: now, filter: None, ty: Type::TIMESTAMP };
        // A group's first bucket is that of any season.
        match &season {
            None => measures.push((first.clone(), measured)),
            Some(_) => stages.push(over(read.group.clone(), vec![(first.clone(), measured)], Vec::new())),
        }
        history.samples = existing(b, baseline, season.as_ref(), &make::maybe(&first, Type::TIMESTAMP));
    }
    stages.push(over(alike, measures, list.iter().cloned().collect()));
    stages.into_iter().for_each(|stage| b.push("", stage));
    b.push("", Stage::Filter(make::not(is_past)));
    let comment = says(signal, if zeros { "a bucket without an event counts 0" } else { "buckets with a value" });
    let samples = b.compute(&comment, "samples", history.samples.clone());
    history.samples = make::sure(&samples, Type::INTEGER);
    if let Some((list, value)) = list {
        ranks(b, asked, &mut history, &list, value.ty);
    }
    history
}

/// A column for each percentile that is asked for.
fn ranks(b: &mut Builder, asked: &Asked, history: &mut History, list: &Column, ty: Type) {
    for (index, statistic) in &asked.statistics {
        let Statistic::Percentile(percentile) = *statistic else { continue };
        let out = b.column("past_percentile");
        let all = history.samples.clone();
        let zeros = history.zeros.then(|| whole(make::minus(all.clone(), history.valued.clone())));
        let below = history.below.clone();
        b.push("", Stage::Rank { list: list.clone(), all, zeros, below, percentile, out: out.clone(), ty });
        history.percentiles.push((*index, make::maybe(&out, ty)));
    }
}

/// The measures over the history's buckets, and the list of its values where a percentile asks for one.
fn measures(b: &mut Builder, baseline: &Baseline, asked: &Asked, read: &Read) -> (Measures, List, History) {
    let value = &read.value;
    let there = value.nullable.then(|| make::exists(value.clone()));
    let valued = b.column("valued");
    let count = Measured { function: MeasureFunction::Count, argument: None, filter: there, ty: Type::INTEGER };
    let mut all = vec![(valued.clone(), count)];
    let mut add = |b: &mut Builder, wish: &str, function, argument: Expr, ty| {
        let column = b.column(wish);
        all.push((column.clone(), Measured { function, argument: Some(argument), filter: None, ty }));
        make::maybe(&column, ty)
    };
    let zeros = baseline.empty == Empty::Zero;
    // What no bucket has a value for adds up to 0.
    let or_zero = |e: Expr| {
        let zero = match e.ty {
            Type::NUMBER => make::value(Value::Number(0.0), Type::NUMBER),
            _ => make::integer(0),
        };
        make::either(e, zero)
    };
    let sum = asked.sum.then(|| or_zero(add(b, "past_sum", MeasureFunction::Sum, value.clone(), value.ty)));
    let squares = asked.deviation.then(|| {
        let square = make::multiply(value.clone(), value.clone());
        or_zero(add(b, "past_squares", MeasureFunction::Sum, square, Type::NUMBER))
    });
    let ends = asked.ends.then(|| {
        let least = add(b, "past_min", MeasureFunction::Min, value.clone(), value.ty);
        (least, add(b, "past_max", MeasureFunction::Max, value.clone(), value.ty))
    });
    let mut list = None;
    let mut below = None;
    if let Some(index) = asked.statistics.iter().find(|(_, s)| matches!(s, Statistic::Percentile(_))).map(|(i, _)| i) {
        let span = baseline.statistics.get(*index).map_or(baseline.measure.span, |m| m.span);
        list = Some((b.column("past_values"), Expr { span, ..value.clone() }));
        if zeros && baseline.measure.function == MeasureFunction::Sum {
            let column = b.column("past_below_0");
            let less = make::compare(CompareOp::Less, value.clone(), make::integer(0));
            let (function, argument, filter) = (MeasureFunction::Count, None, Some(less));
            all.push((column.clone(), Measured { function, argument, filter, ty: Type::INTEGER }));
            below = Some(make::sure(&column, Type::INTEGER));
        }
    }
    let valued = make::sure(&valued, Type::INTEGER);
    let percentiles = Vec::new();
    (all, list, History { samples: valued.clone(), valued, sum, squares, ends, below, percentiles, zeros })
}

/// A bucket's start, milliseconds from the epoch.
pub(super) fn start(end: Expr, per: i64) -> Expr {
    let since = make::elapsed(end, make::value(Value::Timestamp(0), Type::TIMESTAMP));
    let nullable = since.nullable;
    let start = make::minus(since, make::integer(per));
    Expr { ty: Type::INTEGER, nullable, ..start }
}

/// `floor(x / length) * length`.
pub(super) fn aligned(x: Expr, length: i64) -> Expr {
    let whole = make::floor(make::divide(x, make::integer(length)), Type::INTEGER);
    make::times(whole, make::integer(length))
}

pub(super) fn whole(expr: Expr) -> Expr {
    Expr { ty: Type::INTEGER, ..expr }
}

/// Columns for the bucket's start and for its season: where the unit that it lies in begins in the cycle, milliseconds.
fn season_key(b: &mut Builder, per: i64, season: Season) -> (Column, Column) {
    let at = b.compute(&format!("season {}", season.name()), "bucket_start", start(b.now(), per));
    let unit = b.compute("", "season_unit", aligned(make::sure(&at, Type::INTEGER), season.unit()));
    let unit = make::sure(&unit, Type::INTEGER);
    let place = whole(make::minus(unit.clone(), aligned(unit, season.cycle())));
    (at, b.compute("", "season", place))
}

/// How many buckets of the asking bucket's season lie from `first` up to it, its own left out.
fn existing(b: &mut Builder, baseline: &Baseline, season: Option<&(Column, Column)>, first: &Expr) -> Expr {
    let span = match (season, baseline.season) {
        (Some((at, key)), Some(season)) => {
            let before = |x: Expr| before(&x, &make::sure(key, Type::INTEGER), season);
            make::minus(before(make::sure(at, Type::INTEGER)), before(start(first.clone(), baseline.per)))
        }
        _ => make::elapsed(b.now(), first.clone()),
    };
    let number = make::floor(make::divide(span, make::integer(baseline.per)), Type::INTEGER);
    make::choose(make::exists(first.clone()), Expr { nullable: false, ..number }, make::integer(0))
}

/// How long the season lasted before `x`, milliseconds from a beginning that does not matter.
fn before(x: &Expr, key: &Expr, season: Season) -> Expr {
    let since = || whole(make::minus(x.clone(), key.clone()));
    let cycles = make::floor(make::divide(since(), make::integer(season.cycle())), Type::INTEGER);
    let place = whole(make::minus(since(), aligned(since(), season.cycle())));
    let here = make::call(Function::Min, vec![place, make::integer(season.unit())], Type::INTEGER);
    make::add(make::times(cycles, make::integer(season.unit())), here)
}

/// A column for each statistic that is asked for.
fn statistics(b: &mut Builder, signal: &Signal, id: SignalId, baseline: &Baseline, value: &Expr, history: &History) {
    let asked = Asked::new(b, baseline, id).statistics;
    let samples = &history.samples;
    let silent = make::compare(CompareOp::Less, history.valued.clone(), samples.clone());
    let with_zero = |function, end: &Expr| {
        if !history.zeros {
            return end.clone();
        }
        let zero = make::either(end.clone(), make::integer(0));
        let ends = make::call(function, vec![zero, make::integer(0)], value.ty);
        Expr { nullable: true, ..make::choose(silent.clone(), ends, end.clone()) }
    };
    let ends = history.ends.as_ref().map(|(low, high)| (with_zero(Function::Min, low), with_zero(Function::Max, high)));
    let mean = history.sum.as_ref().map(|sum| make::divide(sum.clone(), samples.clone()));
    let deviation = history.squares.as_ref().zip(history.sum.as_ref()).map(|(squares, sum)| {
        // What both products of the sums have in common is all that doubles keep of values that hardly differ.
        b.assumptions.insert("values-vary");
        let rough = deviation_of(b, samples, sum, squares.clone(), "past_deviation");
        let rough = make::maybe(&rough, Type::NUMBER);
        match &ends {
            // Equal values have none, whatever their squares round to.
            Some((low, high)) if baseline.measure.function != MeasureFunction::Count => {
                let several = make::exists(rough.clone());
                let equal = make::and([several, make::equal(low.clone(), high.clone())]);
                let exact = make::choose(equal, make::value(Value::Number(0.0), Type::NUMBER), rough);
                make::maybe(&b.compute("", "past_spread", exact), Type::NUMBER)
            }
            _ => rough,
        }
    });
    let missing = || make::missing(Type::NUMBER);
    let mut columns = Vec::new();
    for (index, statistic) in asked {
        let Some(measure) = baseline.statistics.get(index) else { continue };
        let fitted = |e: Option<Expr>| match e {
            Some(e) if measure.ty == Type::DURATION => make::floor(e, Type::DURATION),
            Some(e) => e,
            None => missing(),
        };
        let (wish, result) = match statistic {
            Statistic::Value => ("value", value.clone()),
            Statistic::Mean => ("mean", fitted(mean.clone())),
            Statistic::Stddev => ("stddev", fitted(deviation.clone())),
            Statistic::Percentile(_) => (
                "percentile",
                history.percentiles.iter().find(|(i, _)| *i == index).map_or_else(missing, |(_, e)| e.clone()),
            ),
            Statistic::Min => ("least", ends.as_ref().map_or_else(missing, |(low, _)| low.clone())),
            Statistic::Max => ("most", ends.as_ref().map_or_else(missing, |(_, high)| high.clone())),
            Statistic::Samples => ("samples", samples.clone()),
            Statistic::Zscore => {
                let above = mean.clone().map_or_else(missing, |mean| make::minus(value.clone(), mean));
                ("zscore", make::divide(above, deviation.clone().unwrap_or_else(missing)))
            }
        };
        let column = match &result.kind {
            ExprKind::Leaf(column) => column.clone(),
            _ => {
                let column = b.column(wish);
                columns.push((column.clone(), result));
                column
            }
        };
        b.measures.insert(MeasureRef { signal: id, index }, column);
    }
    if !columns.is_empty() {
        b.push(says(signal, "the history"), Stage::Compute(columns));
    }
}
