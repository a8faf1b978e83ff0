//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Server;

/// What a connection does, for its watch.
///
/// One watch a connection looks at this now and then: timers for every head and every request
/// would cost more than a request's own work.
#[derive(Default)]
struct Activity {
    /// Requests that are being answered.
    in_flight: AtomicU64,
    /// When a request was answered last, or the connection opened.
    idle_since_us: AtomicU64,
    /// When the first byte of a head came whose last byte did not come yet; 0 is none.
    head_since_us: AtomicU64,
}

/// Serves one connection until it ends, idles too long, or `stop` says `true`.
pub(super) async fn serve(server: Arc<Server>, stream: TcpStream, mut stop: watch::Receiver<bool>) {
    let activity = Arc::new(Activity::default());
    activity
        .idle_since_us
        .store(server.app.elapsed_us(), Ordering::Relaxed);
    let watched = Watched {
        stream,
        activity: Arc::clone(&activity),
        server: Arc::clone(&server),
    };
    let service = service_fn(|request| {
        let (server, activity) = (Arc::clone(&server), Arc::clone(&activity));
        activity.head_since_us.store(0, Ordering::Relaxed);
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        async move {
            let response = server.respond(request).await;
            activity
                .idle_since_us
                .store(server.app.elapsed_us(), Ordering::Relaxed);
            activity.in_flight.fetch_sub(1, Ordering::Relaxed);
            Ok::<_, Infallible>(response)
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(watched), service));
    let period = Duration::from_millis(
        server
            .limits
            .read_timeout_ms
            .min(server.limits.idle_timeout_ms)
            .div_ceil(2)
            .max(1),
    );
    let mut watch = tokio::time::interval(period);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            _ = watch.tick() => match activity.state(&server) {
                State::Busy => {}
                State::Idle => connection.as_mut().graceful_shutdown(),
                State::Stuck => return,
            },
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

enum State {
    /// Within its limits.
    Busy,
    /// Without a request for too long.
    Idle,
    /// In the middle of a head for too long: nobody is there to read an answer.
    Stuck,
}

impl Activity {
    fn state(&self, server: &Server) -> State {
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return State::Busy;
        }
        let now_us = server.app.elapsed_us();
        let head_since_us = self.head_since_us.load(Ordering::Relaxed);
        let idle_since_us = self.idle_since_us.load(Ordering::Relaxed);
        let passed_ms = |since_us: u64| now_us.saturating_sub(since_us) / 1000;
        if head_since_us != 0 && passed_ms(head_since_us) > server.limits.read_timeout_ms {
            State::Stuck
        } else if passed_ms(idle_since_us) > server.limits.idle_timeout_ms {
            State::Idle
        } else {
            State::Busy
        }
    }
}

/// A stream that notes when a head begins.
struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
    server: Arc<Server>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Activity {
            in_flight,
            head_since_us,
            ..
        } = &*self.activity;
        if buffer.filled().len() > before
            && in_flight.load(Ordering::Relaxed) == 0
            && head_since_us.load(Ordering::Relaxed) == 0
        {
            head_since_us.store(self.server.app.elapsed_us().max(1), Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
