//! What keeps a request from its answer, and the problem document that says so.

mod advice;

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use ocpi_app::{ChargePointError, OperatorError};
use ocpi_ports::{RemoteError, StorageError};
use serde::Serialize;

use crate::answer::{self, Answer};

use self::advice::advice;

/// How long to wait before a store is asked again, seconds.
const RETRY_AFTER_S: u16 = 5;

/// Bytes of a `detail`: it may repeat what was sent, and that may be long.
const DETAIL_BYTES_MAX: usize = 1000;

/// What keeps a request from its answer. The messages are for the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "this server has no admin token, so nobody may use its API: set `admin_token` in the \
         configuration file, or the environment variable OCPI_ADMIN_TOKEN, and start it again"
    )]
    NoAdminToken,
    #[error("the admin token is missing or wrong: send `Authorization: Bearer ADMIN_TOKEN`")]
    Unauthenticated,
    #[error("there is nothing at this URL; /admin/v1/openapi.json says what there is")]
    UnknownUrl,
    #[error("only {allow} are offered here")]
    MethodNotAllowed { allow: String },
    /// A path, a query, a header or a body that breaks a rule; it says which, and where.
    #[error("{0}")]
    Invalid(String),
    #[error("the body's Content-Type must be {expected}")]
    ContentType { expected: &'static str },
    #[error("the body must come without Content-Encoding")]
    ContentEncoding,
    #[error("the body has more than {max} bytes")]
    BodyTooLarge { max: usize },
    #[error("the body did not come within {max_ms} ms")]
    BodyTooSlow { max_ms: u64 },
    #[error("the body broke off")]
    BodyBroken,
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error(transparent)]
    ChargePoint(#[from] ChargePointError),
    /// A registration that was not ended.
    #[error(
        "{cause}; the platform stays registered, unless `forced` ends it without telling the \
         platform"
    )]
    NotUnregistered { cause: OperatorError },
    /// An import that ended before its end.
    #[error("{cause}; the first {lines} lines are dealt with, so send what follows them")]
    ImportEnded { lines: u64, cause: Box<Failure> },
    #[error(
        "the copy could not be written, and the log says why: is there that directory, may the \
         server write there, and is there room?"
    )]
    BackupFailed(#[source] StorageError),
    #[error("{0}")]
    NotReady(String),
    #[error("a fault of this server; its log says more")]
    Panicked,
}

/// A problem document.
///
/// Spec: RFC 9457.
#[derive(Serialize)]
pub(crate) struct Problem<'a> {
    pub(crate) status: u16,
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
    /// The lines of an import that are dealt with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lines: Option<u64>,
}

impl Failure {
    /// A refusal of what was sent.
    pub(crate) fn invalid(what: &str, why: impl std::fmt::Display) -> Failure {
        Failure::Invalid(format!("{what}: {why}"))
    }

    /// The status of its answer.
    fn status(&self) -> StatusCode {
        match self {
            Failure::Invalid(_) | Failure::BodyBroken => StatusCode::BAD_REQUEST,
            Failure::Unauthenticated => StatusCode::UNAUTHORIZED,
            Failure::NoAdminToken => StatusCode::FORBIDDEN,
            Failure::UnknownUrl => StatusCode::NOT_FOUND,
            Failure::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Failure::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Failure::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::ContentType { .. } | Failure::ContentEncoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Failure::BackupFailed(_) | Failure::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            Failure::ImportEnded { cause, .. } => cause.status(),
            Failure::ChargePoint(error) => charge_point_status(error),
            Failure::Operator(error) | Failure::NotUnregistered { cause: error } => {
                operator_status(error)
            }
        }
    }

