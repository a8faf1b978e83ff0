//! A client that hides nothing: it sends the bytes that a test writes, and shows those that come.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::tls::authority;

/// A request, to be sent as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request with no header but `Host` and, when it has a body, `Content-Length`.
    pub(crate) fn new(method: &str, target: &str) -> Request {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header; the same name twice is sent twice.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Authorization: Token <token>`, as it stands.
    pub(crate) fn token(self, token: &str) -> Request {
        self.header("Authorization", &format!("Token {token}"))
    }

    /// Adds the four routing headers' pair of one direction, `to` or `from`.
    pub(crate) fn party(self, direction: &str, country_code: &str, party_id: &str) -> Request {
        self.header(&format!("OCPI-{direction}-country-code"), country_code)
            .header(&format!("OCPI-{direction}-party-id"), party_id)
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// Sets the body to a JSON value.
    pub(crate) fn json(self, body: &Value) -> Request {
        self.body(body.to_string())
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target)];
        lines.push("Host: test".to_owned());
        lines.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        lines.extend(
            self.body
                .iter()
                .map(|body| format!("Content-Length: {}", body.len())),
        );
        let mut bytes = (lines.join("\r\n") + "\r\n\r\n").into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

/// A response, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its name without case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Every header, in the order received.
    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// `data` of the envelope.
    pub(crate) fn data(&self) -> Value {
        self.json()["data"].take()
    }

    /// The HTTP status and the OCPI status code of the envelope.
    pub(crate) fn codes(&self) -> (u16, u64) {
        (
            self.status,
            self.json()["status_code"]
                .as_u64()
                .expect("an envelope has a status_code"),
        )
    }

    /// `status_message` of the envelope.
    pub(crate) fn message(&self) -> String {
        self.json()["status_message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// What bytes go over, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A connection that is kept open between requests.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server accepts connections");
        Connection::over(stream)
    }

    /// A connection with TLS to a server whose certificate our authority signed.
    pub(crate) async fn open_tls(address: SocketAddr) -> Connection {
        let stream = authority().connect(address).await;
        Connection::over(stream.expect("the server proves who it is"))
    }

    /// A connection over a stream that is open.
    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Connection {
        Connection {
            stream: Box::new(stream),
            received: Vec::new(),
        }
    }

    /// Sends bytes as they stand.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a request and reads its response.
    pub(crate) async fn send(&mut self, request: &Request) -> Response {
        self.send_bytes(&request.bytes())
            .await
            .expect("the server takes the request");
        self.receive().await.expect("the server answers")
    }

    /// Waits until the server asks for the body of a request that was sent with `Expect`: then
    /// the request is being answered.
    pub(crate) async fn receive_leave(&mut self) {
        const LEAVE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        while self.received.len() < LEAVE.len() {
            assert!(self.read().await, "the server asks for the body");
        }
        assert!(
            self.received.starts_with(LEAVE),
            "the server asks for the body"
        );
        self.received.drain(..LEAVE.len());
    }

    /// Reads what has come; `false` at the end of the connection.
    async fn read(&mut self) -> bool {
        let mut buffer = vec![0; 16 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                true
            }
        }
    }

    /// Reads one response; `None` when the server closes before one is complete.
    pub(crate) async fn receive(&mut self) -> Option<Response> {
        loop {
            if let Some((response, length)) = parse(&self.received) {
                self.received.drain(..length);
                return Some(response);
            }
            if !self.read().await {
                return None;
            }
        }
    }
}

/// A complete response at the start of `received`, and its length.
fn parse(received: &[u8]) -> Option<(Response, usize)> {
    let head_length = received
        .windows(4)
        .position(|window| window == b"\r\n\r\n")?
        + 4;
    let head = std::str::from_utf8(&received[..head_length]).expect("a head is ASCII");
    let mut lines = head.lines();
    let status_line = lines.next().expect("a head has a status line");
    let status = status_line
        .split(' ')
        .nth(1)
        .expect("a status line has a status");
    let status: u16 = status.parse().expect("a status is a number");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().expect("a length is a number"));
    if status == 100 {
        let (response, rest) = parse(&received[head_length..])?;
        return Some((response, head_length + rest));
    }
    let body = received.get(head_length..head_length + length)?.to_vec();
    Some((
        Response {
            status,
            headers,
            body,
        },
        head_length + length,
    ))
}
