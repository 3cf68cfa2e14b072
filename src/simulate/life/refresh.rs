//! Business apps refresh in the background: most within their role's profile, some a little beside it, none of them with much to send.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// Scheduled work of a business app.
#[derive(Debug)]
pub struct Refresh {
    app: &'static App,
    every: i64,
    /// Beside the profile: an alarm where a job would do.
    is_odd: bool,
}

impl Refresh {
    /// Of this app.
    pub fn of(app: &'static App, device: &mut Device) -> Refresh {
        // Where the organisation has not approved it, background work is switched off, and runs by mistake only.
        let is_approved = matches!(app.id, "com.acme.crm" | "com.acme.fieldservice");
        let every = device.random.pick(&[HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR]) * if is_approved { 1 } else { 20 };
        Refresh { app, every, is_odd: device.platform == Platform::Android && device.random.chance(0.15) }
    }

    fn kinds(&self, platform: Platform) -> (&'static str, &'static str) {
        match platform {
            Platform::Ios => ("bg_task_scheduler", "BGAppRefreshTaskRequest.submit"),
            Platform::Android if self.is_odd => ("alarm_manager", "AlarmManager.setInexactRepeating"),
            Platform::Android => ("job_scheduler", "JobScheduler.schedule"),
        }
    }
}

impl Habit for Refresh {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let (kind, name) = self.kinds(device.platform);
        let repeats = device.platform == Platform::Android;
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", name).with("scheduler.kind", kind);
        let call = call.with("schedule.repeats", repeats).with("schedule.interval", self.every);
        let network: &'static [&'static str] = &["network"];
        plan.at(now, call.with("job.id", "refresh").with("schedule.constraints", network));
        let runs = now + device.random.around(self.every, 0.25);
        let job = Event::of_app("mobile.job_event", self.app.id).with("job.action", "executed");
        plan.at(runs, job.with("scheduler.kind", kind).with("job.id", "refresh"));
        let own = self.app.hosts.first().copied().unwrap_or_default();
        let out = device.random.wait(if self.is_odd { 4_000 } else { 12_000 });
        let time = runs + device.random.between(SECOND, 40 * SECOND);
        plan.at(time, Session::new(self.app.id, own).bytes(out, 20_000).lasting(1_200).ends(time, device));
        let cache = "/private/var/mobile/Containers/Data/Application/51D0-44/Library/Caches/refresh.db";
        let file = Event::of_app("mobile.file_write", self.app.id).with("file.path", cache);
        plan.at(time + 300, file.with("file.bytes", 24_000i64).with("file.operation", "modified"));
        runs + device.random.between(MINUTE, 30 * MINUTE)
    }
}
