//! A product's verdicts, one case after another.

use super::Made;
use super::probes::Probe;
use crate::backend::verify::Row;
use crate::cli::args::{TargetName, VerifyArgs};
use crate::cli::console::Console;
use crate::cli::workspace::reason;
use crate::diagnostic::{Diagnostic, Severity};
use crate::endpoint::{Endpoint, Product, Record, Settings, codes, ends, guess};
use anyhow::{Result, anyhow};
use indicatif::ProgressBar;

/// The variable that holds the token: a command line can be read by others.
const TOKEN: &str = "SIEMC_TOKEN";

/// What a product said of everything that it was asked.
#[derive(Debug, Default)]
pub struct Judged {
    /// Where it was asked.
    pub url: String,
    /// Its name; empty where nobody was asked.
    pub product: &'static str,
    pub cases: Vec<Case>,
    pub probes: Vec<Probed>,
    /// What ended it, and indexes that stayed.
    pub faults: Vec<Diagnostic>,
    /// How many were not asked any more.
    pub unasked: usize,
}

/// A case with its rows, or why it has none.
#[derive(Debug)]
pub struct Case {
    pub rule: String,
    pub name: String,
    pub target: &'static str,
    pub outcome: Result<Vec<Row>, Diagnostic>,
}

impl Case {
    pub fn passed(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|rows| rows.iter().all(Row::passed))
    }
}

/// A probe with what came of it.
#[derive(Debug)]
pub struct Probed {
    pub probe: Probe,
    pub outcome: Shown,
}

/// What came of a probe.
#[derive(Debug)]
pub enum Shown {
    /// All of its rows say PASS.
    Holds,
    /// A row says FAIL.
    Fails(Vec<Record>),
    /// A person has to read it: it is no query, or its rows say neither.
    ByHand(Vec<Record>),
    /// The product does not run it.
    Rejected(Diagnostic),
}

/// The targets and the open endpoint, or what is wrong with the URL or the token. An error is a file's.
pub fn open(args: &VerifyArgs, url: &str) -> Result<Result<(Vec<TargetName>, Endpoint), Diagnostic>> {
    let authorities = match &args.ca {
        None => None,
        Some(path) => Some(
            std::fs::read(path).map_err(|error| anyhow!("`{}` cannot be read: {}", path.display(), reason(&error)))?,
        ),
    };
    let token = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
    let settings = Settings { url: url.to_owned(), token, authorities, timeout: args.timeout, retries: args.retries };
    let (names, product) = match whom(&args.target, url) {
        Ok(found) => found,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(Endpoint::open(product, &settings).map(|endpoint| (names, endpoint)))
}

/// The targets, and the one product that speaks them.
fn whom(asked: &[TargetName], url: &str) -> Result<(Vec<TargetName>, Product), Diagnostic> {
    let fault = |message: &str| Diagnostic::new(codes::URL, Severity::Error, None, message.to_owned());
    if asked.is_empty() {
        let product = guess(url).ok_or_else(|| {
            fault("the endpoint's URL does not tell which product it is")
                .help("say `--target spl`, `kql`, `esql` or `eql`")
        })?;
        let name = match product {
            Product::Splunk => TargetName::Spl,
            Product::DataExplorer | Product::LogAnalytics => TargetName::Kql,
            Product::Elasticsearch => TargetName::Elastic,
        };
        return Ok((vec![name], product));
    }
    let targets: Vec<_> = asked.iter().flat_map(|t| t.targets()).collect();
    let product = Product::of(&targets, url).ok_or_else(|| {
        fault("no one product speaks all of these targets").help("ask each product by itself, at its own URL")
    })?;
    Ok((asked.to_vec(), product))
}

impl Judged {
    pub fn new(endpoint: &Endpoint, url: &str) -> Judged {
        Judged { url: url.to_owned(), product: endpoint.product().name(), ..Judged::default() }
    }

    /// Cases and probes that did not pass.
    pub fn failed(&self) -> usize {
        let lost = |probed: &&Probed| matches!(probed.outcome, Shown::Fails(_) | Shown::Rejected(_));
        self.cases.iter().filter(|case| !case.passed()).count() + self.probes.iter().filter(lost).count()
    }

    /// Asks about cases until all are asked or something ends it.
    pub fn cases(&mut self, endpoint: &Endpoint, made: &[Made], console: &Console) {
        let bar = bar(made.len(), console);
        for (place, one) in made.iter().enumerate() {
            let outcome = match endpoint.judge(&one.carried) {
                Ok(judgement) => {
                    self.faults.extend(judgement.left_behind);
                    Ok(judgement.rows)
                }
                Err(fault) if ends(&fault) => {
                    self.faults.push(fault);
                    self.unasked = made.len() - place;
                    break;
                }
                Err(fault) => Err(fault),
            };
            let (rule, name) = (one.rule.clone(), one.case.clone());
            self.cases.push(Case { rule, name, target: one.target.name(), outcome });
            bar.inc(1);
        }
        bar.finish_and_clear();
    }

    /// Asks the probes that are queries.
    pub fn probes(&mut self, endpoint: &Endpoint, probes: Vec<Probe>, console: &Console) {
        let bar = bar(probes.len(), console);
        let mut rest = probes.into_iter();
        for probe in rest.by_ref() {
            // Others are requests about an index that only its owner can name.
            let query = probe.known.probe.as_deref().filter(|text| text.trim_start().starts_with('|'));
            let outcome = match query.map(|text| endpoint.probe(text)) {
                None => Shown::ByHand(Vec::new()),
                Some(Ok(rows)) => judged(rows),
                Some(Err(fault)) if ends(&fault) => {
                    self.faults.push(fault);
                    self.unasked = 1;
                    break;
                }
                Some(Err(fault)) => Shown::Rejected(fault),
            };
            self.probes.push(Probed { probe, outcome });
            bar.inc(1);
        }
        self.unasked += rest.count();
        bar.finish_and_clear();
    }
}

fn judged(rows: Vec<Record>) -> Shown {
    let said = |row: &Record, word: &str| row.iter().any(|(name, value)| name == "result" && value == word);
    if rows.iter().any(|row| said(row, "FAIL")) {
        Shown::Fails(rows)
    } else if !rows.is_empty() && rows.iter().all(|row| said(row, "PASS")) {
        Shown::Holds
    } else {
        Shown::ByHand(rows)
    }
}

fn bar(length: usize, console: &Console) -> ProgressBar {
    if console.is_watched() { ProgressBar::new(length as u64) } else { ProgressBar::hidden() }
}
