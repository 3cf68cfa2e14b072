//! Apps are brought up to date at night, in the background, without anyone asking.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{DAY, HOUR, MINUTE, SECOND};

/// A few apps a week.
#[derive(Debug)]
pub struct Updates;

impl Habit for Updates {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if now >= device.charging_until {
            return now + device.random.between(30 * MINUTE, HOUR);
        }
        let mut time = now + device.random.between(MINUTE, 90 * MINUTE);
        for _ in 0..device.random.between(1, 5) {
            let Some(app) = device.random.one_of(&device.apps).copied() else { break };
            let lasts = device.random.between(5 * SECOND, 2 * MINUTE);
            time += lasts;
            let host = if device.platform == Platform::Ios { "iosapps.itunes.apple.com" } else { "r4---sn.gvt1.com" };
            let size = device.random.between(20_000_000, 240_000_000);
            plan.at(time, Session::of_system(host).bytes(90_000, size).lasting(lasts).ends(time, device));
            let path = "/private/var/mobile/Containers/Data/Application/51D0-44/Library/Caches/migration.db";
            let file = Event::of_app("mobile.file_write", app.id).with("file.path", path).with("file.bytes", 9_000i64);
            plan.at(time + 4 * SECOND, file.with("file.operation", "created"));
            // The new version starts once, to be ready.
            let state = Event::of_app("mobile.app_lifecycle", app.id).with("app.state", "background");
            plan.at(time + 6 * SECOND, state);
            if let Some(own) = app.hosts.first() {
                let first = time + 7 * SECOND;
                plan.at(first, Session::new(app.id, *own).bytes(2_200, 15_000).lasting(900).ends(first, device));
            }
        }
        time + DAY + device.random.between(0, 2 * DAY)
    }
}
