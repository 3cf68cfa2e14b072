//! `android-terracotta-timer-service`: timers of React Native bring a service back that runs on when its person has left.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour =
    Behaviour { rule: "android-terracotta-timer-service", platform: Platform::Android, run };

fn run(scene: &mut Scene<'_>) {
    let unknown = ["com.example.flashlight", "com.freeshoes.rewards", "com.example.scanner"];
    let managed = ["com.acme.warehouse", "com.acme.fieldservice"];
    scene.app = if scene.is_supervised() { scene.random.pick(&unknown) } else { scene.random.pick(&managed) };
    act(scene);
}

/// By the app that is set.
pub(super) fn act(scene: &mut Scene<'_>) {
    let every = scene.random.between(25 * MINUTE, 50 * MINUTE);
    scene.variant = "by timer";
    let mut time = scene.now;
    // Through half a day: some of it falls into minutes in which nobody touches the phone.
    for _ in 0..16 {
        let timer = scene.event("mobile.timer_event").with("timer.kind", "react_native").with("timer.id", "rn-bg-1");
        scene.at(time, timer.with("timer.interval", every));
        let service = scene.event("mobile.service_start").with("service.foreground", true);
        let soon = scene.random.between(200, 4 * SECOND);
        scene.at(time + soon, service.with("service.name", "KeepAliveService"));
        time += scene.random.around(every, 0.1);
    }
}