    /// The answer that says so.
    pub(crate) fn into_answer(self) -> Answer {
        self.log();
        let status = self.status();
        let mut detail = self.to_string();
        if let Failure::Operator(error) = &self {
            detail.push_str(advice(error));
        }
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        let lines = match &self {
            Failure::ImportEnded { lines, .. } => Some(*lines),
            _ => None,
        };
        let problem = Problem {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error"),
            detail: &detail,
            lines,
        };
        let mut answer = answer::json_of_type(status, "application/problem+json", &problem);
        let headers = answer.headers_mut();
        match &self {
            Failure::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Failure::MethodNotAllowed { allow } => {
                if let Ok(allow) = HeaderValue::from_str(allow) {
                    headers.insert(ALLOW, allow);
                }
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
            _ => {}
        }
        answer
    }

    /// Causes are for the log alone.
    fn log(&self) {
        match self {
            Failure::Operator(OperatorError::Storage(error))
            | Failure::ChargePoint(ChargePointError::Storage(error))
            | Failure::BackupFailed(error) => log_storage(error),
            Failure::ChargePoint(error @ ChargePointError::TimedOut) => {
                tracing::error!(%error, "a charge point got no answer");
            }
            Failure::ImportEnded { cause, .. } => cause.log(),
            // The panic hook has written where and why.
            Failure::Panicked => tracing::error!("an operator's request met a fault of ours"),
            other => tracing::debug!(status = other.status().as_u16(), %other, "refused"),
        }
    }
}

/// Writes to the log why the store failed.
pub(crate) fn log_storage(error: &StorageError) {
    tracing::error!(
        cause = std::error::Error::source(error).map(tracing::field::display),
        "an operator's request failed: {error}",
    );
}

fn operator_status(error: &OperatorError) -> StatusCode {
    match error {
        OperatorError::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
        OperatorError::NotHosted(_)
        | OperatorError::UnknownToken
        | OperatorError::UnknownAccount
        | OperatorError::UnknownPlatform
        | OperatorError::UnknownAuthorization => StatusCode::NOT_FOUND,
        OperatorError::Invalid(_) | OperatorError::PeerRoleNeeded => StatusCode::BAD_REQUEST,
        OperatorError::Stale
        | OperatorError::CredentialsTokenTaken
        | OperatorError::FileExists
        | OperatorError::AlreadyRegistered
        | OperatorError::NotRegistered
        | OperatorError::HandshakeRunning
        | OperatorError::NotSynced(_)
        | OperatorError::PartyTaken(..)
        | OperatorError::PartyNotAllowed(_)
        | OperatorError::Unopenable(_) => StatusCode::CONFLICT,
        OperatorError::Changed => StatusCode::PRECONDITION_FAILED,
        // Another store would do it; nothing in the request is at fault.
        OperatorError::NotDurable => StatusCode::NOT_IMPLEMENTED,
        OperatorError::Remote(RemoteError::TimedOut { .. })
        | OperatorError::OutcomeUnknown(RemoteError::TimedOut { .. }) => {
            StatusCode::GATEWAY_TIMEOUT
        }
        OperatorError::Remote(_)
        | OperatorError::OutcomeUnknown(_)
        | OperatorError::NoCommonVersion(_)
        | OperatorError::EndpointsMissing(_) => StatusCode::BAD_GATEWAY,
    }
}

fn charge_point_status(error: &ChargePointError) -> StatusCode {
    match error {
        ChargePointError::CpoNeeded | ChargePointError::CommandOfFuture => StatusCode::BAD_REQUEST,
        ChargePointError::UnknownCpo(_)
        | ChargePointError::NoCpo
        | ChargePointError::UnknownStart(_) => StatusCode::NOT_FOUND,
        ChargePointError::TimedOut | ChargePointError::Storage(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: whose turn it is to do something is in the status.
    #[test]
    fn what_a_platform_did_wrong_is_no_fault_of_who_asked() {
        let url = || "https://peer.example/ocpi/versions".to_owned();
        let timed_out = || RemoteError::TimedOut {
            url: url(),
            timeout_ms: 10_000,
        };
        let refused = || RemoteError::Refused {
            url: url(),
            http: 404,
            code: None,
            message: None,
            retry_after: None,
        };
        let party = ocpi_domain::Party::new("NL", "XYZ").unwrap();
        for (error, status) in [
            (OperatorError::Remote(timed_out()), 504),
            (OperatorError::OutcomeUnknown(timed_out()), 504),
            (OperatorError::Remote(refused()), 502),
            (OperatorError::OutcomeUnknown(refused()), 502),
            (OperatorError::NoCommonVersion("2.0".to_owned()), 502),
            (OperatorError::EndpointsMissing(Vec::new()), 502),
            (OperatorError::AlreadyRegistered, 409),
            (OperatorError::NotRegistered, 409),
            (OperatorError::HandshakeRunning, 409),
            (OperatorError::PartyNotAllowed(party), 409),
            (OperatorError::PeerRoleNeeded, 400),
        ] {
            let said = error.to_string();
            let answer = Failure::Operator(error).into_answer();
            assert_eq!(answer.status().as_u16(), status, "{said}");
        }
        let cause = OperatorError::Remote(timed_out());
        let answer = Failure::NotUnregistered { cause }.into_answer();
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    /// Beyond the protocol: a charge point gets an answer or a problem whose status says who can do
    /// something, and never an ALLOWED for a fault of ours.
    #[test]
    fn what_keeps_a_charge_point_from_its_answer_is_in_the_status() {
        let party = ocpi_domain::Party::new("NL", "XYZ").unwrap();
        let unavailable = StorageError::Unavailable("the disk is gone".into());
        for (error, status) in [
            (ChargePointError::CpoNeeded, 400),
            (ChargePointError::CommandOfFuture, 400),
            (ChargePointError::UnknownCpo(party), 404),
            (ChargePointError::NoCpo, 404),
            (ChargePointError::UnknownStart("R-1".parse().unwrap()), 404),
            (ChargePointError::TimedOut, 503),
            (ChargePointError::Storage(unavailable), 503),
        ] {
            let said = error.to_string();
            let answer = Failure::ChargePoint(error).into_answer();
            assert_eq!(answer.status().as_u16(), status, "{said}");
        }
    }

    #[test]
    fn what_the_store_says_is_for_the_log_alone() {
        let cause = || StorageError::Unavailable("the disk at /var/secret is gone".into());
        let failures = [
            Failure::Operator(cause().into()),
            Failure::ChargePoint(cause().into()),
            Failure::ImportEnded {
                lines: 3,
                cause: Box::new(Failure::Operator(cause().into())),
            },
        ];
        for failure in failures {
            assert!(!failure.to_string().contains("secret"), "{failure}");
            let answer = failure.into_answer();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers()[RETRY_AFTER], "5");
        }
    }
}
