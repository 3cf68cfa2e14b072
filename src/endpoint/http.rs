//! One request and its answer: TLS, time-outs, repetitions. Nothing here knows what is asked.

use super::place::{Place, Product};
use super::{Settings, codes, retry};
use crate::diagnostic::{Diagnostic, Severity};
use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Method, Request, Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Timeout};

/// The longest time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// What the resolver says.
const NO_HOST: &str = "there is no host of that name";

/// The way to a product.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    pub place: Place,
    pub product: Product,
    authorization: Secret,
    timeout: Duration,
    retries: u32,
}

/// A header's value that no text ever shows.
struct Secret(Option<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "set" } else { "none" })
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    /// Of a status that says to look elsewhere.
    pub location: Option<String>,
    pub text: String,
}

/// What is sent: the content's type and the content.
pub(super) type Sent<'a> = Option<(&'static str, &'a str)>;

impl Http {
    pub(super) fn new(place: Place, product: Product, settings: &Settings) -> Result<Http, Diagnostic> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = match &settings.authorities {
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
            None => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(settings.timeout))
            .timeout_connect(Some(settings.timeout.min(CONNECT)))
            .http_status_as_error(false)
            // A token must not follow a redirect, and a search API has none.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("siemc/", env!("CARGO_PKG_VERSION")))
            .build();
        let authorization = settings.token.as_deref().map(|token| with_scheme(token.trim(), product));
        if authorization.as_deref().is_some_and(|header| header.contains(|c: char| c.is_control() || !c.is_ascii())) {
            let message = "the token holds characters that no header can".to_owned();
            return Err(fault(codes::FORBIDDEN, message).help("SIEMC_TOKEN: one line of ASCII"));
        }
        let authorization = Secret(authorization);
        let (timeout, retries) = (settings.timeout, settings.retries);
        Ok(Http { agent: Agent::new_with_config(config), place, product, authorization, timeout, retries })
    }

    /// Where it goes, for messages.
    pub(super) fn at(&self) -> &str {
        &self.place.base
    }

    /// True where a token goes with each request.
    pub(super) fn has_token(&self) -> bool {
        self.authorization.0.is_some()
    }

    /// Sends a request until there is an answer that does not ask for a repetition.
    pub(super) fn send(&self, method: &Method, path: &str, sent: Sent<'_>) -> Result<Answer, Diagnostic> {
        let mut attempt = 0;
        loop {
            let last = attempt >= self.retries;
            let (asked, fault) = match self.once(method, path, sent) {
                Ok((answer, _)) if !retry::is_busy(answer.status) => return Ok(answer),
                Ok((answer, asked)) => (asked, self.busy(&answer)),
                Err(Failure { fault, passing }) if passing => (None, fault),
                Err(Failure { fault, .. }) => return Err(fault),
            };
            match retry::pause(attempt, asked.as_deref()).filter(|_| !last) {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(fault),
            }
            attempt += 1;
        }
    }

    /// An answer with what its `Retry-After` says.
    fn once(&self, method: &Method, path: &str, sent: Sent<'_>) -> Result<(Answer, Option<String>), Failure> {
        let uri: Uri = format!("{}{path}", self.place.base).parse().map_err(|_| self.no_url())?;
        let mut request = Request::builder().method(method).uri(uri).header("accept", "application/json");
        if let Some(authorization) = &self.authorization.0 {
            request = request.header("authorization", authorization);
        }
        if let Some((kind, _)) = sent {
            request = request.header("content-type", kind);
        }
        let answered = match sent {
            Some((_, text)) => request.body(text).map(|request| self.agent.run(request)),
            None => request.body(()).map(|request| self.agent.run(request)),
        };
        let answer = answered.map_err(|_| self.no_url())?.map_err(|error| self.failure(&error))?;
        self.read(answer)
    }

    fn read(&self, mut answer: Response<Body>) -> Result<(Answer, Option<String>), Failure> {
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (asked, location) = (header("retry-after"), header("location"));
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(MOST_BYTES).lossy_utf8(true).read_to_string();
        let text = text.map_err(|error| match &error {
            ureq::Error::BodyExceedsLimit(_) => {
                Failure::lasting(fault(codes::ANSWER, format!("the answer of `{}` has no end", self.at())))
            }
            ureq::Error::Timeout(_) => self.failure(&error),
            other => Failure {
                fault: fault(codes::ANSWER, format!("the answer of `{}` breaks off: {}", self.at(), cause(other)))
                    .help("run it again; a proxy between may end answers that take long"),
                passing: true,
            },
        })?;
        Ok((Answer { status, location, text }, asked))
    }

    fn no_url(&self) -> Failure {
        Failure::lasting(fault(codes::URL, format!("`{}` cannot be asked", self.at())))
    }

    fn busy(&self, answer: &Answer) -> Diagnostic {
        let times = match self.retries {
            0 => String::new(),
            n => format!(", {} times", n + 1),
        };
        fault(
            codes::BUSY,
            format!("`{}` answers {}{times}: {} is too busy", self.at(), answer.status, self.product.name()),
        )
        .help("run it again later, with fewer cases (`--case`), or with more patience (`--retries`)")
    }

    fn failure(&self, error: &ureq::Error) -> Failure {
        let at = self.at();
        if let Some(why) = certificate(error) {
            let message = format!("the connection to `{at}` cannot be trusted: {why}");
            return Failure::lasting(
                fault(codes::CERTIFICATE, message)
                    .help("`--ca FILE` names the certificates (PEM) of a private authority"),
            );
        }
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => Failure {
                fault: fault(codes::UNREACHABLE, format!("`{at}` does not take the connection"))
                    .help("look at host, port and firewall"),
                passing: true,
            },
            ureq::Error::Timeout(_) => {
                let seconds = self.timeout.as_secs_f64();
                let message = format!("`{at}` gave no whole answer within {seconds} s");
                Failure::lasting(fault(codes::TIMEOUT, message).help("`--timeout` gives it longer"))
            }
            other => Failure {
                fault: fault(codes::UNREACHABLE, format!("`{at}` cannot be reached: {}", cause(other)))
                    .help("look at host, port and firewall"),
                passing: true,
            },
        }
    }
}

