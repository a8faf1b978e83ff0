//! The other side, as a test writes it: it answers what it is told to answer, and remembers what
//! it was asked.

mod book;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Interval, interval, timeout};

pub(crate) use book::{ByTheBook, Reads};

/// What a peer was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path, with its query.
    pub(crate) target: String,
    /// The headers, their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

impl Asked {
    /// What follows `Token` in the `Authorization` header, as it was sent.
    pub(crate) fn token(&self) -> &str {
        let header = self.headers.get("authorization");
        let token = header.and_then(|value| value.strip_prefix("Token "));
        token.unwrap_or_default()
    }

    /// Whether it proves itself by this token, as it is or encoded.
    pub(crate) fn presents(&self, token: &str) -> bool {
        self.token() == token || self.token() == STANDARD.encode(token)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("what we send is JSON")
    }

    /// Method and target.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What comes after the head of an answer.
#[derive(Debug, Clone)]
enum Content {
    /// These bytes.
    Whole(Bytes),
    /// More and more, without end.
    Endless,
    /// A byte of JSON's white space each time this has passed, without end.
    Dripping(Duration),
}

/// What a peer answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    content: Content,
    /// How long it takes its time before it says a word.
    after: Option<Duration>,
}

impl Reply {
    /// This text, of that type.
    pub(crate) fn text(status: u16, content_type: &str, text: impl Into<Bytes>) -> Reply {
        Reply {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            content: Content::Whole(text.into()),
            after: None,
        }
    }

    /// A JSON that is no envelope.
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply::text(status, "application/json", body.to_string())
    }

    /// A success with this `data`.
    pub(crate) fn success(data: &Value) -> Reply {
        let envelope = json!({
            "data": data,
            "status_code": 1000,
            "status_message": "Success",
            "timestamp": "2026-01-01T12:00:00Z",
        });
        Reply::json(200, &envelope)
    }

    /// An envelope that refuses.
    pub(crate) fn refused(status: u16, code: u16, message: &str) -> Reply {
        let envelope = json!({
            "status_code": code,
            "status_message": message,
            "timestamp": "2026-01-01T12:00:00Z",
        });
        Reply::json(status, &envelope)
    }

    /// Elsewhere.
    pub(crate) fn redirect(status: u16, to: &str) -> Reply {
        let mut reply = Reply::text(status, "text/plain", "");
        reply.headers.push(("Location", to.to_owned()));
        reply
    }

    /// A success that never ends.
    pub(crate) fn endless() -> Reply {
        Reply {
            content: Content::Endless,
            ..Reply::text(200, "application/json", "")
        }
    }

    /// A success of which a byte comes each time this has passed.
    pub(crate) fn dripping(period: Duration) -> Reply {
        Reply {
            content: Content::Dripping(period),
            ..Reply::text(200, "application/json", "")
        }
    }

    /// The same, with this header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, after so long.
    pub(crate) fn after(mut self, pause: Duration) -> Reply {
        self.after = Some(pause);
        self
    }
}

/// The bytes of an answer, counted as they leave.
struct Counted {
    content: Content,
    drops: Option<Interval>,
    sent: Arc<AtomicU64>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        const MUCH: &[u8] = &[b' '; 16 * 1024];
        let bytes = match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Whole(bytes) => std::mem::take(bytes),
            Content::Endless => Bytes::from_static(MUCH),
            Content::Dripping(period) => {
                let period = *period;
                let drops = self.drops.get_or_insert_with(|| interval(period));
                if drops.poll_tick(context).is_pending() {
                    return Poll::Pending;
                }
                Bytes::from_static(b" ")
            }
        };
        let length = u64::try_from(bytes.len()).expect("a small number");
        self.sent.fetch_add(length, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;
type Script = Arc<dyn Fn(Asked) -> Answering + Send + Sync>;

/// What a peer knows and does.
struct Shared {
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
    sent: Arc<AtomicU64>,
}

/// A server of the other side, as long as the value lives.
pub(crate) struct Peer {
    /// What its URLs are below.
    pub(crate) url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Peer {
    /// One that has nothing to say.
    pub(crate) async fn start() -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let silent: Script = Arc::new(|_| Box::pin(async { Reply::refused(404, 2000, "nothing") }));
        let shared = Arc::new(Shared {
            script: Mutex::new(silent),
            asked: Mutex::default(),
            sent: Arc::default(),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Peer {
            url: format!("http://{address}"),
            shared,
            serving,
        }
    }

    /// Answers by this from now on.
    pub(crate) fn answers(&self, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        self.does(move |asked| {
            let reply = script(&asked);
            async move { reply }
        });
    }

    /// Does this from now on, and answers with what comes of it.
    pub(crate) fn does<F>(&self, script: impl Fn(Asked) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        let script: Script = Arc::new(move |asked| Box::pin(script(asked)));
        *lock(&self.shared.script) = script;
    }

    /// What it was asked so far, in that order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// Forgets what it was asked so far.
    pub(crate) fn forget(&self) {
        lock(&self.shared.asked).clear();
    }

    /// How many bytes of answers it has let go so far.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Its versions endpoint.
    pub(crate) fn versions_url(&self) -> String {
        format!("{}/ocpi/versions", self.url)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let answering = service_fn(move |request| answer(Arc::clone(&shared), request));
        connections.spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answering),
        );
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Counted>, hyper::Error> {
    let (head, body) = request.into_parts();
    let headers = head.headers.iter().map(|(name, value)| {
        let value = value.to_str().expect("what we send is ASCII");
        (name.as_str().to_owned(), value.to_owned())
    });
    let asked = Asked {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: headers.collect(),
        body: body.collect().await?.to_bytes(),
    };
    lock(&shared.asked).push(asked.clone());
    let script = Arc::clone(&lock(&shared.script));
    let reply = script(asked).await;
    if let Some(pause) = reply.after {
        // Nothing happens meanwhile.
        let _ = timeout(pause, std::future::pending::<()>()).await;
    }
    let response = hyper::Response::builder().status(reply.status);
    let response = reply
        .headers
        .iter()
        .fold(response, |response, (name, value)| {
            response.header(*name, value)
        });
    let content = Counted {
        content: reply.content,
        drops: None,
        sent: Arc::clone(&shared.sent),
    };
    Ok(response.body(content).expect("a response"))
}
