//! How many buckets a baseline's peers have in a history, empty ones included.
//!
//! A group's buckets exist from its first one in the history on. Each bucket with a row comes twice more: as part of the past from its
//! end on, and leaving when the history has moved past it. Running totals over these say how many groups have a first bucket, and the
//! sum of where it is: with k the number of the bucket that asks, `groups * k - sum` buckets exist.

use super::says;
use crate::ir::{Baseline, Signal};
use crate::plan::build::Builder;
use crate::plan::{Column, Direction, Expr, Stage, Total, make, words};
use crate::value::{Type, Value};

/// Whose buckets, and who shares them.
pub(super) struct Groups<'a> {
    pub group: &'a [Column],
    pub peers: &'a [Column],
}

/// What is known afterwards: rows with `past` 0 ask, those with 1 are past.
pub(super) struct Counted {
    pub past: Column,
    /// How many buckets exist, on rows that ask.
    pub buckets: Expr,
}

/// No rule's buckets are so many that their numbers add up to more.
const MOST: i128 = 1 << 53;

pub(super) fn count(b: &mut Builder, signal: &Signal, baseline: &Baseline, groups: &Groups) -> Counted {
    let next = nearest(b, groups.group, Direction::Descending, "next_bucket");
    let before = nearest(b, groups.group, Direction::Ascending, "bucket_before");
    let close = |later: Expr, earlier: Expr| make::within(later, earlier, baseline.history.saturating_sub(1));
    let begins = make::not(close(b.now(), make::maybe(&before, Type::TIMESTAMP)));
    let goes_on = close(make::maybe(&next, Type::TIMESTAMP), b.now());
    let number = |since: Expr| make::floor(make::divide(since, make::integer(baseline.per)), Type::INTEGER);
    let (begins_at, goes_on_at, bucket) = (b.column("begins"), b.column("goes_on"), b.column("bucket_number"));
    let epoch = make::value(Value::Timestamp(0), Type::TIMESTAMP);
    let columns = vec![
        (begins_at.clone(), begins),
        (goes_on_at.clone(), goes_on),
        (bucket.clone(), number(make::elapsed(b.now(), epoch))),
    ];
    b.push("a group begins with a bucket that has none before it in the history", Stage::Compute(columns));
    let past = b.column("past");
    let history = words(baseline.history);
    b.push(
        says(
            signal,
            &format!("each bucket reads the {history} before it (past = 1), and leaves after them (past = 2)"),
        ),
        Stage::Expand { out: past.clone(), values: (0..3).map(|i| (i, make::boolean(true))).collect() },
    );
    let is = |n| make::equal(make::sure(&past, Type::INTEGER), make::integer(n));
    let at = make::sure(&bucket, Type::INTEGER);
    let (begins, goes_on) = (make::flag(&begins_at), make::flag(&goes_on_at));
    let step = number(make::elapsed(make::maybe(&next, Type::TIMESTAMP), b.now()));
    let step = Expr { nullable: false, ..step };
    let zero = make::integer(0);
    let minus = |e: Expr| make::times(make::integer(-1), e);
    let (enters, leaves) = (make::and([is(1), begins]), make::and([is(2), make::not(goes_on.clone())]));
    let group = make::choose(leaves.clone(), make::integer(-1), zero.clone());
    let group = make::choose(enters.clone(), make::integer(1), group);
    let first = make::choose(make::and([is(2), goes_on]), step, zero);
    let first = make::choose(leaves, minus(at.clone()), first);
    let first = make::choose(enters, at.clone(), first);
    let time = make::choose(is(2), make::add(b.now(), make::duration(baseline.history)), b.now());
    let (group_change, first_change) = (b.column("group_change"), b.column("first_change"));
    let changes = vec![(group_change.clone(), group), (first_change.clone(), first)];
    b.push("", Stage::Compute(changes));
    b.push("", Stage::Compute(vec![(b.time.clone(), time)]));
    let mut by: Vec<(Column, Direction)> = groups.peers.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    // A bucket is not part of its own history, nor are its peers of the same time.
    by.extend([(b.time.clone(), Direction::Ascending), (past.clone(), Direction::Ascending)]);
    b.push("", Stage::Sort(by));
    let (there, firsts) = (b.column("groups_there"), b.column("first_buckets"));
    let total = |out: &Column, change| Total { out: out.clone(), add: make::sure(change, Type::INTEGER), most: MOST };
    let totals = vec![total(&there, &group_change), total(&firsts, &first_change)];
    b.push("", Stage::Running { keys: groups.peers.to_vec(), totals });
    b.push("", Stage::Filter(make::not(is(2))));
    let all = make::times(make::sure(&there, Type::INTEGER), at);
    let buckets = Expr { ty: Type::INTEGER, ..make::minus(all, make::sure(&firsts, Type::INTEGER)) };
    Counted { past, buckets }
}

/// The group's bucket just before, in that direction.
fn nearest(b: &mut Builder, group: &[Column], direction: Direction, wish: &str) -> Column {
    let mut by: Vec<(Column, Direction)> = group.iter().map(|k| (k.clone(), Direction::Ascending)).collect();
    by.push((b.time.clone(), direction));
    b.push("", Stage::Sort(by));
    let out = b.column(wish);
    b.push("", Stage::Back { keys: group.to_vec(), column: b.time.clone(), k: 1, out: out.clone() });
    out
}
