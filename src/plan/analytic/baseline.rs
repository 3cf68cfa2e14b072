//! `baseline`: a bucket's value against its history.

use super::plain;
use crate::ir::Signal;
use crate::plan::build::{Builder, Hits};

pub(super) fn baseline(b: &mut Builder, signal: &Signal) -> Hits {
    b.refuse(signal.span, "`baseline` has no lowering yet", "make it a threshold");
    plain(b.column("never"), Vec::new(), Vec::new())
}
