//! Requests to the operator's API.

use std::fmt::Display;

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::cli::args::TokenArgs;
use crate::exit::{Exit, Failure};

/// What may stand in a URL as it is: RFC 3986, unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request, relative to `/admin/v1/`.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: Method,
    target: String,
    content_type: &'static str,
    body: Bytes,
}

impl Request {
    /// A request without a body.
    pub(crate) fn new(method: Method, path: &str) -> Request {
        Request {
            method,
            target: format!("/admin/v1/{path}"),
            content_type: "",
            body: Bytes::new(),
        }
    }

    /// Adds a segment to the path.
    pub(crate) fn segment(mut self, text: &str) -> Request {
        self.target.push('/');
        self.target.extend(utf8_percent_encode(text, ENCODED));
        self
    }

    /// Adds the segments and the type that name a Token.
    pub(crate) fn token(self, token: &TokenArgs) -> Request {
        let party = token.token.party;
        self.segment(party.country_code.as_str())
            .segment(party.party_id.as_str())
            .segment(token.token.uid.as_str())
            .query("type", token.token_type.as_ref())
    }

    /// Adds a parameter that is given.
    pub(crate) fn query(mut self, name: &str, value: Option<impl Display>) -> Request {
        if let Some(value) = value {
            let first = if self.target.contains('?') { '&' } else { '?' };
            self.target.push(first);
            self.target.push_str(name);
            self.target.push('=');
            let value = value.to_string();
            self.target.extend(utf8_percent_encode(&value, ENCODED));
        }
        self
    }

    /// Sets the body to a JSON value.
    pub(crate) fn json(self, value: &Value) -> Request {
        self.body("application/json", value.to_string())
    }

    /// Sets the body.
    pub(crate) fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Request {
        self.content_type = content_type;
        self.body = body.into();
        self
    }

    /// The request as it is sent.
    ///
    /// # Errors
    ///
    /// When what was put into it makes no URL.
    pub(crate) fn into_http(self) -> Result<http::Request<Full<Bytes>>, Failure> {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(self.target);
        if !self.content_type.is_empty() {
            request = request.header(CONTENT_TYPE, self.content_type);
        }
        request
            .body(Full::new(self.body))
            .map_err(|error| Failure::new(Exit::Failed, error.to_string()))
    }
}
