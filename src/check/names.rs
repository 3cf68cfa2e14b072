//! Names that a rule may speak of: its own and those of the `shared/` files that it uses.
//!
//! Fields, lets and contexts share one space, because an expression names them alike; events and signals share another, because
//! an analytic does. Nothing shadows: a clash is an error at the later place.

use super::codes;
use super::surface::names_in;
use crate::diagnostic::{Diagnostic, Findings};
use crate::pack::Pack;
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Analytic, Context, Event, Name, Param, Rule};
use std::collections::{BTreeSet, HashMap};

/// All names of a rule; a place in a table is the id that the typed rule uses until unused parts are left out.
pub(super) struct Names<'a> {
    pub params: Table<'a, Param>,
    /// Sorted so that a let uses earlier ones only; those of a cycle are left out.
    pub lets: Table<'a, Expr>,
    pub events: Table<'a, Event>,
    pub contexts: Table<'a, Context>,
    pub signals: Table<'a, Analytic>,
    /// Lets that are declared and were left out with a finding of their own.
    pub left_out: BTreeSet<&'a str>,
    /// Whether definitions may be missing because they could not be read.
    pub open: bool,
    /// Whether a file that the rule is made of could not be read whole.
    pub faulty: bool,
}

/// Something that was declared.
pub(super) struct Declared<'a, T> {
    pub name: &'a Name,
    pub item: &'a T,
    /// True where it comes from `shared/`.
    pub shared: bool,
}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Declared<'_, T> {}

/// Declarations of one kind, in order, found by name.
pub(super) struct Table<'a, T> {
    pub items: Vec<Declared<'a, T>>,
    index: HashMap<&'a str, u32>,
}

impl<'a, T> Table<'a, T> {
    fn new() -> Self {
        Table { items: Vec::new(), index: HashMap::new() }
    }

    /// The id of a name.
    pub fn id(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    /// The declaration with an id.
    pub fn get(&self, id: u32) -> Option<Declared<'a, T>> {
        self.items.get(id as usize).copied()
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.items.iter().map(|d| d.name.value.as_str())
    }

    fn add(&mut self, declared: Declared<'a, T>) {
        self.index.entry(&declared.name.value).or_insert(self.items.len() as u32);
        self.items.push(declared);
    }

    fn keep(&mut self, order: &[usize]) {
        let items = std::mem::take(&mut self.items);
        self.index.clear();
        for &place in order {
            if let Some(declared) = items.get(place) {
                self.add(*declared);
            }
        }
    }
}

/// Collects the names of a rule.
pub(super) fn collect<'a>(pack: &'a Pack, rule: &'a Rule, findings: &mut Findings) -> Names<'a> {
    let mut names = Names {
        params: Table::new(),
        lets: Table::new(),
        events: Table::new(),
        contexts: Table::new(),
        signals: Table::new(),
        left_out: BTreeSet::new(),
        open: false,
        faulty: false,
    };
    let mut seen = Seen { pack, values: HashMap::new(), streams: HashMap::new(), params: HashMap::new() };
    let shared = used_files(pack, rule, findings);
    names.open = shared.len() < rule.uses.len() || (rule.uses.is_empty() && rule.keys.iter().any(|k| k == "use"));
    for (parts, is_shared) in std::iter::once((&rule.shared, false)).chain(shared.into_iter().map(|s| (s, true))) {
        names.open |= parts.open;
        names.faulty |= parts.faulty;
        for (name, item) in &parts.params {
            if seen.param(name, findings) {
                names.params.add(Declared { name, item, shared: is_shared });
            }
        }
        for (name, item) in &parts.lets {
            if seen.value(name, "let", findings) {
                names.lets.add(Declared { name, item, shared: is_shared });
            }
        }
        for (name, item) in &parts.events {
            if seen.stream(name, "event", findings) {
                names.events.add(Declared { name, item, shared: is_shared });
            }
        }
        for (name, item) in &parts.contexts {
            if seen.value(name, "context", findings) {
                names.contexts.add(Declared { name, item, shared: is_shared });
            }
        }
    }
    for (name, item) in &rule.signals {
        if seen.stream(name, "signal", findings) {
            names.signals.add(Declared { name, item, shared: false });
        }
    }
    let needs = |i: usize| {
        let names_of = names.lets.items.get(i).map(|d| names_in(d.item)).unwrap_or_default();
        names_of.into_iter().filter_map(|(n, _)| names.lets.id(n)).map(|i| i as usize).collect()
    };
    let order = order_of(&names.lets, "let", needs, findings);
    let before: BTreeSet<&str> = names.lets.names().collect();
    names.lets.keep(&order);
    names.left_out = before.into_iter().filter(|name| names.lets.id(name).is_none()).collect();
    names
}

fn used_files<'a>(pack: &'a Pack, rule: &'a Rule, findings: &mut Findings) -> Vec<&'a crate::syntax::rule::Shared> {
    let mut files = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for name in &rule.uses {
        if seen.contains(&name.value.as_str()) {
            findings.push(Diagnostic::error(codes::CLASH, name.span, format!("`{}` is used twice", name.value)));
            continue;
        }
        seen.push(&name.value);
        match pack.shared.get(&name.value) {
            Some(shared) => files.push(shared),
            None => {
                let message = format!("`shared/` has no file `{}.yaml`", name.value);
                let found = Diagnostic::error(codes::UNKNOWN_SHARED, name.span, message);
                findings.push(with_nearest(found, &name.value, pack.shared.keys().map(String::as_str)));
            }
        }
    }
    files
}

struct Seen<'a> {
    pack: &'a Pack,
    values: HashMap<&'a str, (&'static str, Span)>,
    streams: HashMap<&'a str, (&'static str, Span)>,
    params: HashMap<&'a str, (&'static str, Span)>,
}

