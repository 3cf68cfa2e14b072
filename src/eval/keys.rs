//! Groups: what `by` gives for a row.
//!
//! Every group that something remembers is kept once, for all rules, and known by its address: what rules remember is found without a
//! look at the values, and an event's group is read once for all that ask by the same keys.

use super::event::Event;
use super::expression::{Code, Compiler, Frame};
use super::row::Group;
use super::sweep::Sweep;
use crate::ir::{Expr, ExprKind, Key, Keys, Leaf};
use crate::pack::schema::SourceId;
use crate::value::Value;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A group's values, none missing; equal groups of one engine are one allocation.
#[derive(Debug, Clone)]
pub struct GroupKey(Rc<[Value]>);

impl GroupKey {
    /// Its values, one for each key.
    pub fn values(&self) -> &Rc<[Value]> {
        &self.0
    }
}

impl PartialEq for GroupKey {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for GroupKey {}

impl Hash for GroupKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Without the bits that every address has in common.
        state.write_usize(Rc::as_ptr(&self.0).cast::<u8>() as usize >> 4);
    }
}

/// The groups of all rules of one engine.
#[derive(Debug, Default)]
pub struct Groups {
    known: FxHashSet<Rc<[Value]>>,
    sweep: Sweep,
    scratch: Vec<Value>,
    /// Different ways to read a group from a row.
    ways: Vec<Way>,
    /// By way: the group of the event that was read last, with the number of that reading.
    read: Vec<(u64, Option<GroupKey>)>,
    /// The event that was read last, by its address.
    event: usize,
    reading: u64,
}

/// Reads alike for all rules, or for the one whose lets and parameters it names (by its address).
#[derive(Debug, PartialEq)]
struct Way {
    rule: Option<usize>,
    source: SourceId,
    exprs: Vec<Expr>,
}

impl Groups {
    /// Later events may have the addresses of those that were read.
    pub fn forget_event(&mut self) {
        self.event = 0;
    }

    /// The number of the way; none where it reads more than the event.
    fn way(&mut self, keys: &Keys, source: SourceId, compiler: &Compiler<'_>) -> Option<usize> {
        let exprs: Vec<Expr> = keys.0.iter().filter_map(|k: &Key| k.of(source).cloned()).collect();
        let (mut alone, mut shared) = (true, true);
        for expr in &exprs {
            expr.visit(&mut |part| match &part.kind {
                ExprKind::Leaf(Leaf::Field(_)) => {}
                ExprKind::Leaf(Leaf::Let(_) | Leaf::Time) => shared = false,
                ExprKind::Leaf(_) => alone = false,
                _ => shared = false,
            });
        }
        if !alone {
            return None;
        }
        let rule = (!shared).then(|| std::ptr::from_ref(compiler.rule) as usize);
        let way = Way { rule, source, exprs };
        if let Some(known) = self.ways.iter().position(|w| *w == way) {
            return Some(known);
        }
        self.ways.push(way);
        self.read.push((0, None));
        Some(self.ways.len() - 1)
    }

    /// What was read this way from the event; none where it was not. (The event may have no such group: that is known, too.)
    #[allow(clippy::option_option)] // not read, read without a group, or the group
    fn known(&mut self, event: &Event, way: usize) -> Option<Option<GroupKey>> {
        let address = std::ptr::from_ref(event) as usize;
        if address != self.event {
            self.event = address;
            self.reading += 1;
        }
        self.read.get(way).filter(|(reading, _)| *reading == self.reading).map(|(_, key)| key.clone())
    }

    fn intern(&mut self, values: &[Value]) -> GroupKey {
        if let Some(known) = self.known.get(values) {
            return GroupKey(Rc::clone(known));
        }
        if self.sweep.due(self.known.len()) {
            // What only this table holds, nothing remembers.
            self.known.retain(|group| Rc::strong_count(group) > 1);
            self.sweep.done(self.known.len());
        }
        let group: Rc<[Value]> = Rc::from(values);
        self.known.insert(Rc::clone(&group));
        GroupKey(group)
    }
}

/// Keys, ready to run.
#[derive(Debug)]
pub struct KeyCode {
    names: Rc<[Rc<str>]>,
    /// By the rule's number of the source; none where a key cannot be had from it.
    by_source: Box<[Option<OfSource>]>,
    groups: Rc<RefCell<Groups>>,
}

#[derive(Debug)]
struct OfSource {
    codes: Box<[Code]>,
    way: Option<usize>,
}

impl KeyCode {
    /// Ready to run.
    pub fn new(keys: &Keys, compiler: &Compiler<'_>) -> KeyCode {
        let of_source = |source: &SourceId| {
            let codes: Option<Box<[Code]>> = keys.0.iter().map(|k| k.of(*source).map(|e| compiler.expr(e))).collect();
            let way = compiler.groups.try_borrow_mut().ok().and_then(|mut g| g.way(keys, *source, compiler));
            codes.map(|codes| OfSource { codes, way })
        };
        KeyCode {
            names: keys.0.iter().map(|k| Rc::from(k.name.as_str())).collect(),
            by_source: compiler.sources.iter().map(of_source).collect(),
            groups: Rc::clone(compiler.groups),
        }
    }

    /// The row's values into `values`; false where one is missing.
    pub fn read<'a>(&'a self, frame: &Frame<'a>, values: &mut Vec<Value>) -> bool {
        match self.by_source.get(frame.local) {
            Some(Some(source)) => source.read(frame, values),
            _ => false,
        }
    }

    /// The row's group; none where a key is missing, so that the row joins none.
    pub fn key<'a>(&'a self, frame: &Frame<'a>) -> Option<GroupKey> {
        let source = self.by_source.get(frame.local)?.as_ref()?;
        // Nothing that an expression computes asks for a group.
        let mut groups = self.groups.try_borrow_mut().ok()?;
        if let Some(known) = source.way.and_then(|way| groups.known(frame.event, way)) {
            return known;
        }
        let mut values = std::mem::take(&mut groups.scratch);
        let key = source.read(frame, &mut values).then(|| groups.intern(&values));
        groups.scratch = values;
        let reading = groups.reading;
        if let Some(slot) = source.way.and_then(|way| groups.read.get_mut(way)) {
            *slot = (reading, key.clone());
        }
        key
    }

    /// The row's group with the keys' names; none where a key is missing.
    pub fn group<'a>(&'a self, frame: &Frame<'a>) -> Option<Group> {
        self.key(frame).map(|key| self.named(&key))
    }

    /// A group with the keys' names.
    pub fn named(&self, key: &GroupKey) -> Group {
        Group { names: Rc::clone(&self.names), values: Rc::clone(key.values()) }
    }
}

impl OfSource {
    fn read<'a>(&'a self, frame: &Frame<'a>, values: &mut Vec<Value>) -> bool {
        values.clear();
        for code in &self.codes {
            let value = code.value(frame);
            if value.is_missing() {
                return false;
            }
            values.push(value.into_owned());
        }
        true
    }
}
