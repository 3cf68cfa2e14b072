//! What was compiled, for a program.

use super::{Compiled, Outcome};
use crate::backend::eql::Search;
use crate::backend::target::Assumption;
use crate::backend::{Fidelity, Query};
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::source::Files;
use schemars::JsonSchema;
use serde::Serialize;

/// The document of `siemc compile --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    /// Of this format.
    pub version: u32,
    /// How many findings are errors.
    pub errors: usize,
    /// How many findings are warnings.
    pub warnings: usize,
    /// One for each rule and target.
    pub results: Vec<One<'a>>,
    /// As in `siemc check --format json`.
    pub diagnostics: Vec<diagnostic::JsonDiagnostic<'a>>,
}

/// One rule for one target.
#[derive(Debug, Serialize, JsonSchema)]
pub struct One<'a> {
    rule: &'a str,
    id: &'a str,
    file: String,
    environment: &'a str,
    target: &'a str,
    /// With `--target elastic`: what each of its languages makes of the rule, which is why this one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<&'a str>,
    /// `compiled`, `refused`, `not_deployed` (a required source is missing) or `invalid` (see `diagnostics`).
    status: &'static str,
    /// Of a compiled query.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<QueryReport<'a>>,
    /// Every construct that the target cannot say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refusals: Vec<diagnostic::JsonDiagnostic<'a>>,
    /// Sources that the environment lacks.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing: &'a [String],
}

/// A query.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueryReport<'a> {
    text: &'a str,
    /// The file that it was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// `exact`, `same_groups` or `approximate`.
    fidelity: &'static str,
    /// An alert of the rule may be missing.
    may_miss: bool,
    /// An alert may come that the rule does not give.
    may_over_report: bool,
    /// What keeps it from being exact.
    losses: Vec<diagnostic::JsonDiagnostic<'a>>,
    /// Facts about the product that it rests on and that no manual settles.
    assumptions: Vec<AssumptionReport<'a>>,
    /// How often it runs. The run at T, a multiple of it, reports the hits in `(T - delay_ms - every_ms, T - delay_ms]`.
    every_ms: i64,
    /// How late an event may arrive.
    delay_ms: i64,
    /// How far before the reported interval events are read.
    lookback_ms: i64,
    /// For how long the rule asks the product to hold back repeats: a setting of the scheduled rule, no part of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    throttle_ms: Option<i64>,
    /// EQL: what a run says beside the query, which cannot bound its events and hits in its text as those of other targets do.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<SearchReport<'a>>,
}

/// How a run asks Elastic. Times are date math: `now` is the run's time, a multiple of `every_ms` (or written as a time and `||`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct SearchReport<'a> {
    /// The indices that are searched.
    index: &'a [String],
    /// `timestamp_field` of the request.
    timestamp_field: &'a str,
    /// `tiebreaker_field` of the request; none where the query is no sequence, or its sources share none.
    #[serde(skip_serializing_if = "Option::is_none")]
    tiebreaker_field: Option<&'a str>,
    /// `filter` of the request: a range of the events that the run reads.
    filter: serde_json::Value,
    /// Of a sequence: the run's own hits are those whose last event's time lies after `gt` and up to `lte`; the others another run reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event: Option<RangeReport<'a>>,
    /// The same for a rule of Elastic Security, which makes one alert of what several of its runs find.
    rule: RuleReport<'a>,
}

/// After `gt`, up to `lte`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RangeReport<'a> {
    gt: &'a str,
    lte: &'a str,
}

/// Fields of a rule of Elastic Security.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleReport<'a> {
    interval: &'a str,
    /// With a minute more than the interval and the look-back, for a run that starts late.
    from: &'a str,
    /// What holds back the newest events for `delay_ms`.
    to: &'a str,
}

fn search(search: &Search) -> SearchReport<'_> {
    let Search { index, timestamp_field, tiebreaker_field, hits, rule, .. } = search;
    SearchReport {
        index,
        timestamp_field,
        tiebreaker_field: tiebreaker_field.as_deref(),
        filter: search.filter(),
        last_event: hits.as_ref().map(|hits| RangeReport { gt: &hits.gt, lte: &hits.lte }),
        rule: RuleReport { interval: &rule.interval, from: &rule.from, to: &rule.to },
    }
}

/// A fact that a query rests on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssumptionReport<'a> {
    /// Its name in the target's ledger.
    name: &'a str,
    /// What has to be true.
    fact: &'a str,
    /// What goes wrong where it is false.
    otherwise: &'a str,
    /// A query or request that settles it in the user's own product.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'a str>,
    /// What the probe gives where the fact is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
}

fn assumption((name, known): &(String, Assumption)) -> AssumptionReport<'_> {
    AssumptionReport {
        name,
        fact: &known.fact,
        otherwise: &known.otherwise,
        probe: known.probe.as_deref(),
        expected: known.expected.as_deref(),
    }
}

impl<'a> Report<'a> {
    /// Of all results.
    pub fn new(compiled: &'a [Compiled], findings: &'a [Diagnostic], files: &'a Files) -> Report<'a> {
        let diagnostics = diagnostic::json_list(findings, files);
        let shown = diagnostic::ordered(findings, files);
        let count = |severity| shown.iter().filter(|found| found.severity == severity).count();
        Report {
            version: 1,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            results: compiled.iter().map(|one| result(one, files)).collect(),
            diagnostics,
        }
    }
}

fn result<'a>(one: &'a Compiled, files: &'a Files) -> One<'a> {
    let mut result = One {
        rule: &one.rule,
        id: &one.id,
        file: one.path.display().to_string(),
        environment: &one.environment,
        target: one.target.name(),
        choice: one.choice.as_deref(),
        status: "invalid",
        query: None,
        refusals: Vec::new(),
        missing: &[],
    };
    match &one.outcome {
        Outcome::Compiled(query) => {
            result.status = "compiled";
            result.query = Some(of_query(query, one, files));
        }
        Outcome::Refused(refusals) | Outcome::NotAccepted(_, refusals) => {
            result.status = "refused";
            result.refusals = diagnostic::json_list(refusals, files);
        }
        Outcome::NotDeployed(missing) => {
            result.status = "not_deployed";
            result.missing = missing;
        }
        Outcome::Invalid => {}
    }
    result
}

fn of_query<'a>(query: &'a Query, one: &'a Compiled, files: &'a Files) -> QueryReport<'a> {
    let (fidelity, may_miss, may_over_report) = match query.fidelity {
        Fidelity::Exact => ("exact", false, false),
        Fidelity::SameGroups => ("same_groups", false, false),
        Fidelity::Approximate { may_miss, may_over_report } => ("approximate", may_miss, may_over_report),
    };
    QueryReport {
        text: &query.text,
        file: one.written.as_ref().map(|path| path.display().to_string()),
        fidelity,
        may_miss,
        may_over_report,
        losses: diagnostic::json_list(&query.losses, files),
        assumptions: one.ledger.iter().map(assumption).collect(),
        every_ms: query.schedule.every,
        delay_ms: query.schedule.delay,
        lookback_ms: query.lookback,
        throttle_ms: one.throttle,
        search: query.search.as_ref().map(search),
    }
}
