//! What an alert says, and how often.

use super::checker::Checker;
use super::codes;
use super::expr::{Site, SiteKind};
use super::rows::Rows;
use crate::ir::{self, OncePer, SignalId};
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Alert as Written, Name};
use crate::value::Type;

impl Checker<'_> {
    /// `alert:`; a rule without one alerts with its title.
    pub fn check_alert(&mut self, detect: Option<SignalId>) -> Option<ir::Alert> {
        let info = detect.and_then(|d| self.signals.get(d.index())?.clone());
        let (rows, range) = info.map(|i| (i.rows, i.range)).unwrap_or_default();
        let empty = Written::default();
        let written = self.rule.alert.as_ref().unwrap_or(&empty);
        let title = match written.title.as_ref().or(self.rule.title.as_ref()) {
            Some(title) => self.template(title, &Site::hit("`title`", &rows, &range)),
            None => Some(ir::Template::default()),
        };
        let details = self.named_values(&written.details, &rows, &range, "`details`", true);
        let entities = self.named_values(&written.entities, &rows, &range, "`entities`", false);
        let throttle = match &written.throttle {
            Some(throttle) => self.duration(throttle, "`throttle`", 1).map(Some),
            None => Some(None),
        };
        let once_per = self.once_per(written, &rows);
        Some(ir::Alert {
            title: title?,
            details: details?,
            entities: entities?,
            once_per: once_per?,
            throttle: throttle?,
        })
    }

    fn named_values(
        &mut self,
        written: &[(Name, Expr)],
        rows: &Rows,
        range: &Rows,
        place: &'static str,
        details: bool,
    ) -> Option<Vec<(String, ir::Expr)>> {
        let site = Site { place, rows, kind: SiteKind::Hit { range, details } };
        let mut all = Vec::new();
        for (at, (name, expr)) in written.iter().enumerate() {
            if written.iter().take(at).any(|(n, _)| n.value == name.value) {
                self.error::<()>(codes::CLASH, name.span, format!("`{}` is given twice in {place}", name.value));
            }
            let typed = self.value(&site, expr).and_then(|typed| match typed.ty {
                Type::List(_) if !details => self.error_help(
                    codes::LIST_HERE,
                    typed.span,
                    "an entity is one value, not a list",
                    "lists may stand in `details`",
                ),
                _ => Some(typed),
            });
            all.push(typed.map(|t| (name.value.clone(), t)));
        }
        all.into_iter().collect()
    }

    #[allow(clippy::option_option)] // wrong, left out, or there
    fn once_per(&mut self, written: &Written, rows: &Rows) -> Option<Option<OncePer>> {
        if let Some(once) = &written.once_per {
            let every = match &once.every {
                Some(every) => self.duration(every, "`once_per`", 1),
                None => self.error(codes::PART_MISSING, once.span, "`once_per` needs `every`"),
            };
            let keys = match &once.by {
                Some(by) => Some(self.keys(Some(by), &[rows], "the hit")?),
                None => None,
            };
            return Some(Some(OncePer { every: every?, keys, span: once.span }));
        }
        if written.throttle.is_some() {
            return Some(None);
        }
        if let Some(default) = &self.pack.defaults.once_per {
            let every = self.duration(default, "`once_per` of the pack", 1)?;
            return Some(Some(OncePer { every, keys: None, span: default.span }));
        }
        let span = if self.rule.alert.is_some() { written.span } else { self.rule.span };
        let help =
            "`once_per: 6h` keeps the first alert per group and 6 hours; `throttle: 6h` leaves that to the product";
        self.warn(codes::NO_THINNING, span, "the alert says neither `once_per` nor `throttle`", help);
        Some(None)
    }
}
