//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Server;
use super::watch::{Activity, InFlight, Order};

/// Bytes of a head that hyper takes at least before it refuses by itself, without an envelope: more
/// than our own limits, so that those answer, and far below its default, since each connection may
/// hold as many.
const HEAD_BYTES: usize = 128 * 1024;

/// What a head may have beside its URL and its headers, bytes.
const HEAD_REST: usize = 8 * 1024;

/// Serves one connection until it ends, or the watch says that it must.
pub(super) async fn serve(server: Arc<Server>, stream: TcpStream) {
    let activity = server.watch.enter();
    let _on_watch = OnWatch(Arc::clone(&server), Arc::clone(&activity));
    let watched = Watched {
        stream,
        activity: Arc::clone(&activity),
    };
    let service = service_fn(|request: Request<Incoming>| {
        let server = Arc::clone(&server);
        let in_flight = InFlight::begin(&activity, request.version() == Version::HTTP_2);
        async move {
            let response = server.respond(request).await;
            drop(in_flight);
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // An answer is small: one copy of it costs less than a second buffer for the system.
    let limits = &server.limits;
    let head_bytes = HEAD_BYTES.max(limits.url_bytes_max + limits.header_bytes_max + HEAD_REST);
    builder.http1().writev(false).max_buf_size(head_bytes);
    builder
        .http2()
        .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(watched), service));
    let mut finishing = false;
    let ended = poll_fn(|context| {
        match activity.order(context) {
            Order::GoOn => {}
            Order::Finish if finishing => {}
            Order::Finish => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            Order::Break => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A stream that notes when bytes come and go.
struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl Watched {
    fn note(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(_)) = written {
            self.activity.bytes_went();
        }
    }
}

/// A connection on the watch's list. It leaves when this is dropped, whatever ended it.
struct OnWatch(Arc<Server>, Arc<Activity>);

impl Drop for OnWatch {
    fn drop(&mut self) {
        self.0.watch.leave(&self.1);
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.bytes_came();
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
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(&polled);
        polled
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
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
