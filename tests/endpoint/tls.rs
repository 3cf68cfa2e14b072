//! What may stand before a server: a certificate (what comes in by TLS goes on in the open), or something that breaks answers off.

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// The port, and the certificate in PEM, which nobody has issued but itself.
pub fn before(port: u16) -> (u16, String) {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).expect("a key");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let outside = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = StreamOwned::new(connection, socket);
            // A client that does not trust it goes away in the middle.
            if let Ok(answer) = passed(&mut stream, port) {
                let _ = stream.write_all(&answer);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (outside, own.cert.pem())
}

/// The port of something that breaks off so many answers in their middle.
pub fn breaking(port: u16, mut times: u32) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let outside = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let Ok(answer) = passed(&mut socket, port) else { continue };
            let whole = if times > 0 { answer.len() - 20 } else { answer.len() };
            times = times.saturating_sub(1);
            let _ = socket.write_all(&answer[..whole]);
        }
    });
    outside
}

/// The answer to one request, head and all.
fn passed(stream: &mut (impl Read + Write), port: u16) -> std::io::Result<Vec<u8>> {
    let mut from = BufReader::new(stream);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let mut to = TcpStream::connect(("127.0.0.1", port))?;
    to.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    to.write_all(&body)?;
    let mut answer = Vec::new();
    to.read_to_end(&mut answer)?;
    Ok(answer)
}
