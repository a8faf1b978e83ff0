//! Receiving a body within its limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Body;

use crate::endpoint::BodyKind;
use crate::failure::Failure;
use crate::server::AdminOptions;

/// Bytes of a body that is read as a whole.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a body that nobody reads, but that are still taken. Who is cut off while sending may
/// never read the answer that says why.
const DISCARDED_BYTES_MAX: usize = 16 * BODY_BYTES_MAX;

/// A body broke off.
#[derive(Debug)]
struct Broken;

/// The body of a request until somebody receives it.
pub(crate) struct RequestBody {
    /// `None` when nothing of it is left: who reads a body must not read on after its end.
    rest: Option<UnsyncBoxBody<Bytes, Broken>>,
    /// It was waited for in vain, or broke off.
    is_lost: bool,
}

impl RequestBody {
    pub(crate) fn new<B: Body<Data = Bytes> + Send + 'static>(body: B) -> RequestBody {
        let body = body.map_err(|_| Broken).boxed_unsync();
        RequestBody {
            rest: Some(body).filter(|body| !body.is_end_stream()),
            is_lost: false,
        }
    }

    /// The next piece; `None` at the end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(body) = &mut self.rest {
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
                Some(Err(Broken)) => {
                    self.rest = None;
                    return Err(Failure::BodyBroken);
                }
                None => self.rest = None,
            }
        }
        Ok(None)
    }

    /// The next piece of a body without end, which must come within the time that the options
    /// grant to one piece; `None` at the end.
    pub(crate) async fn next(&mut self, options: &AdminOptions) -> Result<Option<Bytes>, Failure> {
        let piece = in_time(options.import_piece_ms_max, self.piece()).await;
        self.note(piece)
    }

    /// The whole body.
    pub(crate) async fn receive(&mut self, options: &AdminOptions) -> Result<Bytes, Failure> {
        let whole = in_time(options.body_ms_max, self.whole()).await;
        self.note(whole)
    }

    fn note<T>(&mut self, received: Result<T, Failure>) -> Result<T, Failure> {
        let is_lost = matches!(
            received,
            Err(Failure::BodyTooSlow { .. } | Failure::BodyBroken)
        );
        self.is_lost |= is_lost;
        received
    }

    async fn whole(&mut self) -> Result<Bytes, Failure> {
        let too_large = Failure::BodyTooLarge {
            max: BODY_BYTES_MAX,
        };
        let announced = self
            .rest
            .as_ref()
            .map_or(0, |body| body.size_hint().lower());
        if announced > BODY_BYTES_MAX as u64 {
            return Err(too_large);
        }
        let mut body = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > BODY_BYTES_MAX {
                return Err(too_large);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// Takes what nobody asked for, so that the connection can go on. Gives whether it can:
    /// nothing of the body is left.
    pub(crate) async fn discard(mut self, headers: &HeaderMap, options: &AdminOptions) -> bool {
        // Who waits for leave to send is better told than given leave.
        let waits_for_leave = headers.contains_key(EXPECT) && self.rest.is_some();
        if self.is_lost || waits_for_leave {
            return false;
        }
        let discarded = async {
            let mut length = 0_usize;
            while let Some(piece) = self.piece().await? {
                length = length.saturating_add(piece.len());
                if length > DISCARDED_BYTES_MAX {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        in_time(options.body_ms_max, discarded)
            .await
            .unwrap_or(false)
    }
}

/// What `work` gives within so many milliseconds.
async fn in_time<T>(
    max_ms: u64,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let done = tokio::time::timeout(Duration::from_millis(max_ms), work).await;
    done.unwrap_or(Err(Failure::BodyTooSlow { max_ms }))
}

/// Checks what the headers say of a body of this kind. A body that does not say of what type it
/// is, is taken for what it must be.
///
/// # Errors
///
/// [`Failure::ContentType`], [`Failure::ContentEncoding`].
pub(crate) fn check_headers(headers: &HeaderMap, kind: &BodyKind) -> Result<(), Failure> {
    let expected = Failure::ContentType {
        expected: kind.expected(),
    };
    if let Some(value) = headers.get(CONTENT_TYPE) {
        let essence = essence(value);
        let known = kind.content_types().iter();
        if !essence
            .is_some_and(|essence| known.into_iter().any(|it| it.eq_ignore_ascii_case(essence)))
        {
            return Err(expected);
        }
    }
    let encoding = headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::ContentEncoding);
    }
    Ok(())
}

/// A content type without its parameters.
fn essence(value: &HeaderValue) -> Option<&str> {
    Some(value.to_str().ok()?.split(';').next()?.trim_ascii())
}

#[cfg(test)]
mod tests {
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn checked(kind: &BodyKind, name: http::HeaderName, value: &str) -> Result<(), Failure> {
        let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
        check_headers(&headers, kind)
    }

    #[test]
    fn a_body_is_what_its_headers_say_or_say_nothing() {
        let (json, lines) = (BodyKind::Json(""), BodyKind::Lines(""));
        let patch = BodyKind::MergePatch("");
        assert!(check_headers(&HeaderMap::new(), &json).is_ok());
        for (kind, value, taken) in [
            (&json, "application/json", true),
            (&json, "Application/JSON ; charset=utf-8", true),
            (&json, "application/jsonl", false),
            (&json, "application/merge-patch+json", false),
            (&json, "text/json", false),
            (&json, "", false),
            (&patch, "application/merge-patch+json", true),
            (&patch, "application/json", true),
            (&lines, "application/jsonl", true),
            (&lines, "application/x-ndjson;charset=utf-8", true),
            (&lines, "application/json", true),
            (&lines, "text/csv", false),
        ] {
            let checked = checked(kind, CONTENT_TYPE, value);
            assert_eq!(checked.is_ok(), taken, "{value}");
        }
        for (value, taken) in [("identity", true), ("gzip", false)] {
            let checked = checked(&json, CONTENT_ENCODING, value);
            assert_eq!(checked.is_ok(), taken, "{value}");
        }
    }

    /// A body that announces no length, and panics when it is read on after its end.
    fn pieces(lengths: Vec<usize>) -> RequestBody {
        let frames = futures_util::stream::unfold(lengths.into_iter(), |mut lengths| async {
            let piece = Bytes::from(vec![b' '; lengths.next()?]);
            let frame = Ok::<_, std::convert::Infallible>(hyper::body::Frame::data(piece));
            Some((frame, lengths))
        });
        RequestBody::new(StreamBody::new(Box::pin(frames)))
    }

    #[tokio::test]
    async fn nothing_is_read_on_after_the_end() {
        let options = AdminOptions::default();
        let mut body = pieces(vec![1]);
        assert_eq!(body.receive(&options).await.unwrap().len(), 1);
        assert_eq!(body.receive(&options).await.unwrap().len(), 0);
        assert_eq!(body.next(&options).await.unwrap(), None);
        assert!(body.discard(&HeaderMap::new(), &options).await);
    }

    #[tokio::test]
    async fn a_body_may_be_as_large_as_its_limit_and_no_larger() {
        let options = AdminOptions::default();
        let whole = |length| RequestBody::new(Full::new(Bytes::from(vec![b' '; length])));
        for (mut body, fits) in [
            (whole(BODY_BYTES_MAX), true),
            (whole(BODY_BYTES_MAX + 1), false),
            (pieces(vec![1, BODY_BYTES_MAX - 1]), true),
            (pieces(vec![1, BODY_BYTES_MAX]), false),
        ] {
            match body.receive(&options).await {
                Ok(received) => assert!(fits && received.len() == BODY_BYTES_MAX),
                Err(failure) => {
                    assert!(!fits && matches!(failure, Failure::BodyTooLarge { .. }));
                }
            }
        }
    }

    #[tokio::test]
    async fn so_much_that_nobody_reads_is_taken_and_no_more() {
        let options = AdminOptions::default();
        let none = HeaderMap::new();
        assert!(pieces(vec![]).discard(&none, &options).await);
        let many = |count| pieces(vec![BODY_BYTES_MAX; count]);
        assert!(many(16).discard(&none, &options).await);
        assert!(!many(17).discard(&none, &options).await);
        let expect = HeaderMap::from_iter([(EXPECT, HeaderValue::from_static("100-continue"))]);
        assert!(!many(1).discard(&expect, &options).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let options = AdminOptions::default();
        let stuck = || {
            let never = futures_util::stream::pending::<Result<_, std::convert::Infallible>>();
            RequestBody::new(StreamBody::new(never))
        };
        let failure = stuck().receive(&options).await.unwrap_err();
        assert!(matches!(failure, Failure::BodyTooSlow { max_ms: 30_000 }));
        let failure = stuck().next(&options).await.unwrap_err();
        assert!(matches!(failure, Failure::BodyTooSlow { max_ms: 300_000 }));
        let mut body = stuck();
        body.receive(&options).await.unwrap_err();
        let began = tokio::time::Instant::now();
        assert!(!body.discard(&HeaderMap::new(), &options).await);
        assert_eq!(
            began.elapsed(),
            Duration::ZERO,
            "it is not waited for twice"
        );
    }
}
