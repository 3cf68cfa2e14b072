//! `android-tiktok-pro-alarm`: an alarm every three minutes, and on the same beat a word to a command server.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "android-tiktok-pro-alarm", platform: Platform::Android, run };

fn run(scene: &mut Scene<'_>) {
    let posing = ["com.tiktok.pro.install", "com.vids.plus", "com.example.flashlight"];
    scene.app = if scene.is_supervised() { scene.random.pick(&posing) } else { "com.acme.warehouse" };
    act(scene);
}

/// By the app that is set.
pub(super) fn act(scene: &mut Scene<'_>) {
    let host = scene.random.pick(&["core.ledgerpoint.example", "api.farhollow.example", "hub.stillbrook.example"]);
    // Doze and load move alarms a little, and swallow one now and then.
    let (bend, swallowed) = scene.random.pick(&[(SECOND, 0.0), (4 * SECOND, 0.05), (6 * SECOND, 0.1)]);
    scene.variant = if swallowed > 0.0 { "some beats late or missing" } else { "strict" };
    let mut time = scene.now;
    for _ in 0..100 {
        time += 3 * MINUTE;
        if scene.random.chance(swallowed) {
            continue;
        }
        let rings = time + scene.random.between(0, bend);
        let timer = scene.event("mobile.timer_event").with("timer.kind", "alarm").with("timer.id", "core");
        scene.at(rings, timer.with("timer.interval", 3 * MINUTE));
        let out = scene.random.between(300, 900);
        let session = scene.session(host).bytes(out, 250).lasting(700);
        let soon = rings + scene.random.between(800, 2_500);
        scene.ends(soon, session);
    }
}
