//! Why a request got no answer, and whether to send it again.

use std::error::Error;

use http::{Extensions, Uri};
use hyper_util::client::legacy;
use ocpi_ports::RemoteError;

use super::connector::TlsFailed;
use super::policy::Forbidden;
use super::request::Repeat;
use super::stream::Usage;
use super::target;

/// A request without an answer.
pub(super) struct Failed {
    pub(super) error: RemoteError,
    /// What a request must be like to be sent again; `None` when that would not help.
    again: Option<Repeat>,
}

impl Failed {
    /// What the client says of a request to `url`.
    pub(super) fn of(url: &Uri, error: &legacy::Error) -> Failed {
        let url = target::shown(url);
        if let Some(Forbidden(reason)) = cause(error) {
            let reason = reason.clone();
            return Failed {
                error: RemoteError::Forbidden { url, reason },
                again: None,
            };
        }
        let tls = cause::<TlsFailed>(error);
        let http = cause::<hyper::Error>(error);
        let reason = reason(error);
        // Without a connection nothing was sent, and nothing of what hyper took back.
        let is_unsent =
            error.connect_info().is_none() || http.is_some_and(hyper::Error::is_canceled);
        if is_unsent {
            Failed {
                error: RemoteError::Unreachable { url, reason },
                again: Some(Repeat::Unsent).filter(|_| tls.is_none()),
            }
        } else if http.is_some_and(hyper::Error::is_parse) {
            let reason = format!("it is no HTTP: {reason}");
            Failed {
                error: RemoteError::Unreadable { url, reason },
                again: None,
            }
        } else {
            Failed {
                error: RemoteError::Broken { url, reason },
                again: Some(Repeat::Idempotent).filter(|_| was_closed_between_requests(error)),
            }
        }
    }

    /// Whether a request of that kind is sent again.
    pub(super) fn is_worth_repeating(&self, repeat: Repeat) -> bool {
        match self.again {
            None => false,
            Some(Repeat::Unsent) => true,
            Some(Repeat::Idempotent) => repeat == Repeat::Idempotent,
        }
    }
}

/// Whether the peer closed a connection of the pool while the request was on its way: it is
/// likely that nobody read it, but not sure.
fn was_closed_between_requests(error: &legacy::Error) -> bool {
    let mut carried = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut carried);
    }
    carried.get().is_some_and(Usage::is_silent_since_an_answer)
}

/// The cause of that type, however deep.
fn cause<T: Error + 'static>(error: &legacy::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The causes in words. What the client itself says is only that there is one.
fn reason(error: &legacy::Error) -> String {
    let mut words: Vec<_> = causes(error).map(ToString::to_string).collect();
    words.dedup();
    if words.is_empty() {
        return error.to_string();
    }
    words.join(": ")
}

fn causes(error: &legacy::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
