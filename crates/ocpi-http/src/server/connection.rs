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
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

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
    let on_watch = OnWatch::enter(server);
    converse(&on_watch, stream).await;
}

/// As [`serve`], over TLS.
pub(super) async fn serve_tls(server: Arc<Server>, stream: TcpStream, tls: TlsAcceptor) {
    let on_watch = OnWatch::enter(server);
    let OnWatch(_, activity) = &on_watch;
    match handshake(activity, stream, &tls).await {
        Some(Ok(stream)) => converse(&on_watch, stream).await,
        Some(Err(error)) => tracing::debug!(%error, "there is no TLS on a connection"),
        None => tracing::debug!("a connection was closed before its TLS handshake was over"),
    }
}

/// Agrees on TLS; `None` when the watch ends that.
async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    activity: &Arc<Activity>,
    stream: S,
    tls: &TlsAcceptor,
) -> Option<io::Result<TlsStream<S>>> {
    // It has the time of a head, and that begins with the connection: the other side speaks first.
    activity.bytes_came();
    let mut accepted = pin!(tls.accept(stream));
    let ended = poll_fn(|context| match activity.order(context) {
        Order::GoOn => accepted.as_mut().poll(context).map(Some),
        Order::Finish | Order::Break => Poll::Ready(None),
    });
    let ended = ended.await;
    // For the watch this was a request, and now the connection waits for another.
    drop(InFlight::begin(activity, false));
    ended
}

/// Answers requests on a connection.
async fn converse(on_watch: &OnWatch, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
    let OnWatch(server, activity) = on_watch;
    let watched = Watched {
        stream,
        activity: Arc::clone(activity),
    };
    let service = service_fn(|request: Request<Incoming>| {
        let server = Arc::clone(server);
        let in_flight = InFlight::begin(activity, request.version() == Version::HTTP_2);
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
struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    fn note(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(_)) = written {
            self.activity.bytes_went();
        }
    }
}

/// A connection on the watch's list. It leaves when this is dropped, whatever ended it.
struct OnWatch(Arc<Server>, Arc<Activity>);

impl OnWatch {
    fn enter(server: Arc<Server>) -> OnWatch {
        let activity = server.watch.enter();
        OnWatch(server, activity)
    }
}

impl Drop for OnWatch {
    fn drop(&mut self) {
        self.0.watch.leave(&self.1);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
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

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;
    use crate::certificates::Authority;
    use crate::server::Limits;
    use crate::server::watch::Watch;

    fn watch() -> Watch {
        Watch::new(&Limits {
            read_timeout_ms: 10_000,
            idle_timeout_ms: 60_000,
            ..Limits::default()
        })
    }

    /// A handshake of a server with whoever has the other end.
    fn begun(
        authority: &Authority,
        watch: &Watch,
    ) -> (
        impl Future<Output = Option<io::Result<TlsStream<DuplexStream>>>> + use<>,
        Arc<Activity>,
        DuplexStream,
    ) {
        let (ours, theirs) = tokio::io::duplex(4096);
        let (activity, tls) = (watch.enter(), authority.issue("ours.example").acceptor());
        let watched = Arc::clone(&activity);
        let shaking = async move { handshake(&watched, ours, &tls).await };
        (shaking, activity, theirs)
    }

    fn order(activity: &Activity) -> Order {
        activity.order(&Context::from_waker(std::task::Waker::noop()))
    }

    /// Holds: T-48.
    #[tokio::test]
    async fn a_handshake_that_stalls_is_ended_like_a_head_that_does() {
        let authority = Authority::new();
        for begin in [b"".as_slice(), &[22, 3, 1]] {
            let watch = watch();
            let (shaking, _, mut theirs) = begun(&authority, &watch);
            let shaking = tokio::spawn(shaking);
            theirs.write_all(begin).await.unwrap();
            // Two looks are the time of a head; the third is over it.
            for _ in 0..2 {
                tokio::task::yield_now().await;
                watch.look();
            }
            tokio::task::yield_now().await;
            assert!(!shaking.is_finished());
            watch.look();
            assert!(shaking.await.unwrap().is_none());
        }
    }

    /// Holds: T-96.
    #[tokio::test]
    async fn what_is_no_handshake_ends_the_connection() {
        let (shaking, _, mut theirs) = begun(&Authority::new(), &watch());
        theirs
            .write_all(b"GET /ocpi/versions HTTP/1.1\r\n")
            .await
            .unwrap();
        assert!(shaking.await.unwrap().is_err());
    }

    /// Holds: T-48.
    #[tokio::test]
    async fn a_handshake_does_not_keep_a_server_from_stopping() {
        let watch = watch();
        let (shaking, _, _theirs) = begun(&Authority::new(), &watch);
        let shaking = tokio::spawn(shaking);
        tokio::task::yield_now().await;
        watch.finish_all();
        assert!(shaking.await.unwrap().is_none());
    }

    /// Holds: T-48, T-96.
    #[tokio::test]
    async fn after_its_handshake_a_connection_has_the_time_of_an_idle_one() {
        let (authority, watch) = (Authority::new(), watch());
        let (shaking, activity, theirs) = begun(&authority, &watch);
        let name = ServerName::try_from("ours.example").unwrap();
        let client = authority.client(rustls::ALL_VERSIONS, &[]);
        let connecting = client.connect(name, theirs);
        let (accepted, connected) = tokio::join!(shaking, connecting);
        let (mut ours, mut theirs) = (accepted.unwrap().unwrap(), connected.unwrap());
        theirs.write_all(b"?").await.unwrap();
        theirs.flush().await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap(), b'?');
        for _ in 0..12 {
            watch.look();
            assert_eq!(order(&activity), Order::GoOn);
        }
        watch.look();
        assert_eq!(order(&activity), Order::Finish);
    }
}
