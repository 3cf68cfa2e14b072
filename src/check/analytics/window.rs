//! Windows: sliding, tumbling, hopping.

use crate::check::checker::Checker;
use crate::check::codes;
use crate::check::params::duration_text;
use crate::ir::Window;
use crate::source::Span;
use crate::syntax::expr::Expr;
use crate::syntax::rule::{Window as Written, Windowed};

/// Most windows that an event may lie in: each costs the evaluator, and every product, a row.
const MOST_WINDOWS: i64 = 10_000;

impl Checker<'_> {
    /// The window of an analytic.
    pub(super) fn window(&mut self, windowed: &Windowed, analytic: &str, span: Span) -> Option<Window> {
        let rise = self.rise(windowed);
        let Some(within) = &windowed.within else {
            let message = format!("`{analytic}` needs `within`");
            return self.error_help(
                codes::PART_MISSING,
                span,
                message,
                "the length of its window, such as `within: 1h`",
            );
        };
        match &windowed.window {
            None => {
                self.duration(within, "`within`", 0).map(|within| Window::Sliding { within, rise: rise == Some(true) })
            }
            Some(Written::Word(word)) if word.value == "sliding" => {
                self.duration(within, "`within`", 0).map(|within| Window::Sliding { within, rise: rise == Some(true) })
            }
            Some(Written::Word(word)) if word.value == "tumbling" => {
                self.sliding_only(windowed);
                self.duration(within, "`within`", 1).map(|size| Window::Tumbling { size })
            }
            Some(Written::Word(word)) => {
                let words = ["sliding", "tumbling"];
                self.unknown_word(word, "window (`{ every: h }` hops)", &words)
            }
            Some(Written::Every(every, at)) => self.hopping(windowed, within, every, *at),
        }
    }

    fn hopping(&mut self, windowed: &Windowed, within: &Expr, every: &Expr, span: Span) -> Option<Window> {
        self.sliding_only(windowed);
        let size = self.duration(within, "`within`", 1);
        let at = every.span;
        let every = self.duration(every, "`every` of a window", 1);
        let (size, every) = (size?, every?);
        if size % every != 0 {
            let message = "`within` of a hopping window must be a multiple of its `every`";
            return self.error_help(
                codes::OUT_OF_RANGE,
                span,
                message,
                "such as `within: 1h` and `window: { every: 15m }`",
            );
        }
        let windows = size / every;
        if windows > MOST_WINDOWS {
            let message = format!("an event lies in {windows} of these windows, and {MOST_WINDOWS} is the most");
            let least = duration_text(size / MOST_WINDOWS + i64::from(size % MOST_WINDOWS != 0));
            let help = format!("let them begin every `{least}` or less often, or leave `window` out: it then slides");
            return self.error_help(codes::OUT_OF_RANGE, at, message, help);
        }
        Some(if size == every { Window::Tumbling { size } } else { Window::Hopping { size, every } })
    }

    fn rise(&mut self, windowed: &Windowed) -> Option<bool> {
        let fires = windowed.fires.as_ref()?;
        if fires.value == "rise" {
            return Some(true);
        }
        self.unknown_word(fires, "value of `fires`", &["rise"])
    }

    fn sliding_only(&mut self, windowed: &Windowed) {
        if let Some(fires) = &windowed.fires {
            let message = "`fires: rise` belongs to sliding windows only";
            let help = "a tumbling or hopping window gives one hit as it is";
            self.error_help::<()>(codes::PART_NOT_HERE, fires.span, message, help);
        }
    }

    /// `measures` and `having` belong to `threshold`.
    pub(super) fn no_measures(&mut self, windowed: &Windowed, analytic: &str) {
        if let Some((name, _)) = windowed.measures.first() {
            let message = format!("`measures` belongs to `threshold`, not to `{analytic}`");
            self.error::<()>(codes::PART_NOT_HERE, name.span, message);
        }
        if let Some(having) = &windowed.having {
            let message = format!("`having` belongs to `threshold`, not to `{analytic}`");
            self.error::<()>(codes::PART_NOT_HERE, having.span, message);
        }
    }
}
