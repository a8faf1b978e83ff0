//! What a peer answers, and the codes that it says it with.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use ocpi_domain::DateTime;
use serde_json::Value;

/// A status of HTTP, and a code of OCPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) http: u16,
    pub(crate) ocpi: u16,
}

impl Status {
    pub(crate) const OK: Status = Status::of(200, 1000);
    pub(crate) const CREATED: Status = Status::of(201, 1000);
    pub(crate) const UNAUTHORIZED: Status = Status::of(401, 2000);
    pub(crate) const NOT_FOUND: Status = Status::of(404, 2000);
    pub(crate) const UNKNOWN_TOKEN: Status = Status::of(404, 2004);
    pub(crate) const INVALID: Status = Status::of(200, 2001);
    pub(crate) const METHOD_NOT_ALLOWED: Status = Status::of(405, 2000);
    pub(crate) const CALLBACK_FAILED: Status = Status::of(200, 3001);
    pub(crate) const TOO_MANY: Status = Status::of(429, 2000);

    /// Its own failure, under that status of HTTP.
    pub(crate) const fn broken(http: u16) -> Status {
        Status::of(http, 3000)
    }

    pub(crate) const fn of(http: u16, ocpi: u16) -> Status {
        Status { http, ocpi }
    }
}

/// An answer of OCPI.
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) message: String,
    /// JSON.
    pub(crate) data: Option<Vec<u8>>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// A success that has nothing to show.
    pub(crate) fn done(status: Status) -> Answer {
        Answer {
            status,
            message: "Success".to_owned(),
            data: None,
            headers: Vec::new(),
        }
    }

    /// A success with what was asked for, as JSON.
    pub(crate) fn data(data: Vec<u8>) -> Answer {
        Answer {
            data: Some(data),
            ..Answer::done(Status::OK)
        }
    }

    /// The same out of a value.
    pub(crate) fn value(data: &Value) -> Answer {
        Answer::data(data.to_string().into_bytes())
    }

    /// A refusal.
    pub(crate) fn refused(status: Status, message: impl Into<String>) -> Answer {
        Answer {
            message: message.into(),
            ..Answer::done(status)
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Answer {
        self.headers.push((name, value));
        self
    }

    /// The body: an envelope of OCPI.
    pub(crate) fn body(&self, now: DateTime) -> Vec<u8> {
        let mut body = Vec::from(&b"{"[..]);
        if let Some(data) = &self.data {
            body.extend_from_slice(b"\"data\":");
            body.extend_from_slice(data);
            body.push(b',');
        }
        let message = Value::from(self.message.as_str());
        let rest = format!(
            "\"status_code\":{},\"status_message\":{message},\"timestamp\":\"{now}\"}}",
            self.status.ocpi
        );
        body.extend_from_slice(rest.as_bytes());
        body
    }

    /// The answer of HTTP with that body.
    pub(crate) fn response(&self, body: Vec<u8>) -> Response<Full<Bytes>> {
        let mut response = plain(self.status.http, "application/json", body);
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            ) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A page of HTML, as something between the two sides shows it: as a success, or as a gateway's
/// failure.
pub(crate) fn page(is_success: bool) -> Response<Full<Bytes>> {
    let page = "<!DOCTYPE html><html><head><title>Maintenance</title></head>\
                <body><h1>We are back soon</h1></body></html>";
    let http = if is_success { 200 } else { 502 };
    plain(http, "text/html", page.as_bytes().to_vec())
}

fn plain(http: u16, content_type: &'static str, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    if let Ok(status) = hyper::StatusCode::from_u16(http) {
        *response.status_mut() = status;
    }
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
