//! One phone: whose it is, what is on it, who uses it now.

use super::apps::{self, App, Role};
use super::random::Random;
use super::{DAY, HOUR, MINUTE};

/// The operating system's family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// iPhones.
    Ios,
    /// All others.
    Android,
}

impl Platform {
    /// As events name it.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Ios => "ios",
            Platform::Android => "android",
        }
    }
}

/// A phone and its person.
#[derive(Debug)]
pub struct Device {
    /// As its management calls it.
    pub id: String,
    /// What it runs.
    pub platform: Platform,
    /// False on some: they have no sensor for it.
    pub(super) reports_touch: bool,
    pub(super) os_version: &'static str,
    /// Unknown to some sensors.
    pub(super) supervised: Option<bool>,
    pub(super) user: String,
    pub(super) sensor_version: &'static str,
    /// Older sensors count no bytes.
    pub(super) counts_bytes: bool,
    pub(super) apps: Vec<&'static App>,
    /// Counts its events.
    pub(super) sequence: u64,
    pub(super) random: Random,
    /// When it is used, or was last: from, until (milliseconds since the epoch).
    pub(super) used: (i64, i64),
    /// Charging until then.
    pub(super) charging_until: i64,
    day: Day,
}

/// When its person is awake, local time.
#[derive(Debug)]
struct Day {
    /// From UTC, milliseconds.
    offset: i64,
    wakes: i64,
    sleeps: i64,
}

impl Device {
    /// The phone of a number: always the same one.
    pub fn new(number: u32, seed: u64) -> Device {
        let mut random = Random::new(seed, u64::from(number), 0);
        let platform = if number % 5 < 3 { Platform::Ios } else { Platform::Android };
        let is_ios = platform == Platform::Ios;
        let is_developer = random.chance(0.03);
        let supervised = random.chance(0.7);
        let wakes = random.between(5 * HOUR + 30 * MINUTE, 8 * HOUR);
        let day = Day {
            offset: random.pick(&[-5 * HOUR, 0, HOUR, HOUR, HOUR, 5 * HOUR + 30 * MINUTE]),
            wakes,
            sleeps: wakes + random.between(15 * HOUR, 17 * HOUR),
        };
        Device {
            id: format!("{}-{number:05}", if is_ios { "iphone" } else { "pixel" }),
            platform,
            reports_touch: random.chance(0.95),
            os_version: random.pick(if is_ios { &["18.3.1", "18.2", "17.7.2"] } else { &["15", "15", "14"] }),
            supervised: (!random.chance(0.1)).then_some(supervised),
            user: format!("user-{:05}", number / 2),
            sensor_version: random.pick(&["4.12.0", "4.12.0", "4.11.3", "4.9.8"]),
            counts_bytes: random.chance(0.9),
            apps: apps::of(platform, is_developer, &mut random),
            sequence: 0,
            random,
            used: (0, 0),
            charging_until: 0,
            day,
        }
    }

    /// True where its sensor sees touches and counts bytes. What rules say of the others stands under their blind spots.
    pub fn is_seen_in_full(&self) -> bool {
        self.reports_touch && self.counts_bytes
    }

    /// True while its person is awake.
    pub(super) fn is_awake(&self, now: i64) -> bool {
        let clock = self.clock(now);
        // Who sleeps after midnight is awake in the first hours of the next day.
        let late = self.day.sleeps - DAY;
        let wakes = self.day.wakes + if self.is_weekend(now) { 90 * MINUTE } else { 0 };
        clock < late || (clock >= wakes && clock < self.day.sleeps)
    }

    /// True at working hours.
    pub(super) fn is_at_work(&self, now: i64) -> bool {
        !self.is_weekend(now) && (9 * HOUR..17 * HOUR).contains(&self.clock(now))
    }

    /// The next time of this local hour, milliseconds since the epoch.
    pub(super) fn next_clock(&self, now: i64, clock: i64) -> i64 {
        let left = (clock - self.clock(now)).rem_euclid(DAY);
        now + if left == 0 { DAY } else { left }
    }

    /// When its person gets up next.
    pub(super) fn next_morning(&self, now: i64) -> i64 {
        self.next_clock(now, self.day.wakes)
    }

    /// When its person goes to bed next.
    pub(super) fn next_night(&self, now: i64) -> i64 {
        self.next_clock(now, self.day.sleeps.rem_euclid(DAY))
    }

    /// True while somebody uses it.
    pub(super) fn is_used(&self, now: i64) -> bool {
        (self.used.0..=self.used.1).contains(&now)
    }

    /// Its first app of the role.
    pub(super) fn app(&self, role: Role) -> Option<&'static App> {
        self.apps.iter().find(|app| app.role == role).copied()
    }

    fn clock(&self, now: i64) -> i64 {
        (now + self.day.offset).rem_euclid(DAY)
    }

    fn is_weekend(&self, now: i64) -> bool {
        // The epoch was a Thursday.
        let day = (now + self.day.offset).div_euclid(DAY);
        matches!((day + 4).rem_euclid(7), 0 | 6)
    }
}
