//! Music on the way: pieces of a stream on a beat of their own, a service in front of the system, a lock that keeps it awake.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::App;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// A player.
#[derive(Debug)]
pub struct Media {
    app: &'static App,
}

impl Media {
    /// Of this app.
    pub fn of(app: &'static App) -> Media {
        Media { app }
    }

    /// Android's player resumes by timer and shows a notification; it holds a lock while it plays.
    fn resume(&self, now: i64, plan: &mut Plan<'_>) {
        let timer = Event::of_app("mobile.timer_event", self.app.id).with("timer.kind", "react_native");
        plan.at(now, timer.with("timer.id", "resume"));
        let service = Event::of_app("mobile.service_start", self.app.id).with("service.foreground", true);
        let types: &'static [&'static str] = &["mediaplayback"];
        plan.at(now + 800, service.with("service.name", "PlaybackService").with("service.types", types));
        let lock = Event::of_app("mobile.wake_lock", self.app.id).with("wake_lock.action", "acquired");
        plan.at(now + 900, lock.with("wake_lock.kind", "partial").with("wake_lock.tag", "AudioMix"));
    }
}

impl Habit for Media {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if !device.is_awake(now) || !device.random.chance(0.3) {
            return now + device.random.between(HOUR, 3 * HOUR);
        }
        if device.platform == Platform::Android {
            self.resume(now, plan);
        }
        let until = now + device.random.between(10 * MINUTE, 90 * MINUTE);
        let piece = device.random.between(25 * SECOND, 200 * SECOND);
        let mut time = now + SECOND;
        while time < until {
            let host = device.random.pick(&["audio4-fa.scdn.co", "audio-ak.spotify.com.akamaiedge.net"]);
            let back = device.random.around(900_000, 0.3);
            plan.at(time, Session::new(self.app.id, host).bytes(1_200, back).lasting(2_000).ends(time, device));
            time += device.random.around(piece, 0.08);
        }
        until + device.random.wait(4 * HOUR)
    }
}
