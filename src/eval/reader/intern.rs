//! Strings that come again and again (devices, apps, protocols) are kept once instead of allocated for each event.

use crate::value::Value;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::Arc;

/// Places; a power of two.
const PLACES: usize = 1 << 16;
/// Longer strings seldom come again, and would make the table's size depend on the input.
const LONGEST: usize = 128;

/// A table of bounded size: a string takes the place of the one that stood there.
#[derive(Debug)]
pub struct Interner(Box<[Option<Arc<str>>]>);

impl Default for Interner {
    fn default() -> Self {
        Interner(vec![None; PLACES].into())
    }
}

impl Interner {
    /// The string as a value; empty is missing.
    pub fn value(&mut self, text: &str) -> Value {
        if text.is_empty() || text.len() > LONGEST {
            return Value::string(text);
        }
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let place = hasher.finish() as usize % PLACES;
        let Some(slot) = self.0.get_mut(place) else { return Value::string(text) };
        match slot {
            Some(kept) if **kept == *text => Value::String(Arc::clone(kept)),
            _ => Value::String(Arc::clone(slot.insert(Arc::from(text)))),
        }
    }
}
