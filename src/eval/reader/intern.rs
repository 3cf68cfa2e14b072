//! Strings that come again and again (devices, apps, protocols) are kept once instead of allocated for each event.

use crate::value::Value;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::Arc;

/// Places; a power of two.
const PLACES: usize = 1 << 16;
/// Longer strings seldom come again, and would make the table's size depend on the input.
const LONGEST: usize = 128;

/// A table of bounded size, in pairs of places. Groups hold the strings that they were made with, so a string that goes on coming must
/// stay the same allocation: then to compare it is to compare two pointers. What comes once (a path, an identifier) must not push it
/// out.
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
        let first = (hasher.finish() as usize % PLACES) & !1;
        let second = first | 1;
        let kept =
            |slot: Option<&Option<Arc<str>>>| slot.and_then(Option::as_ref).filter(|kept| ***kept == *text).cloned();
        if let Some(kept) = kept(self.0.get(first)) {
            return Value::String(kept);
        }
        // A string that came again stands first; one that came once stands second, where the next new one may take its place.
        if let Some(kept) = kept(self.0.get(second)) {
            self.0.swap(first, second);
            return Value::String(kept);
        }
        let new: Arc<str> = Arc::from(text);
        if let Some(slot) = self.0.get_mut(second) {
            *slot = Some(Arc::clone(&new));
        }
        Value::String(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_that_comes_again_is_kept_however_many_come_once() {
        let mut interner = Interner::default();
        let same = |a: &Value, b: &Value| matches!((a, b), (Value::String(a), Value::String(b)) if Arc::ptr_eq(a, b));
        interner.value("device-1");
        let first = interner.value("device-1");
        for number in 0..PLACES {
            interner.value(&format!("path/{number}"));
        }
        assert!(same(&first, &interner.value("device-1")));
        assert!(!same(&first, &interner.value("device-2")));
        assert!(interner.value("").is_missing());
    }
}
