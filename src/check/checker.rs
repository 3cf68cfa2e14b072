//! The state of one check, and the order of its parts.

use super::names::{Names, collect};
use super::rows::Rows;
use super::{Options, codes, names, reach};
use crate::diagnostic::{Code, Diagnostic, Findings, Severity};
use crate::ir::{self, ContextId, EventId, LetId, MeasureRef, ParamId, SignalId, StreamRef};
use crate::pack::lookup::Lookup;
use crate::pack::schema::{FieldId, Schema};
use crate::pack::{Environment, Pack};
use crate::source::Span;
use crate::syntax::decode::kit::UNKNOWN_WORD;
use crate::syntax::rule::Rule;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Findings about names that may be among the definitions that could not be read.
const UNREAD: [Code; 4] =
    [codes::UNKNOWN_NAME, codes::UNKNOWN_STREAM, codes::UNKNOWN_PARAM, codes::UNKNOWN_IN_ENVIRONMENT];

/// One rule while it is checked. Tables are by the ids of [`Names`]; an entry that is none had errors, and what refers to it is
/// dropped without a further finding.
pub(super) struct Checker<'a> {
    pub pack: &'a Pack,
    pub schema: &'a Schema,
    pub rule: &'a Rule,
    pub environment: &'a Environment,
    pub options: Options,
    pub names: Names<'a>,
    pub params: Vec<Option<ir::Param>>,
    pub used_params: BTreeSet<ParamId>,
    pub lets: Vec<Option<LetInfo>>,
    /// How many parts each let has with those that it reads written out.
    pub let_sizes: Vec<u64>,
    pub events: Vec<Option<EventInfo>>,
    pub contexts: Vec<Option<ir::Context>>,
    pub signals: Vec<Option<SignalInfo>>,
    pub lookups: Vec<Arc<Lookup>>,
    /// Named measures of the signals so far.
    pub measures: Vec<(String, MeasureRef)>,
    findings: &'a mut Findings,
    errors: usize,
    /// Whether the rule's file had errors of form.
    unreadable: bool,
}

/// A checked let.
pub(super) struct LetInfo {
    pub expr: ir::Expr,
    /// Every field that it reads, through other lets too.
    pub fields: BTreeSet<FieldId>,
}

/// A checked event.
pub(super) struct EventInfo {
    pub event: ir::Event,
    pub rows: Rows,
}

/// A checked signal.
#[derive(Clone)]
pub(super) struct SignalInfo {
    pub signal: ir::Signal,
    /// Rows of the hits' last events.
    pub rows: Rows,
    /// Rows of the hits' ranges, for `any(c)` and `all(c)`.
    pub range: Rows,
}

impl<'a> Checker<'a> {
    pub fn new(
        pack: &'a Pack,
        rule: &'a Rule,
        environment: &'a Environment,
        options: Options,
        findings: &'a mut Findings,
    ) -> Self {
        let before = error_count(findings);
        let mut names = collect(pack, rule, findings);
        let of_file =
            |d: &&Diagnostic| d.severity == Severity::Error && d.span.is_some_and(|s| s.file == rule.span.file);
        let mut faults = findings.all.iter().filter(of_file).map(|d| d.code.0);
        // YAML that was refused may have held definitions.
        names.open |= faults.clone().any(|code| code.starts_with("E01"));
        let of_form = |code: &str| ["E01", "E02", "E03"].iter().any(|room| code.starts_with(room));
        let unreadable = names.faulty || faults.any(of_form);
        Checker {
            schema: &pack.schema,
            params: Vec::new(),
            used_params: BTreeSet::new(),
            lets: Vec::new(),
            let_sizes: Vec::new(),
            events: Vec::new(),
            contexts: Vec::new(),
            signals: Vec::new(),
            lookups: pack.lookups.values().cloned().collect(),
            measures: Vec::new(),
            errors: before,
            unreadable,
            pack,
            rule,
            environment,
            options,
            names,
            findings,
        }
    }

