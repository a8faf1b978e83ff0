//! The operator's API, over real sockets.

mod accounts;
mod audit;
mod authorizations;
mod backup;
mod document;
mod explain;
mod export;
mod guard;
mod handshakes;
mod import;
mod platforms;
mod sessions;
mod strict;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, StatusCode};
use hyper_util::rt::TokioIo;
use ocpi_admin::{AdminOptions, AdminServer, AdminToken};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::world::{World, WorldBuilder};

/// The admin token of every server here that has one.
const ADMIN_TOKEN: &str = "adm1n~secret";

/// The operator's listener of a world.
pub(crate) struct Operator {
    address: SocketAddr,
    _stopping: watch::Sender<bool>,
    _stop: watch::Sender<bool>,
}

impl Operator {
    /// A listener that knows [`ADMIN_TOKEN`].
    pub(crate) async fn of(world: &mut World) -> Operator {
        Operator::start(world, Some(ADMIN_TOKEN), AdminOptions::default()).await
    }

    async fn start(world: &mut World, token: Option<&str>, options: AdminOptions) -> Operator {
        let (stopping, is_stopping) = watch::channel(false);
        let registry = std::mem::take(&mut world.registry);
        let token = token.map(|text| AdminToken::new(text).expect("a token"));
        let app = Arc::clone(&world.app);
        let server = AdminServer::new(app, registry, is_stopping, token, options);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server.serve(listener, stopped));
        Operator {
            address,
            _stopping: stopping,
            _stop: stop,
        }
    }

    /// Sends a request on a connection of its own and reads the whole answer.
    async fn send(&self, ask: Ask) -> Answer {
        self.try_send(ask).await.expect("the answer is whole")
    }

    /// Sends a request; an answer that breaks off is an error.
    async fn try_send(&self, ask: Ask) -> hyper::Result<Answer> {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let (head, body) = sender.send_request(ask.0).await?.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await?.to_bytes(),
        })
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Ask::new("GET", target)).await
    }

    pub(crate) async fn put(&self, target: &str, body: &Value) -> Answer {
        self.send(Ask::new("PUT", target).json(body)).await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(Ask::new("POST", target).json(body)).await
    }

    /// Every item of a list, page by page; `query` says which, and may be empty.
    async fn list(&self, path: &str, query: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let mut page = self.get(&format!("{path}?{query}{after}")).await.found();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].take() {
                Value::Null => return items,
                next => after = format!("&after={}", next.as_str().expect("a text")),
            }
        }
    }
}

/// A world and its operator.
async fn started() -> (World, Operator) {
    start(WorldBuilder::new()).await
}

/// The world of this builder, and its operator.
async fn start(builder: WorldBuilder) -> (World, Operator) {
    let mut world = builder.start().await;
    let operator = Operator::of(&mut world).await;
    (world, operator)
}

/// A request of the operator.
struct Ask(hyper::Request<Full<Bytes>>);

impl Ask {
    /// A request with the admin token and no body.
    fn new(method: &str, target: &str) -> Ask {
        let request = hyper::Request::builder()
            .method(method)
            .uri(target)
            .header("Host", "test")
            .header(AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"));
        Ask(request.body(Full::default()).expect("a request"))
    }

    /// With this header instead of the one of that name; an empty one is left out.
    fn header(mut self, name: &'static str, value: &str) -> Ask {
        let headers = self.0.headers_mut();
        headers.remove(name);
        if !value.is_empty() {
            headers.insert(name, value.parse().expect("a header"));
        }
        self
    }

    /// With this body, of this type.
    fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Ask {
        *self.0.body_mut() = Full::new(body.into());
        self.header("Content-Type", content_type)
    }

    fn json(self, body: &Value) -> Ask {
        self.body("application/json", body.to_string())
    }
}

/// An answer to the operator, read to its end.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The value of a header; empty when there is none.
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("a header is ASCII"))
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body is text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The JSON of an answer of this status.
    pub(crate) fn with_status(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }

    /// The JSON of a 200.
    pub(crate) fn found(&self) -> Value {
        self.with_status(200)
    }

    /// The `detail` of a problem of this status.
    pub(crate) fn problem(&self, status: u16) -> String {
        let problem = self.with_status(status);
        assert_eq!(self.header("Content-Type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().expect("a detail").to_owned()
    }
}
