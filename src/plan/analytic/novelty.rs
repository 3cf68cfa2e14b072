//! `novelty`: the first sight of a value.

use super::plain;
use crate::ir::Signal;
use crate::plan::build::{Builder, Hits};

pub(super) fn novelty(b: &mut Builder, signal: &Signal) -> Hits {
    b.refuse(signal.span, "`novelty` has no lowering yet", "make it a threshold");
    plain(b.column("never"), Vec::new(), Vec::new())
}
