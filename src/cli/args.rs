//! What may be asked: the arguments, with examples.

use crate::backend::Target;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A compiler for detection analytics: checks rules, runs them on fixtures and events, and compiles them to SPL, KQL, EQL and ES|QL.
#[derive(Debug, Parser)]
#[command(name = "siemc", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 good; 1 findings; 2 wrong usage or unreadable input.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report everything that is wrong with rules and their pack.
    Check(CheckArgs),
    /// Compile rules to queries.
    Compile(CompileArgs),
    /// Run rules over events and print alerts as JSON lines.
    Run(RunArgs),
    /// Write events of a made-up fleet of phones, or judge rules by them.
    Simulate(SimulateArgs),
    /// Say what a rule means in plain words, or what the code of a diagnostic means.
    Explain(ExplainArgs),
    /// Run fixtures and compare their alerts with the expected ones.
    Test(TestArgs),
    /// Print queries that carry a fixture's events and its answer, or run them on a product; or the probes of a target's assumptions.
    Verify(VerifyArgs),
    /// Write a new rule with a fixture, which pass `check` and `test`.
    New(NewArgs),
    /// Write a small pack, which passes `check` and `test`.
    Init(InitArgs),
}

const CHECK_EXAMPLES: &str = "Examples:
  siemc check                                  the pack here, in every environment
  siemc check rules/mobile --env prod
  siemc check --format sarif > findings.sarif  for a code host
  siemc check --format github                  annotations in a GitHub workflow";

/// `siemc check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Packs, parts of packs, or rule files [default: the pack here, or `rules/`].
    pub path: Vec<PathBuf>,
    /// Check for one environment only [default: every one].
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// How findings are written.
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For a person.
    Text,
    /// For a program; see docs/schema/check.schema.json.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
}

const COMPILE_EXAMPLES: &str = "Examples:
  siemc compile --target kql                        every rule of the pack here
  siemc compile rules/mobile/x.yaml --target spl --env prod
  siemc compile --target all --out build/           one file per rule and target
  siemc compile --target eql --accept approximate   queries that are only close, too
  siemc compile --target elastic                    EQL or ES|QL, whichever says the rule better
  siemc compile --target spl,kql --format json";

/// `siemc compile`.
#[derive(Debug, Args)]
#[command(after_help = COMPILE_EXAMPLES)]
pub struct CompileArgs {
    /// Packs, parts of packs, or rule files [default: the pack here, or `rules/`].
    pub path: Vec<PathBuf>,
    /// Query languages. With `all`, a rule that one of them cannot say is no error while another can.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub target: Vec<TargetName>,
    /// For which environment [default: the pack's default].
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// How results are written.
    #[arg(long, value_enum, default_value = "text")]
    pub format: CompileFormat,
    /// Write `RULE.TARGET` files into this directory instead of standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Take queries that may miss or over-report.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub accept: Option<Accept>,
}

/// A query language, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// Splunk.
    Spl,
    /// Microsoft Sentinel, Defender XDR, Azure Data Explorer.
    Kql,
    /// Elastic's event queries and sequences.
    Eql,
    /// Elastic's piped language.
    Esql,
    /// For each rule the better one of Elastic's two.
    Elastic,
    /// Every one.
    All,
}

impl TargetName {
    /// The targets that it stands for.
    pub fn targets(self) -> Vec<Target> {
        match self {
            TargetName::Spl => vec![Target::Spl],
            TargetName::Kql => vec![Target::Kql],
            TargetName::Eql => vec![Target::Eql],
            TargetName::Esql => vec![Target::Esql],
            TargetName::Elastic => super::compile::LANGUAGES.to_vec(),
            TargetName::All => Target::ALL.to_vec(),
        }
    }
}

const VERIFY_EXAMPLES: &str = "Examples:
  siemc verify rules/mobile/x.yaml --target kql --case \"on a locked phone\"
  siemc verify --target spl rules/ --out trials/     one file per rule and case
  siemc verify --target eql rules/ --out trials/     an index, documents, a search, and what has to come back
  siemc verify --assumptions --target spl            what the queries rest on, with queries that settle it
  SIEMC_TOKEN=... siemc verify rules/ --endpoint https://splunk.example:8089
  SIEMC_TOKEN=... siemc verify rules/ --endpoint https://c.westeurope.kusto.windows.net/DATABASE
  SIEMC_TOKEN=... siemc verify rules/ --endpoint https://api.loganalytics.azure.com/v1/workspaces/ID
  SIEMC_TOKEN=... siemc verify rules/ --endpoint https://es.example:9200 --target esql,eql --format json

