//! Groups: what `by` gives for a row.

use super::expression::{Code, Compiler, Frame};
use super::row::Group;
use crate::ir::Keys;
use crate::value::Value;
use std::rc::Rc;

/// Keys, ready to run.
#[derive(Debug)]
pub struct KeyCode {
    names: Rc<[Rc<str>]>,
    /// By the rule's number of the source; none where a key cannot be had from it.
    by_source: Box<[Option<Box<[Code]>>]>,
}

impl KeyCode {
    /// Ready to run.
    pub fn new(keys: &Keys, compiler: &Compiler<'_>) -> KeyCode {
        let of_source = |source| keys.0.iter().map(|k| k.of(source).map(|e| compiler.expr(e))).collect();
        KeyCode {
            names: keys.0.iter().map(|k| Rc::from(k.name.as_str())).collect(),
            by_source: compiler.sources.iter().map(|s| of_source(*s)).collect(),
        }
    }

    /// The row's group into `values`; false where a key is missing, so that the row joins none.
    pub fn read<'a>(&'a self, frame: &Frame<'a>, values: &mut Vec<Value>) -> bool {
        values.clear();
        let Some(Some(codes)) = self.by_source.get(frame.local) else { return false };
        for code in codes {
            let value = code.value(frame);
            if value.is_missing() {
                return false;
            }
            values.push(value.into_owned());
        }
        true
    }

    /// The row's group; none where a key is missing.
    pub fn group<'a>(&'a self, frame: &Frame<'a>) -> Option<Group> {
        let mut values = Vec::new();
        self.read(frame, &mut values).then(|| self.named(values.into()))
    }

    /// Values with the keys' names.
    pub fn named(&self, values: Rc<[Value]>) -> Group {
        Group { names: Rc::clone(&self.names), values }
    }
}
