//! One call: a request, the redirects that it meets, and the answer, all within one deadline.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ocpi_domain::MessageId;
use ocpi_ports::{Randomness, RemoteCall, RemoteError};

use super::connector::Connector;
use super::failed::Failed;
use super::quote::Secrets;
use super::receive::{NotReceived, receive};
use super::redirect::{self, REDIRECTS_MAX};
use super::request::Outgoing;
use super::stream::Usage;
use super::target;

/// How long a connection is kept for the next call: many servers close theirs after a minute, and
/// a request that meets its end may be lost.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Connections to one host that are kept for the next calls.
const IDLE_PER_HOST_MAX: usize = 32;

/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Sends requests, and receives answers.
pub(super) struct Transport {
    client: Client<Connector, Full<Bytes>>,
    randomness: Arc<dyn Randomness>,
    response_bytes_max: usize,
}

/// An answer, whatever it says.
#[derive(Debug)]
pub(super) struct Answered {
    /// Who answered, for an error.
    pub(super) url: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Transport {
    pub(super) fn new(
        connector: Connector,
        randomness: Arc<dyn Randomness>,
        response_bytes_max: usize,
    ) -> Transport {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(connector);
        Transport {
            client,
            randomness,
            response_bytes_max,
        }
    }

    /// Sends the request, follows redirects, and receives the whole answer, in the time of `call`.
    ///
    /// # Errors
    ///
    /// [`RemoteError`], when there is no answer; what an answer says is not looked at.
    pub(super) async fn send(
        &self,
        call: &RemoteCall,
        request: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Answered, RemoteError> {
        let answered = tokio::time::timeout(call.timeout, self.follow(call, request, secrets));
        answered.await.unwrap_or_else(|_| {
            Err(RemoteError::TimedOut {
                url: target::shown(&request.url),
                timeout_ms: u64::try_from(call.timeout.as_millis()).unwrap_or(u64::MAX),
            })
        })
    }

    async fn follow(
        &self,
        call: &RemoteCall,
        request: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Answered, RemoteError> {
        let mut url = request.url.clone();
        let mut repeated = false;
        let mut redirects = 0;
        loop {
            let response = self.exchange(call, request, &url, &mut repeated).await?;
            let status = response.status();
            let reason = match redirect::next(&url, status, response.headers()) {
                Ok(None) => {
                    let max = self.response_bytes_max.max(request.answer_bytes);
                    return whole(&url, response, max).await;
                }
                Ok(Some(next)) if redirects < REDIRECTS_MAX => {
                    redirects += 1;
                    url = next;
                    continue;
                }
                Ok(Some(_)) => format!("it redirects more than {REDIRECTS_MAX} times"),
                Err(reason) => secrets.quote(&reason),
            };
            return Err(RemoteError::Refused {
                url: target::shown(&url),
                http: status.as_u16(),
                code: None,
                message: Some(reason),
                retry_after: None,
            });
        }
    }

    /// One request; once more when that helps, and only once in the whole call.
    async fn exchange(
        &self,
        call: &RemoteCall,
        request: &Outgoing,
        url: &Uri,
        repeated: &mut bool,
    ) -> Result<Response<Incoming>, RemoteError> {
        match self.attempt(call, request, url).await {
            Err(failed) if !*repeated && failed.is_worth_repeating(request.repeat) => {
                tracing::debug!(error = %failed.error, "a request is sent once more");
                *repeated = true;
                self.attempt(call, request, url).await
            }
            answered => answered,
        }
        .map_err(|failed| failed.error)
    }

    async fn attempt(
        &self,
        call: &RemoteCall,
        request: &Outgoing,
        url: &Uri,
    ) -> Result<Response<Incoming>, Failed> {
        let id = MessageId::from_random(self.randomness.bytes());
        let request = request.to_http(url, call, id);
        let answered = self.client.request(request).await;
        answered.map_err(|error| Failed::of(url, &error))
    }
}

/// The answer with its whole body, when that has at most `max` bytes.
async fn whole(
    url: &Uri,
    response: Response<Incoming>,
    max: usize,
) -> Result<Answered, RemoteError> {
    let url = target::shown(url);
    let (head, body) = response.into_parts();
    match receive(body, max).await {
        Ok(body) => {
            if let Some(usage) = head.extensions.get::<Usage>() {
                usage.answered();
            }
            Ok(Answered {
                url,
                status: head.status,
                headers: head.headers,
                body,
            })
        }
        Err(NotReceived::TooLarge) => Err(RemoteError::TooLarge { url, max }),
        Err(NotReceived::Broken(error)) => Err(RemoteError::Broken {
            url,
            reason: error.to_string(),
        }),
    }
}
