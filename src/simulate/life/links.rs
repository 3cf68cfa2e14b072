//! Connections that stay: the push service's, a VPN's, the corporate proxy's.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::{App, Role};
use crate::simulate::device::{Device, Platform};
use crate::simulate::session::Session;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The system's own: no app is named.
#[derive(Debug, Default)]
pub struct Links {
    resolved: u32,
}

impl Habit for Links {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let lasts = device.random.between(20 * MINUTE, 4 * HOUR);
        let service = match device.platform {
            Platform::Ios => Session::of_system("courier.push.apple.com").over("apns", 5223),
            Platform::Android => Session::of_system("mtalk.google.com").over("fcm", 5228),
        };
        plan.at(now + lasts, service.bytes(9_000, 30_000).lasting(lasts).ends(now + lasts, device));
        // Names are asked for all the time; a sensor reports some of it.
        self.resolved += 1;
        if self.resolved.is_multiple_of(3) {
            let query = Session::of_system("dns.corp.example").over("dns", 53).bytes(80, 200).lasting(40);
            plan.at(now + SECOND, query.ends(now + SECOND, device));
        }
        proxied(now, device, plan);
        now + lasts + device.random.between(200, 5_000)
    }
}

/// Inside the corporate network an app's traffic leaves by the proxy, on its high port.
fn proxied(now: i64, device: &mut Device, plan: &mut Plan<'_>) {
    if !device.is_at_work(now) || !device.random.chance(0.4) {
        return;
    }
    let Some(app) = device.app(Role::Business) else { return };
    let mut time = now;
    for _ in 0..device.random.between(2, 9) {
        time += device.random.wait(4 * MINUTE);
        let host = device.random.pick(&["eu1.proxy.corp.example", "eu2.proxy.corp.example", "edge.relay.corp.example"]);
        let (out, back) = (device.random.wait(4_000), device.random.wait(30_000));
        plan.at(time, Session::new(app.id, host).over("tls", 8443).bytes(out, back).ends(time, device));
    }
}

/// The VPN's client: one long session, reported when it ends, and its check of the gateway on a strict beat.
#[derive(Debug)]
pub struct Tunnel {
    app: &'static App,
    until: i64,
}

impl Tunnel {
    /// Not connected yet.
    pub fn of(app: &'static App) -> Tunnel {
        Tunnel { app, until: 0 }
    }
}

impl Habit for Tunnel {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let host = device.random.pick(self.app.hosts);
        if now < self.until {
            let check = Session::new(self.app.id, host).bytes(420, 420).lasting(120);
            plan.at(now, check.ends(now, device));
            return now + 5 * MINUTE + device.random.between(-2_000, 2_000);
        }
        if !device.is_at_work(now) {
            return now + device.random.between(20 * MINUTE, 40 * MINUTE);
        }
        let lasts = device.random.between(HOUR, 8 * HOUR);
        self.until = now + lasts;
        let session = Session::new(self.app.id, host).over("ipsec", 4500).bytes(lasts, 4 * lasts).lasting(lasts);
        plan.at(self.until, session.ends(self.until, device));
        now + 5 * MINUTE
    }
}
