//! Rows of a key that meet: each that looks comes once for every one that it may look at, and then once again with what it learnt.
//!
//! Rows are gathered by key as texts (`VALUES`), and expanded. So that few meet, time is cut into stretches as long as a row looks back: it
//! meets the rows of its own stretch and of the one before. Columns that are not read until after the next meeting wait in the text (`fold`).

use super::Writer;
use super::fold::{self, Folded};
use super::group::View;
use super::legal::Beside;
use super::pack::{ordered, read, written};
use super::text::span;
use crate::ir::ExprKind;
use crate::plan::{Column, Direction, Expr, Stage};
use crate::value::Type;
use serde_json::json;
use std::sync::Arc;

/// A row packed into a text, and how it comes apart: its time, its order where that is asked for, what is read later.
pub(super) struct Own {
    pub row: String,
    pub order: Option<String>,
    /// What comes out again right away.
    pub columns: Vec<Column>,
    /// What stays in, and the text in which some of it is already.
    waits: Vec<Column>,
    waited: Option<Folded>,
    text: String,
}

impl Own {
    /// What has to be known of a row behind the stage, without the columns that rows are gathered by; `ordered` where the order, which no
    /// two rows share, goes in front.
    pub fn new(w: &mut Writer<'_>, step: &Beside<'_>, by: &[Column], ordered: bool) -> Own {
        let used = w.used_from(step.next);
        let deciding = w.deciding_from(step.next);
        let mut made = Vec::new();
        crate::plan::columns::made_by(step.stage, &mut made);
        if ordered && !asked_again(w, step.next) {
            // What tells rows apart here is their order.
            w.identity.clear();
        }
        let identity = w.identity.clone();
        let order = if sorted_again(w, step.next) { step.order.as_slice() } else { &[] };
        let is_order = |c: &Column| order.iter().any(|(by, _)| by == c);
        let kept: Vec<Column> = w
            .known()
            .into_iter()
            .filter(|c| (used.contains(c) && !made.contains(c)) || identity.contains(c) || is_order(c))
            .filter(|c| !by.contains(c) && &*c.0 != "event_time")
            .collect();
        let columns = super::group::without_lists(w, kept, deciding);
        let soon = fold::until_next(w, step.next);
        let is_soon = |c: &Column| match &soon {
            Some(soon) => soon.contains(c) || identity.contains(c) || is_order(c),
            None => true,
        };
        let in_text = |w: &Writer<'_>, c: &Column| w.folded.iter().flat_map(|f| &f.columns).flatten().any(|f| f == c);
        if columns.iter().any(|c| is_soon(c) && in_text(w, c)) {
            fold::unfold(w);
        }
        let columns: Vec<Column> = columns.into_iter().filter(|c| !in_text(w, c)).collect();
        let (columns, waits) = columns.into_iter().partition(is_soon);
        let waited = w.folded.take();
        Own { row: w.fresh("own_row"), order: None, columns, waits, waited, text: w.fresh("rest") }
    }

    /// The text; `order` goes in front.
    pub fn packed(&self, w: &Writer<'_>, order: Option<&str>) -> String {
        let mut parts = vec!["TO_STRING(event_time)".to_owned()];
        parts.extend(order.map(str::to_owned));
        parts.extend(self.columns.iter().map(|c| written(w, c)));
        if self.has_text() {
            // What is left over must not begin with what parts it: `DISSECT` takes several of those for one.
            parts.push("\"-\"".to_owned());
        }
        parts.extend(self.waits.iter().map(|c| written(w, c)));
        parts.extend(self.waited.iter().map(|f| f.text.clone()));
        match parts.as_slice() {
            [one] => one.clone(),
            all => format!("CONCAT({})", all.join(", \",\", ")),
        }
    }

    /// How `DISSECT` takes it apart.
    pub fn pattern(&self) -> String {
        let order = self.order.iter().map(|o| format!("%{{{o}}}"));
        let columns = self.columns.iter().map(|c| format!("%{{{}}}", c.0));
        let text = self.has_text().then(|| format!("%{{{}}}", self.text));
        std::iter::once("%{event_time}".to_owned())
            .chain(order)
            .chain(columns)
            .chain(text)
            .collect::<Vec<_>>()
            .join(",")
    }

