//! What the operator's requests are answered with.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::Stream;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use ocpi_app::Written;
use serde::Serialize;

/// The body of an answer: whole, or in pieces as they are asked for.
pub type AnswerBody = UnsyncBoxBody<Bytes, Interrupted>;

/// An answer broke off, and what came of it is not the whole. The log says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off: the store failed")]
pub struct Interrupted;

/// An answer.
pub(crate) type Answer = Response<AnswerBody>;

fn of_body(status: StatusCode, body: AnswerBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

fn never(impossible: Infallible) -> Interrupted {
    match impossible {}
}

/// An answer of these bytes.
pub(crate) fn bytes(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let body = Full::new(body.into()).map_err(never).boxed_unsync();
    let answer = of_body(status, body);
    with_header(answer, CONTENT_TYPE, HeaderValue::from_static(content_type))
}

/// An answer of this JSON, under a name of its own.
pub(crate) fn json_of_type(
    status: StatusCode,
    content_type: &'static str,
    body: &impl Serialize,
) -> Answer {
    bytes(
        status,
        content_type,
        serde_json::to_vec(body).unwrap_or_default(),
    )
}

/// An answer of this JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    json_of_type(status, "application/json", body)
}

/// What was asked for.
pub(crate) fn found(body: &impl Serialize) -> Answer {
    json(StatusCode::OK, body)
}

/// What a write left behind: 201 when it is new.
pub(crate) fn written(written: Written, body: &impl Serialize) -> Answer {
    let status = match written {
        Written::Created => StatusCode::CREATED,
        Written::Updated => StatusCode::OK,
    };
    json(status, body)
}

/// It is gone.
pub(crate) fn deleted() -> Answer {
    let body = Empty::new().map_err(never).boxed_unsync();
    of_body(StatusCode::NO_CONTENT, body)
}

/// An answer in pieces: each is made when the other side has taken those before it. An error
/// breaks the answer off, so that nobody takes a part for the whole.
pub(crate) fn stream(
    content_type: &'static str,
    pieces: impl Stream<Item = Result<Bytes, Interrupted>> + Send + 'static,
) -> Answer {
    use futures_util::StreamExt;

    let frames = pieces.map(|piece| piece.map(Frame::data));
    let answer = of_body(StatusCode::OK, StreamBody::new(frames).boxed_unsync());
    with_header(answer, CONTENT_TYPE, HeaderValue::from_static(content_type))
}

/// The answer with one header more.
pub(crate) fn with_header(mut answer: Answer, name: HeaderName, value: HeaderValue) -> Answer {
    answer.headers_mut().insert(name, value);
    answer
}
