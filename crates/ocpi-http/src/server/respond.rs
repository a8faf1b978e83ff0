//! From a request to its answer, whatever happens in between.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use ocpi_app::{RequestContext, Routing};
use ocpi_domain::{Caller, OcpiVersion, Party};

use super::Server;
use super::dispatch::{dispatch, role_of};
use super::handlers::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::headers::{self, MessageIds};
use crate::query::Query;
use crate::router::{Resource, resource, route, version_of};
use crate::status::{self, OcpiCode};
use crate::wire::{shown_moment, shown_name};
use crate::{auth, envelope, path};

/// Bytes of a `status_message`.
const MESSAGE_BYTES_MAX: usize = 500;

/// Room for the headers of an answer, so that they are laid out once.
const HEADERS: usize = 12;

/// A success, before it becomes a response.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// Headers of its own, as a page's.
    pub(super) headers: HeaderMap,
    /// The party that answered, when the request did not name it.
    pub(super) answering: Option<Party>,
}

impl Reply {
    pub(super) fn new(status: StatusCode, body: Bytes) -> Reply {
        Reply {
            status,
            body,
            headers: HeaderMap::with_capacity(HEADERS),
            answering: None,
        }
    }
}

/// What is known of a request before its body.
struct Head<'a> {
    parts: &'a Parts,
    ids: &'a MessageIds,
    segments: &'a [Cow<'a, str>],
    /// The version that the path is in.
    version: Option<OcpiVersion>,
}

impl Server {
    /// Answers a request. Every answer, to a fault of ours too, is an envelope.
    pub(super) async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let ids = MessageIds::of(&parts.headers, &self.app);
        let mut body = RequestBody::new(body);
        let mut routing = Routing::default();
        let segments = path::segments(parts.uri.path());
        let version = version_of(&segments);
        let head = Head {
            parts: &parts,
            ids: &ids,
            segments: &segments,
            version,
        };
        let answering = AssertUnwindSafe(self.answer(&head, &mut body, &mut routing));
        let answered = match answering.catch_unwind().await {
            Ok(answered) => answered,
            // The panic hook has written where and why.
            Err(_) => Err(Failure::Panicked),
        };
        let mut response = match answered {
            Ok(reply) => {
                routing.from = reply.answering.or(routing.from);
                let mut response = Response::new(Full::new(reply.body));
                *response.status_mut() = reply.status;
                *response.headers_mut() = reply.headers;
                response
            }
            Err(failure) => self.refuse(&failure, &head),
        };
        let is_taken = body.discard(&parts.headers, &self.limits).await;
        let headers = response.headers_mut();
        if !is_taken && parts.version < Version::HTTP_2 {
            // What is left of the body must not be read as the next request.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        ids.write(headers);
        if version == Some(OcpiVersion::V2_1_1) {
            headers::remove_new_ids(headers, &parts.headers);
        } else {
            headers::write_routing(headers, routing);
        }
        response
    }

    /// The envelope of a failure.
    fn refuse(&self, failure: &Failure, head: &Head<'_>) -> Response<Full<Bytes>> {
        let (status, code) = status::of_failure(failure, head.version);
        log(failure, head, status, code);
        let mut message = match (failure, head.version) {
            (Failure::InvalidField(field), Some(version)) => shown_name(version, field).to_string(),
            _ => failure.to_string(),
        };
        // It may repeat what was sent, and that may be long.
        let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        message.truncate(end);
        let now = self.app.now();
        let now = head
            .version
            .map_or(now, |version| shown_moment(version, now));
        let body = envelope::failure(code, &message, now);
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        match failure {
            Failure::Unauthenticated | Failure::NotRegistered => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
            }
            Failure::MethodNotAllowed { allow, .. } => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Failure::RateLimited { retry_after_s, .. } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
            }
            // What is left of the body is not taken.
            Failure::BodyTooLarge { .. } | Failure::TooSlow { .. }
                if head.parts.version < Version::HTTP_2 =>
            {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }

