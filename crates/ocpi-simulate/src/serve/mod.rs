//! Answering a request: what it is for, what goes wrong with it, and what is said.

mod configuration;
mod cpo;
mod emsp;
mod fault;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, Request, Response};

use crate::answer::{Answer, Status};
use crate::counts::SeenRequest;
use crate::in_flight::InFlight;
use crate::request::{self, RequestKind, Target};
use crate::shared::{Shared, lock};

/// The most bytes of a request.
const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A request, received.
struct Call<'a> {
    shared: &'a Arc<Shared>,
    kind: RequestKind,
    method: &'a Method,
    /// The segments of the path that are its own.
    own: Vec<&'a str>,
    target: &'a Target<'a>,
    headers: &'a HeaderMap,
    body: &'a [u8],
    /// The credentials token that it presents.
    presented: String,
}

/// Answers a request; `None` breaks the connection off.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
) -> Option<Response<Full<Bytes>>> {
    let _here = shared.in_flight.enter();
    let _everywhere = shared.options.in_flight.as_ref().map(InFlight::enter);
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await.ok()?;
    let body = body.to_bytes();
    let target = Target::of(head.uri.path(), head.uri.query());
    let below = target.below_root();
    let options = &shared.options;
    let (number, in_path) = (options.version.as_str(), options.role.in_path());
    let (kind, own) = request::kind(&head.method, &below, number, in_path);
    let fault = fault::of(shared, kind, &head.method, head.uri.path(), &target);
    let fault_kind = fault.map(|fault| fault.rule.kind);
    lock(&shared.book).count(kind, fault_kind);
    let seen_max = options.seen_max;
    if seen_max > 0 {
        let seen = SeenRequest {
            kind,
            method: head.method.to_string(),
            target: head.uri.to_string(),
            headers: shown(&head.headers),
            body: String::from_utf8_lossy(&body).into_owned(),
            fault: fault_kind,
        };
        lock(&shared.book).remember(seen, seen_max);
    }
    let respond = || async {
        let header = head.headers.get(AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok());
        let presented = lock(&shared.authority).presented(header);
        let Some(presented) = presented else {
            lock(&shared.book).counts.unauthorized += 1;
            return Answer::refused(Status::UNAUTHORIZED, "no such credentials token")
                .with_header("www-authenticate", "Token".to_owned());
        };
        let call = Call {
            shared,
            kind,
            method: &head.method,
            own: own.clone(),
            target: &target,
            headers: &head.headers,
            body: &body,
            presented,
        };
        call.respond().await
    };
    let answered = match fault {
        None => Some(whole(shared, &respond().await)),
        Some(fault) => fault.answer(shared, respond).await,
    };
    shared.done.notify_waiters();
    answered
}

fn whole(shared: &Shared, answer: &Answer) -> Response<Full<Bytes>> {
    let body = answer.body(shared.now());
    answer.response(body)
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let headers = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
    headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        })
        .collect()
}

impl Call<'_> {
    async fn respond(&self) -> Answer {
        let answer = match self.kind {
            RequestKind::Versions => self.versions(),
            RequestKind::Details => self.details(),
            RequestKind::Credentials => self.credentials().await,
            RequestKind::ListTokens => self.list_tokens(),
            RequestKind::Authorize => self.authorize(),
            RequestKind::PutToken => self.put_token(),
            RequestKind::PatchToken => self.patch_token(),
            RequestKind::GetToken => self.get_token(),
            RequestKind::Other => Answer::refused(Status::NOT_FOUND, "there is nothing here"),
        };
        // The ids of a request stand in its answer.
        let ids = ["x-request-id", "x-correlation-id"].into_iter();
        ids.fold(answer, |answer, name| {
            match self.headers.get(name).and_then(|id| id.to_str().ok()) {
                Some(id) => answer.with_header(name, id.to_owned()),
                None => answer,
            }
        })
    }
}
