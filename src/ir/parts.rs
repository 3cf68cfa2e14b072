//! Where a typed rule keeps its expressions and streams, to be read or to be changed.

use super::expr::{Expr, ExprKind, Leaf};
use super::{Analytic, ContextForm, Keys, Measure, Rule, Template, TemplatePiece};

impl Expr {
    /// Its direct parts in written order, those inside a leaf (`any(c)`, a measure over the range) included.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Leaf(leaf) => leaf.children(),
            _ => super::walk::children(self),
        }
    }

    /// As [`Expr::children`], to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Const(_) | ExprKind::Param(_) => Vec::new(),
            ExprKind::Leaf(leaf) => leaf.children_mut(),
            ExprKind::Not(e) | ExprKind::Exists(e) => vec![e],
            ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Coalesce(all) => all.iter_mut().collect(),
            ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => vec![left, right],
            ExprKind::Between { item, low, high } => vec![item, low, high],
            ExprKind::Test { item, needle, .. } => vec![item, needle],
            ExprKind::Like { item, .. } | ExprKind::Matches { item, .. } | ExprKind::InNets { item, .. } => vec![item],
            ExprKind::InList { item, list, .. } => std::iter::once(&mut **item).chain(list).collect(),
            ExprKind::InField { item, list, .. } => vec![item, list],
            ExprKind::InLookup { keys, .. } | ExprKind::Lookup { keys, .. } => keys.iter_mut().collect(),
            ExprKind::AnyItem { list, test } => vec![list, test],
            ExprKind::Call { args, .. } => args.iter_mut().collect(),
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
        }
    }

    /// Visits it and every part of it, outermost first.
    pub fn visit<'e>(&'e self, f: &mut dyn FnMut(&'e Expr)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// Visits every part of it and then it, to be changed.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        for child in self.children_mut() {
            child.visit_mut(f);
        }
        f(self);
    }
}

impl Leaf {
    fn children(&self) -> Vec<&Expr> {
        match self {
            Leaf::AnyInRange(e) | Leaf::AllInRange(e) => vec![e],
            Leaf::OverRange(measure) => measure.exprs(),
            _ => Vec::new(),
        }
    }

    fn children_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Leaf::AnyInRange(e) | Leaf::AllInRange(e) => vec![e],
            Leaf::OverRange(measure) => measure.exprs_mut(),
            _ => Vec::new(),
        }
    }
}

impl Measure {
    /// Its argument and its condition, where it has them.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.argument.iter().chain(&self.filter).collect()
    }

    /// As [`Measure::exprs`], to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.argument.iter_mut().chain(&mut self.filter).collect()
    }
}

impl Keys {
    /// Every expression of every key.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.0.iter().flat_map(|k| k.by_source.iter().map(|(_, e)| e)).collect()
    }

    /// As [`Keys::exprs`], to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.0.iter_mut().flat_map(|k| k.by_source.iter_mut().map(|(_, e)| e)).collect()
    }
}

impl Template {
    /// The expressions in its holes.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.0.iter().filter_map(|p| if let TemplatePiece::Value(e) = p { Some(e) } else { None }).collect()
    }

    /// As [`Template::exprs`], to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.0.iter_mut().filter_map(|p| if let TemplatePiece::Value(e) = p { Some(e) } else { None }).collect()
    }
}

impl ContextForm {
    /// The expressions that it reads.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            ContextForm::LastValue(e) => vec![e],
            ContextForm::Measure { measure, .. } => measure.exprs(),
            _ => Vec::new(),
        }
    }

    /// As [`ContextForm::exprs`], to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            ContextForm::LastValue(e) => vec![e],
            ContextForm::Measure { measure, .. } => measure.exprs_mut(),
            _ => Vec::new(),
        }
    }
}

