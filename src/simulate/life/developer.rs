//! Who builds apps opens odd ports and schedules work as it comes, with the phone in the hand.

use super::{Habit, scheduler};
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::Device;
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// A tool of a developer.
#[derive(Debug)]
pub struct Developer {
    app: &'static App,
}

impl Developer {
    /// Of this app.
    pub fn of(app: &'static App) -> Developer {
        Developer { app }
    }
}

impl Habit for Developer {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if !device.is_at_work(now) || device.is_used(now) {
            return now + device.random.between(30 * MINUTE, 2 * HOUR);
        }
        let state = |state: &'static str| Event::of_app("mobile.app_lifecycle", self.app.id).with("app.state", state);
        let until = now + device.random.between(4 * MINUTE, 20 * MINUTE);
        let locked = |locked: bool| Event::new("mobile.device_state").with("device.locked", locked);
        plan.at(now, locked(false));
        plan.at(now, state("foreground"));
        let (kind, name) = scheduler(device.platform);
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", name).with("scheduler.kind", kind);
        plan.at(now + 2 * SECOND, call.with("schedule.repeats", true).with("schedule.interval", 20 * MINUTE));
        let mut time = now + 4 * SECOND;
        while time < until {
            if device.reports_touch {
                let touch = Event::new("mobile.user_interaction").with("interaction.kind", "touch");
                plan.at(time, touch.with("app.bundle_id", self.app.id));
            }
            let host = device.random.pick(self.app.hosts);
            let port = device.random.pick(&[443, 443, 8080, 8443, 9090]);
            let session = Session::new(self.app.id, host).over(if port == 8080 { "http" } else { "tls" }, port);
            plan.at(time + 300, session.ends(time + 300, device));
            time += device.random.wait(50 * SECOND);
        }
        plan.at(until, state("background"));
        plan.at(until + SECOND, locked(true));
        device.used = (now, until);
        until + device.random.wait(3 * HOUR)
    }
}
