//! Contexts: what was true when an event happened.

use super::checker::{Checker, listed};
use super::codes;
use super::expr::{Site, SiteKind};
use super::names::with_nearest;
use super::rows::Rows;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ContextForm, ContextId, EventId, Keys};
use crate::pack::schema::SourceId;
use crate::source::Span;
use crate::syntax::rule::{Context, ContextForm as Written, Name};
use crate::value::Type;

impl Checker<'_> {
    /// Types every context over the events that it reads.
    pub fn check_contexts(&mut self) {
        for place in 0..self.names.contexts.items.len() {
            let context = self.names.contexts.get(place as u32).and_then(|d| self.check_context(d.name, d.item));
            self.contexts.push(context);
        }
    }

    fn check_context(&mut self, name: &Name, written: &Context) -> Option<ir::Context> {
        let of = self.context_event(name, written);
        let within = match &written.within {
            Some(within) => self.duration(within, "a context's `within`", 1),
            None => {
                let message = format!("the context `{}` needs `within`", name.value);
                self.error_help(codes::PART_MISSING, name.span, message, "how far back it looks, such as `within: 12h`")
            }
        };
        self.context_parts(written);
        let of = of?;
        let rows = self.events.get(of.index())?.as_ref()?.rows.clone();
        let site = Site::row("a context's `where`", &rows);
        let filter = match &written.filter {
            Some(filter) => self.condition(&site, filter).map(Some),
            None => Some(None),
        };
        let narrowed = rows.narrowed(filter.as_ref().and_then(Option::as_ref), &|l| self.let_body(l));
        // What is known of the rows that are read is not known of those that ask, nor of those that `known` looks at.
        let any = Rows::union(&narrowed.sources().into_iter().map(Rows::of).collect::<Vec<_>>());
        let keys = self.keys(written.by.as_ref(), &[&any], &format!("the context `{}`", name.value));
        let (form, ty) = self.context_form(written, &narrowed, within)?;
        Some(ir::Context {
            name: name.value.clone(),
            form,
            of,
            filter: filter?,
            keys: keys?,
            within: within?,
            ty,
            span: name.span,
        })
    }

    fn context_event(&mut self, name: &Name, written: &Context) -> Option<EventId> {
        let of = match &written.form {
            Written::Last(of)
            | Written::None(of)
            | Written::Some(of)
            | Written::Count(of)
            | Written::Measure(_, Some(of)) => of,
            Written::Measure(measure, None) => {
                let message = format!("the context `{}` needs `of`", name.value);
                return self.error_help(codes::PART_MISSING, measure.span, message, "the event that it measures");
            }
            Written::Absent => {
                let message = format!("the context `{}` reads nothing", name.value);
                let help = "one of `last`, `none`, `some`, `count` and `measure` says what it reads";
                return self.error_help(codes::PART_MISSING, name.span, message, help);
            }
        };
        if let Some(id) = self.names.events.id(&of.value) {
            return Some(EventId(id));
        }
        if self.names.signals.id(&of.value).is_some() {
            let message = format!("`{}` is a signal, and contexts read events", of.value);
            return self.error(codes::WRONG_KIND, of.span, message);
        }
        let found = Diagnostic::error(codes::UNKNOWN_STREAM, of.span, format!("no event is named `{}`", of.value));
        let names: Vec<&str> = self.names.events.names().collect();
        self.report(with_nearest(found, &of.value, names));
        None
    }

    /// Parts that belong to other forms.
    fn context_parts(&mut self, written: &Context) {
        if let Some(value) = &written.value
            && !matches!(written.form, Written::Last(_))
        {
            self.error::<()>(codes::PART_NOT_HERE, value.span, "`value` belongs to `last` only");
        }
        if let Some(known) = &written.known
            && !matches!(written.form, Written::None(_))
        {
            self.error::<()>(codes::PART_NOT_HERE, known.span, "`known` belongs to `none` only");
        }
        if let Some(include) = &written.include {
            if include.value != "self" {
                self.unknown_word::<()>(include, "value of `include`", &["self"]);
            } else if !matches!(written.form, Written::Measure(..)) {
                self.error::<()>(codes::PART_NOT_HERE, include.span, "`include: self` belongs to `measure` only");
            }
        }
    }

    fn context_form(&mut self, written: &Context, rows: &Rows, within: Option<i64>) -> Option<(ContextForm, Type)> {
        match &written.form {
            Written::Last(_) => match &written.value {
                None => Some((ContextForm::LastEvent, Type::BOOLEAN)),
                Some(value) => {
                    let typed = self.value(&Site::row("a context's `value`", rows), value)?;
                    if let Type::List(_) = typed.ty {
                        let message = "a context's `value` is one value, not a list";
                        return self.error(codes::LIST_HERE, typed.span, message);
                    }
                    let ty = typed.ty;
                    Some((ContextForm::LastValue(typed), ty))
                }
            },
            Written::None(_) => {
                let known = match &written.known {
                    Some(known) => {
                        let ms = self.duration(known, "`known`", 1)?;
                        self.known_is_longer(ms, within, known.span)?;
                        Some(ms)
                    }
                    None => None,
                };
                Some((ContextForm::None { known }, Type::BOOLEAN))
            }
            Written::Some(_) => Some((ContextForm::Some, Type::BOOLEAN)),
            Written::Count(_) => Some((ContextForm::Count, Type::INTEGER)),
            Written::Measure(measure, _) => {
                let site = Site { place: "a context's `measure`", rows, kind: SiteKind::Row };
                let measure = self.measure(&site, None, measure)?;
                let ty = measure.ty;
                if let Type::List(_) = ty {
                    return self.error(codes::LIST_HERE, measure.span, "a context is one value, not a list");
                }
                let include_self = written.include.is_some();
                Some((ContextForm::Measure { measure: Box::new(measure), include_self }, ty))
            }
            Written::Absent => None,
        }
    }

    fn known_is_longer(&mut self, known: i64, within: Option<i64>, span: Span) -> Option<()> {
        match within {
            Some(within) if known <= within => {
                let message = "`known` must be longer than `within`, or the context is never true";
                let help = "the stream must have shown the group before the silence: such as `within: 10m, known: 7d`";
                self.error_help(codes::KNOWN_WITHIN, span, message, help)
            }
            _ => Some(()),
        }
    }

    /// Lets rows of these sources ask the context.
    pub fn ask_context(&mut self, id: ContextId, sources: &[SourceId], span: Span) -> Option<()> {
        let declared = self.names.contexts.get(id.0)?;
        let Some(by) = &declared.item.by else { return Some(()) };
        let mut keys: Keys = self.contexts.get(id.index())?.as_ref()?.keys.clone();
        let whose = format!("the context `{}` is asked where the event", declared.name.value);
        let mut good = Some(());
        for source in sources {
            if self.extend_keys(&mut keys, by, *source, &whose, span).is_none() {
                good = None;
            }
        }
        if let Some(Some(context)) = self.contexts.get_mut(id.index()) {
            context.keys = keys;
        }
        good
    }

    /// A context by its name.
    pub fn context_named(&mut self, name: &Name) -> Option<ContextId> {
        if let Some(id) = self.names.contexts.id(&name.value) {
            return Some(ContextId(id));
        }
        let names: Vec<&str> = self.names.contexts.names().collect();
        let message = format!("no context is named `{}`", name.value);
        let found = Diagnostic::error(codes::UNKNOWN_CONTEXT, name.span, message);
        let found = if names.is_empty() {
            found.help("contexts are declared under `context`")
        } else {
            let known = format!("declared: {}", listed(names.iter().copied()));
            match super::names::nearest(&name.value, names) {
                Some(near) => found.help(format!("did you mean `{near}`?")),
                None => found.help(known),
            }
        };
        self.report(found);
        None
    }
}