    fn has_text(&self) -> bool {
        !self.waits.is_empty() || self.waited.is_some()
    }

    /// Column and value, after it came apart.
    pub fn unpacked(&self, w: &mut Writer<'_>) -> Vec<(String, String)> {
        let mut all = vec![("event_time".to_owned(), "TO_DATETIME(event_time)".to_owned())];
        all.extend(self.columns.iter().map(|c| (w.name(c), read(w, c))));
        self.columns.iter().for_each(|c| w.widen(c));
        all
    }

    /// What is known of a row behind the stage.
    pub fn remains(&self, w: &mut Writer<'_>, by: &[Column]) {
        let time = Column(Arc::from("event_time"));
        let waited = self.waited.iter().flat_map(|f| f.columns.clone());
        let waits: Vec<Option<Column>> =
            std::iter::once(None).chain(self.waits.iter().cloned().map(Some)).chain(waited).collect();
        w.types.retain(|c, _| {
            self.columns.contains(c) || by.contains(c) || *c == time || waits.iter().flatten().any(|f| f == c)
        });
        w.folded = self.has_text().then(|| Folded { text: self.text.clone(), columns: waits });
    }
}

/// Whether a later stage goes by the same order.
fn sorted_again(w: &Writer<'_>, next: usize) -> bool {
    let behind = w.plan.stages.get(next..).unwrap_or_default().iter().map(|note| &note.stage);
    behind
        .take_while(|stage| !matches!(stage, Stage::Sort(_)))
        .any(|stage| looks_beside(stage) || matches!(stage, Stage::Group { .. } | Stage::Number(_)))
}

/// Whether a later stage has to tell rows apart.
fn asked_again(w: &Writer<'_>, next: usize) -> bool {
    let behind = w.plan.stages.get(next..).unwrap_or_default().iter().map(|note| &note.stage);
    behind
        .take_while(|stage| !matches!(stage, Stage::Group { .. }))
        .any(|stage| looks_beside(stage) || matches!(stage, Stage::Number(_)))
}

/// Whether a stage says of a row what other rows have, which stay beside it.
pub(super) fn looks_beside(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Carry { .. }
            | Stage::Back { .. }
            | Stage::LastOfInstant { .. }
            | Stage::Over { .. }
            | Stage::Running { .. }
            | Stage::FirstOf { .. }
    )
}

/// Which rows meet.
pub(super) struct Meeting {
    pub keys: Vec<Column>,
    /// Rows that look; all where there is none.
    pub asks: Option<Expr>,
    /// Rows that are looked at.
    pub among: Expr,
    /// How far, milliseconds; any way where there is none.
    pub reach: Option<i64>,
    /// The order, where it is asked for.
    pub order: Option<Vec<(Column, Direction)>>,
}

/// A part of a row that is looked at.
pub(super) struct Part {
    pub column: Column,
    pub value: Expr,
}

impl Part {
    /// A row's place is a text here.
    fn ty(&self, w: &Writer<'_>) -> Type {
        match &self.value.kind {
            ExprKind::Leaf(column) if w.types.contains_key(column) => w.ty(column),
            _ => self.value.ty,
        }
    }
}

/// Names behind a meeting: every row that looks beside every one that it may look at.
pub(super) struct Met {
    pub own: Own,
    pub own_order: String,
    pub read_row: String,
    pub read_order: String,
    pub read_time: Column,
}