impl<'a> Seen<'a> {
    fn value(&mut self, name: &'a Name, kind: &'static str, findings: &mut Findings) -> bool {
        if matches!(name.value.as_str(), "time" | "it") {
            let message = format!("`{}` has a meaning of its own and cannot name a {kind}", name.value);
            findings.push(Diagnostic::error(codes::CLASH, name.span, message));
            return false;
        }
        if let Some((_, field)) = self.pack.schema.field(&name.value).and_then(|f| self.pack.schema.field_at(f)) {
            let message = format!("the {kind} `{}` has the name of a field", name.value);
            findings.push(
                Diagnostic::error(codes::CLASH, name.span, message).related(field.span, "the field is declared here"),
            );
            return false;
        }
        claim(&mut self.values, name, kind, findings)
    }

    fn stream(&mut self, name: &'a Name, kind: &'static str, findings: &mut Findings) -> bool {
        claim(&mut self.streams, name, kind, findings)
    }

    fn param(&mut self, name: &'a Name, findings: &mut Findings) -> bool {
        claim(&mut self.params, name, "parameter", findings)
    }
}

fn claim<'a>(
    taken: &mut HashMap<&'a str, (&'static str, Span)>,
    name: &'a Name,
    kind: &'static str,
    findings: &mut Findings,
) -> bool {
    if let Some((other, span)) = taken.get(name.value.as_str()) {
        let article = if matches!(*other, "event") { "an" } else { "a" };
        let message = format!("the {kind} `{}` has the name of {article} {other}", name.value);
        findings.push(
            Diagnostic::error(codes::CLASH, name.span, message)
                .related(*span, format!("the {other} is declared here"))
                .help("nothing shadows another name: rename one of the two"),
        );
        return false;
    }
    taken.insert(&name.value, (kind, name.span));
    true
}

/// Places of a table's declarations so that each comes after those it needs; a cycle is reported once and left out.
pub(super) fn order_of<T>(
    table: &Table<'_, T>,
    kind: &str,
    needs: impl Fn(usize) -> Vec<usize>,
    findings: &mut Findings,
) -> Vec<usize> {
    let count = table.items.len();
    let mut walk = Walk {
        state: vec![State::New; count],
        depth: vec![0; count],
        order: Vec::new(),
        cycles: Vec::new(),
        deep: None,
    };
    for i in 0..table.items.len() {
        walk.visit(i, &needs, &mut Vec::new());
    }
    for cycle in &walk.cycles {
        let names: Vec<String> =
            cycle.iter().filter_map(|&i| table.items.get(i)).map(|d| format!("`{}`", d.name.value)).collect();
        let Some(first) = cycle.first().and_then(|&i| table.items.get(i)) else { continue };
        let message = if names.len() == 1 {
            format!("the {kind} {} needs itself", names.join(""))
        } else {
            format!("the {kind}s {} need each other", names.join(", "))
        };
        findings.push(Diagnostic::error(codes::CYCLE, first.name.span, message));
    }
    if let Some(name) = walk.deep.and_then(|i| table.items.get(i)).map(|d| d.name) {
        let message = format!("the {kind} `{}` stands on more than {DEEPEST} others, one on another", name.value);
        findings.push(Diagnostic::error(codes::TOO_LARGE, name.span, message).help("write some of them as one"));
    }
    walk.order
}

/// Most definitions that stand one on another: what reads them goes down as deep.
const DEEPEST: usize = 100;

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Good,
    Bad,
}

struct Walk {
    state: Vec<State>,
    /// How many definitions a good one stands on, one on another, itself among them.
    depth: Vec<usize>,
    order: Vec<usize>,
    cycles: Vec<Vec<usize>>,
    /// The first that stands on too many.
    deep: Option<usize>,
}

impl Walk {
    /// True where the place and all that it needs are free of cycles.
    fn visit(&mut self, i: usize, needs: &impl Fn(usize) -> Vec<usize>, path: &mut Vec<usize>) -> bool {
        match self.state.get(i) {
            Some(State::Good) => return true,
            None | Some(State::Bad) => return false,
            Some(State::Open) => {
                let start = path.iter().position(|&p| p == i).unwrap_or(0);
                self.cycles.push(path.iter().skip(start).copied().collect());
                return false;
            }
            Some(State::New) => {}
        }
        if path.len() > DEEPEST {
            return self.too_deep(i);
        }
        self.set(i, State::Open);
        path.push(i);
        let mut good = true;
        let mut below = 0;
        for need in needs(i) {
            good &= self.visit(need, needs, path);
            below = below.max(self.depth.get(need).copied().unwrap_or(0));
        }
        path.pop();
        if good && below >= DEEPEST {
            return self.too_deep(i);
        }
        if let Some(depth) = self.depth.get_mut(i) {
            *depth = below + 1;
        }
        self.set(i, if good { State::Good } else { State::Bad });
        if good {
            self.order.push(i);
        }
        good
    }

    /// Leaves out a place that stands on too many; what stands on it goes with it.
    fn too_deep(&mut self, i: usize) -> bool {
        self.deep.get_or_insert(i);
        self.set(i, State::Bad);
        false
    }

    fn set(&mut self, i: usize, state: State) {
        if let Some(slot) = self.state.get_mut(i) {
            *slot = state;
        }
    }
}

/// The candidate that a mistyped name most likely means: a field of that last part goes before a similar name.
pub(super) fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let tail = format!(".{name}");
    let by_tail = candidates.iter().copied().find(|c| c.ends_with(&tail));
    by_tail.or_else(|| crate::diagnostic::nearest(name, candidates))
}

/// Adds the nearest candidate as help.
pub(super) fn with_nearest<'n>(
    found: Diagnostic,
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    match nearest(name, candidates) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    }
}