/// Why there is no answer, and whether that may pass.
struct Failure {
    fault: Diagnostic,
    passing: bool,
}

impl Failure {
    fn lasting(fault: Diagnostic) -> Failure {
        Failure { fault, passing: false }
    }
}

pub(super) fn fault(code: crate::diagnostic::Code, message: String) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, None, message)
}

/// A token that says its scheme keeps it.
fn with_scheme(token: &str, product: Product) -> String {
    let known = ["bearer", "splunk", "apikey", "basic"];
    match token.split_once(' ') {
        Some((scheme, _)) if known.contains(&scheme.to_ascii_lowercase().as_str()) => token.to_owned(),
        _ => format!("{} {token}", product.scheme()),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Diagnostic> {
    let mut all = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(one)) => all.push(one),
            Ok(_) => {}
            Err(_) => return Err(fault(codes::CERTIFICATE, "the file of certificates is no PEM".to_owned())),
        }
    }
    if all.is_empty() {
        let message = "the file of certificates holds none".to_owned();
        return Err(fault(codes::CERTIFICATE, message).help("expected `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(all)
}

/// What TLS has against the other side, where it is TLS that ends it.
fn certificate(error: &ureq::Error) -> Option<String> {
    let tls = |error: &rustls::Error| match error {
        rustls::Error::InvalidCertificate(why) => certificate_fault(why),
        other => other.to_string(),
    };
    match error {
        ureq::Error::Rustls(inner) => Some(tls(inner)),
        ureq::Error::Tls(what) => Some((*what).to_owned()),
        ureq::Error::Io(io) => io.get_ref()?.downcast_ref::<rustls::Error>().map(tls),
        _ => None,
    }
}

fn certificate_fault(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Fault;
    match why {
        Fault::UnknownIssuer => "nobody whom this machine trusts issued its certificate".to_owned(),
        Fault::Expired | Fault::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        other => other.to_string(),
    }
}

/// The innermost reason, in words.
fn cause(error: &ureq::Error) -> String {
    if let ureq::Error::Io(io) = error {
        return match io.kind() {
            io::ErrorKind::ConnectionRefused => "the connection is refused".to_owned(),
            io::ErrorKind::ConnectionReset => "the connection is reset".to_owned(),
            io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
            // The resolver has no kind of its own.
            _ if io.to_string().contains("lookup address") => NO_HOST.to_owned(),
            _ => io.to_string(),
        };
    }
    match error {
        ureq::Error::HostNotFound => NO_HOST.to_owned(),
        ureq::Error::ConnectionFailed => "the connection fails".to_owned(),
        other => other.source().map_or_else(|| other.to_string(), ToString::to_string),
    }
}
