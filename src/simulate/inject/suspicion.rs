//! `mobile-device-under-suspicion`: one app does what three rules look for, on one phone.

use super::{Behaviour, Scene, gplayed, terracotta, tiktok_pro};
use crate::simulate::device::Platform;

/// The behaviour.
pub static BEHAVIOUR: Behaviour = Behaviour { rule: "mobile-device-under-suspicion", platform: Platform::Android, run };

fn run(scene: &mut Scene<'_>) {
    scene.app = if scene.is_supervised() { "com.gplay.market" } else { "com.acme.warehouse" };
    gplayed::act(scene);
    terracotta::act(scene);
    tiktok_pro::act(scene);
    scene.variant = "three behaviours of one app";
}
