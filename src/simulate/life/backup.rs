//! Photographs are copied at night, on the charger: large uploads in the background, by approved means.

use super::{Habit, scheduler};
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// A synchronising app.
#[derive(Debug)]
pub struct Backup {
    app: &'static App,
}

impl Backup {
    /// Of this app.
    pub fn of(app: &'static App) -> Backup {
        Backup { app }
    }

    fn run(&self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let (kind, _) = kinds(device.platform);
        let job = |action: &'static str| {
            let job = Event::of_app("mobile.job_event", self.app.id).with("job.action", action);
            job.with("scheduler.kind", kind).with("job.id", "photos.upload")
        };
        plan.at(now, job("executed"));
        let mut time = now;
        for _ in 0..device.random.between(1, 12) {
            let lasts = device.random.between(4 * SECOND, 90 * SECOND);
            time += lasts + device.random.between(500, 20_000);
            let host = device.random.pick(self.app.hosts);
            let bytes = device.random.between(2_000_000, 30_000_000);
            plan.at(time, Session::new(self.app.id, host).bytes(bytes, 20_000).lasting(lasts).ends(time, device));
        }
        plan.at(time + SECOND, job("finished"));
        time
    }
}

impl Habit for Backup {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if now >= device.charging_until {
            return now + device.random.between(25 * MINUTE, 50 * MINUTE);
        }
        let (kind, name) = kinds(device.platform);
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", name).with("scheduler.kind", kind);
        let call = call.with("schedule.repeats", true).with("schedule.interval", 6 * HOUR);
        let constraints: &'static [&'static str] = &["charging", "unmetered"];
        plan.at(now, call.with("job.id", "photos.upload").with("schedule.constraints", constraints));
        let begins = now + device.random.between(MINUTE, 40 * MINUTE);
        self.run(begins, device, plan) + device.random.between(12 * HOUR, 16 * HOUR)
    }
}

fn kinds(platform: Platform) -> (&'static str, &'static str) {
    match platform {
        Platform::Ios => ("bg_task_scheduler", "BGProcessingTaskRequest.submit"),
        Platform::Android => scheduler(platform),
    }
}
