//! What every request of ours carries.
//!
//! Spec: 2.3.0 `transport_and_format`, Authorization header, Unique message IDs and Message
//! routing.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use ocpi_app::Routing;
use ocpi_domain::{MessageId, OcpiVersion};
use ocpi_ports::{RemoteCall, RemoteRouting, TokenEncoding};

use crate::headers::{self, MessageIds};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("ocpi-server/", env!("CARGO_PKG_VERSION")));

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request, as a use of a module makes it.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Uri,
    /// JSON.
    pub(super) body: Option<Bytes>,
    pub(super) module: Module,
    pub(super) repeat: Repeat,
    /// Bytes of the answer that are taken, when the operator's limit is smaller.
    pub(super) answer_bytes: usize,
}

/// Which kind of module a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    /// Versions and credentials, where a request goes from platform to platform.
    Configuration,
    /// All others, where it goes from party to party.
    Functional,
}

/// When a request may be sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Only when nothing of it was sent.
    Unsent,
    /// Also when it is not known whether it arrived: to do it twice is to do it once.
    Idempotent,
}

impl Outgoing {
    /// A question, which changes nothing.
    pub(super) fn get(url: Uri, module: Module) -> Outgoing {
        Outgoing {
            method: Method::GET,
            url,
            body: None,
            module,
            repeat: Repeat::Idempotent,
            answer_bytes: 0,
        }
    }

    /// A request that changes something, and must not change it twice.
    pub(super) fn once(
        method: Method,
        url: Uri,
        body: Option<Vec<u8>>,
        module: Module,
    ) -> Outgoing {
        Outgoing {
            method,
            url,
            body: body.map(Bytes::from),
            module,
            repeat: Repeat::Unsent,
            answer_bytes: 0,
        }
    }

    /// The HTTP request, to be sent to `url` under an id that no other has.
    pub(super) fn to_http(
        &self,
        url: &Uri,
        call: &RemoteCall,
        request_id: MessageId,
    ) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = url.clone();
        let headers = request.headers_mut();
        write_token(headers, call);
        headers.insert(USER_AGENT, AGENT);
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        let ids = MessageIds {
            request_id,
            correlation_id: call.correlation_id.clone(),
        };
        ids.write(headers);
        // 2.1.1 knows no routing.
        if self.module == Module::Functional
            && call.version != OcpiVersion::V2_1_1
            && let Some(RemoteRouting { from, to }) = call.routing
        {
            let routing = Routing {
                to,
                from: Some(from),
            };
            headers::write_routing(headers, routing);
        }
        request
    }
}

fn write_token(headers: &mut HeaderMap, call: &RemoteCall) {
    let token = call.token.expose();
    let presented = match call.encoding {
        TokenEncoding::Base64 => format!("Token {}", BASE64_STANDARD.encode(token)),
        TokenEncoding::Raw => format!("Token {token}"),
    };
    // A token is of visible ASCII, so it is always a value.
    if let Ok(mut value) = HeaderValue::from_str(&presented) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
}
