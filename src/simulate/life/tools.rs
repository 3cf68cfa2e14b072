//! Small apps of nobody in particular: weather, a torch. They ask their makers for advertisements and settings, by timers of their own.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// A small app.
#[derive(Debug)]
pub struct Tool {
    app: &'static App,
    every: i64,
}

impl Tool {
    /// Of this app, with the beat that its makers chose.
    pub fn of(app: &'static App, device: &mut Device) -> Tool {
        Tool { app, every: device.random.pick(&[30 * MINUTE, HOUR, 3 * HOUR]) }
    }
}

impl Habit for Tool {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        // The system lets such apps run when it likes: the beat survives only loosely.
        let next = now + device.random.around(self.every, 0.5) + device.random.wait(self.every / 4);
        if !device.is_awake(now) && device.random.chance(0.7) {
            return next;
        }
        if device.platform == Platform::Android {
            let timer = Event::of_app("mobile.timer_event", self.app.id).with("timer.kind", "react_native");
            plan.at(now, timer.with("timer.id", "rn-refresh").with("timer.interval", self.every));
            if device.random.chance(0.5) {
                // A service that has nothing to do with the timer but comes soon after it.
                let service = Event::of_app("mobile.service_start", self.app.id).with("service.name", "RefreshService");
                plan.at(now + device.random.between(2 * SECOND, MINUTE), service.with("service.foreground", false));
            }
        }
        let host = device.random.pick(self.app.hosts);
        let time = now + 2 * SECOND;
        let (out, back) = (device.random.wait(900), device.random.wait(30_000));
        plan.at(time, Session::new(self.app.id, host).bytes(out, back).lasting(600).ends(time, device));
        next
    }
}
