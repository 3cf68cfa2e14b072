//! What each bundled rule describes, done on a phone: a file for each. They are written from the rule's description and ATT&CK's, and
//! the seed picks the app, the host, the pace, and among several ways to do it.
//!
//! To add one: a file with a `pub static BEHAVIOUR`, and its line in [`all`].

mod background_effects;
mod gplayed;
mod longer_session;
mod scheduled_job;
mod scheduler_abuse;
mod structured_c2;
mod suspicion;
mod terracotta;
mod tiktok_pro;
mod unapproved_port;

use super::agenda::Plan;
use super::device::{Device, Platform};
use super::event::Event;
use super::random::Random;
use super::session::Session;

/// Something that a rule is to find.
#[derive(Debug)]
pub struct Behaviour {
    /// The bundled rule's name.
    pub rule: &'static str,
    /// Where it happens.
    pub platform: Platform,
    pub(super) run: fn(&mut Scene<'_>),
}

/// Every behaviour.
pub fn all() -> [&'static Behaviour; 10] {
    [
        &background_effects::BEHAVIOUR,
        &structured_c2::BEHAVIOUR,
        &unapproved_port::BEHAVIOUR,
        &scheduler_abuse::BEHAVIOUR,
        &scheduled_job::BEHAVIOUR,
        &gplayed::BEHAVIOUR,
        &terracotta::BEHAVIOUR,
        &tiktok_pro::BEHAVIOUR,
        &longer_session::BEHAVIOUR,
        &suspicion::BEHAVIOUR,
    ]
}

/// A behaviour, a device and a time.
#[derive(Debug, Clone, Copy)]
pub struct Injection {
    /// What happens.
    pub behaviour: &'static Behaviour,
    /// The device's number.
    pub device: u32,
    /// When it begins, milliseconds since the epoch.
    pub at: i64,
}

/// What was injected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// The rule that is to find it.
    pub rule: &'static str,
    /// The device's number.
    pub number: u32,
    /// The device's identifier.
    pub device: String,
    /// The app that did it.
    pub app: &'static str,
    /// In which of several ways.
    pub variant: &'static str,
    /// Its beginning, milliseconds since the epoch.
    pub from: i64,
    /// Its last event, milliseconds since the epoch.
    pub until: i64,
}

/// The phone and the moment: what an injector writes on.
#[derive(Debug)]
pub struct Scene<'a> {
    /// When it begins, milliseconds since the epoch.
    pub(super) now: i64,
    pub(super) random: Random,
    /// The app that does it. Set first.
    pub(super) app: &'static str,
    /// The way it is done.
    pub(super) variant: &'static str,
    behaviour: &'static Behaviour,
    device: &'a mut Device,
    plan: Plan<'a>,
    until: i64,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        now: i64,
        behaviour: &'static Behaviour,
        random: Random,
        device: &'a mut Device,
        plan: Plan<'a>,
    ) -> Scene<'a> {
        Scene { now, random, app: "", variant: "", behaviour, device, plan, until: now }
    }

    pub(super) fn finish(self, number: u32) -> Injected {
        Injected {
            rule: self.behaviour.rule,
            number,
            device: self.device.id.clone(),
            app: self.app,
            variant: self.variant,
            from: self.now,
            until: self.until,
        }
    }

    /// An event of the app.
    fn event(&self, source: &'static str) -> Event {
        Event::of_app(source, self.app)
    }

    /// It happens at that time.
    fn at(&mut self, time: i64, event: Event) {
        self.until = self.until.max(time);
        self.plan.at(time, event);
    }

    /// The app's session to a host.
    fn session(&self, host: &'static str) -> Session {
        Session::new(self.app, host)
    }

    /// The session ends at that time.
    fn ends(&mut self, time: i64, session: Session) {
        // The device's own chain of numbers goes on as if nothing had happened.
        let own = std::mem::replace(&mut self.device.random, self.random.clone());
        let event = session.ends(time, self.device);
        self.random = std::mem::replace(&mut self.device.random, own);
        self.at(time, event);
    }

    /// True where the organisation answers for all of the phone.
    fn is_supervised(&self) -> bool {
        self.device.supervised == Some(true)
    }
}
