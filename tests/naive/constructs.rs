//! Which constructs of the language a rule has.

use siemc::ir::walk::children;
use siemc::ir::{
    Analytic, ArithmeticOp, Baseline, CompareOp, Context, ContextForm, Empty, Expr, ExprKind, Function, GapMeasure,
    Keys, Leaf, Measure, MeasureFunction, Rule, Season, Sequence, Statistic, StreamRef, StringTest, Window,
};
use siemc::pack::lookup::Matching;
use std::collections::BTreeSet;

/// The names of what was found.
pub type Constructs = BTreeSet<String>;

/// The constructs of a rule.
pub fn constructs(rule: &Rule) -> Constructs {
    let mut found = Found { rule, names: Constructs::new() };
    for (place, signal) in rule.signals.iter().enumerate() {
        let form = found.analytic(&signal.analytic);
        let detect = place == rule.detect.index();
        found.name(format!("{form} as {}", if detect { "detect" } else { "a signal" }));
    }
    for context in &rule.contexts {
        found.context(context);
    }
    found.alert();
    for event in &rule.events {
        event.filter.iter().for_each(|e| found.expr(e, "a selection"));
    }
    rule.lets.iter().for_each(|l| found.expr(&l.expr, "a let"));
    found.names
}

struct Found<'r> {
    rule: &'r Rule,
    names: Constructs,
}

