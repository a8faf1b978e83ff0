//! A connection to a peer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection reads from and writes to: TCP, or TLS over it.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection to a peer, which says whether the peer closed it while nobody asked anything.
pub(super) struct PeerStream {
    io: Box<dyn Io>,
    usage: Usage,
}

impl PeerStream {
    pub(super) fn new(io: impl Io + 'static) -> PeerStream {
        PeerStream {
            io: Box::new(io),
            usage: Usage::default(),
        }
    }
}

/// What became of a connection so far.
#[derive(Clone, Default)]
pub(super) struct Usage(Arc<Flags>);

#[derive(Default)]
struct Flags {
    has_answered: AtomicBool,
    came_since: AtomicBool,
}

impl Usage {
    /// Notes that an answer came whole.
    pub(super) fn answered(&self) {
        self.0.came_since.store(false, Ordering::Relaxed);
        self.0.has_answered.store(true, Ordering::Relaxed);
    }

    /// Whether an answer came whole before, and nothing since.
    pub(super) fn is_silent_since_an_answer(&self) -> bool {
        self.0.has_answered.load(Ordering::Relaxed) && !self.0.came_since.load(Ordering::Relaxed)
    }
}

impl Connection for PeerStream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.usage.clone())
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.usage.0.came_since.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
