//! `ios-structured-c2-cadence`: an app calls home on a beat, answers each silent push with a burst, or holds one session for hours.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "ios-structured-c2-cadence", platform: Platform::Ios, run };

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.expenses", "com.acme.crm", "com.workday.workdayapp"]);
    let host = scene.random.pick(&["cdn.amberlane.example", "img.slowriver.example", "t.copperfield-api.example"]);
    match scene.random.between(0, 2) {
        0 => beacon(scene, host),
        1 => pushed(scene, host),
        _ => both(scene, host),
    }
}

/// A beat of some minutes with a little jitter, for eight hours.
fn beacon(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "beacon";
    let every = scene.random.between(4 * MINUTE, 10 * MINUTE);
    let jitter = scene.random.pick(&[0.0, 0.03, 0.08]);
    beats(scene, host, every, jitter, 8 * HOUR);
}

fn beats(scene: &mut Scene<'_>, host: &'static str, every: i64, jitter: f64, long: i64) {
    let mut time = scene.now;
    while time < scene.now + long {
        let out = scene.random.between(700, 1_100);
        let session = scene.session(host).bytes(out, 320).lasting(1_200);
        scene.ends(time, session);
        time += scene.random.around(every, jitter);
    }
}

/// Silent pushes, each with a burst of sessions behind it; some while somebody uses the phone, most not.
fn pushed(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "bursts after pushes";
    let mut time = scene.now;
    for _ in 0..30 {
        let push = scene.event("mobile.push_notification").with("push.kind", "silent");
        scene.at(time, push.with("push.priority", "normal"));
        let mut end = time + SECOND;
        for _ in 0..scene.random.between(7, 12) {
            end += scene.random.between(300, 2_000);
            let out = scene.random.between(2_000, 40_000);
            let session = scene.session(host).bytes(out, 500).lasting(250);
            scene.ends(end, session);
        }
        time += scene.random.between(9 * MINUTE, 25 * MINUTE);
    }
}

/// A slower beat beside one session that stays open.
fn both(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "a beat beside a long session";
    let lasts = scene.random.between(5 * HOUR, 7 * HOUR);
    let session = scene.session(host).bytes(60_000, 900_000).lasting(lasts);
    scene.ends(scene.now + lasts, session);
    let every = scene.random.between(8 * MINUTE, 14 * MINUTE);
    beats(scene, host, every, 0.04, 9 * HOUR);
}
