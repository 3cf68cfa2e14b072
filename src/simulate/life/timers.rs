//! Android's timers that people want: the alarm clock, and a step counter that looks every three minutes while its owner walks.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::Device;
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The alarm clock.
#[derive(Debug)]
pub struct Clock {
    app: &'static App,
}

impl Clock {
    /// Of this app.
    pub fn of(app: &'static App) -> Clock {
        Clock { app }
    }
}

impl Habit for Clock {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let rings = device.next_morning(now) - 2 * MINUTE;
        if rings > now {
            let snoozes = device.random.between(0, 3);
            for time in (0..=snoozes).map(|n| rings + n * 9 * MINUTE) {
                let timer = Event::of_app("mobile.timer_event", self.app.id).with("timer.kind", "alarm");
                plan.at(time, timer.with("timer.id", "morning"));
                let lock = Event::of_app("mobile.wake_lock", self.app.id).with("wake_lock.action", "acquired");
                plan.at(time + 20, lock.with("wake_lock.kind", "full").with("wake_lock.tag", "AlarmAlert"));
                let service = Event::of_app("mobile.service_start", self.app.id).with("service.name", "AlarmService");
                plan.at(time + 60, service.with("service.foreground", true));
            }
        }
        rings.max(now) + HOUR
    }
}

/// The step counter.
#[derive(Debug)]
pub struct Fitness {
    app: &'static App,
}

impl Fitness {
    /// Of this app.
    pub fn of(app: &'static App) -> Fitness {
        Fitness { app }
    }

    /// A walk: the app is opened, then an alarm every three minutes, and what was counted is sent with every fourth.
    fn walk(&self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let until = now + device.random.between(20 * MINUTE, 70 * MINUTE);
        let state = |state: &'static str| Event::of_app("mobile.app_lifecycle", self.app.id).with("app.state", state);
        plan.at(now, state("foreground"));
        let service = Event::of_app("mobile.service_start", self.app.id).with("service.name", "WalkService");
        plan.at(now + 700, service.with("service.foreground", true));
        plan.at(now + 20 * SECOND, state("background"));
        let (mut time, mut number) = (now + 3 * MINUTE, 0);
        while time < until {
            number += 1;
            let timer = Event::of_app("mobile.timer_event", self.app.id).with("timer.kind", "alarm");
            plan.at(time, timer.with("timer.id", "steps").with("timer.interval", 3 * MINUTE));
            let lock = Event::of_app("mobile.wake_lock", self.app.id).with("wake_lock.action", "acquired");
            plan.at(time + 30, lock.with("wake_lock.kind", "partial"));
            if number % 4 == 0 {
                let host = device.random.pick(self.app.hosts);
                let sent = time + SECOND;
                plan.at(sent, Session::new(self.app.id, host).bytes(1_400, 300).lasting(500).ends(sent, device));
            }
            time += 3 * MINUTE + device.random.between(-1_000, 4_000);
        }
        until
    }
}

impl Habit for Fitness {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if !device.is_awake(now) || device.is_at_work(now) || !device.random.chance(0.3) {
            return now + device.random.between(HOUR, 3 * HOUR);
        }
        self.walk(now, device, plan) + device.random.between(8 * HOUR, 30 * HOUR)
    }
}
