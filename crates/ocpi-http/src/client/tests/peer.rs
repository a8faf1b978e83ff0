//! Peers for tests: they speak HTTP by hand, so that a test sees and says every byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ocpi_domain::{CredentialsToken, MessageId, OcpiUrl, OcpiVersion, Party, Role};
use ocpi_ports::{Randomness, RemoteCall, RemoteRouting, TokenEncoding};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::OutboundClient;
use super::super::connector::Connector;
use super::super::policy::{Names, SystemNames, UrlPolicy};
use super::super::stream::Io;

/// What a peer does with a connection: the number of the connection, and the connection.
type Serve = Arc<dyn Fn(u64, Box<dyn Io>) -> BoxFuture<'static, ()> + Send + Sync>;

/// A peer that listens at an address of this machine.
pub(super) struct Peer {
    scheme: &'static str,
    pub(super) address: SocketAddr,
    pub(super) connections: Arc<AtomicU64>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// A peer that does as `serve` says with each connection.
    pub(super) async fn serving(
        host: &str,
        tls: Option<TlsAcceptor>,
        serve: impl Fn(u64, Box<dyn Io>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Peer {
        Peer::serving_on(TcpListener::bind((host, 0)).await.unwrap(), tls, serve)
    }

    /// The same, at a port of the test's choice.
    pub(super) fn serving_on(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        serve: impl Fn(u64, Box<dyn Io>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Peer {
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicU64::new(0));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepted = Arc::clone(&connections);
        let serve: Serve = Arc::new(serve);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let (serve, tls) = (Arc::clone(&serve), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(number, Box::new(stream)).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(number, Box::new(stream)).await;
                            }
                        }
                    }
                });
            }
        });
        Peer {
            scheme,
            address,
            connections,
            requests: Arc::default(),
        }
    }

    /// A peer that answers each request, whose number and text it is told; without an answer it
    /// closes the connection.
    pub(super) async fn answering(
        answer: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Peer {
        Peer::answering_at("127.0.0.1", None, answer).await
    }

    pub(super) async fn answering_at(
        host: &str,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Peer {
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        let peer = Peer::serving(host, tls, move |_, mut stream| {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            Box::pin(async move {
                while let Some(request) = read_request(&mut stream).await {
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len() - 1
                    };
                    let Some(answer) = answer(number, &request) else {
                        break;
                    };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            })
        });
        Peer {
            requests,
            ..peer.await
        }
    }

    /// The URL of a path.
    pub(super) fn url(&self, path: &str) -> OcpiUrl {
        OcpiUrl::new(&format!("{}://{}{path}", self.scheme, self.address)).unwrap()
    }

    /// The same under a name.
    pub(super) fn url_of(&self, host: &str, path: &str) -> OcpiUrl {
        let url = format!("{}://{host}:{}{path}", self.scheme, self.address.port());
        OcpiUrl::new(&url).unwrap()
    }

    /// The requests so far, whole.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The first lines of the requests so far, without the version of HTTP.
    pub(super) fn lines(&self) -> Vec<String> {
        let requests = self.requests();
        let line = |request: &String| request.split(" HTTP/1.1").next().unwrap().to_owned();
        requests.iter().map(line).collect()
    }
}

/// A request with its body; `None` when the client closes.
pub(super) async fn read_request(stream: &mut Box<dyn Io>) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(request.clone()).unwrap();
    let length = header(&head, "Content-Length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.extend(body);
    Some(String::from_utf8(request).unwrap())
}

/// The value of a header whose name is written exactly so.
pub(super) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = request.split_once("\r\n\r\n")?;
    let mut lines = head.lines().skip(1);
    lines.find_map(|line| {
        let (sent, value) = line.split_once(": ")?;
        sent.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// An answer with that status and body.
pub(super) fn response(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// A success that holds `data`.
pub(super) fn envelope(data: &str) -> String {
    let rest = r#""status_code":1000,"timestamp":"2015-06-29T20:39:09Z""#;
    response(200, &format!(r#"{{"data":{data},{rest}}}"#))
}

/// An answer that sends on to `location`.
pub(super) fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Random bytes that a test can foresee: each is one more than the last.
#[derive(Default)]
pub(super) struct Counted(AtomicU64);

impl Randomness for Counted {
    fn bytes(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst)).to_be_bytes()
    }
}

/// A client that may call everything, and believes nobody.
pub(super) fn client() -> OutboundClient {
    Setup::default().client()
}

/// What a client of a test is made of.
pub(super) struct Setup {
    pub(super) policy: UrlPolicy,
    pub(super) names: Arc<dyn Names>,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) response_bytes_max: usize,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            policy: UrlPolicy::new(true, true),
            names: Arc::new(SystemNames),
            tls: None,
            response_bytes_max: 1024 * 1024,
        }
    }
}

impl Setup {
    pub(super) fn client(self) -> OutboundClient {
        let connector = Connector::new(self.policy, self.names, self.tls);
        let randomness = Arc::new(Counted::default());
        OutboundClient::by(connector, randomness, self.response_bytes_max)
    }
}

/// The token that the calls of tests present.
pub(super) const TOKEN: &str = "our.token";

/// The same, in Base64.
pub(super) const TOKEN_BASE64: &str = "b3VyLnRva2Vu";

/// A call in 2.3.0 from CH/ABC to DE/XYZ, which may take ten seconds.
pub(super) fn call() -> RemoteCall {
    RemoteCall {
        token: CredentialsToken::new(TOKEN).unwrap(),
        encoding: TokenEncoding::Base64,
        version: OcpiVersion::V2_3_0,
        peer_role: Role::Cpo,
        routing: Some(RemoteRouting {
            from: Party::new("CH", "ABC").unwrap(),
            to: Some(Party::new("DE", "XYZ").unwrap()),
        }),
        correlation_id: MessageId::new("correlation-1").unwrap(),
        timeout: Duration::from_secs(10),
    }
}

/// The same in another version.
pub(super) fn call_in(version: OcpiVersion) -> RemoteCall {
    RemoteCall { version, ..call() }
}

/// Lets time pass on the clock of a test that stands still unless all wait.
pub(super) async fn pause(seconds: u64) {
    let nothing = std::future::pending::<()>();
    let passed = tokio::time::timeout(Duration::from_secs(seconds), nothing).await;
    passed.unwrap_err();
}
