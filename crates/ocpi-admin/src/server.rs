//! The operator's listener.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ocpi_app::App;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::answer::{self, Answer};

/// Health and metrics over HTTP/1.1.
pub struct AdminServer {
    app: Arc<App>,
    registry: Registry,
    stopping: watch::Receiver<bool>,
}

/// How long a client may take for a head.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait when the system gives no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl AdminServer {
    /// A server that shows the health of `app` and the metrics of `registry`. Once `stopping`
    /// says `true`, it shows that `app` is not to be asked any more.
    pub fn new(
        app: Arc<App>,
        registry: Registry,
        stopping: watch::Receiver<bool>,
    ) -> Arc<AdminServer> {
        Arc::new(AdminServer {
            app,
            registry,
            stopping,
        })
    }

    /// Serves connections of `listener` until `stop` says `true`.
    pub async fn serve(
        self: Arc<AdminServer>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(Arc::clone(&self).serve_connection(stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "an operator's connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn serve_connection(self: Arc<AdminServer>, stream: TcpStream) {
        let service = service_fn(|request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.respond(&request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(READ_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an operator's connection broke");
        }
    }

    async fn respond(&self, request: &Request<Incoming>) -> Answer {
        let path = request.uri().path();
        if !matches!(path, "/health/live" | "/health/ready" | "/metrics") {
            return answer::problem(StatusCode::NOT_FOUND, "there is nothing at this URL");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return answer::read_only();
        }
        match path {
            "/health/live" => answer::healthy("live"),
            "/health/ready" => self.readiness().await,
            _ => self.metrics(),
        }
    }

    async fn readiness(&self) -> Answer {
        if *self.stopping.borrow() {
            return answer::problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "the server is stopping: requests in flight are finished, no new ones are taken",
            );
        }
        match self.app.check_ready().await {
            Ok(()) => answer::healthy("ready"),
            Err(error) => answer::problem(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
        }
    }

    fn metrics(&self) -> Answer {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => answer::metrics(text),
            Err(error) => answer::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}
