//! `once_per: d`: the first hit per (group, bucket `[k * d, (k + 1) * d)`).

use super::expression::{Compiler, Frame};
use super::keys::KeyCode;
use super::row::Group;
use crate::ir;
use rustc_hash::FxHashSet;

/// What was reported in the present bucket; hits come in the order of time, so no other one matters.
#[derive(Debug)]
pub struct OncePer {
    every: i64,
    keys: Option<KeyCode>,
    bucket: i64,
    seen: FxHashSet<Group>,
}

impl OncePer {
    /// Nothing reported yet.
    pub fn new(once_per: &ir::OncePer, compiler: &Compiler<'_>) -> OncePer {
        OncePer {
            every: once_per.every.max(1),
            keys: once_per.keys.as_ref().map(|k| KeyCode::new(k, compiler)),
            bucket: i64::MIN,
            seen: FxHashSet::default(),
        }
    }

    /// Whether the hit is the first of its bucket. A hit with a missing key always is: thinning never swallows an alert.
    pub fn is_first<'a>(&'a mut self, time: i64, group: &Group, frame: &Frame<'a>) -> bool {
        let bucket = time.div_euclid(self.every);
        if bucket != self.bucket {
            self.bucket = bucket;
            self.seen.clear();
        }
        let group = match &self.keys {
            None => Some(group.clone()),
            Some(keys) => keys.group(frame),
        };
        group.is_none_or(|g| self.seen.insert(g))
    }
}
