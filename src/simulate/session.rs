//! A network session, as a sensor on the phone reports it when it has ended.

use super::device::Device;
use super::event::Event;
use super::{MINUTE, SECOND};
use std::borrow::Cow;

/// A session that is to be planned. TLS to port 443 where nothing else is said.
#[derive(Debug, Clone)]
pub struct Session {
    app: Option<&'static str>,
    host: Cow<'static, str>,
    protocol: &'static str,
    port: i64,
    /// Bytes out and in.
    bytes: (i64, i64),
    /// How long it was open, milliseconds.
    lasts: i64,
}

impl Session {
    /// An app's session to a host.
    pub fn new(app: &'static str, host: impl Into<Cow<'static, str>>) -> Session {
        let host = host.into();
        Session { app: Some(app), host, protocol: "tls", port: 443, bytes: (1_800, 6_000), lasts: 3 * SECOND }
    }

    /// One of the system's: no app is named.
    pub fn of_system(host: &'static str) -> Session {
        Session { app: None, ..Session::new("", host) }
    }

    /// Another protocol and port.
    pub fn over(self, protocol: &'static str, port: i64) -> Session {
        Session { protocol, port, ..self }
    }

    /// Bytes out and in.
    pub fn bytes(self, out: i64, back: i64) -> Session {
        Session { bytes: (out, back), ..self }
    }

    /// How long it was open, milliseconds.
    pub fn lasting(self, milliseconds: i64) -> Session {
        Session { lasts: milliseconds, ..self }
    }

    /// The event at its end.
    pub fn ends(self, end: i64, device: &mut Device) -> Event {
        let random = &mut device.random;
        let transport = if matches!(self.protocol, "quic" | "dns" | "ipsec" | "ntp") { "udp" } else { "tcp" };
        let link = if random.chance(0.6) { "wifi" } else { "cellular" };
        // A name that was asked for long ago is not known any more, and a few greetings hide it; a sensor restarts in a long session.
        let named = !random.chance(0.02);
        let greeted = matches!(self.protocol, "tls" | "quic" | "websocket") && !random.chance(0.005);
        let timed = self.lasts > 30 * MINUTE || !random.chance(0.03);
        let counted = device.counts_bytes;
        let id = random.next();
        let address = address(&self.host);
        let host = self.host;
        Event::new("mobile.network_session")
            .with("network.direction", "outbound")
            .with_some("app.bundle_id", self.app)
            .with("network.transport", transport)
            .with("network.protocol", self.protocol)
            .with("network.interface", link)
            .with_some("destination.domain", named.then(|| host.clone()))
            .with("destination.ip", address)
            .with("destination.port", self.port)
            .with_some("tls.server_name", greeted.then_some(host))
            .with_some("network.bytes_out", counted.then_some(self.bytes.0))
            .with_some("network.bytes_in", counted.then_some(self.bytes.1))
            .with("session.id", format!("{id:016x}"))
            .with("session.start", end - self.lasts)
            .with_some("session.duration", timed.then_some(self.lasts))
    }
}

/// One of a documentation network's, always the same one for a host.
fn address(host: &str) -> String {
    let sum = host.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let network = if sum.is_multiple_of(2) { "198.51.100" } else { "192.0.2" };
    format!("{network}.{}", 1 + (sum >> 1) % 254)
}
