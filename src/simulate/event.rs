//! One event, and its line.

use super::device::Device;
use serde::Serialize;
use std::borrow::Cow;

/// What one sensor saw.
#[derive(Debug)]
pub struct Event {
    source: &'static str,
    fields: Vec<(&'static str, Field)>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Field {
    Text(Cow<'static, str>),
    Integer(i64),
    Boolean(bool),
    List(&'static [&'static str]),
}

impl Event {
    /// An event of a source without its fields.
    pub fn new(source: &'static str) -> Event {
        Event { source, fields: Vec::with_capacity(8) }
    }

    /// An event that an app has a part in.
    pub fn of_app(source: &'static str, app: &'static str) -> Event {
        Event::new(source).with("app.bundle_id", app)
    }

    /// Adds a field.
    pub fn with(mut self, name: &'static str, value: impl Into<Field>) -> Event {
        self.fields.push((name, value.into()));
        self
    }

    /// Adds a field that the sensor knows only sometimes.
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Field>>) -> Event {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Appends the line, with what every event of the device says. `time` is in milliseconds since the epoch.
    pub fn write(&self, time: i64, device: &Device, out: &mut Vec<u8>) {
        let mut line = Line { out };
        line.raw("{\"source\":");
        line.json(&self.source);
        line.member("time", &time);
        line.member("event.seq", &device.sequence);
        line.member("device.id", &device.id);
        line.member("device.platform", &device.platform.name());
        line.member("device.os_version", &device.os_version);
        if let Some(supervised) = device.supervised {
            line.member("device.supervised", &supervised);
        }
        line.member("user.id", &device.user);
        for (name, value) in &self.fields {
            line.member(name, value);
        }
        // What agents add and no rule reads.
        line.raw(",\"sensor\":{\"name\":\"mobile-sensor\",\"version\":");
        line.json(&device.sensor_version);
        line.raw(",\"channel\":\"managed\",\"tenant\":\"7f0f5c1e-acme-field\"}}\n");
    }
}

struct Line<'o> {
    out: &'o mut Vec<u8>,
}

impl Line<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn json(&mut self, value: &impl Serialize) {
        // Memory takes what is written, and these values have no maps.
        let _ = serde_json::to_writer(&mut *self.out, value);
    }

    fn member(&mut self, name: &str, value: &impl Serialize) {
        self.raw(",\"");
        self.raw(name);
        self.raw("\":");
        self.json(value);
    }
}

impl From<&'static str> for Field {
    fn from(text: &'static str) -> Field {
        Field::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Field {
    fn from(text: String) -> Field {
        Field::Text(Cow::Owned(text))
    }
}

impl From<Cow<'static, str>> for Field {
    fn from(text: Cow<'static, str>) -> Field {
        Field::Text(text)
    }
}

impl From<i64> for Field {
    fn from(number: i64) -> Field {
        Field::Integer(number)
    }
}

impl From<bool> for Field {
    fn from(is: bool) -> Field {
        Field::Boolean(is)
    }
}

impl From<&'static [&'static str]> for Field {
    fn from(list: &'static [&'static str]) -> Field {
        Field::List(list)
    }
}
