//! Everything that keeps a request from success, in one list.

use http::Method;
use ocpi_app::{
    AccessError, AuthorizeTokenError, CredentialsError, GetLocationError, GetSessionError,
    GetTokenError, ListSessionsError, ListTokensError, PatchLocationError, PatchSessionError,
    PatchTokenError, PutLocationError, PutSessionError, PutTokenError,
};
use ocpi_domain::InvalidField;
use ocpi_ports::{RemoteError, StorageError};

/// Why a request failed. The text is for the other side: it says what was wrong, and never what
/// is inside here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("missing or unknown credentials token: send `Authorization: Token <token>`")]
    Unauthenticated,
    #[error(
        "this credentials token opens versions and credentials only: register first, then present \
         the token that you were given in the registration"
    )]
    NotRegistered,
    #[error("the body is no JSON: {0}")]
    MalformedBody(String),
    #[error("the body is empty, but the request needs one")]
    EmptyBody,
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    InvalidField(InvalidField),
    #[error("there is nothing at this URL")]
    UnknownRoute,
    #[error("OCPI version {0} is not served here; see the versions endpoint")]
    UnknownVersion(String),
    #[error("{method} is not offered here, only {allow}")]
    MethodNotAllowed { method: Method, allow: &'static str },
    #[error("{0}")]
    WrongCredentialsState(&'static str),
    #[error("the callback failed: {}", told_to_peer(.0))]
    CallbackFailed(RemoteError),
    #[error("{0}")]
    VersionNotListed(String),
    #[error("{0}")]
    EndpointsMissing(String),
    #[error("this connection has no such party")]
    PartyNotHeld,
    #[error("no such token")]
    UnknownToken,
    #[error("no such session")]
    UnknownSession,
    #[error("no such location, or no such EVSE or connector in it")]
    UnknownLocation,
    #[error("{0}")]
    LocationNeeded(&'static str),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error("the body has more than {max} bytes")]
    BodyTooLarge { max: usize },
    #[error("the URL has more than {max} bytes")]
    UrlTooLong { max: usize },
    #[error("the headers have more than {max} bytes")]
    HeadersTooLarge { max: usize },
    #[error("the body was not received within {max_ms} ms")]
    TooSlow { max_ms: u64 },
    #[error("the connection broke while the body was sent")]
    BodyBroken,
    #[error("more than {per_second} requests a second; wait and try again")]
    RateLimited { per_second: u32, retry_after_s: u64 },
    #[error("the store failed, so the request was not served; try again later")]
    Storage(#[source] StorageError),
    #[error("there is no answer in time")]
    TimedOut,
    #[error("the credentials token cannot be checked now")]
    AuthenticationDown(#[source] StorageError),
    #[error("an internal fault")]
    Panicked,
}

impl From<InvalidField> for Failure {
    fn from(error: InvalidField) -> Failure {
        Failure::InvalidField(error)
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Failure {
        match error {
            CredentialsError::WrongState(text) => Failure::WrongCredentialsState(text),
            CredentialsError::Invalid(error) => error.into(),
            CredentialsError::PartyTaken(..) | CredentialsError::PartyNotAllowed(_) => {
                Failure::Invalid(error.to_string())
            }
            CredentialsError::Callback(error) => Failure::CallbackFailed(error),
            CredentialsError::VersionNotListed(_) => Failure::VersionNotListed(error.to_string()),
            CredentialsError::EndpointsMissing(_) => Failure::EndpointsMissing(error.to_string()),
            CredentialsError::Storage(error) => Failure::Storage(error),
        }
    }
}

/// What a platform is told of our call of it: what it did itself, and nothing of our network, our
/// settings or what others said.
fn told_to_peer(error: &RemoteError) -> String {
    match error {
        RemoteError::Forbidden { url, .. } => format!("{url} must not be called from here"),
        RemoteError::Unreachable { url, .. } => format!("{url} cannot be reached"),
        RemoteError::TimedOut { .. } | RemoteError::TooLarge { .. } => error.to_string(),
        RemoteError::Broken { url, .. } => {
            format!("{url}: the connection broke before the answer was whole")
        }
        RemoteError::Unauthorized { url, .. } => {
            format!("{url} does not know the token that you sent (HTTP 401)")
        }
        RemoteError::Refused {
            url, http, code, ..
        } => {
            let code = code.map(|code| format!(" and status_code {code}"));
            format!(
                "{url} answered with HTTP {http}{}",
                code.unwrap_or_default()
            )
        }
        RemoteError::Unreadable { url, .. } => {
            format!("{url} answered with what is no answer of OCPI")
        }
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Failure {
        match error {
            AccessError::PartyNotHeld => Failure::PartyNotHeld,
            AccessError::Storage(error) => Failure::Storage(error),
            AccessError::UnknownRecipient(_) | AccessError::UnknownSender(_) => {
                Failure::Invalid(error.to_string())
            }
        }
    }
}

impl From<GetTokenError> for Failure {
    fn from(error: GetTokenError) -> Failure {
        match error {
            GetTokenError::Access(error) => error.into(),
            GetTokenError::UnknownToken => Failure::UnknownToken,
            GetTokenError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PutTokenError> for Failure {
    fn from(error: PutTokenError) -> Failure {
        match error {
            PutTokenError::Access(error) => error.into(),
            PutTokenError::Invalid(error) => error.into(),
            PutTokenError::Stale => Failure::Stale,
            PutTokenError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PatchTokenError> for Failure {
    fn from(error: PatchTokenError) -> Failure {
        match error {
            PatchTokenError::Access(error) => error.into(),
            PatchTokenError::NoLastUpdated => Failure::Invalid(error.to_string()),
            PatchTokenError::UnknownToken => Failure::UnknownToken,
            PatchTokenError::Invalid(error) => error.into(),
            PatchTokenError::Stale => Failure::Stale,
            PatchTokenError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<ListTokensError> for Failure {
    fn from(error: ListTokensError) -> Failure {
        match error {
            ListTokensError::Access(error) => error.into(),
            ListTokensError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<AuthorizeTokenError> for Failure {
    fn from(error: AuthorizeTokenError) -> Failure {
        match error {
            AuthorizeTokenError::Access(error) => error.into(),
            AuthorizeTokenError::UnknownToken => Failure::UnknownToken,
            AuthorizeTokenError::AmbiguousToken => Failure::Invalid(error.to_string()),
            AuthorizeTokenError::LocationMissing => Failure::LocationNeeded(
                "the answer depends on the location: send LocationReferences with `location_id`",
            ),
            AuthorizeTokenError::EvsesMissing => Failure::LocationNeeded(
                "the answer depends on the EVSE: send LocationReferences with `evse_uids`",
            ),
            AuthorizeTokenError::TimedOut => Failure::TimedOut,
            AuthorizeTokenError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<GetSessionError> for Failure {
    fn from(error: GetSessionError) -> Failure {
        match error {
            GetSessionError::Access(error) => error.into(),
            GetSessionError::UnknownSession => Failure::UnknownSession,
            GetSessionError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PutSessionError> for Failure {
    fn from(error: PutSessionError) -> Failure {
        match error {
            PutSessionError::Access(error) => error.into(),
            PutSessionError::Invalid(error) => error.into(),
            PutSessionError::Stale => Failure::Stale,
            PutSessionError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PatchSessionError> for Failure {
    fn from(error: PatchSessionError) -> Failure {
        match error {
            PatchSessionError::Access(error) => error.into(),
            PatchSessionError::NoLastUpdated => Failure::Invalid(error.to_string()),
            PatchSessionError::UnknownSession => Failure::UnknownSession,
            PatchSessionError::Invalid(error) => error.into(),
            PatchSessionError::Stale => Failure::Stale,
            PatchSessionError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<ListSessionsError> for Failure {
    fn from(error: ListSessionsError) -> Failure {
        match error {
            ListSessionsError::Access(error) => error.into(),
            ListSessionsError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<GetLocationError> for Failure {
    fn from(error: GetLocationError) -> Failure {
        match error {
            GetLocationError::Access(error) => error.into(),
            GetLocationError::UnknownLocation => Failure::UnknownLocation,
            GetLocationError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PutLocationError> for Failure {
    fn from(error: PutLocationError) -> Failure {
        match error {
            PutLocationError::Access(error) => error.into(),
            PutLocationError::UnknownLocation => Failure::UnknownLocation,
            PutLocationError::Invalid(error) => error.into(),
            PutLocationError::Stale => Failure::Stale,
            PutLocationError::Storage(error) => Failure::Storage(error),
        }
    }
}

impl From<PatchLocationError> for Failure {
    fn from(error: PatchLocationError) -> Failure {
        match error {
            PatchLocationError::Access(error) => error.into(),
            PatchLocationError::NoLastUpdated => Failure::Invalid(error.to_string()),
            PatchLocationError::UnknownLocation => Failure::UnknownLocation,
            PatchLocationError::Invalid(error) => error.into(),
            PatchLocationError::Stale => Failure::Stale,
            PatchLocationError::Storage(error) => Failure::Storage(error),
        }
    }
}
