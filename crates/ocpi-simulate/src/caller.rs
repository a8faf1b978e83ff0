//! Calling others, over HTTP.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A client that keeps its connections.
#[derive(Clone)]
pub(crate) struct Caller(Client<HttpConnector, Full<Bytes>>);

/// An answer to a call.
pub(crate) struct Answered {
    pub(crate) http: u16,
    pub(crate) body: Value,
}

impl Caller {
    pub(crate) fn new() -> Caller {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new());
        Caller(builder.build(connector))
    }

    /// Sends a request; what is no JSON in the answer is `null`.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        authorization: &str,
        body: Option<&Value>,
    ) -> Result<Answered, String> {
        let failed = |reason: String| format!("{method} {url}: {reason}");
        let sent = body.map(|body| Bytes::from(body.to_string()));
        let mut request = Request::builder()
            .method(&method)
            .uri(url)
            .header(AUTHORIZATION, authorization);
        if sent.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(sent.unwrap_or_default()))
            .map_err(|error| failed(error.to_string()))?;
        let answered = self.0.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            failed(cause.unwrap_or_else(|| error.to_string()))
        })?;
        let http = answered.status().as_u16();
        let body = Limited::new(answered.into_body(), ANSWER_BYTES_MAX).collect();
        let body = body.await.map_err(|error| failed(error.to_string()))?;
        Ok(Answered {
            http,
            body: serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null),
        })
    }
}

impl Answered {
    /// The `data` of an answer of OCPI that is a success.
    ///
    /// # Errors
    ///
    /// What it says instead.
    pub(crate) fn data(mut self, url: &str) -> Result<Value, String> {
        let code = self.body["status_code"].as_u64();
        if (200..300).contains(&self.http) && code.is_some_and(|code| code / 1000 == 1) {
            return Ok(self.body["data"].take());
        }
        let said = self.body["status_message"].as_str().unwrap_or_default();
        let code = code.map(|code| format!(", status_code {code}"));
        let code = code.unwrap_or_default();
        Err(format!("{url} answered HTTP {}{code} {said}", self.http))
    }
}
