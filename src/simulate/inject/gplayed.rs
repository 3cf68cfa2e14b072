//! `android-gplayed-timers`: timers ping a command server, register the device there, switch Wi-Fi on and take a wake lock.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "android-gplayed-timers", platform: Platform::Android, run };

fn run(scene: &mut Scene<'_>) {
    let posing = ["com.gplay.market", "com.playstore.updates", "com.example.scanner"];
    scene.app = if scene.is_supervised() { scene.random.pick(&posing) } else { "com.acme.warehouse" };
    act(scene);
}

/// By the app that is set.
pub(super) fn act(scene: &mut Scene<'_>) {
    let host = scene.random.pick(&["sub1.tdsworker.example", "sub2.mirrorgate.example", "api.dullwater.example"]);
    let without = scene.random.between(0, 3);
    scene.variant = match without {
        0 => "all four",
        1 => "without a wake lock",
        2 => "without Wi-Fi",
        _ => "all four, slowly",
    };
    let pace = if without == 3 { 25 * SECOND } else { 2 * SECOND };
    let mut time = scene.now;
    for _ in 0..12 {
        let timer = scene.event("mobile.timer_event").with("timer.kind", "handler").with("timer.id", "t-1");
        scene.at(time, timer.with("timer.interval", HOUR / 2));
        if without != 2 {
            let radio = scene.event("mobile.radio_change").with("radio.kind", "wifi").with("radio.enabled", true);
            scene.at(time + pace, radio.with("radio.changed_by", "app"));
        }
        let (ping, told) = (scene.random.between(120, 600), scene.random.between(1_500, 9_000));
        let session = scene.session(host).over("http", 5416).bytes(ping, 90).lasting(300);
        scene.ends(time + 2 * pace, session);
        let session = scene.session(host).over("http", 5416).bytes(told, 400).lasting(900);
        scene.ends(time + 3 * pace, session);
        if without != 1 {
            let lock = scene.event("mobile.wake_lock").with("wake_lock.action", "acquired");
            scene.at(time + 4 * pace, lock.with("wake_lock.kind", "partial").with("wake_lock.tag", "market:sync"));
        }
        time += 30 * MINUTE + scene.random.between(0, 5 * MINUTE);
    }
}
