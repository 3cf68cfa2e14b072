//! Somebody picks the phone up, uses an app or three, and puts it away.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::apps::{App, Role};
use crate::simulate::device::Device;
use crate::simulate::event::Event;
use crate::simulate::session::Session;
use crate::simulate::{MINUTE, SECOND};

/// Pick-ups by day, and a rare one at night.
#[derive(Debug)]
pub struct Usage;

impl Habit for Usage {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        if device.is_used(now) {
            return device.used.1 + MINUTE;
        }
        if !device.is_awake(now) && !device.random.chance(0.03) {
            return now + device.random.wait(40 * MINUTE);
        }
        let end = pick_up(now, device, plan);
        let pause = if device.is_at_work(now) { 30 * MINUTE } else { 20 * MINUTE };
        end + SECOND + device.random.wait(pause)
    }
}

/// Plans the whole use; gives its end.
fn pick_up(now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
    let state = |locked: bool, screen: &'static str| {
        Event::new("mobile.device_state").with("device.locked", locked).with("device.screen", screen)
    };
    plan.at(now, state(false, "on"));
    touch(now + 300, "biometric", None, device, plan);
    let mut time = now + SECOND;
    let apps = 1 + i64::from(device.random.chance(0.35)) + i64::from(device.random.chance(0.1));
    for _ in 0..apps {
        let Some(app) = device.random.one_of(&device.apps).copied() else { break };
        if matches!(app.role, Role::Agent | Role::Tunnel) {
            continue;
        }
        let until = time + device.random.wait(100 * SECOND).max(8 * SECOND);
        use_app(app, (time, until), device, plan);
        time = until + 400;
    }
    let locked = device.random.chance(0.9);
    plan.at(
        time + 500,
        if locked { state(true, "off") } else { Event::new("mobile.device_state").with("device.screen", "off") },
    );
    device.used = (now, time);
    time
}

fn touch(time: i64, kind: &'static str, app: Option<&'static str>, device: &mut Device, plan: &mut Plan<'_>) {
    if device.reports_touch {
        let event = Event::new("mobile.user_interaction").with("interaction.kind", kind);
        plan.at(time, event.with_some("app.bundle_id", app));
    }
}

fn use_app(app: &'static App, (from, until): (i64, i64), device: &mut Device, plan: &mut Plan<'_>) {
    let state = |state: &'static str| Event::of_app("mobile.app_lifecycle", app.id).with("app.state", state);
    plan.at(from, state("foreground"));
    plan.at(until, state("background"));
    if device.random.chance(0.5) {
        plan.at(until + device.random.between(5 * SECOND, 40 * SECOND), state("suspended"));
    }
    touches(app, (from, until), device, plan);
    traffic(app, (from, until), device, plan);
    traces(app, (from, until), device, plan);
}

fn touches(app: &'static App, (from, until): (i64, i64), device: &mut Device, plan: &mut Plan<'_>) {
    let is_read = matches!(app.role, Role::Media | Role::Maps);
    let mut time = from + device.random.between(400, 2_500);
    while time < until {
        let kind = device.random.pick(&["touch", "touch", "touch", "key"]);
        touch(time, kind, Some(app.id), device, plan);
        time += SECOND + device.random.wait(if is_read { 40 * SECOND } else { 11 * SECOND });
    }
}

fn traffic(app: &'static App, (from, until): (i64, i64), device: &mut Device, plan: &mut Plan<'_>) {
    let mut time = from + device.random.between(500, 3_000);
    while time < until {
        let host = device.random.pick(app.hosts);
        let lasts = device.random.wait(4 * SECOND);
        if !host.is_empty() {
            let bytes = (device.random.wait(3_000), device.random.wait(60_000));
            let session = Session::new(app.id, host).bytes(bytes.0, bytes.1).lasting(lasts);
            let session = usual_port(session, app.role, device);
            plan.at(time + lasts, session.ends(time + lasts, device));
        }
        time += 500 + device.random.wait(18 * SECOND);
    }
}

/// Most is TLS; some of it is QUIC, a little goes where it should not.
fn usual_port(session: Session, role: Role, device: &mut Device) -> Session {
    let odd = device.random.between(0, 999);
    match role {
        Role::Browser | Role::Sync | Role::Media | Role::Maps if odd < 300 => session.over("quic", 443),
        // Appliances and hotels: approved for browsers.
        Role::Browser if odd < 310 => session.over("tls", 8443),
        Role::Browser | Role::Maps if odd < 330 => session.over("http", 80),
        Role::Chat if odd < 200 => session.over("websocket", 443),
        Role::Chat if odd < 230 => session.over("tls", 5223),
        // A captive portal in between: once, while somebody looks at it.
        _ if odd == 999 => session.over("tls", 8443),
        _ => session,
    }
}

/// What a use leaves behind: files, and for some apps a last word to their makers.
fn traces(app: &'static App, (from, until): (i64, i64), device: &mut Device, plan: &mut Plan<'_>) {
    let write = |path: &'static str, bytes: i64| {
        let file =
            Event::of_app("mobile.file_write", app.id).with("file.path", path).with("file.operation", "modified");
        file.with("file.bytes", bytes)
    };
    if device.random.chance(0.6) {
        let path = "/private/var/mobile/Containers/Data/Application/51D0-44/Library/Caches/responses.db";
        let bytes = device.random.wait(90_000);
        plan.at(from + (until - from) / 2, write(path, bytes));
    }
    let keeps = matches!(app.role, Role::Business | Role::Sync | Role::Chat);
    if keeps && device.random.chance(0.3) {
        let path = "/private/var/mobile/Containers/Data/Application/51D0-44/Documents/state.sqlite";
        let bytes = device.random.wait(30_000);
        plan.at(until + device.random.between(100, 4_000), write(path, bytes));
    }
    if matches!(app.role, Role::Business | Role::Tools) && device.random.chance(0.4) {
        // Counters of use and reports of crashes leave soon after the app was left, now and then minutes later.
        let late = if device.random.chance(0.05) { 6 * MINUTE } else { 20 * SECOND };
        let time = until + device.random.between(SECOND, late);
        let (out, back) = (device.random.wait(5_000), 700);
        let session = Session::new(app.id, "logs.appvitals.example").bytes(out, back).lasting(900);
        plan.at(time, session.ends(time, device));
    }
}
