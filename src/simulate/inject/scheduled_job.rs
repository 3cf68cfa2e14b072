//! `android-scheduled-job-effects`: work that the app's role does not explain is registered, runs, and sends a lot in the background.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE, SECOND};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "android-scheduled-job-effects", platform: Platform::Android, run };

/// A scheduler, the call, an interval that no business app's profile has.
const WAYS: [(&str, &str, i64); 3] = [
    ("alarm_manager", "AlarmManager.setRepeating", 30 * MINUTE),
    ("job_scheduler", "JobScheduler.schedule", 7 * MINUTE),
    ("gcm_network_manager", "GcmNetworkManager.schedule", HOUR),
];

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.warehouse", "com.acme.fieldservice", "com.acme.crm"]);
    let host = scene.random.pick(&["depot.greyharbour.example", "s3.wrenfield.example", "in.lowmoor.example"]);
    if scene.random.chance(0.3) { by_alarm(scene, host) } else { by_job(scene, host) }
}

/// Registered once, run every so often.
fn by_job(scene: &mut Scene<'_>, host: &'static str) {
    let (kind, name, every) = scene.random.pick(&WAYS);
    scene.variant = kind;
    let call = scene.event("mobile.api_call").with("api.name", name).with("scheduler.kind", kind);
    let call = call.with("job.id", "w-17").with("schedule.repeats", true).with("schedule.interval", every);
    scene.at(scene.now, call);
    let mut time = scene.now;
    for _ in 0..8 {
        time += every.max(20 * MINUTE) + scene.random.between(0, 8 * MINUTE);
        let job = scene.event("mobile.job_event").with("job.action", "executed").with("scheduler.kind", kind);
        scene.at(time, job.with("job.id", "w-17"));
        uploads(scene, time, host);
    }
}

/// Where no registration is seen: an alarm, and what follows it.
fn by_alarm(scene: &mut Scene<'_>, host: &'static str) {
    scene.variant = "alarm alone";
    let every = scene.random.between(20 * MINUTE, 40 * MINUTE);
    let mut time = scene.now;
    for _ in 0..20 {
        let timer = scene.event("mobile.timer_event").with("timer.kind", "alarm").with("timer.id", "w-17");
        scene.at(time, timer.with("timer.interval", every));
        uploads(scene, time, host);
        time += every + scene.random.between(0, 30 * SECOND);
    }
}

fn uploads(scene: &mut Scene<'_>, time: i64, host: &'static str) {
    let mut end = time;
    for _ in 0..scene.random.between(1, 3) {
        let lasts = scene.random.between(2 * SECOND, 30 * SECOND);
        end += lasts + 500;
        let out = scene.random.between(300_000, 6_000_000);
        let session = scene.session(host).bytes(out, 2_000).lasting(lasts);
        scene.ends(end, session);
    }
}
