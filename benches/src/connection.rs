//! One keep-alive HTTP/1.1 connection with one request at a time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail};
use mio::net::TcpStream;

/// Headers that an answer may have.
const HEADERS_MAX: usize = 64;
/// Room for an answer at first; it grows when needed.
const ANSWER_BYTES: usize = 4096;
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A complete answer.
pub(crate) struct Answer<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// As it came over the wire.
    pub(crate) raw: &'a [u8],
    body_start: usize,
}

impl Answer<'_> {
    /// What follows the head.
    pub(crate) fn body(&self) -> &[u8] {
        &self.raw[self.body_start..]
    }
}

/// A connection, and the request on it.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What to send; the caller writes it, then calls [`Connection::start`].
    pub(crate) request: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    filled: usize,
    /// When the request was sent; `None` while there is none.
    pub(crate) started: Option<Instant>,
}

impl Connection {
    /// Connects, waiting until it is done.
    ///
    /// # Errors
    ///
    /// When nothing listens there.
    pub(crate) fn open(server: SocketAddr) -> anyhow::Result<Connection> {
        let stream = std::net::TcpStream::connect(server)
            .with_context(|| format!("cannot connect to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Connection {
            stream: TcpStream::from_std(stream),
            request: Vec::new(),
            sent: 0,
            answer: vec![0; ANSWER_BYTES],
            filled: 0,
            started: None,
        })
    }

    /// What to register for events.
    pub(crate) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends the request, at `now`.
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    pub(crate) fn start(&mut self, now: Instant) -> io::Result<()> {
        self.sent = 0;
        self.filled = 0;
        self.started = Some(now);
        self.send()
    }

    /// Sends what the socket takes of the rest of the request.
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    pub(crate) fn send(&mut self) -> io::Result<()> {
        while self.sent < self.request.len() {
            match self.stream.write(&self.request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what came; the answer when it is complete.
    ///
    /// # Errors
    ///
    /// When the connection is broken or closed, or the answer is no HTTP that a keep-alive
    /// client of JSON can read.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Option<Answer<'_>>> {
        loop {
            if self.filled == self.answer.len() {
                if self.filled >= ANSWER_BYTES_MAX {
                    bail!("an answer is larger than {ANSWER_BYTES_MAX} bytes");
                }
                self.answer.resize(self.filled * 2, 0);
            }
            match self.stream.read(&mut self.answer[self.filled..]) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("a connection broke"),
            }
            if let Some(head) = Head::parse(&self.answer[..self.filled])? {
                let length = head.bytes + head.body_bytes;
                if self.filled > length {
                    bail!("the server sent more than its answer");
                }
                if self.filled == length {
                    return Ok(Some(Answer {
                        status: head.status,
                        raw: &self.answer[..length],
                        body_start: head.bytes,
                    }));
                }
            }
        }
    }
}

/// What the head of an answer says.
struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Head {
    /// `None` while the head is not complete.
    fn parse(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head_bytes) = response.parse(bytes)? else {
            return Ok(None);
        };
        let length = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .context("an answer has no Content-Length")?;
        Ok(Some(Head {
            status: response.code.context("an answer has no status")?,
            bytes: head_bytes,
            body_bytes: std::str::from_utf8(length.value)?.trim().parse()?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_only_when_it_is_complete() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-LENGTH: 2\r\n\r\n{}";
        for end in 0..whole.len() - 2 {
            assert!(Head::parse(&whole[..end]).unwrap().is_none());
        }
        let head = Head::parse(whole).unwrap().unwrap();
        assert_eq!((head.status, head.body_bytes), (201, 2));
        assert_eq!(&whole[head.bytes..], b"{}");
    }

    #[test]
    fn an_answer_without_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n").is_err());
    }
}
