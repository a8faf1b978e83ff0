//! Receiving the body of an answer, of which no more is taken than is allowed.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

/// Why a body did not come whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotReceived<E> {
    /// It has more bytes than are allowed.
    TooLarge,
    /// The connection broke.
    Broken(E),
}

/// The whole body, when it has at most `bytes_max` bytes. Nothing is taken of one that announces
/// more, and nothing more of one that turns out to have more.
///
/// # Errors
///
/// [`NotReceived`].
pub(super) async fn receive<B>(body: B, bytes_max: usize) -> Result<Bytes, NotReceived<B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut body = body;
    if body.size_hint().lower() > u64::try_from(bytes_max).unwrap_or(u64::MAX) {
        return Err(NotReceived::TooLarge);
    }
    let mut received = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(NotReceived::Broken)?.into_data() else {
            continue;
        };
        if data.len() > bytes_max - received.len() {
            return Err(NotReceived::TooLarge);
        }
        received.extend_from_slice(&data);
    }
    Ok(received.freeze())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::{Frame, SizeHint};

    use super::*;

    const FRAME: usize = 1024;

    /// Zeros without end, which counts how many frames somebody took.
    struct Zeros {
        announced: u64,
        taken: usize,
    }

    impl Body for Zeros {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.taken += 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; FRAME])))))
        }

        fn size_hint(&self) -> SizeHint {
            let mut hint = SizeHint::new();
            hint.set_lower(self.announced);
            hint
        }
    }

    /// Holds: C-23.
    #[tokio::test]
    async fn no_more_is_taken_than_is_allowed_and_nothing_of_what_announces_more() {
        for (announced, expected) in [(0, 11), (10 * FRAME as u64, 11), (1 << 30, 0)] {
            let mut zeros = Zeros {
                announced,
                taken: 0,
            };
            let received = receive(&mut zeros, 10 * FRAME).await;
            assert_eq!(received, Err(NotReceived::TooLarge));
            assert_eq!(zeros.taken, expected, "{announced} announced");
        }
    }

    /// Holds: C-23.
    #[tokio::test]
    async fn a_body_of_exactly_the_limit_comes_whole() {
        let body = || http_body_util::Full::new(Bytes::from_static(b"0123456789"));
        assert_eq!(receive(body(), 10).await.unwrap(), "0123456789");
        assert_eq!(receive(body(), 9).await, Err(NotReceived::TooLarge));
    }
}