impl Found<'_> {
    fn name(&mut self, name: impl Into<String>) {
        self.names.insert(name.into());
    }

    fn when(&mut self, has: bool, name: &str) {
        if has {
            self.name(name);
        }
    }

    fn stream(&mut self, of: StreamRef, form: &str) {
        if let StreamRef::Signal(id) = of {
            let read = form_of(&self.rule.signals[id.index()].analytic);
            self.name(format!("{read} read by another"));
            self.name(format!("{form} over a signal"));
        }
    }

    fn analytic(&mut self, analytic: &Analytic) -> &'static str {
        let form = form_of(analytic);
        analytic.streams().into_iter().for_each(|s| self.stream(s, form));
        match analytic {
            Analytic::Match { keys, of } => {
                self.keys(keys);
                of.filter.iter().for_each(|e| self.expr(e, "match"));
            }
            Analytic::Any { keys, .. } => {
                self.when(keys.is_some(), "any: by");
                keys.iter().for_each(|k| self.keys(k));
            }
            Analytic::Threshold { of, keys, window, measures, having } => {
                self.keys(keys);
                self.window(*window, form);
                measures.iter().for_each(|m| self.measure(m, form));
                of.filter.iter().for_each(|e| self.expr(e, form));
                self.expr(having, "having");
            }
            Analytic::Together { of, keys, window, at_least, after } => {
                self.keys(keys);
                self.window(*window, form);
                self.when(after.is_some(), "together: after");
                self.when((*at_least as usize) < of.len(), "together: at_least");
                of.iter().filter_map(|i| i.filter.as_ref()).for_each(|e| self.expr(e, form));
            }
            Analytic::Evidence { of, when, keys, window, .. } => {
                self.keys(keys);
                self.window(*window, form);
                self.when(!when.is_empty(), "evidence: when a context");
                self.when(of.iter().any(|w| w.because.is_some()), "evidence: because");
                of.iter().filter_map(|i| i.what.filter.as_ref()).for_each(|e| self.expr(e, form));
            }
            Analytic::Sequence(sequence) => self.sequence(sequence),
            Analytic::Baseline(baseline) => self.baseline(baseline),
            Analytic::Novelty(novelty) => {
                self.keys(&novelty.keys);
                self.keys(&novelty.value);
                self.when(novelty.known.is_some(), "novelty: known");
                self.when(novelty.value.0.len() > 1, "novelty: several values");
                self.when(novelty.learn == 0, "novelty: learn nothing");
                self.when(novelty.learn == novelty.history, "novelty: learn all");
                novelty.of.filter.iter().for_each(|e| self.expr(e, form));
            }
        }
        form
    }

    fn sequence(&mut self, sequence: &Sequence) {
        let steps = &sequence.steps;
        for step in steps {
            self.keys(&step.keys);
            self.when(step.of.len() > 1, "sequence: any of several");
            self.when(!step.absent_before.is_empty(), "sequence: absent between");
            step.filter.iter().for_each(|e| self.expr(e, "sequence"));
        }
        let repeats = steps.windows(2).any(|pair| pair[0].written == pair[1].written);
        self.when(repeats, "sequence: repeat");
        self.when(steps.windows(2).any(|pair| pair[0].keys != pair[1].keys), "sequence: keys of a step");
        self.when(sequence.absent_first.is_some(), "sequence: absent first");
        self.when(sequence.absent_last.is_some(), "sequence: absent last");
        self.when(sequence.until.is_some(), "sequence: until");
    }

    fn baseline(&mut self, baseline: &Baseline) {
        self.keys(&baseline.keys);
        self.measure(&baseline.measure, "baseline");
        baseline.statistics.iter().for_each(|m| self.measure(m, "baseline"));
        self.when(baseline.against.is_some(), "baseline: against");
        self.name(match baseline.empty {
            Empty::Zero => "baseline: empty zero",
            Empty::Skip => "baseline: empty skip",
        });
        if let Some(season) = baseline.season {
            self.name(match season {
                Season::HourOfDay => "baseline: season hour_of_day",
                Season::HourOfWeek => "baseline: season hour_of_week",
                Season::DayOfWeek => "baseline: season day_of_week",
            });
        }
        baseline.of.filter.iter().for_each(|e| self.expr(e, "baseline"));
        self.expr(&baseline.having, "having");
    }

    fn window(&mut self, window: Window, form: &str) {
        let kind = match window {
            Window::Sliding { rise: false, .. } => "sliding",
            Window::Sliding { rise: true, .. } => "fires: rise",
            Window::Tumbling { .. } => "tumbling",
            Window::Hopping { .. } => "hopping",
        };
        self.name(format!("{form}: {kind}"));
    }

    fn keys(&mut self, keys: &Keys) {
        self.name(match keys.0.len() {
            0 => "keys: none",
            1 => "keys: one",
            _ => "keys: several",
        });
        let other = keys.0.iter().any(|k| k.by_source.windows(2).any(|pair| pair[0].1.kind != pair[1].1.kind));
        self.when(other, "keys: another field for another source");
        keys.exprs().into_iter().for_each(|e| self.expr(e, "a key"));
    }

    fn measure(&mut self, measure: &Measure, of: &str) {
        let name = match measure.function {
            MeasureFunction::Count => "count",
            MeasureFunction::Distinct => "distinct",
            MeasureFunction::Sum => "sum",
            MeasureFunction::Avg => "avg",
            MeasureFunction::Min => "min",
            MeasureFunction::Max => "max",
            MeasureFunction::Stddev => "stddev",
            MeasureFunction::Percentile(_) => "percentile",
            MeasureFunction::Any => "any",
            MeasureFunction::All => "all",
            MeasureFunction::First => "first",
            MeasureFunction::Last => "last",
            MeasureFunction::Values(_) => "values",
            MeasureFunction::Gap(gap) => match gap {
                GapMeasure::Mean => "gap.mean",
                GapMeasure::Stddev => "gap.stddev",
                GapMeasure::Cv => "gap.cv",
                GapMeasure::Median => "gap.median",
                GapMeasure::Min => "gap.min",
                GapMeasure::Max => "gap.max",
                GapMeasure::Share { .. } => "gap.share",
            },
            MeasureFunction::History(statistic) => match statistic {
                Statistic::Value => "history: value",
                Statistic::Mean => "history: mean",
                Statistic::Stddev => "history: stddev",
                Statistic::Percentile(_) => "history: percentile",
                Statistic::Min => "history: min",
                Statistic::Max => "history: max",
                Statistic::Samples => "history: samples",
                Statistic::Zscore => "history: zscore",
            },
        };
        self.name(format!("measure: {name}"));
        self.when(measure.filter.is_some(), "measure: where");
        measure.argument.iter().chain(&measure.filter).for_each(|e| self.expr(e, of));
    }

    fn context(&mut self, context: &Context) {
        self.name(match &context.form {
            ContextForm::LastValue(_) => "context: last value",
            ContextForm::LastEvent => "context: last",
            ContextForm::None { known: None } => "context: none",
            ContextForm::None { known: Some(_) } => "context: none known",
            ContextForm::Some => "context: some",
            ContextForm::Count => "context: count",
            ContextForm::Measure { include_self: false, .. } => "context: measure",
            ContextForm::Measure { include_self: true, .. } => "context: measure, include self",
        });
        if let ContextForm::Measure { measure, .. } = &context.form {
            self.measure(measure, "a context");
        }
        self.when(context.filter.is_some(), "context: where");
        context.filter.iter().for_each(|e| self.expr(e, "a context"));
        self.keys(&context.keys);
    }

    fn alert(&mut self) {
        let rule = self.rule;
        if let Some(confidence) = &rule.confidence {
            self.name("confidence");
            self.when(confidence.alert_at > 0, "confidence: alert_at");
            self.when(!confidence.levels.is_empty(), "confidence: levels");
            for raise in &confidence.raise {
                self.when(raise.by < 0, "confidence: lowered");
                self.when(raise.because.is_some(), "confidence: because");
                self.expr(&raise.when, "confidence");
            }
        }
        if let Some(once) = &rule.alert.once_per {
            self.name("once_per");
            self.when(once.keys.is_some(), "once_per: by");
        }
        self.when(rule.alert.throttle.is_some(), "throttle");
        for exception in &rule.exceptions {
            self.name("exception on hits");
            self.expr(&exception.when, "an exception");
        }
        for (_, detail) in &rule.alert.details {
            self.expr(detail, "details");
        }
        self.when(rule.params.iter().any(|p| p.overridden), "parameter set by the environment");
    }

    /// `place` is where it stands, which matters for what a context or a measure means.
    fn expr(&mut self, expr: &Expr, place: &str) {
        children(expr).into_iter().for_each(|e| self.expr(e, place));
        let name = match &expr.kind {
            ExprKind::Leaf(leaf) => return self.leaf(leaf, place),
            ExprKind::Const(_) => return,
            ExprKind::Param(_) => "parameter",
            ExprKind::Not(_) => "not",
            ExprKind::And(_) => "and",
            ExprKind::Or(_) => "or",
            ExprKind::Compare { fold: true, .. } => "=~",
            ExprKind::Compare { op, .. } => match op {
                CompareOp::Equal => "==",
                CompareOp::Less => "<",
                CompareOp::LessEqual => "<=",
                CompareOp::Greater => ">",
                CompareOp::GreaterEqual => ">=",
            },
            ExprKind::Between { .. } => "between",
            ExprKind::Test { op, .. } => match op {
                StringTest::Contains => "contains",
                StringTest::StartsWith => "startswith",
                StringTest::EndsWith => "endswith",
            },
            ExprKind::Like { .. } => "like",
            ExprKind::Matches { .. } => "matches",
            ExprKind::InList { fold: false, .. } => "in",
            ExprKind::InList { fold: true, .. } => "in~",
            ExprKind::InField { .. } => "in a list field",
            ExprKind::InNets { .. } => "in a network",
            ExprKind::InLookup { lookup, .. } => {
                let keys = self.rule.lookups[lookup.index()].keys.clone();
                keys.iter().for_each(|key| self.lookup(key.matching));
                "in a lookup"
            }
            ExprKind::Lookup { lookup, .. } => {
                let keys = self.rule.lookups[lookup.index()].keys.clone();
                keys.iter().for_each(|key| self.lookup(key.matching));
                "cell of a lookup"
            }
            ExprKind::Exists(_) => "exists",
            ExprKind::AnyItem { .. } => "any(list, ...)",
            ExprKind::Arithmetic { op, .. } => match op {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Subtract => "-",
                ArithmeticOp::Multiply => "*",
                ArithmeticOp::Divide => "/",
                ArithmeticOp::Modulo => "%",
            },
            ExprKind::Call { function, .. } => function_name(function),
            ExprKind::If { .. } => "if",
            ExprKind::Coalesce(_) => "coalesce",
        };
        self.name(format!("expression: {name}"));
    }

    fn lookup(&mut self, matching: Matching) {
        self.name(match matching {
            Matching::Exact => "lookup: exact",
            Matching::Nocase => "lookup: nocase",
            Matching::Suffix => "lookup: suffix",
            Matching::Cidr => "lookup: cidr",
        });
    }

    fn leaf(&mut self, leaf: &Leaf, place: &str) {
        match leaf {
            Leaf::Field(_) | Leaf::It => {}
            Leaf::Time => self.name("expression: time"),
            Leaf::Let(_) => self.name("expression: let"),
            Leaf::Context(_) | Leaf::ContextField(..) => {
                self.name(format!("context in {place}"));
                self.when(matches!(leaf, Leaf::ContextField(..)), "context: field of the last event");
            }
            Leaf::Measure(of) if place != "having" => {
                let form = form_of(&self.rule.signals[of.signal.index()].analytic);
                let place = if place == "details" { "details" } else { "a condition on hits" };
                self.name(format!("measure of a {form} in {place}"));
            }
            Leaf::Measure(_) => {}
            Leaf::Matched(_) => self.name("matched(x)"),
            Leaf::AnyInRange(inner) => {
                self.name("any(c)");
                self.expr(inner, "any(c) or all(c)");
            }
            Leaf::AllInRange(inner) => {
                self.name("all(c)");
                self.expr(inner, "any(c) or all(c)");
            }
            Leaf::OverRange(measure) => {
                self.name("measure over a range");
                self.measure(measure, "details");
            }
        }
    }
}

