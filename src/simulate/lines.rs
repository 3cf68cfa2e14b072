//! The fleet's events as bytes, made while they are read.

use super::agenda::{Agenda, Plan, Task};
use super::device::Device;
use super::inject::{Injected, Scene};
use super::life::{self, Habit};
use super::random::Random;
use super::{Fleet, Injection};
use std::io::{self, Read};

/// JSON lines, ordered by time.
#[derive(Debug)]
pub struct Lines {
    agenda: Agenda,
    phones: Vec<Phone>,
    injections: Vec<Injection>,
    injected: Vec<Injected>,
    seed: u64,
    end: i64,
    line: Vec<u8>,
    given: usize,
    events: u64,
}

#[derive(Debug)]
struct Phone {
    device: Device,
    habits: Vec<Box<dyn Habit>>,
}

impl Lines {
    pub(super) fn new(fleet: &Fleet) -> Lines {
        let mut agenda = Agenda::default();
        let phones = (0..fleet.devices).map(|number| phone(number, fleet, &mut agenda)).collect();
        for (place, injection) in fleet.injections.iter().enumerate() {
            agenda.add(injection.at, injection.device, Task::Inject(place));
        }
        Lines {
            agenda,
            phones,
            injections: fleet.injections.clone(),
            injected: Vec::new(),
            seed: fleet.seed,
            end: fleet.end(),
            line: Vec::new(),
            given: 0,
            events: 0,
        }
    }

    /// The next line, with its end; none after the last.
    pub fn next_line(&mut self) -> Option<&[u8]> {
        self.line.clear();
        self.given = 0;
        while let Some(entry) = self.agenda.next() {
            if entry.time >= self.end {
                return None;
            }
            let Some(phone) = self.phones.get_mut(entry.device as usize) else { continue };
            match entry.task {
                Task::Emit(event) => {
                    phone.device.sequence += 1;
                    event.write(entry.time, &phone.device, &mut self.line);
                    self.events += 1;
                    return Some(&self.line);
                }
                Task::Wake(place) => {
                    let Some(habit) = phone.habits.get_mut(place) else { continue };
                    let mut plan = Plan::new(&mut self.agenda, entry.device);
                    let next = habit.wake(entry.time, &mut phone.device, &mut plan);
                    self.agenda.add(next.max(entry.time + 1), entry.device, Task::Wake(place));
                }
                Task::Inject(place) => self.inject(place, entry.time),
            }
        }
        None
    }

    /// What has been injected so far.
    pub fn injected(&self) -> &[Injected] {
        &self.injected
    }

    /// How many events have been written so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn inject(&mut self, place: usize, now: i64) {
        let Some(injection) = self.injections.get(place) else { return };
        let Some(phone) = self.phones.get_mut(injection.device as usize) else { return };
        let random = Random::new(self.seed, u64::from(injection.device), 1_000 + place as u64);
        let plan = Plan::new(&mut self.agenda, injection.device);
        let mut scene = Scene::new(now, injection.behaviour, random, &mut phone.device, plan);
        (injection.behaviour.run)(&mut scene);
        self.injected.push(scene.finish(injection.device));
    }
}

fn phone(number: u32, fleet: &Fleet, agenda: &mut Agenda) -> Phone {
    let mut device = Device::new(number, fleet.seed);
    let habits = life::habits(&mut device);
    for place in 0..habits.len() {
        let first = fleet.start + device.random.between(0, 30 * super::MINUTE);
        agenda.add(first, number, Task::Wake(place));
    }
    Phone { device, habits }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.line.len() && self.next_line().is_none() {
            return Ok(0);
        }
        let rest = self.line.get(self.given..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given += length;
        Ok(length)
    }
}
