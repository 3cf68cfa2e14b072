//! A server on the loopback address. Each request is logged; faults are dealt out first, then the products answer.

use super::products::{Products, Reply};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tiny_http::{Header, Request, Response, Server as Http};

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with these headers and this body.
    Says(u16, Vec<(&'static str, String)>, String),
    /// The answer comes late.
    Late(Duration),
    /// The product answers, and this is put in place of that in its answer.
    Changes(&'static str, &'static str),
    /// The product is asked something else: this is put in place of that in the query.
    Asks(&'static str, &'static str),
    /// As without it.
    None,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub agent: Option<String>,
}

/// What a server does.
#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    /// After those: for every request whose path holds this.
    always: Vec<(&'static str, Fault)>,
    seen: Vec<Seen>,
    products: Products,
}

/// A running server; it ends with the test's process.
#[derive(Clone)]
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

/// What is asked for with each request.
pub const TOKEN: &str = "a-secret-that-nobody-prints";

impl Server {
    pub fn start() -> Server {
        let http = Http::http("127.0.0.1:0").expect("a port");
        let port = http.server_addr().to_ip().expect("an address").port();
        let server = Server { port, state: Arc::default() };
        let own = server.clone();
        std::thread::spawn(move || {
            for request in http.incoming_requests() {
                own.serve(request);
            }
        });
        server
    }

    /// For the next requests, one each.
    pub fn deal(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    /// For every request whose path holds the text.
    pub fn always(&self, path: &'static str, fault: Fault) {
        self.state.lock().unwrap().always.push((path, fault));
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Names of the indices that are there.
    pub fn indices(&self) -> Vec<String> {
        self.state.lock().unwrap().products.indices()
    }

    fn serve(&self, mut request: Request) {
        let header = |name: &str| {
            let found = request.headers().iter().find(|h| h.field.as_str().as_str().eq_ignore_ascii_case(name));
            found.map(|h| h.value.as_str().to_owned())
        };
        let seen = Seen {
            method: request.method().to_string(),
            path: request.url().to_owned(),
            authorization: header("authorization"),
            agent: header("user-agent"),
        };
        let mut body = String::new();
        request.as_reader().read_to_string(&mut body).expect("a body");
        let mut state = self.state.lock().unwrap();
        state.seen.push(seen.clone());
        let always = state.always.iter().find(|(path, _)| seen.path.contains(path)).map(|(_, fault)| fault.clone());
        let fault = state.faults.pop_front().or(always).unwrap_or(Fault::None);
        if let Fault::Asks(from, to) = &fault {
            assert!(body.contains(from), "no `{from}` in {body}");
            body = body.replacen(from, to, 1);
        }
        let reply = match &fault {
            Fault::Says(status, _, text) => Reply { status: *status, text: text.clone() },
            _ => state.products.answer(&seen, &body),
        };
        drop(state);
        deliver(request, &fault, reply);
    }
}

fn deliver(request: Request, fault: &Fault, reply: Reply) {
    let mut text = reply.text;
    match fault {
        Fault::Late(time) => std::thread::sleep(*time),
        Fault::Changes(from, to) => {
            assert!(text.contains(from), "no `{from}` in {text}");
            text = text.replacen(from, to, 1);
        }
        _ => {}
    }
    let mut response = Response::from_string(text).with_status_code(reply.status);
    if let Fault::Says(_, headers, _) = fault {
        for (name, value) in headers {
            response.add_header(Header::from_bytes(name.as_bytes(), value.as_bytes()).expect("a header"));
        }
    }
    // Whoever asked may have gone away.
    let _ = request.respond(response);
}
