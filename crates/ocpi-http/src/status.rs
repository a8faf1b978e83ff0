//! The one place that names status codes.
//!
//! Spec: 2.3.0 `status_codes` and `transport_and_format`.

use http::StatusCode;
use ocpi_domain::OcpiVersion;

use crate::failure::Failure;

/// A status code of OCPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OcpiCode(pub(crate) u16);

impl OcpiCode {
    pub(crate) const SUCCESS: OcpiCode = OcpiCode(1000);
    const CLIENT_ERROR: OcpiCode = OcpiCode(2000);
    const INVALID_PARAMETERS: OcpiCode = OcpiCode(2001);
    const NOT_ENOUGH_INFORMATION: OcpiCode = OcpiCode(2002);
    const UNKNOWN_LOCATION: OcpiCode = OcpiCode(2003);
    const UNKNOWN_TOKEN: OcpiCode = OcpiCode(2004);
    const SERVER_ERROR: OcpiCode = OcpiCode(3000);
    const CALLBACK_FAILED: OcpiCode = OcpiCode(3001);
    const UNSUPPORTED_VERSION: OcpiCode = OcpiCode(3002);
    const NO_MATCHING_ENDPOINTS: OcpiCode = OcpiCode(3003);

    /// The code as `version` has it: 2.1.1 does not tell an unknown Token from another fault.
    fn shown(self, version: Option<OcpiVersion>) -> OcpiCode {
        match (version, self) {
            (Some(OcpiVersion::V2_1_1), OcpiCode::UNKNOWN_TOKEN) => OcpiCode::CLIENT_ERROR,
            _ => self,
        }
    }
}

/// What a success is answered with: created, or anything else.
pub(crate) fn of_success(created: bool) -> StatusCode {
    if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    }
}

/// The pair of codes that a failure is answered with in `version`, when it is known in which.
pub(crate) fn of_failure(
    failure: &Failure,
    version: Option<OcpiVersion>,
) -> (StatusCode, OcpiCode) {
    let (status, code) = newest(failure);
    (status, code.shown(version))
}

/// The pair of codes in the newest version.
#[deny(clippy::wildcard_enum_match_arm)]
fn newest(failure: &Failure) -> (StatusCode, OcpiCode) {
    match failure {
        Failure::Unauthenticated | Failure::NotRegistered => {
            (StatusCode::UNAUTHORIZED, OcpiCode::CLIENT_ERROR)
        }
        Failure::MalformedBody(_) | Failure::EmptyBody | Failure::BodyBroken => {
            (StatusCode::BAD_REQUEST, OcpiCode::CLIENT_ERROR)
        }
        Failure::Invalid(_) | Failure::InvalidField(_) | Failure::Stale => {
            (StatusCode::OK, OcpiCode::INVALID_PARAMETERS)
        }
        // OCPI has no code of its own for a session that is not known.
        Failure::UnknownRoute | Failure::PartyNotHeld | Failure::UnknownSession => {
            (StatusCode::NOT_FOUND, OcpiCode::CLIENT_ERROR)
        }
        Failure::UnknownVersion(_) => (StatusCode::NOT_FOUND, OcpiCode::UNSUPPORTED_VERSION),
        Failure::MethodNotAllowed { .. } | Failure::WrongCredentialsState(_) => {
            (StatusCode::METHOD_NOT_ALLOWED, OcpiCode::CLIENT_ERROR)
        }
        Failure::CallbackFailed(_) => (StatusCode::OK, OcpiCode::CALLBACK_FAILED),
        Failure::VersionNotListed(_) => (StatusCode::OK, OcpiCode::UNSUPPORTED_VERSION),
        Failure::EndpointsMissing(_) => (StatusCode::OK, OcpiCode::NO_MATCHING_ENDPOINTS),
        Failure::UnknownToken => (StatusCode::NOT_FOUND, OcpiCode::UNKNOWN_TOKEN),
        Failure::UnknownLocation => (StatusCode::NOT_FOUND, OcpiCode::UNKNOWN_LOCATION),
        Failure::LocationNeeded(_) => (StatusCode::OK, OcpiCode::NOT_ENOUGH_INFORMATION),
        Failure::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, OcpiCode::CLIENT_ERROR),
        Failure::UrlTooLong { .. } => (StatusCode::URI_TOO_LONG, OcpiCode::CLIENT_ERROR),
        Failure::HeadersTooLarge { .. } => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            OcpiCode::CLIENT_ERROR,
        ),
        Failure::TooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, OcpiCode::CLIENT_ERROR),
        Failure::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, OcpiCode::CLIENT_ERROR),
        Failure::Storage(_) | Failure::TimedOut => (StatusCode::OK, OcpiCode::SERVER_ERROR),
        Failure::AuthenticationDown(_) => (StatusCode::SERVICE_UNAVAILABLE, OcpiCode::SERVER_ERROR),
        Failure::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, OcpiCode::SERVER_ERROR),
    }
}

/// What the answer of a peer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerSays {
    Success,
    /// It does not know who asks.
    Unauthorized,
    Refused,
}

