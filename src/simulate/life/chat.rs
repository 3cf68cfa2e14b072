//! Messages: pushes alone and in storms, an open connection, an answer now and then.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// A messaging app.
#[derive(Debug)]
pub struct Chat {
    app: &'static App,
    /// Time between two conversations, on average.
    every: i64,
    /// The open connection ends then.
    connected_until: i64,
}

impl Chat {
    /// The app, with a person that is more or less talkative.
    pub fn of(app: &'static App, device: &mut Device) -> Chat {
        Chat { app, every: device.random.between(40 * MINUTE, 3 * HOUR), connected_until: 0 }
    }

    fn push(&self, time: i64, device: &mut Device, plan: &mut Plan<'_>) {
        let kind = device.random.pick(&["alert", "alert", "background", "silent"]);
        let push = Event::of_app("mobile.push_notification", self.app.id).with("push.kind", kind);
        plan.at(time, push.with("push.priority", if kind == "alert" { "high" } else { "normal" }));
        // The app fetches what it was told of; a picture takes a second and a third session.
        let sessions = device.random.pick(&[0, 1, 1, 1, 2, 3]);
        for number in 0..sessions {
            let time = time + 400 + number * 900 + device.random.between(0, 1_500);
            let host = device.random.pick(self.app.hosts);
            let (out, back) = (device.random.wait(1_500), device.random.wait(50_000));
            plan.at(time, Session::new(self.app.id, host).bytes(out, back).lasting(700).ends(time, device));
        }
    }

    /// The connection for the next messages: open for hours, renewed when it breaks.
    fn connect(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) {
        let lasts = device.random.between(10 * MINUTE, 5 * HOUR);
        self.connected_until = now + lasts;
        let host = device.random.pick(self.app.hosts);
        let session = Session::new(self.app.id, host).over("websocket", 443).bytes(lasts / 400, lasts / 150);
        plan.at(now + lasts, session.lasting(lasts).ends(now + lasts, device));
    }

    /// Android's messengers wake themselves for a ping where a push service is slow: once, by alarm, within their profile.
    fn ping(&self, now: i64, device: &mut Device, plan: &mut Plan<'_>) {
        let call = Event::of_app("mobile.api_call", self.app.id).with("api.name", "AlarmManager.setAndAllowWhileIdle");
        let call = call.with("scheduler.kind", "alarm_manager").with("schedule.repeats", false);
        plan.at(now, call.with("schedule.interval", 10 * MINUTE));
        let time = now + 10 * MINUTE + device.random.wait(40 * SECOND);
        let timer = Event::of_app("mobile.timer_event", self.app.id).with("timer.kind", "alarm");
        plan.at(time, timer.with("timer.id", "ping"));
        let lock = Event::of_app("mobile.wake_lock", self.app.id).with("wake_lock.action", "acquired");
        plan.at(time + 40, lock.with("wake_lock.kind", "partial"));
        let host = device.random.pick(self.app.hosts);
        plan.at(time + 600, Session::new(self.app.id, host).bytes(300, 200).lasting(400).ends(time + 600, device));
    }
}

impl Habit for Chat {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if now >= self.connected_until && device.is_awake(now) {
            self.connect(now, device, plan);
        }
        if device.platform == Platform::Android && device.random.chance(0.3) {
            self.ping(now, device, plan);
        }
        let is_storm = device.random.chance(0.12);
        let pushes = if is_storm { device.random.between(8, 30) } else { device.random.between(1, 4) };
        let gap = if is_storm { 7 * SECOND } else { 50 * SECOND };
        let mut time = now;
        for _ in 0..pushes {
            self.push(time, device, plan);
            time += 200 + device.random.wait(gap);
        }
        let pause = if device.is_awake(now) { self.every } else { 6 * self.every };
        time + device.random.wait(pause)
    }
}
