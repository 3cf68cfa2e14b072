//! Long strings that come again and again (paths, user agents) are kept once instead of allocated for each event.

use crate::value::Value;
use rustc_hash::FxHasher;
use smol_str::SmolStr;
use std::hash::Hasher;

/// Places; a power of two.
const PLACES: usize = 1 << 14;
/// Up to this length a value holds its string itself, and there is nothing to keep.
const SHORT: usize = SmolStr::INLINE_CAP;
/// Longer strings seldom come again, and would make the table's size depend on the input.
const LONGEST: usize = 128;

/// A table of bounded size, in pairs of places. What comes once (an identifier) must not push out what goes on coming.
#[derive(Debug)]
pub struct Interner(Box<[Option<SmolStr>]>);

impl Default for Interner {
    fn default() -> Self {
        Interner(vec![None; PLACES].into())
    }
}

impl Interner {
    /// The string as a value; empty is missing.
    pub fn value(&mut self, text: &str) -> Value {
        if text.len() <= SHORT || text.len() > LONGEST {
            return Value::string(text);
        }
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let first = (hasher.finish() as usize % PLACES) & !1;
        let second = first | 1;
        let kept = |slot: Option<&Option<SmolStr>>| slot.and_then(Option::as_ref).filter(|kept| *kept == text).cloned();
        if let Some(kept) = kept(self.0.get(first)) {
            return Value::String(kept);
        }
        // A string that came again stands first; one that came once stands second, where the next new one may take its place.
        if let Some(kept) = kept(self.0.get(second)) {
            self.0.swap(first, second);
            return Value::String(kept);
        }
        let new = SmolStr::new(text);
        if let Some(slot) = self.0.get_mut(second) {
            *slot = Some(new.clone());
        }
        Value::String(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a string stands, if it is not in the value itself.
    fn address(value: &Value) -> Option<*const u8> {
        match value {
            Value::String(text) if text.is_heap_allocated() => Some(text.as_ptr()),
            _ => None,
        }
    }

    #[test]
    fn a_long_string_that_comes_again_is_kept_however_many_come_once() {
        let mut interner = Interner::default();
        interner.value("/system/framework/telephony.jar");
        let first = interner.value("/system/framework/telephony.jar");
        for number in 0..PLACES {
            interner.value(&format!("/data/user/0/cache/entry-{number}"));
        }
        assert!(address(&first).is_some());
        assert_eq!(address(&first), address(&interner.value("/system/framework/telephony.jar")));
        assert_ne!(address(&first), address(&interner.value("/system/framework/telephony.odex")));
    }

    #[test]
    fn a_short_string_needs_no_place() {
        let mut interner = Interner::default();
        assert!(address(&interner.value(&"x".repeat(SHORT))).is_none());
        assert!(address(&interner.value(&"x".repeat(SHORT + 1))).is_some());
        assert!(interner.value("").is_missing());
    }
}
