//! Which devices a rule can concern: those of a platform on which it can alert at all.
//!
//! In: a checked rule and the fleet. Out: how many devices. Nothing is measured: the rule's own conditions on `device.platform` say
//! it, so that what happens to happen in a fleet changes nothing.

use crate::check::fold::fires_where;
use crate::ir::Rule;
use crate::pack::schema::{FieldId, Schema};
use crate::simulate::{Fleet, Platform};
use crate::value::Value;

/// The field that says what a device runs, as the bundled schema names it.
const PLATFORM: &str = "device.platform";

/// A fleet, by platform.
#[derive(Debug)]
pub struct Concern {
    /// None where the schema has no platforms: every rule concerns every device then.
    field: Option<FieldId>,
    /// How many devices run it.
    platforms: [(Platform, u32); 2],
}

impl Concern {
    /// Counts the fleet's devices.
    pub fn new(fleet: &Fleet, schema: &Schema) -> Concern {
        let devices = || (0..fleet.devices).filter_map(|number| fleet.device(number));
        let count = |platform| (platform, devices().filter(|d| d.platform == platform).count() as u32);
        Concern { field: schema.field(PLATFORM), platforms: [count(Platform::Ios), count(Platform::Android)] }
    }

    /// How many devices the rule can concern.
    pub fn devices(&self, rule: &Rule) -> u32 {
        let fits = |platform: Platform| {
            self.field.is_none_or(|field| fires_where(rule, field, &Value::string(platform.name())))
        };
        self.platforms.iter().filter(|(platform, _)| fits(*platform)).map(|(_, devices)| devices).sum()
    }
}