    /// Answers, or says what keeps it from an answer. `answer_routing` is filled as soon as it
    /// is known, so that failures carry it too.
    async fn answer(
        &self,
        head: &Head<'_>,
        body: &mut RequestBody,
        answer_routing: &mut Routing,
    ) -> Result<Reply, Failure> {
        let Head { parts, ids, .. } = head;
        self.check_head(parts)?;
        if head.segments.first().is_none_or(|first| first != "ocpi") {
            return Err(Failure::UnknownRoute);
        }
        let candidates = auth::candidates(&parts.headers, head.version);
        let authenticated = self.app.authenticate(candidates).await;
        let (caller, presented) = authenticated
            .map_err(Failure::AuthenticationDown)?
            .ok_or(Failure::Unauthenticated)?;
        self.rates
            .count(&caller.platform.id, || self.app.elapsed_us())?;
        let resource = self.resource(head, &caller)?;
        let routing = match role_of(&resource) {
            Some(role) if head.version != Some(OcpiVersion::V2_1_1) => {
                let routing =
                    headers::routing(&parts.headers, caller.platform.profile.strict_from)?;
                let from = self.app.answering_party(&role, &routing);
                *answer_routing = Routing {
                    to: routing.from,
                    from,
                };
                routing
            }
            // 2.1.1 has no routing: its connection is with one party of ours.
            Some(role) => Routing {
                to: self.app.party_towards(&caller.platform, &role),
                from: None,
            },
            // Nor have configuration modules.
            None => Routing::default(),
        };
        let route = route(&parts.method, resource)?;
        let context = RequestContext {
            caller,
            version: head.version.unwrap_or(OcpiVersion::V2_3_0),
            routing,
            request_id: ids.request_id.clone(),
            correlation_id: ids.correlation_id.clone(),
        };
        let query = Query::parse(parts.uri.query());
        let call = Call {
            server: self,
            parts,
            context: &context,
            presented: &presented,
            query: &query,
        };
        dispatch(&call, body, route).await
    }

    /// What the path addresses, as far as it is there for the token of that caller.
    fn resource<'a>(&self, head: &Head<'a>, caller: &Caller) -> Result<Resource<'a>, Failure> {
        let resource = resource(head.segments);
        let is_open = match &resource {
            Ok(resource) => role_of(resource).is_none(),
            Err(failure) => matches!(failure, Failure::UnknownVersion(_)),
        };
        if !is_open && !caller.credentials.opens_modules() {
            tracing::warn!(
                platform = %caller.platform.id,
                request_id = head.ids.request_id.as_str(),
                "a platform that is not registered calls a module with the token that it is to \
                 register with; ask its operator to register, or to use the token that came of it",
            );
            return Err(Failure::NotRegistered);
        }
        let resource = resource?;
        match resource {
            Resource::VersionDetails(root, version) | Resource::Credentials(root, version)
                if !self.app.hosting().serves(root, version) =>
            {
                Err(Failure::UnknownVersion(version.to_string()))
            }
            resource => Ok(resource),
        }
    }

    /// Checks what arrived of a request before anything is done with it.
    fn check_head(&self, parts: &Parts) -> Result<(), Failure> {
        let max = self.limits.url_bytes_max;
        let url_bytes = parts
            .uri
            .path_and_query()
            .map_or(0, |url| url.as_str().len());
        if url_bytes > max {
            return Err(Failure::UrlTooLong { max });
        }
        let max = self.limits.header_bytes_max;
        let header_bytes: usize = parts
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if header_bytes > max {
            Err(Failure::HeadersTooLarge { max })
        } else {
            Ok(())
        }
    }
}

/// Tells the operator of a failure, once: loudly when it is a fault of ours, and when it will stay
/// until somebody does something about it.
fn log(failure: &Failure, head: &Head<'_>, status: StatusCode, OcpiCode(code): OcpiCode) {
    let request_id = head.ids.request_id.as_str();
    match failure {
        Failure::Storage(error) | Failure::AuthenticationDown(error) => tracing::error!(
            request_id,
            cause = std::error::Error::source(error).map(tracing::field::display),
            "{error}",
        ),
        Failure::TimedOut => tracing::error!(request_id, "the store did not answer in time"),
        Failure::Panicked => tracing::error!(request_id, "a request met a fault of ours"),
        _ => tracing::debug!(request_id, status = status.as_u16(), code, %failure, "refused"),
    }
}