/// What the answer of a peer says, by its HTTP status first, and then by its code of OCPI: codes are
/// told apart by their thousand only.
pub(crate) fn of_peer(http: StatusCode, code: Option<i64>) -> PeerSays {
    let first_failure = i64::from(OcpiCode::CLIENT_ERROR.0);
    if http == StatusCode::UNAUTHORIZED {
        PeerSays::Unauthorized
    } else if http.is_success() && code.is_none_or(|code| code < first_failure) {
        PeerSays::Success
    } else {
        PeerSays::Refused
    }
}

/// Whether this code of a peer says that it did what was asked.
pub(crate) fn is_success_of_peer(code: i64) -> bool {
    (i64::from(OcpiCode::SUCCESS.0)..i64::from(OcpiCode::CLIENT_ERROR.0)).contains(&code)
}

/// Whether a peer that refused says that it has no such Token: by the code for that under any HTTP
/// status, or by the HTTP status for it without a code that says something else.
pub(crate) fn is_unknown_token_of_peer(http: u16, code: Option<u16>) -> bool {
    let is_plain = code.is_none_or(|code| code <= OcpiCode::CLIENT_ERROR.0);
    code == Some(OcpiCode::UNKNOWN_TOKEN.0) || is_nothing_of_peer(http) && is_plain
}

/// Whether a peer that refused says that there is nothing at the URL, at least not for us.
pub(crate) fn is_nothing_of_peer(http: u16) -> bool {
    http == StatusCode::NOT_FOUND.as_u16()
}

/// Whether a peer wants the same request, as it is, at another URL. Other answers of its class would
/// make another request of it.
pub(crate) fn is_redirect_of_peer(http: StatusCode) -> bool {
    matches!(
        http,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    )
}

#[cfg(test)]
mod tests {
    use http::Method;
    use ocpi_app::CredentialsError;
    use ocpi_domain::{InterfaceRole, InvalidField, ModuleId, Party, Role};
    use ocpi_ports::{RemoteError, StorageError};

    use super::*;

    fn codes(failure: &Failure, version: OcpiVersion) -> (u16, u16) {
        let (status, code) = of_failure(failure, Some(version));
        (status.as_u16(), code.0)
    }

    /// Holds: T-39, T-40, T-43, T-53, M-18.
    #[test]
    fn an_unknown_token_has_no_code_of_its_own_in_2_1_1_and_all_else_is_the_same() {
        let unknown = Failure::UnknownToken;
        for (version, code) in [
            (OcpiVersion::V2_1_1, 2000),
            (OcpiVersion::V2_2_1, 2004),
            (OcpiVersion::V2_3_0, 2004),
        ] {
            assert_eq!(codes(&unknown, version), (404, code), "{version}");
        }
        assert_eq!(of_failure(&unknown, None).1.0, 2004);
        let method = Method::PATCH;
        for (failure, expected) in [
            (Failure::Unauthenticated, (401, 2000)),
            (Failure::NotRegistered, (401, 2000)),
            (
                Failure::MethodNotAllowed {
                    method,
                    allow: "GET",
                },
                (405, 2000),
            ),
            (Failure::UnknownLocation, (404, 2003)),
            (Failure::LocationNeeded(""), (200, 2002)),
            (Failure::UnknownVersion(String::new()), (404, 3002)),
            (
                Failure::InvalidField(InvalidField::new("uid", "x")),
                (200, 2001),
            ),
            (Failure::Panicked, (500, 3000)),
        ] {
            for version in OcpiVersion::ALL {
                assert_eq!(codes(&failure, version), expected, "{failure:?} {version}");
            }
        }
    }

    /// Holds: T-46, T-49, T-50, T-51, T-52, C-20, C-22.
    #[test]
    fn what_keeps_credentials_from_being_exchanged_has_its_codes_in_every_version() {
        let party = Party::new("NL", "ALF").unwrap();
        let forbidden = RemoteError::Forbidden {
            url: "http://peer.example/".to_owned(),
            reason: "https only".to_owned(),
        };
        let tokens = vec![(ModuleId::Tokens, InterfaceRole::Sender)];
        for (error, text, expected) in [
            (
                CredentialsError::WrongState("registered"),
                "registered",
                (405, 2000),
            ),
            (
                CredentialsError::Invalid(InvalidField::new("url", "wrong")),
                "`url`: wrong",
                (200, 2001),
            ),
            (
                CredentialsError::PartyTaken(party, Role::Cpo),
                "NL/ALF",
                (200, 2001),
            ),
            (
                CredentialsError::PartyNotAllowed(party),
                "NL/ALF",
                (200, 2001),
            ),
            (
                CredentialsError::Callback(forbidden),
                "must not be called from here",
                (200, 3001),
            ),
            (
                CredentialsError::VersionNotListed(OcpiVersion::V2_2_1),
                "2.2.1",
                (200, 3002),
            ),
            (
                CredentialsError::EndpointsMissing(tokens),
                "tokens SENDER",
                (200, 3003),
            ),
            (
                CredentialsError::Storage(StorageError::Conflict),
                "the store failed",
                (200, 3000),
            ),
        ] {
            let failure = Failure::from(error);
            assert!(failure.to_string().contains(text), "{failure}");
            for version in OcpiVersion::ALL {
                assert_eq!(codes(&failure, version), expected, "{failure} {version}");
            }
        }
    }
}