fn form_of(analytic: &Analytic) -> &'static str {
    match analytic {
        Analytic::Match { .. } => "match",
        Analytic::Any { .. } => "any",
        Analytic::Threshold { measures, .. } => {
            if measures.iter().any(|m| matches!(m.function, MeasureFunction::Gap(_))) { "cadence" } else { "threshold" }
        }
        Analytic::Together { .. } => "together",
        Analytic::Evidence { .. } => "evidence",
        Analytic::Sequence(_) => "sequence",
        Analytic::Baseline(_) => "baseline",
        Analytic::Novelty(_) => "novelty",
    }
}

fn function_name(function: &Function) -> &'static str {
    match function {
        Function::Lower => "lower",
        Function::Upper => "upper",
        Function::Length => "length",
        Function::Concat => "concat",
        Function::Substring => "substring",
        Function::Split => "split",
        Function::Replace => "replace",
        Function::Trim => "trim",
        Function::Abs => "abs",
        Function::Round => "round",
        Function::Floor => "floor",
        Function::Ceil => "ceil",
        Function::Min => "min",
        Function::Max => "max",
        Function::ToString => "string",
        Function::ToNumber => "number",
        Function::ToIp => "ip",
        Function::HourOfDay(zone) if zone == "UTC" => "hour_of_day in UTC",
        Function::HourOfDay(_) => "hour_of_day in a zone",
        Function::DayOfWeek(_) => "day_of_week",
        Function::Domain => "domain",
    }
}