impl Analytic {
    /// Every expression that stands directly in it: keys, conditions, measures, reasons.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Analytic::Match { of, keys } => of.filter.iter().chain(keys.exprs()).collect(),
            Analytic::Any { keys, .. } => keys.iter().flat_map(Keys::exprs).collect(),
            Analytic::Threshold { of, keys, measures, having, .. } => {
                let parts = of.filter.iter().chain(keys.exprs()).chain(measures.iter().flat_map(Measure::exprs));
                parts.chain(std::iter::once(having)).collect()
            }
            Analytic::Together { of, keys, .. } => {
                of.iter().filter_map(|i| i.filter.as_ref()).chain(keys.exprs()).collect()
            }
            Analytic::Evidence { of, when, keys, .. } => {
                let filters = of.iter().filter_map(|w| w.what.filter.as_ref());
                let reasons = of.iter().map(|w| &w.because).chain(when.iter().map(|w| &w.because));
                filters.chain(keys.exprs()).chain(reasons.flatten().flat_map(Template::exprs)).collect()
            }
            Analytic::Sequence(s) => {
                let steps = s.steps.iter().flat_map(|step| {
                    let gaps = step.absent_before.iter().flat_map(|g| g.keys.exprs());
                    step.filter.iter().chain(step.keys.exprs()).chain(gaps)
                });
                let absences = s.absent_first.iter().chain(&s.absent_last).flat_map(|a| a.keys.exprs());
                steps.chain(absences).chain(s.until.iter().flat_map(|u| u.keys.exprs())).collect()
            }
            Analytic::Baseline(b) => {
                let parts = b.of.filter.iter().chain(b.keys.exprs()).chain(b.measure.exprs());
                parts.chain(b.statistics.iter().flat_map(Measure::exprs)).chain(std::iter::once(&b.having)).collect()
            }
            Analytic::Novelty(n) => n.of.filter.iter().chain(n.keys.exprs()).chain(n.value.exprs()).collect(),
        }
    }

    /// As [`Analytic::exprs`], to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Analytic::Match { of, keys } => of.filter.iter_mut().chain(keys.exprs_mut()).collect(),
            Analytic::Any { keys, .. } => keys.iter_mut().flat_map(Keys::exprs_mut).collect(),
            Analytic::Threshold { of, keys, measures, having, .. } => {
                let parts = of.filter.iter_mut().chain(keys.exprs_mut());
                let parts = parts.chain(measures.iter_mut().flat_map(Measure::exprs_mut));
                parts.chain(std::iter::once(having)).collect()
            }
            Analytic::Together { of, keys, .. } => {
                of.iter_mut().filter_map(|i| i.filter.as_mut()).chain(keys.exprs_mut()).collect()
            }
            Analytic::Evidence { of, when, keys, .. } => {
                let mut all: Vec<&mut Expr> = keys.exprs_mut();
                for w in of {
                    all.extend(w.what.filter.as_mut());
                    all.extend(w.because.iter_mut().flat_map(Template::exprs_mut));
                }
                all.extend(when.iter_mut().filter_map(|w| w.because.as_mut()).flat_map(Template::exprs_mut));
                all
            }
            Analytic::Sequence(s) => {
                let steps = s.steps.iter_mut().flat_map(|step| {
                    let gaps = step.absent_before.iter_mut().flat_map(|g| g.keys.exprs_mut());
                    step.filter.iter_mut().chain(step.keys.exprs_mut()).chain(gaps)
                });
                let absences = s.absent_first.iter_mut().chain(&mut s.absent_last).flat_map(|a| a.keys.exprs_mut());
                steps.chain(absences).chain(s.until.iter_mut().flat_map(|u| u.keys.exprs_mut())).collect()
            }
            Analytic::Baseline(b) => {
                let parts = b.of.filter.iter_mut().chain(b.keys.exprs_mut()).chain(b.measure.exprs_mut());
                let parts = parts.chain(b.statistics.iter_mut().flat_map(Measure::exprs_mut));
                parts.chain(std::iter::once(&mut b.having)).collect()
            }
            Analytic::Novelty(n) => {
                n.of.filter.iter_mut().chain(n.keys.exprs_mut()).chain(n.value.exprs_mut()).collect()
            }
        }
    }
}

