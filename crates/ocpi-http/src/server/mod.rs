//! The server: accepts connections, and answers requests on them.

mod connection;
mod dispatch;
mod handlers;
mod limits;
mod rate_limit;
mod respond;
mod tls;
mod watch;

use std::net::TcpStream as StdStream;
use std::sync::Arc;
use std::time::Duration;

use ocpi_app::App;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch as signal};
use tokio_rustls::TlsAcceptor;

use crate::public_urls::PublicUrl;
use rate_limit::RateLimiter;
use watch::Watch;

pub use limits::Limits;
pub use tls::{TlsConfig, TlsFileError};

/// OCPI over HTTP/1.1 and HTTP/2, with TLS or without.
pub struct Server {
    app: Arc<App>,
    public_url: PublicUrl,
    limits: Limits,
    rates: RateLimiter,
    watch: Watch,
}

/// How long to wait when the system gives no more connections, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    /// A server of `app` that publishes URLs below `public_url`.
    pub fn new(app: Arc<App>, public_url: PublicUrl, limits: Limits) -> Arc<Server> {
        let rates = RateLimiter::new(limits.requests_per_second_per_platform);
        Arc::new(Server {
            app,
            public_url,
            limits,
            rates,
            watch: Watch::new(&limits),
        })
    }

    /// Serves connections of `listener` until `stop` says `true`, then finishes the requests in
    /// flight, at most for `shutdown_timeout_ms`.
    pub async fn serve(self: Arc<Server>, listener: TcpListener, stop: signal::Receiver<bool>) {
        self.serve_on(listener, stop, &[], None).await;
    }

    /// As [`serve`](Server::serve), with connections handed to `workers` in turns; when there are
    /// none, they stay on the runtime that this runs on. With `tls` nothing else is spoken.
    pub async fn serve_on(
        self: Arc<Server>,
        listener: TcpListener,
        mut stop: signal::Receiver<bool>,
        workers: &[Handle],
        tls: Option<TlsConfig>,
    ) {
        let here = [Handle::current()];
        let workers = if workers.is_empty() { &here } else { workers };
        let mut turns = workers.iter().cycle();
        let places = Arc::new(Semaphore::new(self.limits.connections_max));
        let watching = tokio::spawn(Arc::clone(&self).keep_watch());
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = accept(&listener, &places) => accepted,
            };
            match accepted {
                Ok((stream, place)) => {
                    // What is in force now: it may be another for the next connection.
                    let tls = tls.as_ref().map(TlsConfig::acceptor);
                    let connection = Arc::clone(&self).serve_connection(stream, tls, place);
                    turns.next().map(|worker| worker.spawn(connection));
                }
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(%error, "a connection broke before it was accepted");
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        self.watch.finish_all();
        let all = u32::try_from(self.limits.connections_max).unwrap_or(u32::MAX);
        let finished = places.acquire_many(all);
        let max = Duration::from_millis(self.limits.shutdown_timeout_ms);
        if tokio::time::timeout(max, finished).await.is_err() {
            tracing::warn!("connections were cut: their requests took too long to finish");
        }
        watching.abort();
    }

    /// Looks at the connections now and then.
    async fn keep_watch(self: Arc<Server>) {
        let mut look = tokio::time::interval(Duration::from_millis(self.watch.period_ms));
        loop {
            look.tick().await;
            self.watch.look();
        }
    }

    /// Serves a connection on the runtime that this runs on, which need not have accepted it.
    async fn serve_connection(
        self: Arc<Server>,
        stream: StdStream,
        tls: Option<TlsAcceptor>,
        _place: OwnedSemaphorePermit,
    ) {
        match (TcpStream::from_std(stream), tls) {
            (Ok(stream), None) => connection::serve(self, stream).await,
            // On the heap, so that plain connections stay as small as they are.
            (Ok(stream), Some(tls)) => {
                Box::pin(connection::serve_tls(self, stream, tls)).await;
            }
            (Err(error), _) => tracing::warn!(%error, "a connection could not be served"),
        }
    }
}

/// Whether an error of accepting is the fault of one connection, and says nothing of the next.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | InvalidInput | NotConnected
    )
}

/// The next connection, and its place among those that may be open at once.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(StdStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream.into_std()?, place))
}