Run a query in the product itself: each row has to say PASS. EQL cannot carry events: what is printed are requests for Kibana's
console over an index of their own, and what has to come back; with `--out`, each body is a file.

With `--endpoint` that is done here. Queries read no data of the product's; EQL makes an index `siemc-verify-...` for each case and deletes
it. The token comes from SIEMC_TOKEN alone, and is sent by the product's own scheme unless it begins with one (`Bearer`, `Splunk`, `ApiKey`,
`Basic`). Exit codes: 0 all pass; 1 some do not; 2 the product cannot be asked.";

/// `siemc verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    /// Packs, parts of packs, or rule files [default: the pack here, or `rules/`].
    pub path: Vec<PathBuf>,
    /// Query languages. With `all`, a rule that one of them cannot say is no error while another can [default with `--endpoint`: what
    /// the product that its URL looks like speaks].
    #[arg(long, value_enum, value_delimiter = ',', required_unless_present = "endpoint")]
    pub target: Vec<TargetName>,
    /// Only cases with this in their name.
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Write `RULE.CASE.TARGET` files, CASE the case's place in its file, into this directory instead of standard output; beside EQL's,
    /// the bodies of its requests.
    #[arg(long, value_name = "DIR", conflicts_with = "assumptions")]
    pub out: Option<PathBuf>,
    /// The probes of the targets' assumptions instead.
    #[arg(long, conflicts_with = "case")]
    pub assumptions: bool,
    /// Run them there: Splunk, Azure Data Explorer, a Log Analytics workspace, or Elasticsearch.
    #[arg(long, value_name = "URL", conflicts_with = "out")]
    pub endpoint: Option<String>,
    /// How results are written.
    #[arg(long, value_enum, default_value = "text", requires = "endpoint")]
    pub format: VerifyFormat,
    /// Trust these certificates (PEM) instead of the machine's.
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    pub ca: Option<PathBuf>,
    /// For one request, from its connection to the end of its answer.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = super::verify::patience, requires = "endpoint")]
    pub timeout: std::time::Duration,
    /// How often a request is sent again where the product is busy or the connection fails.
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(0..=100), requires = "endpoint")]
    pub retries: u32,
}

/// How results of an endpoint are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For a person.
    Text,
    /// For a program; see docs/schema/verify.schema.json.
    Json,
}

/// How compiled rules are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompileFormat {
    /// The queries.
    Text,
    /// Queries with fidelity and findings; see docs/schema/compile.schema.json.
    Json,
    /// Rule by target with fidelity and refusals, as Markdown.
    Table,
}

/// What is taken besides exact queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Queries that may miss or over-report.
    Approximate,
}

const RUN_EXAMPLES: &str = "Examples:
  siemc run --rules rules/ --events events.jsonl
  siemc run --rules rules/mobile/x.yaml --events events.jsonl.zst --env prod
  zcat events.gz | siemc run --rules rules/ --events - --lateness 5m
  siemc run --rules rules/ --events unsorted.jsonl --sort --until 2026-03-02T00:00:00Z

An event is one JSON object a line: `source`, `time` (RFC 3339, or milliseconds since the epoch), and the schema's fields, dotted
or nested. Files compressed by gzip or zstd are known by their first bytes.";

/// `siemc run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// A pack, a part of one, or a rule file; may be repeated within one pack.
    #[arg(long, value_name = "PATH", required = true)]
    pub rules: Vec<PathBuf>,
    /// A file of JSON lines, plain or compressed; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// For which environment [default: the pack's default].
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// How much later than a newer event one may come: `5m`, `90s`.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = super::run::duration, conflicts_with = "sort")]
    pub lateness: i64,
    /// Read all events first, and put them in order.
    #[arg(long)]
    pub sort: bool,
    /// Every event up to then is there: RFC 3339 or milliseconds [default: the newest event's time].
    #[arg(long, value_name = "TIME", value_parser = super::run::time)]
    pub until: Option<i64>,
}

const SIMULATE_EXAMPLES: &str = "Examples:
  siemc simulate --devices 50 --days 2 > events.jsonl
  siemc simulate --devices 50 --days 2 --inject ios-protocol-on-unapproved-port@iphone-00012@1d9h30m --out events.jsonl
  siemc simulate --devices 200 --days 14 --seed 1,2,3 --judge rules/
  siemc simulate --list

