//! What the operator's requests are answered with.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

/// An answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A problem document.
///
/// Spec: RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct Health<'a> {
    status: &'a str,
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Answer {
    answer(
        status,
        content_type,
        serde_json::to_vec(body).unwrap_or_default(),
    )
}

/// All is well.
pub(crate) fn healthy(status: &str) -> Answer {
    json(StatusCode::OK, "application/json", &Health { status })
}

/// The metrics in the text format of `OpenMetrics`.
pub(crate) fn metrics(text: String) -> Answer {
    answer(
        StatusCode::OK,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        text,
    )
}

/// Something is wrong; `detail` says what and what to do.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = Problem {
        status: status.as_u16(),
        title,
        detail,
    };
    json(status, "application/problem+json", &problem)
}

/// Only reading is offered.
pub(crate) fn read_only() -> Answer {
    let mut answer = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD are offered here",
    );
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}
