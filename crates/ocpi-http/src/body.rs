//! Receiving a body within its limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::failure::Failure;
use crate::server::Limits;

/// How much of a body that is too large is still taken, as a multiple of what is allowed. A
/// sender that is cut off while it sends may never read the answer that says why.
const DRAIN_FACTOR: usize = 16;

/// The body of a request until somebody receives it.
pub(crate) struct RequestBody(Option<Incoming>);

impl RequestBody {
    pub(crate) fn new(body: Incoming) -> RequestBody {
        RequestBody(Some(body).filter(|body| !body.is_end_stream()))
    }

    /// Receives the whole body, of at most `bytes_max` bytes.
    pub(crate) async fn receive(
        &mut self,
        headers: &HeaderMap,
        limits: &Limits,
        bytes_max: usize,
    ) -> Result<Bytes, Failure> {
        let Some(body) = self.0.take() else {
            return Ok(Bytes::new());
        };
        let max_ms = limits.read_timeout_ms;
        let received = collect(body, headers, bytes_max);
        match tokio::time::timeout(Duration::from_millis(max_ms), received).await {
            Ok(received) => received,
            Err(_) => Err(Failure::TooSlow { max_ms }),
        }
    }

    /// Takes a body that nobody asked for, as of a request that was refused by its head, so that
    /// the connection can go on. Gives whether it can: nothing of the body is left.
    pub(crate) async fn discard(self, headers: &HeaderMap, limits: &Limits) -> bool {
        let Some(mut body) = self.0 else { return true };
        if headers.contains_key(header::EXPECT) {
            return false;
        }
        let max = limits.body_bytes_max.saturating_mul(DRAIN_FACTOR);
        let discarded = async {
            let mut length = 0_usize;
            while let Some(Ok(frame)) = body.frame().await {
                length = length.saturating_add(frame.data_ref().map_or(0, Bytes::len));
                if length > max {
                    return false;
                }
            }
            body.is_end_stream()
        };
        let max = Duration::from_millis(limits.read_timeout_ms);
        tokio::time::timeout(max, discarded).await.unwrap_or(false)
    }
}

async fn collect(mut body: Incoming, headers: &HeaderMap, max: usize) -> Result<Bytes, Failure> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let waits_for_leave = headers.contains_key(header::EXPECT);
    if announced > max && (waits_for_leave || announced > max.saturating_mul(DRAIN_FACTOR)) {
        return Err(Failure::BodyTooLarge { max });
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Failure::BodyBroken)?.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length > max.saturating_mul(DRAIN_FACTOR) {
            break;
        }
        if length > max {
            rest = BytesMut::new();
        } else if first.is_empty() {
            // Nearly every body is one frame: no copy.
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    if length > max {
        return Err(Failure::BodyTooLarge { max });
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}
