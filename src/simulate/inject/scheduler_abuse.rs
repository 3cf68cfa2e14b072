//! `ios-scheduler-api-abuse`: an app schedules repeating background activity that its role does not explain, and the system runs it.

use super::{Behaviour, Scene};
use crate::simulate::device::Platform;
use crate::simulate::{HOUR, MINUTE};

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "ios-scheduler-api-abuse", platform: Platform::Ios, run };

fn run(scene: &mut Scene<'_>) {
    scene.app = scene.random.pick(&["com.acme.expenses", "com.acme.crm", "com.workday.workdayapp"]);
    let every = scene.random.pick(&[10 * MINUTE, 20 * MINUTE, HOUR]);
    let tolerance = every / scene.random.between(4, 10);
    scene.variant = match every / MINUTE {
        10 => "every ten minutes",
        20 => "every twenty minutes",
        _ => "every hour",
    };
    let call = scene.event("mobile.api_call").with("api.name", "NSBackgroundActivityScheduler.schedule");
    let call = call.with("scheduler.kind", "ns_background_activity").with("job.id", "com.vendor.activity");
    let call = call.with("schedule.repeats", true).with("schedule.interval", every);
    scene.at(scene.now, call.with("schedule.tolerance", tolerance));
    let mut time = scene.now;
    while time < scene.now + 14 * HOUR {
        // The system chooses the moment within the tolerance.
        time += every + scene.random.between(-tolerance, tolerance);
        let job = scene.event("mobile.job_event").with("job.action", "executed");
        scene.at(time, job.with("scheduler.kind", "ns_background_activity").with("job.id", "com.vendor.activity"));
    }
}
