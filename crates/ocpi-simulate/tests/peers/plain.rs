//! A plain client, and peers to call.

use std::io;
use std::sync::Arc;

use ocpi_domain::{DateTime, OcpiVersion, Party};
use ocpi_simulate::{Clock, Peer, PeerOptions, PeerRole, PeerTokens};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A clock that stands still.
pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> DateTime {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn elapsed_us(&self) -> u64 {
        0
    }
}

/// The party of every peer.
pub(crate) fn party() -> Party {
    Party::new("DE", "EMS").unwrap()
}

/// A peer with so many cards of seed 1.
pub(crate) fn options(role: PeerRole, version: OcpiVersion, cards: u32) -> PeerOptions {
    PeerOptions {
        version,
        seed: 1,
        tokens: PeerTokens::Generated(cards),
        ..PeerOptions::new(role, party(), Arc::new(Stopped))
    }
}

pub(crate) async fn start(options: PeerOptions) -> Peer {
    Peer::start(options, ([127, 0, 0, 1], 0).into())
        .await
        .unwrap()
}

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The code of OCPI.
    pub(crate) fn code(&self) -> u64 {
        self.json()["status_code"].as_u64().unwrap()
    }

    pub(crate) fn data(&self) -> Value {
        self.json()["data"].take()
    }
}

/// Sends a request to a peer with its token, over a connection of its own.
pub(crate) async fn send(
    peer: &Peer,
    method: &str,
    target: &str,
    body: &str,
) -> io::Result<Answer> {
    send_with(peer, method, target, body, "Token peer-token").await
}

/// The same with another `Authorization`.
pub(crate) async fn send_with(
    peer: &Peer,
    method: &str,
    target: &str,
    body: &str,
    authorization: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(peer.address()).await?;
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: peer\r\nAuthorization: {authorization}\r\n\
         Content-Length: {length}\r\nX-Request-ID: R-1\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the connection ended without an answer",
        )
    })?;
    let http = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer {
        http,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// Gets what is below `/ocpi`.
pub(crate) async fn get(peer: &Peer, path: &str) -> Answer {
    send(peer, "GET", &format!("/ocpi/{path}"), "")
        .await
        .unwrap()
}

/// The path of a URL.
pub(crate) fn path(peer: &Peer, url: &str) -> String {
    url.strip_prefix(&peer.base_url()).unwrap().to_owned()
}