With `--judge`, what each rule describes happens on some devices at random times; printed are how many of them each rule finds, and
how often it alerts where nothing happened. False alerts are counted per 1,000 device-days, of the devices on whose platform the rule
can alert. Exit code 1: a rule misses one, or gives a false alert per 1,000 of those days or more.";

/// `siemc simulate`.
#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub struct SimulateArgs {
    /// How many devices; three of five run iOS.
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub devices: u32,
    /// How many days.
    #[arg(long, value_name = "D", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub days: u32,
    /// The same seed gives the same events; several, one after another, with `--judge` only.
    #[arg(long, value_name = "S", default_value = "1", value_delimiter = ',')]
    pub seed: Vec<u64>,
    /// When the first day begins: RFC 3339 or milliseconds.
    #[arg(long, value_name = "TIME", default_value = "2026-03-02T00:00:00Z", value_parser = super::run::time)]
    pub start: i64,
    /// Add what a bundled rule looks for: on a device, by identifier or number, at a time or so long after the start; may be repeated.
    #[arg(long, value_name = "RULE@DEVICE@TIME")]
    pub inject: Vec<String>,
    /// Stop after so many events.
    #[arg(long, value_name = "N")]
    pub events: Option<u64>,
    /// Write the events into this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// List what can be injected.
    #[arg(long, conflicts_with_all = ["inject", "judge", "out"])]
    pub list: bool,
    /// Judge these rules by the fleet: a pack, a part of one, or a rule file; may be repeated within one pack.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["inject", "events", "out"])]
    pub judge: Vec<PathBuf>,
    /// In which environment rules are judged [default: the pack's default].
    #[arg(long, value_name = "NAME", requires = "judge")]
    pub env: Option<String>,
    /// How a judgement is written.
    #[arg(long, value_enum, default_value = "text", requires = "judge")]
    pub format: JudgeFormat,
}

/// How a judgement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JudgeFormat {
    /// For a person.
    Text,
    /// For a program; see docs/schema/simulate.schema.json.
    Json,
}

const EXPLAIN_EXAMPLES: &str = "Examples:
  siemc explain ios-protocol-on-unapproved-port
  siemc explain rules/mobile/x.yaml --env prod
  siemc explain ios-protocol-on-unapproved-port --target kql
  siemc explain E0510";

/// `siemc explain`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// A rule's name or file, or a code such as `E0510`.
    #[arg(value_name = "RULE|CODE")]
    pub what: String,
    /// Where the rule's pack is [default: the pack here, or `rules/`].
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Show what a query language makes of it, too.
    #[arg(long, value_enum)]
    pub target: Option<TargetName>,
    /// In which environment [default: the pack's default].
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

const TEST_EXAMPLES: &str = "Examples:
  siemc test                                 every fixture of the pack here
  siemc test rules/mobile/x.yaml --case lock cases with `lock` in their name
  siemc test --format junit > report.xml     for a build server";

/// `siemc test`.
#[derive(Debug, Args)]
#[command(after_help = TEST_EXAMPLES)]
pub struct TestArgs {
    /// Packs, parts of packs, rule files, or fixtures [default: the pack here, or `rules/`].
    pub path: Vec<PathBuf>,
    /// How verdicts are written.
    #[arg(long, value_enum, default_value = "text")]
    pub format: TestFormat,
    /// Only cases with this in their name.
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
}

/// How verdicts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a person.
    Text,
    /// For a program; see docs/schema/test.schema.json.
    Json,
    /// `JUnit` XML.
    Junit,
}

const NEW_EXAMPLES: &str = "Examples:
  siemc new odd-session --source mobile.network_session
  siemc new cloud/key-exported --rules packs/cloud";

/// `siemc new`.
#[derive(Debug, Args)]
#[command(after_help = NEW_EXAMPLES)]
pub struct NewArgs {
    /// The rule's name, with the folder in the pack where it is to stand.
    pub rule: String,
    /// The source whose events it reads [default: the schema's first].
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Where its pack is [default: the pack here, or `rules/`].
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
}

const INIT_EXAMPLES: &str = "Examples:
  siemc init detections
  siemc check detections && siemc test detections";

/// `siemc init`.
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub struct InitArgs {
    /// The pack's directory.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
}
