//! What phones do on ordinary days: a file for each behaviour.

mod agent;
mod backup;
mod chat;
mod developer;
mod links;
mod mail;
mod media;
mod power;
mod refresh;
mod timers;
mod tools;
mod updates;
mod usage;

use super::agenda::Plan;
use super::apps::Role;
use super::device::{Device, Platform};

/// Something that a device does again and again.
pub(super) trait Habit: std::fmt::Debug + Send {
    /// Plans what happens from `now` on; gives when to ask again (milliseconds since the epoch, after `now`).
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64;
}

/// Those of a device, by what is on it.
pub(super) fn habits(device: &mut Device) -> Vec<Box<dyn Habit>> {
    let mut habits: Vec<Box<dyn Habit>> = vec![Box::new(power::Power), Box::new(links::Links::default())];
    // The usage comes first at equal times: the others ask who uses the phone.
    habits.insert(0, Box::new(usage::Usage));
    for app in device.apps.clone() {
        match app.role {
            Role::Mail => habits.push(Box::new(mail::Mail::of(app, device))),
            Role::Chat => habits.push(Box::new(chat::Chat::of(app, device))),
            Role::Sync => habits.push(Box::new(backup::Backup::of(app))),
            Role::Business => habits.push(Box::new(refresh::Refresh::of(app, device))),
            Role::Tunnel => habits.push(Box::new(links::Tunnel::of(app))),
            Role::Agent => habits.push(Box::new(agent::Agent::of(app, device))),
            Role::Media => habits.push(Box::new(media::Media::of(app))),
            Role::Tools => habits.push(Box::new(tools::Tool::of(app, device))),
            Role::Developer => habits.push(Box::new(developer::Developer::of(app))),
            Role::Clock => habits.push(Box::new(timers::Clock::of(app))),
            Role::Fitness => habits.push(Box::new(timers::Fitness::of(app))),
            Role::Browser | Role::Maps => {}
        }
    }
    habits.push(Box::new(updates::Updates));
    habits
}

/// The scheduler that ordinary apps use for work that comes again.
fn scheduler(platform: Platform) -> (&'static str, &'static str) {
    match platform {
        Platform::Ios => ("bg_task_scheduler", "BGTaskScheduler.submit"),
        Platform::Android => ("work_manager", "WorkManager.enqueueUniquePeriodicWork"),
    }
}
