//! Mail is fetched by a schedule that the system bends: the beat is there, the jitter too.

use super::{Habit, scheduler};
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// Periodic synchronisation, approved for the role.
#[derive(Debug)]
pub struct Mail {
    app: &'static App,
    every: i64,
    registered: i64,
}

impl Mail {
    /// The app with its person's setting.
    pub fn of(app: &'static App, device: &mut Device) -> Mail {
        Mail { app, every: device.random.pick(&[15 * MINUTE, 30 * MINUTE, 30 * MINUTE, HOUR]), registered: 0 }
    }

    fn register(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) {
        let (kind, name) = scheduler(device.platform);
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", name).with("scheduler.kind", kind);
        let job = "mail.refresh";
        plan.at(now, call.with("job.id", job).with("schedule.repeats", true).with("schedule.interval", self.every));
        // A registration holds until the next start of the app.
        self.registered = now + 20 * HOUR + device.random.wait(10 * HOUR);
    }
}

impl Habit for Mail {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if now >= self.registered {
            self.register(now, device, plan);
        }
        let (kind, _) = scheduler(device.platform);
        let job = |action: &'static str| {
            let job = Event::of_app("mobile.job_event", self.app.id).with("job.action", action);
            job.with("scheduler.kind", kind).with("job.id", "mail.refresh")
        };
        plan.at(now, job("executed"));
        if device.platform == Platform::Ios && !device.is_used(now) {
            plan.at(now, Event::of_app("mobile.app_lifecycle", self.app.id).with("app.state", "background_refresh"));
        }
        let sessions = if device.random.chance(0.25) { 2 } else { 1 };
        for number in 0..sessions {
            let time = now + SECOND + number * 1_500 + device.random.between(0, 2_000);
            let host = device.random.pick(self.app.hosts);
            let (out, back) = (device.random.wait(2_500), device.random.wait(40_000));
            plan.at(time, Session::new(self.app.id, host).bytes(out, back).lasting(900).ends(time, device));
        }
        plan.at(now + 5 * SECOND, job("finished"));
        // The system waits for a good moment; at night on the charger, it hardly waits.
        let bend = if now < device.charging_until { 0.05 } else { 0.3 };
        now + device.random.around(self.every, bend) + device.random.wait(30 * SECOND)
    }
}
