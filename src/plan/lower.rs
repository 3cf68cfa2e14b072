//! From a rule's expressions over rows to expressions over columns. Lookups and lets become columns where they are first read.

use super::build::Builder;
use super::{Column, Expr, Stage, make};
use crate::ir::{self, ExprKind, Leaf, LetId, LookupId};
use crate::value::{Type, Value};
use std::sync::Arc;

impl Builder<'_> {
    /// The expression over columns of the rows as they are now.
    pub fn lower(&mut self, expr: &ir::Expr) -> Expr {
        if let Some(special) = self.special(expr) {
            return special;
        }
        let mut parts: Vec<Expr> = ir::walk::children(expr).into_iter().map(|c| self.lower(c)).collect();
        parts.reverse();
        // `convert` asks for the parts in the order in which `children` gives them.
        match &expr.kind {
            // Parameters are constants here, and `x or false` is x.
            ExprKind::And(_) => {
                parts.reverse();
                return make::and(parts);
            }
            ExprKind::Or(_) => {
                parts.reverse();
                return make::or(parts);
            }
            ExprKind::Not(_) => {
                if let Some(inner) = parts.pop() {
                    return make::not(inner);
                }
            }
            _ => {}
        }
        let mut top = true;
        ir::walk::convert(expr, &mut |e, _| make::missing(e.ty), &mut |_| {
            if std::mem::take(&mut top) { None } else { parts.pop() }
        })
    }

    fn special(&mut self, expr: &ir::Expr) -> Option<Expr> {
        match &expr.kind {
            ExprKind::Leaf(leaf) => Some(self.leaf(expr, leaf)),
            ExprKind::Param(id) => {
                let value = self.rule.params.get(id.index()).map_or(Value::Missing, |p| p.value.clone());
                Some(Expr { kind: ExprKind::Const(value), ty: expr.ty, nullable: false, span: expr.span })
            }
            ExprKind::Lookup { lookup, keys, column } => Some(self.lookup(*lookup, keys, *column, None, expr.ty)),
            ExprKind::InLookup { lookup, keys } => Some(self.found(*lookup, keys)),
            ExprKind::Exists(inner) => self.context_known(inner),
            ExprKind::InList { fold, item, list } => Some(self.in_list(expr, *fold, item, list)),
            _ => None,
        }
    }

    /// A parameter that is a list stands for its elements.
    fn in_list(&mut self, expr: &ir::Expr, fold: bool, item: &ir::Expr, list: &[ir::Expr]) -> Expr {
        let item = Box::new(self.lower(item));
        let mut values = Vec::new();
        for entry in list {
            let entry = self.lower(entry);
            match entry.kind {
                ExprKind::Const(Value::List(items)) => {
                    values.extend(items.iter().map(|v| make::value(v.clone(), item.ty)));
                }
                ExprKind::Const(Value::Missing) => {}
                _ => values.push(entry),
            }
        }
        Expr { kind: ExprKind::InList { fold, item, list: values }, ty: expr.ty, nullable: false, span: expr.span }
    }

    fn leaf(&mut self, expr: &ir::Expr, leaf: &Leaf) -> Expr {
        match leaf {
            Leaf::Field(id) => {
                let column = self.field(*id);
                Expr { kind: ExprKind::Leaf(column), ty: expr.ty, nullable: expr.nullable, span: expr.span }
            }
            Leaf::Time => self.own_time.as_ref().map_or_else(|| self.now(), |c| make::sure(c, expr.ty)),
            Leaf::Let(id) => self.read_let(*id, expr),
            Leaf::It => {
                Expr { kind: ExprKind::Leaf(Column(Arc::from("it"))), ty: expr.ty, nullable: false, span: expr.span }
            }
            Leaf::Context(id) => self.read_context(*id, expr),
            Leaf::ContextField(id, field) => self.read_context_field(*id, *field, expr),
            Leaf::Measure(measure) => match self.measures.get(measure).cloned() {
                Some(column) => self.hit_measure(*measure, make::maybe(&column, expr.ty), expr.span),
                None => {
                    self.refuse(
                        expr.span,
                        "this measure is only known as a comparison with a constant, its value is not computed",
                        "compare it in `having`, or use another measure here",
                    );
                    make::missing(expr.ty)
                }
            },
            // These are about a hit: the alert's pass knows them, an event's condition does not.
            Leaf::Matched(_) | Leaf::AnyInRange(_) | Leaf::AllInRange(_) | Leaf::OverRange(_) => {
                if let Some(value) = self.hit_leaf(leaf) {
                    return value;
                }
                self.refuse(expr.span, "this is about a hit, not about an event", "move it to `confidence` or `alert`");
                make::missing(expr.ty)
            }
        }
    }

    fn read_let(&mut self, id: LetId, expr: &ir::Expr) -> Expr {
        let Some(definition) = self.rule.lets.get(id.index()) else { return make::missing(expr.ty) };
        let column = if let Some(column) = self.lets.get(&id) {
            column.clone()
        } else {
            let column = match &definition.expr.kind {
                ExprKind::Lookup { lookup, keys, column } => {
                    let read = self.lookup(*lookup, keys, *column, Some(&definition.name), expr.ty);
                    self.compute("", &definition.name, read)
                }
                _ => {
                    let value = self.lower(&definition.expr);
                    self.compute("", &definition.name, value)
                }
            };
            self.lets.insert(id, column.clone());
            column
        };
        Expr { kind: ExprKind::Leaf(column), ty: expr.ty, nullable: expr.nullable, span: expr.span }
    }

    fn lookup_stage(&mut self, lookup: LookupId, keys: &[ir::Expr]) -> usize {
        let keys: Vec<Expr> = keys.iter().map(|k| self.lower(k)).collect();
        // A column is the same whether or not one of its readers knows that it is there.
        let same = |known: &[Expr]| known.iter().map(|k| &k.kind).eq(keys.iter().map(|k| &k.kind));
        if let Some((_, _, stage)) = self.lookups.iter().find(|(l, k, _)| *l == lookup && same(k)) {
            return *stage;
        }
        let stage = self.stages.len();
        let name = self.rule.lookups.get(lookup.index()).map_or(String::new(), |l| l.name.clone());
        self.push(
            format!("lookup {name}"),
            Stage::Lookup { lookup, keys: keys.clone(), found: None, columns: Vec::new() },
        );
        self.lookups.push((lookup, keys, stage));
        stage
    }

    fn lookup(&mut self, id: LookupId, keys: &[ir::Expr], cell: usize, name: Option<&str>, ty: Type) -> Expr {
        let stage = self.lookup_stage(id, keys);
        let known = self.rule.lookups.get(id.index());
        let wish = name.map_or_else(
            || {
                known.map_or(String::new(), |l| {
                    format!("{}_{}", l.name, l.columns.get(cell).map_or("", |(n, _)| n.as_str()))
                })
            },
            str::to_owned,
        );
        let fresh = self.column(&wish);
        let Some(Stage::Lookup { columns, .. }) = self.stages.get_mut(stage).map(|n| &mut n.stage) else {
            return make::missing(ty);
        };
        let column = match columns.iter().find(|(c, _)| *c == cell) {
            Some((_, column)) => column.clone(),
            None => {
                columns.push((cell, fresh.clone()));
                self.keep_beyond_groups(stage, &fresh);
                fresh
            }
        };
        make::maybe(&column, ty)
    }

    fn found(&mut self, id: LookupId, keys: &[ir::Expr]) -> Expr {
        let stage = self.lookup_stage(id, keys);
        let name = self.rule.lookups.get(id.index()).map_or(String::new(), |l| l.name.clone());
        let fresh = self.column(&format!("in_{name}"));
        let Some(Stage::Lookup { found, .. }) = self.stages.get_mut(stage).map(|n| &mut n.stage) else {
            return make::boolean(false);
        };
        let column = found.get_or_insert(fresh).clone();
        self.keep_beyond_groups(stage, &column);
        make::flag(&column)
    }

    /// A lookup that was read before the rows were grouped has a column that is first asked for after it: the group keeps it too.
    fn keep_beyond_groups(&mut self, lookup: usize, column: &Column) {
        for note in self.stages.iter_mut().skip(lookup + 1) {
            if let Stage::Group { last, .. } = &mut note.stage
                && !last.contains(column)
            {
                last.push(column.clone());
            }
        }
    }
}
