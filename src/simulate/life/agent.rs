//! The organisation's own agent: a heartbeat that is as strict as any beacon's, to a host that everybody knows.

use super::{Habit, scheduler};
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The device agent.
#[derive(Debug)]
pub struct Agent {
    app: &'static App,
    beats: i64,
    every: i64,
}

impl Agent {
    /// Its beat is the same for the whole life of a device.
    pub fn of(app: &'static App, device: &mut Device) -> Agent {
        Agent { app, beats: device.random.between(0, 40), every: device.random.pick(&[15 * MINUTE, 20 * MINUTE]) }
    }

    /// A deeper look, twice a day: within the role's profile.
    fn inventory(&self, now: i64, device: &mut Device, plan: &mut Plan<'_>) {
        let (kind, name) = match device.platform {
            Platform::Ios => ("ns_background_activity", "NSBackgroundActivityScheduler.schedule"),
            Platform::Android => scheduler(device.platform),
        };
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", name).with("scheduler.kind", kind);
        let call = call.with("schedule.repeats", true).with("schedule.interval", 12 * HOUR);
        plan.at(
            now,
            call.with("schedule.tolerance", 2 * HOUR).with("schedule.constraints", &["charging", "network"][..]),
        );
        let time = now + 12 * HOUR + device.random.between(0, 2 * HOUR);
        let job = Event::of_app("mobile.job_event", self.app.id).with("job.action", "executed");
        plan.at(time, job.with("scheduler.kind", kind).with("job.id", "inventory"));
        let session = Session::new(self.app.id, "mdm.corp.example").bytes(device.random.wait(200_000), 4_000);
        plan.at(time + 20 * SECOND, session.ends(time + 20 * SECOND, device));
    }
}

impl Habit for Agent {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        self.beats += 1;
        if self.beats % 48 == 0 {
            self.inventory(now, device, plan);
        }
        let beat = Session::new(self.app.id, "mdm.corp.example").bytes(640, 210).lasting(250);
        plan.at(now, beat.ends(now, device));
        now + self.every + device.random.between(-1_500, 1_500)
    }
}