/// Gathers the rows of each key and stretch, and lets them meet.
pub(super) fn meet(w: &mut Writer<'_>, step: &Beside<'_>, meeting: &Meeting, parts: &[Part], needs_time: bool) -> Met {
    let order = in_order(w, meeting.order.as_deref().unwrap_or_default(), &meeting.keys);
    let mut own = Own::new(w, step, &meeting.keys, true);
    let (own_order, read_order) = (w.fresh("own_order"), w.fresh("read_order"));
    let (side, stretch, read_row) = (w.fresh("side"), w.fresh("stretch"), w.fresh("read_row"));
    let read_time = Column(Arc::from(w.fresh("read_time").as_str()));
    own.order = Some(own_order.clone());
    let packed = own.packed(w, Some(&order));
    let mut texts = vec![order, "TO_STRING(event_time)".to_owned()];
    let mut pattern = vec![format!("%{{{read_order}}}"), format!("%{{{}}}", read_time.0)];
    let mut typed = Vec::new();
    if needs_time {
        typed.push(json!({ "name": "event_time", "value": "TO_DATETIME(event_time)" }));
        typed.push(json!({ "name": read_time.0, "value": format!("TO_DATETIME({})", read_time.0) }));
    }
    for part in parts {
        let ty = part.ty(w);
        texts.push(part_text(w, &part.value, ty));
        pattern.push(format!("%{{{}}}", part.column.0));
        w.know(&part.column, ty);
        if needs_time {
            typed.push(json!({ "name": part.column.0, "value": read(w, &part.column) }));
        }
    }
    // A row that looks stands on side 0; one that is looked at stands in its own stretch, and in the one that may look back at it.
    let stays = step.stays.map(|e| w.printer.condition(e).inside(20));
    let among = w.printer.condition(&meeting.among).inside(20);
    let always = among == "TRUE" && stays.is_none();
    let stays = stays.map_or_else(|| format!("{side} == 0"), |s| format!("{side} == 0 AND {s}"));
    let later = meeting.order.iter().flatten().any(|(c, d)| &*c.0 == "event_time" && *d == Direction::Descending);
    let place = match meeting.reach {
        None => "0".to_owned(),
        Some(reach) => {
            let sign = if later { "-" } else { "+" };
            let reach = reach.max(1);
            format!("TO_LONG(DATE_TRUNC({}, event_time)) {sign} CASE({side} == 2, {reach}, 0)", span(reach))
        }
    };
    let place = match &meeting.asks {
        // Rows that do not look meet none.
        Some(asks) => format!("CASE({side} > 0 OR {}, {place})", w.printer.condition(asks).inside(10)),
        None => place,
    };
    let view = json!({
        "side": side, "near": meeting.reach.is_some(), "always": always,
        "stays": stays, "among": if among == "TRUE" { format!("{side} > 0") } else { format!("{side} > 0 AND {among}") },
        "stretch": stretch, "place": place, "own": own.row, "packed": packed,
        "read": read_row, "texts": texts, "keys": w.names(&meeting.keys), "own_pattern": format!("%{{event_time}},%{{{own_order}}},%{{}}"),
        "read_pattern": pattern.join(","), "typed": typed,
    });
    w.add("meet", &view);
    Met { own, own_order, read_row, read_order, read_time }
}

/// A part's value as a text without a comma.
fn part_text(w: &Writer<'_>, value: &Expr, ty: Type) -> String {
    let text = w.wide(value);
    match ty {
        Type::STRING => format!("COALESCE(TO_BASE64({text}), \"\")"),
        _ => format!("COALESCE(TO_STRING({text}), \"\")"),
    }
}

/// The order of a row as one text that no other row has; keys of a group do not matter inside it.
pub(super) fn in_order(w: &mut Writer<'_>, by: &[(Column, Direction)], keys: &[Column]) -> String {
    let mut parts: Vec<String> = by.iter().filter(|(c, _)| !keys.contains(c)).map(|(c, d)| ordered(w, c, *d)).collect();
    let identity: Vec<Column> = w.identity.iter().filter(|c| !keys.contains(c)).cloned().collect();
    parts.extend(identity.iter().map(|c| written(w, c)));
    match parts.as_slice() {
        [] => "\"\"".to_owned(),
        [one] => one.clone(),
        all => format!("CONCAT({})", all.join(", \" \", ")),
    }
}

/// One row again for each that looks, with what it learnt.
pub(super) fn settle(w: &mut Writer<'_>, met: &Met, keys: &[Column], mut view: View, made: &[(Column, Type)]) {
    view.rows.push(json!({ "name": met.own.row, "pattern": met.own.pattern() }));
    let own = met.own.unpacked(w);
    view.after.splice(0..0, own.into_iter().map(|(name, value)| json!({ "name": name, "value": value })));
    let mut by = vec![met.own.row.clone()];
    by.extend(w.names(keys));
    view.add(w, &by);
    met.own.remains(w, keys);
    made.iter().for_each(|(column, ty)| w.know(column, *ty));
}
