//! `ios-protocol-on-unapproved-port`: an app speaks TLS or WebSocket to a port that nobody approved, again and again or for long.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "ios-protocol-on-unapproved-port", platform: Platform::Ios, run };

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.crm", "com.acme.fieldservice", "com.microsoft.Office.Outlook"]);
    let host = scene.random.pick(&["edge.northwind-cdn.example", "gw.palebridge.example", "n2.tallowmere.example"]);
    let (protocol, port) = scene.random.pick(&[("tls", 8443), ("tls", 4444), ("websocket", 9001), ("http", 8089)]);
    let is_long = scene.random.chance(0.35);
    scene.variant = if is_long { "one long session" } else { "repeated" };
    let mut time = scene.now;
    for _ in 0..4 {
        if is_long {
            let lasts = scene.random.between(35 * MINUTE, 2 * HOUR);
            time += lasts;
            let session = scene.session(host).over(protocol, port).lasting(lasts).bytes(40_000, 9_000);
            scene.ends(time, session);
        } else {
            for _ in 0..scene.random.between(4, 7) {
                time += scene.random.between(2 * MINUTE, 9 * MINUTE);
                let (lasts, out) = (scene.random.between(SECOND, 9 * SECOND), scene.random.between(400, 9_000));
                let session = scene.session(host).over(protocol, port).lasting(lasts).bytes(out, 700);
                scene.ends(time, session);
            }
        }
        time += scene.random.between(20 * MINUTE, 70 * MINUTE);
    }
}
