//! What rules were found to be worth.

use crate::eval::text_of;
use crate::simulate::Injected;
use crate::value::Value;
use schemars::JsonSchema;
use serde::Serialize;

/// The most false alerts per 1,000 device-days, exclusive.
const MOST_FALSE: f64 = 1.0;

/// What `siemc simulate --judge --format json` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Judgement {
    /// Of this format: 1.
    pub version: u32,
    /// One fleet a seed.
    pub seeds: Vec<SeedJudgement>,
}

/// One fleet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SeedJudgement {
    /// Its seed.
    pub seed: u64,
    /// How many devices it has.
    pub devices: u32,
    /// How many days it was watched.
    pub days: u32,
    /// Devices times days, whatever their platform.
    pub device_days: u64,
    /// Events, those of what was injected included.
    pub events: u64,
    /// How long it took.
    #[serde(skip)]
    #[schemars(skip)]
    pub seconds: f64,
    /// One a rule.
    pub rules: Vec<RuleJudgement>,
}

/// One rule over one fleet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleJudgement {
    /// Its name.
    pub rule: String,
    /// How often what it describes happened; 0 where nothing is known to inject for it.
    pub injected: usize,
    /// How many of them it found.
    pub found: usize,
    /// The part that it found, 0 to 1; null where nothing was injected.
    pub recall: Option<f64>,
    /// Its alerts on what was injected for another rule.
    pub beside: usize,
    /// Days of the devices that it can concern: those of a platform on which it can alert.
    pub device_days: u64,
    /// Its alerts where nothing had been injected.
    pub false_alerts: usize,
    /// The same, per 1,000 of its device-days.
    pub false_per_1000_device_days: f64,
    /// What it did not find.
    pub missed: Vec<Missed>,
    /// Time and title of the first false alerts.
    pub examples: Vec<String>,
}

/// What a rule did not find.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Missed {
    /// Where.
    pub device: String,
    /// Which app did it.
    pub app: String,
    /// In which way.
    pub variant: String,
    /// When it began.
    pub from: String,
    /// When it ended.
    pub until: String,
}

impl Missed {
    /// An injection that no alert tells of.
    pub fn of(injected: &Injected) -> Missed {
        Missed {
            device: injected.device.clone(),
            app: injected.app.to_owned(),
            variant: injected.variant.to_owned(),
            from: time(injected.from),
            until: time(injected.until),
        }
    }
}

impl Judgement {
    /// True where every rule found all, and gave few false alerts.
    pub fn is_good(&self) -> bool {
        self.seeds.iter().flat_map(|seed| &seed.rules).all(RuleJudgement::is_good)
    }

    /// The document.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).map_or_else(|error| error.to_string(), |text| text + "\n")
    }

    /// The last line for a person.
    pub fn summary(&self) -> &'static str {
        if self.is_good() {
            "every rule found all, with fewer than 1 false alert per 1,000 days of the devices that it can concern\n"
        } else {
            "marked with `!`: a rule that missed some, or gave 1 false alert or more per 1,000 days of the devices that it can concern\n"
        }
    }
}

impl SeedJudgement {
    /// A table for a person.
    pub fn text(&self) -> String {
        let SeedJudgement { seed, devices, days, events, seconds, .. } = self;
        let mut text = format!("seed {seed}: {devices} devices, {days} days, {events} events, {seconds:.1} s\n");
        text += &format!(
            "  {:<38}{:>9}{:>7}{:>8}{:>8}{:>13}{:>7}{:>11}\n",
            "rule", "injected", "found", "recall", "beside", "device-days", "false", "per 1,000"
        );
        for rule in &self.rules {
            let recall = rule.recall.map_or("-".to_owned(), |part| format!("{:.0}%", part * 100.0));
            let mark = if rule.is_good() { ' ' } else { '!' };
            let (name, rate) = (&rule.rule, rule.false_per_1000_device_days);
            let RuleJudgement { injected, found, beside, device_days, false_alerts, .. } = rule;
            text += &format!(
                "{mark} {name:<38}{injected:>9}{found:>7}{recall:>8}{beside:>8}{device_days:>13}{false_alerts:>7}{rate:>11.2}\n"
            );
            for missed in &rule.missed {
                let Missed { device, app, variant, from, until } = missed;
                text += &format!("    missed: {device}, {app}, {variant}: {from} to {until}\n");
            }
            text.extend(rule.examples.iter().map(|example| format!("    false: {example}\n")));
        }
        text + "\n"
    }
}

impl RuleJudgement {
    fn is_good(&self) -> bool {
        self.found == self.injected && self.false_per_1000_device_days < MOST_FALSE
    }
}

/// RFC 3339.
pub fn time(milliseconds: i64) -> String {
    text_of(&Value::Timestamp(milliseconds)).into_owned()
}
