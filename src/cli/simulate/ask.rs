//! `RULE@DEVICE@TIME` of `--inject`.

use crate::cli::run;
use crate::diagnostic::nearest;
use crate::simulate::{Behaviour, Fleet, Injection, inject};

/// What an argument asks for; else why it cannot be had.
pub fn injection(text: &str, fleet: &Fleet) -> Result<Injection, String> {
    let mut parts = text.splitn(3, '@');
    let (Some(rule), Some(device), Some(time)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("`{text}`: expected `RULE@DEVICE@TIME`, such as `{EXAMPLE}`"));
    };
    let behaviour = behaviour(rule)?;
    let number = number(device, fleet, behaviour)?;
    Ok(Injection { behaviour, device: number, at: at(time, fleet)? })
}

const EXAMPLE: &str = "ios-protocol-on-unapproved-port@iphone-00012@1d9h30m";

fn behaviour(rule: &str) -> Result<&'static Behaviour, String> {
    inject::all().into_iter().find(|b| b.rule == rule).ok_or_else(|| {
        let known = inject::all().map(|b| b.rule);
        let hint = nearest(rule, known).map(|near| format!("; did you mean `{near}`?"));
        format!("nothing is known to inject for `{rule}`{}", hint.unwrap_or_else(|| "; see `--list`".to_owned()))
    })
}

/// By identifier (`iphone-00012`) or number.
fn number(device: &str, fleet: &Fleet, behaviour: &Behaviour) -> Result<u32, String> {
    let digits = device.rsplit('-').next().unwrap_or(device);
    let number = digits.parse::<u32>().ok();
    let known = number.and_then(|number| Some((number, fleet.device(number)?)));
    let Some((number, made)) = known else {
        return Err(format!("`{device}` is no device of this fleet, which has numbers 0 to {}", fleet.devices - 1));
    };
    if made.platform != behaviour.platform || (device != digits && device != made.id) {
        let fits = |n: &u32| fleet.device(*n).is_some_and(|d| d.platform == behaviour.platform);
        let near = (number..fleet.devices).chain(0..number).find(fits).and_then(|n| fleet.device(n));
        let near = near.map_or(String::new(), |d| format!("; `{}` is one", d.id));
        let platform = behaviour.platform.name();
        return Err(format!(
            "`{}` takes place on `{platform}`, and `{device}` is no such device{near}",
            behaviour.rule
        ));
    }
    Ok(number)
}

/// A time, or how long after the start; within the fleet's days.
fn at(text: &str, fleet: &Fleet) -> Result<i64, String> {
    let after = run::duration(text).ok().map(|after| fleet.start.saturating_add(after));
    let at = after.map_or_else(|| run::time(text), Ok).map_err(|_| {
        format!(
            "`{text}`: expected a time such as `2026-03-03T09:30:00Z`, or how long after the start, such as `1d9h30m`"
        )
    })?;
    if (fleet.start..fleet.end()).contains(&at) {
        Ok(at)
    } else {
        Err(format!("`{text}` is not within the fleet's days"))
    }
}
