//! `ios-background-scheduler-effects`: work that was scheduled runs, and the app sends and writes; or it does so after it was left.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "ios-background-scheduler-effects", platform: Platform::Ios, run };

const HOSTS: [&str; 3] = ["drop.ledger-sync.example", "in.quietbox.example", "u.parcelpoint.example"];

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.expenses", "com.workday.workdayapp"]);
    let host = scene.random.pick(&HOSTS);
    if scene.random.chance(0.6) { scheduled(scene, host) } else { left(scene, host) }
}

/// The direct tier: schedule, callback, effects. Three rounds.
fn scheduled(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "scheduled";
    let kind = scene.random.pick(&["bg_task_scheduler", "background_fetch", "ns_background_activity"]);
    let mut time = scene.now;
    for _ in 0..3 {
        let call = scene.event("mobile.api_call").with("api.name", "BGTaskScheduler.submit");
        scene.at(time, call.with("scheduler.kind", kind).with("job.id", "ledger.refresh"));
        time += scene.random.between(20 * MINUTE, 2 * HOUR);
        let job = scene.event("mobile.job_event").with("job.action", "executed").with("scheduler.kind", kind);
        scene.at(time, job.with("job.id", "ledger.refresh"));
        effects(scene, time, host);
        time += scene.random.between(10 * MINUTE, HOUR);
    }
}

/// The indirect tier: the app goes to the background, and keeps sending and writing. Eight rounds: somebody may touch the phone.
fn left(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "after it was left";
    let mut time = scene.now;
    for _ in 0..8 {
        let state = scene.event("mobile.app_lifecycle").with("app.state", "background");
        scene.at(time, state);
        for minutes in [3, 6, 9] {
            let jitter = scene.random.between(0, 40 * SECOND);
            effects(scene, time + minutes * MINUTE + jitter, host);
        }
        time += scene.random.between(50 * MINUTE, 90 * MINUTE);
    }
}

fn effects(scene: &mut Scene<'_>, time: i64, host: &'static str) {
    let file = scene.event("mobile.file_write").with("file.operation", "modified").with("file.bytes", 180_000i64);
    let path = "/private/var/mobile/Containers/Data/Application/7C1E-20/Documents/ledger.db";
    scene.at(time + 20 * SECOND, file.with("file.path", path));
    let out = scene.random.between(20_000, 400_000);
    let session = scene.session(host).bytes(out, 900);
    scene.ends(time + 50 * SECOND, session);
}
