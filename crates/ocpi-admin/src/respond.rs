//! From a request to its answer, whatever happens in between.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONNECTION};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use hyper::body::Body;

use crate::answer::{Answer, AnswerBody};
use crate::auth;
use crate::body::{self, RequestBody};
use crate::endpoint::{Access, Call};
use crate::endpoints;
use crate::failure::Failure;
use crate::query::Query;
use crate::router::route;
use crate::server::AdminServer;

/// Where the operator's API is: without the admin token nobody learns what there is below.
const API: &str = "/admin/v1";

impl AdminServer {
    /// Answers a request. Whatever goes wrong is a problem document (RFC 9457).
    ///
    /// The answer may come in pieces, each made when those before it were taken; when one cannot
    /// be made, the body ends with an error.
    pub async fn respond<B>(&self, request: Request<B>) -> Response<AnswerBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let (parts, body) = request.into_parts();
        let mut body = RequestBody::new(body);
        let answering = AssertUnwindSafe(self.answer(&parts, &mut body));
        let answered = answering.catch_unwind().await;
        let mut answer = answered
            .unwrap_or(Err(Failure::Panicked))
            .unwrap_or_else(Failure::into_answer);
        let is_taken = body.discard(&parts.headers, &self.options).await;
        let headers = answer.headers_mut();
        if !is_taken {
            // What is left of the body must not be read as the next request.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }

    /// Answers, or says what keeps it from an answer.
    async fn answer(&self, parts: &Parts, body: &mut RequestBody) -> Result<Answer, Failure> {
        let path = parts.uri.path();
        let routed = route(endpoints::all(), &parts.method, path);
        let is_api = match &routed {
            Ok((endpoint, _)) => endpoint.access == Access::AdminToken,
            Err(_) => is_below(path, API),
        };
        if is_api {
            auth::check(&parts.headers, self.token.as_ref())?;
        }
        let (endpoint, places) = routed?;
        let query = match endpoint.access {
            Access::Open => Query::parse(None, &[])?,
            Access::AdminToken => Query::parse(parts.uri.query(), endpoint.query)?,
        };
        if let Some(kind) = &endpoint.body {
            body::check_headers(&parts.headers, kind)?;
        }
        let call = Call {
            server: self,
            places: &places,
            query: &query,
            headers: &parts.headers,
            body,
        };
        (endpoint.handler)(call).await
    }
}

/// Whether `path` is `root` or below it.
fn is_below(path: &str, root: &str) -> bool {
    let rest = path.strip_prefix(root);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
