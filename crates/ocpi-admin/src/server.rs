//! The operator's listener.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ocpi_app::App;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use crate::admin_token::AdminToken;
use crate::openapi;
use crate::unbroken::Handshakes;

/// The operator's API, health and metrics.
pub struct AdminServer {
    pub(crate) app: Arc<App>,
    pub(crate) registry: Registry,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) token: Option<AdminToken>,
    pub(crate) options: AdminOptions,
    pub(crate) handshakes: Handshakes,
    /// The OpenAPI document, as it is sent.
    pub(crate) openapi: Bytes,
}

/// What an operator's request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminOptions {
    /// The most lines of an import that are stored in one transaction; 1 or more, 1000 by
    /// default. More are faster, and others wait longer.
    pub import_lines_max: usize,
    /// How long a body may take to come, milliseconds; 30 s by default. An import may take as
    /// long as it takes.
    pub body_ms_max: u64,
    /// How long an import may wait for more of its body, milliseconds; 5 minutes by default.
    pub import_piece_ms_max: u64,
}

impl Default for AdminOptions {
    fn default() -> AdminOptions {
        AdminOptions {
            import_lines_max: 1000,
            body_ms_max: 30_000,
            import_piece_ms_max: 300_000,
        }
    }
}

/// Connections at once: an operator, a few scripts and probes, and the software of a CPO that asks
/// for each charge point where somebody waits. Others wait for their turn.
const CONNECTIONS_MAX: u32 = 1024;

/// How long a client may take for a head, and may leave a connection unused.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long to wait when the system gives no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long requests have to finish when the server stops; a charge point may wait for one.
const REQUESTS_MAX: Duration = Duration::from_secs(10);

/// How long handshakes that run have to finish when the server stops.
const HANDSHAKES_MAX: Duration = Duration::from_secs(30);

impl AdminServer {
    /// A server of the use cases of `app`, its health, and the metrics of `registry`. Once
    /// `stopping` says `true`, it shows that `app` is not to be asked any more. Without a `token`
    /// nobody may use the API; health and metrics are open to all who reach the listener.
    pub fn new(
        app: Arc<App>,
        registry: Registry,
        stopping: watch::Receiver<bool>,
        token: Option<AdminToken>,
        options: AdminOptions,
    ) -> Arc<AdminServer> {
        Arc::new(AdminServer {
            app,
            registry,
            stopping,
            token,
            options,
            handshakes: Handshakes::new(),
            openapi: openapi::document().to_string().into(),
        })
    }

    /// Serves connections of `listener` until `stop` says `true`, and the requests and handshakes
    /// that run are over.
    pub async fn serve(
        self: Arc<AdminServer>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = accept(&listener, &connections) => accepted,
            };
            match accepted {
                Ok((stream, permit)) => {
                    tokio::spawn(Arc::clone(&self).serve_connection(stream, stop.clone(), permit));
                }
                Err(error) => {
                    tracing::warn!(%error, "an operator's connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        let finished = connections.acquire_many(CONNECTIONS_MAX);
        if tokio::time::timeout(REQUESTS_MAX, finished).await.is_err() {
            tracing::warn!("an operator's requests were cut: they took too long to finish");
        }
        if !self.handshakes.finish(HANDSHAKES_MAX).await {
            tracing::warn!("handshakes with platforms were cut: look whether they work");
        }
    }

    async fn serve_connection(
        self: Arc<AdminServer>,
        stream: TcpStream,
        mut stop: watch::Receiver<bool>,
        _permit: Option<OwnedSemaphorePermit>,
    ) {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let service = service_fn(|request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.respond(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(READ_TIMEOUT)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let mut connection = pin!(connection);
        // What it lends is given back at once: it must not be held while others wait.
        let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = stopped => {
                // One that is idle is closed, one that is not after its answer.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "an operator's connection broke");
        }
    }
}

/// The next connection, when there is room for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    // Nobody closes the semaphore.
    let permit = Arc::clone(connections).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    // Answers are small, and somebody waits for each.
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}
