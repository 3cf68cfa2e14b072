//! `ios-session-longer-than-usual`: a session to an unknown host is held open for hours.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "ios-session-longer-than-usual", platform: Platform::Ios, run };

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.expenses", "com.acme.crm", "com.acme.fieldservice"]);
    let host = scene.random.pick(&["hold.mistgate.example", "ws.fernhollow.example"]);
    scene.variant = "held open";
    let mut time = scene.now;
    for _ in 0..2 {
        let lasts = scene.random.between(3 * HOUR, 8 * HOUR);
        time += lasts;
        let session = scene.session(host).bytes(lasts / 900, lasts / 700).lasting(lasts);
        scene.ends(time, session);
        time += scene.random.between(MINUTE, HOUR);
    }
}