impl Rule {
    /// The expressions of what is read at a hit: confidence, alert and exceptions.
    pub fn hit_exprs(&self) -> Vec<&Expr> {
        let raises = self.confidence.iter().flat_map(|c| &c.raise);
        let raises = raises.flat_map(|r| std::iter::once(&r.when).chain(r.because.iter().flat_map(Template::exprs)));
        let named = self.alert.details.iter().chain(&self.alert.entities).map(|(_, e)| e);
        let once = self.alert.once_per.iter().filter_map(|o| o.keys.as_ref()).flat_map(Keys::exprs);
        let exceptions = self.exceptions.iter().map(|e| &e.when);
        raises.chain(self.alert.title.exprs()).chain(named).chain(once).chain(exceptions).collect()
    }

    /// As [`Rule::hit_exprs`], to be changed.
    pub fn hit_exprs_mut(&mut self) -> Vec<&mut Expr> {
        let raises = self.confidence.iter_mut().flat_map(|c| &mut c.raise);
        let raises =
            raises.flat_map(|r| std::iter::once(&mut r.when).chain(r.because.iter_mut().flat_map(Template::exprs_mut)));
        let alert = &mut self.alert;
        let named = alert.details.iter_mut().chain(&mut alert.entities).map(|(_, e)| e);
        let once = alert.once_per.iter_mut().filter_map(|o| o.keys.as_mut()).flat_map(Keys::exprs_mut);
        let exceptions = self.exceptions.iter_mut().map(|e| &mut e.when);
        raises.chain(alert.title.exprs_mut()).chain(named).chain(once).chain(exceptions).collect()
    }

    /// Every expression of the rule, lets first.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let mut all: Vec<&mut Expr> = Vec::new();
        let Rule { lets, events, contexts, signals, confidence, alert, exceptions, .. } = self;
        all.extend(lets.iter_mut().map(|l| &mut l.expr));
        all.extend(events.iter_mut().filter_map(|e| e.filter.as_mut()));
        for context in contexts {
            all.extend(context.form.exprs_mut());
            all.extend(context.filter.as_mut());
            all.extend(context.keys.exprs_mut());
        }
        all.extend(signals.iter_mut().flat_map(|s| s.analytic.exprs_mut()));
        for raise in confidence.iter_mut().flat_map(|c| &mut c.raise) {
            all.push(&mut raise.when);
            all.extend(raise.because.iter_mut().flat_map(Template::exprs_mut));
        }
        all.extend(alert.title.exprs_mut());
        all.extend(alert.details.iter_mut().chain(&mut alert.entities).map(|(_, e)| e));
        all.extend(alert.once_per.iter_mut().filter_map(|o| o.keys.as_mut()).flat_map(Keys::exprs_mut));
        all.extend(exceptions.iter_mut().map(|e| &mut e.when));
        all
    }
}

impl Analytic {
    /// Every stream that it reads, in written order; repeats included.
    pub fn streams(&self) -> Vec<super::StreamRef> {
        match self {
            Analytic::Match { of, .. } | Analytic::Threshold { of, .. } => vec![of.stream],
            Analytic::Any { of, .. } => of.clone(),
            Analytic::Together { of, after, .. } => of.iter().map(|i| i.stream).chain(*after).collect(),
            Analytic::Evidence { of, .. } => of.iter().map(|w| w.what.stream).collect(),
            Analytic::Sequence(s) => {
                let steps = s
                    .steps
                    .iter()
                    .flat_map(|step| step.absent_before.iter().map(|g| g.stream).chain(step.of.iter().copied()));
                let first = s.absent_first.iter().map(|a| a.stream);
                let last = s.absent_last.iter().map(|a| a.stream);
                first.chain(steps).chain(last).chain(s.until.iter().map(|u| u.stream)).collect()
            }
            Analytic::Baseline(b) => vec![b.of.stream],
            Analytic::Novelty(n) => std::iter::once(n.of.stream).chain(n.known).collect(),
        }
    }
}