    /// Checks everything; the rule where no error was found.
    pub fn run(mut self) -> Option<ir::Rule> {
        let about = self.about();
        self.check_requires();
        self.check_params();
        let schedule = self.schedule();
        self.check_lets();
        let consumed = self.consumed_events();
        self.check_events(&consumed);
        self.check_contexts();
        let detect = self.check_signals();
        let confidence = self.check_confidence(detect);
        let alert = self.check_alert(detect);
        let exceptions = self.hit_exceptions(detect);
        if self.is_faulty() {
            return None;
        }
        let rule = ir::Rule {
            name: self.rule.name.as_ref().map(|n| n.value.clone()).unwrap_or_default(),
            id: self.rule.id.as_ref().map(|n| n.value.clone()).unwrap_or_default(),
            about,
            schedule,
            environment: self.environment.name.clone(),
            schema: self.pack.schema.clone(),
            lookups: self.lookups.clone(),
            params: std::mem::take(&mut self.params).into_iter().collect::<Option<_>>()?,
            lets: self.all_lets()?,
            events: std::mem::take(&mut self.events).into_iter().map(|e| e.map(|i| i.event)).collect::<Option<_>>()?,
            contexts: std::mem::take(&mut self.contexts).into_iter().collect::<Option<_>>()?,
            signals: std::mem::take(&mut self.signals)
                .into_iter()
                .map(|s| s.map(|i| i.signal))
                .collect::<Option<_>>()?,
            detect: detect?,
            confidence,
            alert: alert?,
            exceptions,
            tier: ir::Tier::default(),
        };
        self.find_contradictions(&rule);
        let keep = reach::reachable(&rule);
        self.find_unused(&keep);
        self.check_over_alerts(&rule, &keep);
        if error_count(self.findings) > self.errors {
            return None;
        }
        let kept_params = self.kept_params();
        let mut rule = super::remap::compact(rule, &keep, &kept_params);
        rule.tier.reachable = super::confidence::reachable(&rule);
        Some(rule)
    }

    /// Whether anything was wrong so far.
    pub fn is_faulty(&self) -> bool {
        self.unreadable || error_count(self.findings) > self.errors
    }

    fn all_lets(&mut self) -> Option<Vec<ir::Let>> {
        let lets = std::mem::take(&mut self.lets);
        let named = self.names.lets.names().zip(lets);
        named.map(|(name, info)| Some(ir::Let { name: name.to_owned(), expr: info?.expr })).collect()
    }

    /// Adds a finding, unless the very same one stands at the very same place already (a scope is checked once per event).
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let place = |d: &Diagnostic| d.span.map(|s| (s.file, s.start, s.end));
        let known =
            self.findings.all.iter().any(|d| {
                d.code == diagnostic.code && d.message == diagnostic.message && place(d) == place(&diagnostic)
            });
        // What the reader of the file has said already is not said again.
        let of_form = |d: &Diagnostic| d.code.0.starts_with("E03") && place(d) == place(&diagnostic);
        let asked =
            (diagnostic.code == codes::PART_MISSING && self.unreadable) || self.findings.all.iter().any(of_form);
        let unread = self.names.open && UNREAD.contains(&diagnostic.code);
        if !known && !asked && !unread {
            self.findings.push(diagnostic);
        }
    }

    /// Adds an error and gives nothing, so that a caller can return it.
    pub fn error<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Option<T> {
        self.report(Diagnostic::error(code, span, message));
        None
    }

    /// Adds an error with what would work instead.
    pub fn error_help<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.report(Diagnostic::error(code, span, message).help(help));
        None
    }

    /// Adds a lint.
    pub fn warn(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(Diagnostic::warning(code, span, message).help(help));
    }

    /// What stands where no word of a list does.
    pub fn unknown_word<T>(&mut self, name: &crate::syntax::rule::Name, what: &str, words: &[&str]) -> Option<T> {
        let message = format!("`{}` is no {what}; it is one of {}", name.value, listed(words.iter().copied()));
        let found = Diagnostic::error(UNKNOWN_WORD, name.span, message);
        self.report(names::with_nearest(found, &name.value, words.iter().copied()));
        None
    }

    /// The body of a let.
    pub fn let_body(&self, id: LetId) -> Option<ir::Expr> {
        self.lets.get(id.index()).and_then(Option::as_ref).map(|l| l.expr.clone())
    }

    /// Rows of a stream; none where it had errors.
    pub fn stream_rows(&self, stream: StreamRef) -> Option<&Rows> {
        match stream {
            StreamRef::Event(id) => self.events.get(id.index())?.as_ref().map(|e| &e.rows),
            StreamRef::Signal(id) => self.signals.get(id.index())?.as_ref().map(|s| &s.rows),
        }
    }

    /// The stream's name.
    pub fn stream_name(&self, stream: StreamRef) -> &'a str {
        let name = match stream {
            StreamRef::Event(EventId(id)) => self.names.events.get(id).map(|d| d.name),
            StreamRef::Signal(SignalId(id)) => self.names.signals.get(id).map(|d| d.name),
        };
        name.map_or("detect", |n| n.value.as_str())
    }

    /// The context's name.
    pub fn context_name(&self, ContextId(id): ContextId) -> &'a str {
        self.names.contexts.get(id).map_or("", |d| d.name.value.as_str())
    }

    /// The name of a source.
    pub fn source_name(&self, id: crate::pack::schema::SourceId) -> &'a str {
        self.schema.source_at(id).map_or("", |(name, _)| name)
    }
}

fn error_count(findings: &Findings) -> usize {
    findings.all.iter().filter(|d| d.severity == Severity::Error).count()
}

/// `` `a`, `b` and `c` ``.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
