//! The charger at night, the link that the phone uses, the radios that its person switches.

use super::Habit;
use crate::simulate::agenda::Plan;
use crate::simulate::device::{Device, Platform};
use crate::simulate::event::Event;
use crate::simulate::{HOUR, MINUTE};

/// Once a day, at bedtime.
#[derive(Debug)]
pub struct Power;

impl Habit for Power {
    fn wake(&mut self, now: i64, device: &mut Device, plan: &mut Plan<'_>) -> i64 {
        let state = || Event::new("mobile.device_state");
        if !device.is_awake(now) {
            let morning = device.next_morning(now);
            let off = morning + device.random.between(-20 * MINUTE, 30 * MINUTE);
            plan.at(now, state().with("device.charging", true).with("device.network", "wifi"));
            plan.at(off.max(now + 1), state().with("device.charging", false));
            device.charging_until = off;
            away(morning, device, plan);
        }
        device.next_night(now) + device.random.between(MINUTE, 30 * MINUTE)
    }
}

/// The way to work and back: another link, and on some phones a hand on the Wi-Fi switch.
fn away(morning: i64, device: &mut Device, plan: &mut Plan<'_>) {
    let leaves = morning + HOUR + device.random.between(0, HOUR);
    let returns = leaves + 9 * HOUR + device.random.between(0, 2 * HOUR);
    let link = |network: &'static str| Event::new("mobile.device_state").with("device.network", network);
    plan.at(leaves, link("cellular"));
    plan.at(leaves + 50 * MINUTE, link("wifi"));
    plan.at(returns, link("cellular"));
    plan.at(returns + 50 * MINUTE, link("wifi"));
    if device.platform == Platform::Android && device.random.chance(0.4) {
        let by = device.random.pick(&["user", "user", "system"]);
        for (time, enabled) in [(leaves, false), (returns + 50 * MINUTE, true)] {
            let change = Event::new("mobile.radio_change").with("radio.kind", "wifi").with("radio.enabled", enabled);
            plan.at(time, change.with("radio.changed_by", by));
        }
    }
}
