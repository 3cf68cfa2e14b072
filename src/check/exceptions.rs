//! Exceptions: known good behaviour with an owner, a reason and an end.

use super::checker::Checker;
use super::expr::Site;
use super::surface::names_in;
use super::{Expired, codes};
use crate::ir::{self, SignalId};
use crate::syntax::rule::{Exception, Name};

const DAY: i64 = 86_400_000;

impl<'a> Checker<'a> {
    /// Exceptions of one kind that may concern this rule, each with whether it was written for it.
    pub fn exceptions_on(&self, wanted: &str) -> Vec<(&'a Exception, bool)> {
        let name = self.rule.name.as_ref().map(|n| n.value.as_str());
        let own = self.rule.exceptions.iter().map(|e| (e, true));
        let placed = self.pack.exceptions.iter().chain(&self.environment.exceptions);
        let placed = placed.filter_map(|e| match &e.rule {
            Some(rule) if Some(rule.value.as_str()) == name => Some((e, true)),
            Some(_) => None,
            None => Some((e, false)),
        });
        let on = |e: &Exception| e.on.as_ref().map_or("hit", |o| o.value.as_str()).to_owned();
        own.chain(placed).filter(|(e, _)| on(e) == wanted).collect()
    }

    /// The exceptions on hits, and what is to be said about all of them.
    pub fn hit_exceptions(&mut self, detect: Option<SignalId>) -> Vec<ir::Exception> {
        self.exception_words();
        let info = detect.and_then(|d| self.signals.get(d.index())?.clone());
        let (rows, range) = info.map(|i| (i.rows, i.range)).unwrap_or_default();
        let mut all = Vec::new();
        for (exception, own) in self.exceptions_on("hit") {
            let Some(when) = &exception.when else { continue };
            if !own && !names_in(when).iter().all(|(name, _)| self.hit_knows(name, &rows)) {
                continue;
            }
            let typed = self.condition(&Site::hit("an exception", &rows, &range), when);
            let expires = self.expiry(exception);
            let name = exception.name.as_ref().map(|n| n.value.clone()).unwrap_or_default();
            all.extend(typed.map(|when| ir::Exception { name, when, expires, span: exception.span }));
        }
        all
    }

    fn hit_knows(&self, name: &str, rows: &super::rows::Rows) -> bool {
        let fields = match (self.schema.field(name), self.names.lets.id(name)) {
            (Some(field), _) => vec![field],
            (None, Some(id)) => {
                let info = self.lets.get(id as usize).and_then(Option::as_ref);
                info.map(|l| l.fields.iter().copied().collect()).unwrap_or_default()
            }
            _ => {
                return matches!(name, "time" | "it")
                    || self.lookup_id(name).is_some()
                    || self.names.contexts.id(name).is_some();
            }
        };
        rows.sources().iter().any(|s| fields.iter().all(|f| self.schema.slot(*s, *f).is_some()))
    }

    /// When an exception ends, milliseconds since the epoch: a date is its first instant in UTC.
    pub fn expiry(&mut self, exception: &Exception) -> Option<i64> {
        let written = exception.expires.as_ref()?;
        match instant(&written.value) {
            Some(at) => Some(at),
            None => {
                let message = format!("`{}` is no date", written.value);
                self.error_help(codes::DATE, written.span, message, "write `2026-12-31` or `2026-12-31T00:00:00Z`")
            }
        }
    }

    fn exception_words(&mut self) {
        let mut seen: Vec<&'a Exception> = self.exceptions_on("hit").into_iter().map(|(e, _)| e).collect();
        seen.extend(self.exceptions_on("event").into_iter().map(|(e, _)| e));
        for exception in self.rule.exceptions.iter().chain(&self.pack.exceptions).chain(&self.environment.exceptions) {
            if let Some(on) = &exception.on
                && !matches!(on.value.as_str(), "hit" | "event")
            {
                self.unknown_word::<()>(on, "place of an exception", &["hit", "event"]);
            }
        }
        for exception in seen {
            if exception.when.is_none() {
                self.error::<()>(codes::PART_MISSING, exception.span, "an exception needs `when`");
            }
            self.exception_metadata(exception);
            self.expiry_near(exception);
        }
    }

    fn exception_metadata(&mut self, exception: &Exception) {
        let parts: [(&str, &Option<Name>); 4] = [
            ("name", &exception.name),
            ("owner", &exception.owner),
            ("reason", &exception.reason),
            ("expires", &exception.expires),
        ];
        let missing: Vec<&str> = parts.iter().filter(|(_, p)| p.is_none()).map(|(n, _)| *n).collect();
        if !missing.is_empty() {
            let message = format!("the exception has no {}", super::checker::listed(missing));
            let help = "an exception names who owns it, why it exists and when it ends, so that it does not outlive its reason";
            self.warn(codes::EXCEPTION_METADATA, exception.span, message, help);
        }
    }

    fn expiry_near(&mut self, exception: &Exception) {
        let Some(expires) = self.expiry(exception) else { return };
        let Some(today) = self.options.today else { return };
        let span = exception.expires.as_ref().map_or(exception.span, |e| e.span);
        let name = exception.name.as_ref().map_or("", |n| n.value.as_str());
        if expires <= today {
            let message = format!("the exception `{name}` has expired");
            let help = "renew it with its owner, or take it out";
            match self.options.expired {
                Expired::Error => self.error_help(codes::EXPIRED, span, message, help).unwrap_or_default(),
                Expired::Lint => self.warn(codes::HAS_EXPIRED, span, message, help),
            }
        } else if expires - today <= 14 * DAY {
            let days = (expires - today + DAY - 1) / DAY;
            let message = format!("the exception `{name}` expires in {days} day{}", if days == 1 { "" } else { "s" });
            self.warn(codes::EXPIRES_SOON, span, message, "renew it with its owner, or let it end");
        }
    }
}

fn instant(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp().as_millisecond())
}
